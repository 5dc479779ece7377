/* oobsim up: a world that stays, for trying things by hand and for elements of others. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/net/app.h"
#include "sim/oobsim/run/cmdline.h"
#include "sim/oobsim/run/provision.h"
#include "sim/oobsim/run/run.h"

static const char help[] =
	"usage: oobsim up [options] ID|FILE\n"
	"\n"
	"Keeps the world of a scenario up until Ctrl-C, and prints what somebody has to provision "
	"who "
	"takes\n"
	"part in it: addresses, names, URLs, trust, numbers. The same, with certificates and keys, "
	"is "
	"written to\n"
	"DIR/provision (docs/up.md).\n"
	"\n"
	"  --csr PROVIDER=FILE\n"
	"                    certify the key of a request (PKCS #10, PEM) with the provider's SPC, "
	"and publish\n"
	"                    the certificate: --csr osp=mine.csr; several times for several keys\n"
	"  --json            print it as one JSON object\n"
	"  --report DIR      where its configurations, keys, logs and trace go; default "
	"build/runs/<id>-<time>\n" WORLD_HELP "  --help            this text\n";

enum { OPT_JSON = OPT_OTHERS, OPT_REPORT, OPT_CSR };

struct options {
	struct world_args world;
	const char *report;
	bool json;
	struct provision_csr csrs[CSRS_MAX];
	size_t ncsrs;
};

static bool take_csr(struct options *o, char *text)
{
	char *equals = strchr(text, '=');

	if (!equals || equals == text || o->ncsrs == CSRS_MAX) {
		(void)fprintf(
			stderr,
			"oobsim up: --csr: expected PROVIDER=FILE, at most %d times, got \"%s\"\n",
			CSRS_MAX, text);
		return false;
	}
	*equals = '\0';
	o->csrs[o->ncsrs++] = (struct provision_csr){.provider = text, .file = equals + 1};
	return true;
}

/* @return -1 to go on, else the exit code */
static int read_options(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		WORLD_OPTIONS,
		{"json", no_argument, NULL, OPT_JSON},
		{"report", required_argument, NULL, OPT_REPORT},
		{"csr", required_argument, NULL, OPT_CSR},
		{NULL, 0, NULL, 0},
	};
	bool bad = false;
	int c;

	*o = (struct options){.report = NULL};
	world_args_init(&o->world);
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (world_args_take(&o->world, "up", c, optarg, &bad)) {
			if (bad)
				return EXIT_USAGE;
		} else if (c == OPT_JSON) {
			o->json = true;
		} else if (c == OPT_REPORT) {
			o->report = optarg;
		} else if (c == OPT_CSR) {
			if (!take_csr(o, optarg))
				return EXIT_USAGE;
		} else if (c == OPT_HELP) {
			return fputs(help, stdout) == EOF ? EXIT_ENV : 0;
		} else {
			(void)fprintf(stderr, "oobsim up: see oobsim up --help\n");
			return EXIT_USAGE;
		}
	}
	if (optind + 1 == argc)
		return -1;
	(void)fprintf(stderr, "oobsim up: expected the id or file of one scenario\n");
	return EXIT_USAGE;
}

static void print_serves(const json_t *serves)
{
	const char *member;
	json_t *v;

	json_object_foreach ((json_t *)(uintptr_t)serves, member, v)
		if (json_is_string(v) && strcmp(member, "name") != 0)
			(void)printf("  %s %s", member, json_string_value(v));
}

static const char *text(const json_t *v, const char *member)
{
	const char *s = json_string_value(json_object_get(v, member));

	return s ? s : "";
}

/* Where others look for it */
static void print_place(const json_t *el)
{
	const char *name;
	json_t *url;

	(void)printf("  not started%s%s", *text(el, "sip") ? "  " : "", text(el, "sip"));
	json_object_foreach (json_object_get(el, "urls"), name, url)
		(void)printf("  %s %s", name, json_string_value(url));
}

