/** @file passport_store_in.h  What the files of the store share; nobody else includes it.
 *
 * passport_store.c: keeping and deleting. passport_store_find.c: which PASSporTs belong to a call. */
#ifndef STIR_PASSPORT_STORE_IN_H
#define STIR_PASSPORT_STORE_IN_H

#define HASH_NONFATAL_OOM 1
#include <uthash.h>
#include <utlist.h>

#include "lib/base/tn_pair.h"
#include "lib/stir/bundle.h"
#include "lib/stir/passport_store.h"

/** Requests for the same two numbers that one search looks at: keeps it O(1) when thousands wait */
#define LOOK_MAX 32

/** That a PASSporT can be found in a place, or that a div refers to it */
struct link {
	struct entry *entry;
	struct place *place;
	struct link *prev, *next;
};

/** All that can be found by one pair, the oldest first, and the divs that refer to it */
struct place {
	struct tn_pair pair;
	struct link *links;
	struct link *refs;
	UT_hash_handle hh;
};

/** What came in one request */
struct group {
	struct entry *entries;
	size_t n;
};

/** What a PASSporT says of its dest */
enum entry_kind {
	SAYS_WHO,  /**< who calls it: shaken, base, div-o (which holds what it refers to) */
	SAYS_DIV,  /**< from which number the call was retargeted to it */
	SAYS_MORE, /**< something else of the call: rph, rcd, a type not known here */
};

struct entry {
	struct passport *pp;
	enum entry_kind kind;
	struct tn_pair refers; /**< SAYS_DIV: orig and the div number */
	struct link ref;       /**< its link in that place; place NULL without */
	struct group *group;
	struct entry *prev, *next; /**< in its group */
	uint64_t came_ms;          /**< wall clock */
	int64_t due_s;             /**< deleted when the clock shows this */
	struct entry *due_prev, *due_next;
	UT_hash_handle hh; /**< by signing input: ECDSA signatures are malleable, so not by token */
	size_t nlinks;
	struct link links[];
};

/** Entries that are due in one second */
struct slot {
	struct entry *entries;
};

/**
 * Entries that are due in the same second share a slot of a ring, so that keeping, deleting and the
 * sweep are O(1) for an entry, in whatever order the iat values come. The ring is longer than the
 * furthest due time (iat may lie one freshness ahead of the clock).
 */
struct passport_store {
	struct passport_store_opts opts;
	const struct env *env;
	struct entry *by_input;
	struct place *places;
	size_t size;
	int64_t swept_s;   /**< the sweep has been here */
	int64_t soonest_s; /**< nothing is due earlier; INT64_MAX when empty */
	size_t nslots;
	struct slot slots[];
};

/** @return NULL when there is none */
struct place *store_place(const struct passport_store *st, const struct tn_pair *pair);

/** What there is for one call */
struct found {
	struct entry *v[BUNDLE_MAX];
	size_t n;
};

/** @return Is the chain whole? Then ret holds it; else what there is */
bool store_find(const struct passport_store *st, const struct tn_pair *call, struct found *ret);

/** Pairs to wake at the most for one PASSporT that comes, beside its own */
#define WAKE_MAX 64

/**
 * The calls that may have got whole by something that came for `from`: along the divs that refer to it.
 *
 * @param ret  WAKE_MAX places; a pair once
 * @return How many
 */
size_t store_find_waiting(const struct passport_store *st, const struct tn_pair *from,
			  struct tn_pair *ret);

#endif
