#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "lib/base/auto.h"
#include "lib/base/conf.h"
#include "lib/stir/key.h"
#include "lib/stir/key_ossl.h"

#define HALF (ES256_SIG_LEN / 2)
/* SEQUENCE of two INTEGERs of at most 33 octets */
#define DER_MAX     72
#define SHA256_LEN  32
#define KEY_PEM_MAX 16384

DEFINE_AUTO(EVP_PKEY, EVP_PKEY_free)
DEFINE_AUTO(EVP_PKEY_CTX, EVP_PKEY_CTX_free)
DEFINE_AUTO(ECDSA_SIG, ECDSA_SIG_free)
DEFINE_AUTO(BIGNUM, BN_free)
DEFINE_AUTO(BIO, BIO_free_all)

struct stir_key {
	EVP_PKEY *pkey;
	EVP_PKEY_CTX *sign; /* set up once, copied for each signature; NULL: public key */
	EVP_PKEY_CTX *verify;
	bool fixed; /* nonces of RFC 6979 */
	unsigned refs;
};

/* Asking a terminal for a pass phrase is not for a server. The type is OpenSSL's.
 * NOLINTNEXTLINE(readability-non-const-parameter) */
static int no_passphrase(char *buf, int size, int rwflag, void *arg)
{
	(void)buf;
	(void)size;
	(void)rwflag;
	(void)arg;
	return -1;
}

/* ATIS-1000080 6.4.1, RFC 5480 2.1.1: the curve is P-256, and named */
static bool is_p256(const EVP_PKEY *pkey)
{
	char group[32], encoding[32];

	return EVP_PKEY_is_a(pkey, "EC") &&
	       EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME, group,
					      sizeof(group), NULL) == 1 &&
	       strcmp(group, "prime256v1") == 0 &&
	       EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_ENCODING, encoding,
					      sizeof(encoding), NULL) == 1 &&
	       strcmp(encoding, OSSL_PKEY_EC_ENCODING_GROUP) == 0;
}

static bool has_private(const EVP_PKEY *pkey)
{
	BIGNUM *d = NULL;
	bool there = EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &d) == 1;

	BN_clear_free(d);
	ERR_clear_error();
	return there;
}

static int wrap(struct stir_key **ret, EVP_PKEY *pkey, bool fixed)
{
	struct stir_key *key = calloc(1, sizeof(*key));

	if (!key)
		return ENOMEM;
	key->refs = 1;
	key->fixed = fixed;
	if (EVP_PKEY_up_ref(pkey) == 1)
		key->pkey = pkey;
	key->verify = EVP_PKEY_CTX_new(pkey, NULL);
	if (!key->pkey || !key->verify || EVP_PKEY_verify_init(key->verify) != 1)
		goto nomem;
	if (has_private(pkey)) {
		key->sign = EVP_PKEY_CTX_new(pkey, NULL);
		if (!key->sign || EVP_PKEY_sign_init(key->sign) != 1)
			goto nomem;
	}
	*ret = key;
	return 0;
nomem:
	ERR_clear_error();
	key_unref(key);
	return ENOMEM;
}

int key_from_pkey(struct stir_key **ret, EVP_PKEY *pkey)
{
	if (pkey && is_p256(pkey))
		return wrap(ret, pkey, false);
	ERR_clear_error();
	return EINVAL;
}

int key_from_pkey_fixed(struct stir_key **ret, EVP_PKEY *pkey)
{
	return wrap(ret, pkey, true);
}

bool key_is_fixed(const struct stir_key *key)
{
	return key->fixed;
}

EVP_PKEY *key_pkey(const struct stir_key *key)
{
	return key->pkey;
}

struct stir_key *key_ref(struct stir_key *key)
{
	key->refs++;
	return key;
}

void key_unref(struct stir_key *key)
{
	if (!key || --key->refs)
		return;
	EVP_PKEY_CTX_free(key->sign);
	EVP_PKEY_CTX_free(key->verify);
	EVP_PKEY_free(key->pkey);
	free(key);
}

int key_generate(struct stir_key **ret)
{
	AUTO(EVP_PKEY_free) EVP_PKEY *pkey = EVP_EC_gen("P-256");

	if (!pkey) {
		ERR_clear_error();
		return ENOMEM;
	}
	return key_from_pkey(ret, pkey);
}

/* pkey is taken. */
static int adopt(struct stir_key **ret, EVP_PKEY *pkey, const char *what, struct err *e)
{
	int err;

	if (!pkey) {
		ERR_clear_error();
		return err_set(e, EBADMSG, "expected a %s in PEM, got text that holds none", what);
	}
	err = key_from_pkey(ret, pkey);
	if (err == EINVAL)
		err = err_set(e, EBADMSG, "expected a %s on the named curve P-256, got %s", what,
			      EVP_PKEY_is_a(pkey, "EC") ? "another curve or explicit parameters"
							: "another kind of key");
	else if (err)
		(void)err_set(e, err, "out of memory");
	EVP_PKEY_free(pkey);
	return err;
}

static BIO *bio_of(struct sv text)
{
	return text.l <= KEY_PEM_MAX ? BIO_new_mem_buf(text.p ? text.p : "", (int)text.l) : NULL;
}

int key_parse_private(struct stir_key **ret, struct sv pem, struct err *e)
{
	AUTO(BIO_free_all) BIO *bio = bio_of(pem);

	return adopt(ret, bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL,
		     "private key", e);
}

