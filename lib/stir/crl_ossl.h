/** @file crl_ossl.h  Reading the STI-PA's indirect CRL (RFC 5280 §5, ATIS-1000080 §6.3). For
 * lib/stir only.
 *
 * OpenSSL's own path validation cannot use it: it wants CRL and certificate to end at the same
 * trust anchor, and the STI-PA's root is no STI-CA's root. So whoever uses the CRL checks its
 * signer, and asks it certificate by certificate.
 */
#ifndef STIR_CRL_OSSL_H
#define STIR_CRL_OSSL_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/stir/ossl.h"

/** Octets of a CRL at the most */
#define CRL_MAX_LEN (16u << 20)

/** A CRL that has been read */
struct crl {
	X509_CRL *x; /**< owned */
	int64_t this_update_s, next_update_s;
	BIGNUM *number; /**< CRL number, owned; NULL when it has none */
};

/**
 * Read a CRL (PEM or DER), and see that all of it is understood: version 2, indirectCRL over all
 * certificates and all reasons, thisUpdate and nextUpdate, no delta, no critical extension that is
 * not known here.
 *
 * @return 0, EBADMSG with text, ENOMEM
 */
int crl_read(struct crl *ret, struct sv in, struct err *e);

/** Free what it holds; safe on a zeroed struct */
void crl_clear(struct crl *crl);

/** Does it list the certificate, by issuer and serial number? */
bool crl_lists(const struct crl *crl, X509 *x);

#endif
