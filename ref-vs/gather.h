/** @file gather.h  All PASSporTs of a call: in-band from the request, out-of-band from the
 * provider's own CPS (5.3 steps 8, 9). The CPS is told "this call has arrived" by a PUT under a
 * call-id of ours; said twice it gets the same answer, so a broken connection loses nothing.
 */
#ifndef REF_VS_GATHER_H
#define REF_VS_GATHER_H

#include "lib/base/env.h"
#include "lib/base/err.h"
#include "lib/net/https_client.h"
#include "lib/net/sip.h"
#include "lib/stir/bundle.h"
#include "lib/stir/verify.h"
#include "ref-vs/conf.h"

/** What there is to verify */
struct gathered {
	struct bundle in_band, out_of_band;
	struct fault unreadable[BUNDLE_MAX]; /**< of in-band headers that are no Identity */
	size_t unreadable_count;
	uint64_t waited_ms; /**< for the CPS */
	struct err error;   /**< why the CPS could not be asked; "" when it could */
};

/** How to ask; all borrowed */
struct gather_source {
	const struct vs_cps *cps; /**< url NULL: there is none */
	struct https_client *client;
	const struct env *env;
};

/** Take the Identity headers of a request. @return 0, ENOMEM */
int gather_in_band(struct gathered *ret, const struct sip_rx *rx);

/** A question to the CPS that is under way */
struct pull;

/** `ret` of gather_out_of_band() is filled; the pull is gone */
typedef void(gathered_h)(void *arg);

/**
 * Ask the CPS. It may wait for a PASSporT that is on its way, unless there is one in-band already.
 *
 * @param pull  Set when EINPROGRESS; gone when h is called
 * @param call  Copied into the question
 * @param ret   Filled later; must live until then
 *
 * @return EINPROGRESS: h will be called once; 0: nothing to ask, or it cannot be asked (ret->error)
 */
int gather_out_of_band(const struct gather_source *src, struct pull **pull,
		       const struct verify_call *call, struct gathered *ret, gathered_h *h,
		       void *arg);

/** Forget the question: h is not called. Accepts NULL */
void gather_cancel(struct pull *pull);

/** Free what it holds */
void gathered_clear(struct gathered *g);

#endif
