/* A kept trace, as `oobsim ladder` reads it from whoever sent it. */
#include <stdlib.h>

#include "sim/oobsim/events/event_call.c"
#include "sim/oobsim/events/event_ends.c"
#include "sim/oobsim/events/event_foreign.c"
#include "sim/oobsim/events/event_msg.c"
#include "sim/oobsim/events/event_read.c"
#include "sim/oobsim/events/events.c"
#include "sim/oobsim/events/steps.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Everything that a reader may ask of an event */
static void ask(const struct events *evs, const struct event *ev)
{
	char text[64];
	struct sv v;

	if (ev->call != EVENT_NO_CALL && ev->call >= events_calls(evs))
		abort();
	if (ev->twin != EVENT_NO_TWIN && ev->twin >= events_count(evs))
		abort();
	(void)event_header(ev, "Call-ID", 0, &v);
	(void)event_body(ev);
	(void)event_isup(ev);
	(void)event_fact(ev, "verstat", text, sizeof(text));
	for (unsigned i = 0; event_token(ev, i, &v); i++)
		if (!v.p)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv rest = {(const char *)data, size};
	struct events *evs = NULL;
	struct err e = {""};

	if (events_alloc(&evs))
		return 0;
	while (rest.p && rest.l) {
		struct sv line = sv_cut(&rest, '\n');

		e.s[0] = '\0';
		if (line.l && events_add(evs, line, &e) && !e.s[0])
			abort();
	}
	if (events_sort(evs))
		abort();
	for (size_t i = 0; i < events_count(evs); i++)
		ask(evs, events_at(evs, i));
	events_free(evs);
	return 0;
}
