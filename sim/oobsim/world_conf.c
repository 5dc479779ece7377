/* The configuration of each element, as JSON: what a person would write by hand for it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/tn.h"
#include "sim/oobsim/world.h"

/* Enough circuits that a busy world is not held up by its trunk */
#define CIRCUITS 2000

/* On a machine that is busy with other things a PASSporT may come long after its call. The STI-VS waits this long for it, and
 * the switch, which has to wait for the STI-VS, longer */
#define VS_WAIT_MS    2000
#define VS_TIMEOUT_MS 5000

static const char *addr_of(const struct world *w, const struct provider *p, enum element_kind kind)
{
	const struct element *el = world_element(w, p, kind);

	return el ? el->addr : "";
}

static json_t *sip_uri(const char *addr, const char *transport)
{
	return json_sprintf("sip:%s:%d;transport=%s", addr, SIP_PORT, transport);
}

static json_t *listen_at(const struct element *el)
{
	return json_pack("{s:s, s:i}", "addr", el->addr, "port", SIP_PORT);
}

static json_t *in_pki(const struct world *w, const char *file)
{
	return json_sprintf("%s/pki/%s", w->dir, file);
}

static json_t *tls_file(const struct world *w, const char *first, const struct provider *p,
			const char *suffix)
{
	return json_sprintf("%s/pki/tls/%s.%s%s", w->dir, first, p ? p->domain : WORLD_PKI_DOMAIN,
			    suffix);
}

/* Prefixes of a provider's own numbers, canonical: digits without + */
static json_t *own_prefixes(const struct provider *p)
{
	char *const *numbers = p->scn->numbers.v;
	json_t *list = json_array();
	struct tn tn;

	for (size_t i = 0; i < p->scn->numbers.n; i++)
		if (tn_canonical(&tn, sv_from(numbers[i])) == 0)
			(void)json_array_append_new(list, json_string(tn.s));
	return list;
}

/* Host names that an element has to find, and where */
static json_t *resolve(const struct world *w, const struct provider *cps_of)
{
	const char *pki = world_element(w, NULL, ELEMENT_PKI)->addr;
	json_t *v = json_pack("{s:s}", "cr." WORLD_PKI_DOMAIN, pki);
	char name[160];

	for (size_t i = 0; i < w->nproviders; i++) {
		const struct provider *p = &w->providers[i];
		const struct element *cps = world_element(w, p, ELEMENT_CPS);

		if (!cps || (cps_of && p != cps_of))
			continue;
		(void)snprintf(name, sizeof(name), "cps.%s", p->domain);
		(void)json_object_set_new(v, name, json_string(cps->addr));
	}
	return v;
}

static json_t *trust(const struct world *w)
{
	return json_pack("{s:o, s:s, s:s}", "pa_root", in_pki(w, "pa/root.pem"), "ca_list",
			 "https://cr." WORLD_PKI_DOMAIN ":8443/ca-list", "crl",
			 "https://cr." WORLD_PKI_DOMAIN ":8443/crl");
}

static json_t *conf_pki(const struct world *w, const struct element *el)
{
	return json_pack("{s:o, s:s, s:i, s:{s:o, s:o}}", "dir", json_sprintf("%s/pki", w->dir),
			 "addr", el->addr, "port", HTTPS_PORT, "tls", "cert",
			 tls_file(w, "cr", NULL, ".pem"), "key",
			 tls_file(w, "cr", NULL, "-key.pem"));
}

/* Every number that is not a subscriber's: one row for each first digit of a country code */
static json_t *all_numbers(const char *gw)
{
	json_t *rows = json_array();

	for (int digit = 1; digit <= 9; digit++)
		(void)json_array_append_new(rows, json_pack("{s:o, s:o}", "prefix",
							    json_sprintf("+%d", digit), "uri",
							    sip_uri(gw, "tcp")));
	return rows;
}

