/** @file key.h  EC P-256 keys and the ES256 signature of JWS (RFC 7518 §3.4): raw R‖S, 64 octets. */
#ifndef STIR_KEY_H
#define STIR_KEY_H

#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/sv.h"

/** Octets of an ES256 signature: R and S, each 32 octets big-endian, left padded with zeros */
#define ES256_SIG_LEN 64

/** A private or a public key, counted references. Parsed once, used for many signatures */
struct stir_key;

/** Make a new P-256 key pair. @return 0, ENOMEM */
int key_generate(struct stir_key **ret);

/**
 * A key that is made of octets, and that signs with the nonces of RFC 6979: on every machine the same octets give the same
 * key, and the same data the same signature. For test vectors: whoever knows the octets has the key.
 *
 * @param kind    "P-256"; for certificates that are wrong on purpose also "P-384", "secp256k1" (the private number, 32 or 48
 *                octets) and "RSA" (256 octets that a modulus is made of: it can be certified, and signs nothing)
 *
 * @return 0; EINVAL (no such kind, another length, a number that is zero or not below the order); ENOMEM
 */
int key_from_octets(struct stir_key **ret, const char *kind, const uint8_t *octets, size_t len);

/** Read a private key from PEM (SEC 1 or PKCS #8). @return 0; EBADMSG (not PEM, or not P-256) with text */
int key_parse_private(struct stir_key **ret, struct sv pem, struct err *e);

/** Read a private key from a file; the error names the path */
int key_load_private(struct stir_key **ret, const char *path, struct err *e);

/** Read a public key from PEM (SubjectPublicKeyInfo) */
int key_parse_public(struct stir_key **ret, struct sv pem, struct err *e);

/** Write the private key as PKCS #8 PEM into a new file of mode 0600. @return 0, EEXIST, EIO … with text */
int key_save_private(const struct stir_key *key, const char *path, struct err *e);

struct stir_key *key_ref(struct stir_key *key);
/** Drop a reference; accepts NULL */
void key_unref(struct stir_key *key);

/** Sign with ES256 and random nonces; a key of key_from_octets() with those of RFC 6979. @return 0; EINVAL (no private part,
 * or of an order that is not of 32 octets); EIO */
int key_sign(const struct stir_key *key, struct sv data, uint8_t sig[ES256_SIG_LEN]);

/**
 * Check an ES256 signature.
 *
 * @return 0; EBADMSG when it does not verify (also R or S of zero, or not below the order); EINVAL without a key; EIO
 *         when the library fails (never "does not verify")
 */
int key_verify(const struct stir_key *key, struct sv data, const uint8_t sig[ES256_SIG_LEN]);

#endif
