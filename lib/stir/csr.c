/* PKCS #10 requests: an outsider's key comes in by them (RFC 2986; extension request of RFC 2985
 * §5.4.2). */
#include <errno.h>
#include <string.h>

#include <openssl/pem.h>

#include "lib/stir/certgen.h"
#include "lib/stir/certgen_ossl.h"
#include "lib/stir/key_ossl.h"

DEFINE_AUTO(struct stir_key, key_unref)

typedef STACK_OF(X509_EXTENSION) EXTS;

static void exts_free(EXTS *exts)
{
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
}

DEFINE_AUTO(EXTS, exts_free)

static int add_request(X509_REQ *req, const char *spc, struct err *e)
{
	AUTO(exts_free) EXTS *exts = sk_X509_EXTENSION_new_null();
	X509_EXTENSION *ext = NULL;
	struct tnauth one;
	int err = spc_entry(&one, spc, e);

	if (!err)
		err = ext_tnauth(&ext, &one, 1, e);
	if (err)
		return err;
	if (!exts || !sk_X509_EXTENSION_push(exts, ext)) {
		X509_EXTENSION_free(ext);
		return ENOMEM;
	}
	return X509_REQ_add_extensions(req, exts) ? 0 : ENOMEM;
}

int csr_make(struct buf *ret_pem, const struct stir_key *key, const char *organization,
	     const char *spc, struct err *e)
{
	AUTO(X509_REQ_free) X509_REQ *req = X509_REQ_new();
	AUTO(BIO_free_all) BIO *out = BIO_new(BIO_s_mem());
	char cn[sizeof("SHAKEN ") + SPC_MAX];
	int err;

	err_set(e, 0, "out of memory");
	if (!req || !out)
		return ENOMEM;
	err = add_request(req, spc, e);
	(void)snprintf(cn, sizeof(cn), "SHAKEN %s", spc);
	if (!err)
		err = dn_fill(X509_REQ_get_subject_name(req), organization, cn, e);
	if (err)
		return err;
	if (!X509_REQ_set_version(req, X509_REQ_VERSION_1) ||
	    !X509_REQ_set_pubkey(req, key_pkey(key)) ||
	    !X509_REQ_sign(req, key_pkey(key), EVP_sha256()))
		return ossl_error(e, EIO, "signing the request");
	return PEM_write_bio_X509_REQ(out, req) ? ossl_take(ret_pem, out) : ENOMEM;
}

static int read_key(struct stir_key **ret, X509_REQ *req, struct err *e)
{
	EVP_PKEY *pkey = X509_REQ_get0_pubkey(req);
	int err = pkey ? key_from_pkey(ret, pkey) : EINVAL;

	if (err == EINVAL) {
		ERR_clear_error();
		return err_set(e, EBADMSG, "request: expected a key on EC P-256, got %s",
			       pkey ? EVP_PKEY_get0_type_name(pkey) : "one that cannot be read");
	}
	return err;
}

static int read_spc(char ret_spc[SPC_MAX + 1], X509_REQ *req, struct err *e)
{
	AUTO(exts_free) EXTS *exts = X509_REQ_get_extensions(req);
	struct tnauth v[TNAUTH_MAX];
	int n = exts ? cert_tnauth_read(exts, v) : 0;

	ERR_clear_error();
	ret_spc[0] = '\0';
	if (n == 0)
		return 0;
	if (n != 1 || v[0].kind != TNAUTH_SPC)
		return err_set(e, EBADMSG,
			       "request: expected a TNAuthList of exactly one SPC, got %s",
			       n < 0 ? "one that cannot be read" : "other entries");
	memcpy(ret_spc, v[0].value, SPC_MAX + 1);
	return 0;
}

static void read_organization(char *ret, size_t size, X509_REQ *req)
{
	X509_NAME *subject = X509_REQ_get_subject_name(req);
	int at = X509_NAME_get_index_by_NID(subject, NID_organizationName, -1);
	unsigned char *utf8 = NULL;

	ret[0] = '\0';
	if (at < 0)
		return;
	if (ASN1_STRING_to_UTF8(&utf8,
				X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))) >= 0)
		(void)snprintf(ret, size, "%s", (const char *)utf8);
	OPENSSL_free(utf8);
	ERR_clear_error();
}

int csr_read(struct stir_key **ret_key, char ret_spc[SPC_MAX + 1], char *ret_org, size_t org_size,
	     struct sv pem, struct err *e)
{
	AUTO(BIO_free_all) BIO *in = ossl_reader(pem);
	AUTO(X509_REQ_free) X509_REQ *req = NULL;
	AUTO(key_unref) struct stir_key *key = NULL;
	int err;

	if (!in)
		return err_set(e, ENOMEM, "out of memory");
	req = PEM_read_bio_X509_REQ(in, NULL, NULL, NULL);
	if (!req)
		return ossl_error(e, EBADMSG, "request: expected a PKCS #10 request in PEM");
	err = read_key(&key, req, e);
	if (err)
		return err;
	/* proof that whoever asks holds the private key */
	if (X509_REQ_verify(req, key_pkey(key)) != 1)
		return ossl_error(e, EBADMSG, "request: its own signature does not verify");
	err = read_spc(ret_spc, req, e);
	if (err)
		return err;
	read_organization(ret_org, org_size, req);
	*ret_key = key;
	key = NULL;
	return 0;
}
