/** @file call.h  A call between a SIP leg and a circuit: a table of state and event says what is done. */
#ifndef GATEWAY_CALL_H
#define GATEWAY_CALL_H

#include "lib/tdm/map.h"
#include "sim/gateway/trunk.h"

enum circuit_event {
	EVENT_IAM,
	EVENT_ACM,
	EVENT_CPG,
	EVENT_ANM,
	EVENT_REL,
	EVENT_RLC,
	EVENT_PROGRESS, /**< provisional response to our INVITE */
	EVENT_ANSWER,   /**< 2xx to our INVITE */
	EVENT_CLOSED,   /**< the SIP side has ended it, or failed */
	EVENT_TIMER,
	EVENT_LINK_LOST,
	CIRCUIT_EVENTS,
};

/** What an event brings; what it has not is NULL or 0 */
struct cue {
	const struct isup_msg *msg;
	struct sip_rx *rx;
	int err;
};

/** Do what the table says; an event that it has no row for is noted (`gw.unexpected`) and changes nothing */
void circuit_event(struct circuit *c, enum circuit_event ev, const struct cue *cue);

/**
 * A call to a tdm trunk: an IAM leaves, or the INVITE is refused.
 *
 * @param leg   That the INVITE made
 * @param lost  Names of its headers that the IAM has no field for; borrowed
 * @param invite  The INVITE itself
 */
void call_start(struct trunk *t, struct sip_leg *leg, const struct call_setup *setup, json_t *lost,
		const struct sip_rx *invite);
/** ISUP message from the trunk */
void call_message(struct trunk *t, const struct isup_msg *msg);
/** The link is gone: every circuit is idle again */
void call_link_lost(struct trunk *t);
/** The timer of a circuit has run out (a timer_h) */
void call_timer(void *circuit);

/** Handlers of a leg; arg: the circuit */
extern const struct sip_leg_handlers call_leg_in, call_leg_out;

#endif
