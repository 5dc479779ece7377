/** @file ask.h  A question to STI-AS or STI-VS (5.3 steps 2 and 8), whatever the interface is that carries it. Whatever
 * becomes of it the call goes on; only an STI-VS whose policy it is may refuse the call. */
#ifndef SWITCH_ASK_H
#define SWITCH_ASK_H

#include "sim/switch/call.h"

#define SW_WHY_MAX 512

/** What came of a question. Begun by sw_answer_begin() */
struct sw_answer {
	unsigned status;      /**< of the response; 0: there was none, or it needs none */
	bool came;            /**< there is an answer, of use or not */
	char why[SW_WHY_MAX]; /**< why it is of no use; "" when it is */
	unsigned refused;     /**< the service refuses the call, with this status; 0: it does not */
	char phrase[SW_PHRASE_MAX]; /**< reason phrase for that */
	struct buf identities;      /**< Identity lines */
	struct buf date;            /**< Date line */
	struct buf reason;          /**< Reason lines */
	enum sw_verstat verstat;
	bool has_verstat; /**< there is one, known to us or not */
};

void sw_answer_begin(struct sw_answer *a);
void sw_answer_free(struct sw_answer *a);
/** It is of no use */
void sw_answer_useless(struct sw_answer *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/** Why the question under way got no answer at all */
void sw_answer_none(struct sw_answer *a, const struct sw_call *call, int err);
/** Take what a SIP message of the service brings: PASSporTs, Date, verstat, Reason */
void sw_answer_take(struct sw_answer *a, const struct sip_rx *rx);
/** A final response to the question under way that is not the answer wanted: a refusal, or of no use */
void sw_answer_failed(struct sw_answer *a, const struct sw_call *call, const struct sip_rx *rx);

/** One interface */
struct sw_interface_def {
	/** Ask call->service as call->role; sw_answered() follows, not from inside. @return 0; errno: it is not asked
	 * (EDESTADDRREQ: there is no number to ask about) */
	int (*ask)(struct sw_call *call);
	/** Forget the question that is under way, if there is one */
	void (*forget)(struct sw_call *call);
};

extern const struct sw_interface_def sw_redirect, sw_proxy, sw_http;

/** Ask whom the plan says, the STI-AS first; then sw_call_next(). @return false: there is nobody to ask any more */
bool sw_ask(struct sw_call *call);

/** The answer to the question under way */
void sw_answered(struct sw_call *call, const struct sw_answer *answer);

/** The caller has gone: forget the question */
void sw_ask_forget(struct sw_call *call);

/* --- what a service that was asked as a proxy sees of the call --- */

/** Is this the INVITE of a question that comes back? Then it is taken */
bool sw_isc_came_back(struct sw *sw, struct sip_leg *leg, struct sip_rx *invite);
/** Provisional response, 2xx of the callee */
void sw_isc_progress(struct sw_call *call, unsigned status, const char *phrase, struct sv body);
void sw_isc_answered(struct sw_call *call, struct sv body);
/** The call is over. by_caller: it was the caller who ended it; else status and phrase are its final response, unless it was
 * answered. headers: of CANCEL, BYE or response */
void sw_isc_over(struct sw_call *call, bool by_caller, unsigned status, const char *phrase,
		 const char *headers);
/** All of them, at the end of the program */
void sw_isc_end(struct sw *sw);

#endif
