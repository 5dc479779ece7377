/* The tables of a scenario file: also its published schema. */
#include <string.h>

#include "lib/base/tn.h"
#include "sim/oobsim/expect.h"
#include "sim/oobsim/scenario.h"

#define MEMBER(s, m) .off = offsetof(struct s, m)

static const char *const provider_kinds[] = {[PROVIDER_OSP] = "osp", [PROVIDER_TSP] = "tsp", NULL};
static const char *const attests[] = {
	[ATTEST_ANY] = "any", [ATTEST_A] = "A", [ATTEST_B] = "B", [ATTEST_C] = "C", NULL};
static const char *const ends[] = {[ENDS_CALLER_HANGS_UP] = "caller-hangs-up",
				   [ENDS_CALLED_HANGS_UP] = "called-hangs-up",
				   [ENDS_BUSY] = "busy",
				   [ENDS_NO_ANSWER] = "no-answer",
				   [ENDS_CALLER_CANCELS] = "caller-cancels",
				   NULL};
static const char *const transports[] = {[TRANSPORT_TCP] = "tcp", [TRANSPORT_UDP] = "udp", NULL};
static const char *const identities[] = {[IDENTITY_UNSAID] = "any",
					 [IDENTITY_PRESENT] = "present",
					 [IDENTITY_ABSENT] = "absent",
					 NULL};

static const char *check_all(struct sv v, const char *more, size_t max, const char *want)
{
	for (size_t i = 0; i < v.l; i++) {
		char c = v.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		      strchr(more, c)))
			return want;
	}
	return v.l && v.l <= max ? NULL : want;
}

static const char *check_id(struct sv v)
{
	return check_all(v, "-_.", 64, "1 to 64 letters, digits, \"-\", \"_\" and \".\"");
}

static const char *check_name(struct sv v)
{
	return check_all(v, "-", 16, "1 to 16 letters, digits and \"-\"");
}

static const char *check_domain(struct sv v)
{
	return check_all(v, "-.", 100, "a host name");
}

static const char *check_ocn(struct sv v)
{
	static const char want[] = "4 digits and upper case letters";

	for (size_t i = 0; i < v.l; i++)
		if (v.p[i] >= 'a' && v.p[i] <= 'z')
			return want;
	return v.l == 4 ? check_all(v, "", 4, want) : want;
}

/* Requirements are "AS-06", "FLOW-A1" */
static const char *check_requirement(struct sv v)
{
	static const char want[] = "the id of a requirement, like \"AS-06\"";

	if (sv_find(v, '-') == 0 || sv_find(v, '-') >= v.l - 1)
		return want;
	return check_all(v, "-", 32, want);
}

static const char *check_number(struct sv v)
{
	struct tn tn;

	if (v.l && v.p[0] == '+' && tn_canonical(&tn, v) == 0)
		return NULL;
	return "a telephone number with + and country code, like \"+12013776051\"";
}

static const struct conf_member provider_members[] = {
	{.name = "name",
	 .type = CONF_STR,
	 MEMBER(scn_provider, name),
	 .check = check_name,
	 .doc = "name of the provider"},
	{.name = "kind",
	 .type = CONF_ENUM,
	 MEMBER(scn_provider, kind),
	 .required = true,
	 .words = provider_kinds,
	 .doc = "osp: a phone, its switch, STI-AS and gateway; tsp: gateway, switch, STI-VS, CPS "
		"and a phone"},
	{.name = "ocn",
	 .type = CONF_STR,
	 MEMBER(scn_provider, ocn),
	 .required = true,
	 .check = check_ocn,
	 .doc = "operating company number, the Service Provider Code of its certificate too"},
	{.name = "domain",
	 .type = CONF_STR,
	 MEMBER(scn_provider, domain),
	 .check = check_domain,
	 .doc = "domain of its SIP URIs and names; <name>.example when absent"},
	{.name = "numbers",
	 .type = CONF_STRS,
	 MEMBER(scn_provider, numbers),
	 .required = true,
	 .min = 1,
	 .max = 100,
	 .check = check_number,
	 .doc = "prefixes of its own numbers"},
	{0},
};
static const struct conf_table provider_table = {"provider", sizeof(struct scn_provider),
						 provider_members};

