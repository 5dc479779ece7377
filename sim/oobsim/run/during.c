#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/env.h"
#include "sim/oobsim/run/during.h"
#include "sim/oobsim/events/pattern.h"

void during_see(struct during *d, const struct event *ev)
{
	const struct scn_during *all = d->w ? d->w->scn->during.v : NULL;

	for (size_t i = 0; all && i < d->w->scn->during.n; i++) {
		struct pattern p;

		if (d->due[i] || pattern_read(&p, sv_from(all[i].after)) || !pattern_fits(&p, ev))
			continue;
		d->due[i] = true;
		if (ev->call == EVENT_NO_CALL)
			continue;
		d->orig[i] = events_call(d->evs, ev->call)->orig;
		d->dest[i] = events_call(d->evs, ev->call)->dest;
	}
}

/* It is told as an event of the call, so that its ladder shows it */
static int tell(struct during *d, size_t i, const char *name, const char *what)
{
	json_t *v = json_pack("{s:I, s:s, s:s, s:s, s:{}}", "t", (json_int_t)mono_us(), "at", name,
			      "kind", "note", "what", what, "data");
	char *line;
	int err;

	if (*d->orig[i].s)
		(void)json_object_update_new(
			v, json_pack("{s:s, s:s}", "orig", d->orig[i].s, "dest", d->dest[i].s));
	line = v ? json_dumps(v, JSON_COMPACT) : NULL;
	err = line ? events_add(d->evs, sv_from(line), NULL) : ENOMEM;
	free(line);
	json_decref(v);
	return err;
}

int during_act(struct during *d, struct err *e)
{
	const struct scn_during *all = d->w->scn->during.v;
	int err = 0;

	for (size_t i = 0; i < d->w->scn->during.n && !err; i++) {
		if (!d->due[i] || d->done[i])
			continue;
		d->done[i] = true;
		if (all[i].kill) {
			world_kill_one(d->w, all[i].kill);
			err = tell(d, i, all[i].kill, "world.killed");
		} else {
			err = world_start_one(d->w, all[i].start, d->ps, e);
			if (!err)
				err = tell(d, i, all[i].start, "world.started");
		}
	}
	return err;
}
