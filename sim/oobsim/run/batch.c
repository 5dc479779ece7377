#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/conf.h"
#include "lib/net/app.h"
#include "sim/oobsim/run/batch.h"
#include "sim/oobsim/run/run.h"
#include "sim/oobsim/proc/terminal.h"
#include "sim/oobsim/world/world_sut.h"

/* What one run prints: with many calls its evidence is still that of one */
#define RESULT_MAX (64u << 20)
/* Children that are told to end stop their own worlds first */
#define STOP_MS  15000
#define POLL_MS  100
#define ARGS_MAX 16

/* Interfaces of STI-AS and STI-VS, ways from CPS to STI-VS (5.3 steps 2, 8, 9) */
static const struct {
	const char *name, *interface, *delivery;
} variants[] = {
	{"redirect+pull", "redirect", "pull"}, {"redirect+push", "redirect", "push"},
	{"proxy+pull", "proxy", "pull"},       {"proxy+push", "proxy", "push"},
	{"http+pull", "http", "pull"},         {"http+push", "http", "push"},
};

#define VARIANTS (sizeof(variants) / sizeof(variants[0]))

struct batch_run *batch_plan(const struct scenario *scns, size_t n, bool matrix, size_t *ret_n)
{
	struct batch_run *runs = calloc(n * VARIANTS + 1, sizeof(*runs));

	*ret_n = 0;
	for (size_t i = 0; i < n && runs; i++)
		for (size_t k = 0; k < (matrix && scns[i].matrix ? VARIANTS : 1); k++) {
			struct batch_run *r = &runs[(*ret_n)++];

			r->scn = &scns[i];
			if (!matrix || !scns[i].matrix)
				continue;
			r->variant = variants[k].name;
			r->settings[0] =
				(struct setting){element_ways[WAY_AS].path, variants[k].interface};
			r->settings[1] =
				(struct setting){element_ways[WAY_VS].path, variants[k].interface};
			r->settings[2] =
				(struct setting){element_ways[WAY_CPS].path, variants[k].delivery};
			r->nsettings = BATCH_SETTINGS;
		}
	return runs;
}

void batch_free(struct batch_run *runs, size_t n)
{
	for (size_t i = 0; runs && i < n; i++)
		json_decref(runs[i].result);
	free(runs);
}

static void run_name(const struct batch_run *r, char *ret, size_t size)
{
	(void)snprintf(ret, size, "%s%s%s", r->scn->id, r->variant ? "." : "",
		       r->variant ? r->variant : "");
}

/* Arguments of a child, with the memory of those that are made */
struct args {
	const char *v[ARGS_MAX +
		      2 * (SETTINGS_MAX + BATCH_SETTINGS + ELEMENT_KINDS * 2 + WORLD_SUTS_MAX)];
	size_t n;
	char *text[SETTINGS_MAX + BATCH_SETTINGS + WORLD_SUTS_MAX + 8];
	size_t texts;
};

static void arg(struct args *a, const char *name, const char *value)
{
	a->v[a->n++] = name;
	if (value)
		a->v[a->n++] = value;
}

__attribute__((format(printf, 3, 4))) static void arg_text(struct args *a, const char *name,
							   const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	if (!text)
		return; /* the run then tells that something is missing */
	a->text[a->texts++] = text;
	arg(a, name, text);
}

static void args_free(struct args *a)
{
	for (size_t i = 0; i < a->texts; i++)
		free(a->text[i]);
}

static void make_args(struct args *a, const struct batch_run *r, const struct batch_opts *opts,
		      const char *report)
{
	const struct world_opts *w = opts->world;

	arg(a, "run", r->scn->file);
	arg(a, "--json", NULL);
	arg(a, "--report", report);
	if (opts->keep)
		arg(a, "--keep", NULL);
	if (opts->calls)
		arg_text(a, "--calls", "%zu", opts->calls);
	if (opts->rate)
		arg_text(a, "--rate", "%u", opts->rate);
	if (w->listen)
		arg(a, "--listen", w->listen);
	for (size_t i = 0; i < r->nsettings; i++)
		arg_text(a, "--set", "%s=%s", r->settings[i].path, r->settings[i].value);
	for (size_t i = 0; i < w->nsettings; i++)
		arg_text(a, "--set", "%s=%s", w->settings[i].path, w->settings[i].value);
	for (size_t i = 0; i < w->nwithout; i++)
		arg(a, "--without", w->without[i]);
	for (size_t i = 0; i < w->nsuts; i++)
		arg_text(a, "--sut", "%s=%s", w->suts[i].name, w->suts[i].sut->file);
}

