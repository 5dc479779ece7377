/** @file toy_pki.h  A small PKI in memory for the tests of certificates and trust, with a clock that stands still. */
#ifndef UNIT_TOY_PKI_H
#define UNIT_TOY_PKI_H

#include <stdlib.h>

#include <openssl/pem.h>

#include "lib/stir/cert_ossl.h"
#include "lib/stir/certgen.h"
#include "lib/stir/key_ossl.h"
#include "lib/stir/list.h"
#include "lib/stir/ossl.h"
#include "lib/stir/trust.h"
#include "tests/unit/test.h"

#define TOY_NOW 1800000000 /* 2027-01-15T08:00:00Z */
#define TOY_DAY 86400
#define TOY_URL "https://cr.pki.example:8443/crl"

/* A certificate by itself, with its key */
struct toy_cert {
	struct stir_key *key;
	struct cert_chain *chain; /* of this one */
	struct buf pem;
};

struct toy {
	struct env_fixed fixed;
	struct env env;
	struct toy_cert pa, signer;        /* STI-PA */
	struct toy_cert root, inter, leaf; /* an STI-CA, and a provider with SPC 1234 */
};

static inline void toy_clear(struct toy_cert *c)
{
	key_unref(c->key);
	cert_chain_unref(c->chain);
	buf_free(&c->pem);
	*c = (struct toy_cert){0};
}

static inline void toy_reparse(struct toy_cert *c)
{
	struct fault fault;

	cert_chain_unref(c->chain);
	c->chain = NULL;
	CHECK_INT(0, cert_chain_parse(&c->chain, buf_sv(&c->pem), &fault));
}

/* For years around TOY_NOW unless the spec says otherwise */
static inline struct toy_cert toy_issue(const struct toy *t, struct cert_spec spec,
					const struct toy_cert *issuer)
{
	struct toy_cert ret = {.pem = BUF(65536)};
	struct cert_issuer by = {issuer ? issuer->chain : NULL, issuer ? issuer->key : NULL};
	struct err e = {""};

	if (!spec.not_after_s) {
		spec.not_before_s = TOY_NOW - 1000ll * TOY_DAY;
		spec.not_after_s = TOY_NOW + 1000ll * TOY_DAY;
	}
	spec.crl_url = TOY_URL;
	CHECK_INT(0, key_generate(&ret.key));
	CHECK_INT(0, cert_issue(&ret.pem, &spec, ret.key, issuer ? &by : NULL, t->signer.chain,
				&t->env, &e));
	CHECK_STR("", e.s[0] && !ret.pem.l ? e.s : "");
	toy_reparse(&ret);
	return ret;
}

/* A certificate of any kind, named after its CN */
static inline struct toy_cert toy_cert(const struct toy *t, enum cert_kind kind, const char *cn,
				       const struct toy_cert *issuer)
{
	struct cert_spec spec = {
		.kind = kind, .organization = "Toy", .common_name = cn, .spc = "1234"};

	return toy_issue(t, spec, issuer);
}

static inline struct toy_cert toy_leaf(const struct toy *t, const char *spc,
				       const struct toy_cert *issuer)
{
	struct cert_spec spec = {.kind = CERT_STI_LEAF, .organization = "Toy", .spc = spc};

	return toy_issue(t, spec, issuer);
}

static inline void toy_open(struct toy *t)
{
	*t = (struct toy){.fixed = {TOY_NOW * 1000ull, 1}};
	t->env = env_fixed(&t->fixed);
	t->pa = toy_cert(t, CERT_PA_ROOT, "PA ROOT", NULL);
	t->signer = toy_cert(t, CERT_PA_SIGNER, "PA signer", &t->pa);
	t->root = toy_cert(t, CERT_ROOT, "SHAKEN Toy ROOT", NULL);
	t->inter = toy_cert(t, CERT_INTERMEDIATE, "SHAKEN Toy Intermediate", &t->root);
	t->leaf = toy_leaf(t, "1234", &t->inter);
}

static inline void toy_close(struct toy *t)
{
	toy_clear(&t->pa);
	toy_clear(&t->signer);
	toy_clear(&t->root);
	toy_clear(&t->inter);
	toy_clear(&t->leaf);
}

static inline void toy_at(struct toy *t, int64_t now_s)
{
	t->fixed.now_ms = (uint64_t)now_s * 1000;
}

/* The PEM of several, one behind the other; NULL ends the list */
static inline struct buf toy_pem(const struct toy_cert *const *certs)
{
	struct buf ret = BUF(65536);

	for (; *certs; certs++)
		(void)buf_addsv(&ret, buf_sv(&(*certs)->pem));
	return ret;
}

#define TOY_PEM(...) toy_pem((const struct toy_cert *const[]){__VA_ARGS__, NULL})

