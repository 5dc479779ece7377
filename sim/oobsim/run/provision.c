/* A world as somebody sees it who wants to take part. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/auto.h"
#include "sim/oobsim/run/provision.h"
#include "sim/oobsim/world/world_conf.h"

DEFINE_AUTO(json_t, json_decref)

/* What elements serve by URL, when their configuration has the member */
static const struct {
	enum element_kind kind;
	enum port port;
	const char *member; /* NULL: always */
	const char *name, *path;
} urls[] = {
	{ELEMENT_PKI, PORT_HTTPS, NULL, "base", ""},
	{ELEMENT_AS, PORT_HTTPS, "http", "sign", "/stir/v1/signing"},
	{ELEMENT_VS, PORT_HTTPS, "http", "verify", "/stir/v1/verification"},
	{ELEMENT_VS, PORT_PRIVATE, "push", "push", "/passports"},
	{ELEMENT_CPS, PORT_HTTPS, "public", "publish", "/cps/company/"},
	{ELEMENT_CPS, PORT_PRIVATE, "private", "retrieve", "/calls/"},
};

void provision_csr_file(const struct provision_csr *csrs, size_t i, char ret[PATH_MAX])
{
	size_t same = 1;

	for (size_t k = 0; k < i; k++)
		same += strcmp(csrs[k].provider, csrs[i].provider) == 0;
	if (same > 1)
		(void)snprintf(ret, PATH_MAX, "csr/%s-%zu.pem", csrs[i].provider, same);
	else
		(void)snprintf(ret, PATH_MAX, "csr/%s.pem", csrs[i].provider);
}

/* What sti-pki says of the request, without what surrounds it */
static int refused(const struct provision_csr *csr, struct err *e)
{
	static const char by[] = "sti-pki sign-csr: ";
	const char *found = strstr(e->s, by);
	struct err said = *e;
	struct sv rest = sv_from(found ? said.s + (found - e->s) + sizeof(by) - 1 : said.s);
	struct sv line = sv_cut(&rest, '\n');

	return err_set(e, EINVAL, "--csr %s=%s: %.*s", csr->provider, csr->file, SV_ARG(line));
}

static int sign(const struct world *w, struct procs *ps, struct provision_csr *csr, struct err *e)
{
	const struct provider *p = world_provider(w, csr->provider);
	char pki[PATH_MAX], *out = NULL;
	const char *args[] = {"sign-csr", pki, "--csr", csr->file, "--spc", p->scn->ocn, NULL};
	AUTO(json_decref) json_t *v = NULL;
	const char *chain, *x5u;
	int err;

	world_path(w, pki, "pki");
	err = world_sti_pki(w, ps, args, &out, e);
	if (err == EIO)
		return refused(csr, e);
	if (err)
		return err;
	v = json_loads(out, 0, NULL);
	free(out);
	chain = json_string_value(json_object_get(v, "chain"));
	x5u = json_string_value(json_object_get(v, "x5u"));
	if (!chain || !x5u)
		return err_set(e, EPROTO,
			       "sti-pki sign-csr: expected an object with \"chain\" and \"x5u\"");
	csr->chain = strdup(chain);
	csr->x5u = strdup(x5u);
	return csr->chain && csr->x5u ? 0 : err_set(e, ENOMEM, "out of memory");
}

int provision_sign(const struct world *w, struct procs *ps, struct provision_csr *csrs, size_t n,
		   struct err *e)
{
	int err = 0;

	for (size_t i = 0; i < n && !err; i++)
		err = sign(w, ps, &csrs[i], e);
	return err;
}

void provision_csrs_free(struct provision_csr *csrs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(csrs[i].chain);
		free(csrs[i].x5u);
	}
}

static json_t *urls_of(const struct element *el)
{
	json_t *v = json_object();

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		char path[64];

		if (urls[i].kind != el->kind ||
		    (urls[i].member && !json_object_get(el->conf, urls[i].member)))
			continue;
		(void)snprintf(path, sizeof(path), "%s%s", urls[i].path,
			       el->kind == ELEMENT_CPS && urls[i].port == PORT_HTTPS
				       ? el->of->scn->ocn
				       : "");
		(void)json_object_set_new(v, urls[i].name, conf_url(el, urls[i].port, path));
	}
	return v;
}

static void set_if_any(json_t *in, const char *name, json_t *v)
{
	if (json_object_size(v) || json_array_size(v))
		(void)json_object_set(in, name, v);
	json_decref(v);
}

