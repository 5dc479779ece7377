/** @file key_ossl.h  The OpenSSL side of key.h. For lib/stir only: OpenSSL types stay inside this folder. */
#ifndef STIR_KEY_OSSL_H
#define STIR_KEY_OSSL_H

#include <stdbool.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

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

/** The same for whatever kind of key; it signs with the nonces of RFC 6979. @return 0; ENOMEM */
int key_from_pkey_fixed(struct stir_key **ret, EVP_PKEY *pkey);

/** Sign a certificate or a CRL, in the way that the key signs. @return 0; EINVAL (no private part); EIO, ENOMEM */
int key_sign_x509(const struct stir_key *key, X509 *x);
int key_sign_crl(const struct stir_key *key, X509_CRL *crl);

/** Does it sign with the nonces of RFC 6979? */
bool key_is_fixed(const struct stir_key *key);

/* ---- rfc6979.c ---- */

/** Octets of R and S together, at the most: P-384 */
#define RFC6979_SIG_MAX 96

/**
 * ECDSA with the nonce of RFC 6979 3.2, for curves whose order has as many bits as their hash: SHA-256 (256 bits), SHA-384
 * (384 bits). Not in constant time: for keys that are no secret.
 *
 * @param ret  R and S, each as long as the order
 *
 * @return octets of ret; 0 when it cannot be: no private key, another curve, out of memory
 */
size_t rfc6979_sign(uint8_t ret[RFC6979_SIG_MAX], EVP_PKEY *pkey, struct sv data);

/** The hash that belongs to a key of an EC curve; NULL for any other key */
const EVP_MD *rfc6979_hash(const EVP_PKEY *pkey);

#endif
