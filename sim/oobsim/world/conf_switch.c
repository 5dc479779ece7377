/* Configuration of oob-switch. */
#include "sim/oobsim/world/world_conf.h"

/* On a machine that is busy with other things a PASSporT may come long after its call. The STI-VS waits
 * for it (conf_vs.c), and the switch, which has to wait for the STI-VS, longer */
#define VS_TIMEOUT_MS 5000

/* Every number that is not a subscriber's: one row for each first digit of a country code */
static json_t *all_numbers(const struct element *gw)
{
	json_t *rows = json_array();

	for (int digit = 1; digit <= 9; digit++)
		(void)json_array_append_new(rows, json_pack("{s:o, s:o}", "prefix",
							    json_sprintf("+%d", digit), "uri",
							    conf_sip_uri(gw, "tcp")));
	return rows;
}

static void add_subscriber(json_t *rows, json_t *prefix, const struct element *phone,
			   const char *transport)
{
	(void)json_array_append_new(rows, json_pack("{s:o, s:o}", "prefix", prefix, "uri",
						    conf_sip_uri(phone, transport)));
}

static bool ported_to(const struct world *w, const struct scn_lnp *row, const struct provider *p)
{
	struct tn rn;

	return tn_canonical(&rn, sv_from(row->rn)) == 0 &&
	       scenario_owner(w->scn, &rn, NULL) == p->scn;
}

/* Own numbers, and those that were ported to the provider */
static json_t *subscribers(const struct world *w, const struct provider *p)
{
	const char *transport = w->scn->transport == TRANSPORT_UDP ? "udp" : "tcp";
	const struct element *phone = world_element(w, p, ELEMENT_PHONE);
	const struct scn_lnp *rows = w->scn->lnp.v;
	char *const *numbers = p->scn->numbers.v;
	json_t *list = json_array();

	for (size_t i = 0; i < p->scn->numbers.n && phone; i++)
		add_subscriber(list, conf_digits(numbers[i]), phone, transport);
	for (size_t i = 0; i < w->scn->lnp.n && phone; i++)
		if (ported_to(w, &rows[i], p))
			add_subscriber(list, conf_digits(rows[i].number), phone, transport);
	return list;
}

/* The service of one kind, by the interface of this world */
static json_t *service(const struct world *w, const struct provider *p, enum element_kind kind,
		       enum element_way way)
{
	const struct element *el = world_element(w, p, kind);
	bool http = w->way[way] == INTERFACE_HTTP;
	json_t *v;

	if (!el)
		return NULL;
	v = json_pack("{s:o}", "uri",
		      http ? conf_url(el, PORT_HTTPS, "") : conf_sip_uri(el, "tcp"));
	if (w->way[way] != INTERFACE_REDIRECT)
		(void)json_object_set_new(v, "interface",
					  json_string(element_ways[way].words[w->way[way]]));
	if (kind == ELEMENT_VS)
		(void)json_object_set_new(v, "timeout_ms", json_integer(VS_TIMEOUT_MS));
	return v;
}

static json_t *retargets(const struct provider *p)
{
	const struct scn_retarget *rows = p->scn->retarget.v;
	json_t *list = json_array();

	for (size_t i = 0; i < p->scn->retarget.n; i++) {
		json_t *v = json_pack("{s:s, s:s}", "number", rows[i].number, "to", rows[i].to);

		if (rows[i].reason)
			(void)json_object_set_new(v, "reason", json_string(rows[i].reason));
		(void)json_array_append_new(list, v);
	}
	return list;
}

/* What a query before a call gives: of a number that was ported to somebody else the routing number */
static json_t *lnp(const struct world *w, const struct provider *p)
{
	const struct scn_lnp *rows = w->scn->lnp.v;
	json_t *list = json_array();

	for (size_t i = 0; i < w->scn->lnp.n; i++)
		if (!ported_to(w, &rows[i], p))
			(void)json_array_append_new(list,
						    json_pack("{s:s, s:s}", "number",
							      rows[i].number, "rn", rows[i].rn));
	return list;
}

/* … and of a toll-free one the carrier */
static json_t *carriers(const struct world *w)
{
	const struct scn_carrier *rows = w->scn->carriers.v;
	json_t *list = json_array();

	for (size_t i = 0; i < w->scn->carriers.n; i++)
		(void)json_array_append_new(list,
					    json_pack("{s:s, s:o}", "prefix", rows[i].prefix, "cic",
						      json_sprintf("+1%s", rows[i].cic)));
	return list;
}

static void add_queries(const struct world *w, const struct provider *p, json_t *conf)
{
	if (w->scn->lnp.n) {
		(void)json_object_set_new(conf, "lnp", lnp(w, p));
		(void)json_object_set_new(conf, "lnp_query", json_true());
	}
	if (w->scn->carriers.n)
		(void)json_object_set_new(conf, "carriers", carriers(w));
}

/* By its address; by address and port where all have the same address */
static json_t *peer(const struct world *w, const struct element *el, const char *kind)
{
	json_t *v = w->listen[0] ? conf_listen(el, PORT_SIP) : json_pack("{s:s}", "addr", el->addr);

	(void)json_object_set_new(v, "kind", json_string(kind));
	return v;
}

json_t *conf_switch(const struct world *w, const struct element *el)
{
	const struct provider *p = el->of;
	const struct element *phone = world_element(w, p, ELEMENT_PHONE);
	const struct element *gw = world_element(w, p, ELEMENT_GW);
	json_t *peers = json_pack("[o]", peer(w, gw, "trunk"));
	json_t *v = json_pack("{s:o, s:s, s:o, s:o, s:o}", "sip", conf_listen(el, PORT_SIP),
			      "domain", p->domain, "peers", peers, "trunks", all_numbers(gw),
			      "subscribers", subscribers(w, p));
	bool http = w->way[WAY_AS] == INTERFACE_HTTP || w->way[WAY_VS] == INTERFACE_HTTP;

	if (phone)
		(void)json_array_insert_new(peers, 0, peer(w, phone, "subscriber"));
	if (world_element(w, p, ELEMENT_AS))
		(void)json_object_set_new(v, "as", service(w, p, ELEMENT_AS, WAY_AS));
	if (world_element(w, p, ELEMENT_VS))
		(void)json_object_set_new(v, "vs", service(w, p, ELEMENT_VS, WAY_VS));
	if (p->scn->retarget.n)
		(void)json_object_set_new(v, "retarget", retargets(p));
	add_queries(w, p, v);
	if (p->scn->kind == PROVIDER_TRANSIT && world_element(w, p, ELEMENT_AS))
		(void)json_object_set_new(v, "sign_transit", json_true());
	if (http)
		(void)json_object_set_new(v, "https", conf_https(w, NULL, NULL));
	return v;
}
