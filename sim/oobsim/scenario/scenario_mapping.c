/* Published CPS mappings: who asks for them, and what is in them. */
#include <stdio.h>

#include "sim/oobsim/scenario/element.h"
#include "sim/oobsim/scenario/scenario_int.h"

const char *const authority_words[AUTHORITIES + 1] = {
	[AUTHORITY_PA] = "pa", [AUTHORITY_CA1] = "ca1", [AUTHORITY_CA2] = "ca2", NULL};

static const char *check_map(struct sv v)
{
	for (int i = 0; i < AUTHORITIES; i++)
		if (sv_eqz(v, authority_words[i]))
			return NULL;
	return sv_eqz(v, AUTHORITY_MASTER) ? NULL : "pa, ca1, ca2 or " AUTHORITY_MASTER;
}

static const char *check_source(struct sv v)
{
	if (sv_eqz(v, "sti-pa") || sv_eqz(v, "sti-ca") || sv_eqz(v, "policy"))
		return NULL;
	return "sti-pa, sti-ca or policy";
}

static const char *check_conflict(struct sv v)
{
	if (sv_eqz(v, "first") || sv_eqz(v, "refuse") || sv_eqz(v, "newest"))
		return NULL;
	return "first, refuse or newest";
}

static const struct conf_member discovery_members[] = {
	{.name = "maps",
	 .type = CONF_STRS,
	 MEMBER(scn_discovery, maps),
	 .required = true,
	 .min = 1,
	 .max = AUTHORITIES + 1,
	 .check = check_map,
	 .doc = "lists that are fetched: pa, that of the STI-PA; ca1, ca2, those of the STI-CAs; "
		"master, those of all STI-CAs with one request to ca1"},
	{.name = "order",
	 .type = CONF_STRS,
	 MEMBER(scn_discovery, order),
	 .max = 3,
	 .check = check_source,
	 .doc = "who is asked, in this order: sti-pa, sti-ca, policy; that order when absent"},
	{.name = "conflict",
	 .type = CONF_STR,
	 MEMBER(scn_discovery, conflict),
	 .check = check_conflict,
	 .doc = "whom to believe when lists differ: first, when absent, the one asked first; "
		"refuse, none; newest, the list that runs out last"},
	{0},
};
const struct conf_table scenario_discovery_table = {
	"discovery of CPSs", sizeof(struct scn_discovery), discovery_members};

static const struct conf_member mapping_members[] = {
	{.name = "authority",
	 .type = CONF_ENUM,
	 MEMBER(scn_mapping, authority),
	 .required = true,
	 .words = authority_words,
	 .doc = "who publishes it: pa, the STI-PA; ca1, ca2, an STI-CA"},
	{.name = "provider",
	 .type = CONF_STR,
	 MEMBER(scn_mapping, provider),
	 .required = true,
	 .check = scenario_check_name,
	 .doc = "provider whose OCN, and cic when it has one, is mapped"},
	{.name = "cps",
	 .type = CONF_STR,
	 MEMBER(scn_mapping, cps),
	 .check = scenario_check_name,
	 .doc = "provider whose CPS takes its PASSporTs; itself when absent"},
	{.name = "expired",
	 .type = CONF_BOOL,
	 MEMBER(scn_mapping, expired),
	 .doc = "the authority's list, as it is with this, ran out long ago"},
	{0},
};
const struct conf_table scenario_mapping_table = {"published CPS", sizeof(struct scn_mapping),
						  mapping_members};

int scenario_check_mapping(const struct scenario *scn, struct err *e)
{
	const struct scn_mapping *all = scn->mapping.v;
	char at[48];

	for (size_t i = 0; i < scn->mapping.n; i++) {
		const char *cps = all[i].cps ? all[i].cps : all[i].provider;
		const struct scn_provider *to = scenario_provider(scn, cps);

		(void)snprintf(at, sizeof(at), "/mapping/%zu/provider", i);
		if (!scenario_provider(scn, all[i].provider))
			return scenario_refuse(scn, at, e,
					       "expected the name of a provider, got \"%.40s\"",
					       all[i].provider);
		if (all[i].cps)
			(void)snprintf(at, sizeof(at), "/mapping/%zu/cps", i);
		if (!to || !element_of(scn, to, ELEMENT_CPS))
			return scenario_refuse(
				scn, at, e, "expected a provider with a CPS, got \"%.40s\"", cps);
	}
	return 0;
}
