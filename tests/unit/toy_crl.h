/** @file toy_crl.h  CRLs of the small PKI, right ones and changed ones. */
#ifndef UNIT_TOY_CRL_H
#define UNIT_TOY_CRL_H

#include <errno.h>

#include "tests/unit/toy_pki.h"

DEFINE_AUTO(struct cert_chain, cert_chain_unref)
DEFINE_AUTO(struct trust, trust_free)

static inline void check_revoked(const struct trust *trust, const struct cert_chain *chain,
				 enum reason want, const char *got)
{
	struct fault fault = {0};

	CHECK_INT(want == REASON_OK ? 0 : EBADMSG, trust_check_revoked(trust, chain, &fault));
	CHECK_STR(reason_info(want)->name, reason_info(fault.reason)->name);
	if (!strstr(fault.got, got))
		CHECK_STR(got, fault.got);
}

/* Trust that takes this CRL, and what it says of leaf and intermediate */
static inline void check_crl(const struct toy *t, const struct buf *crl, enum reason want,
			     const char *got)
{
	struct err e = {""};
	AUTO(trust_free) struct trust *trust = toy_trust(t);
	AUTO(cert_chain_unref) struct cert_chain *chain = TOY_CHAIN(&t->leaf, &t->inter);

	CHECK_INT(0, trust_set_crl(trust, buf_sv(crl), buf_sv(&t->signer.pem), &e));
	CHECK_STR("", e.s[0] == 'C' && strstr(e.s, "memory") == NULL ? e.s : "");
	check_revoked(trust, chain, want, got);
}

/* Trust that holds CRL number 5 refuses this one, and keeps the old one in force */
static inline void check_refused(const struct toy *t, const struct buf *crl,
				 const struct buf *chain_pem, int want, const char *text)
{
	struct err e = {""};
	AUTO(trust_free) struct trust *trust = toy_trust(t);
	AUTO(cert_chain_unref) struct cert_chain *chain = TOY_CHAIN(&t->leaf, &t->inter);
	uint64_t before = trust_generation(trust);

	CHECK_INT(want, trust_set_crl(trust, buf_sv(crl), buf_sv(chain_pem), &e));
	if (!strstr(e.s, text))
		CHECK_STR(text, e.s);
	CHECK_INT(before, trust_generation(trust));
	CHECK_INT(TOY_NOW + TOY_DAY, trust_crl_expires_s(trust));
	check_revoked(trust, chain, REASON_OK, "");
	CHECK_INT(0, (long long)ERR_peek_error());
}

/* Change a CRL and sign it again */
static inline void change_crl(struct buf *pem, const struct toy_cert *by,
			      void (*change)(X509_CRL *crl))
{
	AUTO(BIO_free_all) BIO *in = ossl_reader(buf_sv(pem));
	AUTO(X509_CRL_free) X509_CRL *crl = PEM_read_bio_X509_CRL(in, NULL, NULL, NULL);
	AUTO(BIO_free_all) BIO *out = BIO_new(BIO_s_mem());

	change(crl);
	CHECK(X509_CRL_sign(crl, key_pkey(by->key), EVP_sha256()) > 0);
	CHECK(PEM_write_bio_X509_CRL(out, crl));
	buf_reset(pem);
	CHECK_INT(0, ossl_take(pem, out));
}

#endif
