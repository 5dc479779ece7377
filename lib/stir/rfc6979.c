/* ECDSA whose nonce is made of key and message (RFC 6979): the same signature on every machine.
 * OpenSSL 3.0 has none built in. */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/hmac.h>

#include "lib/stir/key_ossl.h"
#include "lib/stir/ossl.h"

#define HALF_MAX (RFC6979_SIG_MAX / 2)

DEFINE_AUTO(EC_GROUP, EC_GROUP_free)
DEFINE_AUTO(EC_POINT, EC_POINT_free)
DEFINE_AUTO(BN_CTX, BN_CTX_free)

/* HMAC_DRBG of RFC 6979 3.2. Hash and order have the same number of octets, so each round gives one
 * candidate, whole */
struct drbg {
	const EVP_MD *md;
	size_t n;
	uint8_t k[HALF_MAX], v[HALF_MAX];
};

/* What one signature is made of. Numbers are owned by bn */
struct making {
	EC_GROUP *group;
	BN_CTX *bn;
	const BIGNUM *order;
	BIGNUM *d, *z; /* private key, hash of the message */
	BIGNUM *k, *r, *s;
	EC_POINT *point;
};

const EVP_MD *rfc6979_hash(const EVP_PKEY *pkey)
{
	if (!EVP_PKEY_is_a(pkey, "EC"))
		return NULL;
	switch (EVP_PKEY_get_bits(pkey)) {
	case 256:
		return EVP_sha256();
	case 384:
		return EVP_sha384();
	default:
		return NULL;
	}
}

static bool mac(struct drbg *g, uint8_t *ret, const uint8_t *in, size_t l)
{
	uint8_t out[EVP_MAX_MD_SIZE];

	if (!HMAC(g->md, g->k, (int)g->n, in, l, out, NULL))
		return false;
	memcpy(ret, out, g->n);
	return true;
}

/* K = HMAC_K(V || tag || seed), V = HMAC_K(V) */
static bool stir_in(struct drbg *g, uint8_t tag, const uint8_t *seed, size_t l)
{
	uint8_t in[HALF_MAX + 1 + 2 * HALF_MAX];

	memcpy(in, g->v, g->n);
	in[g->n] = tag;
	if (l)
		memcpy(in + g->n + 1, seed, l);
	return mac(g, g->k, in, g->n + 1 + l) && mac(g, g->v, g->v, g->n);
}

/* Steps b to g */
static bool drbg_start(struct drbg *g, const EVP_MD *md, const struct making *m)
{
	size_t n = (size_t)EVP_MD_get_size(md);
	uint8_t seed[2 * HALF_MAX];
	BIGNUM *z = BN_CTX_get(m->bn);

	*g = (struct drbg){.md = md, .n = n};
	memset(g->v, 0x01, n);
	/* int2octets(x), bits2octets(h1) */
	return z && BN_nnmod(z, m->z, m->order, m->bn) &&
	       BN_bn2binpad(m->d, seed, (int)n) == (int)n &&
	       BN_bn2binpad(z, seed + n, (int)n) == (int)n && stir_in(g, 0x00, seed, 2 * n) &&
	       stir_in(g, 0x01, seed, 2 * n);
}

/* Step h: the next candidate. false: trouble */
static bool drbg_next(struct drbg *g, BIGNUM *k)
{
	return mac(g, g->v, g->v, g->n) && BN_bin2bn(g->v, (int)g->n, k);
}

/* R and S of one nonce. 1: done; 0: this nonce does not do; -1: trouble */
static int try_nonce(struct making *m)
{
	BN_CTX_start(m->bn);
	BIGNUM *x = BN_CTX_get(m->bn), *inverse = BN_CTX_get(m->bn);
	bool ok = false, usable = !BN_is_zero(m->k) && BN_cmp(m->k, m->order) < 0;

	if (usable && inverse)
		ok = EC_POINT_mul(m->group, m->point, m->k, NULL, NULL, m->bn) &&
		     EC_POINT_get_affine_coordinates(m->group, m->point, x, NULL, m->bn) &&
		     BN_nnmod(m->r, x, m->order, m->bn) &&
		     BN_mod_inverse(inverse, m->k, m->order, m->bn) &&
		     BN_mod_mul(m->s, m->r, m->d, m->order, m->bn) &&
		     BN_mod_add(m->s, m->s, m->z, m->order, m->bn) &&
		     BN_mod_mul(m->s, m->s, inverse, m->order, m->bn);
	BN_CTX_end(m->bn);
	if (!usable)
		return 0;
	if (!ok)
		return -1;
	return !BN_is_zero(m->r) && !BN_is_zero(m->s);
}

static bool find_signature(struct making *m, const EVP_MD *md)
{
	struct drbg g;
	int done = 0;
	bool ok = drbg_start(&g, md, m);

	while (ok && !done) {
		ok = drbg_next(&g, m->k);
		done = ok ? try_nonce(m) : -1;
		if (ok && !done)
			ok = stir_in(&g, 0x00, NULL, 0);
	}
	OPENSSL_cleanse(&g, sizeof(g));
	return ok && done == 1;
}

static EC_GROUP *group_of(const EVP_PKEY *pkey)
{
	char name[64];
	size_t l;

	if (EVP_PKEY_get_group_name(pkey, name, sizeof(name), &l) != 1)
		return NULL;
	return EC_GROUP_new_by_curve_name(OBJ_txt2nid(name));
}

static size_t sign(uint8_t ret[RFC6979_SIG_MAX], struct making *m, const EVP_MD *md, struct sv data)
{
	uint8_t hash[EVP_MAX_MD_SIZE];
	int n = EVP_MD_get_size(md);

	m->k = BN_CTX_get(m->bn);
	m->r = BN_CTX_get(m->bn);
	m->z = BN_CTX_get(m->bn);
	m->s = BN_CTX_get(m->bn);
	if (!m->s || EVP_Digest(data.p, data.l, hash, NULL, md, NULL) != 1 ||
	    !BN_bin2bn(hash, n, m->z) || !find_signature(m, md))
		return 0;
	if (BN_bn2binpad(m->r, ret, n) != n || BN_bn2binpad(m->s, ret + n, n) != n)
		return 0;
	return 2 * (size_t)n;
}

size_t rfc6979_sign(uint8_t ret[RFC6979_SIG_MAX], EVP_PKEY *pkey, struct sv data)
{
	const EVP_MD *md = rfc6979_hash(pkey);
	AUTO(EC_GROUP_free) EC_GROUP *group = md ? group_of(pkey) : NULL;
	AUTO(EC_POINT_free) EC_POINT *point = group ? EC_POINT_new(group) : NULL;
	AUTO(BN_CTX_free) BN_CTX *bn = BN_CTX_secure_new();
	struct making m = {.group = group, .bn = bn, .point = point};
	size_t l = 0;

	if (point && bn && EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &m.d) == 1) {
		m.order = EC_GROUP_get0_order(group);
		BN_CTX_start(bn);
		l = sign(ret, &m, md, data);
		BN_CTX_end(bn);
	}
	BN_clear_free(m.d);
	ERR_clear_error();
	return l;
}
