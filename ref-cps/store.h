/** @file store.h  PASSporTs that wait at the CPS for their call.
 *
 * Kept only after verification (CPS-04), removed when the call is received (CPS-09) or when stale
 * (CPS-10), whichever is first; at most `max` at once (CPS-11, CPS-12). This one is in memory.
 * Results come by handlers, so that a store across a network can take its place: the handler may
 * then be called after the function has returned.
 *
 * The PASSporTs of one request stay together: they are found by any (orig, dest) that one of them
 * carries, and are handed over and deleted as a whole. Several requests for one call (5.1) are
 * handed over together too; a second PASSporT of the same kind (type, signer, dest and div) for the
 * same numbers belongs to another call between them and waits for that one, oldest first.
 */
#ifndef REF_CPS_STORE_H
#define REF_CPS_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/env.h"
#include "lib/base/tn.h"
#include "lib/stir/passport.h"

/** Numbers in dest.tn of one PASSporT, by which it can be found, at the most */
#define STORE_DESTS_MAX 64

struct store;

struct store_opts {
	size_t max;          /**< PASSporTs at once */
	int64_t freshness_s; /**< stale when iat is older than this */

	/** There is something to take for this call. After the put that brought it has called its
	 * handler */
	void (*arrived)(const struct tn *orig, const struct tn *dest, void *arg);
	/** This one is deleted because it is stale; `size` are left. pp is borrowed */
	void (*stale)(const struct passport *pp, size_t size, void *arg);
	/** Call store_sweep() in so many milliseconds; takes the place of an earlier wish */
	void (*wake_in)(uint64_t ms, void *arg);
	void *arg;
};

/** @param env  Clock; borrowed for the life of the store. @return 0, ENOMEM */
int store_alloc(struct store **ret, const struct store_opts *opts, const struct env *env);
/** Accepts NULL */
void store_free(struct store *store);

/** Number of PASSporTs kept */
size_t store_size(const struct store *store);
/** How many more may be kept: to turn a request away before work is spent on it */
size_t store_room(const struct store *store);
/** Seconds until the first of those kept gets stale, 1 or more: what to say in Retry-After */
int64_t store_retry_s(const struct store *store);

struct store_put {
	int err; /**< 0; ENOSPC: no room; E2BIG: more than STORE_DESTS_MAX numbers in dest; ENOMEM.
		    Then nothing is kept */
	size_t at;   /**< E2BIG: index of the PASSporT */
	size_t kept; /**< new ones; one that was there already (same signing input) is not kept
			twice */
	size_t size; /**< number kept afterwards */
};

typedef void(store_put_h)(const struct store_put *res, void *arg);

/**
 * Keep the verified PASSporTs of one request, all or none.
 *
 * @param pp    The store takes references of its own
 * @param n     BUNDLE_MAX at the most
 * @param done  Called once
 */
void store_put(struct store *store, struct passport *const *pp, size_t n, store_put_h *done,
	       void *arg);

struct store_taken {
	int err;                    /**< 0; ENOMEM, or trouble of a store elsewhere */
	struct passport *const *pp; /**< borrowed for the call of the handler */
	size_t n;                   /**< 0: there is none; BUNDLE_MAX at the most */
	size_t size;                /**< number left in the store */
};

typedef void(store_take_h)(const struct store_taken *res, void *arg);

/** Hand over what there is for the call, and delete it. done is called once */
void store_take(struct store *store, const struct tn *orig, const struct tn *dest,
		store_take_h *done, void *arg);

/** Delete what is stale now */
void store_sweep(struct store *store);

#endif