static const struct conf_member call_members[] = {
	{.name = "from",
	 .type = CONF_STR,
	 MEMBER(scn_call, from),
	 .required = true,
	 .check = check_number,
	 .doc = "calling number"},
	{.name = "to",
	 .type = CONF_STR,
	 MEMBER(scn_call, to),
	 .required = true,
	 .check = check_number,
	 .doc = "called number"},
	{.name = "attest",
	 .type = CONF_ENUM,
	 MEMBER(scn_call, attest),
	 .words = attests,
	 .doc = "attestation that its PASSporT must carry"},
	{0},
};
static const struct conf_table call_table = {"call", sizeof(struct scn_call), call_members};

static const struct conf_member expect_members[] = {
	{.name = "id",
	 .type = CONF_STR,
	 MEMBER(scn_expect, id),
	 .check = check_id,
	 .doc = "stable name of the check; made from the expectation when absent"},
	{.name = "title",
	 .type = CONF_STR,
	 MEMBER(scn_expect, title),
	 .doc = "what it says, in a sentence"},
	{.name = "proves",
	 .type = CONF_STRS,
	 MEMBER(scn_expect, proves),
	 .check = check_requirement,
	 .doc = "requirements that it proves"},
	{.name = "steps",
	 .type = CONF_STR,
	 MEMBER(scn_expect, steps),
	 .check = expect_check_steps,
	 .doc = "\"5.3\": the eleven steps of the general ladder, in their partial order"},
	{.name = "order",
	 .type = CONF_STRS,
	 MEMBER(scn_expect, order),
	 .min = 2,
	 .max = 32,
	 .check = expect_check_pattern,
	 .doc = "events that all happen, one after the other"},
	{.name = "first",
	 .type = CONF_STR,
	 MEMBER(scn_expect, first),
	 .check = expect_check_pattern,
	 .doc = "an event that happens, and does not wait for the one of \"then\""},
	{.name = "then",
	 .type = CONF_STR,
	 MEMBER(scn_expect, then),
	 .check = expect_check_pattern,
	 .doc = "with \"first\": an event that comes later, or never"},
	{.name = "message",
	 .type = CONF_STR,
	 MEMBER(scn_expect, message),
	 .check = expect_check_pattern,
	 .doc = "a message, whose content \"identity\" tells"},
	{.name = "identity",
	 .type = CONF_ENUM,
	 MEMBER(scn_expect, identity),
	 .words = identities,
	 .doc = "with \"message\": present: it carries an Identity header; absent: no such header "
		"and none of the call's PASSporT is anywhere in its octets"},
	{.name = "same-token",
	 .type = CONF_STRS,
	 MEMBER(scn_expect, same_token),
	 .min = 2,
	 .max = 8,
	 .check = expect_check_pattern,
	 .doc = "messages that carry the same PASSporTs, octet for octet"},
	{.name = "new-call-id",
	 .type = CONF_STRS,
	 MEMBER(scn_expect, new_call_id),
	 .min = 2,
	 .max = 8,
	 .check = expect_check_pattern,
	 .doc = "SIP messages of which no two have the same Call-ID"},
	{.name = "never",
	 .type = CONF_STRS,
	 MEMBER(scn_expect, never),
	 .min = 1,
	 .max = 32,
	 .check = expect_check_pattern,
	 .doc = "events that do not happen"},
	{.name = "at",
	 .type = CONF_STR,
	 MEMBER(scn_expect, at),
	 .check = check_domain,
	 .doc = "an element, of which the next members tell a fact"},
	{.name = "verstat",
	 .type = CONF_STR,
	 MEMBER(scn_expect, verstat),
	 .doc = "with \"at\" a phone: the verification status that it was shown; a STI-VS: its "
		"result"},
	{.name = "used",
	 .type = CONF_STR,
	 MEMBER(scn_expect, used),
	 .doc = "with \"at\" a STI-VS: where the PASSporT came from: in-band, out-of-band or none"},
	{.name = "attest",
	 .type = CONF_STR,
	 MEMBER(scn_expect, attest),
	 .doc = "with \"at\" a STI-AS or STI-VS: the attestation"},
	{.name = "stored",
	 .type = CONF_INT,
	 MEMBER(scn_expect, stored),
	 .def = "-1",
	 .min = STORED_UNSAID,
	 .max = 1000000,
	 .doc = "with \"at\" a CPS: PASSporTs in its store when all calls are over"},
	{.name = "what",
	 .type = CONF_STR,
	 MEMBER(scn_expect, what),
	 .doc = "with \"at\": a note that the element makes (docs/trace.md); \"is\" tells its "
		"data"},
	{.name = "is",
	 .type = CONF_STRMAP,
	 MEMBER(scn_expect, is),
	 .doc = "with \"what\": members of the note's data and their values, as text"},
	{0},
};
static const struct conf_table expect_table = {"expectation", sizeof(struct scn_expect),
					       expect_members};

