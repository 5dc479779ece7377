/* From expectations to checks: each kind over each call, summed up. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "sim/oobsim/scenario/expect.h"
#include "sim/oobsim/scenario/judge.h"

#define TEXT_MAX 4096

const struct judge_kind judge_kinds[] = {
	{"steps", "The steps of the call ladder happen in their order", false, judge_is_steps,
	 judge_steps_expected, judge_steps},
	{"order", "Events happen in this order", false, judge_is_order, judge_order_expected,
	 judge_order},
	{"first", "One does not wait for the other", false, judge_is_first, judge_first_expected,
	 judge_first},
	{"message", "What the message carries", false, judge_is_message, judge_message_expected,
	 judge_message},
	{"same-token", "The same PASSporT, octet for octet", false, judge_is_same_token,
	 judge_same_token_expected, judge_same_token},
	{"new-call-id", "The dialogs have nothing in common", false, judge_is_new_call_id,
	 judge_new_call_id_expected, judge_new_call_id},
	{"never", "It does not happen", false, judge_is_never, judge_never_expected, judge_never},
	{"stored", "What the CPS keeps", true, judge_is_stored, judge_stored_expected,
	 judge_stored},
	{"at", "What the element says", false, judge_is_fact, judge_fact_expected, judge_fact},
	{NULL, NULL, false, NULL, NULL, NULL},
};

void outcome_add(struct outcome *o, size_t event)
{
	if (event != SIZE_MAX && o->n < EVIDENCE_MAX)
		o->evidence[o->n++] = event;
}

void outcome_unseen(struct outcome *o, const char *what)
{
	if (o->state == OUTCOME_HOLDS || o->state == OUTCOME_HOLDS_SO_FAR)
		o->state = OUTCOME_UNSEEN;
	(void)buf_printf(&o->actual, "%snot seen, for it is inside of what is not ours: %s",
			 o->actual.l ? "; " : "", what);
}

/* Sums up the outcomes of all calls */
struct sum {
	size_t n, holds, so_far, missing, unseen;
	bool told; /* the one that stands for all is chosen: the first offender, else the first */
	bool offends;
	struct buf actual;
	size_t evidence[EVIDENCE_MAX];
	size_t nevidence;
};

static void sum_add(struct sum *s, const struct outcome *o, const struct expect_call *call)
{
	bool holds = o->state == OUTCOME_HOLDS || o->state == OUTCOME_HOLDS_SO_FAR;
	bool offends;

	s->n++;
	s->holds += holds;
	s->so_far += o->state == OUTCOME_HOLDS_SO_FAR;
	s->missing += o->state == OUTCOME_MISSING;
	s->unseen += o->state == OUTCOME_UNSEEN;
	offends = !holds && o->state != OUTCOME_UNSEEN;
	if (s->told && (!offends || s->offends))
		return;
	s->told = true;
	s->offends = offends;
	buf_reset(&s->actual);
	if (offends && call)
		(void)buf_printf(&s->actual, "call %s to %s: ", call->orig.s, call->dest.s);
	(void)buf_addsv(&s->actual, buf_sv(&o->actual));
	memcpy(s->evidence, o->evidence, sizeof(s->evidence));
	s->nevidence = o->n;
}

static int by_index(const void *pa, const void *pb)
{
	const size_t *a = pa, *b = pb;

	return *a < *b ? -1 : *a > *b;
}

static char *text(struct buf *b)
{
	return b->l ? buf_take(b) : strdup("");
}

/* One more, empty */
static struct check *check_new(struct run_result *ret)
{
	struct check *all = realloc(ret->checks, (ret->nchecks + 1) * sizeof(*all));

	if (!all)
		return NULL;
	ret->checks = all;
	all[ret->nchecks] = (struct check){.verdict = VERDICT_FAIL};
	return &all[ret->nchecks++];
}

static int copy_strings(char ***ret, size_t *n, const struct conf_list *list)
{
	char *const *v = list->v;

	*ret = calloc(list->n + 1, sizeof(**ret));
	if (!*ret)
		return ENOMEM;
	for (*n = 0; *n < list->n; (*n)++) {
		(*ret)[*n] = strdup(v[*n]);
		if (!(*ret)[*n])
			return ENOMEM;
	}
	return 0;
}

/* The id that the scenario gives, or one made from what it says; a second one of the same kind gets
 * a number */
static char *make_id(const struct run_result *r, const struct scn_expect *x, const char *kind)
{
	char id[160], base[128];
	unsigned again = 1;

	if (x && x->id)
		return strdup(x->id);
	if (x && x->at)
		(void)snprintf(base, sizeof(base), "%.60s.%s", x->at,
			       x->verstat  ? "verstat"
			       : x->used   ? "used"
			       : x->attest ? "attest"
			       : x->what   ? x->what
					   : kind);
	else
		(void)snprintf(base, sizeof(base), "%s", kind);
	(void)snprintf(id, sizeof(id), "%s", base);
	for (size_t i = 0; i < r->nchecks; i++) {
		if (!r->checks[i].id || strcmp(r->checks[i].id, id) != 0)
			continue;
		(void)snprintf(id, sizeof(id), "%s-%u", base, ++again);
		i = (size_t)-1;
	}
	return strdup(id);
}

