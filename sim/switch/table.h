/** @file table.h  Who a request comes from, and where a number is: the switch's tables. They decide, they do nothing. */
#ifndef SWITCH_TABLE_H
#define SWITCH_TABLE_H

#include "lib/net/sip.h"
#include "sim/switch/conf.h"

enum sw_side { SW_ORIGINATING, SW_TERMINATING, SW_TRANSIT };

/** "originating", … as in the trace */
extern const char *const sw_side_names[];

/** What happens to a call */
struct sw_plan {
	enum sw_side side;
	bool ask_as, ask_vs;
	bool own;             /**< the called number is a subscriber's: next_hop is the phone */
	const char *next_hop; /**< borrowed from the configuration; NULL when there is none, and
				 retarget is unconditional */
	const struct sw_retarget *retarget; /**< NULL: the call stays with its number */
};

struct sw_table;

/** @param conf  Borrowed for the life of the table
 * @return 0; EINVAL with text (a prefix or an address twice); ENOMEM */
int sw_table_alloc(struct sw_table **ret, const struct sw_conf *conf, struct err *e);
/** Accepts NULL */
void sw_table_free(struct sw_table *t);

/** Which kind of neighbour sent it? @return 0; ENOENT */
int sw_table_sender(const struct sw_table *t, const struct sip_rx *rx, enum sw_kind *ret);

/**
 * Plan a call.
 *
 * @param called  Number that was dialled: a subscriber is found by it
 * @param rn      Routing number, or NULL: other networks are found by it first (RFC 4694 §5)
 *
 * @return 0; ENOENT: no route
 */
int sw_table_plan(const struct sw_table *t, enum sw_kind from, const struct tn *called,
		  const struct tn *rn, struct sw_plan *ret);

/** What a number portability query says: the routing number of the switch that serves it now, "+1…". NULL:
 * it is not ported */
const char *sw_table_rn(const struct sw_table *t, const struct tn *called);

/** "+10288": the carrier that takes calls to this number; NULL: none does */
const char *sw_table_cic(const struct sw_table *t, const struct tn *called);

/** Digits of a prefix, whether it is written with "+" or without */
struct sv sw_prefix(struct sv written);

#endif
