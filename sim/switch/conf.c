#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "lib/base/prefix_map.h"
#include "sim/switch/conf.h"
#include "sim/switch/table.h"

static const char *check_sip_uri(struct sv value)
{
	return sv_starts(value, "sip:") && value.l > 4 ? NULL
						       : "a SIP URI such as sip:127.9.1.1:5060";
}

static const char *check_service_uri(struct sv value)
{
	if (check_sip_uri(value) && check_https_url(value))
		return "a SIP URI such as sip:127.9.1.1:5060, or for the interface http an https "
		       "URL";
	return NULL;
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

static bool is_digits(struct sv v)
{
	for (size_t i = 0; i < v.l; i++)
		if (!isdigit((unsigned char)v.p[i]))
			return false;
	return true;
}

static const char *check_e164(struct sv v)
{
	struct sv digits = sw_prefix(v);

	return sv_starts(v, "+") && digits.l >= 7 && digits.l <= TN_MAX && is_digits(digits)
		       ? NULL
		       : "an E.164 number such as +12013776051";
}

/* RFC 4694 §3: country code of the numbering plan, then the code. Four digits in the NANP */
static const char *check_cic(struct sv v)
{
	return v.l == 6 && sv_starts(v, "+1") && is_digits(sw_prefix(v))
		       ? NULL
		       : "\"+1\" and a carrier identification code of four digits, such as +10288";
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

const char *const sw_interface_names[] = {
	[SW_REDIRECT] = "redirect", [SW_PROXY] = "proxy", [SW_HTTP] = "http", NULL};

static const struct conf_member service_members[] = {
	{.name = "interface",
	 .type = CONF_ENUM,
	 MEMBER(sw_service, interface),
	 .def = "\"redirect\"",
	 .words = sw_interface_names,
	 .doc = "redirect: an INVITE that it answers with a 302; proxy: the INVITE is routed "
		"through it and comes back; http: JSON over HTTPS (ATIS-1000082)"},
	{.name = "uri",
	 .type = CONF_STR,
	 MEMBER(sw_service, uri),
	 .check = check_service_uri,
	 .doc = "its SIP URI, with an IP address as host; TCP unless ;transport=udp. http: the "
		"https "
		"URL before /stir/v1/signing or /stir/v1/verification"},
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
	{.name = "port",
	 .type = CONF_INT,
	 MEMBER(sw_peer, port),
	 .def = "0",
	 .min = 0,
	 .max = 65535,
	 .doc = "port that stands there; only neighbours of one host are told apart by it; 0: any"},
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

static const char *const retarget_reasons[] = {[SW_UNCONDITIONAL] = "unconditional",
					       [SW_BUSY] = "busy",
					       [SW_NO_ANSWER] = "no-answer",
					       NULL};

static const struct conf_member retarget_members[] = {
	{.name = "number",
	 .type = CONF_STR,
	 MEMBER(sw_retarget, number),
	 .required = true,
	 .check = check_prefix,
	 .doc = "number of ours, or first digits of several; the longest one wins"},
	{.name = "to",
	 .type = CONF_STR,
	 MEMBER(sw_retarget, to),
	 .required = true,
	 .check = check_e164,
	 .doc = "number that its calls go on to"},
	{.name = "reason",
	 .type = CONF_ENUM,
	 MEMBER(sw_retarget, reason),
	 .def = "\"unconditional\"",
	 .words = retarget_reasons,
	 .doc = "when: always; when the phone is busy; when nobody answers within no_answer_ms"},
	{0},
};

static const struct conf_member lnp_members[] = {
	{.name = "number",
	 .type = CONF_STR,
	 MEMBER(sw_lnp, number),
	 .required = true,
	 .check = check_prefix,
	 .doc = "ported number, or first digits of several; the longest one wins"},
	{.name = "rn",
	 .type = CONF_STR,
	 MEMBER(sw_lnp, rn),
	 .required = true,
	 .check = check_e164,
	 .doc = "routing number of the switch that serves it now (LRN)"},
	{0},
};

static const struct conf_member carrier_members[] = {
	{.name = "prefix",
	 .type = CONF_STR,
	 MEMBER(sw_carrier, prefix),
	 .required = true,
	 .check = check_prefix,
	 .doc = "first digits of the called number; the longest one wins"},
	{.name = "cic",
	 .type = CONF_STR,
	 MEMBER(sw_carrier, cic),
	 .required = true,
	 .check = check_cic,
	 .doc = "carrier identification code, with the country code before it"},
	{0},
};

static const struct conf_table sip_table = {"SIP endpoint", sizeof(struct sw_sip), sip_members};
static const struct conf_table service_table = {"service that is asked before a call goes on",
						sizeof(struct sw_service), service_members};
static const struct conf_table peer_table = {"neighbour", sizeof(struct sw_peer), peer_members};
static const struct conf_table route_table = {"route", sizeof(struct sw_route), route_members};
static const struct conf_table retarget_table = {"retargeting", sizeof(struct sw_retarget),
						 retarget_members};
static const struct conf_table lnp_table = {"ported numbers", sizeof(struct sw_lnp), lnp_members};
static const struct conf_table carrier_table = {"numbers of a carrier", sizeof(struct sw_carrier),
						carrier_members};

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
	 .doc = "everybody else's numbers and the next hop to them; a ported number is looked up "
		"by "
		"its routing number"},
	{.name = "retarget",
	 .type = CONF_LIST,
	 MEMBER(sw_conf, retarget),
	 .sub = &retarget_table,
	 .doc = "own numbers whose calls go on to another one, with a div PASSporT"},
	{.name = "lnp",
	 .type = CONF_LIST,
	 MEMBER(sw_conf, lnp),
	 .sub = &lnp_table,
	 .doc = "numbers that were ported; the calls of our subscribers to them get rn"},
	{.name = "lnp_query",
	 .type = CONF_BOOL,
	 MEMBER(sw_conf, lnp_query),
	 .doc = "our subscribers' calls get npdi even where the number is not ported"},
	{.name = "carriers",
	 .type = CONF_LIST,
	 MEMBER(sw_conf, carriers),
	 .sub = &carrier_table,
	 .doc = "numbers that a carrier takes; the calls of our subscribers to them get cic"},
	{.name = "sign_transit",
	 .type = CONF_BOOL,
	 MEMBER(sw_conf, sign_transit),
	 .doc = "calls from trunk to trunk, and retargeted ones, that came without any Identity "
		"are signed by the STI-AS too"},
	{.name = "https",
	 .type = CONF_OBJ,
	 MEMBER(sw_conf, https),
	 .sub = &https_client_conf_table,
	 .doc = "client side of the interface http"},
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

static int check_service(const struct sw_service *s, const char *name, struct err *e)
{
	const char *want = s->interface == SW_HTTP ? check_https_url(sv_from(s->uri))
						   : check_sip_uri(sv_from(s->uri));

	return s->uri && want ? err_set(e, EINVAL,
					"/%s/uri: with the interface %s expected %s, got \"%s\"",
					name, sw_interface_names[s->interface], want, s->uri)
			      : 0;
}

int sw_conf_check(const struct sw_conf *conf, struct err *e)
{
	int err = check_service(&conf->as, "as", e);

	return err ? err : check_service(&conf->vs, "vs", e);
}
