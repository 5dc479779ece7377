/** @file push.h  Push to the provider's own STI-VS (5.3 step 9, CPS-14).
 *
 * On the wire: what one request brought is posted, as soon as it is verified and kept, to the URL of
 * the configuration, over a persistent connection on which the CPS shows its client certificate:
 *
 *   POST /passports HTTP/1.1
 *   Content-Type: application/passport
 *
 *   <token> LF <token> …          as they came, in that order, no LF at the end
 *
 * and 201 (any 2xx) says that the STI-VS has them. The PASSporTs stay in the store all the same, until
 * the STI-VS says that the call came (PUT /calls/<call-id>?orig=…&dest=…&wait_ms=0) or they are stale:
 * so a push that was lost loses nothing. A request may come twice, when the answer to the first was
 * lost; the same PASSporT (signing input) is then to be kept once.
 *
 * Failed tries (no connection, no answer in time, 408, 429, 5xx) are repeated after a pause that
 * doubles, and no sooner than Retry-After says; as often as configured, and as long as the store has one
 * of them still. Other answers end it. Notes: cps.pushed, cps.push_failed.
 */
#ifndef REF_CPS_PUSH_H
#define REF_CPS_PUSH_H

#include <stddef.h>

#include "lib/base/env.h"
#include "lib/base/err.h"
#include "lib/stir/passport_store.h"
#include "ref-cps/conf.h"

struct cps_push;

/**
 * @param ret   NULL when conf has no url
 * @param conf  Borrowed, like all the rest, for the life of the push
 * @param self  Own address, for trace events
 * @return 0; ENOENT, EBADMSG … (client certificate) with text; ENOMEM
 */
int cps_push_alloc(struct cps_push **ret, const struct cps_push_conf *conf,
		   const struct cps_faults_conf *faults, const char *self,
		   const struct passport_store *store, const struct env *env, struct err *e);
/** Pushes under way are dropped. Accepts NULL */
void cps_push_free(struct cps_push *push);
/** Reread CA and client certificate. Accepts NULL */
int cps_push_reload(struct cps_push *push, struct err *e);

/** Push what one request brought: n PASSporTs, BUNDLE_MAX at the most, of which references are taken.
 * What cannot be queued is noted, and waits in the store. Accepts NULL */
void cps_push_send(struct cps_push *push, struct passport *const *pp, size_t n);

#endif