static void print_elements(const json_t *world)
{
	json_t *el;
	size_t i;

	json_array_foreach (json_object_get(world, "elements"), i, el) {
		(void)printf("%-12s %-26s %-14s", text(el, "name"), text(el, "is"),
			     text(el, "addr"));
		if (json_is_true(json_object_get(el, "running")))
			print_serves(json_object_get(el, "serves"));
		else
			print_place(el);
		(void)printf("\n");
	}
}

static void print_provider(const json_t *p)
{
	json_t *v;
	size_t i;

	(void)printf("\nprovider %s\n  SPC and OCN  %s\n", text(p, "name"), text(p, "spc"));
	json_array_foreach (json_object_get(p, "numbers"), i, v)
		(void)printf("  numbers      +%s…\n", json_string_value(v));
	if (*text(p, "cps"))
		(void)printf("  CPS          %s\n", text(p, "cps"));
	if (json_object_get(p, "sti"))
		(void)printf("  x5u          %s\n", text(json_object_get(p, "sti"), "x5u"));
	json_array_foreach (json_object_get(p, "signed"), i, v)
		(void)printf("  x5u of yours %s  (%s)\n", text(v, "x5u"), text(v, "request"));
}

static void print_members(const char *title, const json_t *world, const char *member)
{
	const char *name;
	json_t *v;

	(void)printf("\n%s\n", title);
	json_object_foreach (json_object_get(world, member), name, v)
		(void)printf("  %-20s %s\n", name, json_string_value(v));
}

static void print_world(const struct world *w, const json_t *world)
{
	json_t *v;
	size_t i;

	(void)printf("%s is up in world %d", w->scn->id, w->number);
	if (w->listen[0])
		(void)printf(", at %s, ports %d to %d", w->listen, WORLD_PORT(w->number),
			     WORLD_PORT(w->number) + WORLD_PORTS - 1);
	(void)printf("\n\n");
	print_elements(world);
	json_array_foreach (json_object_get(world, "providers"), i, v) {
		print_provider(v);
	}
	print_members("names", world, "names");
	print_members("trust", world, "trust");
	print_members("CPS mappings", world, "mappings");
	(void)printf("\nfiles for you         %s: see README.txt there\n"
		     "configurations, logs  %s\n\nCtrl-C ends it.\n",
		     text(world, "provision"), w->dir);
}

static void keep_line(struct sv line, void *arg)
{
	(void)fprintf(arg, "%.*s\n", SV_ARG(line));
}

/* Until a signal, or the end of an element. @return exit code */
static int stay(struct procs *ps)
{
	BUF_AUTO struct buf why = BUF(ERR_MAX);
	const struct proc *died = NULL;

	while (!died && !procs_poll(ps, 1000))
		died = procs_died(ps);
	if (!died)
		return 0;
	proc_text(died, &why);
	(void)fprintf(stderr, "oobsim up: %s\n", why.p);
	return EXIT_FAILED;
}

/* The trace goes to a file as it comes; who is who is told first, so that `oobsim ladder` can draw it */
static int tell(const struct world *w, FILE *trace)
{
	struct events *evs = NULL;
	int err = events_alloc(&evs);

	if (!err)
		err = world_tell(w, evs);
	if (!err)
		err = events_write(evs, trace);
	events_free(evs);
	return err;
}

/* The requests are of providers of this world, and can be read: said before anything is made */
static int check_csrs(const struct options *o, const struct scenario *scn)
{
	for (size_t i = 0; i < o->ncsrs; i++) {
		if (!scenario_provider(scn, o->csrs[i].provider))
			(void)fprintf(stderr,
				      "oobsim up: --csr: expected a provider of %s, got \"%s\"\n",
				      scn->id, o->csrs[i].provider);
		else if (access(o->csrs[i].file, R_OK))
			(void)fprintf(stderr, "oobsim up: --csr: %s: %s\n", o->csrs[i].file,
				      strerror(errno));
		else
			continue;
		return EXIT_USAGE;
	}
	return 0;
}

