#include "lib/base/prefix_map.h"
#include "lib/tdm/m3ua.h"
#include "sim/gateway/conf.h"

static const char *check_point_code(struct sv value)
{
	uint32_t pc;

	return m3ua_pc_parse(&pc, value)
		       ? "an ANSI point code \"network-cluster-member\", each 0 to 255"
		       : NULL;
}

static const char *check_prefix(struct sv value)
{
	return !value.l || prefix_map_key_ok(value)
		       ? NULL
		       : "the first digits of numbers, canonical (1903), or \"\" for all others";
}

static const char *check_sip_uri(struct sv value)
{
	return sv_starts(value, "sip:") && value.l > 4 ? NULL
						       : "a SIP URI such as sip:127.9.1.1:5060";
}

#define MEMBER(s, m) .off = offsetof(struct s, m)

static const struct conf_member sip_members[] = {
	{.name = "addr",
	 .type = CONF_STR,
	 MEMBER(gw_endpoint, addr),
	 .required = true,
	 .doc = "IP address that it listens on for SIP, over TCP and UDP"},
	{.name = "port",
	 .type = CONF_INT,
	 MEMBER(gw_endpoint, port),
	 .def = "5060",
	 .min = 1,
	 .max = 65535,
	 .doc = "port of SIP"},
	{0},
};

static const struct conf_member peer_members[] = {
	{.name = "addr",
	 .type = CONF_STR,
	 MEMBER(gw_endpoint, addr),
	 .required = true,
	 .doc = "IP address of the other gateway; a link from another address is refused"},
	{.name = "port",
	 .type = CONF_INT,
	 MEMBER(gw_endpoint, port),
	 .def = "0",
	 .min = 0,
	 .max = 65535,
	 .doc = "its port; 0: by kind, 2905 of M3UA, 5060 of SIP"},
	{0},
};

static const struct conf_member circuits_members[] = {
	{.name = "first",
	 .type = CONF_INT,
	 MEMBER(gw_conf_circuits, first),
	 .def = "1",
	 .min = 0,
	 .max = 16383,
	 .doc = "lowest circuit identification code (CIC)"},
	{.name = "count",
	 .type = CONF_INT,
	 MEMBER(gw_conf_circuits, count),
	 .def = "24",
	 .min = 1,
	 .max = 16384,
	 .doc = "number of circuits; their CICs follow one another"},
	{0},
};

static const struct conf_table sip_table = {"SIP side", sizeof(struct gw_endpoint), sip_members};
static const struct conf_table peer_table = {"peer of a trunk", sizeof(struct gw_endpoint),
					     peer_members};
static const struct conf_table circuits_table = {"circuits", sizeof(struct gw_conf_circuits),
						 circuits_members};

static const char *const kinds[] = {[TRUNK_TDM] = "tdm", [TRUNK_SIP] = "sip", NULL};
static const char *const transports[] = {[TRUNK_TCP] = "tcp", [TRUNK_UDP] = "udp", NULL};

static const struct conf_member trunk_members[] = {
	{.name = "name",
	 .type = CONF_STR,
	 MEMBER(gw_conf_trunk, name),
	 .required = true,
	 .doc = "what notes and log lines call it; no two trunks have the same"},
	{.name = "kind",
	 .type = CONF_ENUM,
	 MEMBER(gw_conf_trunk, kind),
	 .def = "\"tdm\"",
	 .words = kinds,
	 .doc = "tdm is ANSI ISUP in M3UA over TCP; sip is a SIP connection, which loses nothing"},
	{.name = "prefixes",
	 .type = CONF_STRS,
	 MEMBER(gw_conf_trunk, prefixes),
	 .check = check_prefix,
	 .doc = "numbers that go out here: by routing number (rn), else by called number; the "
		"longest prefix of all trunks wins"},
	{.name = "peer",
	 .type = CONF_OBJ,
	 MEMBER(gw_conf_trunk, peer),
	 .required = true,
	 .sub = &peer_table,
	 .doc = "the gateway at the other end"},
	{.name = "transport",
	 .type = CONF_ENUM,
	 MEMBER(gw_conf_trunk, transport),
	 .def = "\"tcp\"",
	 .words = transports,
	 .doc = "sip: how INVITEs go to the peer"},
	{.name = "addr",
	 .type = CONF_STR,
	 MEMBER(gw_conf_trunk, addr),
	 .doc = "tdm: own IP address of the M3UA link, also of an outgoing one"},
	{.name = "port",
	 .type = CONF_INT,
	 MEMBER(gw_conf_trunk, port),
	 .def = "2905",
	 .min = 1,
	 .max = 65535,
	 .doc = "tdm: port that it listens on for the link, unless it connects"},
	{.name = "connect",
	 .type = CONF_BOOL,
	 MEMBER(gw_conf_trunk, connect),
	 .def = "false",
	 .doc = "tdm: this side makes the connection, again and again until it is up; else it "
		"listens"},
	{.name = "opc",
	 .type = CONF_STR,
	 MEMBER(gw_conf_trunk, opc),
	 .check = check_point_code,
	 .doc = "tdm: own point code"},
	{.name = "dpc",
	 .type = CONF_STR,
	 MEMBER(gw_conf_trunk, dpc),
	 .check = check_point_code,
	 .doc = "tdm: the peer's point code; the higher of the two controls the even circuits"},
	{.name = "sls",
	 .type = CONF_INT,
	 MEMBER(gw_conf_trunk, sls),
	 .def = "0",
	 .min = 0,
	 .max = 255,
	 .doc = "tdm: signalling link selection"},
	{.name = "circuits",
	 .type = CONF_OBJ,
	 MEMBER(gw_conf_trunk, circuits),
	 .sub = &circuits_table,
	 .doc = "tdm: the circuits of the trunk, the same at both ends"},
	{0},
};

