#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "lib/net/history.h"
#include "lib/trace/trace.h"
#include "sim/switch/ask.h"
#include "sim/switch/invite.h"

void sw_note(const struct sw_call *call, const char *what, json_t *data)
{
	trace_note(what, call->has_orig ? &call->orig : NULL, call->has_dest ? &call->dest : NULL,
		   data);
}

static void call_free(struct sw_call *call)
{
	DL_DELETE(call->sw->calls, call);
	call->sw->n_calls--;
	sw_ask_forget(call);
	sip_rx_unref(call->invite);
	sw_target_free(&call->target);
	buf_free(&call->identities);
	buf_free(&call->date);
	buf_free(&call->history);
	buf_free(&call->reason);
	free(call);
}

static void call_over(struct sw_call *call, unsigned status, const char *by)
{
	sw_note(call, "switch.ended", json_pack("{s:i,s:s}", "status", (int)status, "by", by));
	call_free(call);
}

void sw_call_refuse(struct sw_call *call, unsigned status, const char *phrase, const char *headers,
		    const char *by)
{
	sw_isc_over(call, false, status, phrase, headers);
	sip_leg_refuse(call->in, status, phrase, headers);
	call_over(call, status, by);
}

static const char *text(const struct buf *b)
{
	return b->p ? b->p : "";
}

/* --- both legs up, or on their way --- */

static void caller_closed(struct sip_leg *leg, int err, struct sip_rx *rx, void *arg)
{
	BUF_AUTO struct buf reason = BUF(SW_LINES_MAX);
	struct sw_call *call = arg;

	(void)leg;
	if (rx)
		(void)sw_add_lines(&reason, rx, "Reason");
	sip_leg_end(call->out, text(&reason));
	sw_isc_over(call, true, 0, "", text(&reason));
	/* without ACK to our 200 nobody has ended it but us */
	call_over(call, call->answered ? 200 : 487, err ? "switch" : "caller");
}

static void callee_progress(struct sip_leg *leg, struct sip_rx *rx, void *arg)
{
	struct sw_call *call = arg;
	char phrase[256];

	(void)leg;
	(void)snprintf(phrase, sizeof(phrase), "%.*s", SV_ARG(sip_rx_phrase(rx)));
	/* a caller that cannot be told will be found gone when it matters */
	(void)sip_leg_progress(call->in, sip_rx_status(rx), phrase, sip_rx_body(rx),
			       text(&call->reason));
	sw_isc_progress(call, sip_rx_status(rx), phrase, sip_rx_body(rx));
}

/* No other INVITE will be made of it */
static void release_invite(struct sw_call *call)
{
	sip_rx_unref(call->invite);
	call->invite = NULL;
	buf_free(&call->identities);
	buf_free(&call->date);
	buf_free(&call->history);
}

static void callee_answered(struct sip_leg *leg, struct sip_rx *rx, void *arg)
{
	struct sw_call *call = arg;

	(void)leg;
	if (sip_leg_answer(call->in, sip_rx_body(rx), text(&call->reason)) == 0) {
		call->answered = true;
		sw_isc_answered(call, sip_rx_body(rx));
		release_invite(call);
		return;
	}
	sip_leg_end(call->out, "");
	sip_leg_end(call->in, "");
	sw_isc_over(call, false, 500, "Server Internal Error", "");
	call_over(call, 500, "switch");
}

/* The callee's refusal goes back as it came, with what explains it */
static void callee_refused(struct sw_call *call, const struct sip_rx *rx)
{
	static const char *const explain[] = {"Reason", "Retry-After", "Warning"};
	BUF_AUTO struct buf lines = BUF(SW_LINES_MAX);
	char phrase[256];

	for (size_t i = 0; i < sizeof(explain) / sizeof(explain[0]); i++)
		(void)sw_add_lines(&lines, rx, explain[i]);
	if (sip_rx_status(rx) < 400)
		(void)sw_add_lines(&lines, rx, "Contact");
	(void)buf_addsv(&lines, buf_sv(&call->reason));
	(void)snprintf(phrase, sizeof(phrase), "%.*s", SV_ARG(sip_rx_phrase(rx)));
	sw_call_refuse(call, sip_rx_status(rx), phrase, text(&lines), "callee");
}

