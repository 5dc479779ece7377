#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "sim/gateway/circuit.h"

struct circuits {
	unsigned first, count;
	struct circuit *own, *others; /* idle ones, the longest idle at the head */
	struct circuit v[];
};

static struct circuit **list_of(struct circuits *s, const struct circuit *c)
{
	return c->own ? &s->own : &s->others;
}

int circuits_alloc(struct circuits **ret, struct trunk *trunk, unsigned first, unsigned count,
		   bool controls_even, timer_h *expired)
{
	struct circuits *s = calloc(1, sizeof(*s) + count * sizeof(s->v[0]));

	if (!s)
		return ENOMEM;
	s->first = first;
	s->count = count;
	for (unsigned i = 0; i < count; i++) {
		struct circuit *c = &s->v[i];

		c->trunk = trunk;
		c->cic = (uint16_t)(first + i);
		c->own = (c->cic % 2 == 0) == controls_even;
		if (timer_alloc(&c->timer, expired, c)) {
			circuits_free(s);
			return ENOMEM;
		}
		DL_APPEND(*list_of(s, c), c);
	}
	*ret = s;
	return 0;
}

void circuits_free(struct circuits *s)
{
	if (!s)
		return;
	for (unsigned i = 0; i < s->count; i++) {
		timer_free(s->v[i].timer);
		json_decref(s->v[i].lost);
	}
	free(s);
}

struct circuit *circuits_find(struct circuits *s, unsigned cic)
{
	return cic >= s->first && cic - s->first < s->count ? &s->v[cic - s->first] : NULL;
}

struct circuit *circuits_seize(struct circuits *s)
{
	/* utlist keeps the tail as the head's prev */
	struct circuit *c = s->own ? s->own : s->others ? s->others->prev : NULL;

	if (c)
		circuits_take(s, c);
	return c;
}

void circuits_take(struct circuits *s, struct circuit *c)
{
	DL_DELETE(*list_of(s, c), c);
}

void circuits_release(struct circuits *s, struct circuit *c)
{
	struct circuit idle = {.trunk = c->trunk, .cic = c->cic, .own = c->own, .timer = c->timer};

	timer_stop(c->timer);
	json_decref(c->lost);
	*c = idle;
	DL_APPEND(*list_of(s, c), c);
}

unsigned circuits_count(const struct circuits *s)
{
	return s->count;
}

struct circuit *circuits_at(struct circuits *s, unsigned i)
{
	return &s->v[i];
}
