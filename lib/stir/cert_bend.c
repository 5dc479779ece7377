#include <errno.h>

#include <openssl/pem.h>

#include "lib/stir/cert_bend.h"
#include "lib/stir/key_ossl.h"
#include "lib/stir/ossl.h"

/* The new extension, or NULL with text */
static X509_EXTENSION *make(const struct bend *b, struct err *e)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	X509V3_set_ctx(&ctx, NULL, NULL, NULL, NULL, X509V3_CTX_TEST);
	ext = X509V3_EXT_nconf(NULL, &ctx, b->name, b->value);
	if (!ext)
		(void)ossl_error(e, EINVAL, b->name);
	return ext;
}

static int no_such(const struct bend *b, struct err *e)
{
	return err_set(e, EINVAL, "%s: expected an extension that is there",
		       b->name ? b->name : "");
}

static int nid_of(const struct bend *b, ASN1_OBJECT **ret)
{
	*ret = OBJ_txt2obj(b->name ? b->name : "", 0);
	return *ret ? 0 : EINVAL;
}

static long version_of(const struct bend *b)
{
	return b->value[0] - '1';
}

/* --- certificates --- */

static int drop(X509 *x, const struct bend *b, struct err *e)
{
	AUTO(ASN1_OBJECT_free) ASN1_OBJECT *oid = NULL;
	int at = nid_of(b, &oid) ? -1 : X509_get_ext_by_OBJ(x, oid, -1);

	if (at < 0)
		return no_such(b, e);
	X509_EXTENSION_free(X509_delete_ext(x, at));
	return 0;
}

static int bend_one(X509 *x, const struct bend *b, struct err *e)
{
	AUTO(X509_EXTENSION_free) X509_EXTENSION *ext = NULL;

	switch (b->what) {
	case BEND_DROP:
		return drop(x, b, e);
	case BEND_ADD:
		ext = make(b, e);
		return !ext ? EINVAL : X509_add_ext(x, ext, -1) ? 0 : ENOMEM;
	case BEND_VERSION:
		return X509_set_version(x, version_of(b)) ? 0 : ENOMEM;
	case BEND_BREAK:
		return 0; /* after signing */
	default:
		return err_set(e, EINVAL, "a change that a certificate cannot have");
	}
}

static void break_signature(const ASN1_BIT_STRING *sig, const struct bend *bends)
{
	for (; bends->what != BEND_END; bends++)
		if (bends->what == BEND_BREAK)
			sig->data[sig->length - 1] ^= 1;
}

int cert_bend(struct buf *ret_pem, struct sv pem, const struct bend *bends,
	      const struct stir_key *signer, struct err *e)
{
	AUTO(BIO_free_all) BIO *in = ossl_reader(pem);
	AUTO(BIO_free_all) BIO *out = BIO_new(BIO_s_mem());
	AUTO(X509_free) X509 *x = in ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;
	const ASN1_BIT_STRING *sig;
	int err = 0;

	if (!x || !out)
		return ossl_error(e, x ? ENOMEM : EINVAL, "expected a certificate in PEM");
	for (const struct bend *b = bends; !err && b->what != BEND_END; b++)
		err = bend_one(x, b, e);
	if (!err)
		err = key_sign_x509(signer, x);
	if (err)
		return err;
	X509_get0_signature(&sig, NULL, x);
	break_signature(sig, bends);
	return PEM_write_bio_X509(out, x) ? ossl_take(ret_pem, out) : ENOMEM;
}

/* --- CRLs --- */

static X509_REVOKED *first_entry(X509_CRL *crl)
{
	return sk_X509_REVOKED_value(X509_CRL_get_REVOKED(crl), 0);
}

static int crl_drop(X509_CRL *crl, const struct bend *b, struct err *e)
{
	AUTO(ASN1_OBJECT_free) ASN1_OBJECT *oid = NULL;
	int at = nid_of(b, &oid) ? -1 : X509_CRL_get_ext_by_OBJ(crl, oid, -1);

	if (at < 0)
		return no_such(b, e);
	X509_EXTENSION_free(X509_CRL_delete_ext(crl, at));
	return 0;
}

static int crl_add(X509_CRL *crl, const struct bend *b, struct err *e)
{
	AUTO(X509_EXTENSION_free) X509_EXTENSION *ext = make(b, e);

	if (!ext)
		return EINVAL;
	if (b->what == BEND_ADD)
		return X509_CRL_add_ext(crl, ext, -1) ? 0 : ENOMEM;
	if (!first_entry(crl))
		return err_set(e, EINVAL, "expected a CRL with an entry");
	return X509_REVOKED_add_ext(first_entry(crl), ext, -1) ? 0 : ENOMEM;
}

static int crl_bend_one(X509_CRL *crl, const struct bend *b, struct err *e)
{
	switch (b->what) {
	case BEND_DROP:
		return crl_drop(crl, b, e);
	case BEND_ADD:
	case BEND_ENTRY:
		return crl_add(crl, b, e);
	case BEND_VERSION:
		return X509_CRL_set_version(crl, version_of(b)) ? 0 : ENOMEM;
	case BEND_BREAK:
		return 0; /* after signing */
	default:
		return err_set(e, EINVAL, "a change that a CRL cannot have");
	}
}

int crl_bend(struct buf *ret_pem, struct sv pem, const struct bend *bends,
	     const struct stir_key *signer, struct err *e)
{
	AUTO(BIO_free_all) BIO *in = ossl_reader(pem);
	AUTO(BIO_free_all) BIO *out = BIO_new(BIO_s_mem());
	AUTO(X509_CRL_free) X509_CRL *crl = in ? PEM_read_bio_X509_CRL(in, NULL, NULL, NULL) : NULL;
	const ASN1_BIT_STRING *sig;
	int err = 0;

	if (!crl || !out)
		return ossl_error(e, crl ? ENOMEM : EINVAL, "expected a CRL in PEM");
	for (const struct bend *b = bends; !err && b->what != BEND_END; b++)
		err = crl_bend_one(crl, b, e);
	if (!err)
		err = key_sign_crl(signer, crl);
	if (err)
		return err;
	X509_CRL_get0_signature(crl, &sig, NULL);
	break_signature(sig, bends);
	return PEM_write_bio_X509_CRL(out, crl) ? ossl_take(ret_pem, out) : ENOMEM;
}
