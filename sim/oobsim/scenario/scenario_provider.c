/* The table of a provider. */
#include "sim/oobsim/scenario/element.h"
#include "sim/oobsim/scenario/scenario_int.h"

const char *const provider_kind_words[PROVIDER_KINDS + 1] = {[PROVIDER_OSP] = "osp",
							     [PROVIDER_TSP] = "tsp",
							     [PROVIDER_TRANSIT] = "transit",
							     [PROVIDER_RETARGET] = "retarget",
							     NULL};
static const char *const certificates[] = {[CERTIFICATE_GOOD] = "good",
					   [CERTIFICATE_REVOKED] = "revoked",
					   [CERTIFICATE_EXPIRED] = "expired",
					   [CERTIFICATE_REQUESTED] = "requested",
					   NULL};

static const char *check_element_kind(struct sv v)
{
	for (int i = 0; i < ELEMENT_KINDS; i++)
		if (element_infos[i].kinds && sv_eqz(v, element_infos[i].name))
			return NULL;
	return "a kind of element: switch, as, gw, vs, cps or phone";
}

static const char *check_reason(struct sv v)
{
	if (sv_eqz(v, "unconditional") || sv_eqz(v, "busy") || sv_eqz(v, "no-answer"))
		return NULL;
	return "unconditional, busy or no-answer";
}

static const struct conf_member retarget_members[] = {
	{.name = "number",
	 .type = CONF_STR,
	 MEMBER(scn_retarget, number),
	 .required = true,
	 .check = scenario_check_number,
	 .doc = "a number of the provider"},
	{.name = "to",
	 .type = CONF_STR,
	 MEMBER(scn_retarget, to),
	 .required = true,
	 .check = scenario_check_number,
	 .doc = "number that its calls go on to: one of a provider further on the path"},
	{.name = "reason",
	 .type = CONF_STR,
	 MEMBER(scn_retarget, reason),
	 .check = check_reason,
	 .doc = "unconditional, when absent; busy; no-answer"},
	{0},
};
static const struct conf_table retarget_table = {"retargeting", sizeof(struct scn_retarget),
						 retarget_members};

static const struct conf_member policy_members[] = {
	{.name = "prefix",
	 .type = CONF_STR,
	 MEMBER(scn_policy, prefix),
	 .check = scenario_check_prefix,
	 .doc = "called numbers that begin so"},
	{.name = "cic",
	 .type = CONF_STR,
	 MEMBER(scn_policy, cic),
	 .check = scenario_check_cic,
	 .doc = "calls that are routed by this carrier"},
	{.name = "ocn",
	 .type = CONF_STR,
	 MEMBER(scn_policy, ocn),
	 .check = scenario_check_ocn,
	 .doc = "called numbers of this OCN"},
	{.name = "cps",
	 .type = CONF_STR,
	 MEMBER(scn_policy, cps),
	 .required = true,
	 .check = scenario_check_name,
	 .doc = "provider whose CPS takes their PASSporTs"},
	{0},
};
static const struct conf_table policy_table = {"rule of local policy", sizeof(struct scn_policy),
					       policy_members};

static const struct conf_member members[] = {
	{.name = "name",
	 .type = CONF_STR,
	 MEMBER(scn_provider, name),
	 .check = scenario_check_name,
	 .doc = "name of the provider"},
	{.name = "kind",
	 .type = CONF_ENUM,
	 MEMBER(scn_provider, kind),
	 .required = true,
	 .words = provider_kind_words,
	 .doc = "osp begins calls: switch, STI-AS, gateway, phone; tsp ends them: switch, STI-VS, "
		"CPS, gateway, phone; transit hands them on: switch, gateway; retarget hands them "
		"on to another number: switch, STI-AS, STI-VS, CPS, gateway"},
	{.name = "ocn",
	 .type = CONF_STR,
	 MEMBER(scn_provider, ocn),
	 .required = true,
	 .check = scenario_check_ocn,
	 .doc = "operating company number, the Service Provider Code of its certificate too"},
	{.name = "domain",
	 .type = CONF_STR,
	 MEMBER(scn_provider, domain),
	 .check = scenario_check_host,
	 .doc = "domain of its SIP URIs and names; <name>.example when absent"},
	{.name = "numbers",
	 .type = CONF_STRS,
	 MEMBER(scn_provider, numbers),
	 .max = 100,
	 .check = scenario_check_prefix,
	 .doc = "prefixes of its own numbers; a transit provider needs none"},
	{.name = "elements",
	 .type = CONF_STRS,
	 MEMBER(scn_provider, elements),
	 .max = ELEMENT_KINDS,
	 .check = check_element_kind,
	 .doc = "its elements, when they are others than those of its kind: switch, as, gw, vs, "
		"cps, phone. A provider that is not on the path has none but these"},
	{.name = "retarget",
	 .type = CONF_LIST,
	 MEMBER(scn_provider, retarget),
	 .max = 100,
	 .sub = &retarget_table,
	 .doc = "numbers of its own whose calls go on to another one"},
	{.name = "cic",
	 .type = CONF_STR,
	 MEMBER(scn_provider, cic),
	 .check = scenario_check_cic,
	 .doc = "carrier identification code, by which toll-free calls find its CPS"},
	{.name = "local_policy",
	 .type = CONF_LIST,
	 MEMBER(scn_provider, local_policy),
	 .max = 100,
	 .sub = &policy_table,
	 .doc = "rules by which its STI-AS finds a CPS when nobody else knows one; one of prefix, "
		"cic and ocn each, or none of them"},
	{.name = "certificate",
	 .type = CONF_ENUM,
	 MEMBER(scn_provider, certificate),
	 .words = certificates,
	 .doc = "its STI certificate: good, revoked, expired, or requested for a key of its own"},
	{.name = "discovery",
	 .type = CONF_OBJ,
	 MEMBER(scn_provider, discovery),
	 .sub = &scenario_discovery_table,
	 .doc = "published lists by which its STI-AS finds CPSs; when absent, a table of its own "
		"tells them"},
	{0},
};

const struct conf_table scenario_provider_table = {"provider", sizeof(struct scn_provider),
						   members};
