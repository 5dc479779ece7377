#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/prefix_map.h"
#include "lib/net/https_client.h"
#include "lib/net/trust_feed.h"
#include "lib/stir/passport.h"
#include "ref-vs/core.h"
#include "ref-vs/fault.h"
#include "ref-vs/note.h"
#include "ref-vs/push.h"

struct core {
	const struct vs_conf *conf;
	const struct env *env;
	struct https_client *client;
	struct trust_feed *feed;
	struct push *push;
	struct gatherer *gatherer;
	struct prefix_map *owners; /* number → OCN */
	struct choose_opts choose;
	int64_t count; /* questions under way */
};

/* One PASSporT of a question */
struct slot {
	struct question *q;
	const struct bundle_item *item; /* NULL: an Identity header that could not be read */
};

/* --- the end --- */

static void question_over(struct question *q)
{
	if (q->counted)
		q->core->count--;
	q->counted = false;
}

static void fail(struct question *q, int err)
{
	question_over(q);
	q->fail(q, err);
}

static void answer(struct question *q)
{
	struct core *core = q->core;
	struct chain_call call = {
		.orig = q->orig, .called = q->dest, .now_s = env_now_s(core->env)};
	struct verdict verdict;

	choose_verdict(&verdict, &core->choose, &call, q->v, q->n);
	for (size_t i = 0; i < q->n; i++)
		note_checked(q, &q->v[i]);
	note_chains(q, &verdict);
	fault_verdict(&core->conf->faults, q, &verdict);
	question_over(q);
	q->answer(q, &verdict);
}

void question_clear(struct question *q)
{
	if (!q->core) { /* never asked */
		gathered_clear(&q->got);
		return;
	}
	question_over(q);
	gather_cancel(q->gathering);
	q->gathering = NULL;
	for (size_t i = 0; i < q->n; i++) {
		if (q->pending)
			verify_cancel(trust_feed_verifier(q->core->feed), &q->slots[i]);
		passport_unref(q->v[i].pp);
	}
	free(q->slots);
	free(q->v);
	gathered_clear(&q->got);
	q->slots = NULL;
	q->v = NULL;
	q->n = 0;
}

/* --- check; each step calls the next one --- */

static void add_items(struct question *q, size_t *at, const struct bundle *b)
{
	for (size_t i = 0; i < b->n; i++, ++*at) {
		q->slots[*at] = (struct slot){q, &b->v[i]};
		q->v[*at].via = b->v[i].via;
	}
}

static int make_slots(struct question *q)
{
	const struct gathered *got = &q->got;
	size_t n = got->in_band.n + got->out_of_band.n + got->unreadable_count, at = 0;

	q->slots = calloc(n ? n : 1, sizeof(*q->slots));
	q->v = calloc(n ? n : 1, sizeof(*q->v));
	if (!q->slots || !q->v)
		return ENOMEM;
	add_items(q, &at, &got->in_band);
	add_items(q, &at, &got->out_of_band);
	for (size_t i = 0; i < got->unreadable_count; i++, at++) {
		q->slots[at].q = q;
		q->v[at] = (struct checked){
			.via = VIA_IN_BAND, .err = EBADMSG, .fault = got->unreadable[i]};
	}
	q->n = n;
	return 0;
}

static void one_done(struct question *q)
{
	if (--q->pending == 0)
		answer(q);
}

static void slot_checked(const struct verify_result *res, void *arg)
{
	struct slot *slot = arg;
	struct question *q = slot->q;
	struct checked *c = &q->v[slot - q->slots];

	c->err = res->err;
	c->fault = res->fault;
	c->ignored = res->err == EBADMSG && res->fault.reason == REASON_PPT;
	(void)snprintf(c->spc, sizeof(c->spc), "%s", res->spc);
	if (res->pp)
		c->pp = passport_ref(res->pp);
	one_done(q);
}

static void check_slot(struct question *q, size_t i)
{
	struct verify_call call = {.orig = q->orig, .dest = q->dest, .chained = true};
	struct slot *slot = &q->slots[i];
	int err;

	if (!slot->item)
		return;
	q->pending++;
	err = verify_run(trust_feed_verifier(q->core->feed), slot->item, &call, slot_checked, slot);
	if (!err)
		return;
	q->pending--; /* slot_checked() is not called */
	q->v[i].err = err;
}

