#include <errno.h>
#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>
#include <utlist.h>

#include "lib/base/env.h"
#include "lib/base/tn_pair.h"
#include "lib/net/loop.h"
#include "lib/net/passport_room.h"

/* All that wait for PASSporTs of one (orig, dest), in order of arrival */
struct crowd {
	struct tn_pair pair;
	struct passport_wait *waits;
	UT_hash_handle hh;
};

struct passport_wait {
	struct passport_room *room;
	struct passport_wait_opts opts;
	struct tn_pair pair;
	uint64_t until_us; /* CLOCK_MONOTONIC; then it takes what there is */
	struct timer *timer;
	struct crowd *crowd; /* NULL as long as it does not wait */
	bool told, over;
	struct passport_wait *prev, *next;
};

struct passport_room {
	struct passport_store *store;
	int64_t settle_ms;
	struct crowd *crowds;
};

static struct crowd *crowd_find(struct passport_room *room, const struct tn_pair *pair)
{
	struct crowd *c;

	HASH_FIND(hh, room->crowds, pair, sizeof(*pair), c);
	return c;
}

static void leave_crowd(struct passport_wait *w)
{
	struct crowd *c = w->crowd;

	if (!c)
		return;
	DL_DELETE(c->waits, w);
	w->crowd = NULL;
	if (c->waits)
		return;
	HASH_DEL(w->room->crowds, c);
	free(c);
}

static int join_crowd(struct passport_wait *w)
{
	struct crowd *c = crowd_find(w->room, &w->pair);

	if (!c) {
		c = calloc(1, sizeof(*c));
		if (!c)
			return ENOMEM;
		c->pair = w->pair;
		HASH_ADD(hh, w->room->crowds, pair, sizeof(c->pair), c);
		if (!c->hh.tbl) {
			free(c);
			return ENOMEM;
		}
	}
	DL_APPEND(c->waits, w);
	w->crowd = c;
	return 0;
}

void passport_wait_cancel(struct passport_wait *w)
{
	if (!w)
		return;
	leave_crowd(w);
	timer_free(w->timer);
	free(w);
}

static void finish(struct passport_wait *w, const struct passport_taken *res)
{
	struct passport_wait_opts opts = w->opts;

	passport_wait_cancel(w);
	opts.done(res, opts.arg);
}

static void stay(struct passport_wait *w, const struct passport_taken *res)
{
	uint64_t now = mono_us(), left_ms;

	if (!w->crowd && join_crowd(w)) {
		finish(w, &(struct passport_taken){.err = ENOMEM, .size = res->size});
		return;
	}
	left_ms = w->until_us > now ? (w->until_us - now + 999) / 1000 : 0;
	if (res->again_ms && (uint64_t)res->again_ms < left_ms)
		left_ms = (uint64_t)res->again_ms;
	timer_start(w->timer, left_ms);
	if (w->told || res->again_ms || !w->opts.waiting)
		return;
	w->told = true;
	w->opts.waiting(res->there, w->opts.arg);
}

static void taken(const struct passport_taken *res, void *arg)
{
	struct passport_wait *w = arg;

	if (res->n || res->err || w->over)
		finish(w, res);
	else
		stay(w, res);
}

/* May free it */
static void try(struct passport_wait *w)
{
	struct passport_ask ask = {
		.orig = w->pair.orig,
		.dest = w->pair.dest,
		.settle_ms = w->room->settle_ms,
	};

	w->over = mono_us() >= w->until_us;
	ask.whole = !w->over;
	passport_store_take(w->room->store, &ask, taken, w);
}

/* The first that asked is served first, whose time is over last */
static void serve(struct passport_room *room, const struct tn_pair *pair)
{
	struct crowd *c = crowd_find(room, pair);
	struct passport_wait *w, *tmp;

	if (!c)
		return;
	DL_FOREACH_SAFE (c->waits, w, tmp) {
		try(w); /* frees no other than itself, and the crowd with the last */
	}
}

static void on_timer(void *arg)
{
	struct passport_wait *w = arg;
	struct tn_pair pair = w->pair;

	serve(w->room, &pair);
}

int passport_room_wait(struct passport_room *room, const struct passport_wait_opts *opts,
		       struct passport_wait **ret)
{
	struct passport_wait *w = calloc(1, sizeof(*w));

	if (!w)
		return ENOMEM;
	if (!tn_pair_make(&w->pair, tn_sv(&opts->orig), tn_sv(&opts->dest)) ||
	    timer_alloc(&w->timer, on_timer, w)) {
		free(w);
		return ENOMEM;
	}
	w->room = room;
	w->opts = *opts;
	w->until_us = mono_us() + opts->wait_ms * 1000;
	*ret = w;
	try(w);
	return 0;
}

void passport_room_arrived(struct passport_room *room, const struct tn *orig, const struct tn *dest)
{
	struct tn_pair pair;

	if (tn_pair_make(&pair, tn_sv(orig), tn_sv(dest)))
		serve(room, &pair);
}

int passport_room_alloc(struct passport_room **ret, struct passport_store *store, int64_t settle_ms)
{
	struct passport_room *room = calloc(1, sizeof(*room));

	if (!room)
		return ENOMEM;
	room->store = store;
	room->settle_ms = settle_ms;
	*ret = room;
	return 0;
}

void passport_room_free(struct passport_room *room)
{
	struct crowd *c, *tmp;

	if (!room)
		return;
	HASH_ITER (hh, room->crowds, c, tmp) {
		struct passport_wait *w, *next;

		DL_FOREACH_SAFE (c->waits, w, next) {
			passport_wait_cancel(w);
		}
	}
	free(room);
}
