/* Configuration of ref-vs. */
#include "sim/oobsim/world/world_conf.h"

/* How long a PASSporT that is on its way is waited for: see conf_switch.c */
#define VS_WAIT_MS 2000

json_t *conf_vs(const struct world *w, const struct element *el)
{
	const struct provider *p = el->of;
	const struct element *cps = world_element(w, p, ELEMENT_CPS);
	json_t *v = json_pack("{s:o, s:s, s:o, s:o, s:o}", "sip", conf_listen(el, PORT_SIP),
			      "domain", p->domain, "numbers", conf_numbers(w), "https",
			      conf_https(w, "vs", p->domain), "trust", conf_trust(w));

	if (cps)
		(void)json_object_set_new(v, "cps",
					  json_pack("{s:o, s:i}", "url",
						    conf_url(cps, PORT_PRIVATE, ""), "wait_ms",
						    VS_WAIT_MS));
	if (cps && w->way[WAY_CPS] == DELIVERY_PUSH) {
		json_t *push = conf_listen_tls(w, el, PORT_PRIVATE, true);

		(void)json_object_set_new(push, "clients",
					  json_pack("[o]", json_sprintf("cps.%s", p->domain)));
		(void)json_object_set_new(v, "push", push);
	}
	if (w->way[WAY_VS] == INTERFACE_HTTP)
		(void)json_object_set_new(v, "http", conf_listen_tls(w, el, PORT_HTTPS, false));
	return v;
}
