/** @file cred.h  Certificates by x5u, fetched and parsed once, checked once a generation of the trust data.
 *
 * lib/stir does no I/O: the fetch is passed in. Requests for a URL that is being fetched join that fetch. The cache
 * is bounded; an entry is dropped when its certificate expires, when its fetch life ends, or as the least recently
 * used one. Failed fetches are remembered for a short time, so that a bad x5u cannot be used to make us hammer a host.
 */
#ifndef STIR_CRED_H
#define STIR_CRED_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/env.h"
#include "lib/base/sv.h"
#include "lib/stir/cert.h"
#include "lib/stir/reason.h"
#include "lib/stir/trust.h"

/**
 * Completion of a fetch; called exactly once, never from inside `get`.
 *
 * @param err    0; else an errno: ETIMEDOUT, ECONNREFUSED, EPROTO (status other than 200: text says which), EFBIG …
 * @param body   What came, when err is 0; borrowed for the call
 * @param max_age_s  How long it may be kept (Cache-Control), -1 when not said
 * @param text   Why it failed, for the fault; NULL when err is 0
 */
typedef void(fetch_done_h)(int err, struct sv body, int64_t max_age_s, const char *text, void *arg);

/** How to fetch an https URL. The implementation is lib/net's client; tests hand in a table. It outlives the cache */
struct fetcher {
	int (*get)(void *ctx, const char *url, size_t max_len, fetch_done_h *done, void *arg);
	void *ctx;
	void (*cancel)(
		void *ctx,
		void *arg); /**< forget a fetch that has not ended: its done is not called any more */
};

struct cred_cache;

/** A certificate chain under its URL, with the verdict on its path */
struct cred {
	struct cert_chain *
		chain; /**< borrowed from the cache for the call of the handler; take a reference to keep */
	const struct stir_key *key;
	int err;            /**< 0: profile, path and revocation hold; EBADMSG: see fault */
	struct fault fault; /**< which check refused: "fetch", "profile", "path", "revoked" */
};

struct cred_opts {
	size_t max_entries; /**< 1 or more */
	int64_t max_age_s; /**< cap of the fetch life, and the default when the server says nothing */
	int64_t fail_age_s; /**< how long a failed fetch is remembered */
	unsigned
		skip; /**< bits of CRED_SKIP_*: checks left out, to make wrong implementations on purpose */
};
#define CRED_SKIP_PROFILE 1u
#define CRED_SKIP_PATH    2u
#define CRED_SKIP_REVOKED 4u

int cred_cache_alloc(struct cred_cache **ret, const struct cred_opts *opts, struct trust *trust,
		     const struct fetcher *fetcher, const struct env *env);
/** Waiting handlers are not called any more. Accepts NULL */
void cred_cache_free(struct cred_cache *cache);

typedef void(cred_done_h)(const struct cred *cred, void *arg);

/**
 * The credential at a URL.
 *
 * @param x5u   URL
 * @param ret   Filled when the answer is there at once (return 0)
 * @param done  Called once later when the return is EINPROGRESS
 *
 * @return 0 (ret filled), EINPROGRESS (done will be called), ENOSPC (too many fetches under way), ENOMEM
 */
int cred_get(struct cred_cache *cache, struct sv x5u, struct cred *ret, cred_done_h *done,
	     void *arg);

/** Forget a handler that has not been called yet */
void cred_cancel(struct cred_cache *cache, void *arg);

/** Drop everything (SIGHUP) */
void cred_cache_flush(struct cred_cache *cache);

#endif
