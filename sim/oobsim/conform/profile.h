/** @file profile.h  Which SIP statuses stand for a reason, where standards and known implementations differ.
 *
 * RFC 8224 §6.2.2 gives four codes, and leaves it open which of them many a failure is: a parameter that is missing (436 or
 * 438), an algorithm (437 or 438), a certificate that is expired. A profile says which of them a case accepts; what came stands
 * in its result. Over HTTP the same number is `reasoncode` (ATIS-1000082).
 */
#ifndef CONFORM_PROFILE_H
#define CONFORM_PROFILE_H

#include <stdbool.h>

#include "lib/base/buf.h"
#include "lib/base/sv.h"
#include "lib/stir/reason.h"

enum profile {
	PROFILE_RFC8224, /**< what RFC 8224 says; where it names no code, those that it could mean */
	PROFILE_ATIS_1000074, /**< what verification services after ATIS-1000074 and ATIS-1000082 give */
	PROFILE_LENIENT,      /**< what any known implementation gives */
	PROFILES,
};

/** "rfc8224", "atis-1000074", "lenient", ended by NULL */
extern const char *const profile_words[PROFILES + 1];

/** @return false when there is none of that name */
bool profile_from_name(enum profile *ret, struct sv name);

/** May a refusal for this reason have this status? */
bool profile_allows(enum profile profile, enum reason reason, unsigned status);

/** Append "436 or 438" */
void profile_print(struct buf *ret, enum profile profile, enum reason reason);

/** Where it is said; "" for a reason that is no PASSporT's */
const char *profile_clause(enum reason reason);

#endif
