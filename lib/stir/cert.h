/** @file cert.h  STI certificates: chains in PEM, TNAuthList, the SHAKEN profile (RFC 8226, ATIS-1000080). */
#ifndef STIR_CERT_H
#define STIR_CERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/sv.h"
#include "lib/stir/key.h"
#include "lib/stir/reason.h"

/** A parsed chain, leaf first; counted references; read-only */
struct cert_chain;

/** Certificates in one chain, and octets of its PEM, at the most */
#define CERT_CHAIN_MAX     6
#define CERT_CHAIN_MAX_LEN 65536

#define SPC_MAX 16

/** One entry of a TNAuthList (RFC 8226 §9) */
struct tnauth {
	enum { TNAUTH_SPC, TNAUTH_RANGE, TNAUTH_ONE } kind;
	char value[SPC_MAX + 1]; /**< SPC, first number of the range, or the number */
	uint64_t count;          /**< TNAUTH_RANGE: 2 or more */
};

#define TNAUTH_MAX 32

/** Decode a DER TNAuthList. @return number of entries in ret, or -1 when it is malformed */
int tnauth_decode(struct tnauth ret[TNAUTH_MAX], const uint8_t *der, size_t len);

/** Append the DER of a TNAuthList. @return 0, EINVAL, ENOMEM */
int tnauth_encode(struct buf *ret, const struct tnauth *v, size_t n);

/**
 * Parse PEM certificates, leaf first. Text around them is passed over.
 *
 * @param fault  REASON_CERT_FORM (no certificate, too many, not DER)
 * @return 0, EBADMSG, ENOMEM
 */
int cert_chain_parse(struct cert_chain **ret, struct sv pem, struct fault *fault);

/** cert_chain_parse() of a file; the error text names the path */
int cert_chain_load(struct cert_chain **ret, const char *path, struct err *e);

struct cert_chain *cert_chain_ref(struct cert_chain *chain);
/** Drop a reference; accepts NULL */
void cert_chain_unref(struct cert_chain *chain);

/** Number of certificates */
size_t cert_chain_count(const struct cert_chain *chain);

/** What people and reports want to know of the i-th certificate (0 is the leaf) */
struct cert_info {
	char subject[256], issuer[256]; /**< RFC 2253 text; cut to fit */
	char serial[64];                /**< hex */
	char crl_url[256];              /**< CRL distribution point; "" when absent */
	int64_t not_before_s, not_after_s;
	struct tnauth tnauth[TNAUTH_MAX];
	int tnauth_count; /**< -1 when the extension is malformed, 0 when absent */
	bool is_ca;
};

int cert_chain_info(const struct cert_chain *chain, size_t i, struct cert_info *ret);

/** Public key of the leaf; borrowed. NULL when it is not P-256 */
const struct stir_key *cert_chain_key(const struct cert_chain *chain);

/**
 * Leaf against the SHAKEN profile: version 3, P-256 (REASON_CERT_KEY), not a CA, key usage digitalSignature,
 * exactly one SPC in the TNAuthList (REASON_CERT_SPC); else REASON_CERT_PROFILE.
 */
int cert_chain_check_profile(const struct cert_chain *chain, struct fault *fault);

/** SPC of the leaf, NUL terminated; "" when there is not exactly one */
const char *cert_chain_spc(const struct cert_chain *chain);

/** Latest not_before and earliest not_after of the leaf (seconds since 1970) */
void cert_chain_validity(const struct cert_chain *chain, int64_t *not_before_s,
			 int64_t *not_after_s);

#endif
