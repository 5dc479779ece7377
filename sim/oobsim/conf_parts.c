/* Parts that configurations of several kinds of elements have. */
#include "lib/base/tn.h"
#include "sim/oobsim/world_conf.h"

const char *conf_addr(const struct world *w, const struct provider *p, enum element_kind kind)
{
	const struct element *el = world_element(w, p, kind);

	return el ? el->addr : "";
}

json_t *conf_sip_uri(const char *addr, const char *transport)
{
	return json_sprintf("sip:%s:%d;transport=%s", addr, SIP_PORT, transport);
}

json_t *conf_sip_listen(const struct element *el)
{
	return json_pack("{s:s, s:i}", "addr", el->addr, "port", SIP_PORT);
}

json_t *conf_in_pki(const struct world *w, const char *file)
{
	return json_sprintf("%s/pki/%s", w->dir, file);
}

json_t *conf_tls(const struct world *w, const char *prefix, const char *domain, bool with_ca)
{
	json_t *v = json_pack("{s:o, s:o}", "cert",
			      json_sprintf("%s/pki/tls/%s.%s.pem", w->dir, prefix, domain), "key",
			      json_sprintf("%s/pki/tls/%s.%s-key.pem", w->dir, prefix, domain));

	if (with_ca)
		(void)json_object_set_new(v, "client_ca", conf_in_pki(w, "tls/root.pem"));
	return v;
}

bool conf_has_name(const struct world *w, const struct element *el)
{
	switch (el->kind) {
	case ELEMENT_AS:
		return w->way[WAY_AS] == INTERFACE_HTTP;
	case ELEMENT_VS:
		return w->way[WAY_VS] == INTERFACE_HTTP || w->way[WAY_CPS] == DELIVERY_PUSH;
	case ELEMENT_CPS:
		return true;
	default:
		return false;
	}
}

/* Host names that an element may have to find, and where */
static json_t *resolve(const struct world *w)
{
	json_t *v = json_pack("{s:s}", "cr." WORLD_PKI_DOMAIN,
			      world_element(w, NULL, ELEMENT_PKI)->addr);

	for (size_t i = 0; i < w->nelements; i++) {
		const struct element *el = &w->elements[i];
		char name[160];

		if (!conf_has_name(w, el))
			continue;
		(void)snprintf(name, sizeof(name), "%s.%s", element_infos[el->kind].name,
			       el->of->domain);
		(void)json_object_set_new(v, name, json_string(el->addr));
	}
	return v;
}

json_t *conf_https(const struct world *w, const char *prefix, const char *domain)
{
	json_t *v = prefix ? conf_tls(w, prefix, domain, false) : json_object();

	(void)json_object_set_new(v, "ca", conf_in_pki(w, "tls/root.pem"));
	(void)json_object_set_new(v, "resolve", resolve(w));
	return v;
}

json_t *conf_trust(const struct world *w)
{
	return json_pack("{s:o, s:s, s:s}", "pa_root", conf_in_pki(w, "pa/root.pem"), "ca_list",
			 "https://cr." WORLD_PKI_DOMAIN ":8443/ca-list", "crl",
			 "https://cr." WORLD_PKI_DOMAIN ":8443/crl");
}

json_t *conf_digits(const char *number)
{
	struct tn tn;

	return tn_canonical(&tn, sv_from(number)) ? NULL : json_string(tn.s);
}

json_t *conf_prefixes(const struct provider *p)
{
	char *const *numbers = p->scn->numbers.v;
	json_t *list = json_array();

	for (size_t i = 0; i < p->scn->numbers.n; i++)
		(void)json_array_append_new(list, conf_digits(numbers[i]));
	return list;
}

json_t *conf_numbers(const struct world *w)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < w->nproviders; i++) {
		json_t *own = conf_prefixes(&w->providers[i]), *prefix;
		size_t k;

		json_array_foreach (own, k, prefix)
			(void)json_array_append_new(rows,
						    json_pack("{s:O, s:s}", "prefix", prefix, "ocn",
							      w->providers[i].scn->ocn));
		json_decref(own);
	}
	return rows;
}

json_t *conf_cps_url(const struct provider *p)
{
	return json_sprintf("https://cps.%s:%d/cps/company/%s", p->domain, HTTPS_PORT, p->scn->ocn);
}
