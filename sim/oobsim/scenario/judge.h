/** @file judge.h  One expectation, one call: does it hold? A table of the kinds of expectation. */
#ifndef OOBSIM_JUDGE_H
#define OOBSIM_JUDGE_H

#include "lib/base/buf.h"
#include "sim/oobsim/events/events.h"
#include "sim/oobsim/scenario/scenario.h"

#define EVIDENCE_MAX 32
#define ACTUAL_MAX   600

enum outcome_state {
	OUTCOME_HOLDS,
	OUTCOME_HOLDS_SO_FAR, /**< holds; something that may come has not come yet */
	OUTCOME_MISSING,      /**< does not hold, but may once more events have come */
	OUTCOME_BROKEN,       /**< will not hold any more */
	OUTCOME_UNSEEN, /**< nothing is wrong with what is seen of it, and not all of it can be seen: an element is not ours */
};

struct outcome {
	enum outcome_state state;
	struct buf actual; /**< what came, for people */
	size_t evidence[EVIDENCE_MAX];
	size_t n;
};

/** Note an event as evidence; SIZE_MAX is passed over */
void outcome_add(struct outcome *o, size_t event);

/** What belongs to it cannot be seen: said in `actual`; a state that holds becomes OUTCOME_UNSEEN */
void outcome_unseen(struct outcome *o, const char *what);

struct judge_kind {
	const char *member; /**< by which an expectation is one of this kind */
	const char *title;  /**< what it says, when the scenario does not */
	bool world;         /**< judged once, not for each call */
	bool (*is)(const struct scn_expect *x);
	/** What is expected, for people */
	void (*expected)(const struct scn_expect *x, struct buf *ret);
	/** call is EVENT_NO_CALL when world */
	void (*judge)(const struct scn_expect *x, const struct events *evs, size_t call,
		      struct outcome *o);
};

extern const struct judge_kind judge_kinds[]; /**< ends with a NULL member */

/* the kinds, each in its file */
bool judge_is_fact(const struct scn_expect *x); /* judge_fact.c */
void judge_fact_expected(const struct scn_expect *x, struct buf *ret);
void judge_fact(const struct scn_expect *x, const struct events *evs, size_t call,
		struct outcome *o);
bool judge_is_stored(const struct scn_expect *x);
void judge_stored_expected(const struct scn_expect *x, struct buf *ret);
void judge_stored(const struct scn_expect *x, const struct events *evs, size_t call,
		  struct outcome *o);

bool judge_is_steps(const struct scn_expect *x); /* judge_steps.c */
void judge_steps_expected(const struct scn_expect *x, struct buf *ret);
void judge_steps(const struct scn_expect *x, const struct events *evs, size_t call,
		 struct outcome *o);

bool judge_is_order(const struct scn_expect *x); /* judge_order.c */
void judge_order_expected(const struct scn_expect *x, struct buf *ret);
void judge_order(const struct scn_expect *x, const struct events *evs, size_t call,
		 struct outcome *o);
bool judge_is_first(const struct scn_expect *x);
void judge_first_expected(const struct scn_expect *x, struct buf *ret);
void judge_first(const struct scn_expect *x, const struct events *evs, size_t call,
		 struct outcome *o);
bool judge_is_never(const struct scn_expect *x);
void judge_never_expected(const struct scn_expect *x, struct buf *ret);
void judge_never(const struct scn_expect *x, const struct events *evs, size_t call,
		 struct outcome *o);

bool judge_is_message(const struct scn_expect *x); /* judge_message.c */
void judge_message_expected(const struct scn_expect *x, struct buf *ret);
void judge_message(const struct scn_expect *x, const struct events *evs, size_t call,
		   struct outcome *o);
bool judge_is_same_token(const struct scn_expect *x);
void judge_same_token_expected(const struct scn_expect *x, struct buf *ret);
void judge_same_token(const struct scn_expect *x, const struct events *evs, size_t call,
		      struct outcome *o);
bool judge_is_new_call_id(const struct scn_expect *x);
void judge_new_call_id_expected(const struct scn_expect *x, struct buf *ret);
void judge_new_call_id(const struct scn_expect *x, const struct events *evs, size_t call,
		       struct outcome *o);

/** What else a message carries: types of its PASSporTs, claims of the first, parts of its headers or of its IAM's fields. Sets
 * o->state to OUTCOME_BROKEN where it does not (judge_has.c) */
void judge_carries(const struct scn_expect *x, const struct event *ev, struct outcome *o);
void judge_has(const struct scn_expect *x, const struct event *ev, struct outcome *o);
void judge_claims(const struct scn_expect *x, const struct event *ev, struct outcome *o);
/** Names of the fields of an IAM that "has" knows */
bool judge_has_field(struct sv name);

/** Attestation of the call's PASSporT, from the call itself (struct expect_call) */
void judge_attest(int attest, const struct events *evs, size_t call, struct outcome *o);

#endif
