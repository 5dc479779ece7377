/* Configuration of ref-vs. */
#include "sim/oobsim/world_conf.h"

/* How long a PASSporT that is on its way is waited for: see conf_switch.c */
#define VS_WAIT_MS 2000

json_t *conf_vs(const struct world *w, const struct element *el)
{
	const struct provider *p = el->of;
	json_t *v = json_pack("{s:o, s:s, s:o, s:o, s:o}", "sip", conf_sip_listen(el), "domain",
			      p->domain, "numbers", conf_numbers(w), "https",
			      conf_https(w, "vs", p->domain), "trust", conf_trust(w));

	if (world_element(w, p, ELEMENT_CPS))
		(void)json_object_set_new(
			v, "cps",
			json_pack("{s:o, s:i}", "url",
				  json_sprintf("https://cps.%s:%d", p->domain, PRIVATE_PORT),
				  "wait_ms", VS_WAIT_MS));
	if (world_element(w, p, ELEMENT_CPS) && w->way[WAY_CPS] == DELIVERY_PUSH)
		(void)json_object_set_new(v, "push",
					  json_pack("{s:s, s:i, s:o, s:[o]}", "addr", el->addr,
						    "port", PRIVATE_PORT, "tls",
						    conf_tls(w, "vs", p->domain, true), "clients",
						    json_sprintf("cps.%s", p->domain)));
	if (w->way[WAY_VS] == INTERFACE_HTTP)
		(void)json_object_set_new(v, "http",
					  json_pack("{s:s, s:i, s:o}", "addr", el->addr, "port",
						    HTTPS_PORT, "tls",
						    conf_tls(w, "vs", p->domain, false)));
	return v;
}
