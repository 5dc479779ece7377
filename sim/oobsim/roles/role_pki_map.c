/* Role pki: checks of CPS mappings (6.1.1, 6.1.2). */
#include <errno.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/base/env.h"
#include "lib/stir/mapping.h"
#include "sim/oobsim/roles/role_pki.h"

DEFINE_AUTO(json_t, json_decref)
DEFINE_AUTO(struct trust, trust_free)
DEFINE_AUTO(struct map_set, map_set_free)
DEFINE_AUTO(struct cert_chain, cert_chain_unref)

#define MAPPING "cpsMapping"

static const json_t *mapping_of(struct pki_look *look, const struct pki_list *l)
{
	const json_t *v = json_object_get(l->claims, MAPPING);

	if (json_is_object(v))
		return v;
	(void)err_set(&look->why, EBADMSG, MAPPING " is %s", v ? "no object" : "not there");
	return NULL;
}

static int keys(struct pki_look *look, const struct pki_list *l)
{
	const json_t *v = mapping_of(look, l);
	const char *ocn;
	json_t *url;

	if (!v)
		return EBADMSG;
	json_object_foreach ((json_t *)(uintptr_t)v, ocn, url)
		if (map_check_ocn(sv_from(ocn)))
			return err_set(&look->why, EBADMSG, "\"%.60s\" is no OCN", ocn);
	return 0;
}

static int urls(struct pki_look *look, const struct pki_list *l)
{
	const json_t *v = mapping_of(look, l);
	const char *ocn;
	json_t *url;

	if (!v)
		return EBADMSG;
	json_object_foreach ((json_t *)(uintptr_t)v, ocn, url) {
		const char *text = json_string_value(url);

		if (!text || map_check_url(sv_from(text)))
			return err_set(&look->why, EBADMSG, "%.20s is mapped to %.200s", ocn,
				       text ? text : "something that is no text");
	}
	return 0;
}

/* No object of it has a name twice */
static int unique(struct pki_look *look, const struct pki_list *l)
{
	json_error_t je;
	AUTO(json_decref)
	json_t *v = json_loadb(l->payload.p, l->payload.l, JSON_REJECT_DUPLICATES, &je);

	return v ? 0 : err_set(&look->why, EBADMSG, "%s", je.text);
}

static int maps_to(struct pki_look *look, const struct pki_list *l, const char *ocn,
		   const char *url)
{
	const json_t *v = mapping_of(look, l);
	const char *got = json_string_value(json_object_get(v, ocn));

	if (!v)
		return EBADMSG;
	if (got && strcmp(got, url) == 0)
		return 0;
	return err_set(&look->why, EBADMSG, "%s is mapped to %.200s", ocn, got ? got : "nothing");
}

/* What it was published with */
static int mapped(struct pki_look *look, const struct pki_list *l)
{
	BUF_AUTO struct buf ocn = BUF(PKI_TOLD_MAX);
	BUF_AUTO struct buf url = BUF(PKI_TOLD_MAX);
	int err = pki_told(look->p, PKI_MAPPED_OCN, &ocn, &look->why);

	if (!err)
		err = pki_told(look->p, PKI_MAPPED_URL, &url, &look->why);
	return err ? err : maps_to(look, l, ocn.p, url.p);
}

/* What the case has told it */
static int told(struct pki_look *look, const struct pki_list *l)
{
	const struct pki_case *c = look->p->state;
	BUF_AUTO struct buf ocn = BUF(PKI_TOLD_MAX);
	int err = pki_told(look->p, PKI_OCN, &ocn, &look->why);

	if (!err)
		err = maps_to(look, l, ocn.p, c->cps_url);
	look->is_pending = err == EBADMSG;
	return err;
}

static int carrier(struct pki_look *look, const struct pki_list *l)
{
	const struct pki_case *c = look->p->state;
	const json_t *v = json_object_get(l->claims, "cicMapping");
	const char *got = json_string_value(json_object_get(v, PKI_CIC));

	if (got && strcmp(got, c->cps_url) == 0)
		return 0;
	look->is_pending = true;
	return err_set(&look->why, EBADMSG, "the carrier " PKI_CIC " is mapped to %.200s",
		       got ? got : "nothing");
}

