/* Configuration of oob-gateway: a trunk to each neighbour on the path. */
#include "sim/oobsim/world/world_conf.h"

/* Enough circuits that a busy world is not held up by its trunk */
#define CIRCUITS 2000

/* Numbers of all providers before a place of the path: what goes back there */
static json_t *numbers_before(const struct world *w, int hop)
{
	json_t *all = json_array();

	for (int i = 0; i < hop; i++) {
		json_t *own = conf_prefixes(world_at(w, (size_t)i));

		(void)json_array_extend(all, own);
		json_decref(own);
	}
	return all;
}

static json_t *point_code(const struct provider *p)
{
	return json_sprintf("%u-%u-%u", p->number, p->number, p->number);
}

/* What is not known otherwise goes onwards; at the end of the path there is one trunk for all */
static json_t *trunk(const struct world *w, const struct element *el, bool onwards)
{
	int hop = el->of->hop;
	const struct provider *peer = world_at(w, (size_t)(onwards ? hop + 1 : hop - 1));
	bool sip = scenario_leg(w->scn, (size_t)(onwards ? hop : hop - 1)) == LEG_SIP;
	bool all = onwards || (size_t)hop + 1 == scenario_hops(w->scn);
	json_t *v = json_pack(
		"{s:o, s:s, s:o, s:o}", "name", json_sprintf("to-%s", peer->scn->name), "kind",
		sip ? "sip" : "tdm", "prefixes",
		all ? json_pack("[s]", "") : numbers_before(w, hop), "peer",
		conf_listen(world_element(w, peer, ELEMENT_GW), sip ? PORT_SIP : PORT_M3UA));
	json_t *tdm;

	if (sip)
		return v;
	/* the side of the caller makes the connection */
	tdm = json_pack("{s:s, s:i, s:b, s:o, s:o, s:{s:i, s:i}}", "addr", el->addr, "port",
			el->ports[PORT_M3UA], "connect", onwards, "opc", point_code(el->of), "dpc",
			point_code(peer), "circuits", "first", 1, "count", CIRCUITS);
	(void)json_object_update(v, tdm);
	json_decref(tdm);
	return v;
}

json_t *conf_gw(const struct world *w, const struct element *el)
{
	json_t *trunks = json_array();

	if (el->of->hop > 0)
		(void)json_array_append_new(trunks, trunk(w, el, false));
	if ((size_t)el->of->hop + 1 < scenario_hops(w->scn))
		(void)json_array_append_new(trunks, trunk(w, el, true));
	return json_pack("{s:o, s:s, s:o, s:o}", "sip", conf_listen(el, PORT_SIP), "domain",
			 el->of->domain, "switch",
			 conf_sip_uri(world_element(w, el->of, ELEMENT_SWITCH), "tcp"), "trunks",
			 trunks);
}
