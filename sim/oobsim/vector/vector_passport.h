/** @file vector_passport.h  The table of PASSporTs. */
#ifndef OOBSIM_VECTOR_PASSPORT_H
#define OOBSIM_VECTOR_PASSPORT_H

#include "sim/oobsim/vector/vector.h"

/** A PASSporT: what is peculiar to it */
struct vector_passport_row {
	const char *id, *title;
	enum reason reason;
	struct vector_jws jws;
	const char *by;          /**< NULL: "cps vs" */
	const char *clause;      /**< NULL: that of the reason */
	const char *cred;        /**< id of a vector_cred_row; NULL: "osp" */
	const char *x5u;         /**< NULL: where the credential is published */
	const char *orig, *dest; /**< of the call, and of the usual token; NULL: the usual ones */
};

extern const struct vector_passport_row vector_passport_rows[];
extern const size_t vector_passport_rows_n;

#endif