static int sum_to_check(struct run_result *ret, const struct scn_expect *x, const char *kind,
			const char *title, struct buf *expected, struct sum *s)
{
	BUF_AUTO struct buf actual = BUF(TEXT_MAX);
	char *id = make_id(ret, x, kind);
	struct check *c = check_new(ret);
	int err = 0;

	if (!c || !id) {
		free(id);
		return ENOMEM;
	}
	if (s->n > 1)
		(void)buf_printf(&actual, "%zu of %zu calls%s", s->holds, s->n,
				 s->actual.l ? "; " : "");
	(void)buf_addsv(&actual, buf_sv(&s->actual));
	qsort(s->evidence, s->nevidence, sizeof(size_t), by_index);
	c->id = id;
	c->title = strdup(x && x->title ? x->title : title);
	c->verdict = s->n && s->holds + s->unseen == s->n ? VERDICT_PASS : VERDICT_FAIL;
	if (c->verdict == VERDICT_PASS && s->unseen)
		c->verdict = VERDICT_UNSUPPORTED;
	c->expected = text(expected);
	c->actual = text(&actual);
	c->evidence = calloc(s->nevidence + 1, sizeof(size_t));
	if (x)
		err = copy_strings(&c->proves, &c->nproves, &x->proves);
	if (err || !c->title || !c->expected || !c->actual || !c->evidence)
		return ENOMEM;
	memcpy(c->evidence, s->evidence, s->nevidence * sizeof(size_t));
	c->nevidence = s->nevidence;
	return 0;
}

/* What is judged: an expectation of one kind, or (x NULL) the attestation that the calls themselves
 * name */
struct subject {
	const struct scn_expect *x;
	const struct judge_kind *kind;
};

static void judge_one(const struct subject *sub, const struct events *evs,
		      const struct expect_call *call, struct sum *s)
{
	struct outcome o = {.actual = BUF(ACTUAL_MAX)};
	size_t index = call ? events_find_call(evs, &call->orig, &call->dest) : EVENT_NO_CALL;

	if (call && index == EVENT_NO_CALL) {
		o.state = OUTCOME_MISSING;
		(void)buf_addz(&o.actual, "no element has seen this call");
	} else if (sub->x) {
		sub->kind->judge(sub->x, evs, index, &o);
	} else {
		judge_attest(call->attest, evs, index, &o);
	}
	sum_add(s, &o, call);
	buf_free(&o.actual);
}

static int judge_all(const struct subject *sub, const struct events *evs,
		     const struct expect_call *calls, size_t n, struct run_result *ret,
		     struct expect_open *open)
{
	struct sum s = {.actual = BUF(TEXT_MAX)};
	BUF_AUTO struct buf expected = BUF(TEXT_MAX);
	int err = 0;

	if (sub->x && sub->kind->world)
		judge_one(sub, evs, NULL, &s);
	for (size_t i = 0; i < n && !(sub->x && sub->kind->world); i++)
		if (!calls[i].again && (sub->x || calls[i].attest != ATTEST_ANY))
			judge_one(sub, evs, &calls[i], &s);
	open->missing += s.missing != 0;
	open->optional += s.so_far != 0;
	if (sub->x)
		sub->kind->expected(sub->x, &expected);
	else
		(void)buf_addz(&expected, "the attestation that the scenario names for the call");
	if (ret && s.n)
		err = sum_to_check(ret, sub->x, sub->kind ? sub->kind->member : "attest",
				   sub->kind ? sub->kind->title : "The STI-AS attests as it should",
				   &expected, &s);
	buf_free(&s.actual);
	return err;
}

static const struct judge_kind *kind_of(const struct scn_expect *x)
{
	const struct judge_kind *k = judge_kinds;

	while (k->member && !k->is(x))
		k++;
	return k;
}

int expect_judge(const struct scenario *scn, const struct events *evs,
		 const struct expect_call *calls, size_t n, struct run_result *ret,
		 struct expect_open *open)
{
	const struct scn_expect *all = scn->expect.v;
	struct subject attest = {NULL, NULL};
	int err;

	*open = (struct expect_open){0, 0};
	err = judge_all(&attest, evs, calls, n, ret, open);
	for (size_t i = 0; i < scn->expect.n && !err; i++) {
		struct subject sub = {&all[i], kind_of(&all[i])};

		err = judge_all(&sub, evs, calls, n, ret, open);
	}
	return err;
}

static bool foreign_vs(const struct events *evs)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%.50s.vs",
		       events_hops(evs) ? events_hop(evs, events_hops(evs) - 1) : "");
	return events_is_foreign(evs, name);
}

size_t expect_verified(const struct events *evs, const struct expect_call *calls, size_t n)
{
	/* a STI-VS that is not ours does not tell; the phone does */
	const char *tells = foreign_vs(evs) ? "phone.called" : "vs.result";
	size_t verified = 0;

	for (size_t k = 0; k < n; k++) {
		size_t call = events_find_call(evs, &calls[k].orig, &calls[k].dest);
		size_t i =
			call == EVENT_NO_CALL ? events_count(evs) : events_call(evs, call)->first;
		bool passed = false;
		char verstat[64];

		/* of a call that is retargeted the last one counts */
		for (; i < events_count(evs); i = events_next(evs, i)) {
			const struct event *ev = events_at(evs, i);

			if (ev->kind == EVENT_NOTE && strcmp(ev->what, tells) == 0)
				passed = event_fact(ev, "verstat", verstat, sizeof(verstat)) &&
					 strcmp(verstat, "TN-Validation-Passed") == 0;
		}
		verified += passed;
	}
	return verified;
}

int expect_add(struct run_result *ret, const char *id, const char *title, bool holds,
	       const char *expected, const char *actual)
{
	struct check *c = check_new(ret);

	if (!c)
		return ENOMEM;
	c->id = strdup(id);
	c->title = strdup(title);
	c->verdict = holds ? VERDICT_PASS : VERDICT_FAIL;
	c->expected = strdup(expected);
	c->actual = strdup(actual);
	return c->id && c->title && c->expected && c->actual ? 0 : ENOMEM;
}
