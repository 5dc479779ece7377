#include <string.h>

#include "sim/oobsim/events/pattern.h"
#include "sim/oobsim/events/steps.h"

static bool put(char *ret, size_t size, struct sv v)
{
	if (v.l >= size)
		return false;
	(void)snprintf(ret, size, "%.*s", SV_ARG(v));
	return true;
}

/* The next word, blanks around it dropped */
static struct sv word(struct sv *rest)
{
	*rest = sv_trim(*rest);
	return sv_cut(rest, ' ');
}

const char *pattern_read(struct pattern *ret, struct sv text)
{
	static const char want[] =
		"\"FROM -> TO METHOD\", \"FROM -> TO STATUS\" or \"ELEMENT note.name\"";
	struct sv rest = text, from = word(&rest), arrow = word(&rest), to = {"", 0}, what;
	unsigned long long status = 0;

	*ret = (struct pattern){.status = 0};
	what = arrow;
	if (sv_eqz(arrow, "->")) {
		to = word(&rest);
		what = word(&rest);
		if (sv_u64(what, 699, &status))
			what = word(&rest);
		if (!to.l || (!what.l && !status))
			return want;
	} else if (!what.l || sv_find(what, '.') == what.l) {
		return want;
	}
	if (sv_trim(rest).l || !from.l || !put(ret->from, sizeof(ret->from), from) ||
	    !put(ret->to, sizeof(ret->to), to) || !put(ret->what, sizeof(ret->what), what))
		return want;
	ret->status = (unsigned)status;
	return NULL;
}

static bool says(const struct pattern *p, const struct event *ev)
{
	if (strcmp(p->what, "ASK") == 0)
		return event_asks(ev);
	if (strcmp(p->what, "ANSWER") == 0)
		return event_answers(ev);
	return ev->status == p->status && (!*p->what || strcmp(ev->what, p->what) == 0);
}

bool pattern_fits(const struct pattern *p, const struct event *ev)
{
	if (!*p->to)
		return ev->kind == EVENT_NOTE && strcmp(ev->at, p->from) == 0 &&
		       strcmp(ev->what, p->what) == 0;
	return ev->kind != EVENT_NOTE && strcmp(ev->from, p->from) == 0 &&
	       strcmp(ev->to, p->to) == 0 && says(p, ev);
}

bool pattern_unseen(const struct pattern *p, const struct events *evs)
{
	return *p->to ? !events_see(evs, p->from, p->to) : events_is_foreign(evs, p->from);
}

bool pattern_find(const struct pattern *p, const struct events *evs, size_t call, struct seen *ret)
{
	*ret = (struct seen){SIZE_MAX, SIZE_MAX};
	for (size_t i = events_call(evs, call)->first; i < events_count(evs);
	     i = events_next(evs, i)) {
		const struct event *ev = events_at(evs, i);
		size_t *slot = ev->dir == EVENT_RX ? &ret->rx : &ret->tx;

		if (*slot == SIZE_MAX && pattern_fits(p, ev))
			*slot = i;
	}
	return ret->tx != SIZE_MAX || ret->rx != SIZE_MAX;
}

size_t seen_sent(const struct events *evs, const struct seen *s)
{
	if (s->tx == SIZE_MAX || s->rx == SIZE_MAX)
		return s->tx != SIZE_MAX ? s->tx : s->rx;
	/* an element may write its event after the octets have left; they never arrive before */
	return events_at(evs, s->rx)->t_us < events_at(evs, s->tx)->t_us ? s->rx : s->tx;
}

uint64_t seen_time(const struct events *evs, const struct seen *s)
{
	return events_at(evs, seen_sent(evs, s))->t_us;
}

size_t seen_got(const struct seen *s)
{
	return s->rx != SIZE_MAX ? s->rx : s->tx;
}
