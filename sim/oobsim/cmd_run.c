/* oobsim run: scenarios, one after the other or many at once, and one verdict over all. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/env.h"
#include "lib/net/app.h"
#include "sim/oobsim/run/batch.h"
#include "sim/oobsim/run/cmdline.h"
#include "sim/oobsim/run/phones.h"
#include "sim/oobsim/run/run.h"
#include "sim/oobsim/proc/terminal.h"
#include "sim/oobsim/world/world_sut.h"

static const char help[] =
	"usage: oobsim run [options] ID|FILE… | --all\n"
	"\n"
	"Runs scenarios: makes a world of real elements for each, places its calls, and judges "
	"what was seen.\n"
	"\n"
	"  --all             every scenario that \"oobsim list\" shows, in worlds side by side\n"
	"  --matrix          each over every interface of STI-AS and STI-VS (redirect, proxy, "
	"http) and both\n"
	"                    ways from CPS to STI-VS (pull, push), where it makes sense\n"
	"  --jobs N          so many worlds at once; default with --all and --matrix: two a "
	"processor\n"
	"  --sut NAME=FILE   an implementation of somebody else in place of an element (tsp.cps) "
	"or of "
	"a whole\n"
	"                    provider (tsp); FILE describes it (docs/plug-in.md); may be said "
	"several "
	"times. With\n"
	"                    --all, scenarios in which it has no place are left out\n"
	"  --calls N         place N calls, with calling numbers counted up, through one world\n"
	"  --rate R          begin R calls a second at the most\n"
	"  --ladder          show the ladder of the first call\n"
	"  --json            print the verdict as one JSON object\n"
	"  --report DIR      where the report goes; default build/runs/<id>-<time>; with several "
	"scenarios\n"
	"                    it is DIR/<id>, with --matrix DIR/<id>.<interface>+<way>\n"
	"  --keep            keep configurations, keys and logs (DIR/world) even when all is "
	"well\n" WORLD_HELP "  --help            this text\n"
	"\n"
	"Exit codes: 0 pass, 1 failed, 2 usage or a mistake in a file, 3 error: the environment (a "
	"program is missing,\n"
	"an address is occupied), or a program that ended in mid-run.\n";

enum {
	OPT_CALLS = OPT_OTHERS,
	OPT_RATE,
	OPT_LADDER,
	OPT_JSON,
	OPT_REPORT,
	OPT_KEEP,
	OPT_ALL,
	OPT_MATRIX,
	OPT_JOBS,
	OPT_SUT,
};

#define JOBS_MAX 64

struct options {
	struct world_args world;
	struct run_opts run;
	const char *report;
	bool ladder, json, all, matrix;
	size_t jobs; /* 0: not said */
	struct world_sut suts[WORLD_SUTS_MAX];
	struct sut loaded[WORLD_SUTS_MAX];
	size_t nsuts;
};

static bool take_sut(struct options *o, char *text)
{
	char *equals = strchr(text, '=');
	struct err e;

	if (!equals || equals == text || o->nsuts == WORLD_SUTS_MAX) {
		(void)fprintf(
			stderr,
			"oobsim run: --sut: expected NAME=FILE, like tsp.cps=sut.json, at most %d "
			"times, got \"%s\"\n",
			WORLD_SUTS_MAX, text);
		return false;
	}
	*equals = '\0';
	if (sut_load(&o->loaded[o->nsuts], equals + 1, &e)) {
		(void)fprintf(stderr, "oobsim run: --sut: %s\n", e.s);
		return false;
	}
	o->suts[o->nsuts] = (struct world_sut){text, &o->loaded[o->nsuts]};
	o->nsuts++;
	return true;
}

/* @return -1 to go on, else the exit code */
static int take_option(struct options *o, int c)
{
	unsigned long long n = 0;
	bool bad = false;

	if (world_args_take(&o->world, "run", c, optarg, &bad))
		return bad ? EXIT_USAGE : -1;
	switch (c) {
	case OPT_CALLS:
		bad = !number_arg("run", "--calls", optarg, 1, CALLS_MAX, &n);
		o->run.calls = n;
		break;
	case OPT_RATE:
		bad = !number_arg("run", "--rate", optarg, 1, 100000, &n);
		o->run.rate = (unsigned)n;
		break;
	case OPT_ALL:
		o->all = true;
		break;
	case OPT_MATRIX:
		o->matrix = true;
		break;
	case OPT_JOBS:
		bad = !number_arg("run", "--jobs", optarg, 1, JOBS_MAX, &n);
		o->jobs = n;
		break;
	case OPT_SUT:
		bad = !take_sut(o, optarg);
		break;
	case OPT_LADDER:
		o->ladder = true;
		break;
	case OPT_JSON:
		o->json = true;
		break;
	case OPT_REPORT:
		o->report = optarg;
		break;
	case OPT_KEEP:
		o->run.keep = true;
		break;
	case OPT_HELP:
		return fputs(help, stdout) == EOF ? EXIT_ENV : 0;
	default:
		(void)fprintf(stderr, "oobsim run: see oobsim run --help\n");
		return EXIT_USAGE;
	}
	return bad ? EXIT_USAGE : -1;
}

