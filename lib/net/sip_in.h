/** @file sip_in.h  What the parts of the SIP endpoint share; not for others. Needs -isystem /usr/include/re. */
#ifndef NET_SIP_IN_H
#define NET_SIP_IN_H

/* one by one: re.h as a whole clashes with jansson.h */
#include <re_types.h>
#include <re_fmt.h>
#include <re_list.h>
#include <re_hash.h>
#include <re_mbuf.h>
#include <re_mem.h>
#include <re_sa.h>
#include <re_sys.h>
#include <re_tcp.h>
#include <re_uri.h>
#include <re_msg.h>
#include <re_sip.h>

#include "lib/base/buf.h"
#include "lib/net/loop.h"
#include "lib/net/sip_leg.h"

/* --- endpoint --- */

struct sip_memory;

struct sip_ep {
	struct sip *sip;
	struct sip_lsnr *requests, *responses;
	char addr[64]; /**< "127.9.1.1:5060" */
	char *software;
	struct sv rx; /**< octets of the message that is being received */
	struct mbuf *
		*capture; /**< where to keep the octets of the next message sent; NULL: nowhere */
	struct sip_memory *memory; /**< requests that came over UDP lately */
	sip_request_h *request_h;
	void *request_arg;
	sip_call_h *call_h;
	void *call_arg;
	struct hash *legs; /**< struct sip_leg by Call-ID */
	struct sip_query *queries;
	struct sip_hop *hops; /**< INVITEs on their way through us */
};

/** libre's handler of messages: keeps what is being received, and writes the trace. arg: the
 * endpoint */
void sip_on_message(bool tx, enum sip_transp tp, const struct sa *src, const struct sa *dst,
		    const uint8_t *octets, size_t len, void *arg);

/** Small messages leave at once on the connection that a message came on: an ACK that is not
 * answered would otherwise hold the next one back for 40 ms (Nagle) */
void sip_no_delay(const struct sip_msg *msg);

/** Where the answer to a request goes */
void sip_answer_addr(struct sa *ret, const struct sip_msg *msg);

/** Contact line of our own messages */
int sip_contact_line(struct mbuf *mb, const struct sip_ep *ep, enum sip_transp tp);

/** Octets with a CR or LF of their own would end a header line early */
bool sip_is_one_line(const char *value);

/* A received message is libre's, under another name */
static inline const struct sip_msg *rx_msg(const struct sip_rx *rx)
{
	return (const struct sip_msg *)(const void *)rx;
}

static inline struct sip_rx *msg_rx(const struct sip_msg *msg)
{
	return (struct sip_rx *)(uintptr_t)msg;
}

static inline struct sv pl_sv(struct pl pl)
{
	return (struct sv){pl.p, pl.l};
}

/* --- requests over UDP (RFC 3261 §17.2) --- */

int sip_memory_alloc(struct sip_memory **ret);
void sip_memory_free(struct sip_memory *m);
/**
 * A request came over UDP.
 *
 * @param ret_answer  What it was answered when it came first; NULL: it still waits for its answer.
 * Borrowed
 *
 * @return 0: it is new, and remembered from now on; EALREADY: it is a retransmission; ENOMEM
 */
int sip_memory_see(struct sip_memory *m, const struct sip_msg *msg, struct mbuf **ret_answer);
/** Where its answer is kept; NULL when it is not remembered */
struct mbuf **sip_memory_answer(struct sip_memory *m, const struct sip_msg *msg);

/* --- dialogs (RFC 3261 §12) --- */

/** Who talks to whom about what: all that the requests inside a dialog repeat. Strings are its own
 */
struct dlg {
	struct sip_ep *ep;
	char *call_id;
	char ltag[17];
	char *rtag;         /**< NULL as long as the peer has told none */
	char *local;        /**< From value of our requests, with our tag */
	char *remote;       /**< To value of our requests, with the peer's tag once it is known */
	char *target;       /**< Request-URI */
	char *routes;       /**< "Route: …\r\n" lines; NULL for none */
	char *hop;          /**< SIP URI with an IP address: where our requests go */
	enum sip_transp tp; /**< transport of hop, when the URI does not say */
	uint32_t lseq, rseq;
};

/** May a request be sent to a URI, without asking DNS? Leaves its parts, with a transport among the
 * parameters: tp when it names none */
bool sip_can_reach(struct uri *ret, const char *uri, enum sip_transp tp);

/** Begin one. next_hop NULL: the URI itself. @return 0; EINVAL (a URI that cannot be sent to, a
 * value of several lines); ENOMEM */
int dlg_out(struct dlg *d, struct sip_ep *ep, const char *uri, const char *next_hop,
	    const char *from, const char *to);