/* A run under way: its place in the plan, its process, and where it writes what it prints */
struct job {
	struct batch_run *run;
	struct proc *proc;
	char out[PATH_MAX];
};

static int begin(struct job *job, struct batch_run *r, const struct batch_opts *opts,
		 struct procs *ps, struct err *e)
{
	char program[PATH_MAX], report[WORLD_DIR_MAX - 32], name[128], log[PATH_MAX];
	struct args a = {.v = {program}, .n = 1};
	struct proc_opts po = {.name = name, .argv = a.v, .log = log, .out = job->out};
	int err = proc_find(program, sizeof(program), "oobsim", e);

	run_name(r, name, sizeof(name));
	(void)snprintf(log, sizeof(log), "%s/%s", opts->report, name);
	if (!err)
		err = run_dir(report, sizeof(report), log, name, e);
	if (err)
		return err;
	(void)snprintf(log, sizeof(log), "%s/oobsim.log", report);
	(void)snprintf(job->out, sizeof(job->out), "%s/oobsim.out", report);
	make_args(&a, r, opts, report);
	job->run = r;
	err = procs_start(ps, &job->proc, &po, e);
	args_free(&a);
	if (!err)
		proc_may_end(job->proc);
	return err;
}

static void end(struct job *job, struct procs *ps)
{
	BUF_AUTO struct buf why = BUF(ERR_MAX);
	struct batch_run *r = job->run;
	char *text = NULL;
	json_t *v = NULL;
	size_t len;

	r->code = proc_code(job->proc);
	if (file_read(&text, &len, job->out, RESULT_MAX, NULL) == 0 && len)
		v = json_loadb(text, len, 0, NULL);
	free(text);
	r->result = json_incref(json_array_get(json_object_get(v, "scenarios"), 0));
	json_decref(v);
	if (r->result && r->variant)
		(void)json_object_set_new(r->result, "variant", json_string(r->variant));
	if (!r->result) {
		proc_text(job->proc, &why);
		(void)snprintf(r->error, sizeof(r->error), "%s", why.p ? why.p : "");
		r->code = r->code ? r->code : EXIT_ENV;
	} else {
		(void)unlink(job->out);
	}
	procs_forget(ps, job->proc);
	job->proc = NULL;
}

static void no_trace(struct sv line, void *arg_)
{
	(void)line;
	(void)arg_;
}

static void show(const struct batch_opts *opts, size_t done, size_t n)
{
	char text[80];

	(void)snprintf(text, sizeof(text), "%zu of %zu runs", done, n);
	if (opts->progress)
		terminal_progress(stderr, text);
}

static int drive(struct batch_run *runs, size_t n, const struct batch_opts *opts, struct procs *ps,
		 struct job *jobs, struct err *e)
{
	size_t next = 0, done = 0;
	int err = 0;

	while (done < n && !err) {
		for (size_t i = 0; i < opts->jobs && next < n && !err; i++)
			if (!jobs[i].proc)
				err = begin(&jobs[i], &runs[next++], opts, ps, e);
		show(opts, done, n);
		if (!err && procs_poll(ps, POLL_MS))
			err = err_set(e, EINTR, "interrupted");
		for (size_t i = 0; i < opts->jobs; i++)
			if (jobs[i].proc && proc_ended(jobs[i].proc)) {
				end(&jobs[i], ps);
				done++;
			}
	}
	return err;
}

int batch_carry_out(struct batch_run *runs, size_t n, const struct batch_opts *opts, struct err *e)
{
	struct job *jobs = calloc(opts->jobs, sizeof(*jobs));
	struct procs *ps = NULL;
	int err;

	if (!jobs)
		return err_set(e, ENOMEM, "out of memory");
	err = procs_alloc(&ps, no_trace, NULL, e);
	if (!err)
		err = drive(runs, n, opts, ps, jobs, e);
	if (ps)
		(void)procs_stop(ps, STOP_MS);
	procs_free(ps);
	free(jobs);
	if (opts->progress)
		terminal_progress(stderr, NULL);
	return err;
}
