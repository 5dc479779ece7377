#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>

#include "lib/base/conf.h"
#include "lib/stir/cert_ossl.h"
#include "lib/stir/key_ossl.h"
#include "lib/stir/ossl.h"

struct cert_chain {
	unsigned refs;
	size_t n;
	X509 *v[CERT_CHAIN_MAX];
	struct stir_key *key;             /* of the leaf; NULL when it is not P-256 */
	struct tnauth tnauth[TNAUTH_MAX]; /* of the leaf */
	int tnauth_count;
	char spc[SPC_MAX + 1];
	int64_t not_before_s, not_after_s; /* of the leaf */
	int64_t earliest_end_s;            /* of all */
};

X509 *cert_chain_x509(const struct cert_chain *chain, size_t i)
{
	return i < chain->n ? chain->v[i] : NULL;
}

bool cert_is_self_signed(X509 *x)
{
	bool yes = X509_self_signed(x, 1) == 1;

	ERR_clear_error();
	return yes;
}

int cert_tnauth_read(const STACK_OF(X509_EXTENSION) * exts, struct tnauth ret[TNAUTH_MAX])
{
	AUTO(ASN1_OBJECT_free) ASN1_OBJECT *oid = OBJ_txt2obj(OID_TNAUTHLIST, 1);
	const ASN1_OCTET_STRING *value;
	int at = oid ? X509v3_get_ext_by_OBJ(exts, oid, -1) : -1;

	if (at < 0)
		return 0;
	if (X509v3_get_ext_by_OBJ(exts, oid, at) >= 0)
		return -1;
	value = X509_EXTENSION_get_data(X509v3_get_ext(exts, at));
	return tnauth_decode(ret, ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
}

static bool validity(X509 *x, int64_t *not_before_s, int64_t *not_after_s)
{
	return ossl_time(X509_get0_notBefore(x), not_before_s) &&
	       ossl_time(X509_get0_notAfter(x), not_after_s);
}

/* The next certificate of the text: 0 with NULL at its end. */
static int read_one(X509 **ret, BIO *bio, struct fault *fault)
{
	unsigned long code;

	*ret = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	if (*ret) {
		/* decodes the extensions that OpenSSL knows, once, so that the chain is read-only
		 * from here */
		(void)X509_check_purpose(*ret, -1, 0);
		ERR_clear_error();
		return 0;
	}
	code = ERR_peek_last_error();
	ERR_clear_error();
	if (ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE)
		return 0;
	return fault_set(fault, REASON_CERT_FORM, "certificates in PEM", "%s",
			 code ? ERR_reason_error_string(code) : "unreadable octets");
}

static int read_all(struct cert_chain *chain, BIO *bio, struct fault *fault)
{
	chain->earliest_end_s = INT64_MAX;
	for (;;) {
		X509 *x;
		int64_t begin_s, end_s;
		int err = read_one(&x, bio, fault);

		if (err || !x)
			return err;
		if (chain->n == CERT_CHAIN_MAX) {
			X509_free(x);
			return fault_set(fault, REASON_CERT_FORM, "a chain of 6 at the most",
					 "more");
		}
		chain->v[chain->n++] = x;
		if (!validity(x, &begin_s, &end_s))
			return fault_set(fault, REASON_CERT_FORM, "dates in certificate",
					 "octets that are no date in certificate %zu", chain->n);
		if (chain->n == 1) {
			chain->not_before_s = begin_s;
			chain->not_after_s = end_s;
		}
		if (end_s < chain->earliest_end_s)
			chain->earliest_end_s = end_s;
	}
}

static int read_leaf(struct cert_chain *chain)
{
	EVP_PKEY *pkey = X509_get0_pubkey(chain->v[0]);
	int err = pkey ? key_from_pkey(&chain->key, pkey) : EINVAL;

	ERR_clear_error();
	if (err && err != EINVAL)
		return err;
	chain->tnauth_count = cert_tnauth_read(X509_get0_extensions(chain->v[0]), chain->tnauth);
	if (chain->tnauth_count == 1 && chain->tnauth[0].kind == TNAUTH_SPC)
		memcpy(chain->spc, chain->tnauth[0].value, sizeof(chain->spc));
	return 0;
}

static int read_text(struct cert_chain *chain, struct sv pem, struct fault *fault)
{
	AUTO(BIO_free_all) BIO *bio = NULL;
	int err;

	if (pem.l > CERT_CHAIN_MAX_LEN)
		return fault_set(fault, REASON_CERT_FORM, "65536 octets at the most", "%zu", pem.l);
	bio = ossl_reader(pem);
	if (!bio)
		return ENOMEM;
	err = read_all(chain, bio, fault);
	if (err)
		return err;
	if (!chain->n)
		return fault_set(fault, REASON_CERT_FORM, "certificates in PEM",
				 "%zu octets without one", pem.l);
	return read_leaf(chain);
}

int cert_chain_parse(struct cert_chain **ret, struct sv pem, struct fault *fault)
{
	struct cert_chain *chain = calloc(1, sizeof(*chain));
	int err;

	if (!chain)
		return ENOMEM;
	chain->refs = 1;
	err = read_text(chain, pem, fault);
	if (err)
		cert_chain_unref(chain);
	else
		*ret = chain;
	return err;
}

int cert_chain_load(struct cert_chain **ret, const char *path, struct err *e)
{
	struct fault fault = {0};
	char *text, why[FAULT_TEXT_MAX];
	size_t len;
	int err = file_read(&text, &len, path, CERT_CHAIN_MAX_LEN, e);

	if (err)
		return err;
	err = cert_chain_parse(ret, (struct sv){text, len}, &fault);
	free(text);
	if (err == EBADMSG) {
		fault_text(&fault, why);
		return err_set(e, err, "%s: %s", path, why);
	}
	return err ? err_set(e, err, "%s: %s", path, strerror(err)) : 0;
}

struct cert_chain *cert_chain_ref(struct cert_chain *chain)
{
	chain->refs++;
	return chain;
}

void cert_chain_unref(struct cert_chain *chain)
{
	if (!chain || --chain->refs)
		return;
	for (size_t i = 0; i < chain->n; i++)
		X509_free(chain->v[i]);
	key_unref(chain->key);
	free(chain);
}

size_t cert_chain_count(const struct cert_chain *chain)
{
	return chain->n;
}

static void serial_text(X509 *x, char *ret, size_t size)
{
	AUTO(BN_free) BIGNUM *bn = ASN1_INTEGER_to_BN(X509_get0_serialNumber(x), NULL);
	char *hex = bn ? BN_bn2hex(bn) : NULL;

	(void)snprintf(ret, size, "%s", hex ? hex : "");
	OPENSSL_free(hex);
}

/* The first URI of the first distribution point. */
static void crl_url_text(X509 *x, char *ret, size_t size)
{
	AUTO(CRL_DIST_POINTS_free)
	CRL_DIST_POINTS *points = X509_get_ext_d2i(x, NID_crl_distribution_points, NULL, NULL);
	const DIST_POINT *point = points ? sk_DIST_POINT_value(points, 0) : NULL;

	ret[0] = '\0';
	ERR_clear_error();
	if (!point || !point->distpoint || point->distpoint->type != 0)
		return;
	for (int i = 0; i < sk_GENERAL_NAME_num(point->distpoint->name.fullname); i++) {
		int type;
		const ASN1_STRING *uri = GENERAL_NAME_get0_value(
			sk_GENERAL_NAME_value(point->distpoint->name.fullname, i), &type);

		if (type != GEN_URI)
			continue;
		(void)snprintf(ret, size, "%.*s", ASN1_STRING_length(uri),
			       (const char *)ASN1_STRING_get0_data(uri));
		return;
	}
}

int cert_chain_info(const struct cert_chain *chain, size_t i, struct cert_info *ret)
{
	X509 *x = cert_chain_x509(chain, i);

	if (!x)
		return ENOENT;
	*ret = (struct cert_info){0};
	ossl_name(X509_get_subject_name(x), ret->subject, sizeof(ret->subject));
	ossl_name(X509_get_issuer_name(x), ret->issuer, sizeof(ret->issuer));
	serial_text(x, ret->serial, sizeof(ret->serial));
	crl_url_text(x, ret->crl_url, sizeof(ret->crl_url));
	(void)validity(x, &ret->not_before_s,
		       &ret->not_after_s); /* parsing has seen that they are dates */
	ret->tnauth_count = cert_tnauth_read(X509_get0_extensions(x), ret->tnauth);
	ret->is_ca = (X509_get_extension_flags(x) & EXFLAG_CA) != 0;
	return 0;
}

const struct stir_key *cert_chain_key(const struct cert_chain *chain)
{
	return chain->key;
}

const char *cert_chain_spc(const struct cert_chain *chain)
{
	return chain->spc;
}

void cert_chain_validity(const struct cert_chain *chain, int64_t *not_before_s,
			 int64_t *not_after_s)
{
	*not_before_s = chain->not_before_s;
	*not_after_s = chain->not_after_s;
}

int64_t cert_chain_earliest_end(const struct cert_chain *chain)
{
	return chain->earliest_end_s;
}
