/* Starting the elements of a world, and ending one in mid-run. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/env.h"
#include "lib/net/app.h"
#include "sim/oobsim/world.h"

/* An element serves within a moment; more time than this only a hang takes */
#define READY_TIMEOUT_MS 10000

static int start_element(const struct world *w, struct element *el, struct procs *ps, struct err *e)
{
	char program[PATH_MAX], conf[PATH_MAX], log[PATH_MAX];
	const char *argv[12] = {program};
	size_t n = 1;
	int err = proc_find(program, sizeof(program), element_infos[el->kind].program, e);

	if (err)
		return err;
	world_path(w, conf, "config/%s.json", el->name);
	world_path(w, log, "log/%s.log", el->name);
	if (el->kind == ELEMENT_PKI)
		argv[n++] = "serve";
	argv[n++] = "--config";
	argv[n++] = conf;
	argv[n++] = "--name";
	argv[n++] = el->name;
	argv[n++] = "--trace";
	argv[n++] = "fd:3";
	return procs_start(
		ps, &el->proc,
		&(struct proc_opts){.name = el->name, .argv = argv, .log = log, .trace = true}, e);
}

/* What is needed by others comes first: the PKI, whose lists are fetched by the next; of each TDM leg the
 * side that listens before the one that connects, which would try again only a second later */
static size_t stage_of(const struct world *w, const struct element *el)
{
	size_t hop, legs = 0;

	if (el->kind == ELEMENT_PKI)
		return 0;
	if (el->kind != ELEMENT_GW)
		return 1;
	for (hop = (size_t)el->of->hop; hop + 1 < scenario_hops(w->scn); hop++, legs++)
		if (scenario_leg(w->scn, hop) != LEG_TDM)
			break;
	return 1 + legs;
}

static const struct element *not_ready(const struct world *w)
{
	for (size_t i = 0; i < w->nelements; i++)
		if (w->elements[i].proc && !proc_ready(w->elements[i].proc))
			return &w->elements[i];
	return NULL;
}

static int wait_ready(const struct world *w, struct procs *ps, struct err *e)
{
	uint64_t until = mono_us() + READY_TIMEOUT_MS * 1000ull;
	BUF_AUTO struct buf why = BUF(ERR_MAX);
	const struct element *late;
	const struct proc *died;

	while ((late = not_ready(w)) != NULL) {
		if (procs_poll(ps, 100))
			return err_set(e, EINTR, "interrupted");
		died = procs_died(ps);
		if (died) {
			proc_text(died, &why);
			return err_set(e, proc_code(died) == EXIT_USAGE ? EINVAL : EIO, "%s",
				       why.p);
		}
		if (mono_us() > until)
			return err_set(e, ETIMEDOUT,
				       "%s was not READY within %d ms: see %s/log/%s.log",
				       late->name, READY_TIMEOUT_MS, w->dir, late->name);
	}
	return 0;
}

static struct element *find(struct world *w, const char *name)
{
	for (size_t i = 0; i < w->nelements; i++)
		if (strcmp(w->elements[i].name, name) == 0)
			return &w->elements[i];
	return NULL;
}

int world_start_one(struct world *w, const char *name, struct procs *ps, struct err *e)
{
	struct element *el = find(w, name);

	el->dead = false;
	return start_element(w, el, ps, e);
}

void world_kill_one(struct world *w, const char *name)
{
	struct element *el = find(w, name);

	if (!el->proc)
		return;
	proc_may_end(el->proc);
	proc_stop(el->proc, true);
	el->proc = NULL;
}

static bool runs(const struct world *w, size_t hop)
{
	const struct element *gw = world_element(w, world_at(w, hop), ELEMENT_GW);

	return gw && !gw->dead;
}

size_t world_links(const struct world *w)
{
	size_t ends = 0;

	for (size_t hop = 0; hop + 1 < scenario_hops(w->scn); hop++)
		if (scenario_leg(w->scn, hop) == LEG_TDM && runs(w, hop) && runs(w, hop + 1))
			ends += 2;
	return ends;
}

int world_start(struct world *w, struct procs *ps, struct err *e)
{
	size_t last = scenario_hops(w->scn);
	int err = 0;

	for (size_t stage = 0; stage <= last && !err; stage++) {
		size_t begun = 0;

		for (size_t i = 0; i < w->nelements && !err; i++) {
			struct element *el = &w->elements[i];

			if (!el->conf || el->dead || stage_of(w, el) != stage)
				continue;
			err = start_element(w, el, ps, e);
			begun++;
		}
		if (!err && begun)
			err = wait_ready(w, ps, e);
	}
	return err;
}
