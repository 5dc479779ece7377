/** @file discovery.h  Which CPS takes the PASSporTs of a call (clause 6): called digits → OCN →
 * URL.
 *
 * Two tables: number ranges to the OCN of the provider that serves them, and OCNs to CPS URLs. Rows
 * are added by whoever has a source of them, a configuration or a list. DISC-01, AS-08, AS-09.
 */
#ifndef STIR_DISCOVERY_H
#define STIR_DISCOVERY_H

#include "lib/base/err.h"
#include "lib/base/sv.h"
#include "lib/base/tn.h"

struct discovery;

/** @return 0, ENOMEM */
int discovery_alloc(struct discovery **ret);
/** Accepts NULL */
void discovery_free(struct discovery *d);

/**
 * Numbers that begin with `prefix` are served by the provider of this OCN. The longest prefix wins.
 *
 * @param prefix  1 to 15 digits of a canonical number
 * @param ocn     1 to SPC_MAX characters
 *
 * @return 0; EINVAL with text (not a prefix, not an OCN, the prefix is there already); ENOMEM
 */
int discovery_add_number(struct discovery *d, struct sv prefix, struct sv ocn, struct err *e);

/**
 * The CPS of an OCN.
 *
 * @param url  Complete target of the POST; https only: the connection to the CPS must be secured
 * using HTTPS (5.1)
 *
 * @return 0; EINVAL with text (not an https URL, not an OCN, the OCN has one already); ENOMEM
 */
int discovery_add_cps(struct discovery *d, struct sv ocn, struct sv url, struct err *e);

/** What is known of the call */
struct discovery_query {
	const struct tn *called;
};

/** Where its PASSporTs go; the strings belong to the discovery */
struct discovery_route {
	const char *ocn; /**< NULL: the number is in no range */
	const char *url; /**< NULL: not found */
};

/**
 * Find the CPS of a call.
 *
 * @param ret  Filled as far as the search came
 * @param e    Why there is none, for the trace
 *
 * @return 0; ENOENT with text: no POST is made then, and the call goes on (5.2)
 */
int discovery_find(const struct discovery *d, const struct discovery_query *query,
		   struct discovery_route *ret, struct err *e);

#endif
