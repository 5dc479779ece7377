/** @file certgen.h  Making the toy PKI: certificates of the SHAKEN profile, the STI-PA's CRL, TLS certificates.
 *
 * The only callers are sti-pki and tests. Everything is PEM in memory; files are the caller's business.
 */
#ifndef STIR_CERTGEN_H
#define STIR_CERTGEN_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/env.h"
#include "lib/base/err.h"
#include "lib/stir/cert.h"
#include "lib/stir/key.h"

enum cert_kind {
	CERT_ROOT,         /**< STI-CA root: self signed, no policy, no CRL distribution point */
	CERT_INTERMEDIATE, /**< STI-CA intermediate: pathLen 0, policy, CRL distribution point */
	CERT_STI_LEAF, /**< end entity: digitalSignature only, policy, CRL distribution point, TNAuthList of one SPC */
	CERT_PA_ROOT,   /**< root of the STI-PA */
	CERT_PA_SIGNER, /**< signs lists (digitalSignature) and the CRL (cRLSign) of the STI-PA */
	CERT_TLS_ROOT,  /**< the world's web CA, which has nothing to do with STI */
	CERT_TLS_LEAF,  /**< server and client authentication, subjectAltName */
	/** signs the lists of an STI-CA: digitalSignature only, policy, CRL distribution point, and no TNAuthList, so that it
	 * can sign no PASSporT and no provider's certificate can sign a list */
	CERT_LIST_SIGNER,
};

struct cert_spec {
	enum cert_kind kind;
	const char *organization; /**< O */
	const char *common_name;  /**< CN; for CERT_STI_LEAF NULL gives "SHAKEN <SPC>" */
	const char *spc;          /**< CERT_STI_LEAF */
	const char *crl_url;      /**< where kind has a CRL distribution point */
	const char *const *san;   /**< CERT_TLS_LEAF: DNS names and IP addresses, NULL terminated */
	bool client_only;         /**< CERT_TLS_LEAF: not for servers */
	int64_t not_before_s, not_after_s;
	const struct tnauth *
		tnauth; /**< instead of the SPC entry, for wrong certificates on purpose; NULL usually */
	size_t tnauth_count;
};

/** Who signs: certificate chain (leaf = the issuer itself) and its key */
struct cert_issuer {
	const struct cert_chain *chain;
	const struct stir_key *key;
};

/**
 * Issue a certificate with C=US and a random serial number of 127 bits.
 *
 * @param ret_pem  The one certificate is appended as PEM
 * @param subject  Key to certify (public part)
 * @param issuer   NULL for a self signed root (then `subject` signs)
 * @param crl_issuer  Certificate whose subject goes into the CRL distribution point as cRLIssuer; NULL without one
 *
 * @return 0; EINVAL with text (what the kind needs is missing or out of bounds); EIO (signing); ENOMEM
 */
int cert_issue(struct buf *ret_pem, const struct cert_spec *spec, const struct stir_key *subject,
	       const struct cert_issuer *issuer, const struct cert_chain *crl_issuer,
	       const struct env *env, struct err *e);

/** Make a PKCS #10 request (PEM) for a key with a TNAuthList of one SPC in its extension request. @return 0, EINVAL, EIO, ENOMEM */
int csr_make(struct buf *ret_pem, const struct stir_key *key, const char *organization,
	     const char *spc, struct err *e);

/**
 * Read an outsider's request: checks its self signature and that the key is P-256.
 *
 * @param ret_key  New reference to its public key
 * @param ret_spc  SPC of the request's TNAuthList, "" when it has none; SPC_MAX + 1 octets
 * @param ret_org  O of its subject, "" when it has none; cut to fit
 *
 * @return 0; EBADMSG with text; ENOMEM
 */
int csr_read(struct stir_key **ret_key, char ret_spc[SPC_MAX + 1], char *ret_org, size_t org_size,
	     struct sv pem, struct err *e);

/** A certificate that the STI-PA has revoked */
struct crl_entry {
	const struct cert_chain *chain; /**< its leaf is meant */
	int64_t revoked_s;              /**< when; seconds since 1970 */
};

/**
 * Make the STI-PA's indirect CRL (PEM): IssuingDistributionPoint with indirectCRL, each entry with CertificateIssuer.
 *
 * @param signer   STI-PA signer
 * @param revoked  Certificates to list
 * @param number   CRL number (RFC 5280 §5.2.3): each CRL has a higher one than the one before
 */
int crl_make(struct buf *ret_pem, const struct cert_issuer *signer, const struct crl_entry *revoked,
	     size_t n, int64_t number, int64_t this_update_s, int64_t next_update_s, struct err *e);

/** The same CRL as DER, as it is served and as it stands in a file. @return 0; EBADMSG with text; ENOMEM */
int crl_der(struct buf *ret, struct sv pem, struct err *e);

#endif
