/** @file sip_leg.h  One leg of a call: an INVITE dialog, incoming or outgoing, over libre's
 * transactions. A switch joins two legs; a gateway joins a leg and a circuit.
 *
 * A leg decides nothing by itself: a redirection or a challenge is `closed` with that status. Media
 * are negotiated once: re-INVITE and UPDATE are answered 488, other methods inside the call 405, and
 * an answer in the ACK to an INVITE without a body is not passed on. Extensions that a caller
 * requires are refused (420). Requests inside the dialog go to the peer's Contact if its host is an
 * address, else to where the INVITE went: nothing asks DNS. */
#ifndef NET_SIP_LEG_H
#define NET_SIP_LEG_H

#include "lib/net/sip.h"

struct sip_leg;

/** All on the loop; each may be NULL. A leg is gone (its pointer invalid) once `closed` has
 * returned */
struct sip_leg_handlers {
	/** Provisional response on an outgoing leg (180, 183 …) */
	void (*progress)(struct sip_leg *leg, struct sip_rx *rx, void *arg);
	/** 2xx to an outgoing leg, or ACK of an incoming one */
	void (*answered)(struct sip_leg *leg, struct sip_rx *rx, void *arg);
	/** The peer ended it, or it failed: final failure response (rx with status), BYE or CANCEL
	 * (rx is the request), or err (ETIMEDOUT, ECONNREFUSED …; rx NULL). Called at most once,
	 * and never after sip_leg_end() or a refusal of ours */
	void (*closed)(struct sip_leg *leg, int err, struct sip_rx *rx, void *arg);
};

/** Take incoming calls. The handler gets a new leg, on which 100 Trying has been sent; it sets
 * handlers at once by sip_leg_set() and answers whenever it likes. CANCEL before that arrives as
 * `closed`. */
typedef void(sip_call_h)(struct sip_leg *leg, struct sip_rx *invite, void *arg);
int sip_leg_listen(struct sip_ep *ep, sip_call_h *h, void *arg);
void sip_leg_set(struct sip_leg *leg, const struct sip_leg_handlers *h, void *arg);

struct sip_dial_opts {
	const char *next_hop; /**< sip:addr:port;transport=tcp, or NULL: the URI itself */
	const char *uri;      /**< Request-URI and To */
	const char *to;       /**< To value; NULL: "<uri>" */
	const char *from;     /**< From value without tag: "\"Jane\" <sip:…>" or "<sip:…>" */
	const char *headers; /**< further complete lines (Identity, P-Asserted-Identity …), or "" */
	const char
		*routes; /**< complete Route lines, for CANCEL too (RFC 3261 §9.1), or NULL. They do
				not say where the INVITE goes: next_hop does */
	const char *ctype;   /**< of the body */
	struct sv body;      /**< SDP; empty for none */
	uint64_t timeout_ms; /**< without any final response: CANCEL, closed(ETIMEDOUT); 0: 180 s */
};
/** New Call-ID, new dialog */
int sip_leg_dial(struct sip_leg **ret, struct sip_ep *ep, const struct sip_dial_opts *opts,
		 const struct sip_leg_handlers *h, void *arg);

/** Incoming leg, before the answer. headers: complete lines or "" */
int sip_leg_progress(struct sip_leg *leg, unsigned status, const char *phrase, struct sv body,
		     const char *headers);
int sip_leg_answer(struct sip_leg *leg, struct sv body, const char *headers);
/** Final refusal; the leg is gone afterwards */
void sip_leg_refuse(struct sip_leg *leg, unsigned status, const char *phrase, const char *headers);

/** End it from our side, whatever its state: CANCEL or BYE (with these headers, e.g. Reason), or
 * 487 to a caller not yet answered. The leg is gone afterwards, its transactions finish by
 * themselves. Accepts NULL */
void sip_leg_end(struct sip_leg *leg, const char *headers);

struct sv sip_leg_call_id(const struct sip_leg *leg);

#endif
