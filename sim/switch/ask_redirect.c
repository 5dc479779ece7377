/* The service is a redirect server: an INVITE of its own asks, the 302 answers. */
#include <errno.h>

#include "sim/switch/ask.h"
#include "sim/switch/invite.h"

static void answered(int err, struct sip_rx *rx, void *arg)
{
	struct sw_call *call = arg;
	struct sw_answer answer;

	call->query = NULL;
	sw_answer_begin(&answer);
	if (!rx)
		sw_answer_none(&answer, call, err);
	else if (sip_rx_status(rx) / 100 == 3)
		sw_answer_take(&answer, rx);
	else
		sw_answer_failed(&answer, call, rx);
	sw_answered(call, &answer);
	sw_answer_free(&answer);
}

static int ask(struct sw_call *call)
{
	struct sw_invite o;
	int err = sw_invite_question(&o, call);

	if (!err)
		err = sip_query(
			&call->query, call->sw->ep,
			&(struct sip_query_opts){.method = "INVITE",
						 .next_hop = call->service->uri,
						 .uri = o.uri.p,
						 .from = o.from.p,
						 .to = o.to.p,
						 .headers = o.lines.p,
						 .timeout_ms = (uint64_t)call->service->timeout_ms},
			answered, call);
	sw_invite_free(&o);
	return err;
}

static void forget(struct sw_call *call)
{
	sip_query_cancel(call->query);
	call->query = NULL;
}

const struct sw_interface_def sw_redirect = {ask, forget};
