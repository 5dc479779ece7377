/** @file vector_call.h  The table of calls. */
#ifndef OOBSIM_VECTOR_CALL_H
#define OOBSIM_VECTOR_CALL_H

#include "sim/oobsim/vector/vector.h"

/** The caller, whom he called, and to whom the call was retargeted, once and again */
#define CALL_A VECTOR_ORIG
#define CALL_B VECTOR_DEST
#define CALL_C "13035550100"
#define CALL_D "14045550100"

#define CALL_ITEMS  4
#define CALL_OWNERS 2

/** A PASSporT of the call; all NULL: the original, A to B, in-band, fresh, signed by the caller's provider */
struct vector_call_item {
	const char *div;         /**< the number that was retargeted; NULL: an original */
	const char *orig, *dest; /**< NULL: A, B */
	int64_t age_s;
	const char *cred;      /**< NULL: "osp" */
	struct vector_jws jws; /**< members that are not NULL go before what the others make */
	bool out_of_band;
	size_t same_as; /**< drawn as the item of that place, from 1; 0: by itself */
};

struct vector_call_row {
	const char *id, *title;
	enum reason reason;
	const char *called; /**< number that the INVITE is for; NULL: B */
	size_t n;
	struct vector_call_item items[CALL_ITEMS];
	const struct vector_call_item *many; /**< instead of items */
	struct {
		const char *number, *ocn;
	} owners[CALL_OWNERS]; /**< who has the right to a number */
	size_t about; /**< the verdict is about this PASSporT (from 1), not about the call; 0: the call */
	const char *clause;
};

extern const struct vector_call_row vector_call_rows[];
extern const size_t vector_call_rows_n;

#endif
