/* The eleven steps of the general ladder (5.3), in their partial order, on each stretch of the path. */
#include <string.h>

#include "sim/oobsim/scenario/judge.h"
#include "sim/oobsim/events/pattern.h"
#include "sim/oobsim/events/steps.h"

/* Step 3 is two messages that start together, step 6 may be several, of which the first and the last
 * count, step 9 is question and answer */
enum slot {
	S1,
	S2,
	S3_POST,
	S3_ANSWER,
	S4,
	S5,
	S6,
	S6_LAST,
	S7,
	S8,
	S9_ASK,
	S9_ANSWER,
	S10,
	S11,
	SLOTS
};

static const char *const slot_names[SLOTS] = {
	[S1] = "1",
	[S2] = "2",
	[S3_POST] = "3 (POST)",
	[S3_ANSWER] = "3 (answer)",
	[S4] = "4",
	[S5] = "5",
	[S6] = "6",
	[S6_LAST] = "6 (last)",
	[S7] = "7",
	[S8] = "8",
	[S9_ASK] = "9 (request)",
	[S9_ANSWER] = "9 (response)",
	[S10] = "10",
	[S11] = "11",
};

/* The partial order: POST and answer of step 3 come in any order, and step 5 only comes after its
 * POST, whenever (5.3: its timing has no impact) */
struct order {
	enum slot before, after;
};

static const struct order order_all[] = {
	{S1, S2},  {S2, S3_POST}, {S2, S3_ANSWER}, {S3_ANSWER, S4}, {S3_POST, S5},
	{S4, S6},  {S6, S6_LAST}, {S6_LAST, S7},   {S7, S8},        {S9_ASK, S9_ANSWER},
	{S8, S10}, {S10, S11},
};
/* Step 9 by pull is part of what the STI-VS does for the call; by push it comes when it comes */
static const struct order order_pull[] = {{S8, S9_ASK}, {S9_ANSWER, S10}};
static const struct order order_push[] = {{S3_POST, S9_ASK}};

/* From one provider that signs to the next one that verifies: all of it is transit between them. A call
 * that is retargeted has several. The names are "" when the trace tells no path: then anybody's count */
struct stretch {
	const char *from, *to;
	bool first, last;
	bool pushed;        /* step 9 is a push */
	const char *unseen; /* a step between elements that are not ours; NULL: none */
};

/* Between whom each step is, of the stretch's first provider or of its last one */
static const struct {
	const char *from, *to;
	bool from_last, to_last;
} ends[SLOTS] = {
	[S1] = {"phone", "switch", false, false}, [S2] = {"switch", "as", false, false},
	[S3_POST] = {"as", "cps", false, true},   [S3_ANSWER] = {"as", "switch", false, false},
	[S4] = {"switch", "gw", false, false},    [S5] = {"cps", "as", true, false},
	[S6] = {"gw", "gw", false, true},         [S6_LAST] = {"gw", "gw", false, true},
	[S7] = {"gw", "switch", true, true},      [S8] = {"switch", "vs", true, true},
	[S9_ASK] = {"vs", "cps", true, true},     [S9_ANSWER] = {"cps", "vs", true, true},
	[S10] = {"vs", "switch", true, true},     [S11] = {"switch", "phone", true, true},
};

/* Both ends are not ours, or a phone */
static bool is_unseen(const struct events *evs, const struct stretch *st, enum slot slot)
{
	char from[64], to[64];

	(void)snprintf(from, sizeof(from), "%.50s.%s", ends[slot].from_last ? st->to : st->from,
		       ends[slot].from);
	(void)snprintf(to, sizeof(to), "%.50s.%s", ends[slot].to_last ? st->to : st->from,
		       ends[slot].to);
	return *st->from && !events_see(evs, from, to);
}

static bool is_of(const char *element, const char *provider)
{
	size_t l = strlen(provider);

	return !l || (strncmp(element, provider, l) == 0 && element[l] == '.');
}

/* Whose message each step is: of the stretch's first provider or of its last one */
static enum slot slot_of(const struct event *ev, unsigned step, const struct stretch *st)
{
	static const enum slot plain[STEP_LAST + 1] = {SLOTS, S1, S2, S3_POST, S4,  S5,
						       S6,    S7, S8, S9_ASK,  S10, S11};
	const char *whose = step == 1 || step == 5 || step == 7 ? ev->to : ev->from;

	if (!is_of(whose, step <= STEP_SETUP ? st->from : st->to))
		return SLOTS;
	if ((step == 1 && !st->first) || (step == 11 && !st->last))
		return SLOTS;
	if (step == 3 && !event_answers(ev))
		return S3_POST;
	if (step == 3)
		return S3_ANSWER;
	/* a CPS that pushes is still told, by PUT, that the call is there */
	if (step == 9 && strcmp(ev->what, st->pushed ? "POST" : "PUT") != 0)
		return SLOTS;
	return step == 9 && ev->status ? S9_ANSWER : plain[step];
}

static void see(struct seen *s, const struct event *ev, size_t i)
{
	size_t *end = ev->dir == EVENT_RX ? &s->rx : &s->tx;

	if (*end == SIZE_MAX)
		*end = i;
}

