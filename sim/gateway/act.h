/** @file act.h  What is done when an event comes to a circuit; the state has been set to the next one already. */
#ifndef GATEWAY_ACT_H
#define GATEWAY_ACT_H

#include "sim/gateway/call.h"

typedef void(act_h)(struct circuit *c, const struct cue *cue);

/* calls from the trunk */
act_h act_iam;          /**< INVITE to the switch */
act_h act_dual_seizure; /**< both ends have seized the circuit: one of them gives way */
act_h act_send_acm;     /**< by the provisional response */
act_h act_send_cpg;
act_h act_send_acm_anm;
act_h act_send_anm;
act_h act_early_acm; /**< T11 */

/* calls to the trunk */
act_h act_acm;
act_h act_cpg;
act_h act_anm;
act_h act_t7;
act_h act_t9;

/* the end of a call */
act_h act_closed;     /**< by the SIP side: REL */
act_h act_rel;        /**< by the trunk: RLC, and the leg is ended */
act_h act_rlc;        /**< the circuit is idle */
act_h act_answer_rel; /**< RLC and nothing else */
act_h act_rlc_too_soon;
act_h act_rel_again; /**< T1 */
act_h act_link_lost;
act_h act_nothing;

/** Send the IAM that the circuit holds, start T7, note it. @return 0; errno with text */
int act_send_iam(struct circuit *c, struct err *e);

#endif
