/** @file cps.h  What the two sides of the CPS share: configuration, clock, store, and the notes of
 * the trace. */
#ifndef REF_CPS_CPS_H
#define REF_CPS_CPS_H

#include "lib/base/env.h"
#include "lib/base/err.h"
#include "lib/net/passport_room.h"
#include "lib/net/trust_feed.h"
#include "lib/stir/passport.h"
#include "ref-cps/conf.h"
#include "ref-cps/forward.h"
#include "ref-cps/push.h"
#include "lib/stir/passport_store.h"

struct cps {
	const struct cps_conf *conf;
	const struct env *env;
	struct passport_store *store;
	struct passport_room *room; /**< where the STI-VS waits for what comes into the store */
	struct trust_feed *feed;
	struct cps_push *push;       /**< NULL: the STI-VS asks */
	struct cps_forward *forward; /**< NULL: nothing is sent on */
	struct cps_private *private;
	struct cps_memory *memory; /**< faults */
};

struct https_req;

/** Where STI-ASs publish: admit, parse, verify, store (public.c) */
struct cps_public;

int cps_public_alloc(struct cps_public **ret, const struct cps *cps, struct err *e);
/** Accepts NULL. To be called while store and feed are there */
void cps_public_free(struct cps_public *pub);
int cps_public_reload(struct cps_public *pub, struct err *e);

/** Where the STI-VS says that a call has arrived (private.c) */
struct cps_private;

int cps_private_alloc(struct cps_private **ret, const struct cps *cps, struct err *e);
/** Accepts NULL. To be called while the store is there */
void cps_private_free(struct cps_private *priv);
int cps_private_reload(struct cps_private *priv, struct err *e);
/** Answer a request of whomever, as if it had come from the STI-VS: a fault */
void cps_private_serve(struct cps_private *priv, struct https_req *req);

/** A note about one PASSporT's call, which is its orig and its first dest. data is taken (stolen)
 */
void cps_note(const char *what, const struct passport *pp, json_t *data);

#endif
