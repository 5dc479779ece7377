/* Expectations about time: what comes before what, what never comes. */
#include <string.h>

#include "sim/oobsim/judge.h"
#include "sim/oobsim/pattern.h"
#include "sim/oobsim/steps.h"

/* The messages of the general ladder (5.3). Step 3 is two messages that start together, step 9 is
 * question and answer */
enum slot { S1, S2, S3_POST, S3_ANSWER, S4, S5, S6, S7, S8, S9_ASK, S9_ANSWER, S10, S11, SLOTS };

static const char *const slot_names[SLOTS] = {
	[S1] = "1",
	[S2] = "2",
	[S3_POST] = "3 (POST)",
	[S3_ANSWER] = "3 (answer)",
	[S4] = "4",
	[S5] = "5",
	[S6] = "6",
	[S7] = "7",
	[S8] = "8",
	[S9_ASK] = "9 (request)",
	[S9_ANSWER] = "9 (response)",
	[S10] = "10",
	[S11] = "11",
};

/* The partial order: POST and answer of step 3 come in any order, and step 5 only comes after its
 * POST, whenever (5.3: its timing has no impact) */
static const struct {
	enum slot before, after;
} slot_order[] = {
	{S1, S2}, {S2, S3_POST}, {S2, S3_ANSWER}, {S3_ANSWER, S4},     {S3_POST, S5},    {S4, S6},
	{S6, S7}, {S7, S8},      {S8, S9_ASK},    {S9_ASK, S9_ANSWER}, {S9_ANSWER, S10}, {S10, S11},
};

static enum slot slot_of(const struct event *ev, unsigned step)
{
	static const enum slot plain[STEP_LAST + 1] = {SLOTS, S1, S2, S3_POST, S4,  S5,
						       S6,    S7, S8, S9_ASK,  S10, S11};

	if (step == 3 && ev->kind == EVENT_SIP)
		return S3_ANSWER;
	if (step == 9 && ev->status)
		return S9_ANSWER;
	return plain[step];
}

static void find_slots(const struct events *evs, size_t call, struct seen slots[SLOTS])
{
	for (int i = 0; i < SLOTS; i++)
		slots[i] = (struct seen){SIZE_MAX, SIZE_MAX};
	for (size_t i = events_call(evs, call)->first; i < events_count(evs);
	     i = events_next(evs, i)) {
		const struct event *ev = events_at(evs, i);
		unsigned step = event_step(ev);
		struct seen *s = step ? &slots[slot_of(ev, step)] : NULL;
		size_t *end = s ? (ev->dir == EVENT_RX ? &s->rx : &s->tx) : NULL;

		if (end && *end == SIZE_MAX)
			*end = i;
	}
}

bool judge_is_steps(const struct scn_expect *x)
{
	return x->steps;
}

void judge_steps_expected(const struct scn_expect *x, struct buf *ret)
{
	(void)buf_printf(ret,
			 "the eleven steps of %s, in their order: 1, 2, 3 (POST and answer), 4, 6, "
			 "7, 8, 9, 10, 11; "
			 "5 after the POST, whenever it comes",
			 x->steps);
}

static uint64_t time_of(const struct events *evs, const struct seen *s)
{
	return events_at(evs, seen_sent(evs, s))->t_us;
}

void judge_steps(const struct scn_expect *x, const struct events *evs, size_t call,
		 struct outcome *o)
{
	struct seen slots[SLOTS];

	(void)x;
	find_slots(evs, call, slots);
	o->state = OUTCOME_HOLDS;
	for (int i = 0; i < SLOTS; i++) {
		if (seen_sent(evs, &slots[i]) != SIZE_MAX) {
			outcome_add(o, seen_sent(evs, &slots[i]));
			continue;
		}
		(void)buf_printf(&o->actual, "%sstep %s is missing", o->actual.l ? ", " : "",
				 slot_names[i]);
		if (i != S5)
			o->state = OUTCOME_MISSING;
		else if (o->state == OUTCOME_HOLDS)
			o->state = OUTCOME_HOLDS_SO_FAR;
	}
	for (size_t i = 0; i < sizeof(slot_order) / sizeof(slot_order[0]); i++) {
		const struct seen *a = &slots[slot_order[i].before];
		const struct seen *b = &slots[slot_order[i].after];

		if (seen_sent(evs, a) == SIZE_MAX || seen_sent(evs, b) == SIZE_MAX ||
		    time_of(evs, a) <= time_of(evs, b))
			continue;
		o->state = OUTCOME_BROKEN;
		(void)buf_printf(&o->actual, "%sstep %s comes before step %s",
				 o->actual.l ? ", " : "", slot_names[slot_order[i].after],
				 slot_names[slot_order[i].before]);
	}
	if (!o->actual.l)
		(void)buf_addz(&o->actual, "all of them, in order");
}

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
	char *const *names = x->order.v;
	uint64_t last = 0;

	o->state = OUTCOME_HOLDS;
	for (size_t i = 0; i < x->order.n; i++) {
		struct pattern p;
		struct seen s;
		uint64_t t;

		(void)pattern_read(&p, sv_from(names[i]));
		if (!pattern_find(&p, evs, call, &s)) {
			if (o->state == OUTCOME_HOLDS)
				o->state = OUTCOME_MISSING;
			(void)buf_printf(&o->actual, "%sno %s", o->actual.l ? ", " : "", names[i]);
			continue;
		}
		outcome_add(o, seen_sent(evs, &s));
		t = time_of(evs, &s);
		if (t < last) {
			o->state = OUTCOME_BROKEN;
			(void)buf_printf(&o->actual, "%s%s comes %.3f ms too early",
					 o->actual.l ? ", " : "", names[i],
					 (double)(last - t) / 1000);
		}
		last = t > last ? t : last;
	}
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
	o->state = time_of(evs, &a) <= time_of(evs, &b) ? OUTCOME_HOLDS : OUTCOME_BROKEN;
	(void)buf_printf(&o->actual, "%s came %.3f ms %s %s", x->then,
			 ((double)time_of(evs, &b) - (double)time_of(evs, &a)) / 1000 *
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

void judge_never(const struct scn_expect *x, const struct events *evs, size_t call,
		 struct outcome *o)
{
	char *const *names = x->never.v;

	o->state = OUTCOME_HOLDS;
	for (size_t i = 0; i < x->never.n; i++) {
		struct pattern p;
		struct seen s;

		(void)pattern_read(&p, sv_from(names[i]));
		if (!pattern_find(&p, evs, call, &s))
			continue;
		o->state = OUTCOME_BROKEN;
		outcome_add(o, seen_sent(evs, &s));
		(void)buf_printf(&o->actual, "%s%s", o->actual.l ? ", " : "", names[i]);
	}
	if (!o->actual.l)
		(void)buf_addz(&o->actual, "none of them");
}
