/** @file identity.h  The SIP Identity header's value (RFC 8224 §4, §4.1). */
#ifndef STIR_IDENTITY_H
#define STIR_IDENTITY_H

#include "lib/base/buf.h"
#include "lib/base/sv.h"
#include "lib/stir/reason.h"

/** One value, as views into the header's text */
struct identity {
	struct sv token; /**< the PASSporT: octets before the first `;`, without blanks around */
	struct sv info;  /**< URI without the angle brackets; empty when absent */
	struct sv alg;   /**< without quotes; empty when absent */
	struct sv ppt;   /**< without quotes; empty when absent */
};

/**
 * Take the next value of a header that may hold several, comma separated (we emit one per line, we
 * accept both). Parameters in any order, names in any case, blanks and folding around `;` and `=`,
 * values quoted or not, unknown parameters passed over.
 *
 * @param rest   In: what is left of the header's text; out: what follows
 * @param ret    The value; untouched on failure
 * @param fault  Filled on EBADMSG: REASON_IDENTITY_FORM (also for info, alg or ppt given twice),
 *               REASON_INFO_MISSING. rest has then still moved behind the bad value
 *
 * @return 0, EBADMSG, ENOENT when nothing is left
 */
int identity_next(struct sv *rest, struct identity *ret, struct fault *fault);

/** Append `token;info=<x5u>;alg=ES256;ppt="shaken"` (no ppt parameter when ppt is empty). */
int identity_print(struct buf *ret, struct sv token, struct sv info, struct sv ppt);

#endif
