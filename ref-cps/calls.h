/** @file calls.h  Answers given to the STI-VS, kept for a bounded time and number.
 *
 * A request for the same call gets the same answer again: the PASSporTs are deleted from the store
 * when they are handed over (CPS-09), so without this a lost response would lose them.
 */
#ifndef REF_CPS_CALLS_H
#define REF_CPS_CALLS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/sv.h"
#include "lib/base/tn.h"

#define CALL_ID_MAX 64

struct calls;

struct call {
	char id[CALL_ID_MAX + 1];
	struct tn orig, dest;
	struct sv body; /**< PASSporTs, one LF between them; empty: there were none */
	size_t count;
};

/** @param max  Answers at the most; the oldest goes first. @return 0, ENOMEM */
int calls_alloc(struct calls **ret, size_t max, int64_t keep_s);
/** Accepts NULL */
void calls_free(struct calls *calls);

/** Keep a copy. @return 0, ENOMEM */
int calls_keep(struct calls *calls, const struct call *call);

/** @return Borrowed until the loop goes on; NULL when there is none of that id */
const struct call *calls_find(const struct calls *calls, struct sv id);

#endif
