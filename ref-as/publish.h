/** @file publish.h  The POSTs to CPSs that are under way (5.1, 5.4), beside the calls and never in
 * their way.
 *
 * A POST outlives its call: the answer to the CSCF has gone long before the 201 comes (AS-06,
 * AS-07). So a POST knows its call by number only. Bounded: more than the configured number are not
 * made.
 */
#ifndef REF_AS_PUBLISH_H
#define REF_AS_PUBLISH_H

#include "lib/base/err.h"
#include "lib/base/tn.h"
#include "lib/net/https_client.h"
#include "lib/stir/bundle.h"
#include "ref-as/conf.h"

struct publisher;

/** A POST is over, with whatever result; on the loop, never from inside publisher_post() */
typedef void(published_h)(uint64_t call_id, void *arg);

/** @param client  Borrowed. @return 0, ENOMEM */
int publisher_alloc(struct publisher **ret, const struct as_publish *conf,
		    struct https_client *client, published_h *h, void *arg);
/** POSTs under way are given up. Accepts NULL */
void publisher_free(struct publisher *p);

struct publish_job {
	uint64_t call_id;
	const struct tn *orig, *dest; /**< of the call, for the trace */
	const char *url;              /**< complete target */
	const struct bundle *bundle;  /**< all PASSporTs of the call, in order */
};

/**
 * Start a POST. Everything is copied.
 *
 * @return 0: it is under way, the handler will be called; ENOSPC (too many under way),
 * EPROTONOSUPPORT (not an https URL), ENOMEM, EMSGSIZE. Failures are in the trace already
 */
int publisher_post(struct publisher *p, const struct publish_job *job);

#endif
