/* Ends of messages that are not ours: known by what they say, when their address does not tell. */
#include <string.h>

#include "sim/oobsim/events/events_int.h"
#include "sim/oobsim/events/steps.h"

bool events_is_foreign(const struct events *evs, const char *element)
{
	for (size_t i = 0; i < evs->nforeign; i++)
		if (strcmp(evs->foreign[i], element) == 0)
			return true;
	return false;
}

static bool is_blind(const struct events *evs, const char *element)
{
	return events_is_foreign(evs, element) || strcmp(element_kind(element), "phone") == 0;
}

bool events_see(const struct events *evs, const char *from, const char *to)
{
	return !is_blind(evs, from) || !is_blind(evs, to);
}

static bool same_provider(const char *a, const char *b)
{
	size_t l = strcspn(a, ".");

	return strncmp(a, b, l + 1) == 0;
}

/* The one that is not ours and of that kind; of several that of the provider, else none */
static const char *find(const struct events *evs, const char *kind, const char *at)
{
	const char *found = NULL;
	size_t n = 0;

	for (size_t i = 0; i < evs->nforeign; i++) {
		if (strcmp(element_kind(evs->foreign[i]), kind) != 0)
			continue;
		if (same_provider(evs->foreign[i], at))
			return evs->foreign[i];
		found = evs->foreign[i];
		n++;
	}
	return n == 1 ? found : NULL;
}

void event_guess(const struct events *evs, struct event *ev)
{
	const char **end = ev->dir == EVENT_RX ? &ev->from : &ev->to, *kind, *name;
	/* an address that has no name stands for itself */
	bool known = !sv_starts(sv_from(ev->dir == EVENT_RX ? ev->src : ev->dst), *end);

	if (!evs->nforeign || (known && !events_is_foreign(evs, *end)) || event_step(ev))
		return;
	kind = event_step_peer(ev);
	name = kind ? find(evs, kind, ev->at) : NULL;
	if (name)
		*end = name;
}
