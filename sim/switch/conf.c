#include <ctype.h>
#include <string.h>

#include "lib/base/prefix_map.h"
#include "sim/switch/conf.h"
#include "sim/switch/table.h"

static const char *check_sip_uri(struct sv value)
{
	return sv_starts(value, "sip:") && value.l > 4 ? NULL
						       : "a SIP URI such as sip:127.9.1.1:5060";
}

/* It is written into SIP URIs: nothing that would end their host part may be in it */
static const char *check_host(struct sv v)
{
	static const char want[] = "a host name or an IP address";

	for (size_t i = 0; i < v.l; i++)
		if (!isalnum((unsigned char)v.p[i]) && !(v.p[i] && strchr(".-:[]", v.p[i])))
			return want;
	return v.l ? NULL : want;
}

static const char *check_prefix(struct sv v)
{
	return prefix_map_key_ok(sw_prefix(v)) ? NULL : "the first digits of a number, at most 15";
}

#define MEMBER(s, m) .off = offsetof(struct s, m)

static const struct conf_member sip_members[] = {
	{.name = "addr",
	 .type = CONF_STR,
	 MEMBER(sw_sip, addr),
	 .required = true,
	 .check = check_host,
	 .doc = "IP address to listen on, over TCP and UDP"},
	{.name = "port",
	 .type = CONF_INT,
	 MEMBER(sw_sip, port),
	 .def = "5060",
	 .min = 1,
	 .max = 65535,
	 .doc = "port of SIP"},
	{0},
};

static const struct conf_member service_members[] = {
	{.name = "uri",
	 .type = CONF_STR,
	 MEMBER(sw_service, uri),
	 .check = check_sip_uri,
	 .doc = "its SIP URI, with an IP address as host; TCP unless ;transport=udp"},
	{.name = "timeout_ms",
	 .type = CONF_INT,
	 MEMBER(sw_service, timeout_ms),
	 .def = "2000",
	 .min = 1,
	 .max = 30000,
	 .doc = "without an answer after this the call goes on without it"},
	{0},
};

static const char *const kinds[] = {[SW_SUBSCRIBER] = "subscriber", [SW_TRUNK] = "trunk", NULL};

static const struct conf_member peer_members[] = {
	{.name = "addr",
	 .type = CONF_STR,
	 MEMBER(sw_peer, addr),
	 .required = true,
	 .check = check_host,
	 .doc = "host that stands as sent-by in the top Via of its requests"},
	{.name = "kind",
	 .type = CONF_ENUM,
	 MEMBER(sw_peer, kind),
	 .required = true,
	 .words = kinds,
	 .doc = "own subscribers' calls are signed; a trunk's are verified"},
	{0},
};

static const struct conf_member route_members[] = {
	{.name = "prefix",
	 .type = CONF_STR,
	 MEMBER(sw_route, prefix),
	 .required = true,
	 .check = check_prefix,
	 .doc = "first digits of the called number, country code first; the longest one wins"},
	{.name = "uri",
	 .type = CONF_STR,
	 MEMBER(sw_route, uri),
	 .required = true,
	 .check = check_sip_uri,
	 .doc = "where the INVITE goes; TCP unless ;transport=udp"},
	{0},
};

static const struct conf_table sip_table = {"SIP endpoint", sizeof(struct sw_sip), sip_members};
static const struct conf_table service_table = {"service that is asked before a call goes on",
						sizeof(struct sw_service), service_members};
static const struct conf_table peer_table = {"neighbour", sizeof(struct sw_peer), peer_members};
static const struct conf_table route_table = {"route", sizeof(struct sw_route), route_members};

static const struct conf_member members[] = {
	{.name = "sip",
	 .type = CONF_OBJ,
	 MEMBER(sw_conf, sip),
	 .required = true,
	 .sub = &sip_table,
	 .doc = "where it listens"},
	{.name = "domain",
	 .type = CONF_STR,
	 MEMBER(sw_conf, domain),
	 .required = true,
	 .check = check_host,
	 .doc = "domain of the provider, host of the identities that it asserts"},
	{.name = "as",
	 .type = CONF_OBJ,
	 MEMBER(sw_conf, as),
	 .sub = &service_table,
	 .doc = "STI-AS; without it calls go out unsigned"},
	{.name = "vs",
	 .type = CONF_OBJ,
	 MEMBER(sw_conf, vs),
	 .sub = &service_table,
	 .doc = "STI-VS; without it calls arrive unvalidated"},
	{.name = "peers",
	 .type = CONF_LIST,
	 MEMBER(sw_conf, peers),
	 .sub = &peer_table,
	 .doc = "whose requests are taken; anybody else is answered 403"},
	{.name = "subscribers",
	 .type = CONF_LIST,
	 MEMBER(sw_conf, subscribers),
	 .sub = &route_table,
	 .doc = "own numbers and the phones that they ring"},
	{.name = "trunks",
	 .type = CONF_LIST,
	 MEMBER(sw_conf, trunks),
	 .sub = &route_table,
	 .doc = "everybody else's numbers and the next hop to them"},
	{.name = "no_answer_ms",
	 .type = CONF_INT,
	 MEMBER(sw_conf, no_answer_ms),
	 .def = "180000",
	 .min = 1,
	 .max = 3600000,
	 .doc = "how long the called side may ring; then it is cancelled and the caller gets 408"},
	{.name = "max_calls",
	 .type = CONF_INT,
	 MEMBER(sw_conf, max_calls),
	 .def = "20000",
	 .min = 1,
	 .max = 1000000,
	 .doc = "calls at once; more are answered 503"},
	{0},
};

const struct conf_table sw_conf_table = {"configuration of oob-switch", sizeof(struct sw_conf),
					 members};
