/* The course of a run: make the world, place the calls, wait for what is still missing, stop, judge, report. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/env.h"
#include "sim/oobsim/run/during.h"
#include "sim/oobsim/scenario/expect.h"
#include "sim/oobsim/run/phones.h"
#include "sim/oobsim/run/run.h"
#include "sim/oobsim/proc/terminal.h"
#include "sim/oobsim/world/world_sut.h"

/* How long to look out for what nobody has to wait for: a CPS's 201 of step 5, which usually is there long before */
#define OPTIONAL_US 250000u
/* Elements write their last events and end at once; more time than this only a hang takes */
#define STOP_MS 5000
#define POLL_MS 50
/* The gateways of a TDM leg find each other at once; more time than this only a hang takes */
#define LINKS_MS 5000
/* Progress is shown so often at the most */
#define PROGRESS_US 100000

struct run {
	const struct scenario *scn;
	const struct run_opts *opts;
	struct run_result *result;
	struct events *evs;
	struct procs *ps;
	struct world *w;
	struct during during;
	struct phones phones;
	struct expect_call *calls;
	size_t ncalls;
	char world_dir[WORLD_DIR_MAX];
	bool begun, finished; /* the calls have */
	int trace_err;
	size_t results; /* of the STI-VS, so far */
	size_t links;   /* ends of TDM legs that are up */
	uint64_t shown_us;
	struct err e;
};

static void show(struct run *r, const char *what)
{
	char text[160];

	if (!r->opts->progress)
		return;
	(void)snprintf(text, sizeof(text), "%s: %s", r->scn->id, what);
	terminal_progress(stderr, text);
}

static void show_calls(struct run *r)
{
	uint64_t now = mono_us();
	char text[96];

	if (!r->opts->progress || now - r->shown_us < PROGRESS_US)
		return;
	r->shown_us = now;
	(void)snprintf(text, sizeof(text), "%zu of %zu calls verified", r->results, r->ncalls);
	show(r, text);
}

static void take_line(struct sv line, void *arg)
{
	struct run *r = arg;
	const struct event *ev;
	char state[8];

	if (r->trace_err)
		return;
	r->trace_err = events_add(r->evs, line, &r->e);
	if (r->trace_err) {
		err_prefix(&r->e, "an element's trace: ");
		return;
	}
	ev = events_at(r->evs, events_count(r->evs) - 1);
	r->results += ev->kind == EVENT_NOTE && strcmp(ev->what, "vs.result") == 0;
	r->links += ev->kind == EVENT_NOTE && strcmp(ev->what, "gw.link") == 0 &&
		    event_fact(ev, "state", state, sizeof(state)) && strcmp(state, "up") == 0;
	during_see(&r->during, ev);
}

/* What ends a run before its time */
static int trouble(struct run *r)
{
	BUF_AUTO struct buf why = BUF(ERR_MAX);
	const struct proc *died = procs_died(r->ps);

	if (procs_signal(r->ps))
		return err_set(&r->e, EINTR, "interrupted");
	if (r->trace_err)
		return r->trace_err;
	if (!died)
		return during_act(&r->during, &r->e);
	proc_text(died, &why);
	return err_set(&r->e, EIO, "%s", why.p);
}

/* A call before the TDM legs are up would be refused */
static int wait_links(struct run *r)
{
	uint64_t until = mono_us() + LINKS_MS * 1000ull;
	int err = 0;

	while (!err && r->links < world_links(r->w)) {
		(void)procs_poll(r->ps, POLL_MS);
		err = trouble(r);
		if (!err && mono_us() > until)
			err = err_set(&r->e, ETIMEDOUT,
				      "only %zu of %zu ends of TDM legs were up within %d ms",
				      r->links, world_links(r->w), LINKS_MS);
	}
	return err;
}

