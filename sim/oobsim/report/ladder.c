#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/oobsim/report/ladder_int.h"
#include "sim/oobsim/events/steps.h"

static int lane_of(const struct ladder *l, const char *name)
{
	for (int i = 0; i < l->lanes; i++) {
		if (strcmp(l->lane[i], name) == 0)
			return i;
	}
	return -1;
}

static void lane_add(struct ladder *l, const char *name)
{
	if (*name && lane_of(l, name) < 0 && l->lanes < LADDER_LANES)
		l->lane[l->lanes++] = name;
}

/* A message is drawn once: as it was sent, or as it was received when its sender keeps no trace (a
 * phone). */
static bool drawn_elsewhere(const struct event *ev)
{
	return ev->dir == EVENT_RX && ev->twin != EVENT_NO_TWIN;
}

/* Noise of the transport: 100 Trying, and ACK towards a redirect server. */
static bool is_noise(const struct event *ev)
{
	const char *to = element_kind(ev->to);

	return ev->status == 100 ||
	       (ev->kind == EVENT_SIP && !ev->status && strcmp(ev->what, "ACK") == 0 &&
		(strcmp(to, "as") == 0 || strcmp(to, "vs") == 0));
}

/* An element may tell of a message after it has left, and its receiver earlier */
static uint64_t left_at(const struct events *evs, const struct event *ev)
{
	uint64_t got = ev->twin == EVENT_NO_TWIN ? ev->t_us : events_at(evs, ev->twin)->t_us;

	return got < ev->t_us ? got : ev->t_us;
}

static int by_time(const void *pa, const void *pb)
{
	const struct rung *a = pa, *b = pb;

	if (a->t_us != b->t_us)
		return a->t_us < b->t_us ? -1 : 1;
	return a->event < b->event ? -1 : a->event > b->event;
}

static bool rung_make(struct rung *r, const struct events *evs, size_t i)
{
	const struct event *ev = events_at(evs, i);

	*r = (struct rung){.event = i, .step = event_step(ev), .t_us = left_at(evs, ev)};
	if (ev->kind == EVENT_NOTE)
		return ladder_label_note(r, ev);
	if (drawn_elsewhere(ev) || is_noise(ev))
		return false;
	ladder_label(r, evs, ev);
	return true;
}

static void lanes_make(struct ladder *l, const struct events *evs)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct event *ev = events_at(evs, l->rungs[i].event);

		lane_add(l, ev->kind == EVENT_NOTE ? ev->at : ev->from);
		lane_add(l, ev->kind == EVENT_NOTE ? "" : ev->to);
	}
	ladder_order_lanes(l, evs);
	for (size_t i = 0; i < l->n; i++) {
		const struct event *ev = events_at(evs, l->rungs[i].event);

		l->rungs[i].from = lane_of(l, ev->kind == EVENT_NOTE ? ev->at : ev->from);
		l->rungs[i].to = ev->kind == EVENT_NOTE ? l->rungs[i].from : lane_of(l, ev->to);
	}
}

/* What is left to do when all rungs are there */
static void finish(struct ladder *l, const struct events *evs)
{
	if (l->n)
		qsort(l->rungs, l->n, sizeof(*l->rungs), by_time);
	if (l->n)
		l->start_us = l->rungs[0].t_us;
	lanes_make(l, evs);
}

int ladder_make(struct ladder *ret, const struct events *evs, size_t call, bool stable)
{
	const struct event_call *c;

	*ret = (struct ladder){0};
	if (call >= events_calls(evs))
		return ENOENT;
	c = events_call(evs, call);
	ret->rungs = calloc(c->n + 1, sizeof(*ret->rungs));
	if (!ret->rungs)
		return ENOMEM;
	for (size_t i = c->first; i < events_count(evs); i = events_next(evs, i)) {
		if (rung_make(&ret->rungs[ret->n], evs, i))
			ret->n++;
	}
	finish(ret, evs);
	ret->stable = stable;
	return stable ? ladder_order_rungs(ret, evs) : 0;
}

int ladder_make_span(struct ladder *ret, const struct events *evs, size_t first, size_t end)
{
	*ret = (struct ladder){.rungs = calloc(end - first + 1, sizeof(*ret->rungs))};
	if (!ret->rungs)
		return ENOMEM;
	for (size_t i = first; i < end; i++) {
		if (!events_is_late(evs, i, first) && rung_make(&ret->rungs[ret->n], evs, i))
			ret->n++;
	}
	finish(ret, evs);
	return 0;
}

void ladder_free(struct ladder *ladder)
{
	free(ladder->rungs);
	*ladder = (struct ladder){0};
}