/* The phone did not take the call; does it go on to another number therefore? ret_cause: as in History-Info */
static bool goes_on(const struct sw_call *call, unsigned status, unsigned *ret_cause)
{
	if (call->answered || !call->plan.retarget)
		return false;
	switch (call->plan.retarget->reason) {
	case SW_BUSY:
		*ret_cause = HISTORY_BUSY;
		return status == 486 || status == 600;
	case SW_NO_ANSWER:
		*ret_cause = HISTORY_NO_ANSWER;
		return status == 408 || status == 480;
	default:
		return false;
	}
}

static void callee_closed(struct sip_leg *leg, int err, struct sip_rx *rx, void *arg)
{
	BUF_AUTO struct buf reason = BUF(SW_LINES_MAX);
	struct sw_call *call = arg;
	unsigned cause;

	(void)leg;
	call->out = NULL;
	if (goes_on(call, rx ? sip_rx_status(rx) : err == ETIMEDOUT ? 408 : 503, &cause)) {
		sw_retarget(call, cause);
	} else if (call->answered) {
		if (rx)
			(void)sw_add_lines(&reason, rx, "Reason");
		sip_leg_end(call->in, text(&reason));
		sw_isc_over(call, false, 0, "", text(&reason));
		call_over(call, 200, "callee");
	} else if (rx) {
		callee_refused(call, rx);
	} else if (err == ETIMEDOUT) {
		sw_call_refuse(call, 408, "Request Timeout", text(&call->reason), "switch");
	} else {
		sw_call_refuse(call, 503, "Service Unavailable", text(&call->reason), "switch");
	}
}

static const struct sip_leg_handlers caller_handlers = {.closed = caller_closed};
static const struct sip_leg_handlers callee_handlers = {
	.progress = callee_progress, .answered = callee_answered, .closed = callee_closed};

/* --- the INVITE that goes on --- */

static json_t *routing(const struct sw_call *call)
{
	static const char *const params[] = {"rn", "cic"};
	json_t *data =
		json_pack("{s:s,s:i,s:s}", "next_hop", call->plan.next_hop, "identity",
			  (int)call->n_identities, "verstat", sw_verstat_name(call->verstat));

	for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
		struct sv value = sw_target_param(&call->target, params[i]);

		if (value.l)
			(void)json_object_set_new(data, params[i], json_stringn(value.p, value.l));
	}
	return data;
}

static int dial(struct sw_call *call)
{
	struct sw_invite o;
	int err = sw_invite_onward(&o, call);

	if (!err) {
		sw_note(call, "switch.routed", routing(call));
		err = sip_leg_dial(&call->out, call->sw->ep,
				   &(struct sip_dial_opts){
					   .next_hop = call->plan.next_hop,
					   .uri = o.uri.p,
					   .to = o.to.p,
					   .from = o.from.p,
					   .headers = o.lines.p,
					   .ctype = o.ctype.p,
					   .body = sip_rx_body(call->invite),
					   .timeout_ms = (uint64_t)call->sw->conf->no_answer_ms,
				   },
				   &callee_handlers, call);
	}
	sw_invite_free(&o);
	return err;
}

static void go_on(struct sw_call *call)
{
	int err = dial(call);

	if (err == EMSGSIZE)
		sw_call_refuse(call, 513, "Message Too Large", "", "switch");
	else if (err)
		sw_call_refuse(call, 500, "Server Internal Error", "", "switch");
	else if (!call->plan.retarget)
		release_invite(call);
}

void sw_call_next(struct sw_call *call)
{
	const struct sw_retarget *retarget = call->plan.retarget;

	if (sw_ask(call))
		return;
	if (retarget && retarget->reason == SW_UNCONDITIONAL)
		sw_retarget(call, HISTORY_UNCONDITIONAL);
	else
		go_on(call);
}

/* --- the INVITE that comes --- */

static bool read_hops(struct sw_call *call, const struct sip_rx *invite)
{
	struct sv value = sip_rx_header(invite, "Max-Forwards", 0);
	unsigned long long n = 71; /* RFC 3261 §16.6: without one, 70 goes on */

	if (value.p && !sv_u64(value, 255, &n))
		return false;
	call->hops = (unsigned)n;
	return true;
}