static void on_gathered(void *arg)
{
	struct question *q = arg;

	q->gathering = NULL;
	fault_gathered(&q->core->conf->faults, &q->got);
	note_gathered(q);
	if (make_slots(q)) {
		fail(q, ENOMEM);
		return;
	}
	q->pending = 1; /* ours: verify_run() may call back at once */
	for (size_t i = 0; i < q->n; i++)
		check_slot(q, i);
	one_done(q);
}

void core_ask(struct core *core, struct question *q)
{
	struct gathering *gathering;

	q->core = core;
	if (core->count >= core->conf->max_calls) {
		fail(q, EBUSY);
		return;
	}
	core->count++;
	q->counted = true;
	gathering = gather_out_of_band(core->gatherer, &q->orig, &q->dest, &q->got, on_gathered, q);
	if (gathering) /* else q is over, or goes on by itself */
		q->gathering = gathering;
}

/* --- life --- */

const struct vs_conf *core_conf(const struct core *core)
{
	return core->conf;
}

char *core_push_url(const struct core *core)
{
	return push_url(core->push);
}

static const char *owner_of(const struct tn *number, void *arg)
{
	return prefix_map_find(arg, tn_sv(number), NULL);
}

static int load_owners(struct core *core, struct err *e)
{
	const struct vs_number *v = core->conf->numbers.v;
	int err = prefix_map_alloc(&core->owners);

	for (size_t i = 0; i < core->conf->numbers.n && !err; i++) {
		err = prefix_map_add(core->owners, sv_from(v[i].prefix), v[i].ocn);
		if (err == EEXIST)
			return err_set(e, EINVAL, "/numbers/%zu: prefix %s is there twice", i,
				       v[i].prefix);
	}
	return err;
}

static uint64_t skip_bits(const struct conf_list *names)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < names->n; i++) /* unknown ones are refused by the trust feed */
		bits |= verify_check_bit(sv_from(((char **)names->v)[i]));
	return bits;
}

static void choose_open(struct core *core)
{
	core->choose = (struct choose_opts){
		.policy = &core->conf->policy,
		.chain = {.freshness_s = core->conf->trust.freshness_s,
			  .original_freshness_s = core->conf->policy.original_freshness_s,
			  .owner = owner_of,
			  .owner_arg = core->owners,
			  .skip = skip_bits(&core->conf->faults.skip_checks)}};
}

static int core_open(struct core *core, void (*ready)(void *arg), void *arg, struct err *e)
{
	const struct vs_conf *conf = core->conf;
	int err = vs_conf_check(conf, e);

	if (!err)
		err = load_owners(core, e);
	if (!err)
		err = https_client_alloc(&core->client, &conf->https, conf->sip.addr, e);
	if (!err)
		err = trust_feed_alloc(&core->feed, &conf->trust, VERIFY_VS, false,
				       &conf->faults.skip_checks, core->client, core->env, ready,
				       arg, e);
	if (!err)
		err = push_alloc(&core->push, conf, core->env, e);
	if (!err)
		err = gatherer_alloc(&core->gatherer,
				     &(struct gatherer_opts){
					     .cps = &conf->cps,
					     .wants_both = choose_wants_both(conf->policy.choose),
					     .client = core->client,
					     .env = core->env,
					     .room = push_room(core->push)});
	choose_open(core);
	return err;
}

int core_alloc(struct core **ret, const struct vs_conf *conf, const struct env *env,
	       void (*ready)(void *arg), void *arg, struct err *e)
{
	struct core *core = calloc(1, sizeof(*core));
	int err;

	if (!core)
		return ENOMEM;
	core->conf = conf;
	core->env = env;
	err = core_open(core, ready, arg, e);
	if (err) {
		core_free(core);
		return err;
	}
	*ret = core;
	return 0;
}

void core_free(struct core *core)
{
	if (!core)
		return;
	gatherer_free(core->gatherer);
	push_free(core->push);
	trust_feed_free(core->feed);
	https_client_free(core->client);
	prefix_map_free(core->owners);
	free(core);
}

int core_reload(struct core *core, struct err *e)
{
	struct err last;
	int err = https_client_reload(core->client, e);
	int push_err = push_reload(core->push, err ? &last : e);

	trust_feed_reload(core->feed);
	return err ? err : push_err;
}
