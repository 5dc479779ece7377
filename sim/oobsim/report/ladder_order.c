/* Order of a ladder's lanes and, where it is to be stable, of its rungs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/oobsim/report/ladder_int.h"
#include "sim/oobsim/events/steps.h"

/* Lanes of a provider: the caller's has its phone at the left, the others at the right. */
static const char *const kinds_first[] = {"phone", "switch", "as", "vs", "cps", "gw", NULL};
static const char *const kinds_other[] = {"gw", "switch", "as", "vs", "cps", "phone", NULL};

static bool same_provider(const char *a, const char *b)
{
	size_t l = (size_t)(element_kind(a) - a);

	return l == (size_t)(element_kind(b) - b) && strncmp(a, b, l) == 0;
}

/* Place of the element's provider on the path; behind it as the call meets them */
static int provider_key(const struct events *evs, const char *const *met, int n, const char *name)
{
	int i = 0, hops = (int)events_hops(evs);
	size_t l = (size_t)(element_kind(name) - name);

	for (int hop = 0; hop < hops; hop++) {
		const char *provider = events_hop(evs, (size_t)hop);

		if (l == strlen(provider) + 1 && strncmp(name, provider, l - 1) == 0)
			return hop;
	}
	while (i < n && !same_provider(met[i], name))
		i++;
	return hops + i;
}

/* Ten kinds at the most, so one number orders all */
static int lane_key(const struct events *evs, const char *const *met, int n, const char *name)
{
	int provider = provider_key(evs, met, n, name), kind = 0;
	const char *const *kinds = provider == 0 ? kinds_first : kinds_other;

	while (kinds[kind] && strcmp(kinds[kind], element_kind(name)) != 0)
		kind++;
	return provider * 10 + kind;
}

void ladder_order_lanes(struct ladder *l, const struct events *evs)
{
	const char *met[LADDER_LANES];

	memcpy(met, l->lane, sizeof(met));
	for (int i = 1; i < l->lanes; i++) {
		const char *name = l->lane[i];
		int key = lane_key(evs, met, l->lanes, name), at = i;

		while (at > 0 && lane_key(evs, met, l->lanes, l->lane[at - 1]) > key) {
			l->lane[at] = l->lane[at - 1];
			at--;
		}
		l->lane[at] = name;
	}
}

static bool is_kind(const char *name, const char *kind)
{
	return strcmp(element_kind(name), kind) == 0;
}

/* What a CPS or a STI-AS decides about publishing, beside the call */
static bool is_beside(const struct event *ev)
{
	static const char *const notes[] = {"as.no_cps",          "as.publish_failed", "as.gave_up",
					    "as.conflict",        "cps.refused",       "cps.stored",
					    "cps.forward_failed", "cps.push_failed"};

	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]) && ev->kind == EVENT_NOTE; i++)
		if (strcmp(ev->what, notes[i]) == 0)
			return true;
	return ev->kind == EVENT_HTTPS && strcmp(ev->what, "POST") == 0 &&
	       !is_kind(ev->from, "switch") && !is_kind(ev->to, "switch");
}

/* The STI-AS that publishes; NULL: told by what comes before */
static const char *publisher(const struct event *ev)
{
	if (ev->kind == EVENT_NOTE)
		return is_kind(ev->at, "as") ? ev->at : NULL;
	return is_kind(ev->from, "as") ? ev->from : is_kind(ev->to, "as") ? ev->to : NULL;
}

/* Where the answer of that STI-AS stands, which publishing begins with */
static size_t answer_of(const struct ladder *l, const struct events *evs, const char *as)
{
	for (size_t i = 0; as && i < l->n; i++) {
		const struct event *ev = events_at(evs, l->rungs[i].event);

		if (event_answers(ev) && strcmp(ev->from, as) == 0)
			return i;
	}
	return SIZE_MAX;
}

struct key {
	size_t anchor, beside, order;
};

/* Beside the call: questions, what is decided, answers */
static size_t beside_rank(const struct event *ev)
{
	return ev->kind == EVENT_NOTE ? 2 : ev->status ? 3 : 1;
}

static int by_key(const void *pa, const void *pb)
{
	const struct key *a = pa, *b = pb;
	const size_t x[] = {a->anchor, a->beside, a->order}, y[] = {b->anchor, b->beside, b->order};

	for (int i = 0; i < 3; i++)
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	return 0;
}

/* Had the STI-VS of this element's provider PASSporTs that came in-band? Then it waits for no others, and
 * whether they are there already is chance */
static bool had_in_band(const struct events *evs, const struct event *ev)
{
	const char *name = *ev->to ? ev->to : ev->at;
	char n[16];

	for (size_t i = events_call(evs, ev->call)->first; i < events_count(evs);
	     i = events_next(evs, i)) {
		const struct event *note = events_at(evs, i);

		if (note->kind == EVENT_NOTE && strcmp(note->what, "vs.gathered") == 0 &&
		    same_provider(note->at, name) && event_fact(note, "in_band", n, sizeof(n)))
			return strcmp(n, "0") != 0;
	}
	return false;
}

/* Notes that depend on who is faster */
static bool is_chance(const struct events *evs, const struct event *ev)
{
	char via[16] = "";

	if (ev->kind != EVENT_NOTE)
		return false;
	if (strcmp(ev->what, "cps.waiting") == 0)
		return true;
	if (strcmp(ev->what, "vs.checked") == 0 && event_fact(ev, "via", via, sizeof(via)) &&
	    strcmp(via, "out-of-band") != 0)
		return false;
	return (strcmp(ev->what, "vs.checked") == 0 || strcmp(ev->what, "cps.deleted") == 0) &&
	       had_in_band(evs, ev);
}

/* Labels that would tell it */
static void hide_chance(struct rung *r, const struct events *evs)
{
	static const char restored[] = ", Identity restored";
	const struct event *ev = events_at(evs, r->event);
	char *tail = strstr(r->label, restored);

	if ((r->step != 9 && r->step != 10) || !ev->status || !had_in_band(evs, ev))
		return;
	if (r->step == 9)
		(void)snprintf(r->label, sizeof(r->label), "what has come so far");
	else if (tail)
		*tail = '\0';
	r->tone = TONE_PLAIN;
}

int ladder_order_rungs(struct ladder *l, const struct events *evs)
{
	struct key *keys = calloc(l->n + 1, sizeof(*keys));
	struct rung *rungs = calloc(l->n + 1, sizeof(*rungs));
	const char *as = NULL;
	size_t n = 0;

	if (!keys || !rungs) {
		free(keys);
		free(rungs);
		return ENOMEM;
	}
	for (size_t i = 0; i < l->n; i++) {
		const struct event *ev = events_at(evs, l->rungs[i].event);
		size_t anchor;

		keys[i] = (struct key){i, 0, i};
		if (!is_beside(ev))
			continue;
		as = publisher(ev) ? publisher(ev) : as;
		anchor = answer_of(l, evs, as);
		if (anchor != SIZE_MAX)
			keys[i] = (struct key){anchor, beside_rank(ev), i};
	}
	qsort(keys, l->n, sizeof(*keys), by_key);
	for (size_t i = 0; i < l->n; i++) {
		if (is_chance(evs, events_at(evs, l->rungs[keys[i].order].event)))
			continue;
		rungs[n] = l->rungs[keys[i].order];
		hide_chance(&rungs[n++], evs);
	}
	free(keys);
	free(l->rungs);
	l->rungs = rungs;
	l->n = n;
	return 0;
}
