/* Configuration of ref-as. */
#include <string.h>

#include "sim/oobsim/world/world_conf.h"

static json_t *cps_by_ocn(const struct world *w)
{
	json_t *v = json_object();

	for (size_t i = 0; i < w->nproviders; i++)
		if (world_element(w, &w->providers[i], ELEMENT_CPS))
			(void)json_object_set_new(v, w->providers[i].scn->ocn,
						  conf_cps_url(w, &w->providers[i]));
	return v;
}

/* Local policy: what the provider says itself, and whose CPS is behind a carrier, when no list tells it */
static json_t *rules(const struct world *w, const struct provider *p)
{
	const struct scn_policy *own = p->scn->local_policy.v;
	json_t *list = json_array();

	for (size_t i = 0; i < p->scn->local_policy.n; i++) {
		json_t *v = json_pack("{s:o, s:s*, s:s*}", "url",
				      conf_cps_url(w, world_provider(w, own[i].cps)), "cic",
				      own[i].cic, "ocn", own[i].ocn);

		if (own[i].prefix)
			(void)json_object_set_new(v, "prefix", conf_digits(own[i].prefix));
		(void)json_array_append_new(list, v);
	}
	for (size_t i = 0; !p->scn->discovery.maps.n && i < w->nproviders; i++)
		if (w->providers[i].scn->cic && world_element(w, &w->providers[i], ELEMENT_CPS))
			(void)json_array_append_new(
				list, json_pack("{s:s, s:o}", "cic", w->providers[i].scn->cic,
						"url", conf_cps_url(w, &w->providers[i])));
	return list;
}

static json_t *map(const struct world *w, const char *list)
{
	char path[64];
	const char *kind = "sti-ca";

	if (strcmp(list, AUTHORITY_MASTER) == 0)
		kind = "master";
	else if (strcmp(list, authority_words[AUTHORITY_PA]) == 0)
		kind = "sti-pa";
	(void)snprintf(path, sizeof(path), "/cps-map/%s", list);
	return json_pack("{s:s, s:o}", "authority", kind, "url", conf_pki_url(w, path));
}

/* Published lists, in place of the table of all CPSs */
static void add_lists(const struct world *w, const struct provider *p, json_t *discovery)
{
	const struct scn_discovery *scn = &p->scn->discovery;
	char *const *words = scn->maps.v, *const *order = scn->order.v;
	json_t *maps = json_array(), *sources = json_array();

	for (size_t i = 0; i < scn->maps.n; i++)
		(void)json_array_append_new(maps, map(w, words[i]));
	for (size_t i = 0; i < scn->order.n; i++)
		(void)json_array_append_new(sources, json_string(order[i]));
	(void)json_object_set_new(discovery, "maps", maps);
	(void)json_object_set_new(discovery, "trust", conf_trust(w));
	if (scn->order.n)
		(void)json_object_set(discovery, "order", sources);
	if (scn->conflict)
		(void)json_object_set_new(discovery, "conflict", json_string(scn->conflict));
	json_decref(sources);
}

static void add_discovery(const struct world *w, const struct provider *p, json_t *conf)
{
	json_t *v = json_object(), *policy = rules(w, p);

	if (json_array_size(policy))
		(void)json_object_set(v, "rules", policy);
	json_decref(policy);
	if (p->scn->discovery.maps.n)
		add_lists(w, p, v);
	else
		(void)json_object_set_new(conf, "cps", cps_by_ocn(w));
	if (json_object_size(v))
		(void)json_object_set(conf, "discovery", v);
	json_decref(v);
}

json_t *conf_as(const struct world *w, const struct element *el)
{
	const struct provider *p = el->of;
	json_t *v = json_pack("{s:o, s:s, s:s, s:s, s:{s:o}, s:o, s:o}", "sip",
			      conf_listen(el, PORT_SIP), "spc", p->scn->ocn, "x5u", p->x5u, "key",
			      p->key, "attestation", "own", conf_prefixes(p), "numbers",
			      conf_numbers(w), "https", conf_https(w, NULL, NULL));

	add_discovery(w, p, v);
	if (w->way[WAY_AS] == INTERFACE_HTTP)
		(void)json_object_set_new(v, "http", conf_listen_tls(w, el, PORT_HTTPS, false));
	return v;
}
