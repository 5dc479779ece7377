/** @file answer.h  The parts that answers to the CSCF are made of (5.3 step 10, VS-03), whichever way it
 * asked. */
#ifndef REF_VS_ANSWER_H
#define REF_VS_ANSWER_H

#include "lib/base/buf.h"
#include "lib/stir/passport.h"
#include "ref-vs/core.h"

/** Octets of the lines of one answer at the most */
#define ANSWER_LINES_MAX ((size_t)(BUNDLE_MAX + 2) * (PASSPORT_MAX_LEN + 4096))

/**
 * Append the lines of an answer that lets the call go on: P-Asserted-Identity with the verstat; the
 * PASSporTs that were received out-of-band as Identity headers, info from their x5u; where verification
 * failed, a Reason header (RFC 9410 §4), with several PASSporTs one for each that failed, which names it
 * by ppi (§5).
 *
 * @param domain  Host of the P-Asserted-Identity
 */
void answer_lines(struct buf *ret, const struct question *q, const struct verdict *verdict,
		  const char *domain);

/** Did a PASSporT that decided fail in a way that the CSCF is to be told? */
bool answer_has_reason(const struct verdict *verdict);

#endif