static int read_options(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		WORLD_OPTIONS,
		{"calls", required_argument, NULL, OPT_CALLS},
		{"rate", required_argument, NULL, OPT_RATE},
		{"ladder", no_argument, NULL, OPT_LADDER},
		{"json", no_argument, NULL, OPT_JSON},
		{"report", required_argument, NULL, OPT_REPORT},
		{"keep", no_argument, NULL, OPT_KEEP},
		{"all", no_argument, NULL, OPT_ALL},
		{"matrix", no_argument, NULL, OPT_MATRIX},
		{"jobs", required_argument, NULL, OPT_JOBS},
		{"sut", required_argument, NULL, OPT_SUT},
		{NULL, 0, NULL, 0},
	};
	int c, code;

	*o = (struct options){.report = NULL};
	world_args_init(&o->world);
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		code = take_option(o, c);
		if (code >= 0)
			return code;
	}
	if (o->world.opts.pki && (o->all || o->matrix || o->jobs)) {
		(void)fprintf(stderr, "oobsim run: --pki: expected one run at a time, without "
				      "--all, --matrix and --jobs\n");
		return EXIT_USAGE;
	}
	o->world.opts.suts = o->suts;
	o->world.opts.nsuts = o->nsuts;
	if (o->all != (optind < argc))
		return -1;
	(void)fprintf(stderr, o->all ? "oobsim run: expected either --all or scenarios\n"
				     : "oobsim run: expected the id or file of a scenario, or "
				       "--all (\"oobsim list\" shows them)\n");
	return EXIT_USAGE;
}

/* All files are read before anything is run: a mistake in the last one shows at once */
static int load_all(struct scenario *scns, size_t n, char **names)
{
	for (size_t i = 0; i < n; i++) {
		char path[PATH_MAX];
		struct err e;

		if (scenario_find(path, sizeof(path), names[i], &e) == 0 &&
		    scenario_load(&scns[i], path, &e) == 0)
			continue;
		(void)fprintf(stderr, "oobsim run: %s\n", e.s);
		return EXIT_USAGE;
	}
	return 0;
}

static int worse(int a, int b)
{
	return a > b ? a : b;
}

static int run_one(const struct options *o, const struct scenario *scn, bool alone,
		   struct run_result *ret)
{
	struct run_opts opts = o->run;
	struct events *evs = NULL;
	char report[PATH_MAX];
	bool colour = terminal_colour(stdout);
	int err;

	opts.report = o->report;
	if (o->report && !alone) {
		(void)snprintf(report, sizeof(report), "%s/%s", o->report, scn->id);
		opts.report = report;
	}
	opts.world = o->world.opts;
	opts.progress = isatty(STDERR_FILENO);
	err = run_scenario(ret, &evs, scn, &opts);
	/* what never came as far as a call has nothing to show but its error */
	if (!o->json && evs && ret->nchecks) {
		if (o->ladder && events_calls(evs)) {
			(void)ladder_print(stdout, evs, 0, colour);
			(void)fputc('\n', stdout);
		}
		report_print(stdout, ret, evs, colour);
	}
	if (err)
		(void)fprintf(stderr, "oobsim run: %s: %s\n", scn->id, ret->error);
	events_free(evs);
	if (err)
		return exit_code_of(err);
	return ret->verdict == VERDICT_PASS ? 0 : EXIT_FAILED;
}

static int print_json(const struct run_result *results, size_t n, double duration_s)
{
	json_t *v = report_json(results, n, duration_s);
	int err = v ? json_dumpf(v, stdout, REPORT_JSON) : -1;

	json_decref(v);
	return err || fputc('\n', stdout) == EOF ? EXIT_ENV : 0;
}

