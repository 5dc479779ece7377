/** @file passport_store.h  Verified PASSporTs that wait for their call: at a CPS, and at an STI-VS to
 * which its CPS pushes.
 *
 * Kept only after verification (CPS-04), removed when the call is received (CPS-09) or when stale
 * (CPS-10), whichever is first; at most `max` at once (CPS-11, CPS-12). This one is in memory.
 * Results come by handlers, which are called before the function returns. Who has to wait for
 * something to come waits in a room (lib/net/passport_room.h).
 *
 * What belongs to one call:
 * - The PASSporTs of one request: they are found by any (orig, dest) that one of them carries, and are
 *   handed over and deleted as a whole. Where the called number is the last one of a request (no div of
 *   it refers to that number) it is found before one in which the number stands in the middle.
 * - Several requests for one call (5.1): what is about the same numbers, and what a div refers to
 *   (RFC 8946 §4.2: same orig, the div number in dest), over any number of diversions, in whatever
 *   order they came. A chain is whole when it ends at a PASSporT that says who calls: shaken, base or
 *   div-o. Loops end the search and make no chain.
 * - Two calls between the same numbers do not mix: a second PASSporT of one kind (type, signer, dest
 *   and div), and a direct call beside a retargeted one, belong to another call, which gets them when it
 *   asks. The oldest iat goes first, within one second the first that came.
 */
#ifndef STIR_PASSPORT_STORE_H
#define STIR_PASSPORT_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/env.h"
#include "lib/base/tn.h"
#include "lib/stir/passport.h"

/** Numbers in dest.tn of one PASSporT, by which it can be found, at the most */
#define STORE_DESTS_MAX 64

struct passport_store;

struct passport_store_opts {
	size_t max;          /**< PASSporTs at once */
	int64_t freshness_s; /**< stale when iat is older than this */

	/** There may be something new to take for this call: also when what came is what a div to dest
	 * refers to. After the put that brought it has called its handler. May call take */
	void (*arrived)(const struct tn *orig, const struct tn *dest, void *arg);
	/** This one is deleted because it is stale; `size` are left. pp is borrowed */
	void (*stale)(const struct passport *pp, size_t size, void *arg);
	/** Call passport_store_sweep() in so many milliseconds; takes the place of an earlier wish */
	void (*wake_in)(uint64_t ms, void *arg);
	void *arg;
};

/** @param env  Clock; borrowed for the life of the store. @return 0, ENOMEM */
int passport_store_alloc(struct passport_store **ret, const struct passport_store_opts *opts,
			 const struct env *env);
/** Accepts NULL */
void passport_store_free(struct passport_store *store);

/** Number of PASSporTs kept */
size_t passport_store_size(const struct passport_store *store);
/** How many more may be kept: to turn a request away before work is spent on it */
size_t passport_store_room(const struct passport_store *store);
/** Seconds until the first of those kept gets stale, 1 or more: what to say in Retry-After */
int64_t passport_store_retry_s(const struct passport_store *store);
/** Is it (the same signing input) kept still? */
bool passport_store_has(const struct passport_store *store, const struct passport *pp);

struct passport_put {
	int err; /**< 0; ENOSPC: no room; E2BIG: more than STORE_DESTS_MAX numbers in dest; ENOMEM.
		    Then nothing is kept */
	size_t at;   /**< E2BIG: index of the PASSporT */
	size_t kept; /**< new ones; one that was there already (same signing input) is not kept
			twice */
	size_t size; /**< number kept afterwards */
};

typedef void(passport_put_h)(const struct passport_put *res, void *arg);

/**
 * Keep the verified PASSporTs of one request, all or none.
 *
 * @param pp    The store takes references of its own
 * @param n     BUNDLE_MAX at the most
 * @param done  Called once
 */
void passport_store_put(struct passport_store *store, struct passport *const *pp, size_t n,
			passport_put_h *done, void *arg);

struct passport_ask {
	struct tn orig, dest; /**< of the call that has arrived */
	/** Nothing is taken as long as the chain is not whole, and until the last PASSporT of it has been
	 * here for settle_ms: several requests of one call (5.1) come one after the other. false: what
	 * there is is taken */
	bool whole;
	int64_t settle_ms;
};

struct passport_taken {
	int err;                    /**< 0; ENOMEM */
	struct passport *const *pp; /**< borrowed for the call of the handler */
	size_t n;     /**< 0: none is taken; BUNDLE_MAX at the most; in order of arrival along the
			     chain: what was called last comes first, a request stays as it was */
	size_t there; /**< that were found; more than n (which is then 0) while the chain is not
			     whole or not settled */
	int64_t again_ms; /**< not settled: ask again in so many milliseconds, 1 or more; else 0 */
	size_t size;      /**< number left in the store */
};

typedef void(passport_take_h)(const struct passport_taken *res, void *arg);

/** Hand over what there is for the call, and delete it. done is called once */
void passport_store_take(struct passport_store *store, const struct passport_ask *ask,
			 passport_take_h *done, void *arg);

/** Delete what is stale now */
void passport_store_sweep(struct passport_store *store);

#endif
