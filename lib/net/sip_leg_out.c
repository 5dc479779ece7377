/* Outgoing legs: the client's half of an INVITE dialog. libre has the transactions; redirection and
 * authentication that its sessions would do by themselves are the user's business here. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/net/sip_in.h"

#define NO_ANSWER_MS 180000 /* RFC 3261 §16.6, timer C */

/* Between start line and header lines stands the Via that libre made; CANCEL must have the same
 * (RFC 3261 §9.1) */
static int on_sent(enum sip_transp tp, const struct sa *src, const struct sa *dst, struct mbuf *mb,
		   void *arg)
{
	struct sip_leg *leg = arg;
	struct sv text = {(const char *)mb->buf, mb->end};

	(void)src;
	(void)sv_cut(&text, '\n');
	leg->out.tp = tp;
	leg->out.dst = *dst;
	leg->out.via = sv_dup(text);
	return leg->out.via ? 0 : ENOMEM;
}

static void send_cancel(struct sip_leg *leg)
{
	struct dlg_request r = {
		.method = "CANCEL", .seq = leg->out.seq, .headers = leg_end_lines(leg)};
	struct mbuf *mb = mbuf_alloc(1024);

	if (!mb)
		return;
	if (mbuf_printf(mb, "CANCEL %s SIP/2.0\r\n%s", leg->dlg.target, leg->out.via) == 0 &&
	    dlg_lines(mb, &leg->dlg, &r) == 0 &&
	    mbuf_printf(mb, "%sContent-Length: 0\r\n\r\n", r.headers) == 0) {
		mbuf_set_pos(mb, 0);
		(void)sip_send(leg->ep->sip, NULL, leg->out.tp, &leg->out.dst, mb);
	}
	mem_deref(mb);
}

/* Again over UDP until the INVITE's final response shows that it arrived; given up after 64*T1 */
static void cancel_step(struct sip_leg *leg)
{
	unsigned wait = SIP_T1 << leg->out.tries++;

	if (leg->out.tries > 7) { /* 500 ms doubled seven times: the 64*T1 are over */
		leg_free(leg);
		return;
	}
	if (leg->out.tries == 1 || leg->out.tp == SIP_TRANSP_UDP)
		send_cancel(leg);
	timer_start(leg->timer, wait);
}

static void cancelling(struct sip_leg *leg)
{
	leg->state = LEG_OUT_CANCELLING;
	timer_stop(leg->timer);
	if (leg->out.heard)
		cancel_step(leg);
	/* else libre's timer B ends it, should no response come at all */
}

void leg_out_timer(struct sip_leg *leg)
{
	if (leg->state == LEG_OUT_CANCELLING) {
		cancel_step(leg);
		return;
	}
	if (leg->out.err) {
		leg_tell_closed(leg, leg->out.err, NULL);
		leg_free(leg);
		return;
	}
	leg_tell_closed(leg, ETIMEDOUT, NULL);
	cancelling(leg);
}

void leg_out_end(struct sip_leg *leg, const char *headers)
{
	if (leg->state == LEG_OUT_UP) {
		dlg_bye(&leg->dlg, headers);
		leg_free(leg);
	} else if (leg->out.err) {
		leg_free(leg);
	} else if (leg->state == LEG_OUT_CALLING) {
		leg->end_lines = strdup(headers);
		cancelling(leg);
	}
}

static int on_ack_sent(enum sip_transp tp, const struct sa *src, const struct sa *dst,
		       struct mbuf *mb, void *arg)
{
	struct sip_leg *leg = arg;

	(void)src;
	mem_deref(leg->out.ack);
	leg->out.ack = mem_ref(mb);
	leg->out.dst = *dst;
	leg->out.tp = tp;
	return 0;
}

