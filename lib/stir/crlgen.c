#include <errno.h>

#include <openssl/pem.h>

#include "lib/stir/certgen.h"
#include "lib/stir/certgen_ossl.h"
#include "lib/stir/key_ossl.h"

/* RFC 5280 §5.3.3: each entry says by itself whose certificate it is, so their order does not
 * matter. */
static int add_entry(X509_CRL *crl, const struct crl_entry *revoked)
{
	X509 *x = cert_chain_x509(revoked->chain, 0);
	AUTO(X509_REVOKED_free) X509_REVOKED *entry = X509_REVOKED_new();
	AUTO(ASN1_TIME_free) ASN1_TIME *at = ASN1_TIME_set(NULL, revoked->revoked_s);
	AUTO(GENERAL_NAMES_free)
	GENERAL_NAMES *issuer = dn_general_names(X509_get_issuer_name(x));

	if (!entry || !at || !issuer || !X509_REVOKED_set_revocationDate(entry, at) ||
	    !X509_REVOKED_set_serialNumber(entry, (ASN1_INTEGER *)X509_get0_serialNumber(x)) ||
	    X509_REVOKED_add1_ext_i2d(entry, NID_certificate_issuer, issuer, 1, 0) != 1 ||
	    !X509_CRL_add0_revoked(crl, entry))
		return ENOMEM;
	entry = NULL; /* the CRL's now */
	return 0;
}

static int add_scope(X509_CRL *crl)
{
	AUTO(ISSUING_DIST_POINT_free) ISSUING_DIST_POINT *idp = ISSUING_DIST_POINT_new();

	if (!idp)
		return ENOMEM;
	idp->indirectCRL = 0xff;
	return X509_CRL_add1_ext_i2d(crl, NID_issuing_distribution_point, idp, 1, 0) == 1 ? 0
											  : ENOMEM;
}

static int add_extensions(X509_CRL *crl, X509 *signer, int64_t number)
{
	AUTO(X509_EXTENSION_free) X509_EXTENSION *aki = NULL;
	AUTO(ASN1_INTEGER_free) ASN1_INTEGER *n = ASN1_INTEGER_new();
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, signer, NULL, NULL, crl, 0);
	aki = X509V3_EXT_conf_nid(NULL, &ctx, NID_authority_key_identifier, "keyid:always");
	if (!aki || !X509_CRL_add_ext(crl, aki, -1) || !n || !ASN1_INTEGER_set_int64(n, number) ||
	    X509_CRL_add1_ext_i2d(crl, NID_crl_number, n, 0, 0) != 1)
		return ENOMEM;
	return add_scope(crl);
}

static int set_base(X509_CRL *crl, X509 *signer, int64_t this_update_s, int64_t next_update_s)
{
	AUTO(ASN1_TIME_free) ASN1_TIME *begin = ASN1_TIME_set(NULL, this_update_s);
	AUTO(ASN1_TIME_free) ASN1_TIME *end = ASN1_TIME_set(NULL, next_update_s);

	if (!begin || !end || !X509_CRL_set_version(crl, X509_CRL_VERSION_2) ||
	    !X509_CRL_set_issuer_name(crl, X509_get_subject_name(signer)) ||
	    !X509_CRL_set1_lastUpdate(crl, begin) || !X509_CRL_set1_nextUpdate(crl, end))
		return ENOMEM;
	return 0;
}

int crl_make(struct buf *ret_pem, const struct cert_issuer *signer, const struct crl_entry *revoked,
	     size_t n, int64_t number, int64_t this_update_s, int64_t next_update_s, struct err *e)
{
	AUTO(X509_CRL_free) X509_CRL *crl = X509_CRL_new();
	AUTO(BIO_free_all) BIO *out = BIO_new(BIO_s_mem());
	X509 *by = cert_chain_x509(signer->chain, 0);
	int err;

	if (!crl || !out)
		return err_set(e, ENOMEM, "out of memory");
	err = set_base(crl, by, this_update_s, next_update_s);
	for (size_t i = 0; !err && i < n; i++)
		err = add_entry(crl, &revoked[i]);
	if (!err)
		err = add_extensions(crl, by, number);
	if (err || !X509_CRL_sort(crl) || key_sign_crl(signer->key, crl))
		return ossl_error(e, err ? err : EIO, "making the CRL");
	return PEM_write_bio_X509_CRL(out, crl) ? ossl_take(ret_pem, out)
						: err_set(e, ENOMEM, "out of memory");
}

int crl_der(struct buf *ret, struct sv pem, struct err *e)
{
	AUTO(BIO_free_all) BIO *in = ossl_reader(pem);
	AUTO(X509_CRL_free) X509_CRL *crl = in ? PEM_read_bio_X509_CRL(in, NULL, NULL, NULL) : NULL;
	__attribute__((cleanup(ossl_free_mem_auto))) unsigned char *der = NULL;
	int l;

	if (!crl)
		return ossl_error(e, EBADMSG, "expected a CRL in PEM");
	l = i2d_X509_CRL(crl, &der);
	return l > 0 ? buf_add(ret, der, (size_t)l) : err_set(e, ENOMEM, "out of memory");
}