static void find_slots(const struct events *evs, size_t call, const struct stretch *st,
		       struct seen slots[SLOTS])
{
	for (int i = 0; i < SLOTS; i++)
		slots[i] = (struct seen){SIZE_MAX, SIZE_MAX};
	for (size_t i = events_call(evs, call)->first; i < events_count(evs);
	     i = events_next(evs, i)) {
		const struct event *ev = events_at(evs, i);
		unsigned step = event_step(ev);
		enum slot slot = step ? slot_of(ev, step, st) : SLOTS;

		if (slot != SLOTS)
			see(&slots[slot], ev, i);
		if (step == STEP_SETUP && is_of(ev->to, st->to) && !ev->transit)
			see(&slots[S6_LAST], ev, i);
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

static void find_missing(const struct events *evs, const struct seen slots[SLOTS],
			 struct stretch *st, struct outcome *o)
{
	bool whole = st->first && st->last;

	for (int i = 0; i < SLOTS; i++) {
		if ((i == S1 && !st->first) || (i == S11 && !st->last))
			continue;
		if (seen_sent(evs, &slots[i]) != SIZE_MAX) {
			outcome_add(o, seen_sent(evs, &slots[i]));
			continue;
		}
		if (is_unseen(evs, st, (enum slot)i)) {
			st->unseen = slot_names[i];
			continue;
		}
		(void)buf_printf(&o->actual, "%sstep %s is missing%s%s", o->actual.l ? ", " : "",
				 slot_names[i], whole ? "" : " from ", whole ? "" : st->from);
		if (i != S5)
			o->state = OUTCOME_MISSING;
		else if (o->state == OUTCOME_HOLDS)
			o->state = OUTCOME_HOLDS_SO_FAR;
	}
}

static void judge_pair(const struct events *evs, const struct seen *a, const char *name_a,
		       const struct seen *b, const char *name_b, struct outcome *o)
{
	if (seen_sent(evs, a) == SIZE_MAX || seen_sent(evs, b) == SIZE_MAX ||
	    seen_time(evs, a) <= seen_time(evs, b))
		return;
	o->state = OUTCOME_BROKEN;
	(void)buf_printf(&o->actual, "%sstep %s comes before step %s", o->actual.l ? ", " : "",
			 name_b, name_a);
}

static void judge_orders(const struct events *evs, const struct seen slots[SLOTS],
			 const struct order *orders, size_t n, struct outcome *o)
{
	for (size_t i = 0; i < n; i++)
		judge_pair(evs, &slots[orders[i].before], slot_names[orders[i].before],
			   &slots[orders[i].after], slot_names[orders[i].after], o);
}

static bool is_pushed(const struct events *evs, size_t call, const struct stretch *st)
{
	for (size_t i = events_call(evs, call)->first; i < events_count(evs);
	     i = events_next(evs, i)) {
		const struct event *ev = events_at(evs, i);

		if (event_step(ev) == 9 && strcmp(ev->what, "POST") == 0 && is_of(ev->from, st->to))
			return true;
	}
	return false;
}

#define ORDERS(table) (table), sizeof(table) / sizeof((table)[0])

static void judge_stretch(const struct events *evs, size_t call, struct stretch *st,
			  struct seen *verified, struct outcome *o)
{
	struct seen slots[SLOTS];
	char what[32];

	st->pushed = is_pushed(evs, call, st);
	find_slots(evs, call, st, slots);
	find_missing(evs, slots, st, o);
	judge_orders(evs, slots, ORDERS(order_all), o);
	if (st->pushed)
		judge_orders(evs, slots, ORDERS(order_push), o);
	else
		judge_orders(evs, slots, ORDERS(order_pull), o);
	/* who retargets signs after the incoming call is verified */
	if (!st->first)
		judge_pair(evs, verified, "10 of the stretch before", &slots[S2], slot_names[S2],
			   o);
	*verified = slots[S10];
	if (st->unseen && (o->state == OUTCOME_HOLDS || o->state == OUTCOME_HOLDS_SO_FAR)) {
		(void)snprintf(what, sizeof(what), "step %s", st->unseen);
		outcome_unseen(o, what);
	}
}

/* The next provider behind a place of the path that is no transit */
static size_t next_end(const struct events *evs, size_t hop)
{
	hop++;
	while (hop + 1 < events_hops(evs) && events_hop_transit(evs, hop))
		hop++;
	return hop;
}

void judge_steps(const struct scn_expect *x, const struct events *evs, size_t call,
		 struct outcome *o)
{
	struct seen verified = {SIZE_MAX, SIZE_MAX};
	struct stretch st = {"", "", true, true, false, NULL};
	size_t hops = events_hops(evs);

	(void)x;
	o->state = OUTCOME_HOLDS;
	if (hops < 2)
		judge_stretch(evs, call, &st, &verified, o);
	for (size_t hop = 0; hop + 1 < hops;) {
		size_t next = next_end(evs, hop);

		st = (struct stretch){events_hop(evs, hop),
				      events_hop(evs, next),
				      hop == 0,
				      next + 1 == hops,
				      false,
				      NULL};
		judge_stretch(evs, call, &st, &verified, o);
		hop = next;
	}
	if (!o->actual.l)
		(void)buf_addz(&o->actual, "all of them, in order");
}
