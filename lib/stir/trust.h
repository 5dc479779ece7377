/** @file trust.h  Whom we trust: the STI-PA's list of approved STI-CAs and its CRL.
 *
 * Fails closed: without a current list nothing is trusted, without a current CRL nothing is known to be
 * unrevoked. Each change of list or CRL raises the generation, so that cached results of an older
 * generation are checked again.
 */
#ifndef STIR_TRUST_H
#define STIR_TRUST_H

#include "lib/base/env.h"
#include "lib/base/err.h"
#include "lib/base/sv.h"
#include "lib/stir/cert.h"
#include "lib/stir/reason.h"

struct trust;

/**
 * @param pa_root_pem  The pinned root certificate of the STI-PA (PEM): the only anchor that is configured
 * @param env          Clock; borrowed
 * @return 0, EBADMSG with text, ENOMEM
 */
int trust_alloc(struct trust **ret, struct sv pa_root_pem, const struct env *env, struct err *e);
/** Accepts NULL */
void trust_free(struct trust *trust);

/**
 * Take a new list of approved STI-CAs: a signed JWT (ATIS-1000084; payload version, sequence, exp, trustList).
 *
 * @param jwt        Token
 * @param chain_pem  Chain of the signer: what the token's x5u gives. Must end at the pinned root
 *
 * @return 0; EALREADY (same sequence and content); EBADMSG with text: form, signature, signer, expired, sequence
 *         lower than what is held. The list held before stays in force
 */
int trust_set_ca_list(struct trust *trust, struct sv jwt, struct sv chain_pem, struct err *e);

/** x5u of a signed list, so that its signer's chain can be fetched. @return new string, NULL when malformed */
char *trust_list_x5u(struct sv jwt);

/**
 * Take a new CRL: the STI-PA's indirect CRL (PEM or DER; RFC 5280 §5, entries with CertificateIssuer).
 *
 * @param chain_pem  Chain of the CRL's signer (PEM), must end at the pinned root; NULL/empty: the root itself signed
 *
 * @return 0; EALREADY (the same CRL); EBADMSG with text: form, signature, signer, out of date, CRL number lower than
 *         what is held, unknown critical extension. The CRL held before stays in force
 */
int trust_set_crl(struct trust *trust, struct sv crl, struct sv chain_pem, struct err *e);

/** Raised by each accepted list or CRL */
uint64_t trust_generation(const struct trust *trust);

/** Wall clock, seconds, at which list or CRL runs out (INT64_MAX: never had one is 0) */
int64_t trust_list_expires_s(const struct trust *trust);
int64_t trust_crl_expires_s(const struct trust *trust);

/** The three parts of a path check, in this order. Each: 0, EBADMSG + fault, ENOMEM.
 * path:    dates (REASON_CERT_DATE), chain to a root of the approved list (REASON_CERT_CHAIN, REASON_CERT_UNTRUSTED,
 *          REASON_CA_LIST_UNUSABLE)
 * revoked: leaf and intermediates against the CRL by (issuer, serial) (REASON_CERT_REVOKED, REASON_CRL_UNUSABLE)
 */
int trust_check_path(const struct trust *trust, const struct cert_chain *chain,
		     struct fault *fault);
int trust_check_revoked(const struct trust *trust, const struct cert_chain *chain,
			struct fault *fault);

/** Whose lists: another root vouches for them */
enum trust_lister { TRUST_STI_PA, TRUST_STI_CA };

/** Where a path ends */
struct trust_anchor {
	char name
		[256]; /**< CN of the root's subject, else all of it as RFC 2253 text; cut to fit */
	char id[65];   /**< SHA-256 of the root certificate, hex: one root, one id */
};

/** trust_check_path(), and the root at which the path ends */
int trust_check_anchor(const struct trust *trust, const struct cert_chain *chain,
		       struct trust_anchor *ret, struct fault *fault);

/** What the i-th certificate of a chain would be called as an anchor */
void trust_anchor_of(struct trust_anchor *ret, const struct cert_chain *chain, size_t i);

/**
 * May this chain's leaf sign lists for the STI-PA, or for an STI-CA that it has approved (6.1.2)? It chains to the pinned
 * root or to one of the list, has the key usage digitalSignature, of an STI-CA is not revoked, and is nobody's whose
 * certificate says which numbers are his (a TNAuthList): a provider chains to its STI-CA too, and does not speak for it.
 *
 * @param fault  what path and revoked say; REASON_LIST_SIGNER
 * @return 0, EBADMSG, ENOMEM
 */
int trust_check_lister(const struct trust *trust, enum trust_lister who,
		       const struct cert_chain *chain, struct trust_anchor *ret,
		       struct fault *fault);

/** When trust_check_lister() must be asked again at the latest, whatever generation it is (seconds since 1970): a
 * certificate of the chain, the list of roots or the CRL runs out */
int64_t trust_lister_until_s(const struct trust *trust, enum trust_lister who,
			     const struct cert_chain *chain);

#endif
