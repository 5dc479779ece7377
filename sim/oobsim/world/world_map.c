/* The CPS mappings of a world: its authorities publish them before anybody asks. */
#include <string.h>

#include "lib/base/auto.h"
#include "sim/oobsim/world/world_conf.h"

DEFINE_AUTO(json_t, json_decref)

/* Does some STI-AS ask for that list? */
static bool asked(const struct world *w, const char *list)
{
	for (size_t i = 0; i < w->nproviders; i++) {
		const struct conf_list *maps = &w->providers[i].scn->discovery.maps;
		char *const *words = maps->v;

		for (size_t k = 0; k < maps->n; k++)
			if (strcmp(words[k], list) == 0)
				return true;
	}
	return false;
}

/* An authority that is asked publishes a list though nobody is in it. In a master file are those of all
 * STI-CAs. Others may ask any authority, unless the scenario says itself who publishes what */
static bool publishes(const struct world *w, enum authority a)
{
	if (w->publish && !w->scn->mapping.n)
		return true;
	return asked(w, authority_words[a]) || (a != AUTHORITY_PA && asked(w, AUTHORITY_MASTER));
}

/* of == NULL: sign the list as it is */
static int publish(const struct world *w, struct procs *ps, const char *pki, enum authority a,
		   const struct provider *of, const struct provider *cps, bool expired,
		   struct err *e)
{
	AUTO(json_decref) json_t *url = cps ? conf_cps_url(w, cps) : NULL;
	const char *args[16] = {"map", pki, "--authority", authority_words[a]};
	size_t n = 4;

	if (of) {
		args[n++] = "--ocn";
		args[n++] = of->scn->ocn;
		args[n++] = "--url";
		args[n++] = json_string_value(url);
	}
	if (of && of->scn->cic) {
		args[n++] = "--cic";
		args[n++] = of->scn->cic;
	}
	if (expired) {
		args[n++] = "--until";
		args[n++] = "2020-12-31T00:00:00Z";
	}
	return world_sti_pki(w, ps, args, NULL, e);
}

/* Every CPS at one authority */
static int publish_all(const struct world *w, struct procs *ps, const char *pki, enum authority a,
		       struct err *e)
{
	int err = 0;

	for (size_t i = 0; i < w->nproviders && !err; i++) {
		const struct provider *p = &w->providers[i];

		if (world_element(w, p, ELEMENT_CPS))
			err = publish(w, ps, pki, a, p, p, false, e);
	}
	return err;
}

int world_map(const struct world *w, struct procs *ps, const char *pki, struct err *e)
{
	const struct scn_mapping *rows = w->scn->mapping.v;
	size_t n = w->scn->mapping.n;
	int err = 0;

	for (int a = 0; a < AUTHORITIES && !err; a++) {
		if (!publishes(w, (enum authority)a))
			continue;
		err = n ? publish(w, ps, pki, (enum authority)a, NULL, NULL, false, e)
			: publish_all(w, ps, pki, (enum authority)a, e);
	}
	for (size_t i = 0; i < n && !err; i++)
		err = publish(w, ps, pki, (enum authority)rows[i].authority,
			      world_provider(w, rows[i].provider),
			      world_provider(w, rows[i].cps ? rows[i].cps : rows[i].provider),
			      rows[i].expired, e);
	return err;
}
