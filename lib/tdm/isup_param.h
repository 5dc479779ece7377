/** @file isup_param.h  Inside lib/tdm: the parameters of ISUP messages, one row each, for both
 * ways. */
#ifndef TDM_ISUP_PARAM_H
#define TDM_ISUP_PARAM_H

#include "lib/tdm/isup.h"

struct isup_param;

/** How a kind of parameter is coded. `field` is the member of struct isup_msg that the row names */
struct isup_kind {
	bool (*present)(const struct isup_param *p, const void *field);
	/** Append the value's octets. @return 0; EINVAL with text */
	int (*put)(struct buf *ret, const struct isup_param *p, const void *field, struct err *e);
	/** Read the value's octets. @return 0; EBADMSG with text "expected …, got …" */
	int (*get)(void *field, const struct isup_param *p, struct sv value, struct err *e);
};

struct isup_param {
	uint8_t code; /**< 0 ends a table */
	const char *name;
	size_t off; /**< of its member in struct isup_msg */
	const struct isup_kind *kind;
	unsigned form; /**< ISUP_HAS_… of a number; octets of a plain value; 1: TNS with its circuit
			  code */
};

/** Mandatory variable parameters, in the order of their pointers */
extern const struct isup_param isup_iam_variable[], isup_rel_variable[];
/** Optional parameters of the IAM, in the order in which they are sent */
extern const struct isup_param isup_iam_optional[];

#endif
