/** @file tn.h  Telephone numbers in the canonical form of RFC 8224 §8.3. */
#ifndef BASE_TN_H
#define BASE_TN_H

#include <stdbool.h>

#include "lib/base/sv.h"

/** Digits of an E.164 number are 15 at the most; `*` and `#` codes are given the same room */
#define TN_MAX 15

/** A canonical number: 1 to TN_MAX of 0-9 # *, no `+`, with country code; NUL terminated */
struct tn {
	char s[TN_MAX + 1];
};

/**
 * Bring a number to canonical form: cut at the first `;` (tel and user parameters), drop `+ - . ( )`
 * and blanks, and put the country code "1" before ten digits that came without `+` (NANP).
 * Short service codes (911) stay as they are.
 *
 * @param ret  Canonical number; untouched on failure
 * @param in   As written by a person, or in a tel or SIP URI's user part
 *
 * @return 0; EBADMSG when nothing is left, another character is in it, or it is longer than TN_MAX
 */
int tn_canonical(struct tn *ret, struct sv in);

/** Is v in canonical form already (1 to TN_MAX of 0-9 # *)? */
bool tn_is_canonical(struct sv v);

/** View of the digits */
struct sv tn_sv(const struct tn *tn);

bool tn_eq(const struct tn *a, const struct tn *b);

#endif
