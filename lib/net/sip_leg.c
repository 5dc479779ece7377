/* What both kinds of legs share: the table, the user's handlers, requests inside dialogs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/net/sip_in.h"

static void timer_due(void *arg)
{
	struct sip_leg *leg = arg;

	if (leg->state <= LEG_OUT_UP)
		leg_out_timer(leg);
	else
		leg_in_timer(leg);
}

int leg_alloc(struct sip_leg **ret, struct sip_ep *ep, enum leg_state state)
{
	struct sip_leg *leg = calloc(1, sizeof(*leg));

	if (!leg)
		return ENOMEM;
	leg->ep = ep;
	leg->state = state;
	if (timer_alloc(&leg->timer, timer_due, leg)) {
		free(leg);
		return ENOMEM;
	}
	*ret = leg;
	return 0;
}

void leg_enter(struct sip_leg *leg)
{
	hash_append(leg->ep->legs, hash_joaat_str(leg->dlg.call_id), &leg->he, leg);
}

void leg_free(struct sip_leg *leg)
{
	hash_unlink(&leg->he);
	timer_free(leg->timer);
	mem_deref(leg->out.req);
	mem_deref(leg->out.ack);
	free(leg->out.via);
	free(leg->end_lines);
	mem_deref(leg->in.st);
	mem_deref(leg->in.done);
	mem_deref(leg->in.answer);
	mem_deref((void *)(uintptr_t)leg->in.invite);
	dlg_free(&leg->dlg);
	free(leg);
}

void leg_tell_closed(struct sip_leg *leg, int err, struct sip_rx *rx)
{
	void (*closed)(struct sip_leg *, int, struct sip_rx *, void *) = leg->h.closed;

	leg->h = (struct sip_leg_handlers){0};
	leg->closing = true;
	if (closed)
		closed(leg, err, rx, leg->arg);
	leg->closing = false;
}

int sip_leg_listen(struct sip_ep *ep, sip_call_h *h, void *arg)
{
	ep->call_h = h;
	ep->call_arg = arg;
	return 0;
}

void sip_leg_set(struct sip_leg *leg, const struct sip_leg_handlers *h, void *arg)
{
	leg->h = *h;
	leg->arg = arg;
}

struct sv sip_leg_call_id(const struct sip_leg *leg)
{
	return sv_from(leg->dlg.call_id);
}

void sip_leg_end(struct sip_leg *leg, const char *headers)
{
	if (!leg || leg->closing)
		return;
	leg->h = (struct sip_leg_handlers){0};
	if (leg->state <= LEG_OUT_UP)
		leg_out_end(leg, headers);
	else
		leg_in_end(leg, headers);
}

static bool same_dialog(struct le *le, void *arg)
{
	const struct sip_leg *leg = le->data;

	return dlg_is(&leg->dlg, arg);
}

static struct sip_leg *find(const struct sip_ep *ep, const struct sip_msg *msg)
{
	struct le *le = hash_lookup(ep->legs, hash_joaat_pl(&msg->callid), same_dialog,
				    (void *)(uintptr_t)msg);

	return le ? le->data : NULL;
}

/* A refused INVITE waits for its ACK, which takes a server transaction; anything else does not */
static void answer(struct sip_ep *ep, const struct sip_msg *msg, unsigned status,
		   const char *phrase, const char *headers)
{
	if (pl_strcmp(&msg->met, "INVITE") == 0)
		(void)sip_treply(NULL, ep->sip, msg, (uint16_t)status, phrase);
	else
		(void)sip_reply_to(ep, msg_rx(msg), status, phrase, headers);
}

static void bye(struct sip_leg *leg, const struct sip_msg *msg)
{
	answer(leg->ep, msg, 200, "OK", "");
	leg_in_bye(leg);
	leg_tell_closed(leg, 0, msg_rx(msg));
	leg_free(leg);
}

void legs_request(struct sip_ep *ep, const struct sip_msg *msg)
{
	struct sip_leg *leg = find(ep, msg);

	if (!leg) {
		answer(ep, msg, 481, "Call/Transaction Does Not Exist", "");
		return;
	}
	if (msg->cseq.num < leg->dlg.rseq) { /* RFC 3261 §12.2.2 */
		answer(ep, msg, 500, "CSeq Out of Order", "");
		return;
	}
	leg->dlg.rseq = msg->cseq.num;
	if (pl_strcmp(&msg->met, "BYE") == 0)
		bye(leg, msg);
	else if (pl_strcmp(&msg->met, "INVITE") == 0 || pl_strcmp(&msg->met, "UPDATE") == 0)
		/* media are not renegotiated: the session stays as it was (RFC 3261 §14.2) */
		answer(ep, msg, 488, "Not Acceptable Here", "");
	else
		answer(ep, msg, 405, "Method Not Allowed", "Allow: INVITE, ACK, CANCEL, BYE\r\n");
}

void legs_ack(struct sip_ep *ep, const struct sip_msg *msg)
{
	struct sip_leg *leg = find(ep, msg);

	if (leg && leg->state > LEG_OUT_UP)
		leg_in_ack(leg, msg);
}

void legs_response(struct sip_ep *ep, const struct sip_msg *msg)
{
	struct sip_leg *leg;

	if (msg->scode < 200 || msg->scode > 299 || pl_strcmp(&msg->cseq.met, "INVITE"))
		return;
	leg = find(ep, msg);
	if (leg && leg->state == LEG_OUT_UP)
		leg_out_2xx_again(leg);
}

static bool flush_one(struct le *le, void *arg)
{
	struct sip_leg *leg = le->data;

	(void)arg;
	leg_free(leg);
	return false;
}

void legs_flush(struct sip_ep *ep)
{
	(void)hash_apply(ep->legs, flush_one, NULL);
}