static json_t *conf_switch(const struct world *w, const struct element *el)
{
	const struct provider *p = el->of;
	const char *transport = w->scn->transport == TRANSPORT_UDP ? "udp" : "tcp";
	const char *phone = addr_of(w, p, ELEMENT_PHONE), *gw = addr_of(w, p, ELEMENT_GW);
	json_t *own = own_prefixes(p), *subscribers = json_array(), *prefix;
	json_t *v = json_pack("{s:o, s:s, s:[{s:s, s:s}, {s:s, s:s}], s:o}", "sip", listen_at(el),
			      "domain", p->domain, "peers", "addr", phone, "kind", "subscriber",
			      "addr", gw, "kind", "trunk", "trunks", all_numbers(gw));
	size_t i;

	json_array_foreach (own, i, prefix)
		(void)json_array_append_new(subscribers,
					    json_pack("{s:O, s:o}", "prefix", prefix, "uri",
						      sip_uri(phone, transport)));
	json_decref(own);
	(void)json_object_set_new(v, "subscribers", subscribers);
	if (world_element(w, p, ELEMENT_AS))
		(void)json_object_set_new(
			v, "as",
			json_pack("{s:o}", "uri", sip_uri(addr_of(w, p, ELEMENT_AS), "tcp")));
	if (world_element(w, p, ELEMENT_VS))
		(void)json_object_set_new(v, "vs",
					  json_pack("{s:o, s:i}", "uri",
						    sip_uri(addr_of(w, p, ELEMENT_VS), "tcp"),
						    "timeout_ms", VS_TIMEOUT_MS));
	return v;
}

static json_t *conf_as(const struct world *w, const struct element *el)
{
	json_t *numbers = json_array(), *cps = json_object();

	for (size_t i = 0; i < w->nproviders; i++) {
		const struct provider *p = &w->providers[i];
		json_t *own = own_prefixes(p), *prefix;
		size_t k;

		json_array_foreach (own, k, prefix)
			(void)json_array_append_new(numbers, json_pack("{s:O, s:s}", "prefix",
								       prefix, "ocn", p->scn->ocn));
		json_decref(own);
		if (world_element(w, p, ELEMENT_CPS))
			(void)json_object_set_new(cps, p->scn->ocn,
						  json_sprintf("https://cps.%s:%d/cps/company/%s",
							       p->domain, HTTPS_PORT, p->scn->ocn));
	}
	return json_pack("{s:o, s:s, s:s, s:s, s:{s:o}, s:o, s:o, s:{s:o, s:o}}", "sip",
			 listen_at(el), "spc", el->of->scn->ocn, "x5u", el->of->x5u, "key",
			 el->of->key, "attestation", "own", own_prefixes(el->of), "numbers",
			 numbers, "cps", cps, "https", "ca", in_pki(w, "tls/root.pem"), "resolve",
			 resolve(w, NULL));
}

/* The trunk to the neighbour on the path. The side of the caller makes the connection */
static json_t *conf_gw(const struct world *w, const struct element *el)
{
	bool first = el->of == world_first(w);
	const struct provider *peer = first ? world_last(w) : world_first(w);

	return json_pack("{s:o, s:s, s:o, s:[{s:o, s:s, s:[s], s:s, s:i, s:{s:s, s:i}, s:b, s:o, "
			 "s:o, s:{s:i, s:i}}]}",
			 "sip", listen_at(el), "domain", el->of->domain, "switch",
			 sip_uri(addr_of(w, el->of, ELEMENT_SWITCH), "tcp"), "trunks", "name",
			 json_sprintf("to-%s", peer->scn->name), "kind", "tdm", "prefixes", "",
			 "addr", el->addr, "port", M3UA_PORT, "peer", "addr",
			 addr_of(w, peer, ELEMENT_GW), "port", M3UA_PORT, "connect", first, "opc",
			 json_sprintf("%u-%u-%u", el->of->number, el->of->number, el->of->number),
			 "dpc", json_sprintf("%u-%u-%u", peer->number, peer->number, peer->number),
			 "circuits", "first", 1, "count", CIRCUITS);
}

static json_t *conf_vs(const struct world *w, const struct element *el)
{
	return json_pack("{s:o, s:s, s:{s:o, s:i}, s:{s:o, s:o, s:o, s:o}, s:o}", "sip",
			 listen_at(el), "domain", el->of->domain, "cps", "url",
			 json_sprintf("https://cps.%s:%d", el->of->domain, PRIVATE_PORT), "wait_ms",
			 VS_WAIT_MS, "https", "ca", in_pki(w, "tls/root.pem"), "cert",
			 tls_file(w, "vs", el->of, ".pem"), "key",
			 tls_file(w, "vs", el->of, "-key.pem"), "resolve", resolve(w, el->of),
			 "trust", trust(w));
}

