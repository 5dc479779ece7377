#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "lib/base/log.h"
#include "lib/tdm/map.h"
#include "lib/trace/trace.h"
#include "sim/gateway/gateway.h"
#include "sim/gateway/ibcf_invite.h"
#include "sim/gateway/refuse.h"

#define PHRASE_MAX 256

struct ibcf_call {
	struct ibcf_call *prev, *next;
	struct trunk *trunk;
	enum ibcf_way way;
	struct sip_leg *in, *out;
	struct tn orig, dest; /* "" when not known */
	bool answered;
};

static const char *text(const struct buf *b)
{
	return b->p ? b->p : "";
}

static void note(const struct ibcf_call *call, const char *what, json_t *data)
{
	trace_note(what, call->orig.s[0] ? &call->orig : NULL, call->dest.s[0] ? &call->dest : NULL,
		   data);
}

static void call_free(struct ibcf_call *call)
{
	struct ibcf *ibcf = &call->trunk->gw->ibcf;

	DL_DELETE(ibcf->calls, call);
	ibcf->n--;
	free(call);
}

static void call_over(struct ibcf_call *call, unsigned status, const char *by)
{
	log_info("call over trunk %s ended status=%u by=%s", call->trunk->conf->name, status, by);
	note(call, "gw.ended",
	     json_pack("{ss,si,ss}", "trunk", call->trunk->conf->name, "status", (int)status, "by",
		       by));
	call_free(call);
}

/* --- the side that called --- */

static void caller_closed(struct sip_leg *leg, int err, struct sip_rx *rx, void *arg)
{
	BUF_AUTO struct buf reason = BUF(IBCF_LINES_MAX);
	struct ibcf_call *call = arg;

	(void)leg;
	if (rx)
		ibcf_add_lines(&reason, rx, "Reason");
	sip_leg_end(call->out, text(&reason));
	/* without ACK to the 200 nobody has ended it but us */
	call_over(call, call->answered ? 200 : 487, err ? "gateway" : "caller");
}

/* --- the side that was called --- */

static void print_phrase(char ret[PHRASE_MAX], const struct sip_rx *rx)
{
	(void)snprintf(ret, PHRASE_MAX, "%.*s", SV_ARG(sip_rx_phrase(rx)));
}

static void callee_progress(struct sip_leg *leg, struct sip_rx *rx, void *arg)
{
	BUF_AUTO struct buf reason = BUF(IBCF_LINES_MAX);
	struct ibcf_call *call = arg;
	char phrase[PHRASE_MAX];

	(void)leg;
	ibcf_add_lines(&reason, rx, "Reason");
	print_phrase(phrase, rx);
	/* a caller that cannot be told will be found gone when it matters */
	(void)sip_leg_progress(call->in, sip_rx_status(rx), phrase, sip_rx_body(rx), text(&reason));
}

static void callee_answered(struct sip_leg *leg, struct sip_rx *rx, void *arg)
{
	BUF_AUTO struct buf reason = BUF(IBCF_LINES_MAX);
	struct ibcf_call *call = arg;

	(void)leg;
	ibcf_add_lines(&reason, rx, "Reason");
	if (sip_leg_answer(call->in, sip_rx_body(rx), text(&reason)) == 0) {
		call->answered = true;
		return;
	}
	sip_leg_end(call->out, "");
	sip_leg_end(call->in, "");
	call_over(call, 500, "gateway");
}

/* A refusal goes back as it came, with what explains it */
static void callee_refused(struct ibcf_call *call, const struct sip_rx *rx)
{
	static const char *const explain[] = {"Reason", "Retry-After", "Warning"};
	BUF_AUTO struct buf lines = BUF(IBCF_LINES_MAX);
	unsigned status = sip_rx_status(rx);
	char phrase[PHRASE_MAX];

	for (size_t i = 0; i < sizeof(explain) / sizeof(explain[0]); i++)
		ibcf_add_lines(&lines, rx, explain[i]);
	if (status < 400)
		ibcf_add_lines(&lines, rx, "Contact");
	print_phrase(phrase, rx);
	sip_leg_refuse(call->in, status, phrase, text(&lines));
	call_over(call, status, "callee");
}

