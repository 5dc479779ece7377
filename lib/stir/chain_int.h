/** @file chain_int.h  Between the files of chain.h: the graph of a call's PASSporTs. */
#ifndef STIR_CHAIN_INT_H
#define STIR_CHAIN_INT_H

#include <stdint.h>

#include "lib/stir/chain.h"

/** A set of items: bit i is item i */
typedef uint64_t chain_set;
_Static_assert(CHAIN_ITEMS_MAX <= 64, "an item has no bit");

#define CHAIN_BIT(i) (UINT64_C(1) << (i))

/** May the signer of a div divert its number? */
enum chain_right { RIGHT_YES, RIGHT_NO, RIGHT_UNKNOWN };

struct chain_graph {
	const struct chain_opts *opts;
	const struct chain_call *call;
	const struct chain_item *items;
	size_t n;
	chain_set present; /**< looked at, by chain_call.ways */
	chain_set divs, unknown, aside;
	chain_set called; /**< dest has the called number */
	chain_set next[CHAIN_ITEMS_MAX];
	enum chain_right right[CHAIN_ITEMS_MAX]; /**< of divs */
};

/** How a walk came to each item that it reached */
struct chain_walk {
	chain_set reached;
	size_t depth[CHAIN_ITEMS_MAX];
	size_t before[CHAIN_ITEMS_MAX];
};

void chain_graph_make(struct chain_graph *g, const struct chain_opts *opts,
		      const struct chain_call *call, const struct chain_item *items, size_t n);

/** Is this row of verify.h not left out? */
bool chain_wants(const struct chain_graph *g, const char *row);

/** All shortest ways from an item that go through `through` only and have at most max_depth links */
void chain_walk(const struct chain_graph *g, struct chain_walk *ret, size_t from, chain_set through,
		size_t max_depth);

/** What leads to the first PASSporT of a chain: it is an original, or a div that nothing leads to,
 * or one that only a ring leads to */
enum chain_start { START_ORIGINAL, START_NONE, START_RING };

/** The chain that begins at this item: found, and judged */
void chain_from(const struct chain_graph *g, struct chain *ret, size_t from,
		enum chain_start start);

#endif