static const struct conf_table trunk_table = {"trunk", sizeof(struct gw_conf_trunk), trunk_members};

static const char *check_digits(struct sv value)
{
	for (size_t i = 0; i < value.l; i++)
		if (value.p[i] < '0' || value.p[i] > '9')
			return "digits";
	return value.l && value.l <= 15 ? NULL : "1 to 15 digits";
}

static const struct conf_member fault_members[] = {
	{.name = "leak_identity",
	 .type = CONF_BOOL,
	 MEMBER(gw_faults, leak_identity),
	 .doc = "an IAM has the beginning of the PASSporT as calling name"},
	{.name = "calling",
	 .type = CONF_STR,
	 MEMBER(gw_faults, calling),
	 .check = check_digits,
	 .doc = "calling number of every IAM, instead of the right one"},
	{.name = "drop_identity",
	 .type = CONF_BOOL,
	 MEMBER(gw_faults, drop_identity),
	 .doc = "INVITEs go over sip trunks without Identity"},
	{.name = "no_rel",
	 .type = CONF_BOOL,
	 MEMBER(gw_faults, no_rel),
	 .doc = "the end of a call is not told to a tdm trunk"},
	{.name = "deaf_to_rel",
	 .type = CONF_BOOL,
	 MEMBER(gw_faults, deaf_to_rel),
	 .doc = "the end of a call that a tdm trunk tells is passed over"},
	{.name = "cause",
	 .type = CONF_INT,
	 MEMBER(gw_faults, cause),
	 .def = "0",
	 .max = 127,
	 .doc = "cause that is told whatever the cause is; 0: the right one"},
	{0},
};
static const struct conf_table fault_table = {"faults", sizeof(struct gw_faults), fault_members};

static const struct conf_member members[] = {
	{.name = "sip",
	 .type = CONF_OBJ,
	 MEMBER(gw_conf, sip),
	 .required = true,
	 .sub = &sip_table,
	 .doc = "SIP side"},
	{.name = "domain",
	 .type = CONF_STR,
	 MEMBER(gw_conf, domain),
	 .required = true,
	 .doc = "domain of the provider, for the URIs of calls that come from a tdm trunk"},
	{.name = "switch",
	 .type = CONF_STR,
	 MEMBER(gw_conf, switch_uri),
	 .required = true,
	 .check = check_sip_uri,
	 .doc = "SIP URI of the provider's own CSCF: calls from the trunks go there, and only "
		"its calls go out"},
	{.name = "trunks",
	 .type = CONF_LIST,
	 MEMBER(gw_conf, trunks),
	 .required = true,
	 .min = 1,
	 .max = 256,
	 .sub = &trunk_table,
	 .doc = "what leads to other providers"},
	{.name = "max_calls",
	 .type = CONF_INT,
	 MEMBER(gw_conf, max_calls),
	 .def = "20000",
	 .min = 1,
	 .max = 1000000,
	 .doc = "calls over sip trunks at once; more are answered 503"},
	{.name = "t7_ms",
	 .type = CONF_INT,
	 MEMBER(gw_conf, t7_ms),
	 .def = "25000",
	 .min = 1,
	 .max = 600000,
	 .doc = "wait for ACM after IAM, milliseconds; then 504 and REL 102"},
	{.name = "t9_ms",
	 .type = CONF_INT,
	 MEMBER(gw_conf, t9_ms),
	 .def = "180000",
	 .min = 1,
	 .max = 3600000,
	 .doc = "wait for ANM after ACM, milliseconds; then 480 and REL 19"},
	{.name = "t11_ms",
	 .type = CONF_INT,
	 MEMBER(gw_conf, t11_ms),
	 .def = "15000",
	 .min = 1,
	 .max = 600000,
	 .doc = "wait for a provisional response after INVITE, milliseconds; then an early ACM"},
	{.name = "t1_ms",
	 .type = CONF_INT,
	 MEMBER(gw_conf, t1_ms),
	 .def = "15000",
	 .min = 1,
	 .max = 600000,
	 .doc = "wait for RLC after REL, milliseconds; then REL again"},
	{.name = "faults",
	 .type = CONF_OBJ,
	 MEMBER(gw_conf, faults),
	 .sub = &fault_table,
	 .doc = "wrong on purpose: for proving that a test case can fail"},
	{0},
};

const struct conf_table gw_conf_table = {"configuration of oob-gateway", sizeof(struct gw_conf),
					 members};