/* A subscriber's number is what we assert: that preferred if there is one (RFC 3325 §9.2), else From; its own
 * P-Asserted-Identity means nothing */
static void read_numbers(struct sw_call *call, enum sw_kind from)
{
	const struct sip_rx *rx = call->invite;

	call->has_dest = sw_target_set(&call->target, sip_rx_uri(rx)) == 0;
	call->dest = call->target.called;
	if (from == SW_TRUNK)
		call->has_orig = sip_rx_caller(rx, &call->orig) == 0;
	else
		call->has_orig =
			sip_tn(&call->orig, sip_rx_header(rx, "P-Preferred-Identity", 0)) == 0 ||
			sip_tn(&call->orig, sip_rx_header(rx, "From", 0)) == 0;
}

static struct sw_call *call_alloc(struct sw *sw, struct sip_leg *leg, struct sip_rx *invite)
{
	struct sw_call *call = calloc(1, sizeof(*call));

	if (!call)
		return NULL;
	call->sw = sw;
	call->in = leg;
	call->invite = sip_rx_ref(invite);
	call->identities = BUF(SW_LINES_MAX);
	call->history = BUF(SW_LINES_MAX);
	call->date = BUF(256);
	call->reason = BUF(4096);
	DL_APPEND(sw->calls, call);
	sw->n_calls++;
	sip_leg_set(leg, &caller_handlers, call);
	return call;
}

/* Look the number up, and see what happens to the call. @return 0 or errno */
static int plan(struct sw_call *call, enum sw_kind from)
{
	const struct sw *sw = call->sw;
	const struct tn *rn;
	int err = call->has_dest ? 0 : ENOENT;

	if (!err && from == SW_SUBSCRIBER)
		err = sw_target_query(&call->target, sw->table, sw->conf->lnp_query);
	rn = call->target.rn.s[0] ? &call->target.rn : NULL;
	if (!err)
		err = sw_table_plan(sw->table, from, &call->dest, rn, &call->plan);
	if (call->plan.side == SW_TRANSIT && sip_rx_header(call->invite, "Identity", 0).p)
		call->plan.ask_as = false; /* it is signed already */
	return err;
}

static void start(struct sw_call *call, enum sw_kind from)
{
	if (!read_hops(call, call->invite)) {
		sw_call_refuse(call, 400, "Bad Max-Forwards", "", "switch");
		return;
	}
	if (call->hops == 0) {
		sw_call_refuse(call, 483, "Too Many Hops", "", "switch");
		return;
	}
	call->hops--;
	read_numbers(call, from);
	if (plan(call, from)) {
		sw_call_refuse(call, 404, "Not Found", "", "switch");
		return;
	}
	sw_note(call, "switch.call",
		json_pack("{s:s,s:s%}", "side", sw_side_names[call->plan.side], "call_id",
			  sip_rx_call_id(call->invite).p, sip_rx_call_id(call->invite).l));
	call->n_identities = sw_add_identities(&call->identities, call->invite);
	(void)sw_add_lines(&call->date, call->invite, "Date");
	(void)sw_add_lines(&call->history, call->invite, "History-Info");
	sw_call_next(call);
}

void sw_call_arrived(struct sip_leg *leg, struct sip_rx *invite, void *arg)
{
	struct sw *sw = arg;
	struct sw_call *call;
	enum sw_kind from;

	if (sw_isc_came_back(sw, leg, invite))
		return;
	if (sw->n_calls >= sw->conf->max_calls) {
		sip_leg_refuse(leg, 503, "Service Unavailable", "Retry-After: 1\r\n");
		return;
	}
	call = call_alloc(sw, leg, invite);
	if (!call)
		sip_leg_refuse(leg, 503, "Service Unavailable", "");
	else if (sw_table_sender(sw->table, invite, &from))
		sw_call_refuse(call, 403, "Forbidden", "", "switch");
	else
		start(call, from);
}

void sw_calls_end(struct sw *sw)
{
	sw_isc_end(sw);
	while (sw->calls) {
		struct sw_call *call = sw->calls;

		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): DL_DELETE moves the head on */
		sip_leg_end(call->out, "");
		sip_leg_end(call->in, "");
		call_over(call, call->answered ? 200 : 487, "switch");
	}
}