int key_parse_public(struct stir_key **ret, struct sv pem, struct err *e)
{
	AUTO(BIO_free_all) BIO *bio = bio_of(pem);

	return adopt(ret, bio ? PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL) : NULL,
		     "public key", e);
}

int key_load_private(struct stir_key **ret, const char *path, struct err *e)
{
	char *pem;
	size_t len;
	int err = file_read(&pem, &len, path, KEY_PEM_MAX, e);

	if (err)
		return err;
	err = key_parse_private(ret, (struct sv){pem, len}, e);
	if (err)
		err_prefix(e, "%s: ", path);
	OPENSSL_cleanse(pem, len);
	free(pem);
	return err;
}

int key_save_private(const struct stir_key *key, const char *path, struct err *e)
{
	int fd, err = 0;
	FILE *f;

	if (!key->sign)
		return err_set(e, EINVAL, "%s: expected a private key, got a public one", path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	f = fd < 0 ? NULL : fdopen(fd, "w");
	if (!f) {
		err = errno;
		if (fd >= 0)
			(void)close(fd);
		return err_set(e, err, "%s: cannot be created: %s", path, strerror(err));
	}
	if (PEM_write_PKCS8PrivateKey(f, key->pkey, NULL, NULL, 0, NULL, NULL) != 1 || fflush(f))
		err = EIO;
	if (fclose(f) && !err)
		err = EIO;
	if (err) {
		ERR_clear_error();
		(void)unlink(path);
		return err_set(e, err, "%s: cannot be written", path);
	}
	return 0;
}

static bool sha256(struct sv data, uint8_t ret[SHA256_LEN])
{
	return EVP_Digest(data.p, data.l, ret, NULL, EVP_sha256(), NULL) == 1;
}

/* RFC 7518 3.4: what ECDSA gives as DER is R and S in 32 octets each, left padded */
static bool raw_from_der(uint8_t sig[ES256_SIG_LEN], const uint8_t *der, size_t len)
{
	AUTO(ECDSA_SIG_free) ECDSA_SIG *rs = d2i_ECDSA_SIG(NULL, &der, (long)len);

	return rs && BN_bn2binpad(ECDSA_SIG_get0_r(rs), sig, HALF) == HALF &&
	       BN_bn2binpad(ECDSA_SIG_get0_s(rs), sig + HALF, HALF) == HALF;
}

/* @return length, 0 when out of memory */
static size_t der_from_raw(uint8_t der[DER_MAX], const uint8_t sig[ES256_SIG_LEN])
{
	AUTO(BN_free) BIGNUM *r = BN_bin2bn(sig, HALF, NULL);
	AUTO(BN_free) BIGNUM *s = BN_bin2bn(sig + HALF, HALF, NULL);
	AUTO(ECDSA_SIG_free) ECDSA_SIG *rs = ECDSA_SIG_new();
	int len;

	if (!r || !s || !rs || ECDSA_SIG_set0(rs, r, s) != 1)
		return 0;
	r = s = NULL; /* handed over */
	len = i2d_ECDSA_SIG(rs, &der);
	return len > 0 ? (size_t)len : 0;
}

static int sign_fixed(const struct stir_key *key, struct sv data, uint8_t sig[ES256_SIG_LEN])
{
	uint8_t rs[RFC6979_SIG_MAX];
	size_t len = rfc6979_sign(rs, key->pkey, data);

	if (!len)
		return EIO;
	if (len != ES256_SIG_LEN)
		return EINVAL;
	memcpy(sig, rs, ES256_SIG_LEN);
	return 0;
}

int key_sign(const struct stir_key *key, struct sv data, uint8_t sig[ES256_SIG_LEN])
{
	AUTO(EVP_PKEY_CTX_free) EVP_PKEY_CTX *ctx = NULL;
	uint8_t hash[SHA256_LEN], der[DER_MAX];
	size_t len = sizeof(der);

	if (!key || !key->sign)
		return EINVAL;
	if (key->fixed)
		return sign_fixed(key, data, sig);
	ctx = EVP_PKEY_CTX_dup(key->sign);
	if (!ctx || !sha256(data, hash) || EVP_PKEY_sign(ctx, der, &len, hash, sizeof(hash)) != 1 ||
	    !raw_from_der(sig, der, len)) {
		ERR_clear_error();
		return EIO;
	}
	return 0;
}

static bool is_zero(const uint8_t half[HALF])
{
	static const uint8_t zero[HALF];

	return memcmp(half, zero, HALF) == 0;
}

int key_verify(const struct stir_key *key, struct sv data, const uint8_t sig[ES256_SIG_LEN])
{
	AUTO(EVP_PKEY_CTX_free) EVP_PKEY_CTX *ctx = NULL;
	uint8_t hash[SHA256_LEN], der[DER_MAX];
	size_t len;
	int ok;

	if (!key)
		return EINVAL;
	if (is_zero(sig) || is_zero(sig + HALF))
		return EBADMSG;
	ctx = EVP_PKEY_CTX_dup(key->verify);
	len = der_from_raw(der, sig);
	if (!ctx || !len || !sha256(data, hash)) {
		ERR_clear_error();
		return EIO;
	}
	ok = EVP_PKEY_verify(ctx, der, len, hash, sizeof(hash));
	if (ok != 1)
		ERR_clear_error();
	if (ok < 0)
		return EIO;
	return ok == 1 ? 0 : EBADMSG;
}
