#include "sim/oobsim/element.h"

#define OF(kind) (1u << (kind))

const struct element_info element_infos[ELEMENT_KINDS] = {
	[ELEMENT_PKI] = {"pki", "sti-pki", 2, 0, "STI-PA, STI-CAs and STI-CR"},
	[ELEMENT_SWITCH] = {"switch", "oob-switch", 1, OF(PROVIDER_OSP) | OF(PROVIDER_TSP), "CSCF"},
	[ELEMENT_AS] = {"as", "ref-as", 3, OF(PROVIDER_OSP), "STI-AS"},
	[ELEMENT_GW] = {"gw", "oob-gateway", 4, OF(PROVIDER_OSP) | OF(PROVIDER_TSP),
			"IBCF/TrGW/MGCF"},
	[ELEMENT_VS] = {"vs", "ref-vs", 5, OF(PROVIDER_TSP), "STI-VS"},
	[ELEMENT_CPS] = {"cps", "ref-cps", 6, OF(PROVIDER_TSP), "CPS"},
	[ELEMENT_PHONE] = {"phone", NULL, 2, OF(PROVIDER_OSP) | OF(PROVIDER_TSP), "phone"},
};

bool element_of(enum element_kind kind, int provider_kind)
{
	return element_infos[kind].kinds & OF(provider_kind);
}

bool element_kind_of(struct sv name, enum element_kind *ret)
{
	struct sv rest = name, first = sv_cut(&rest, '.');
	struct sv last = rest.p ? rest : first;

	for (int i = 0; i < ELEMENT_KINDS; i++) {
		if (!sv_eqz(last, element_infos[i].name) || !rest.p != !element_infos[i].kinds)
			continue;
		*ret = (enum element_kind)i;
		return true;
	}
	return false;
}

bool element_exists(const struct scenario *scn, struct sv name)
{
	const struct scn_provider *providers = scn->providers.v;
	struct sv rest = name, first = sv_cut(&rest, '.');
	enum element_kind kind;

	if (!element_kind_of(name, &kind))
		return false;
	if (!rest.p)
		return true;
	for (size_t i = 0; i < scn->providers.n; i++)
		if (sv_eqz(first, providers[i].name))
			return element_of(kind, providers[i].kind);
	return false;
}

bool element_setting(const struct scenario *scn, struct sv path, struct sv *ret_member)
{
	struct sv rest = path, name = {path.p, 0};

	/* the longest name that is an element: "tsp.cps" in "tsp.cps.store.max", "pki" in
	 * "pki.port" */
	while (rest.p) {
		struct sv part = sv_cut(&rest, '.');

		name.l = (size_t)(part.p + part.l - path.p);
		if (!element_exists(scn, name))
			continue;
		if (ret_member)
			*ret_member = rest;
		return rest.p && rest.l;
	}
	return false;
}