static void callee_unreachable(struct ibcf_call *call, int err)
{
	unsigned status = err == ETIMEDOUT ? 408 : 503;
	char reason[REASON_MAX];

	log_warn("no answer over trunk %s: %s", call->trunk->conf->name, strerror(err));
	reason_line(reason, map_status_to_cause(status));
	sip_leg_refuse(call->in, status, status == 408 ? "Request Timeout" : "Service Unavailable",
		       reason);
	call_over(call, status, "gateway");
}

static void callee_closed(struct sip_leg *leg, int err, struct sip_rx *rx, void *arg)
{
	BUF_AUTO struct buf reason = BUF(IBCF_LINES_MAX);
	struct ibcf_call *call = arg;

	(void)leg;
	call->out = NULL;
	if (call->answered) {
		if (rx)
			ibcf_add_lines(&reason, rx, "Reason");
		sip_leg_end(call->in, text(&reason));
		call_over(call, 200, "callee");
	} else if (rx) {
		callee_refused(call, rx);
	} else {
		callee_unreachable(call, err);
	}
}

static const struct sip_leg_handlers caller_handlers = {.closed = caller_closed};
static const struct sip_leg_handlers callee_handlers = {
	.progress = callee_progress, .answered = callee_answered, .closed = callee_closed};

/* --- the INVITE --- */

static int dial(struct ibcf_call *call, const struct sip_rx *invite)
{
	const struct gw *gw = call->trunk->gw;
	struct ibcf_invite inv;
	int err = ibcf_invite_write(&inv, invite, !gw->conf->faults.drop_identity);

	if (!err)
		err = sip_leg_dial(&call->out, gw->ep,
				   &(struct sip_dial_opts){
					   .next_hop = call->way == IBCF_TO_TRUNK
							       ? call->trunk->next_hop
							       : gw->conf->switch_uri,
					   .uri = inv.uri.p,
					   .to = inv.to.p,
					   .from = inv.from.p,
					   .headers = text(&inv.lines),
					   .ctype = inv.ctype.l ? inv.ctype.p : "application/sdp",
					   .body = sip_rx_body(invite)},
				   &callee_handlers, call);
	if (!err)
		note(call, "gw.forwarded",
		     json_pack("{ss,ss,ss%,si}", "trunk", call->trunk->conf->name, "dir",
			       call->way == IBCF_TO_TRUNK ? "tx" : "rx", "call_id",
			       sip_leg_call_id(call->out).p, sip_leg_call_id(call->out).l,
			       "identity", (int)inv.identities));
	ibcf_invite_free(&inv);
	return err;
}

static void refuse(struct sip_leg *leg, const struct tn *orig, const struct tn *dest, int err)
{
	switch (err) {
	case EBADMSG:
		refuse_status(leg, orig, dest, 400, "Bad Max-Forwards",
			      "Max-Forwards: expected 0 to 255");
		break;
	case ELOOP:
		refuse_status(leg, orig, dest, 483, "Too Many Hops", "Max-Forwards is used up");
		break;
	case EMSGSIZE:
		refuse_status(leg, orig, dest, 513, "Message Too Large",
			      "the headers that go on are too large");
		break;
	case ENOSPC:
		refuse_status(leg, orig, dest, 503, "Service Unavailable",
			      "as many calls as max_calls allows are there");
		break;
	default:
		refuse_status(leg, orig, dest, 500, "Server Internal Error", strerror(err));
		break;
	}
}

void ibcf_start(struct trunk *t, enum ibcf_way way, struct sip_leg *leg, struct sip_rx *invite)
{
	struct ibcf *ibcf = &t->gw->ibcf;
	struct tn orig = {""}, dest = {""};
	struct ibcf_call *call = NULL;
	int err = ibcf->n < t->gw->conf->max_calls ? 0 : ENOSPC;

	(void)sip_rx_caller(invite, &orig);
	(void)sip_rx_called(invite, &dest);
	if (!err) {
		call = calloc(1, sizeof(*call));
		err = call ? 0 : ENOMEM;
	}
	if (!err) {
		*call = (struct ibcf_call){
			.trunk = t, .way = way, .in = leg, .orig = orig, .dest = dest};
		err = dial(call, invite);
	}
	if (err) {
		free(call);
		refuse(leg, &orig, &dest, err);
		return;
	}
	sip_leg_set(leg, &caller_handlers, call);
	DL_APPEND(ibcf->calls, call);
	ibcf->n++;
}

void ibcf_stop(struct ibcf *ibcf)
{
	while (ibcf->calls)
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): DL_DELETE moves the head on */
		call_free(ibcf->calls);
}
