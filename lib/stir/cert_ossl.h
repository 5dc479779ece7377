/** @file cert_ossl.h  The OpenSSL side of cert.h. For lib/stir only. */
#ifndef STIR_CERT_OSSL_H
#define STIR_CERT_OSSL_H

#include <stdbool.h>

#include <openssl/x509.h>

#include "lib/stir/cert.h"

/** id-pe-TNAuthList (RFC 8226 §9), which OpenSSL 3.0 does not know by name */
#define OID_TNAUTHLIST "1.3.6.1.5.5.7.1.26"
/** id-pe-JWTClaimConstraints (RFC 8226 §8) and id-pe-eJWTClaimConstraints (RFC 9118) */
#define OID_CLAIM_CONSTRAINTS  "1.3.6.1.5.5.7.1.27"
#define OID_ECLAIM_CONSTRAINTS "1.3.6.1.5.5.7.1.33"

/** TNAuthList among extensions. @return number of entries, 0 when absent, -1 when malformed or
 * there twice */
int cert_tnauth_read(const STACK_OF(X509_EXTENSION) * exts, struct tnauth ret[TNAUTH_MAX]);

/** The i-th certificate, 0 is the leaf; borrowed; NULL past the end */
X509 *cert_chain_x509(const struct cert_chain *chain, size_t i);

/** Does it name itself as its issuer, and did its own key sign it? */
bool cert_is_self_signed(X509 *x);

/** Earliest not_after of all certificates of the chain, seconds since 1970 */
int64_t cert_chain_earliest_end(const struct cert_chain *chain);

#endif
