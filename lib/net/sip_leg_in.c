/* Incoming legs: the server's half of an INVITE dialog, over libre's server transactions. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/env.h"
#include "lib/net/sip_in.h"

#define NO_BODY "Content-Length: 0\r\n\r\n"

static bool add_unsupported(const struct sip_hdr *hdr, const struct sip_msg *msg, void *arg)
{
	(void)msg;
	return buf_printf(arg, "Unsupported: %.*s\r\n", (int)hdr->val.l, hdr->val.p) != 0;
}

/* RFC 3261 §8.2.2.3: we have none of the extensions that may be required */
static bool refuse_extensions(struct sip_ep *ep, const struct sip_msg *msg)
{
	BUF_AUTO struct buf lines = BUF(4096);

	if (!sip_msg_hdr(msg, SIP_HDR_REQUIRE))
		return false;
	(void)sip_msg_hdr_apply(msg, true, SIP_HDR_REQUIRE, add_unsupported, &lines);
	(void)sip_treplyf(NULL, NULL, ep->sip, msg, false, 420, "Bad Extension", "%s" NO_BODY,
			  lines.p ? lines.p : "");
	return true;
}

/* libre has answered the CANCEL itself; its octets are those that are just being received */
static struct sip_rx *cancel_message(const struct sip_ep *ep)
{
	struct sip_msg *msg = NULL;
	struct mbuf *mb = mbuf_alloc(ep->rx.l);

	if (mb && mbuf_write_mem(mb, (const uint8_t *)ep->rx.p, ep->rx.l) == 0) {
		mbuf_set_pos(mb, 0);
		if (sip_msg_decode(&msg, mb))
			msg = NULL;
	}
	mem_deref(mb);
	return msg ? msg_rx(msg) : NULL;
}

static void on_cancel(void *arg)
{
	struct sip_leg *leg = arg;
	struct sip_rx *cancel = cancel_message(leg->ep);

	(void)sip_treply(&leg->in.st, leg->ep->sip, leg->in.invite, 487, "Request Terminated");
	leg_tell_closed(leg, 0, cancel);
	sip_rx_unref(cancel);
	leg_free(leg);
}

static int accept_invite(struct sip_leg *leg, const struct sip_msg *msg)
{
	int err = dlg_in(&leg->dlg, leg->ep, msg);

	if (err)
		return err;
	leg_enter(leg);
	leg->in.invite = mem_ref((void *)(uintptr_t)msg);
	sip_answer_addr(&leg->in.dst, msg);
	err = sip_strans_alloc(&leg->in.st, leg->ep->sip, msg, on_cancel, leg);
	return err ? err : sip_treply(&leg->in.st, leg->ep->sip, msg, 100, "Trying");
}

void leg_in_invite(struct sip_ep *ep, const struct sip_msg *msg)
{
	struct sip_leg *leg;
	int err;

	if (refuse_extensions(ep, msg))
		return;
	err = leg_alloc(&leg, ep, LEG_IN_RINGING);
	if (!err) {
		err = accept_invite(leg, msg);
		if (err)
			leg_free(leg);
	}
	if (!err)
		ep->call_h(leg, msg_rx(msg), ep->call_arg);
	else if (err == EBADMSG)
		(void)sip_treply(NULL, ep->sip, msg, 400, "No Usable Contact");
	else if (err == ENOMEM)
		(void)sip_treply(NULL, ep->sip, msg, 503, "Service Unavailable");
}

/* A response with Contact and body; keep: where to keep its octets, or NULL */
static int respond(struct sip_leg *leg, unsigned status, const char *phrase, struct sv body,
		   const char *headers, struct mbuf **keep)
{
	const struct sip_msg *msg = leg->in.invite;

	return sip_treplyf(&leg->in.st, keep, leg->ep->sip, msg, true, (uint16_t)status, phrase,
			   "Contact: <sip:%s%s>\r\n%s%sContent-Length: %zu\r\n\r\n%b",
			   leg->ep->addr, sip_transp_param(msg->tp), headers,
			   body.l ? "Content-Type: application/sdp\r\n" : "", body.l, body.p,
			   body.l);
}

