/** @file publish.h  The POSTs to CPSs that are under way (5.1, 5.4), beside the calls and never in
 * their way.
 *
 * A POST outlives its call: the answer to the CSCF has gone long before the 201 comes (AS-06,
 * AS-07). So a POST knows its call by number only. Bounded: more than the configured number are not
 * made.
 *
 * As a client that shares the network fairly (5.2, AS-15): after 429, 503 or a lost connection a POST
 * is made again, a bounded number of times, later each time and at times that differ from those of
 * others; Retry-After is heeded, for this POST and for the others to that CPS; and never when its
 * PASSporTs would be stale by then. A repetition cannot do harm: a CPS keeps a PASSporT once.
 */
#ifndef REF_AS_PUBLISH_H
#define REF_AS_PUBLISH_H

#include "lib/base/env.h"
#include "lib/base/err.h"
#include "lib/base/tn.h"
#include "lib/net/https_client.h"
#include "lib/stir/bundle.h"
#include "ref-as/conf.h"

struct publisher;

/** A POST is over, with whatever result, and is not made again; on the loop, never from inside
 * publisher_post() */
typedef void(published_h)(uint64_t call_id, void *arg);

struct publisher_opts {
	const struct as_publish *conf; /**< this and the others borrowed */
	const struct as_faults *faults;
	int64_t freshness_s;
	struct https_client *client;
	const struct env *env;
	published_h *h;
	void *arg;
};

/** @return 0, ENOMEM */
int publisher_alloc(struct publisher **ret, const struct publisher_opts *opts);
/** POSTs under way are given up. Accepts NULL */
void publisher_free(struct publisher *p);

struct publish_job {
	uint64_t call_id;
	const struct tn *orig, *dest; /**< of the call, for the trace */
	const char *url;              /**< complete target */
	const struct bundle *bundle;  /**< all PASSporTs of the call, in order */
};

/**
 * Start the POSTs of a call: one for all its PASSporTs (AS-12), or one for each (AS-13). Everything is
 * copied.
 *
 * @return Number of POSTs under way: the handler will be called as often. Failures are in the trace
 * already: too many under way, not an https URL …
 */
size_t publisher_post(struct publisher *p, const struct publish_job *job);

#endif