static json_t *conf_cps(const struct world *w, const struct element *el)
{
	json_t *cert = tls_file(w, "cps", el->of, ".pem"),
	       *key = tls_file(w, "cps", el->of, "-key.pem");

	return json_pack("{s:{s:s, s:i, s:{s:o, s:o}}, s:{s:s, s:i, s:{s:O, s:O, s:o}, s:[o]}, "
			 "s:[s], s:{s:o, s:o}, s:o}",
			 "public", "addr", el->addr, "port", HTTPS_PORT, "tls", "cert", cert, "key",
			 key, "private", "addr", el->addr, "port", PRIVATE_PORT, "tls", "cert",
			 cert, "key", key, "client_ca", in_pki(w, "tls/root.pem"), "clients",
			 json_sprintf("vs.%s", el->of->domain), "companies", el->of->scn->ocn,
			 "https", "ca", in_pki(w, "tls/root.pem"), "resolve", resolve(w, el->of),
			 "trust", trust(w));
}

static json_t *(*const builders[ELEMENT_KINDS])(const struct world *, const struct element *) = {
	[ELEMENT_PKI] = conf_pki, [ELEMENT_SWITCH] = conf_switch, [ELEMENT_AS] = conf_as,
	[ELEMENT_GW] = conf_gw,   [ELEMENT_VS] = conf_vs,         [ELEMENT_CPS] = conf_cps,
};

/* Put a value at "faults.answer_delay_ms", or "peers.0.addr"; objects on the way are made. The reference is taken */
static int put(json_t *conf, struct sv path, json_t *value)
{
	struct sv rest = path, part = sv_cut(&rest, '.');
	char name[128];
	unsigned long long i;
	json_t *next;

	(void)snprintf(name, sizeof(name), "%.*s", SV_ARG(part));
	if (json_is_array(conf)) {
		if (!sv_u64(part, json_array_size(conf) - 1, &i) || !json_array_size(conf)) {
			json_decref(value);
			return EINVAL;
		}
		if (!rest.p)
			return json_array_set_new(conf, i, value) ? ENOMEM : 0;
		return put(json_array_get(conf, i), rest, value);
	}
	if (!json_is_object(conf)) {
		json_decref(value);
		return EINVAL;
	}
	if (!rest.p)
		return json_object_set_new(conf, name, value) ? ENOMEM : 0;
	next = json_object_get(conf, name);
	if (!next) {
		next = json_object();
		(void)json_object_set_new(conf, name, next);
	}
	return put(next, rest, value);
}

/* The reference to value is taken */
static int apply(struct world *w, const char *path, json_t *value, struct err *e)
{
	struct sv member;

	if (!element_setting(w->scn, sv_from(path), &member)) {
		json_decref(value);
		return err_set(e, EINVAL,
			       "--set: expected an element of this world and a member, like "
			       "tsp.cps.store.max=10, got \"%s\"",
			       path);
	}
	for (size_t i = 0; i < w->nelements; i++) {
		struct element *el = &w->elements[i];
		size_t l = strlen(el->name);

		if (!el->conf || strncmp(el->name, path, l) != 0 || path + l + 1 != member.p)
			continue;
		if (put(el->conf, member, value))
			return err_set(e, EINVAL, "--set: %s has no member %.*s", el->name,
				       SV_ARG(member));
		return 0;
	}
	json_decref(value);
	return err_set(e, EINVAL, "--set: \"%s\": this element has no configuration", path);
}

static int apply_all(struct world *w, const struct world_opts *opts, struct err *e)
{
	const char *path;
	json_t *value;
	int err = 0;

	json_object_foreach (w->scn->set, path, value) {
		err = apply(w, path, json_incref(value), e);
		if (err)
			return err;
	}
	for (size_t i = 0; i < opts->nsettings && !err; i++) {
		const struct setting *s = &opts->settings[i];

		value = json_loads(s->value, JSON_DECODE_ANY, NULL);
		err = apply(w, s->path, value ? value : json_string(s->value), e);
	}
	return err;
}

int world_configure(struct world *w, const struct world_opts *opts, struct err *e)
{
	char path[PATH_MAX];
	int err;

	for (size_t i = 0; i < w->nelements; i++) {
		struct element *el = &w->elements[i];

		if (!builders[el->kind])
			continue;
		el->conf = builders[el->kind](w, el);
		if (!el->conf)
			return err_set(e, ENOMEM, "out of memory");
	}
	err = apply_all(w, opts, e);
	for (size_t i = 0; i < w->nelements && !err; i++) {
		const struct element *el = &w->elements[i];

		world_path(w, path, "config/%s.json", el->name);
		if (el->conf && json_dump_file(el->conf, path, JSON_INDENT(4)))
			err = err_set(e, EIO, "cannot write %s", path);
	}
	return err;
}
