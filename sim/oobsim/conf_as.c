/* Configuration of ref-as. */
#include "sim/oobsim/world_conf.h"

static json_t *cps_by_ocn(const struct world *w)
{
	json_t *v = json_object();

	for (size_t i = 0; i < w->nproviders; i++)
		if (world_element(w, &w->providers[i], ELEMENT_CPS))
			(void)json_object_set_new(v, w->providers[i].scn->ocn,
						  conf_cps_url(&w->providers[i]));
	return v;
}

/* Local policy: what the provider says itself, and whose CPS is behind a carrier */
static json_t *rules(const struct world *w, const struct provider *p)
{
	const struct scn_policy *own = p->scn->local_policy.v;
	json_t *list = json_array();

	for (size_t i = 0; i < p->scn->local_policy.n; i++) {
		json_t *v = json_pack("{s:o, s:s*, s:s*}", "url",
				      conf_cps_url(world_provider(w, own[i].cps)), "cic",
				      own[i].cic, "ocn", own[i].ocn);

		if (own[i].prefix)
			(void)json_object_set_new(v, "prefix", conf_digits(own[i].prefix));
		(void)json_array_append_new(list, v);
	}
	for (size_t i = 0; i < w->nproviders; i++)
		if (w->providers[i].scn->cic && world_element(w, &w->providers[i], ELEMENT_CPS))
			(void)json_array_append_new(
				list, json_pack("{s:s, s:o}", "cic", w->providers[i].scn->cic,
						"url", conf_cps_url(&w->providers[i])));
	return list;
}

json_t *conf_as(const struct world *w, const struct element *el)
{
	const struct provider *p = el->of;
	json_t *policy = rules(w, p);
	json_t *v = json_pack("{s:o, s:s, s:s, s:s, s:{s:o}, s:o, s:o, s:o}", "sip",
			      conf_sip_listen(el), "spc", p->scn->ocn, "x5u", p->x5u, "key", p->key,
			      "attestation", "own", conf_prefixes(p), "numbers", conf_numbers(w),
			      "cps", cps_by_ocn(w), "https", conf_https(w, NULL, NULL));

	if (json_array_size(policy))
		(void)json_object_set_new(v, "discovery", json_pack("{s:O}", "rules", policy));
	json_decref(policy);
	if (w->way[WAY_AS] == INTERFACE_HTTP)
		(void)json_object_set_new(v, "http",
					  json_pack("{s:s, s:i, s:o}", "addr", el->addr, "port",
						    HTTPS_PORT, "tls",
						    conf_tls(w, "as", p->domain, false)));
	return v;
}
