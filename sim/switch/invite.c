#include <errno.h>

#include "sim/switch/call.h"
#include "sim/switch/invite.h"

void sw_invite_free(struct sw_invite *o)
{
	buf_free(&o->uri);
	buf_free(&o->to);
	buf_free(&o->from);
	buf_free(&o->ctype);
	buf_free(&o->lines);
}

/* Lines that both kinds have in common */
static void add_common(struct buf *b, const struct sw_call *call)
{
	(void)buf_printf(b, "Max-Forwards: %u\r\n", call->hops);
	(void)buf_addsv(b, buf_sv(&call->date));
	(void)buf_addsv(b, buf_sv(&call->identities));
	(void)buf_addsv(b, buf_sv(&call->history));
	sw_add_kept(b, call->invite);
	if (call->identities.err || call->date.err || call->history.err)
		b->err = EMSGSIZE; /* some did not fit: none goes on */
}

static void begin(struct sw_invite *o, const struct sw_call *call)
{
	*o = (struct sw_invite){BUF(SW_URI_MAX), BUF(4096), BUF(4096), BUF(256), BUF(SW_LINES_MAX)};
	(void)buf_addsv(&o->ctype, sip_rx_header(call->invite, "Content-Type", 0));
	sw_add_address(&o->to, sip_rx_header(call->invite, "To", 0));
	add_common(&o->lines, call);
}

static int end(struct sw_invite *o)
{
	if (!o->ctype.l)
		(void)buf_addz(&o->ctype, "application/sdp");
	return o->uri.err || o->to.err || o->from.err || o->ctype.err || o->lines.err ? EMSGSIZE
										      : 0;
}

/* Ours for our subscribers; another network's as it came, but for its verstat */
static void add_asserted(struct buf *b, const struct sw_call *call)
{
	if (call->plan.side != SW_ORIGINATING)
		sw_add_lines_without_verstat(b, call->invite, "P-Asserted-Identity");
	else if (call->has_orig)
		sw_add_asserted(b, &call->orig, SW_VERSTAT_NONE, call->sw->conf->domain);
}

int sw_invite_question(struct sw_invite *ret, const struct sw_call *call)
{
	begin(ret, call);
	(void)buf_addsv(&ret->uri, buf_sv(&call->target.uri));
	sw_add_address(&ret->from, sip_rx_header(call->invite, "From", 0));
	add_asserted(&ret->lines, call);
	return end(ret);
}

/* For our phones with the result of verification. A phone is outside the trust domain: a number that is to be kept
 * private is not told there (RFC 3325 §7) */
static void add_asserted_to_phone(struct buf *b, const struct sw_call *call)
{
	if (call->has_orig && !sw_wants_privacy(call->invite))
		sw_add_asserted(b, &call->orig, call->verstat, call->sw->conf->domain);
}

/* verstat never crosses a trunk: it is what this provider tells its own phones */
int sw_invite_onward(struct sw_invite *ret, const struct sw_call *call)
{
	struct sv from = sip_rx_header(call->invite, "From", 0);

	begin(ret, call);
	if (call->plan.own) {
		sw_add_phone_uri(&ret->uri, call->plan.next_hop, &call->dest);
		sw_add_address_verstat(&ret->from, from, &call->orig, call->verstat);
		add_asserted_to_phone(&ret->lines, call);
	} else {
		(void)buf_addsv(&ret->uri, buf_sv(&call->target.uri));
		sw_add_address(&ret->from, from);
		add_asserted(&ret->lines, call);
	}
	return end(ret);
}