static const struct conf_member members[] = {
	{.name = "$schema",
	 .type = CONF_STR,
	 MEMBER(scenario, schema),
	 .doc = "for editors: where the schema is"},
	{.name = "id",
	 .type = CONF_STR,
	 MEMBER(scenario, id),
	 .required = true,
	 .check = check_id,
	 .doc = "short name, by which it is run"},
	{.name = "title",
	 .type = CONF_STR,
	 MEMBER(scenario, title),
	 .required = true,
	 .doc = "what it is, in a line"},
	{.name = "proves",
	 .type = CONF_STRS,
	 MEMBER(scenario, proves),
	 .check = check_requirement,
	 .doc = "requirements that it proves as a whole"},
	{.name = "providers",
	 .type = CONF_MAP,
	 MEMBER(scenario, providers),
	 .required = true,
	 .min = 2,
	 .max = 16,
	 .sub = &provider_table,
	 .doc = "the companies of this world"},
	{.name = "path",
	 .type = CONF_STRS,
	 MEMBER(scenario, path),
	 .required = true,
	 .min = 3,
	 .max = 31,
	 .doc = "way of the calls: provider, leg (\"tdm\"), provider"},
	{.name = "calls",
	 .type = CONF_LIST,
	 MEMBER(scenario, calls),
	 .required = true,
	 .min = 1,
	 .max = 1000,
	 .sub = &call_table,
	 .doc = "the calls that are placed"},
	{.name = "ends",
	 .type = CONF_ENUM,
	 MEMBER(scenario, ends),
	 .words = ends,
	 .doc = "how they end"},
	{.name = "transport",
	 .type = CONF_ENUM,
	 MEMBER(scenario, transport),
	 .words = transports,
	 .doc = "between phones and switches"},
	{.name = "ring_ms",
	 .type = CONF_INT,
	 MEMBER(scenario, ring_ms),
	 .def = "20",
	 .max = 60000,
	 .doc = "how long the called phone rings"},
	{.name = "talk_ms",
	 .type = CONF_INT,
	 MEMBER(scenario, talk_ms),
	 .def = "20",
	 .max = 60000,
	 .doc = "how long they talk"},
	{.name = "wait_ms",
	 .type = CONF_INT,
	 MEMBER(scenario, wait_ms),
	 .def = "3000",
	 .max = 60000,
	 .doc = "how long to wait for what is expected and still missing when the phones are done"},
	{.name = "without",
	 .type = CONF_STRS,
	 MEMBER(scenario, without),
	 .max = 16,
	 .doc = "elements that are dead: the others do not know it"},
	{.name = "set",
	 .type = CONF_ANY,
	 MEMBER(scenario, set),
	 .doc = "members of elements' configurations, like \"tsp.cps.faults.answer_delay_ms\": "
		"2000"},
	{.name = "expect",
	 .type = CONF_LIST,
	 MEMBER(scenario, expect),
	 .required = true,
	 .min = 1,
	 .max = 100,
	 .sub = &expect_table,
	 .doc = "what must be true; each is judged for every call"},
	{0},
};

const struct conf_table scenario_table = {"scenario", sizeof(struct scenario), members};