/** Begun by the peer's INVITE. @return 0; EBADMSG (no usable Contact); ENOMEM */
int dlg_in(struct dlg *d, struct sip_ep *ep, const struct sip_msg *invite);
/** The peer's 2xx makes it whole. @return 0; EBADMSG, ENOMEM */
int dlg_confirm(struct dlg *d, const struct sip_msg *ok);
/** Does a message belong to it? */
bool dlg_is(const struct dlg *d, const struct sip_msg *msg);
void dlg_free(struct dlg *d);

struct dlg_request {
	const char *method;
	uint32_t seq;
	const char
		*headers; /**< complete lines; Max-Forwards among them takes the place of our own */
	const char *ctype;
	struct sv body;
	bool contact;     /**< say where we are reached */
	sip_send_h *sent; /**< called before it leaves, may be NULL */
	sip_resp_h *answered;
	void *arg;
};

/** Send a request; with ret NULL and answered NULL it goes on by itself. stateful: wait for an
 * answer */
int dlg_send(struct sip_request **ret, const struct dlg *d, bool stateful,
	     const struct dlg_request *r);
/** Header lines that every request of the dialog has, from Max-Forwards to User-Agent */
int dlg_lines(struct mbuf *mb, const struct dlg *d, const struct dlg_request *r);
/** BYE, whose answer nobody waits for */
void dlg_bye(struct dlg *d, const char *headers);

/* --- legs --- */

enum leg_state {
	LEG_OUT_CALLING,    /**< INVITE sent, no final response yet */
	LEG_OUT_CANCELLING, /**< its user has gone: whatever comes is ended */
	LEG_OUT_UP,
	LEG_IN_RINGING,  /**< INVITE received, no final response yet */
	LEG_IN_ANSWERED, /**< 2xx sent, no ACK yet */
	LEG_IN_ENDING,   /**< as before, its user has gone: BYE follows the ACK (RFC 3261 §15) */
	LEG_IN_UP,
};

struct leg_out {
	struct sip_request *req;
	char *via; /**< Via line of the INVITE: its CANCEL has the same */
	uint32_t seq;
	bool heard;       /**< a provisional response came: CANCEL may be sent (RFC 3261 §9.1) */
	int err;          /**< it could not be sent at all */
	struct mbuf *ack; /**< to be sent again when the 2xx comes again */
	struct sa dst;
	enum sip_transp tp;
	unsigned tries; /**< CANCELs sent */
};

struct leg_in {
	const struct sip_msg *invite;
	struct sip_strans *st;   /**< open as long as there is no final response */
	struct sip_strans *done; /**< it, after the 2xx */
	struct mbuf *answer;     /**< the 2xx, until it is acknowledged */
	struct sa dst;
	unsigned tries; /**< 2xx sent */
	uint64_t give_up_us;
};

struct sip_leg {
	struct le he; /**< in the endpoint's table */
	struct sip_ep *ep;
	struct dlg dlg;
	enum leg_state state;
	struct sip_leg_handlers h;
	void *arg;
	char *end_lines; /**< header lines for a CANCEL or BYE that cannot leave yet */
	bool closing;    /**< `closed` is being called */
	struct timer *timer;
	struct leg_out out;
	struct leg_in in;
};

int leg_alloc(struct sip_leg **ret, struct sip_ep *ep, enum leg_state state);
/** Into the table, once it has a Call-ID */
void leg_enter(struct sip_leg *leg);
void leg_free(struct sip_leg *leg);
/** Tell the user, who has no leg from then on. The leg itself is not freed */
void leg_tell_closed(struct sip_leg *leg, int err, struct sip_rx *rx);

static inline const char *leg_end_lines(const struct sip_leg *leg)
{
	return leg->end_lines ? leg->end_lines : "";
}

void leg_out_timer(struct sip_leg *leg);
void leg_out_end(struct sip_leg *leg, const char *headers);
void leg_out_2xx_again(struct sip_leg *leg);

void leg_in_invite(struct sip_ep *ep, const struct sip_msg *msg);
void leg_in_timer(struct sip_leg *leg);
void leg_in_ack(struct sip_leg *leg, const struct sip_msg *msg);
/** BYE came: answer an INVITE that is still open */
void leg_in_bye(struct sip_leg *leg);
void leg_in_end(struct sip_leg *leg, const char *headers);

/** Requests inside dialogs; ACK; a 2xx that nobody waits for any more */
void legs_request(struct sip_ep *ep, const struct sip_msg *msg);
void legs_ack(struct sip_ep *ep, const struct sip_msg *msg);
void legs_response(struct sip_ep *ep, const struct sip_msg *msg);
/** All of them, without a word to anybody */
void legs_flush(struct sip_ep *ep);

void queries_flush(struct sip_ep *ep);

/** A response of no transaction: pass it back if it is a 2xx of a call that went through us */
bool hop_stray_response(struct sip_ep *ep, const struct sip_msg *msg);
void hops_flush(struct sip_ep *ep);

#endif
