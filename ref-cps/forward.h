/** @file forward.h  Sending on to the CPS of another provider: toll-free through a transit provider (6.3,
 * DISC-13).
 *
 * What is about numbers of another carrier is verified like all, and then posted to that carrier's CPS,
 * as it is: the same PASSporTs to the octet, in the same order, as one request; none is opened, signed
 * again, or kept here. The carrier is found by the called number (longest prefix), its CPS by the CIC.
 * The called number is a dest to which no div of the same request refers.
 *
 * This CPS is then a gateway (RFC 9110 §3.7): the answer of the other one, status, body and
 * Retry-After, is the answer to whoever posted, so that one who is told to come again does so himself.
 * Where there is no answer it is 502 (TLS, not HTTP), 503 with Retry-After (no connection, too many
 * under way) or 504 (not in time), reason "next-cps". Each CPS adds itself to Via (RFC 9110 §7.6.3,
 * "1.1 <name>"); one that finds its own name there, or more hops than fit into VIA_MAX octets, answers
 * 508, reason "loop". Notes: cps.forwarded, cps.forward_failed.
 */
#ifndef REF_CPS_FORWARD_H
#define REF_CPS_FORWARD_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/net/https_client.h"
#include "lib/stir/passport.h"
#include "ref-cps/conf.h"

/** Octets of a Via header, at the most */
#define VIA_MAX 1024

struct cps_forward;

/**
 * @param ret    NULL when conf has no numbers
 * @param https  How to reach the other CPSs; borrowed, like conf
 * @param self   Own address, for trace events
 * @return 0; EINVAL (a prefix twice), ENOENT, EBADMSG … (CA file) with text; ENOMEM
 */
int cps_forward_alloc(struct cps_forward **ret, const struct cps_forward_conf *conf,
		      const struct cps_faults_conf *faults, const struct https_client_conf *https,
		      const char *self, struct err *e);
/** What is under way is dropped, the handlers are not called. Accepts NULL */
void cps_forward_free(struct cps_forward *fwd);
/** Reread the CA. Accepts NULL */
int cps_forward_reload(struct cps_forward *fwd, struct err *e);

/** Has a request with this Via been here before? Accepts NULL: false */
bool cps_forward_is_loop(const struct cps_forward *fwd, struct sv via);

/** Where one request goes. @return URL, NULL when it stays. fwd may be NULL */
const char *cps_forward_find(const struct cps_forward *fwd, struct passport *const *pp, size_t n);

/**
 * Send it on.
 *
 * @param body  Copied
 * @param via   Via of the request, VIA_MAX at the most; copied
 * @param done  Called exactly once, not before the return
 * @return 0; ENOSPC (too many under way), ENOMEM: done is then not called
 */
int cps_forward_send(struct cps_forward *fwd, const char *url, struct sv body, struct sv via,
		     https_done_h *done, void *arg);

/** Forget it: its handler is not called */
void cps_forward_cancel(struct cps_forward *fwd, void *arg);

#endif