/* "serves" is what the program itself says in its READY line */
static json_t *element(const struct world *w, const struct element *el)
{
	const char *ready = el->proc ? proc_ready(el->proc) : NULL;
	json_t *serves = ready ? json_loads(ready, 0, NULL) : NULL, *trunks;
	json_t *v = json_pack("{s:s, s:s, s:s, s:b}", "name", el->name, "is",
			      element_infos[el->kind].what, "addr", el->addr, "running",
			      el->proc != NULL);
	char host[HOST_MAX_LEN];

	if (serves)
		(void)json_object_set_new(v, "serves", serves);
	if (el->ports[PORT_SIP])
		(void)json_object_set_new(v, "sip", conf_sip_uri(el, "tcp"));
	set_if_any(v, "urls", urls_of(el));
	if (conf_has_certificate(w, el)) {
		conf_host(el, host);
		(void)json_object_set_new(v, "tls",
					  json_pack("{s:s, s:o, s:o}", "name", host, "cert",
						    json_sprintf("tls/%s.pem", host), "key",
						    json_sprintf("tls/%s-key.pem", host)));
	}
	trunks = json_object_get(el->conf, "trunks");
	if (el->kind == ELEMENT_GW && trunks)
		(void)json_object_set(v, "trunks", trunks);
	if (el->conf)
		(void)json_object_set_new(v, "config",
					  json_sprintf("%s/config/%s.json", w->dir, el->name));
	return v;
}

static json_t *signed_of(const struct world *w, const struct provider *p,
			 const struct provision_csr *csrs, size_t n)
{
	json_t *list = json_array();
	char file[PATH_MAX];

	for (size_t i = 0; i < n; i++) {
		if (world_provider(w, csrs[i].provider) != p)
			continue;
		provision_csr_file(csrs, i, file);
		(void)json_array_append_new(list,
					    json_pack("{s:s, s:s, s:s}", "request", csrs[i].file,
						      "chain", file, "x5u", csrs[i].x5u));
	}
	return list;
}

static json_t *provider(const struct world *w, const struct provider *p,
			const struct provision_csr *csrs, size_t n)
{
	json_t *v =
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:s*}", "name", p->scn->name, "kind",
			  provider_kind_words[p->scn->kind], "ocn", p->scn->ocn, "spc", p->scn->ocn,
			  "domain", p->domain, "numbers", conf_prefixes(p), "cic", p->scn->cic);

	if (world_element(w, p, ELEMENT_CPS))
		(void)json_object_set_new(v, "cps", conf_cps_url(w, p));
	if (p->x5u)
		(void)json_object_set_new(v, "sti",
					  json_pack("{s:o, s:o, s:s}", "chain",
						    json_sprintf("sti/%s.pem", p->scn->name), "key",
						    json_sprintf("sti/%s-key.pem", p->scn->name),
						    "x5u", p->x5u));
	set_if_any(v, "signed", signed_of(w, p, csrs, n));
	return v;
}

/* Where authorities publish CPS mappings, and where a provider tells its own */
static json_t *mappings(const struct world *w)
{
	json_t *v = json_object();
	char path[64];

	for (int a = 0; a < AUTHORITIES; a++) {
		(void)snprintf(path, sizeof(path), "/cps-map/%s", authority_words[a]);
		(void)json_object_set_new(v, authority_words[a], conf_pki_url(w, path));
	}
	(void)json_object_set_new(v, AUTHORITY_MASTER,
				  conf_pki_url(w, "/cps-map/" AUTHORITY_MASTER));
	(void)json_object_set_new(v, "tell", conf_pki_url(w, "/cps/"));
	return v;
}

static json_t *calls(const struct world *w)
{
	const struct scn_call *rows = w->scn->calls.v;
	json_t *list = json_array();

	for (size_t i = 0; i < w->scn->calls.n; i++)
		(void)json_array_append_new(
			list, json_pack("{s:s, s:s}", "from", rows[i].from, "to", rows[i].to));
	return list;
}

json_t *provision_json(const struct world *w, const struct provision_csr *csrs, size_t n,
		       const char *dir)
{
	json_t *elements = json_array(), *providers = json_array(), *names = json_object(), *v;
	char host[HOST_MAX_LEN];

	for (size_t i = 0; i < w->nelements; i++) {
		const struct element *el = &w->elements[i];

		(void)json_array_append_new(elements, element(w, el));
		if (!conf_has_certificate(w, el))
			continue;
		conf_host(el, host);
		(void)json_object_set_new(names, host, json_string(el->addr));
	}
	for (size_t i = 0; i < w->nproviders; i++)
		(void)json_array_append_new(providers, provider(w, &w->providers[i], csrs, n));
	v = json_pack("{s:s, s:i, s:s, s:s, s:{s:s, s:s, s:o, s:o}, s:o, s:o, s:o, s:o, s:o}",
		      "scenario", w->scn->id, "world", w->number, "dir", w->dir, "provision", dir,
		      "trust", "pa_root", "pa-root.pem", "web_ca", "web-ca.pem", "ca_list",
		      conf_pki_url(w, "/ca-list"), "crl", conf_pki_url(w, "/crl"), "names", names,
		      "mappings", mappings(w), "providers", providers, "calls", calls(w),
		      "elements", elements);
	if (v && w->listen[0])
		(void)json_object_set_new(v, "listen",
					  json_pack("{s:s, s:[i, i]}", "addr", w->listen, "ports",
						    WORLD_PORT(w->number),
						    WORLD_PORT(w->number) + WORLD_PORTS - 1));
	return v;
}
