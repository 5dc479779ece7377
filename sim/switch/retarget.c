/* A call for a number of ours goes on to another one, with History-Info that says so (RFC 7044). The STI-AS is
 * asked for the div PASSporT of that step, when there are PASSporTs that it can follow (RFC 8946 §4.1). */
#include <errno.h>

#include "lib/net/history.h"
#include "sim/switch/call.h"

/* Entries in the lines of the call. What cannot be read is left behind: an index that goes on from it would mean
 * nothing. @return false: there are too many */
static bool read_history(struct sw_call *call, struct history *ret)
{
	struct sv rest = buf_sv(&call->history), value;
	int err = 0;

	ret->n = 0;
	while (!err && (value = sw_next_value(&rest)).p)
		err = history_add(ret, value);
	if (err != EBADMSG)
		return err == 0;
	ret->n = 0;
	buf_reset(&call->history);
	return true;
}

/* Has the call been at this number before, and was diverted from there? */
static bool is_loop(const struct history *h, const struct tn *number)
{
	for (unsigned i = 0; i + 1 < h->n; i++)
		if (tn_eq(&h->v[i].tn, number))
			return true;
	return false;
}

static void note(const struct sw_call *call, const char *index, unsigned cause)
{
	sw_note(call, "switch.retargeted",
		json_pack("{s:s,s:s,s:s,s:i}", "from", call->diverted_from.s, "to", call->dest.s,
			  "index", index, "cause", (int)cause));
}

/* Request-URI and History-Info */
static int divert(struct sw_call *call, unsigned cause, const struct history *h)
{
	const struct sw_conf *conf = call->sw->conf;
	BUF_AUTO struct buf from = BUF(SW_URI_MAX);
	char index[HISTORY_INDEX_MAX];
	int err;

	(void)buf_addsv(&from, buf_sv(&call->target.uri));
	err = from.err ? from.err
		       : sw_target_divert(&call->target, call->plan.retarget->to, conf->domain);
	if (!err)
		err = history_divert(&call->history, h, buf_sv(&from), buf_sv(&call->target.uri),
				     cause, index);
	if (!err)
		err = sw_target_query(&call->target, call->sw->table, conf->lnp_query);
	if (err)
		return err;
	call->diverted = true;
	call->diverted_from = call->dest;
	call->dest = call->target.called;
	note(call, index, cause);
	return 0;
}

static int plan(struct sw_call *call)
{
	enum sw_side side = call->plan.side;
	const struct tn *rn = call->target.rn.s[0] ? &call->target.rn : NULL;
	int err = sw_table_plan(call->sw->table, SW_TRUNK, &call->dest, rn, &call->plan);

	call->plan.side = side;
	call->plan.ask_vs = false; /* it was asked about the call as it came */
	/* to a phone of ours nobody has to prove what we did ourselves; without a PASSporT there is nothing that a div
	 * could follow: the STI-AS would sign the call as one of somebody else's */
	call->plan.ask_as = (call->n_identities || call->sw->conf->sign_transit) &&
			    (!call->plan.own || call->plan.retarget);
	return err;
}

void sw_retarget(struct sw_call *call, unsigned cause)
{
	struct history h;
	int err;

	if (!read_history(call, &h) || is_loop(&h, &call->dest)) {
		sw_call_refuse(call, 482, "Loop Detected", "", "switch");
		return;
	}
	err = divert(call, cause, &h);
	if (!err)
		err = plan(call);
	if (err == ENOENT) {
		sw_call_refuse(call, 404, "Not Found", "", "switch");
		return;
	}
	if (err) {
		sw_call_refuse(call, 513, "Message Too Large", "", "switch");
		return;
	}
	if (!call->plan.ask_as && !call->plan.own)
		sw_note(call, "switch.unsigned",
			json_pack("{s:s}", "why",
				  "the call came without a PASSporT that a div could follow"));
	sw_call_next(call);
}
