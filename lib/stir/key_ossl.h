/** @file key_ossl.h  The OpenSSL side of key.h. For lib/stir only: OpenSSL types stay inside this folder. */
#ifndef STIR_KEY_OSSL_H
#define STIR_KEY_OSSL_H

#include <openssl/evp.h>

#include "lib/stir/key.h"

/** OpenSSL's key; borrowed, lives as long as the key. Certificates and CRLs are signed and checked with it */
EVP_PKEY *key_pkey(const struct stir_key *key);

/**
 * A key around OpenSSL's (for example, the one of a certificate).
 *
 * @param ret   New reference
 * @param pkey  The key takes a reference of its own
 *
 * @return 0; EINVAL (not EC P-256 with a named curve); ENOMEM
 */
int key_from_pkey(struct stir_key **ret, EVP_PKEY *pkey);

#endif
