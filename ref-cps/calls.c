#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>
#include <utlist.h>

#include "lib/base/env.h"
#include "lib/net/loop.h"
#include "ref-cps/calls.h"

struct kept {
	struct call call;
	uint64_t until_us; /* CLOCK_MONOTONIC */
	struct kept *prev, *next;
	UT_hash_handle hh;
	char body[];
};

/* All are kept equally long, so the list in order of arrival is in order of departure too */
struct calls {
	struct kept *by_id;
	struct kept *oldest;
	size_t n, max;
	uint64_t keep_us;
	struct timer *timer;
};

static void drop(struct calls *cs, struct kept *k)
{
	HASH_DEL(cs->by_id, k);
	DL_DELETE(cs->oldest, k);
	cs->n--;
	free(k);
}

static void on_timer(void *arg)
{
	struct calls *cs = arg;
	uint64_t now = mono_us();

	while (cs->oldest && cs->oldest->until_us <= now)
		drop(cs, cs->oldest);
	if (cs->oldest)
		timer_start(cs->timer, (cs->oldest->until_us - now + 999) / 1000);
}

int calls_alloc(struct calls **ret, size_t max, int64_t keep_s)
{
	struct calls *cs = calloc(1, sizeof(*cs));

	if (!cs)
		return ENOMEM;
	cs->max = max;
	cs->keep_us = (uint64_t)keep_s * 1000000;
	if (timer_alloc(&cs->timer, on_timer, cs)) {
		free(cs);
		return ENOMEM;
	}
	*ret = cs;
	return 0;
}

void calls_free(struct calls *cs)
{
	if (!cs)
		return;
	while (cs->oldest)
		drop(cs, cs->oldest);
	timer_free(cs->timer);
	free(cs);
}

int calls_keep(struct calls *cs, const struct call *call)
{
	struct kept *k = calloc(1, sizeof(*k) + call->body.l + 1);

	if (!k)
		return ENOMEM;
	k->call = *call;
	if (call->body.l)
		memcpy(k->body, call->body.p, call->body.l);
	k->call.body.p = k->body;
	k->until_us = mono_us() + cs->keep_us;
	HASH_ADD_STR(cs->by_id, call.id, k);
	if (!k->hh.tbl) {
		free(k);
		return ENOMEM;
	}
	DL_APPEND(cs->oldest, k);
	if (++cs->n > cs->max)
		drop(cs, cs->oldest);
	else if (cs->n == 1)
		timer_start(cs->timer, cs->keep_us / 1000);
	return 0;
}

const struct call *calls_find(const struct calls *cs, struct sv id)
{
	const struct kept *k;

	HASH_FIND(hh, cs->by_id, id.p, id.l, k);
	return k ? &k->call : NULL;
}
