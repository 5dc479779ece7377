/** @file passport.h  PASSporT: full form JWS compact serialisation (RFC 8225 §6, RFC 7515 §3.1).
 *
 * Parsing keeps the octets as received beside the parsed members; a signature is always checked over
 * the received octets. Building writes the deterministic form of RFC 8225 §9.
 */
#ifndef STIR_PASSPORT_H
#define STIR_PASSPORT_H

#include <jansson.h>

#include "lib/base/buf.h"
#include "lib/base/sv.h"
#include "lib/base/tn.h"
#include "lib/stir/key.h"
#include "lib/stir/reason.h"

/** Longest token accepted, octets */
#define PASSPORT_MAX_LEN 8192

/**
 * A parsed PASSporT; counted references, read-only after parsing. The views point into `token` or
 * into the JSON trees and live as long as the struct. A member that is absent, or that has a wrong
 * JSON type, is the empty view (p == NULL); which it was is told by the checks of verify.h.
 */
struct passport {
	struct sv token;         /**< as received, owned */
	struct sv signing_input; /**< header "." payload, as received */
	uint8_t sig[ES256_SIG_LEN];
	json_t *header;               /**< object, no duplicate members */
	json_t *claims;               /**< object, no duplicate members */
	struct sv alg, typ, ppt, x5u; /**< header members */
	struct sv orig_tn;            /**< claims orig.tn */
	struct sv attest, origid;
	struct sv div_tn; /**< claims div.tn: the number that was retargeted (RFC 8946 §3) */
	int64_t iat_s;    /**< NumericDate; 0 unless has_iat */
	bool has_iat;     /**< iat is a JSON integer within 0..2^53 */
	unsigned refs;
};

/**
 * Parse a token: three parts, strict base64url, JSON objects without duplicate members, valid UTF-8,
 * a signature of 64 octets. Says nothing about the members: that is for the checks of verify.h.
 *
 * @param ret    New reference
 * @param token  Octets as received, without surrounding blanks; copied once
 * @param fault  Filled on EBADMSG: REASON_FORM, REASON_COMPACT_FORM, REASON_TOO_LONG, REASON_SIGNATURE
 *               (a signature part of another length)
 *
 * @return 0, EBADMSG, ENOMEM
 */
int passport_parse(struct passport **ret, struct sv token, struct fault *fault);

struct passport *passport_ref(struct passport *pp);
/** Drop a reference; accepts NULL */
void passport_unref(struct passport *pp);

/** Number of strings in claims dest.tn (0 when it is not an array of strings) */
size_t passport_dest_count(const struct passport *pp);
/** The i-th of them, as it stands there */
struct sv passport_dest(const struct passport *pp, size_t i);

/** Does dest.tn hold this canonical number? */
bool passport_dest_has(const struct passport *pp, const struct tn *tn);

/** Does dest.tn hold the number that this div PASSporT says was retargeted? Then `later` may follow `pp` in a chain
 * (RFC 8946 §4.2); for more see chain.h */
bool passport_leads_to(const struct passport *pp, const struct passport *later);

/** What to sign. Strings are borrowed for the call */
struct passport_spec {
	const char *ppt; /**< "shaken", "div", … or NULL for a base PASSporT */
	const char *x5u; /**< certificate URL */
	const struct tn *orig;
	const struct tn
		*dest; /**< dest_count numbers; written in lexicographic order (RFC 8225 §5.2.1) */
	size_t dest_count;
	int64_t iat_s;
	const char *attest; /**< NULL: no such claim */
	const char *origid; /**< NULL: no such claim */
	/** Claim div (RFC 8946 §3): the number that was retargeted, for ppt "div" and for no other. There is no attest
	 * and no origid then, and the number is not in dest: nobody makes a div when the target stays the same */
	const struct tn *div;
	const json_t *extra; /**< further claims (object), or NULL */
};

/**
 * Build and sign a token.
 *
 * @param ret  Token is appended
 * @return 0; EINVAL (spec incomplete, or against what is said at div); EIO (signing failed); ENOMEM, EMSGSIZE
 */
int passport_sign(struct buf *ret, const struct passport_spec *spec, const struct stir_key *key);

/**
 * Sign any header and claims as they are (deterministic form): for tokens that are not PASSporTs
 * (signed lists) and for test tokens.
 */
int jws_sign(struct buf *ret, const json_t *header, const json_t *claims,
	     const struct stir_key *key);

/** Append the deterministic form of RFC 8225 §9: no blanks, members in code point order, recursively.
 * @return 0, EINVAL (not an object or array), ENOMEM, EMSGSIZE */
int json_canonical(struct buf *ret, const json_t *value);

#endif