int sip_leg_progress(struct sip_leg *leg, unsigned status, const char *phrase, struct sv body,
		     const char *headers)
{
	if (leg->state != LEG_IN_RINGING || status <= 100 || status >= 200)
		return EINVAL;
	return leg->in.st ? respond(leg, status, phrase, body, headers, NULL) : ENOTCONN;
}

int sip_leg_answer(struct sip_leg *leg, struct sv body, const char *headers)
{
	struct sip_strans *st;
	int err;

	if (leg->state != LEG_IN_RINGING)
		return EINVAL;
	if (!leg->in.st)
		return ENOTCONN;
	st = mem_ref(leg->in.st);
	err = respond(leg, 200, "OK", body, headers, &leg->in.answer);
	if (err) {
		mem_deref(st);
		return err;
	}
	leg->in.done = st;
	leg->state = LEG_IN_ANSWERED;
	leg->in.give_up_us = mono_us() + 64ull * SIP_T1 * 1000;
	timer_start(leg->timer, SIP_T1);
	return 0;
}

/* No ACK came: the 2xx again, whatever the transport, until 64*T1 are over (RFC 3261 §13.3.1.4) */
void leg_in_timer(struct sip_leg *leg)
{
	unsigned wait = SIP_T1 << (leg->in.tries < 3 ? ++leg->in.tries : 3);

	if (mono_us() < leg->in.give_up_us) {
		mbuf_set_pos(leg->in.answer, 0);
		(void)sip_send(leg->ep->sip, leg->in.invite->sock, leg->in.invite->tp, &leg->in.dst,
			       leg->in.answer);
		timer_start(leg->timer, wait);
		return;
	}
	leg_tell_closed(leg, ETIMEDOUT, NULL);
	dlg_bye(&leg->dlg, "");
	leg_free(leg);
}

/* libre keeps the transaction for 64*T1 to absorb retransmissions of the INVITE. Drop it with all that it holds, unless its time
 * was over already: a stream brings no retransmission, and over UDP the endpoint's memory knows them */
static void forget_transaction(struct sip_leg *leg)
{
	if (mem_nrefs(leg->in.done) > 1)
		mem_deref(leg->in.done);
	leg->in.done = mem_deref(leg->in.done);
	leg->in.answer = mem_deref(leg->in.answer);
	leg->in.invite = mem_deref((void *)(uintptr_t)leg->in.invite);
}

void leg_in_ack(struct sip_leg *leg, const struct sip_msg *msg)
{
	bool ending = leg->state == LEG_IN_ENDING;

	if ((leg->state != LEG_IN_ANSWERED && !ending) || leg->in.invite->cseq.num != msg->cseq.num)
		return;
	timer_stop(leg->timer);
	forget_transaction(leg);
	if (ending) {
		dlg_bye(&leg->dlg, leg_end_lines(leg));
		leg_free(leg);
		return;
	}
	leg->state = LEG_IN_UP;
	if (leg->h.answered)
		leg->h.answered(leg, msg_rx(msg), leg->arg);
}

void leg_in_bye(struct sip_leg *leg)
{
	if (leg->in.st)
		(void)sip_treply(&leg->in.st, leg->ep->sip, leg->in.invite, 487,
				 "Request Terminated");
}

static void refuse(struct sip_leg *leg, unsigned status, const char *phrase, const char *headers)
{
	if (leg->in.st)
		(void)sip_treplyf(&leg->in.st, NULL, leg->ep->sip, leg->in.invite, false,
				  (uint16_t)status, phrase, "%s" NO_BODY, headers);
	leg_free(leg);
}

void sip_leg_refuse(struct sip_leg *leg, unsigned status, const char *phrase, const char *headers)
{
	if (leg->state == LEG_IN_RINGING)
		refuse(leg, status, phrase, headers);
	else
		sip_leg_end(leg, headers);
}

void leg_in_end(struct sip_leg *leg, const char *headers)
{
	switch (leg->state) {
	case LEG_IN_RINGING:
		refuse(leg, 487, "Request Terminated", headers);
		return;
	case LEG_IN_ANSWERED:
		leg->end_lines = strdup(headers); /* for the BYE */
		leg->state = LEG_IN_ENDING;
		return;
	case LEG_IN_UP:
		dlg_bye(&leg->dlg, headers);
		leg_free(leg);
		return;
	default:
		return;
	}
}
