/** @file vector_list.h  The table of published lists. */
#ifndef OOBSIM_VECTOR_LIST_H
#define OOBSIM_VECTOR_LIST_H

#include "sim/oobsim/vector/vector.h"

/** A list: what is peculiar to it */
struct vector_list_row {
	const char *id, *title;
	enum reason reason;
	bool ca; /**< it is asked for as one of an STI-CA, not of the STI-PA */
	struct vector_jws jws;
	const char *signer; /**< id of the certificate whose key signs; NULL: the usual one */
	const char *chain;  /**< what its x5u gives; NULL: the signer's certificate */
	const char *
		held; /**< merge patch of the claims of a list that is held already; NULL: none is */
	bool held_ca; /**< of an STI-CA */
	const char *trust, *clause;
};

extern const struct vector_list_row vector_list_rows[];
extern const size_t vector_list_rows_n;

#endif