static inline struct cert_chain *toy_chain(const struct toy_cert *const *certs)
{
	BUF_AUTO struct buf pem = toy_pem(certs);
	struct cert_chain *ret = NULL;
	struct fault fault;

	CHECK_INT(0, cert_chain_parse(&ret, buf_sv(&pem), &fault));
	return ret;
}

#define TOY_CHAIN(...) toy_chain((const struct toy_cert *const[]){__VA_ARGS__, NULL})

/* Change a certificate, and sign it again: for what cert_issue() does not make */
static inline void toy_change(struct toy_cert *c, const struct toy_cert *issuer,
			      void (*change)(X509 *x))
{
	AUTO(X509_free) X509 *x = X509_dup(cert_chain_x509(c->chain, 0));
	AUTO(BIO_free_all) BIO *out = BIO_new(BIO_s_mem());

	if (change)
		change(x);
	CHECK(X509_sign(x, key_pkey(issuer->key), EVP_sha256()) > 0);
	CHECK(PEM_write_bio_X509(out, x));
	buf_reset(&c->pem);
	CHECK_INT(0, ossl_take(&c->pem, out));
	toy_reparse(c);
}

/* Remove an extension; put another one in its place when `value` (text of OpenSSL's configuration files) is there */
static inline void toy_set_ext(X509 *x, int nid, const char *value)
{
	int at = X509_get_ext_by_NID(x, nid, -1);

	if (at >= 0)
		X509_EXTENSION_free(X509_delete_ext(x, at));
	if (value) {
		AUTO(X509_EXTENSION_free)
		X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

		CHECK(ext && X509_add_ext(x, ext, -1));
	}
}

/* An extension of any OID with octets as its value */
static inline X509_EXTENSION *toy_ext(const char *oid, bool critical, const char *octets, int len)
{
	AUTO(ASN1_OBJECT_free) ASN1_OBJECT *obj = OBJ_txt2obj(oid, 1);
	AUTO(ASN1_OCTET_STRING_free) ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();

	CHECK(obj && value && ASN1_OCTET_STRING_set(value, (const unsigned char *)octets, len));
	return X509_EXTENSION_create_by_OBJ(NULL, obj, critical, value);
}

static inline void toy_add_ext(X509 *x, const char *oid, bool critical, const char *octets, int len)
{
	AUTO(X509_EXTENSION_free) X509_EXTENSION *ext = toy_ext(oid, critical, octets, len);

	CHECK(X509_add_ext(x, ext, -1));
}

/* A signed list of roots */
static inline struct buf toy_list(const struct toy_cert *by, int64_t sequence, int64_t exp_s,
				  const struct toy_cert *const *roots)
{
	struct buf ret = BUF(LIST_MAX_LEN);
	json_t *list = json_array();

	for (; *roots; roots++)
		(void)json_array_append_new(list, json_string((*roots)->pem.p));
	CHECK_INT(0, list_sign(&ret, "https://cr.pki.example/pa/signer.pem", sequence, exp_s,
			       "trustList", list, by->key));
	json_decref(list);
	return ret;
}

#define TOY_LIST(by, sequence, exp_s, ...) \
	toy_list((by), (sequence), (exp_s), (const struct toy_cert *const[]){__VA_ARGS__, NULL})

/* The STI-PA's CRL with these certificates in it, good for a day */
static inline struct buf toy_crl(const struct toy *t, const struct toy_cert *const *revoked,
				 int64_t number)
{
	struct buf ret = BUF(65536);
	struct cert_issuer by = {t->signer.chain, t->signer.key};
	struct crl_entry entries[8];
	struct err e = {""};
	size_t n = 0;

	for (; *revoked; revoked++)
		entries[n++] = (struct crl_entry){(*revoked)->chain, TOY_NOW - 10};
	CHECK_INT(0, crl_make(&ret, &by, entries, n, number, TOY_NOW - 5, TOY_NOW + TOY_DAY, &e));
	return ret;
}

#define TOY_CRL(t, number, ...) \
	toy_crl((t), (const struct toy_cert *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL}, (number))

/* Trust with the one root approved and nothing revoked */
static inline struct trust *toy_trust(const struct toy *t)
{
	BUF_AUTO struct buf list = TOY_LIST(&t->signer, 5, TOY_NOW + TOY_DAY, &t->root);
	BUF_AUTO struct buf crl = TOY_CRL(t, 5);
	struct trust *ret = NULL;
	struct err e = {""};

	CHECK_INT(0, trust_alloc(&ret, buf_sv(&t->pa.pem), &t->env, &e));
	CHECK_INT(0, trust_set_ca_list(ret, buf_sv(&list), buf_sv(&t->signer.pem), &e));
	CHECK_INT(0, trust_set_crl(ret, buf_sv(&crl), buf_sv(&t->signer.pem), &e));
	return ret;
}

#endif
