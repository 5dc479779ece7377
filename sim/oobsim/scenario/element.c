#include <string.h>

#include "sim/oobsim/scenario/element.h"

#define OF(kind) (1u << (kind))
#define ALL      (OF(PROVIDER_OSP) | OF(PROVIDER_TSP) | OF(PROVIDER_TRANSIT) | OF(PROVIDER_RETARGET))
#define ENDS     (OF(PROVIDER_TSP) | OF(PROVIDER_RETARGET))

const struct element_info element_infos[ELEMENT_KINDS] = {
	[ELEMENT_PKI] = {"pki", "sti-pki", 2, 0, "STI-PA, STI-CAs and STI-CR"},
	[ELEMENT_SWITCH] = {"switch", "oob-switch", 1, ALL, "CSCF"},
	[ELEMENT_AS] = {"as", "ref-as", 3, OF(PROVIDER_OSP) | OF(PROVIDER_RETARGET), "STI-AS"},
	[ELEMENT_GW] = {"gw", "oob-gateway", 4, ALL, "IBCF/TrGW/MGCF"},
	[ELEMENT_VS] = {"vs", "ref-vs", 5, ENDS, "STI-VS"},
	[ELEMENT_CPS] = {"cps", "ref-cps", 6, ENDS, "CPS"},
	[ELEMENT_PHONE] = {"phone", NULL, 2, OF(PROVIDER_OSP) | OF(PROVIDER_TSP), "phone"},
};

static const char *const interfaces[] = {[INTERFACE_REDIRECT] = "redirect",
					 [INTERFACE_PROXY] = "proxy",
					 [INTERFACE_HTTP] = "http",
					 NULL};
static const char *const deliveries[] = {[DELIVERY_PULL] = "pull", [DELIVERY_PUSH] = "push", NULL};

const struct element_way_info element_ways[WAYS] = {
	[WAY_AS] = {"as.interface", interfaces},
	[WAY_VS] = {"vs.interface", interfaces},
	[WAY_CPS] = {"cps.delivery", deliveries},
};

bool element_of(const struct scenario *scn, const struct scn_provider *p, enum element_kind kind)
{
	char *const *own = p->elements.v;

	for (size_t i = 0; i < p->elements.n; i++)
		if (strcmp(own[i], element_infos[kind].name) == 0)
			return true;
	return !p->elements.n && scenario_hop(scn, p) >= 0 &&
	       element_infos[kind].kinds & OF(p->kind);
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
			return element_of(scn, &providers[i], kind);
	return false;
}

/* "cps" in "cps.store.max": each of that kind, of which there must be one */
static bool names_kind(const struct scenario *scn, struct sv name, enum element_kind *ret)
{
	const struct scn_provider *providers = scn->providers.v;

	for (int kind = 0; kind < ELEMENT_KINDS; kind++)
		for (size_t i = 0; i < scn->providers.n && element_infos[kind].kinds &&
				   sv_eqz(name, element_infos[kind].name);
		     i++)
			if (element_of(scn, &providers[i], (enum element_kind)kind)) {
				*ret = (enum element_kind)kind;
				return true;
			}
	return false;
}

bool element_setting(const struct scenario *scn, struct sv path, struct element_setting *ret)
{
	struct element_setting s = {.name = {path.p, 0}};
	struct sv rest = path, first = sv_cut(&rest, '.');

	s.all = names_kind(scn, first, &s.kind);
	s.name = first;
	if (!s.all && !element_exists(scn, first) && rest.p) {
		struct sv second = sv_cut(&rest, '.');

		s.name.l = (size_t)(second.p + second.l - path.p);
	}
	if (!s.all && (!element_exists(scn, s.name) || !element_kind_of(s.name, &s.kind)))
		return false;
	s.member = rest;
	*ret = s;
	return rest.p && rest.l;
}

enum element_way element_way_of(struct sv path)
{
	int way = 0;

	while (way < WAYS && !sv_eqz(path, element_ways[way].path))
		way++;
	return (enum element_way)way;
}

int element_way_word(enum element_way way, const char *word)
{
	for (int i = 0; element_ways[way].words[i]; i++)
		if (word && strcmp(word, element_ways[way].words[i]) == 0)
			return i;
	return -1;
}
