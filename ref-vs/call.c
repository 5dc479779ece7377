#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "lib/base/log.h"
#include "lib/net/redirect.h"
#include "lib/stir/passport.h"
#include "lib/trace/trace.h"
#include "ref-vs/answer.h"
#include "ref-vs/call.h"
#include "ref-vs/choose.h"
#include "ref-vs/note.h"

struct call;

/* One PASSporT of a call */
struct slot {
	struct call *call;
	const struct bundle_item *item; /* NULL: an Identity header that could not be read */
};

struct call {
	struct call_table *table;
	struct sip_rx *rx; /* a reference */
	struct verify_call who;
	struct gathered got;
	struct pull *pull;
	struct slot *slots; /* n, in-band first */
	struct checked *checked;
	size_t n, pending;
	struct call *prev, *next;
};

struct call_table {
	struct call_env env;
	struct call *calls;
	int64_t count;
};

static const struct redirect_refusal no_memory = {500, "Server Internal Error", "out of memory"};

static void refuse(struct call_table *table, struct sip_rx *rx, const struct verify_call *who,
		   const struct redirect_refusal *refusal)
{
	log_info("refused orig=%s dest=%s status=%u why=\"%s\"", who->orig.s, who->dest.s,
		 refusal->status, refusal->why);
	if (redirect_refuse(table->env.ep, rx, refusal) == 0)
		note_refused(who, refusal);
}

/* --- life --- */

static int call_new(struct call **ret, struct call_table *table, struct sip_rx *rx)
{
	struct call *call = calloc(1, sizeof(*call));

	if (!call)
		return ENOMEM;
	call->table = table;
	call->rx = sip_rx_ref(rx);
	DL_APPEND(table->calls, call);
	table->count++;
	*ret = call;
	return 0;
}

static void call_free(struct call *call)
{
	DL_DELETE(call->table->calls, call);
	call->table->count--;
	gather_cancel(call->pull);
	for (size_t i = 0; i < call->n; i++) {
		if (call->pending)
			verify_cancel(call->table->env.verifier, &call->slots[i]);
		free(call->checked[i].identity);
	}
	free(call->slots);
	free(call->checked);
	gathered_clear(&call->got);
	sip_rx_unref(call->rx);
	free(call);
}

/* --- answer, check; each step calls the next one, and the answer ends the call --- */

static void call_answer(struct call *call)
{
	const struct call_env *env = &call->table->env;
	struct verdict verdict;
	unsigned status = 0;
	int err;

	choose_verdict(&verdict, &env->conf->policy, call->checked, call->n);
	err = answer_send(env->ep, call->rx,
			  &(struct answer){.domain = env->conf->domain,
					   .call = &call->who,
					   .verdict = &verdict,
					   .v = call->checked,
					   .n = call->n},
			  &status);
	if (err)
		log_error("answer-failed orig=%s dest=%s error=\"%s\"", call->who.orig.s,
			  call->who.dest.s, strerror(err));
	else
		note_result(&call->who, &verdict, status);
	call_free(call);
}

static int make_slots(struct call *call)
{
	const struct gathered *got = &call->got;
	size_t n = got->in_band.n + got->unreadable_count + got->out_of_band.n, at = 0;

	call->slots = calloc(n ? n : 1, sizeof(*call->slots));
	call->checked = calloc(n ? n : 1, sizeof(*call->checked));
	if (!call->slots || !call->checked)
		return ENOMEM;
	for (size_t i = 0; i < got->in_band.n; i++)
		call->slots[at++].item = &got->in_band.v[i];
	for (size_t i = 0; i < got->unreadable_count; i++, at++) {
		call->checked[at].err = EBADMSG;
		call->checked[at].fault = got->unreadable[i];
	}
	for (size_t i = 0; i < got->out_of_band.n; i++)
		call->slots[at++].item = &got->out_of_band.v[i];
	for (size_t i = 0; i < n; i++) {
		call->slots[i].call = call;
		call->checked[i].via = call->slots[i].item ? call->slots[i].item->via : VIA_IN_BAND;
	}
	call->n = n;
	return 0;
}

static void one_done(struct call *call)
{
	if (--call->pending == 0)
		call_answer(call);
}

static void take_result(struct checked *c, const struct verify_result *res)
{
	c->err = res->err;
	c->fault = res->fault;
	c->ignored = res->err == EBADMSG && res->fault.reason == REASON_PPT;
	(void)snprintf(c->spc, sizeof(c->spc), "%s", res->spc);
	if (!res->pp)
		return;
	if (res->pp->attest.l == 1)
		(void)snprintf(c->attest, sizeof(c->attest), "%.*s", SV_ARG(res->pp->attest));
	if (c->via == VIA_OUT_OF_BAND)
		c->identity = answer_identity(res->pp);
}

static void slot_checked(const struct verify_result *res, void *arg)
{
	struct slot *slot = arg;
	struct call *call = slot->call;
	struct checked *c = &call->checked[slot - call->slots];

	take_result(c, res);
	note_checked(&call->who, c, res->pp ? res->pp->ppt : SV(""));
	one_done(call);
}

static void check_slot(struct call *call, size_t i)
{
	struct slot *slot = &call->slots[i];
	int err;

	if (!slot->item) {
		note_checked(&call->who, &call->checked[i], SV(""));
		return;
	}
	call->pending++;
	err = verify_run(call->table->env.verifier, slot->item, &call->who, slot_checked, slot);
	if (!err)
		return;
	call->pending--; /* slot_checked() is not called */
	call->checked[i].err = err;
	note_checked(&call->who, &call->checked[i], SV(""));
}

static void call_check(struct call *call)
{
	note_gathered(&call->who, &call->got);
	if (make_slots(call)) {
		refuse(call->table, call->rx, &call->who, &no_memory);
		call_free(call);
		return;
	}
	call->pending = 1; /* ours: verify_run() may call back at once */
	for (size_t i = 0; i < call->n; i++)
		check_slot(call, i);
	one_done(call);
}

static void got_pulled(void *arg)
{
	struct call *call = arg;

	call->pull = NULL;
	call_check(call);
}

/* --- the table --- */

int call_table_alloc(struct call_table **ret, const struct call_env *env)
{
	struct call_table *table = calloc(1, sizeof(*table));

	if (!table)
		return ENOMEM;
	table->env = *env;
	*ret = table;
	return 0;
}

void call_table_free(struct call_table *table)
{
	if (!table)
		return;
	while (table->calls)
		call_free(table->calls);
	free(table);
}

void call_start(struct call_table *table, struct sip_rx *rx)
{
	static const struct redirect_refusal busy = {503, "Service Unavailable",
						     "too many calls are being verified"};
	struct redirect_refusal refusal;
	struct verify_call who = {0};
	struct call *call;

	if (redirect_numbers(rx, &who.orig, &who.dest, &refusal)) {
		refuse(table, rx, &who, &refusal);
		return;
	}
	if (table->count >= table->env.conf->max_calls) {
		refuse(table, rx, &who, &busy);
		return;
	}
	if (call_new(&call, table, rx)) {
		refuse(table, rx, &who, &no_memory);
		return;
	}
	call->who = who;
	if (gather_in_band(&call->got, rx)) {
		refuse(table, rx, &who, &no_memory);
		call_free(call);
		return;
	}
	if (gather_out_of_band(&table->env.source, &call->pull, &who, &call->got, got_pulled,
			       call) == 0)
		call_check(call);
}
