#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "lib/trace/trace.h"
#include "sim/switch/call.h"

void sw_note(const struct sw_call *call, const char *what, json_t *data)
{
	trace_note(what, call->has_orig ? &call->orig : NULL, call->has_dest ? &call->dest : NULL,
		   data);
}

static void call_free(struct sw_call *call)
{
	DL_DELETE(call->sw->calls, call);
	call->sw->n_calls--;
	sip_query_cancel(call->query);
	sip_rx_unref(call->invite);
	buf_free(&call->identities);
	buf_free(&call->date);
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
}

static void callee_answered(struct sip_leg *leg, struct sip_rx *rx, void *arg)
{
	struct sw_call *call = arg;

	(void)leg;
	if (sip_leg_answer(call->in, sip_rx_body(rx), text(&call->reason)) == 0) {
		call->answered = true;
		return;
	}
	sip_leg_end(call->out, "");
	sip_leg_end(call->in, "");
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

static void callee_closed(struct sip_leg *leg, int err, struct sip_rx *rx, void *arg)
{
	BUF_AUTO struct buf reason = BUF(SW_LINES_MAX);
	struct sw_call *call = arg;

	(void)leg;
	call->out = NULL;
	if (call->answered) {
		if (rx)
			(void)sw_add_lines(&reason, rx, "Reason");
		sip_leg_end(call->in, text(&reason));
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

void sw_common_lines(struct buf *b, const struct sw_call *call)
{
	(void)buf_printf(b, "Max-Forwards: %u\r\n", call->hops);
	(void)buf_addsv(b, buf_sv(&call->date));
	(void)buf_addsv(b, buf_sv(&call->identities));
	sw_add_kept(b, call->invite);
	if (call->identities.err || call->date.err)
		b->err = EMSGSIZE; /* some did not fit: none goes on */
}

/* P-Asserted-Identity: ours for our subscribers; with the result of verification for our phones; another
 * network's as it came, but for its verstat. A phone is outside the trust domain: a number that is to be
 * kept private is not told there (RFC 3325 §7) */
static void add_identity_of_caller(struct buf *b, const struct sw_call *call)
{
	if (call->plan.own && sw_wants_privacy(call->invite))
		return;
	if (call->plan.side == SW_TRANSIT)
		sw_add_lines_without_verstat(b, call->invite, "P-Asserted-Identity");
	else if (call->has_orig)
		sw_add_asserted(b, &call->orig, call->verstat, call->sw->conf->domain);
}

struct onward {
	struct buf uri, to, from, ctype, lines;
};

static void onward_free(struct onward *o)
{
	buf_free(&o->uri);
	buf_free(&o->to);
	buf_free(&o->from);
	buf_free(&o->ctype);
	buf_free(&o->lines);
}

static int compose(struct onward *o, const struct sw_call *call)
{
	*o = (struct onward){BUF(4096), BUF(4096), BUF(4096), BUF(256), BUF(SW_LINES_MAX)};
	if (call->plan.own)
		sw_add_phone_uri(&o->uri, call->plan.next_hop, &call->dest);
	else
		(void)buf_addsv(&o->uri, sip_rx_uri(call->invite));
	sw_add_address(&o->to, sip_rx_header(call->invite, "To", 0));
	sw_add_address_verstat(&o->from, sip_rx_header(call->invite, "From", 0), &call->orig,
			       call->verstat);
	(void)buf_addsv(&o->ctype, sip_rx_header(call->invite, "Content-Type", 0));
	sw_common_lines(&o->lines, call);
	add_identity_of_caller(&o->lines, call);
	return o->uri.err || o->to.err || o->from.err || o->ctype.err || o->lines.err ? EMSGSIZE
										      : 0;
}

static int dial(struct sw_call *call, const struct onward *o)
{
	struct sv body = sip_rx_body(call->invite);

	sw_note(call, "switch.routed",
		json_pack("{s:s,s:i,s:s}", "next_hop", call->plan.next_hop, "identity",
			  (int)call->n_identities, "verstat", sw_verstat_name(call->verstat)));
	return sip_leg_dial(&call->out, call->sw->ep,
			    &(struct sip_dial_opts){
				    .next_hop = call->plan.next_hop,
				    .uri = o->uri.p,
				    .to = o->to.p,
				    .from = o->from.p,
				    .headers = o->lines.p,
				    .ctype = o->ctype.l ? o->ctype.p : "application/sdp",
				    .body = body,
				    .timeout_ms = (uint64_t)call->sw->conf->no_answer_ms,
			    },
			    &callee_handlers, call);
}

void sw_call_dial(struct sw_call *call)
{
	struct onward o;
	int err = compose(&o, call);

	if (!err)
		err = dial(call, &o);
	onward_free(&o);
	if (err == EMSGSIZE) {
		sw_call_refuse(call, 513, "Message Too Large", "", "switch");
		return;
	}
	if (err) {
		sw_call_refuse(call, 500, "Server Internal Error", "", "switch");
		return;
	}
	sip_rx_unref(call->invite);
	call->invite = NULL;
	buf_free(&call->identities);
	buf_free(&call->date);
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

	call->has_dest = sip_rx_called(rx, &call->dest) == 0;
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
	call->date = BUF(256);
	call->reason = BUF(4096);
	DL_APPEND(sw->calls, call);
	sw->n_calls++;
	sip_leg_set(leg, &caller_handlers, call);
	return call;
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
	if (!call->has_dest || sw_table_plan(call->sw->table, from, &call->dest, &call->plan)) {
		sw_call_refuse(call, 404, "Not Found", "", "switch");
		return;
	}
	sw_note(call, "switch.call",
		json_pack("{s:s,s:s%}", "side", sw_side_names[call->plan.side], "call_id",
			  sip_rx_call_id(call->invite).p, sip_rx_call_id(call->invite).l));
	call->n_identities = sw_add_identities(&call->identities, call->invite);
	(void)sw_add_lines(&call->date, call->invite, "Date");
	sw_ask(call);
}

void sw_call_arrived(struct sip_leg *leg, struct sip_rx *invite, void *arg)
{
	struct sw *sw = arg;
	struct sw_call *call;
	enum sw_kind from;

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
	while (sw->calls) {
		struct sw_call *call = sw->calls;

		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): DL_DELETE moves the head on */
		sip_leg_end(call->out, "");
		sip_leg_end(call->in, "");
		call_over(call, call->answered ? 200 : 487, "switch");
	}
}
