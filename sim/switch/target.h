/** @file target.h  The Request-URI of a call: the number that it is for, and how it is routed there (RFC
 * 4694): routing number, carrier. Pure text and tables. */
#ifndef SWITCH_TARGET_H
#define SWITCH_TARGET_H

#include "lib/base/buf.h"
#include "lib/base/tn.h"
#include "sim/switch/table.h"

/** Longest Request-URI */
#define SW_URI_MAX 4096

struct sw_target {
	struct buf uri;
	struct tn called; /**< the dialled number */
	struct tn rn;     /**< "" without one */
};

/** Take over a URI. @return 0; EBADMSG (no number in it); EMSGSIZE, ENOMEM */
int sw_target_set(struct sw_target *ret, struct sv uri);

/** Another number in our domain, "+1…". @return as above */
int sw_target_divert(struct sw_target *t, const char *to, const char *domain);

/**
 * Look the number up: `npdi` and `rn` of a ported number, `cic` where a carrier takes its calls. What the URI
 * says of that already is replaced.
 *
 * @param always  npdi also when it is not ported: the query was done
 *
 * @return as above
 */
int sw_target_query(struct sw_target *t, const struct sw_table *table, bool always);

/** Its rn or cic as it stands in the URI; empty view without one */
struct sv sw_target_param(const struct sw_target *t, const char *name);

void sw_target_free(struct sw_target *t);

#endif
