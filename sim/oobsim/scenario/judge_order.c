/* Expectations about time: what comes before what, what never comes. */
#include <string.h>

#include "sim/oobsim/scenario/judge.h"
#include "sim/oobsim/events/pattern.h"

static void list_expected(const struct conf_list *list, const char *between, struct buf *ret)
{
	char *const *v = list->v;

	for (size_t i = 0; i < list->n; i++)
		(void)buf_printf(ret, "%s%s", i ? between : "", v[i]);
}

bool judge_is_order(const struct scn_expect *x)
{
	return x->order.n;
}

void judge_order_expected(const struct scn_expect *x, struct buf *ret)
{
	list_expected(&x->order, ", then ", ret);
}

void judge_order(const struct scn_expect *x, const struct events *evs, size_t call,
		 struct outcome *o)
{
	char *const *names = x->order.v, *unseen = NULL;
	uint64_t last = 0;

	o->state = OUTCOME_HOLDS;
	for (size_t i = 0; i < x->order.n; i++) {
		struct pattern p;
		struct seen s;
		uint64_t t;

		(void)pattern_read(&p, sv_from(names[i]));
		if (pattern_unseen(&p, evs)) {
			unseen = names[i];
			continue;
		}
		if (!pattern_find(&p, evs, call, &s)) {
			if (o->state == OUTCOME_HOLDS)
				o->state = OUTCOME_MISSING;
			(void)buf_printf(&o->actual, "%sno %s", o->actual.l ? ", " : "", names[i]);
			continue;
		}
		outcome_add(o, seen_sent(evs, &s));
		t = seen_time(evs, &s);
		if (t < last) {
			o->state = OUTCOME_BROKEN;
			(void)buf_printf(&o->actual, "%s%s comes %.3f ms too early",
					 o->actual.l ? ", " : "", names[i],
					 (double)(last - t) / 1000);
		}
		last = t > last ? t : last;
	}
	if (unseen)
		outcome_unseen(o, unseen);
	if (!o->actual.l)
		(void)buf_addz(&o->actual, "in this order");
}

bool judge_is_first(const struct scn_expect *x)
{
	return x->first;
}

void judge_first_expected(const struct scn_expect *x, struct buf *ret)
{
	(void)buf_printf(ret, "%s, and only then, or never, %s", x->first, x->then);
}

void judge_first(const struct scn_expect *x, const struct events *evs, size_t call,
		 struct outcome *o)
{
	struct pattern first, then;
	struct seen a, b;
	bool came;

	(void)pattern_read(&first, sv_from(x->first));
	(void)pattern_read(&then, sv_from(x->then));
	if (pattern_unseen(&first, evs) || pattern_unseen(&then, evs)) {
		outcome_unseen(o, pattern_unseen(&first, evs) ? x->first : x->then);
		return;
	}
	came = pattern_find(&then, evs, call, &b);
	if (!pattern_find(&first, evs, call, &a)) {
		o->state = came ? OUTCOME_BROKEN : OUTCOME_MISSING;
		(void)buf_printf(&o->actual, "no %s", x->first);
		return;
	}
	outcome_add(o, seen_sent(evs, &a));
	if (!came) {
		o->state = OUTCOME_HOLDS_SO_FAR;
		(void)buf_printf(&o->actual, "%s; %s had not come when the run ended", x->first,
				 x->then);
		return;
	}
	outcome_add(o, seen_sent(evs, &b));
	o->state = seen_time(evs, &a) <= seen_time(evs, &b) ? OUTCOME_HOLDS : OUTCOME_BROKEN;
	(void)buf_printf(&o->actual, "%s came %.3f ms %s %s", x->then,
			 ((double)seen_time(evs, &b) - (double)seen_time(evs, &a)) / 1000 *
				 (o->state == OUTCOME_HOLDS ? 1 : -1),
			 o->state == OUTCOME_HOLDS ? "after" : "before", x->first);
}

bool judge_is_never(const struct scn_expect *x)
{
	return x->never.n;
}

void judge_never_expected(const struct scn_expect *x, struct buf *ret)
{
	(void)buf_addz(ret, "none of: ");
	list_expected(&x->never, ", ", ret);
}

static void happened(struct outcome *o, const struct events *evs, const struct seen *s,
		     const char *name)
{
	o->state = OUTCOME_BROKEN;
	outcome_add(o, seen_sent(evs, s));
	(void)buf_printf(&o->actual, "%s%s", o->actual.l ? ", " : "", name);
}

void judge_never(const struct scn_expect *x, const struct events *evs, size_t call,
		 struct outcome *o)
{
	char *const *names = x->never.v, *unseen = NULL;

	o->state = OUTCOME_HOLDS;
	for (size_t i = 0; i < x->never.n; i++) {
		struct pattern p;
		struct seen s;

		(void)pattern_read(&p, sv_from(names[i]));
		if (pattern_unseen(&p, evs))
			unseen = names[i];
		else if (pattern_find(&p, evs, call, &s))
			happened(o, evs, &s, names[i]);
	}
	if (unseen)
		outcome_unseen(o, unseen);
	if (!o->actual.l)
		(void)buf_addz(&o->actual, "none of them");
}
