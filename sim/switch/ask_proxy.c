/* The service is a proxy on the call's way, as on ISC (3GPP TS 24.229 §5.4.3): the INVITE goes to it with
 *
 *     Route: <sip:service;lr>, <sip:switch;lr;odi=…>
 *
 * and comes back by the second of these, with what the service has added. odi, the original dialog identifier, tells
 * which call it is.
 *
 * The two ends of that dialog are the switch's own: the leg to the service, and the leg from it. The call itself does
 * not hang on them, so a service that dies in the middle of it stops nothing; but the service sees all of it: what the
 * callee answers goes to the leg from the service and through the service to the other one, CANCEL and BYE of the
 * caller the other way round.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>
#include <utlist.h>

#include "lib/net/loop.h"
#include "sim/switch/ask.h"
#include "sim/switch/invite.h"

#define ODI_OCTETS 16
/* A service that has not finished this long after the call is not waited for (RFC 3261: 64*T1) */
#define LINGER_MS 32000

struct sw_isc {
	UT_hash_handle hh;
	struct sw_isc *prev, *next; /* in the call */
	struct sw *sw;
	struct sw_call *call; /* NULL: it is over */
	char odi[2 * ODI_OCTETS + 1];
	struct sip_leg *to, *from; /* to and from the service; NULL: not yet, or no more */
	bool answered;
	struct timer *timer; /* for the INVITE to come back; after the call, for the legs to end */
};

static void leave_call(struct sw_isc *isc)
{
	struct sw_call *call = isc->call;

	isc->call = NULL;
	if (!call)
		return;
	DL_DELETE(call->iscs, isc);
	if (call->asked == isc)
		call->asked = NULL;
}

/* Legs that are still there are ended */
static void isc_free(struct sw_isc *isc)
{
	leave_call(isc);
	HASH_DEL(isc->sw->isc, isc);
	sip_leg_end(isc->to, "");
	sip_leg_end(isc->from, "");
	timer_free(isc->timer);
	free(isc);
}

static bool is_waiting(const struct sw_isc *isc)
{
	return isc->call && isc->call->asked == isc;
}

/* It will not come back */
static void failed(struct sw_isc *isc, int err, const struct sip_rx *rx)
{
	struct sw_call *call = isc->call;
	struct sw_answer answer;

	sw_answer_begin(&answer);
	if (rx)
		sw_answer_failed(&answer, call, rx);
	else
		sw_answer_none(&answer, call, err);
	isc_free(isc);
	sw_answered(call, &answer);
	sw_answer_free(&answer);
}

/* --- legs --- */

static void leg_gone(struct sw_isc *isc)
{
	if (!isc->call && !isc->to && !isc->from)
		isc_free(isc);
}

static void to_closed(struct sip_leg *leg, int err, struct sip_rx *rx, void *arg)
{
	struct sw_isc *isc = arg;

	(void)leg;
	isc->to = NULL;
	if (is_waiting(isc))
		failed(isc, err, rx);
	else
		leg_gone(isc);
}

/* The service has taken the call itself, which is not what it is asked for */
static void to_answered(struct sip_leg *leg, struct sip_rx *rx, void *arg)
{
	struct sw_isc *isc = arg;

	(void)leg;
	if (is_waiting(isc))
		failed(isc, 0, rx);
}

static void from_closed(struct sip_leg *leg, int err, struct sip_rx *rx, void *arg)
{
	struct sw_isc *isc = arg;

	(void)leg;
	(void)err;
	(void)rx;
	isc->from = NULL;
	leg_gone(isc);
}

static const struct sip_leg_handlers to_handlers = {.answered = to_answered, .closed = to_closed};
static const struct sip_leg_handlers from_handlers = {.closed = from_closed};

static void timer_due(void *arg)
{
	struct sw_isc *isc = arg;

	if (is_waiting(isc))
		failed(isc, ETIMEDOUT, NULL);
	else
		isc_free(isc);
}

/* --- asking --- */

static int isc_alloc(struct sw_isc **ret, struct sw_call *call)
{
	const struct env *env = call->sw->env;
	struct sw_isc *isc = calloc(1, sizeof(*isc));
	uint8_t random[ODI_OCTETS];

	if (!isc)
		return ENOMEM;
	if (timer_alloc(&isc->timer, timer_due, isc)) {
		free(isc);
		return ENOMEM;
	}
	env->random(env->ctx, random, sizeof(random));
	for (size_t i = 0; i < sizeof(random); i++)
		(void)snprintf(isc->odi + 2 * i, 3, "%02x", random[i]);
	isc->sw = call->sw;
	isc->call = call;
	HASH_ADD_STR(isc->sw->isc, odi, isc);
	DL_APPEND(call->iscs, isc);
	*ret = isc;
	return 0;
}

