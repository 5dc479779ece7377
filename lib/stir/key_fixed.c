/* Keys made of octets, and what they sign besides tokens: see key_from_octets() */
#include <errno.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>

#include "lib/stir/key_ossl.h"
#include "lib/stir/ossl.h"

#define RSA_OCTETS 256
/* uncompressed: 04, X, Y (SEC 1 2.3.3) */
#define POINT_MAX (1 + RFC6979_SIG_MAX)

DEFINE_AUTO(EVP_PKEY_CTX, EVP_PKEY_CTX_free)
DEFINE_AUTO(EC_GROUP, EC_GROUP_free)
DEFINE_AUTO(EC_POINT, EC_POINT_free)
DEFINE_AUTO(OSSL_PARAM_BLD, OSSL_PARAM_BLD_free)
DEFINE_AUTO(OSSL_PARAM, OSSL_PARAM_free)
DEFINE_AUTO(ECDSA_SIG, ECDSA_SIG_free)

static EVP_PKEY *from_data(const char *type, int selection, OSSL_PARAM_BLD *bld)
{
	AUTO(OSSL_PARAM_free) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
	AUTO(EVP_PKEY_CTX_free) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;

	if (params && ctx && EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &pkey, selection, params) == 1)
		return pkey;
	return NULL;
}

/* The public point to a private number; its length, 0 when out of memory */
static size_t public_point(uint8_t ret[POINT_MAX], const EC_GROUP *group, const BIGNUM *d)
{
	AUTO(EC_POINT_free) EC_POINT *point = EC_POINT_new(group);

	if (!point || !EC_POINT_mul(group, point, d, NULL, NULL, NULL))
		return 0;
	return EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, ret, POINT_MAX,
				  NULL);
}

static int ec_from(EVP_PKEY **ret, int nid, const uint8_t *octets, size_t len)
{
	AUTO(EC_GROUP_free) EC_GROUP *group = EC_GROUP_new_by_curve_name(nid);
	AUTO(BN_free) BIGNUM *d = BN_bin2bn(octets, (int)len, NULL);
	AUTO(OSSL_PARAM_BLD_free) OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	uint8_t point[POINT_MAX];
	size_t l;

	if (!group || !d || !bld)
		return ENOMEM;
	if (len != (size_t)(EC_GROUP_order_bits(group) + 7) / 8 || BN_is_zero(d) ||
	    BN_cmp(d, EC_GROUP_get0_order(group)) >= 0)
		return EINVAL;
	l = public_point(point, group, d);
	if (!l ||
	    !OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, OBJ_nid2sn(nid), 0) ||
	    !OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point, l) ||
	    !OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, d))
		return ENOMEM;
	*ret = from_data("EC", EVP_PKEY_KEYPAIR, bld);
	return *ret ? 0 : ENOMEM;
}

/* A modulus that nobody knows the factors of, if it has any of use */
static int rsa_from(EVP_PKEY **ret, int nid, const uint8_t *octets, size_t len)
{
	AUTO(OSSL_PARAM_BLD_free) OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	AUTO(BN_free) BIGNUM *n = BN_bin2bn(octets, (int)len, NULL);
	AUTO(BN_free) BIGNUM *e = BN_new();

	(void)nid;
	if (len != RSA_OCTETS)
		return EINVAL;
	if (!bld || !n || !e || !BN_set_word(e, RSA_F4) || !BN_set_bit(n, 0) ||
	    !BN_set_bit(n, 8 * RSA_OCTETS - 1) ||
	    !OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) ||
	    !OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e))
		return ENOMEM;
	*ret = from_data("RSA", EVP_PKEY_PUBLIC_KEY, bld);
	return *ret ? 0 : ENOMEM;
}

int key_from_octets(struct stir_key **ret, const char *kind, const uint8_t *octets, size_t len)
{
	static const struct {
		const char *kind;
		int nid;
		int (*make)(EVP_PKEY **ret, int nid, const uint8_t *octets, size_t len);
	} kinds[] = {
		{"P-256", NID_X9_62_prime256v1, ec_from},
		{"P-384", NID_secp384r1, ec_from},
		{"secp256k1", NID_secp256k1, ec_from},
		{"RSA", 0, rsa_from},
	};
	AUTO(EVP_PKEY_free) EVP_PKEY *pkey = NULL;
	int err = EINVAL;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kind, kinds[i].kind) == 0)
			err = kinds[i].make(&pkey, kinds[i].nid, octets, len);
	ERR_clear_error();
	return err ? err : key_from_pkey_fixed(ret, pkey);
}

/* The signature of X.509, in place of the one that is there */
static int replace_signature(const ASN1_BIT_STRING *sig, EVP_PKEY *pkey, struct sv tbs)
{
	uint8_t rs[RFC6979_SIG_MAX];
	__attribute__((cleanup(ossl_free_mem_auto))) unsigned char *der = NULL;
	AUTO(ECDSA_SIG_free) ECDSA_SIG *value = ECDSA_SIG_new();
	size_t half = rfc6979_sign(rs, pkey, tbs) / 2;
	BIGNUM *r = BN_bin2bn(rs, (int)half, NULL), *s = BN_bin2bn(rs + half, (int)half, NULL);
	int l;

	if (!half || !value || !r || !s || ECDSA_SIG_set0(value, r, s) != 1) {
		BN_free(r);
		BN_free(s);
		return half ? ENOMEM : EIO;
	}
	l = i2d_ECDSA_SIG(value, &der);
	return l > 0 && ASN1_STRING_set((ASN1_BIT_STRING *)(uintptr_t)sig, der, l) ? 0 : ENOMEM;
}

/* OpenSSL signs, so that all else is as it makes it; then a key that signs the same every time signs
 * over it */
int key_sign_x509(const struct stir_key *key, X509 *x)
{
	__attribute__((cleanup(ossl_free_mem_auto))) unsigned char *tbs = NULL;
	EVP_PKEY *pkey = key_pkey(key);
	const EVP_MD *md = rfc6979_hash(pkey);
	const ASN1_BIT_STRING *sig;
	int l;

	if (!md || !X509_sign(x, pkey, md))
		return md ? EIO : EINVAL;
	if (!key_is_fixed(key))
		return 0;
	X509_get0_signature(&sig, NULL, x);
	l = i2d_re_X509_tbs(x, &tbs);
	return l > 0 ? replace_signature(sig, pkey, (struct sv){(char *)tbs, (size_t)l}) : ENOMEM;
}

int key_sign_crl(const struct stir_key *key, X509_CRL *crl)
{
	__attribute__((cleanup(ossl_free_mem_auto))) unsigned char *tbs = NULL;
	EVP_PKEY *pkey = key_pkey(key);
	const EVP_MD *md = rfc6979_hash(pkey);
	const ASN1_BIT_STRING *sig;
	int l;

	if (!md || !X509_CRL_sign(crl, pkey, md))
		return md ? EIO : EINVAL;
	if (!key_is_fixed(key))
		return 0;
	X509_CRL_get0_signature(crl, &sig, NULL);
	l = i2d_re_X509_CRL_tbs(crl, &tbs);
	return l > 0 ? replace_signature(sig, pkey, (struct sv){(char *)tbs, (size_t)l}) : ENOMEM;
}
