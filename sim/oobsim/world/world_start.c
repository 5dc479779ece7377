/* Starting the elements of a world, and ending one in mid-run. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/env.h"
#include "lib/net/app.h"
#include "sim/oobsim/world/world_sut.h"

/* An element serves within a moment; more time than this only a hang takes */
#define READY_TIMEOUT_MS 10000

static int64_t clock_offset(const struct world *w, const struct element *el)
{
	const struct scn_clock *clocks = w->scn->clocks.v;

	for (size_t i = 0; i < w->scn->clocks.n; i++)
		if (strcmp(clocks[i].element, el->name) == 0)
			return clocks[i].offset_s;
	return 0;
}

static int start_element(const struct world *w, struct element *el, struct procs *ps, struct err *e)
{
	char program[PATH_MAX], conf[PATH_MAX], log[PATH_MAX];
	const char *argv[12] = {program};
	char offset[24];
	size_t n = 1;
	int err;

	if (el->sut)
		return world_sut_start(w, el->sut, el->name, &el->proc, ps, e);
	err = proc_find(program, sizeof(program), element_infos[el->kind].program, e);

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
	if (clock_offset(w, el) != 0) {
		(void)snprintf(offset, sizeof(offset), "%lld", (long long)clock_offset(w, el));
		argv[n++] = "--clock-offset";
		argv[n++] = offset;
	}
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

/* What is being started, and does not serve yet */
struct late {
	const struct proc *proc;
	const char *name;
	const struct sut *sut;
};

/* One of el and p is NULL */
static bool is_late(const struct world *w, const struct element *el, const struct provider *p,
		    const struct late *it)
{
	const struct sut *sut = it->sut;

	/* parts of a provider are waited for with it */
	if (sut && sut->kind == SUT_ADDRESS &&
	    !(el && (el->dead || !el->conf || (el->of && el->of->sut))))
		return !world_sut_ready(w, el, p);
	return it->proc && (sut ? !world_sut_ready(w, el, p) : !proc_ready(it->proc));
}

static bool find_late(const struct world *w, struct late *ret)
{
	for (size_t i = 0; i < w->nelements; i++) {
		const struct element *el = &w->elements[i];

		*ret = (struct late){el->proc, el->name, el->sut};
		if (is_late(w, el, NULL, ret))
			return true;
	}
	for (size_t i = 0; i < w->nproviders; i++) {
		const struct provider *p = &w->providers[i];

		*ret = (struct late){p->proc, p->scn->name, p->sut};
		if (is_late(w, NULL, p, ret))
			return true;
	}
	return false;
}

/* Of ours none ends by itself; of others only that which is waited for is looked at */
static int check_alive(const struct procs *ps, const struct late *late, struct err *e)
{
	BUF_AUTO struct buf why = BUF(ERR_MAX);
	const struct proc *died = procs_died(ps);
	bool foreign = !died && late->proc && late->sut && proc_ended(late->proc);

	if (!died && !foreign)
		return 0;
	died = died ? died : late->proc;
	proc_text(died, &why);
	if (foreign && proc_code(died) == SUT_CANNOT)
		return err_set(e, ENOTSUP, "unsupported: %s, which says that it cannot do this",
			       why.p);
	return err_set(e, !foreign && proc_code(died) == EXIT_USAGE ? EINVAL : EIO, "%s", why.p);
}

static int wait_ready(const struct world *w, struct procs *ps, struct err *e)
{
	uint64_t begin = mono_us();
	struct late late;
	int err = 0;

	while (!err && find_late(w, &late)) {
		int64_t ms = late.sut && late.proc ? late.sut->process.start_ms : READY_TIMEOUT_MS;

		/* ports are looked at again soon; a line wakes us */
		if (procs_poll(ps, late.sut ? 5 : 100))
			return err_set(e, EINTR, "interrupted");
		err = check_alive(ps, &late, e);
		if (!err && late.sut && !late.proc)
			return err_set(e, ECONNREFUSED,
				       "%s (%s) does not take connections where it is said to be",
				       late.name, late.sut->name);
		if (!err && mono_us() - begin > (uint64_t)ms * 1000)
			err = err_set(e, ETIMEDOUT,
				      "%s was not READY within %lld ms: see %s/log/%s.log",
				      late.name, (long long)ms, w->dir, late.name);
	}
	return err;
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

static bool is_ours(const struct world *w, size_t hop)
{
	return !world_element(w, world_at(w, hop), ELEMENT_GW)->sut;
}

size_t world_links(const struct world *w)
{
	size_t ends = 0;

	for (size_t hop = 0; hop + 1 < scenario_hops(w->scn); hop++)
		if (scenario_leg(w->scn, hop) == LEG_TDM && runs(w, hop) && runs(w, hop + 1))
			ends += (size_t)is_ours(w, hop) + (size_t)is_ours(w, hop + 1);
	return ends;
}

static int start_stage(struct world *w, size_t stage, struct procs *ps, size_t *ret_n,
		       struct err *e)
{
	int err = 0;

	*ret_n = 0;
	for (size_t i = 0; i < w->nelements && !err; i++) {
		struct element *el = &w->elements[i];

		if (!el->conf || el->dead || stage_of(w, el) != stage || (el->of && el->of->sut))
			continue;
		if (!el->elsewhere)
			err = start_element(w, el, ps, e);
		++*ret_n;
	}
	for (size_t i = 0; i < w->nproviders && !err; i++) {
		struct provider *p = &w->providers[i];

		if (!p->sut || stage_of(w, world_element(w, p, ELEMENT_GW)) != stage)
			continue;
		if (p->sut->kind == SUT_PROCESS)
			err = world_sut_start(w, p->sut, p->scn->name, &p->proc, ps, e);
		++*ret_n;
	}
	return err;
}

int world_start(struct world *w, struct procs *ps, struct err *e)
{
	size_t last = scenario_hops(w->scn);
	int err = 0;

	for (size_t stage = 0; stage <= last && !err; stage++) {
		size_t begun = 0;

		err = start_stage(w, stage, ps, &begun, e);
		if (!err && begun)
			err = wait_ready(w, ps, e);
	}
	return err;
}
