/** @file gather.h  All PASSporTs of a call: in-band from the question, out-of-band from the provider's
 * own CPS (5.3 steps 8, 9).
 *
 * Pull: the CPS is told "this call has arrived" by a PUT under a call-id of ours, and answers with what
 * it has; said twice it gets the same answer, so a broken connection loses nothing. Push: what belongs
 * to the call has been pushed into our store, or is on its way; it is taken from there, and the CPS is
 * told by the same PUT, so that it deletes its own. Where nothing was pushed in time, the answer to the
 * PUT counts.
 */
#ifndef REF_VS_GATHER_H
#define REF_VS_GATHER_H

#include "lib/base/env.h"
#include "lib/base/err.h"
#include "lib/net/https_client.h"
#include "lib/net/passport_room.h"
#include "lib/stir/bundle.h"
#include "ref-vs/conf.h"

/** What there is to verify */
struct gathered {
	struct bundle in_band, out_of_band;
	struct fault unreadable[BUNDLE_MAX]; /**< of in-band values that are no Identity */
	size_t unreadable_count;
	const char *via;    /**< how it came out-of-band: "pull", "push"; NULL: nobody was asked */
	uint64_t waited_ms; /**< for what is out-of-band */
	struct err error;   /**< why the CPS could not be asked; "" when it could */
};

struct gatherer_opts {
	const struct vs_cps *cps; /**< url NULL: there is none */
	bool wants_both;          /**< see choose_wants_both() */
	struct https_client *client;
	const struct env *env;
	struct passport_room *room; /**< where pushed PASSporTs come; NULL: nobody pushes */
};

struct gatherer;

/** All of opts is borrowed. @return 0, ENOMEM */
int gatherer_alloc(struct gatherer **ret, const struct gatherer_opts *opts);
/** What is under way is forgotten. Accepts NULL */
void gatherer_free(struct gatherer *g);

/** Take an Identity value: a header's, or a member's of HTTP. One that cannot be read is kept as a
 * fault. @return 0, ENOMEM */
int gather_identity(struct gathered *ret, struct sv value);

/** A question for what is out-of-band, under way */
struct gathering;

/** `ret` of gather_out_of_band() is filled; the gathering is gone */
typedef void(gathered_h)(void *arg);

/**
 * Ask for what came out-of-band. It is waited for, unless a shaken PASSporT came in-band already.
 *
 * @param orig, dest  Copied
 * @param ret   Filled later; must live until then
 * @param h     Called once, perhaps before the return
 *
 * @return Handle for gather_cancel(); NULL when h has been called
 */
struct gathering *gather_out_of_band(struct gatherer *g, const struct tn *orig,
				     const struct tn *dest, struct gathered *ret, gathered_h *h,
				     void *arg);

/** Forget the question: h is not called. Accepts NULL */
void gather_cancel(struct gathering *gathering);

/** Free what it holds */
void gathered_clear(struct gathered *g);

#endif
