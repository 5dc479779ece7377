/** @file tn_pair.h  The two numbers of a call as a key of hash tables: padded with zeros, hashed and
 * compared as octets. */
#ifndef BASE_TN_PAIR_H
#define BASE_TN_PAIR_H

#include <stdbool.h>
#include <string.h>

#include "lib/base/tn.h"

struct tn_pair {
	struct tn orig;
	struct tn dest;
};

/** @return false when one of the two has no canonical form: ret is then of no use */
static inline bool tn_pair_make(struct tn_pair *ret, struct sv orig, struct sv dest)
{
	struct tn o, d;

	if (tn_canonical(&o, orig) || tn_canonical(&d, dest))
		return false;
	memset(ret, 0, sizeof(*ret));
	memcpy(ret->orig.s, o.s, strlen(o.s));
	memcpy(ret->dest.s, d.s, strlen(d.s));
	return true;
}

#endif
