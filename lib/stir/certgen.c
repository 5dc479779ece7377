/* The SHAKEN certificate profile (ATIS-1000080 §6.4.1) as a table, one row a kind of certificate.
 */
#include <errno.h>
#include <string.h>

#include <openssl/pem.h>

#include "lib/stir/certgen.h"
#include "lib/stir/certgen_ossl.h"
#include "lib/stir/key_ossl.h"

/* At least 64 random bits are asked for. The first octet is 0x40 to 0x7f: positive, always 16
 * octets */
#define SERIAL_LEN 16

#define CA   "critical,CA:TRUE"
#define LAST "critical,CA:TRUE,pathlen:0"
#define EE   "critical,CA:FALSE"

static const struct profile {
	const char *basic, *usage; /* in the words of OpenSSL's configuration files */
	bool root;
	bool sti; /* with CertificatePolicies and CRLDistributionPoints */
	bool tnauth;
	bool tls;
} profiles[] = {
	/* clang-format off */
	[CERT_ROOT]         = {CA,   "critical,keyCertSign,cRLSign",      true,  false, false, false},
	[CERT_INTERMEDIATE] = {LAST, "critical,keyCertSign,cRLSign",      false, true,  false, false},
	[CERT_STI_LEAF]     = {EE,   "critical,digitalSignature",         false, true,  true,  false},
	[CERT_PA_ROOT]      = {CA,   "critical,keyCertSign,cRLSign",      true,  false, false, false},
	[CERT_PA_SIGNER]    = {EE,   "critical,digitalSignature,cRLSign", false, false, false, false},
	[CERT_TLS_ROOT]     = {CA,   "critical,keyCertSign,cRLSign",      true,  false, false, false},
	[CERT_TLS_LEAF]     = {EE,   "critical,digitalSignature",         false, false, false, true},
	[CERT_LIST_SIGNER]  = {EE,   "critical,digitalSignature",         false, true,  false, false},
	/* clang-format on */
};

/* What the steps of making one certificate share */
struct making {
	X509 *x;
	X509 *issuer; /* x itself for a root */
	const struct cert_spec *spec;
	const struct profile *profile;
	const struct cert_chain *crl_issuer;
	struct err *e;
};

static int check_spec(const struct making *m)
{
	const struct cert_spec *spec = m->spec;
	const struct profile *p = m->profile;

	if (p->root != (m->issuer == m->x))
		return err_set(m->e, EINVAL, "issuer: a root signs itself, and nothing else does");
	if (!spec->organization)
		return err_set(m->e, EINVAL, "organization: expected a name, got none");
	if (!spec->common_name && !(p->tnauth && spec->spc))
		return err_set(m->e, EINVAL, "common name: expected one, got none");
	if (p->tnauth && !spec->spc && !spec->tnauth_count)
		return err_set(m->e, EINVAL, "SPC: expected one, got none");
	if (p->sti && (!spec->crl_url || !m->crl_issuer))
		return err_set(m->e, EINVAL, "CRL: expected a URL and the CRL's issuer");
	if (p->tls && (!spec->san || !spec->san[0]))
		return err_set(m->e, EINVAL, "subjectAltName: expected a name, got none");
	if (spec->not_before_s > spec->not_after_s)
		return err_set(m->e, EINVAL, "validity: ends before it begins");
	return 0;
}

static int set_serial(X509 *x, const struct env *env)
{
	uint8_t octets[SERIAL_LEN];
	AUTO(BN_free) BIGNUM *bn = NULL;

	env->random(env->ctx, octets, sizeof(octets));
	octets[0] = (uint8_t)((octets[0] & 0x3f) | 0x40);
	bn = BN_bin2bn(octets, sizeof(octets), NULL);
	return bn && BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(x)) ? 0 : ENOMEM;
}

static int set_names(struct making *m)
{
	char cn[sizeof("SHAKEN ") + SPC_MAX];
	int err;

	(void)snprintf(cn, sizeof(cn), "SHAKEN %s", m->spec->spc ? m->spec->spc : "");
	err = dn_fill(X509_get_subject_name(m->x), m->spec->organization,
		      m->spec->common_name ? m->spec->common_name : cn, m->e);
	if (err)
		return err;
	return X509_set_issuer_name(m->x, X509_get_subject_name(m->issuer)) ? 0 : ENOMEM;
}

