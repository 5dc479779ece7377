#include <errno.h>

#include <openssl/pem.h>

#include "lib/stir/crl_ossl.h"

static X509_CRL *decode(struct sv in)
{
	AUTO(BIO_free_all) BIO *bio = ossl_reader(in);
	const unsigned char *p = (const unsigned char *)in.p;
	X509_CRL *x = NULL;

	if (!bio || !in.l)
		return NULL;
	/* DER begins with the tag of a SEQUENCE, PEM with text */
	if (*p != (V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED))
		return PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL);
	x = d2i_X509_CRL(NULL, &p, (long)in.l);
	if (x && p != (const unsigned char *)in.p + in.l) {
		X509_CRL_free(x);
		return NULL;
	}
	return x;
}

/* RFC 5280 §5.2, §5.3: a critical extension that is not understood makes the CRL unusable. */
static int check_critical(const STACK_OF(X509_EXTENSION) * exts, const int known[2],
			  const char *where, struct err *e)
{
	for (int i = 0; i < X509v3_get_ext_count(exts); i++) {
		X509_EXTENSION *ext = X509v3_get_ext(exts, i);
		int nid = OBJ_obj2nid(X509_EXTENSION_get_object(ext));
		char name[80];

		if (!X509_EXTENSION_get_critical(ext) || nid == known[0] || nid == known[1])
			continue;
		OBJ_obj2txt(name, sizeof(name), X509_EXTENSION_get_object(ext), 0);
		return err_set(e, EBADMSG,
			       "CRL: %s has a critical extension that is not known here: %s", where,
			       name);
	}
	return 0;
}

static int check_scope(const X509_CRL *x, struct err *e)
{
	AUTO(ISSUING_DIST_POINT_free)
	ISSUING_DIST_POINT *idp =
		X509_CRL_get_ext_d2i(x, NID_issuing_distribution_point, NULL, NULL);

	ERR_clear_error();
	if (!idp || idp->indirectCRL <= 0)
		return err_set(
			e, EBADMSG,
			"CRL: expected an indirect CRL of the STI-PA (IssuingDistributionPoint "
			"with indirectCRL), got %s",
			idp ? "one that is not indirect" : "none or one that cannot be read");
	if (idp->onlyuser > 0 || idp->onlyCA > 0 || idp->onlyattr > 0 || idp->onlysomereasons)
		return err_set(e, EBADMSG,
			       "CRL: expected one for all certificates and reasons, got a "
			       "part (onlyContains… or onlySomeReasons)");
	if (X509_CRL_get_ext_by_NID(x, NID_delta_crl, -1) >= 0)
		return err_set(e, EBADMSG, "CRL: expected a complete one, got a delta CRL");
	return 0;
}

static int check_entries(X509_CRL *x, struct err *e)
{
	static const int known[2] = {NID_certificate_issuer, NID_crl_reason};
	const STACK_OF(X509_REVOKED) *list = X509_CRL_get_REVOKED(x);

	for (int i = 0; i < sk_X509_REVOKED_num(list); i++) {
		const X509_REVOKED *entry = sk_X509_REVOKED_value(list, i);
		int critical = 0;
		AUTO(GENERAL_NAMES_free)
		GENERAL_NAMES *issuer =
			X509_REVOKED_get_ext_d2i(entry, NID_certificate_issuer, &critical, NULL);
		int err = check_critical(X509_REVOKED_get0_extensions(entry), known, "an entry", e);

		if (err)
			return err;
		/* -1: there is none, the issuer of the entry before stays in force */
		if (!issuer && critical != -1) {
			ERR_clear_error();
			return err_set(e, EBADMSG,
				       "CRL: CertificateIssuer of entry %d cannot be read", i + 1);
		}
	}
	return 0;
}

static int read_dates(struct crl *crl, struct err *e)
{
	const ASN1_TIME *next = X509_CRL_get0_nextUpdate(crl->x);

	if (!ossl_time(X509_CRL_get0_lastUpdate(crl->x), &crl->this_update_s) || !next ||
	    !ossl_time(next, &crl->next_update_s))
		return err_set(e, EBADMSG, "CRL: expected thisUpdate and nextUpdate, got %s",
			       next ? "one that is no time" : "no nextUpdate");
	return 0;
}

static int read_number(struct crl *crl, struct err *e)
{
	int critical;
	AUTO(ASN1_INTEGER_free)
	ASN1_INTEGER *number = X509_CRL_get_ext_d2i(crl->x, NID_crl_number, &critical, NULL);

	ERR_clear_error();
	if (!number && critical == -1)
		return 0;
	crl->number = number ? ASN1_INTEGER_to_BN(number, NULL) : NULL;
	return crl->number ? 0 : err_set(e, EBADMSG, "CRL: CRL number cannot be read");
}

int crl_read(struct crl *ret, struct sv in, struct err *e)
{
	static const int known[2] = {NID_issuing_distribution_point, NID_authority_key_identifier};
	struct crl crl = {0};
	int err;

	if (in.l > CRL_MAX_LEN)
		return err_set(e, EBADMSG, "CRL: expected %u octets at the most, got %zu",
			       CRL_MAX_LEN, in.l);
	crl.x = decode(in);
	if (!crl.x)
		return ossl_error(e, EBADMSG, "CRL: expected a CRL in PEM or DER");
	if (X509_CRL_get_version(crl.x) != X509_CRL_VERSION_2)
		err = err_set(e, EBADMSG, "CRL: expected version 2, got version %ld",
			      X509_CRL_get_version(crl.x) + 1);
	else
		err = check_critical(X509_CRL_get0_extensions(crl.x), known, "it", e);
	if (!err)
		err = check_scope(crl.x, e);
	if (!err)
		err = check_entries(crl.x, e);
	if (!err)
		err = read_dates(&crl, e);
	if (!err)
		err = read_number(&crl, e);
	if (err)
		crl_clear(&crl);
	else
		*ret = crl;
	return err;
}

void crl_clear(struct crl *crl)
{
	X509_CRL_free(crl->x);
	BN_free(crl->number);
	*crl = (struct crl){0};
}

bool crl_lists(const struct crl *crl, X509 *x)
{
	X509_REVOKED *entry;

	/* the lookup by serial number alone does not see entries of another issuer than the CRL's
	 * own. Whatever the answer is but "no": refuse */
	return X509_CRL_get0_by_cert(crl->x, &entry, x) != 0;
}
