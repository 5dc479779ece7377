/* Parts that configurations of several kinds of elements have. */
#include "lib/base/tn.h"
#include "lib/net/addr.h"
#include "sim/oobsim/world/world_conf.h"

json_t *conf_sip_uri(const struct element *el, const char *transport)
{
	char at[ADDR_TEXT_MAX];

	addr_join(el->addr, el->ports[PORT_SIP], at);
	return json_sprintf("sip:%s;transport=%s", at, transport);
}

json_t *conf_listen(const struct element *el, enum port port)
{
	return json_pack("{s:s, s:i}", "addr", el->addr, "port", el->ports[port]);
}

json_t *conf_listen_tls(const struct world *w, const struct element *el, enum port port,
			bool with_ca)
{
	const char *prefix = el->of ? element_infos[el->kind].name : "cr";
	json_t *v = conf_listen(el, port);

	(void)json_object_set_new(
		v, "tls", conf_tls(w, prefix, el->of ? el->of->domain : WORLD_PKI_DOMAIN, with_ca));
	return v;
}

void conf_host(const struct element *el, char ret[HOST_MAX_LEN])
{
	(void)snprintf(ret, HOST_MAX_LEN, "%s.%s", el->of ? element_infos[el->kind].name : "cr",
		       el->of ? el->of->domain : WORLD_PKI_DOMAIN);
}

json_t *conf_url(const struct element *el, enum port port, const char *path)
{
	char host[HOST_MAX_LEN];

	conf_host(el, host);
	return json_sprintf("https://%s:%u%s", host, el->ports[port], path);
}

json_t *conf_pki_url(const struct world *w, const char *path)
{
	return conf_url(world_element(w, NULL, ELEMENT_PKI), PORT_HTTPS, path);
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
	case ELEMENT_PKI:
		return true;
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

bool conf_has_certificate(const struct world *w, const struct element *el)
{
	return conf_has_name(w, el) || el->kind == ELEMENT_VS;
}

/* Host names that an element may have to find, and where */
static json_t *resolve(const struct world *w)
{
	json_t *v = json_object();

	for (size_t i = 0; i < w->nelements; i++) {
		const struct element *el = &w->elements[i];
		char host[HOST_MAX_LEN];

		if (!conf_has_name(w, el))
			continue;
		conf_host(el, host);
		(void)json_object_set_new(v, host, json_string(el->addr));
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
	return json_pack("{s:o, s:o, s:o}", "pa_root", conf_in_pki(w, "pa/root.pem"), "ca_list",
			 conf_pki_url(w, "/ca-list"), "crl", conf_pki_url(w, "/crl"));
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

json_t *conf_cps_url(const struct world *w, const struct provider *p)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/cps/company/%s", p->scn->ocn);
	return conf_url(world_element(w, p, ELEMENT_CPS), PORT_HTTPS, path);
}
