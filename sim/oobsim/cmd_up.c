/* oobsim up: a world that stays, for trying things by hand and for elements of others. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/net/app.h"
#include "sim/oobsim/cmdline.h"
#include "sim/oobsim/run.h"
#include "sim/oobsim/terminal.h"
#include "sim/oobsim/world_conf.h"

static const char help[] =
	"usage: oobsim up [options] ID|FILE\n"
	"\n"
	"Keeps the world of a scenario up until Ctrl-C, and prints every endpoint, name and trust "
	"file of it.\n"
	"\n"
	"  --json            print them as one JSON object\n"
	"  --report DIR      where its configurations, keys, logs and trace go; default "
	"build/runs/<id>-<time>\n" WORLD_HELP "  --help            this text\n";

enum { OPT_JSON = OPT_OTHERS, OPT_REPORT };

struct options {
	struct world_args world;
	const char *report;
	bool json;
};

/* @return -1 to go on, else the exit code */
static int read_options(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		WORLD_OPTIONS,
		{"json", no_argument, NULL, OPT_JSON},
		{"report", required_argument, NULL, OPT_REPORT},
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

/* Everything a person or program needs to take part in the world */
static json_t *describe(const struct world *w)
{
	json_t *elements = json_array(), *names = json_object();
	char host[160];

	for (size_t i = 0; i < w->nelements; i++) {
		const struct element *el = &w->elements[i];
		const char *text = el->proc ? proc_ready(el->proc) : NULL;
		json_t *ready = text ? json_loads(text, 0, NULL) : NULL;
		json_t *v = json_pack("{s:s, s:s, s:s, s:b}", "name", el->name, "is",
				      element_infos[el->kind].what, "addr", el->addr, "running",
				      el->proc != NULL);

		if (ready)
			(void)json_object_set_new(v, "serves", ready);
		if (el->conf)
			(void)json_object_set_new(
				v, "config", json_sprintf("%s/config/%s.json", w->dir, el->name));
		(void)json_array_append_new(elements, v);
		if (el->kind == ELEMENT_PKI) {
			(void)json_object_set_new(names, "cr." WORLD_PKI_DOMAIN,
						  json_string(el->addr));
		} else if (conf_has_name(w, el)) {
			(void)snprintf(host, sizeof(host), "%s.%s", element_infos[el->kind].name,
				       el->of->domain);
			(void)json_object_set_new(names, host, json_string(el->addr));
		}
	}
	return json_pack("{s:i, s:s, s:o, s:o, s:{s:o, s:o}}", "world", w->number, "dir", w->dir,
			 "elements", elements, "names", names, "trust", "pa_root",
			 json_sprintf("%s/pki/pa/root.pem", w->dir), "web_ca",
			 json_sprintf("%s/pki/tls/root.pem", w->dir));
}

static void print_serves(const json_t *serves)
{
	const char *member;
	json_t *v;

	json_object_foreach ((json_t *)(uintptr_t)serves, member, v)
		if (json_is_string(v) && strcmp(member, "name") != 0)
			(void)printf("  %s %s", member, json_string_value(v));
}

static void print_world(const struct scenario *scn, const json_t *world)
{
	const char *name;
	json_t *v, *el;
	size_t i;

	(void)printf("%s is up in world %lld\n\n", scn->id,
		     (long long)json_integer_value(json_object_get(world, "world")));
	json_array_foreach (json_object_get(world, "elements"), i, el) {
		(void)printf("%-12s %-26s %-14s", json_string_value(json_object_get(el, "name")),
			     json_string_value(json_object_get(el, "is")),
			     json_string_value(json_object_get(el, "addr")));
		if (json_is_true(json_object_get(el, "running")))
			print_serves(json_object_get(el, "serves"));
		else
			(void)printf("  not started");
		(void)printf("\n");
	}
	(void)printf("\nnames\n");
	json_object_foreach (json_object_get(world, "names"), name, v)
		(void)printf("  %-20s %s\n", name, json_string_value(v));
	(void)printf("\ntrust\n");
	json_object_foreach (json_object_get(world, "trust"), name, v)
		(void)printf("  %-20s %s\n", name, json_string_value(v));
	(void)printf("\nconfigurations, logs  %s\n\nCtrl-C ends it.\n",
		     json_string_value(json_object_get(world, "dir")));
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

static int serve(const struct options *o, const struct scenario *scn, const char *dir,
		 struct procs *ps, FILE *trace)
{
	struct world_opts opts = o->world.opts;
	struct world *w = NULL;
	json_t *v = NULL;
	struct err e = {""};
	int err, code;

	opts.dir = dir;
	err = world_make(&w, scn, &opts, ps, &e);
	if (!err)
		err = tell(w, trace);
	if (!err)
		err = world_start(w, ps, &e);
	code = exit_code_of(err);
	if (!err) {
		v = describe(w);
		if (o->json) {
			(void)json_dumpf(v, stdout, JSON_COMPACT);
			(void)printf("\n");
		} else {
			print_world(scn, v);
		}
		(void)fflush(stdout);
		json_decref(v);
		code = stay(ps);
	} else if (err != EINTR) {
		(void)fprintf(stderr, "oobsim up: %s\n", e.s[0] ? e.s : strerror(err));
	}
	(void)procs_stop(ps, 5000);
	world_free(w);
	return code;
}

int cmd_up(int argc, char **argv)
{
	struct options o;
	char path[PATH_MAX], dir[WORLD_DIR_MAX - 32], world[WORLD_DIR_MAX];
	int code = read_options(&o, argc, argv);
	struct procs *ps = NULL;
	struct scenario scn;
	FILE *trace = NULL;
	struct err e;

	if (code >= 0)
		return code;
	if (scenario_find(path, sizeof(path), argv[optind], &e) || scenario_load(&scn, path, &e)) {
		(void)fprintf(stderr, "oobsim up: %s\n", e.s);
		return EXIT_USAGE;
	}
	code = EXIT_ENV;
	if (run_dir(dir, sizeof(dir), o.report, scn.id, &e) == 0) {
		(void)snprintf(path, sizeof(path), "%s/trace.jsonl", dir);
		(void)snprintf(world, sizeof(world), "%s/world", dir);
		run_remove(world);
		trace = fopen(path, "we");
	}
	if (trace && run_dir(world, sizeof(world), world, NULL, &e) == 0 &&
	    procs_alloc(&ps, keep_line, trace, &e) == 0)
		code = serve(&o, &scn, world, ps, trace);
	else
		(void)fprintf(stderr, "oobsim up: %s\n",
			      trace ? e.s : "the report cannot be written");
	procs_free(ps);
	if (trace)
		(void)fclose(trace);
	scenario_free(&scn);
	return code;
}