/* Told, and written */
static int show(const struct options *o, const struct world *w, const char *dir, struct err *e)
{
	char provision[PATH_MAX];
	json_t *v;
	int err;

	(void)snprintf(provision, sizeof(provision), "%s/provision", dir);
	v = provision_json(w, o->csrs, o->ncsrs, provision);
	err = v ? provision_write(w, v, o->csrs, o->ncsrs, provision, e)
		: err_set(e, ENOMEM, "out of memory");
	if (!err && o->json) {
		(void)json_dumpf(v, stdout, JSON_COMPACT);
		(void)printf("\n");
	} else if (!err) {
		print_world(w, v);
	}
	(void)fflush(stdout);
	json_decref(v);
	return err;
}

static int serve(struct options *o, const struct scenario *scn, const char *dir,
		 const char *world_dir, struct procs *ps, FILE *trace)
{
	struct world_opts opts = o->world.opts;
	struct world *w = NULL;
	struct err e = {""};
	int err, code;

	opts.dir = world_dir;
	opts.publish = true;
	err = world_make(&w, scn, &opts, ps, &e);
	if (!err)
		err = tell(w, trace);
	if (!err)
		err = provision_sign(w, ps, o->csrs, o->ncsrs, &e);
	if (!err)
		err = world_start(w, ps, &e);
	if (!err)
		err = show(o, w, dir, &e);
	code = err ? exit_code_of(err) : stay(ps);
	if (err && err != EINTR)
		(void)fprintf(stderr, "oobsim up: %s\n", e.s[0] ? e.s : strerror(err));
	(void)procs_stop(ps, 5000);
	world_free(w);
	return code;
}

/* DIR with the trace, DIR/world */
static int open_dirs(const struct options *o, const struct scenario *scn,
		     char dir[WORLD_DIR_MAX - 32], char world[WORLD_DIR_MAX], FILE **ret_trace,
		     struct err *e)
{
	char path[PATH_MAX];
	int err = run_dir(dir, WORLD_DIR_MAX - 32, o->report, scn->id, e);

	if (err)
		return err;
	(void)snprintf(world, WORLD_DIR_MAX, "%s/world", dir);
	run_remove(world);
	err = run_dir(world, WORLD_DIR_MAX, world, NULL, e);
	if (err)
		return err;
	(void)snprintf(path, sizeof(path), "%s/trace.jsonl", dir);
	*ret_trace = fopen(path, "we");
	if (!*ret_trace)
		return err_set(e, errno, "cannot write %s: %s", path, strerror(errno));
	/* somebody may look while the world is up */
	(void)setvbuf(*ret_trace, NULL, _IOLBF, BUFSIZ);
	return 0;
}

static int run_world(struct options *o, const struct scenario *scn)
{
	char dir[WORLD_DIR_MAX - 32], world[WORLD_DIR_MAX];
	int code = check_csrs(o, scn), err;
	struct procs *ps = NULL;
	FILE *trace = NULL;
	struct err e;

	if (code)
		return code;
	err = open_dirs(o, scn, dir, world, &trace, &e);
	if (!err)
		err = procs_alloc(&ps, keep_line, trace, &e);
	if (err) {
		(void)fprintf(stderr, "oobsim up: %s\n", e.s);
		code = EXIT_ENV;
	} else {
		code = serve(o, scn, dir, world, ps, trace);
	}
	procs_free(ps);
	if (trace)
		(void)fclose(trace);
	return code;
}

int cmd_up(int argc, char **argv)
{
	struct options o;
	char path[PATH_MAX];
	int code = read_options(&o, argc, argv);
	struct scenario scn;
	struct err e;

	if (code >= 0)
		return code;
	if (scenario_find(path, sizeof(path), argv[optind], &e) || scenario_load(&scn, path, &e)) {
		(void)fprintf(stderr, "oobsim up: %s\n", e.s);
		return EXIT_USAGE;
	}
	code = run_world(&o, &scn);
	provision_csrs_free(o.csrs, o.ncsrs);
	scenario_free(&scn);
	return code;
}
