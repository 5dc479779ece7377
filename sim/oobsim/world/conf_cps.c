/* Configuration of ref-cps. */
#include <string.h>

#include "sim/oobsim/world/world_conf.h"

/* A transit provider's CPS sends on what is for the numbers of a carrier (6.3). The carrier's own CPS
 * keeps it */
static json_t *forward(const struct world *w, const struct provider *p)
{
	const struct scn_carrier *carriers = w->scn->carriers.v;
	json_t *numbers = json_array(), *cps = json_object();

	for (size_t i = 0; i < w->scn->carriers.n; i++)
		(void)json_array_append_new(numbers, json_pack("{s:o, s:s}", "prefix",
							       conf_digits(carriers[i].prefix),
							       "cic", carriers[i].cic));
	for (size_t i = 0; i < w->nproviders; i++) {
		const struct provider *to = &w->providers[i];

		if (to->scn->cic && world_element(w, to, ELEMENT_CPS))
			(void)json_object_set_new(cps, to->scn->cic, conf_cps_url(w, to));
	}
	return json_pack("{s:o, s:o, s:o}", "name", json_sprintf("cps.%s", p->domain), "numbers",
			 numbers, "cps", cps);
}

json_t *conf_cps(const struct world *w, const struct element *el)
{
	const struct provider *p = el->of;
	const struct element *vs = world_element(w, p, ELEMENT_VS);
	json_t *private = conf_listen_tls(w, el, PORT_PRIVATE, true);
	json_t *v = json_pack("{s:o, s:o, s:[s], s:o, s:o}", "public",
			      conf_listen_tls(w, el, PORT_HTTPS, false), "private", private,
			      "companies", p->scn->ocn, "https", conf_https(w, NULL, NULL), "trust",
			      conf_trust(w));

	(void)json_object_set_new(private, "clients",
				  json_pack("[o]", json_sprintf("vs.%s", p->domain)));
	if (vs && w->way[WAY_CPS] == DELIVERY_PUSH)
		(void)json_object_set_new(v, "push",
					  json_pack("{s:o, s:o}", "url",
						    conf_url(vs, PORT_PRIVATE, "/passports"),
						    "https", conf_https(w, "cps", p->domain)));
	if (p->scn->kind == PROVIDER_TRANSIT && w->scn->carriers.n)
		(void)json_object_set_new(v, "forward", forward(w, p));
	return v;
}
