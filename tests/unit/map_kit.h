/** @file map_kit.h  Signed CPS mappings for tests: of the toy STI-PA and of two toy STI-CAs. */
#ifndef UNIT_MAP_KIT_H
#define UNIT_MAP_KIT_H

#include "lib/stir/mapping.h"
#include "lib/stir/passport.h"
#include "tests/unit/toy_pki.h"

#define X5U "https://cr.pki.example:8443/signer.pem"
#define EXP (TOY_NOW + 3600)

struct kit {
	struct toy toy;
	struct toy_cert other_root, other_inter; /* a second STI-CA, approved too */
	struct toy_cert rogue_root, rogue_inter; /* one that nobody has approved */
	struct toy_cert ca_signer, ca2_signer, rogue_signer;
	struct trust *trust;
	struct map_set *set;
};

static inline void kit_open(struct kit *k)
{
	struct toy *t = &k->toy;

	*k = (struct kit){0};
	toy_open(t);
	k->other_root = toy_cert(t, CERT_ROOT, "SHAKEN Other ROOT", NULL);
	k->other_inter = toy_cert(t, CERT_INTERMEDIATE, "SHAKEN Other Inter", &k->other_root);
	k->rogue_root = toy_cert(t, CERT_ROOT, "SHAKEN Rogue ROOT", NULL);
	k->rogue_inter = toy_cert(t, CERT_INTERMEDIATE, "SHAKEN Rogue Inter", &k->rogue_root);
	k->ca_signer = toy_cert(t, CERT_LIST_SIGNER, "SHAKEN Toy signer", &t->inter);
	k->ca2_signer = toy_cert(t, CERT_LIST_SIGNER, "SHAKEN Other signer", &k->other_inter);
	k->rogue_signer = toy_cert(t, CERT_LIST_SIGNER, "SHAKEN Rogue signer", &k->rogue_inter);
	k->trust = toy_trust(t);
	{
		BUF_AUTO struct buf list =
			TOY_LIST(&t->signer, 6, TOY_NOW + TOY_DAY, &t->root, &k->other_root);

		CHECK_INT(0,
			  trust_set_ca_list(k->trust, buf_sv(&list), buf_sv(&t->signer.pem), NULL));
	}
	CHECK_INT(0, map_set_alloc(&k->set, k->trust, &t->env));
}

static inline void kit_close(struct kit *k)
{
	map_set_free(k->set);
	trust_free(k->trust);
	toy_clear(&k->other_root);
	toy_clear(&k->other_inter);
	toy_clear(&k->rogue_root);
	toy_clear(&k->rogue_inter);
	toy_clear(&k->ca_signer);
	toy_clear(&k->ca2_signer);
	toy_clear(&k->rogue_signer);
	toy_close(&k->toy);
}

/* A list of one mapping, OCN 5678 → url; cic NULL: none */
static inline struct buf kit_list(const struct toy_cert *by, int64_t sequence, int64_t exp_s,
				  const char *url, const char *cic)
{
	struct buf ret = BUF(LIST_MAX_LEN);
	json_t *ocns = json_pack("{s:s*}", "5678", url);
	json_t *cics = cic ? json_pack("{s:s}", cic, url) : NULL;

	CHECK_INT(0, map_sign(&ret, X5U, sequence, exp_s, ocns, cics, by->key));
	json_decref(ocns);
	json_decref(cics);
	return ret;
}

/* Any header and payload, as JSON text, signed */
static inline struct buf kit_raw(const struct toy_cert *by, const char *header, const char *payload)
{
	struct buf ret = BUF(LIST_MAX_LEN);
	json_t *h = json_loads(header, 0, NULL), *p = json_loads(payload, 0, NULL);

	CHECK(h && p);
	CHECK_INT(0, jws_sign(&ret, h, p, by->key));
	json_decref(h);
	json_decref(p);
	return ret;
}

/* Hand it in with the chain of its signer */
static inline int kit_take(struct kit *k, enum map_kind kind, const struct buf *jwt,
			   const struct toy_cert *signer, const struct toy_cert *inter,
			   struct fault *fault)
{
	BUF_AUTO struct buf chain = TOY_PEM(signer, inter);

	return map_set_take(k->set,
			    &(struct map_offer){.kind = kind,
						.jwt = buf_sv(jwt),
						.chain_pem = buf_sv(&chain),
						.rank = inter == &k->other_inter},
			    NULL, fault);
}

static inline int kit_take_pa(struct kit *k, const struct buf *jwt, struct fault *fault)
{
	return kit_take(k, MAP_STI_PA, jwt, &k->toy.signer, NULL, fault);
}

static inline int kit_take_ca(struct kit *k, const struct buf *jwt, struct fault *fault)
{
	return kit_take(k, MAP_STI_CA, jwt, &k->ca_signer, &k->toy.inter, fault);
}

/* What the lists of a kind say of OCN 5678: the first URL, NULL: nothing */
static inline const char *kit_url(struct kit *k, enum map_kind kind)
{
	static struct map_entry v[MAP_AUTHORITIES_MAX];

	return map_set_find(k->set, kind, MAP_OCN, "5678", v) ? v[0].url : NULL;
}

#endif