static int not_told(struct pki_look *look, const struct pki_list *l)
{
	const struct pki_case *c = look->p->state;
	const json_t *v = mapping_of(look, l);
	const char *ocn;
	json_t *url;

	if (!v)
		return EBADMSG;
	json_object_foreach ((json_t *)(uintptr_t)v, ocn, url)
		if (strcmp(c->cps_url, json_string_value(url) ? json_string_value(url) : "") == 0)
			return err_set(&look->why, EBADMSG, "%s is mapped to %.200s", ocn,
				       c->cps_url);
	return 0;
}

/* Whole, as an STI-AS takes it */
static int taken(struct pki_look *look, const struct pki_list *l)
{
	AUTO(trust_free) struct trust *trust = NULL;
	AUTO(map_set_free) struct map_set *set = NULL;
	BUF_AUTO struct buf pem = BUF(CERT_CHAIN_MAX_LEN);
	struct env_shift shift = {0};
	struct env env = env_system(&shift);
	struct map_offer offer = {.kind = look->what == PKI_MAP_PA ? MAP_STI_PA : MAP_STI_CA,
				  .jwt = l->jwt};
	struct fault fault = {.check = ""};
	const char *x5u = json_string_value(json_object_get(l->header, "x5u"));
	char text[FAULT_TEXT_MAX];
	int err = pki_trust_get(look, PKI_TRUST_CRL, &trust);

	if (!err)
		err = pki_fetch(look, x5u ? x5u : "", &pem);
	if (!err)
		err = map_set_alloc(&set, trust, &env);
	if (err)
		return err;
	offer.chain_pem = buf_sv(&pem);
	err = map_set_take(set, &offer, NULL, &fault);
	if (err != EBADMSG)
		return err;
	fault_text(&fault, text);
	return err_set(&look->why, EBADMSG, "%s", text);
}

/* Header and payload: who signs twice gets two signatures */
static struct sv assertion(const char *jwt)
{
	struct sv v = sv_trim(sv_from(jwt));
	size_t dots = 0;

	for (size_t i = 0; i < v.l; i++) {
		dots += v.p[i] == '.';
		if (dots == 2)
			return (struct sv){v.p, i};
	}
	return v;
}

/* The master file holds the list that the STI-CA itself serves */
static int holds(struct pki_look *look)
{
	AUTO(json_decref)
	json_t *lists =
		json_loadb(look->a->body.p ? look->a->body.p : "", look->a->body.l, 0, NULL);
	BUF_AUTO struct buf url = BUF(PKI_TOLD_MAX);
	BUF_AUTO struct buf own = BUF(1u << 20);
	int err = pki_told(look->p, pki_what_words[PKI_MAP_CA], &url, &look->why);
	size_t i;
	json_t *one;

	if (!err)
		err = pki_fetch(look, url.p, &own);
	if (err)
		return err;
	json_array_foreach (lists, i, one)
		if (sv_eq(assertion(json_string_value(one)), assertion(own.p)))
			return 0;
	look->is_pending = true;
	return err_set(&look->why, EBADMSG, "what %.200s gives is not among its %zu lists", url.p,
		       json_array_size(lists));
}

#define EACH(name)                                    \
	static int each_##name(struct pki_look *look) \
	{                                             \
		return pki_list_each(look, name);     \
	}
EACH(keys)
EACH(urls)
EACH(unique)
EACH(mapped)
EACH(told)
EACH(carrier)
EACH(not_told)
EACH(taken)

#define MAPS (PKI_IS(PKI_MAP_PA) | PKI_IS(PKI_MAP_CA))

const struct pki_check pki_map_checks[] = {
	{"keys", PKI_IS_MAP, "cpsMapping of OCNs", each_keys},
	{"urls", PKI_IS_MAP, "mapped to https URLs", each_urls},
	{"unique", PKI_IS_MAP, "no OCN twice", each_unique},
	{"mapped", MAPS, "the mapping that is known to be there", each_mapped},
	{"told", MAPS, "the CPS URL that was told", each_told},
	{"carrier", MAPS, "cicMapping with the CPS URL that was told", each_carrier},
	{"not-told", MAPS, "not the CPS URL that was refused", each_not_told},
	{"taken", PKI_IS_MAP, "taken by an STI-AS", each_taken},
	{"holds", PKI_IS(PKI_MASTER), "the STI-CA's own list among them", holds},
	{0},
};
