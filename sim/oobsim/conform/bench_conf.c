/* What the configurations of implementations of all roles have in common: TLS, trust, the way to the repository. */
#include <stdlib.h>
#include <string.h>

#include "sim/oobsim/conform/role.h"

json_t *bench_conf_tls(const struct bench *b, const char *name, bool client_ca)
{
	json_t *tls =
		json_pack("{s:o, s:o}", "cert", json_sprintf("%s/pki/tls/%s.pem", b->w.dir, name),
			  "key", json_sprintf("%s/pki/tls/%s-key.pem", b->w.dir, name));

	if (client_ca)
		(void)json_object_set_new(tls, "client_ca",
					  json_sprintf("%s/pki/tls/root.pem", b->w.dir));
	return tls;
}

json_t *bench_conf_trust(const struct bench *b)
{
	const json_t *chain = json_object_get(json_object_get(b->trust, "crl"), "chain");
	json_t *trust = json_pack("{s:o, s:s, s:s}", "pa_root",
				  json_sprintf("%s/config/pa-root.pem", b->w.dir), "ca_list",
				  BENCH_CR "/ca-list", "crl", BENCH_CR "/crl");

	if (json_string_length(chain))
		(void)json_object_set_new(trust, "crl_chain",
					  json_string(BENCH_CR "/crl-chain.pem"));
	return trust;
}

json_t *bench_conf_https(const struct bench *b, const char *client)
{
	json_t *names = json_pack("{s:s}", "cr." WORLD_PKI_DOMAIN, b->pki_addr);
	json_t *https = json_pack("{s:o, s:o}", "ca", json_sprintf("%s/pki/tls/root.pem", b->w.dir),
				  "resolve", names);
	char addr[ADDR_MAX];

	for (const struct role_host *h = b->role->hosts; h && h->name; h++) {
		bench_addr(b, addr, h->of, h->element);
		(void)json_object_set_new(names, h->name, json_string(addr));
	}
	if (client) {
		(void)json_object_set_new(https, "cert",
					  json_sprintf("%s/pki/tls/%s.pem", b->w.dir, client));
		(void)json_object_set_new(https, "key",
					  json_sprintf("%s/pki/tls/%s-key.pem", b->w.dir, client));
	}
	return https;
}

/* A word of a path in what is there; NULL when it is not */
static json_t *inner(json_t *in, const char *name)
{
	char *end;
	size_t i;

	if (!json_is_array(in))
		return json_object_get(in, name);
	i = strtoul(name, &end, 10);
	return *end ? NULL : json_array_get(in, i);
}

static json_t *make_inner(json_t *in, const char *name)
{
	json_t *made = json_object();

	(void)json_object_set_new(in, name, made);
	return made;
}

void bench_conf_set(json_t *conf, const char *path, json_t *value)
{
	struct sv rest = sv_from(path);

	while (conf) {
		struct sv word = sv_cut(&rest, '.');
		json_t *next;
		char name[64];

		(void)snprintf(name, sizeof(name), "%.*s", SV_ARG(word));
		if (!rest.l) {
			if (json_is_array(conf))
				(void)json_array_set(conf, strtoul(name, NULL, 10), value);
			else
				(void)json_object_set(conf, name, value);
			return;
		}
		next = inner(conf, name);
		conf = next ? next : make_inner(conf, name);
	}
}
