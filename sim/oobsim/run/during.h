/** @file during.h  What a scenario does to elements while calls are under way: it kills or starts them after the first event of
 * some kind. */
#ifndef OOBSIM_DURING_H
#define OOBSIM_DURING_H

#include "sim/oobsim/world/world.h"

#define DURING_MAX 16

struct during {
	struct world *w; /**< borrowed, like the others */
	struct procs *ps;
	struct events *evs;
	bool due[DURING_MAX], done[DURING_MAX];
	struct tn orig[DURING_MAX], dest[DURING_MAX]; /**< of the call whose event it was */
};

/** An event came: is it one that something waits for? */
void during_see(struct during *d, const struct event *ev);

/** Do what is due, and tell it: notes `world.killed`, `world.started`. Not from within procs_poll().
 * @return 0; with text as world_start() */
int during_act(struct during *d, struct err *e);

#endif