static int set_up(struct run *r)
{
	struct world_opts world = r->opts->world;
	int err = phones_check(&r->e);

	if (!err)
		err = procs_alloc(&r->ps, take_line, r, &r->e);
	(void)snprintf(r->world_dir, sizeof(r->world_dir), "%s/world", r->result->report_dir);
	run_remove(r->world_dir);
	if (!err)
		err = run_dir(r->world_dir, sizeof(r->world_dir), r->world_dir, NULL, &r->e);
	world.dir = r->world_dir;
	if (!err)
		err = phones_calls(&r->calls, &r->ncalls, r->scn, r->opts->calls, &r->e);
	show(r, "making the world");
	if (!err)
		err = world_make(&r->w, r->scn, &world, r->ps, &r->e);
	if (!err)
		err = world_tell(r->w, r->evs);
	r->during = (struct during){.w = r->w, .ps = r->ps, .evs = r->evs};
	show(r, "starting its elements");
	if (!err)
		err = world_start(r->w, r->ps, &r->e);
	return err ? err : wait_links(r);
}

/* Calls with the same numbers cannot be told apart: each begins when the one before is over */
static unsigned at_once(const struct run *r)
{
	for (size_t i = 0; i < r->ncalls; i++)
		if (r->calls[i].again)
			return 1;
	return AT_ONCE_DEFAULT;
}

/* One phone has ended, and the other waits for what never comes: a call that does not reach it, or does not end. NULL: both are
 * busy */
static struct proc *late_phone(const struct phones *p)
{
	if (proc_ended(p->caller.proc))
		return p->called.proc;
	return p->called.proc && proc_ended(p->called.proc) ? p->caller.proc : NULL;
}

static int place_calls(struct run *r)
{
	struct phones_opts opts = {.calls = r->calls,
				   .n = r->ncalls,
				   .rate = r->opts->rate ? r->opts->rate : RATE_DEFAULT,
				   .at_once = at_once(r)};
	uint64_t until = 0;
	struct proc *late;
	int err = phones_start(&r->phones, r->w, &opts, r->ps, &r->e);

	if (err)
		return err;
	r->begun = true;
	while (!phones_done(&r->phones)) {
		(void)procs_poll(r->ps, POLL_MS);
		err = trouble(r);
		if (err)
			return err;
		show_calls(r);
		late = late_phone(&r->phones);
		if (!late)
			continue;
		if (!until)
			until = mono_us() + (uint64_t)r->scn->wait_ms * 1000;
		else if (mono_us() > until)
			proc_stop(late, true);
	}
	err = phones_finish(&r->phones, r->evs, &r->e);
	r->finished = !err;
	return err;
}

/* Wait for what is expected and still missing, with a bound */
static int settle(struct run *r)
{
	uint64_t until = mono_us() + (uint64_t)r->scn->wait_ms * 1000, whole_since = 0;
	struct expect_open open = {1, 0};
	size_t judged = 0;
	int err = 0;

	while (!err) {
		uint64_t begin = mono_us();

		if (events_count(r->evs) != judged) {
			judged = events_count(r->evs);
			err = events_sort(r->evs);
			if (!err)
				err = expect_judge(r->scn, r->evs, r->calls, r->ncalls, NULL,
						   &open);
			if (err || (!open.missing && !open.optional))
				return err;
		}
		whole_since = open.missing ? 0 : whole_since ? whole_since : begin;
		if (mono_us() > until || (whole_since && begin - whole_since > OPTIONAL_US))
			return 0;
		/* judging many calls takes its time: most of the time is for listening */
		begin = mono_us() - begin;
		(void)procs_poll(r->ps, 10 + begin * 3 / 1000);
		err = trouble(r);
	}
	return err;
}

/* From the first INVITE of the calling phone to the last message of its calls */
static double calls_per_s(const struct run *r)
{
	const char *phone = r->phones.caller.el->name;
	uint64_t first = 0, last = 0;

	for (size_t i = 0; i < events_count(r->evs); i++) {
		const struct event *ev = events_at(r->evs, i);

		if (ev->kind != EVENT_SIP ||
		    (strcmp(ev->from, phone) != 0 && strcmp(ev->to, phone) != 0))
			continue;
		first = first ? first : ev->t_us;
		last = ev->t_us;
	}
	return last > first ? (double)r->result->completed * 1e6 / (double)(last - first) : 0;
}