static int set_base(struct making *m, const struct stir_key *subject, const struct env *env)
{
	int err = set_serial(m->x, env);

	if (!err)
		err = set_names(m);
	if (err)
		return err;
	if (!X509_set_version(m->x, X509_VERSION_3) || !X509_set_pubkey(m->x, key_pkey(subject)))
		return ossl_error(m->e, EINVAL, "subject's key");
	/* GeneralizedTime from 2050 on: ASN1_TIME_adj() chooses as RFC 5280 §4.1.2.5 says */
	if (!ASN1_TIME_adj(X509_getm_notBefore(m->x), m->spec->not_before_s, 0, 0) ||
	    !ASN1_TIME_adj(X509_getm_notAfter(m->x), m->spec->not_after_s, 0, 0))
		return ossl_error(m->e, EINVAL, "validity");
	return 0;
}

static int add_text(struct making *m, int nid, const char *value)
{
	AUTO(X509_EXTENSION_free) X509_EXTENSION *ext = NULL;
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, m->issuer, m->x, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	if (!ext || !X509_add_ext(m->x, ext, -1))
		return ossl_error(m->e, EINVAL, OBJ_nid2sn(nid));
	return 0;
}

static int add_tnauth(struct making *m)
{
	AUTO(X509_EXTENSION_free) X509_EXTENSION *ext = NULL;
	const struct tnauth *v = m->spec->tnauth;
	size_t n = m->spec->tnauth_count;
	struct tnauth one;
	int err;

	if (!n) {
		err = spc_entry(&one, m->spec->spc, m->e);
		if (err)
			return err;
		v = &one;
		n = 1;
	}
	err = ext_tnauth(&ext, v, n, m->e);
	if (err)
		return err;
	return X509_add_ext(m->x, ext, -1) ? 0 : ENOMEM;
}

static int add_sti(struct making *m)
{
	const X509_NAME *crl_issuer = X509_get_subject_name(cert_chain_x509(m->crl_issuer, 0));
	AUTO(CRL_DIST_POINTS_free)
	CRL_DIST_POINTS *points = ext_crl_points(m->spec->crl_url, crl_issuer);
	AUTO(CERTIFICATEPOLICIES_free) CERTIFICATEPOLICIES *policies = ext_policies();

	if (!policies || !points ||
	    X509_add1_ext_i2d(m->x, NID_certificate_policies, policies, 0, 0) != 1 ||
	    X509_add1_ext_i2d(m->x, NID_crl_distribution_points, points, 0, 0) != 1)
		return ENOMEM;
	return 0;
}

static int add_tls(struct making *m)
{
	BUF_AUTO struct buf san = BUF(65536);
	int err = add_text(m, NID_ext_key_usage,
			   m->spec->client_only ? "clientAuth" : "serverAuth,clientAuth");

	if (!err)
		err = ext_san_text(&san, m->spec->san, m->e);
	return err ? err : add_text(m, NID_subject_alt_name, san.p);
}

static int add_extensions(struct making *m)
{
	int err = add_text(m, NID_basic_constraints, m->profile->basic);

	if (!err)
		err = add_text(m, NID_key_usage, m->profile->usage);
	if (!err)
		err = add_text(m, NID_subject_key_identifier, "hash");
	if (!err)
		err = add_text(m, NID_authority_key_identifier, "keyid:always");
	if (!err && m->profile->sti)
		err = add_sti(m);
	if (!err && m->profile->tnauth)
		err = add_tnauth(m);
	if (!err && m->profile->tls)
		err = add_tls(m);
	return err;
}

static int make(struct making *m, const struct stir_key *subject, const struct stir_key *signer,
		const struct env *env)
{
	int err = check_spec(m);

	if (!err)
		err = set_base(m, subject, env);
	if (!err)
		err = add_extensions(m);
	if (err)
		return err;
	if (key_sign_x509(signer, m->x))
		return ossl_error(m->e, EIO, "signing the certificate");
	return 0;
}

int cert_issue(struct buf *ret_pem, const struct cert_spec *spec, const struct stir_key *subject,
	       const struct cert_issuer *issuer, const struct cert_chain *crl_issuer,
	       const struct env *env, struct err *e)
{
	AUTO(X509_free) X509 *x = X509_new();
	AUTO(BIO_free_all) BIO *out = BIO_new(BIO_s_mem());
	struct making m = {
		.x = x,
		.issuer = issuer ? cert_chain_x509(issuer->chain, 0) : x,
		.spec = spec,
		.profile = &profiles[spec->kind],
		.crl_issuer = crl_issuer,
		.e = e,
	};
	int err;

	err_set(e, 0, "out of memory"); /* until something better is known */
	if (!x || !out)
		return ENOMEM;
	err = make(&m, subject, issuer ? issuer->key : subject, env);
	if (err)
		return err;
	return PEM_write_bio_X509(out, x) ? ossl_take(ret_pem, out) : ENOMEM;
}