static int acknowledge(struct sip_leg *leg, const struct sip_msg *ok)
{
	int err = dlg_confirm(&leg->dlg, ok);

	return err ? err
		   : dlg_send(NULL, &leg->dlg, false,
			      &(struct dlg_request){.method = "ACK",
						    .seq = leg->out.seq,
						    .headers = "",
						    .sent = on_ack_sent,
						    .arg = leg});
}

void leg_out_2xx_again(struct sip_leg *leg)
{
	if (!leg->out.ack)
		return;
	mbuf_set_pos(leg->out.ack, 0);
	(void)sip_send(leg->ep->sip, NULL, leg->out.tp, &leg->out.dst, leg->out.ack);
}

static void on_2xx(struct sip_leg *leg, const struct sip_msg *msg)
{
	bool wanted = leg->state == LEG_OUT_CALLING;
	int err = acknowledge(leg, msg);

	timer_stop(leg->timer);
	if (wanted && !err) {
		leg->state = LEG_OUT_UP;
		if (leg->h.answered)
			leg->h.answered(leg, msg_rx(msg), leg->arg);
		return;
	}
	if (wanted)
		leg_tell_closed(leg, err, NULL); /* a 2xx that makes no dialog */
	dlg_bye(&leg->dlg, leg_end_lines(leg));
	leg_free(leg);
}

static void on_provisional(struct sip_leg *leg, const struct sip_msg *msg)
{
	bool first = !leg->out.heard;

	leg->out.heard = true;
	if (leg->state == LEG_OUT_CANCELLING && first)
		cancel_step(leg);
	else if (leg->state == LEG_OUT_CALLING && leg->h.progress && msg->scode > 100)
		leg->h.progress(leg, msg_rx(msg), leg->arg);
}

static void on_response(int err, const struct sip_msg *msg, void *arg)
{
	struct sip_leg *leg = arg;

	if (msg)
		sip_no_delay(msg);
	if (msg && msg->scode < 200) {
		on_provisional(leg, msg);
	} else if (msg && msg->scode < 300) {
		on_2xx(leg, msg);
	} else {
		leg_tell_closed(leg, err, msg ? msg_rx(msg) : NULL);
		leg_free(leg);
	}
}

static int invite(struct sip_leg *leg, const struct sip_dial_opts *opts)
{
	leg->out.seq = leg->dlg.lseq++;
	return dlg_send(&leg->out.req, &leg->dlg, true,
			&(struct dlg_request){.method = "INVITE",
					      .seq = leg->out.seq,
					      .headers = opts->headers,
					      .ctype = opts->ctype,
					      .body = opts->body,
					      .contact = true,
					      .sent = on_sent,
					      .answered = on_response,
					      .arg = leg});
}

static int dial(struct sip_leg *leg, const struct sip_dial_opts *opts)
{
	BUF_AUTO struct buf to = BUF(4096);
	int err = buf_printf(&to, "<%s>", opts->uri);

	if (err)
		return EINVAL;
	err = dlg_out(&leg->dlg, leg->ep, opts->uri, opts->next_hop, opts->from,
		      opts->to ? opts->to : to.p);
	if (err || !opts->routes)
		return err;
	leg->dlg.routes = strdup(opts->routes);
	return leg->dlg.routes ? 0 : ENOMEM;
}

int sip_leg_dial(struct sip_leg **ret, struct sip_ep *ep, const struct sip_dial_opts *opts,
		 const struct sip_leg_handlers *h, void *arg)
{
	struct sip_leg *leg;
	int err = leg_alloc(&leg, ep, LEG_OUT_CALLING);

	if (err)
		return err;
	err = dial(leg, opts);
	if (err) {
		leg_free(leg);
		return err;
	}
	leg->h = *h;
	leg->arg = arg;
	leg_enter(leg);
	/* a peer that refuses at once is told like one that refuses later: never from inside */
	leg->out.err = invite(leg, opts);
	timer_start(leg->timer, leg->out.err       ? 0
				: opts->timeout_ms ? opts->timeout_ms
						   : NO_ANSWER_MS);
	*ret = leg;
	return 0;
}