/* Both phones must have seen every call go as the scenario says */
static int judge_phones(struct run *r)
{
	const struct phone *phones[] = {&r->phones.caller, &r->phones.called};
	bool ok = true;
	char expected[160], actual[300] = "";

	for (size_t i = 0; i < 2; i++) {
		const struct phone *ph = phones[i];
		size_t l = strlen(actual);

		if (!ph->proc)
			continue;
		ok = ok && ph->placed == r->ncalls && ph->completed == r->ncalls && ph->code == 0;
		(void)snprintf(actual + l, sizeof(actual) - l,
			       "%s%s: %zu begun, %zu completed, SIPp's exit code %d", l ? "; " : "",
			       ph->el->name, ph->placed, ph->completed, ph->code);
	}
	(void)snprintf(expected, sizeof(expected),
		       "%zu call%s that each phone sees go as the scenario says", r->ncalls,
		       r->ncalls == 1 ? "" : "s");
	return expect_add(r->result, "calls", "Every call goes as the scenario says", ok, expected,
			  actual);
}

/* It serves until it is told to end, and then ends by itself: one check for each that is not ours */
static int judge_sut(struct run *r, const char *name, const struct sut *sut, const struct proc *p)
{
	BUF_AUTO struct buf actual = BUF(ERR_MAX);
	char id[80];
	bool ok = proc_ended(p) && proc_code(p) == 0 && !proc_early(p);

	(void)snprintf(id, sizeof(id), "%s.serves", name);
	if (proc_early(p))
		(void)buf_addz(&actual, "before that, ");
	if (ok)
		(void)buf_printf(&actual, "%s did", sut->name);
	else
		proc_text(p, &actual);
	return expect_add(r->result, id, "What is not ours serves until it is told to end", ok,
			  "it serves until SIGTERM, and ends with code 0 then", actual.p);
}

static int judge_suts(struct run *r)
{
	int err = 0;

	for (size_t i = 0; i < r->w->nelements && !err; i++) {
		const struct element *el = &r->w->elements[i];

		if (el->sut && el->proc)
			err = judge_sut(r, el->name, el->sut, el->proc);
	}
	for (size_t i = 0; i < r->w->nproviders && !err; i++) {
		const struct provider *p = &r->w->providers[i];

		if (p->sut && p->proc)
			err = judge_sut(r, p->scn->name, p->sut, p->proc);
	}
	return err;
}

static int judge(struct run *r)
{
	struct run_result *res = r->result;
	struct expect_open open;
	int err = events_sort(r->evs);

	res->placed = r->phones.caller.placed;
	res->completed = r->phones.caller.completed;
	res->verified = expect_verified(r->evs, r->calls, r->ncalls);
	res->calls_per_s = calls_per_s(r);
	if (!err)
		err = judge_phones(r);
	if (!err)
		err = judge_suts(r);
	if (!err)
		err = expect_judge(r->scn, r->evs, r->calls, r->ncalls, res, &open);
	for (size_t i = 0; i < res->nchecks; i++)
		if (res->checks[i].verdict == VERDICT_FAIL)
			res->verdict = VERDICT_FAIL;
	return err ? err_set(&r->e, err, "judging: %s", strerror(err)) : 0;
}

static int write_trace(struct run *r)
{
	char path[PATH_MAX];
	FILE *f;
	int err;

	(void)snprintf(path, sizeof(path), "%s/trace.jsonl", r->result->report_dir);
	f = fopen(path, "we");
	err = f ? events_write(r->evs, f) : errno;
	if (f && fclose(f) && !err)
		err = errno;
	return err ? err_set(&r->e, err, "%s: cannot be written: %s", path, strerror(err)) : 0;
}

