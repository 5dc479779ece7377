/** @file path.h  Building and checking a certification path (RFC 5280 §6). For lib/stir only. */
#ifndef STIR_PATH_H
#define STIR_PATH_H

#include "lib/stir/cert_ossl.h"
#include "lib/stir/ossl.h"

/**
 * Path of the i-th certificate of a chain to one of the anchors, at a time.
 *
 * The other certificates of the chain, in any order, are what the path may go through; self signed
 * ones among them are passed over. Every issuer on the path must be a CA by its BasicConstraints
 * and key usage, with a key on P-256 or P-384.
 *
 * @param fault  REASON_CERT_DATE, REASON_CERT_UNTRUSTED (it ends at no anchor), REASON_CERT_KEY (of
 * a CA), REASON_CERT_CHAIN (all else). `want` of REASON_CERT_UNTRUSTED is anchors_text, which may be NULL
 * @return 0, EBADMSG, ENOMEM
 */
int path_check(const struct cert_chain *chain, size_t i, X509_STORE *anchors,
	       const char *anchors_text, int64_t now_s, struct fault *fault);

/** path_check(), and the anchor at which the path ends: a new reference. Untouched on failure */
int path_check_anchor(const struct cert_chain *chain, size_t i, X509_STORE *anchors,
		      const char *anchors_text, int64_t now_s, X509 **ret_anchor,
		      struct fault *fault);

/** Is now within the validity of the certificate? Sets REASON_CERT_DATE. @return 0, EBADMSG */
int path_check_dates(X509 *x, int64_t now_s, struct fault *fault);

#endif
