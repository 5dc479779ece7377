/** @file circuit.h  The circuits of a trunk, and which of them is idle.
 *
 * Dual seizure (ITU-T Q.764 §2.9.1): the end with the higher point code controls the even circuits,
 * the other one the odd ones. Each end seizes its own longest idle circuit first, and only then the
 * other's, the one released last: so both ends meet as seldom as possible. All in constant time.
 */
#ifndef GATEWAY_CIRCUIT_H
#define GATEWAY_CIRCUIT_H

#include <jansson.h>

#include "lib/base/tn.h"
#include "lib/net/loop.h"
#include "lib/net/sip_leg.h"
#include "lib/tdm/isup.h"

struct trunk;

enum circuit_state {
	CIRCUIT_IDLE,
	CIRCUIT_OUT_IAM, /**< IAM sent, T7 runs */
	CIRCUIT_OUT_ACM, /**< ACM received, T9 runs */
	CIRCUIT_OUT_UP,  /**< ANM received */
	CIRCUIT_IN_IAM,  /**< IAM received, T11 runs */
	CIRCUIT_IN_ACM,  /**< ACM sent */
	CIRCUIT_IN_UP,   /**< ANM sent */
	CIRCUIT_RELEASE, /**< REL sent, T1 runs */
	CIRCUIT_STATES,
};

/** A circuit and the call on it */
struct circuit {
	struct trunk *trunk;
	uint16_t cic;
	bool own; /**< this end controls it */
	enum circuit_state state;
	struct circuit *next, *prev; /**< in the list of idle ones */
	struct timer *timer;         /**< T1, T7, T9 or T11, by the state */
	struct sip_leg *leg;         /**< NULL when there is none (any more) */
	bool incoming_leg;           /**< the leg came from the switch: its IAM went out */
	bool answered;
	unsigned told; /**< provisional status that was told last */
	struct tn orig, dest;
	struct isup_iam iam; /**< as sent, for a second attempt after a dual seizure */
	json_t *lost;        /**< names of the INVITE's headers that have no field in it */
	struct isup_rel rel; /**< why the call ends */
	const char *by;      /**< who ended it; NULL: nobody yet */
};

struct circuits;

/** @param trunk  Put into each circuit. @return 0, ENOMEM */
int circuits_alloc(struct circuits **ret, struct trunk *trunk, unsigned first, unsigned count,
		   bool controls_even, timer_h *expired);
/** Accepts NULL. Legs are not touched */
void circuits_free(struct circuits *s);

/** By its code; NULL when the trunk has none such */
struct circuit *circuits_find(struct circuits *s, unsigned cic);
/** Take one that is idle; NULL when none is */
struct circuit *circuits_seize(struct circuits *s);
/** Take this one, which is idle */
void circuits_take(struct circuits *s, struct circuit *c);
/** It is idle again: forget its call */
void circuits_release(struct circuits *s, struct circuit *c);
/** Number of circuits, and the i-th of them */
unsigned circuits_count(const struct circuits *s);
struct circuit *circuits_at(struct circuits *s, unsigned i);

#endif