static void add_routes(struct buf *b, const struct sw_isc *isc)
{
	const char *uri = isc->call->service->uri;
	struct sv transport = SV("tcp"), lr;

	(void)sip_uri_param(sv_from(uri), "transport", &transport);
	(void)buf_printf(b, "Route: <%s%s>, <sip:%s;transport=%.*s;lr;odi=%s>\r\n", uri,
			 sip_uri_param(sv_from(uri), "lr", &lr) ? "" : ";lr",
			 sip_ep_addr(isc->sw->ep), SV_ARG(transport), isc->odi);
}

static int dial(struct sw_isc *isc)
{
	const struct sw_call *call = isc->call;
	BUF_AUTO struct buf routes = BUF(4096);
	struct sw_invite o;
	int err = sw_invite_question(&o, call);

	add_routes(&routes, isc);
	if (routes.err)
		err = routes.err;
	if (!err)
		err = sip_leg_dial(
			&isc->to, isc->sw->ep,
			&(struct sip_dial_opts){
				.next_hop = call->service->uri,
				.uri = o.uri.p,
				.to = o.to.p,
				.from = o.from.p,
				.headers = o.lines.p,
				.routes = routes.p,
				.ctype = o.ctype.p,
				.body = sip_rx_body(call->invite),
				/* the call ends it before that */
				.timeout_ms = (uint64_t)isc->sw->conf->no_answer_ms + LINGER_MS},
			&to_handlers, isc);
	sw_invite_free(&o);
	return err;
}

static int ask(struct sw_call *call)
{
	struct sw_isc *isc;
	int err = isc_alloc(&isc, call);

	if (err)
		return err;
	err = dial(isc);
	if (err) {
		isc_free(isc);
		return err;
	}
	call->asked = isc;
	timer_start(isc->timer, (uint64_t)call->service->timeout_ms);
	return 0;
}

static void forget(struct sw_call *call)
{
	if (call->asked)
		isc_free(call->asked);
}

const struct sw_interface_def sw_proxy = {ask, forget};

bool sw_isc_came_back(struct sw *sw, struct sip_leg *leg, struct sip_rx *invite)
{
	struct sw_isc *isc = NULL;
	struct sw_answer answer;
	struct sw_call *call;
	struct sv odi;

	if (!sip_uri_param(sip_rx_header(invite, "Route", 0), "odi", &odi))
		return false;
	HASH_FIND(hh, sw->isc, odi.p, odi.l, isc);
	if (!isc || !is_waiting(isc)) { /* too late, or twice */
		sip_leg_refuse(leg, 481, "Call/Transaction Does Not Exist", "");
		return true;
	}
	call = isc->call;
	call->asked = NULL;
	timer_stop(isc->timer);
	isc->from = leg;
	sip_leg_set(leg, &from_handlers, isc);
	sw_answer_begin(&answer);
	sw_answer_take(&answer, invite);
	sw_answered(call, &answer);
	sw_answer_free(&answer);
	return true;
}

/* --- what the service sees of the call --- */

void sw_isc_progress(struct sw_call *call, unsigned status, const char *phrase, struct sv body)
{
	struct sw_isc *isc;

	DL_FOREACH (call->iscs, isc)
		if (isc->from)
			(void)sip_leg_progress(isc->from, status, phrase, body, "");
}

void sw_isc_answered(struct sw_call *call, struct sv body)
{
	struct sw_isc *isc;

	DL_FOREACH (call->iscs, isc)
		if (isc->from)
			isc->answered = sip_leg_answer(isc->from, body, "") == 0;
}

/* The end that the call ended at is ended; the other one learns it through the service */
static void over(struct sw_isc *isc, bool by_caller, unsigned status, const char *phrase,
		 const char *headers)
{
	struct sip_leg **end = (by_caller && isc->to) || !isc->from ? &isc->to : &isc->from;
	struct sip_leg *leg = *end;

	leave_call(isc);
	*end = NULL;
	if (by_caller || isc->answered || end == &isc->to)
		sip_leg_end(leg, headers);
	else
		sip_leg_refuse(leg, status, phrase, headers);
	timer_start(isc->timer, LINGER_MS);
	leg_gone(isc);
}

void sw_isc_over(struct sw_call *call, bool by_caller, unsigned status, const char *phrase,
		 const char *headers)
{
	while (call->iscs)
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): DL_DELETE moves the head on */
		over(call->iscs, by_caller, status, phrase, headers);
}

void sw_isc_end(struct sw *sw)
{
	while (sw->isc) {
		struct sw_isc *isc = sw->isc;

		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): HASH_DEL moves the head on */
		isc_free(isc);
	}
}