/* One after the other, each shown as it ends */
static int run_in_turn(struct options *o, const struct scenario *scns, size_t n)
{
	struct run_result *results = calloc(n + 1, sizeof(*results));
	uint64_t begin = mono_us();
	int code = results ? 0 : EXIT_ENV;
	size_t done = 0;

	/* a failed scenario does not stop the others; a world that cannot be made would fail them all */
	while (code <= EXIT_FAILED && done < n) {
		code = worse(code, run_one(o, &scns[done], n == 1, &results[done]));
		done++;
	}
	if (o->json && done)
		code = worse(code, print_json(results, done, (double)(mono_us() - begin) / 1e6));
	for (size_t i = 0; i < n && results; i++)
		run_result_free(&results[i]);
	free(results);
	return code;
}

/* Two a processor: a run spends half of its time waiting for phones */
static size_t default_jobs(void)
{
	long n = 2 * sysconf(_SC_NPROCESSORS_ONLN);

	return n < 2 ? 2 : n > JOBS_MAX ? JOBS_MAX : (size_t)n;
}

/* Side by side, shown together in their order */
static int run_at_once(struct options *o, const struct scenario *scns, size_t n)
{
	struct batch_opts opts = {.jobs = o->jobs ? o->jobs : default_jobs(),
				  .calls = o->run.calls,
				  .rate = o->run.rate,
				  .keep = o->run.keep,
				  .progress = isatty(STDERR_FILENO),
				  .world = &o->world.opts};
	char report[WORLD_DIR_MAX - 64];
	uint64_t begin = mono_us();
	struct batch_run *runs;
	struct err e = {""};
	double took;
	size_t count;
	int err = run_dir(report, sizeof(report), o->report, o->matrix ? "matrix" : "all", &e);
	int code = 0;

	opts.report = report;
	runs = batch_plan(scns, n, o->matrix, &count);
	if (!err && runs)
		err = batch_carry_out(runs, count, &opts, &e);
	took = round((double)(mono_us() - begin) / 1e3) / 1e3;
	if (err || !runs) {
		(void)fprintf(stderr, "oobsim run: %s\n", runs ? e.s : "out of memory");
		batch_free(runs, runs ? count : 0);
		return exit_code_of(runs ? err : ENOMEM);
	}
	if (o->json) {
		json_t *v = batch_json(runs, count, took);

		code = v && json_dumpf(v, stdout, REPORT_JSON) == 0 && fputc('\n', stdout) != EOF
			       ? 0
			       : EXIT_ENV;
		json_decref(v);
	} else {
		batch_print(stdout, runs, count, took, report, terminal_colour(stdout));
	}
	for (size_t i = 0; i < count; i++)
		code = worse(code, runs[i].code);
	batch_free(runs, count);
	return code;
}

/* Files of all scenarios, or those that were named. *ret_paths: to be freed when all */
static int names_of(const struct options *o, int argc, char **argv, char ***ret, size_t *n)
{
	struct err e;

	*ret = argv + optind;
	*n = argc > optind ? (size_t)(argc - optind) : 0;
	if (!o->all || scenario_all(ret, n, &e) == 0)
		return 0;
	(void)fprintf(stderr, "oobsim run: %s\n", e.s);
	return EXIT_ENV;
}

/* With --all, what does not fit is left out, and said; else it is a mistake, which the run tells */
static size_t only_fitting(const struct options *o, struct scenario *scns, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		bool fits = true;
		struct err e;

		for (size_t k = 0; k < o->nsuts && fits; k++)
			fits = world_sut_fits(&scns[i], &o->suts[k], &e) == 0;
		if (fits) {
			scns[kept++] = scns[i];
			continue;
		}
		(void)fprintf(stderr, "oobsim run: left out: %s: %s\n", scns[i].id, e.s);
		scenario_free(&scns[i]);
	}
	return kept;
}

static int run_all(struct options *o, const struct scenario *scns, size_t n)
{
	return o->all || o->matrix || o->jobs ? run_at_once(o, scns, n) : run_in_turn(o, scns, n);
}

int cmd_run(int argc, char **argv)
{
	struct options o;
	int code = read_options(&o, argc, argv);
	struct scenario *scns = NULL;
	char **names = NULL;
	size_t n = 0, kept = 0;

	if (code < 0)
		code = names_of(&o, argc, argv, &names, &n);
	if (!code) {
		scns = calloc(n + 1, sizeof(*scns));
		code = scns ? load_all(scns, n, names) : EXIT_ENV;
		kept = n;
	}
	if (!code && o.all)
		kept = only_fitting(&o, scns, n);
	if (!code && names)
		code = run_all(&o, scns, kept);
	for (size_t i = 0; i < kept && scns; i++)
		scenario_free(&scns[i]);
	free(scns);
	if (o.all && names)
		scenario_all_free(names, n);
	for (size_t i = 0; i < o.nsuts; i++)
		sut_free(&o.loaded[i]);
	return code;
}