static int carry_out(struct run *r)
{
	BUF_AUTO struct buf why = BUF(ERR_MAX);
	const struct proc *bad;
	int err = set_up(r);

	if (!err)
		err = place_calls(r);
	show(r, "waiting for the rest");
	if (!err)
		err = settle(r);
	if (!r->ps)
		return err;
	bad = procs_stop(r->ps, STOP_MS);
	if (!err && bad) {
		proc_text(bad, &why);
		err = err_set(&r->e, EIO, "at the end %s", why.p);
	}
	return err ? err : r->trace_err;
}

/* The report is written for what there is, whatever happened */
static int conclude(struct run *r, int err)
{
	struct run_result *res = r->result;
	struct err e;
	int sorted = events_sort(r->evs);

	if (err) {
		res->verdict = VERDICT_ERROR;
		(void)snprintf(res->error, sizeof(res->error), "%s",
			       r->e.s[0] ? r->e.s : strerror(err));
	}
	if (sorted || !r->w)
		return err;
	if (result_seen(res, r->evs) || write_trace(r) || report_write(res, r->evs, &e)) {
		res->verdict = VERDICT_ERROR;
		if (!res->error[0])
			(void)snprintf(res->error, sizeof(res->error), "%s",
				       r->e.s[0] ? r->e.s : e.s);
		err = err ? err : ENOSPC;
	}
	return err;
}

static int name_it(struct run_result *res, const struct scenario *scn, const struct run_opts *opts,
		   struct err *e)
{
	char dir[WORLD_DIR_MAX - 16];
	char *const *proves = scn->proves.v;
	int err;

	res->id = strdup(scn->id);
	res->title = strdup(scn->title);
	res->proves = calloc(scn->proves.n + 1, sizeof(char *));
	if (!res->id || !res->title || !res->proves)
		return err_set(e, ENOMEM, "out of memory");
	for (size_t i = 0; i < scn->proves.n; i++) {
		res->proves[i] = strdup(proves[i]);
		if (!res->proves[i])
			return err_set(e, ENOMEM, "out of memory");
		res->nproves++;
	}
	for (size_t i = 0; i < opts->world.nsuts; i++) {
		res->with = res->with ? res->with : json_object();
		(void)json_object_set_new(res->with, opts->world.suts[i].name,
					  json_string(opts->world.suts[i].sut->name));
	}
	err = run_dir(dir, sizeof(dir), opts->report, scn->id, e);
	if (err)
		return err;
	res->report_dir = strdup(dir);
	return res->report_dir ? 0 : err_set(e, ENOMEM, "out of memory");
}

int run_scenario(struct run_result *ret, struct events **ret_evs, const struct scenario *scn,
		 const struct run_opts *opts)
{
	struct run r = {.scn = scn, .opts = opts, .result = ret};
	uint64_t begin = mono_us();
	int err;

	*ret = (struct run_result){.verdict = VERDICT_PASS};
	*ret_evs = NULL;
	err = name_it(ret, scn, opts, &r.e);
	if (!err)
		err = events_alloc(&r.evs);
	if (!err)
		err = carry_out(&r);
	/* what the calls have shown is told even when an element fails at the very end */
	if (r.finished) {
		int judged = judge(&r);

		err = err ? err : judged;
	}
	/* what fails once calls are under way is a finding about the world, not about the machine */
	if (err && err != EINTR && r.begun)
		err = EIO;
	ret->duration_s = (double)(mono_us() - begin) / 1e6;
	if (opts->progress)
		terminal_progress(stderr, NULL);
	if (r.evs)
		err = conclude(&r, err);
	else if (err)
		(void)snprintf(ret->error, sizeof(ret->error), "%s", r.e.s);
	if (err)
		ret->verdict = VERDICT_ERROR;
	procs_free(r.ps);
	world_free(r.w);
	free(r.calls);
	if (ret->verdict == VERDICT_PASS && !opts->keep)
		run_remove(r.world_dir);
	*ret_evs = r.evs;
	return err;
}
