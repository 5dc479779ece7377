/* oobsim provider: all elements of one provider as one program, from one configuration file. So a whole provider is attached to
 * the bench (docs/plug-in.md), and ours are the reference of it. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/base/env.h"
#include "lib/net/app.h"
#include "sim/oobsim/run/cmdline.h"
#include "sim/oobsim/world/sut.h"
#include "sim/oobsim/run/run.h"

DEFINE_AUTO(json_t, json_decref)

/* An element serves within a moment; more time than this only a hang takes */
#define READY_TIMEOUT_MS 10000
#define STOP_MS          5000
#define ELEMENTS_AT_MOST 16

static const char help[] =
	"usage: oobsim provider --config FILE\n"
	"\n"
	"Runs the elements of one provider as one program, until SIGTERM: the reference of the "
	"roles "
	"osp and tsp.\n"
	"Prints READY and what each serves, when all do. Their configurations and logs are written "
	"into a folder\n"
	"beside FILE, FILE.elements.\n"
	"\n"
	"  --config FILE  one configuration for the whole provider, as \"oobsim run --sut tsp=…\" "
	"writes it\n"
	"  --help         this text, and the members of FILE\n"
	"\n"
	"Exit codes: 0 ended by SIGTERM, 1 an element ended by itself, 2 usage or a mistake in "
	"FILE, "
	"3 environment.\n"
	"\n";

/* What the file says */
struct provider_conf {
	char *provider, *kind, *ocn, *domain;
	struct conf_list numbers, without; /* char * */
	json_t *elements;                  /* name → configuration */
};

#define MEMBER(member_, kind_, ...)                                                              \
	{                                                                                        \
		.name = #member_, .off = offsetof(struct provider_conf, member_), .type = kind_, \
		__VA_ARGS__                                                                      \
	}

static const struct conf_member members[] = {
	MEMBER(provider, CONF_STR, .required = true,
	       .doc = "its name, first part of its elements'"),
	MEMBER(kind, CONF_STR, .required = true, .doc = "osp, tsp, transit or retarget"),
	MEMBER(ocn, CONF_STR, .required = true,
	       .doc = "operating company number, the SPC of its certificate"),
	MEMBER(domain, CONF_STR, .required = true, .doc = "of its SIP URIs and host names"),
	MEMBER(numbers, CONF_STRS, .doc = "first digits of its own numbers, with +"),
	MEMBER(without, CONF_STRS, .doc = "elements that must not serve: dead in this run"),
	MEMBER(elements, CONF_ANY, .required = true,
	       .doc = "name of each element, like tsp.cps, to its configuration, as the program of "
		      "ours "
		      "reads it"),
	{0},
};
static const struct conf_table table = {"configuration of a provider", sizeof(struct provider_conf),
					members};

struct children {
	struct procs *ps;
	struct proc *v[ELEMENTS_AT_MOST];
	const char *names[ELEMENTS_AT_MOST]; /* borrowed from the configuration */
	size_t n;
};

static int fail(int code, const char *text)
{
	(void)fprintf(stderr, "oobsim provider: %s\n", text);
	return code;
}

static int start(struct children *c, const char *dir, const char *name, const json_t *conf,
		 struct err *e)
{
	char program[PATH_MAX], path[PATH_MAX], log[PATH_MAX];
	const char *argv[] = {program, "--config", path, "--name", name, NULL};
	enum element_kind kind;
	int err;

	if (!element_kind_of(sv_from(name), &kind) || !element_infos[kind].program ||
	    !json_is_object(conf) || c->n == ELEMENTS_AT_MOST)
		return err_set(
			e, EINVAL,
			"/elements/%s: expected an element like \"tsp.cps\", at most %d, and its "
			"configuration",
			name, ELEMENTS_AT_MOST);
	err = proc_find(program, sizeof(program), element_infos[kind].program, e);
	if (err)
		return err;
	(void)snprintf(path, sizeof(path), "%s/%.64s.json", dir, name);
	(void)snprintf(log, sizeof(log), "%s/%.64s.log", dir, name);
	if (json_dump_file(conf, path, JSON_INDENT(4)))
		return err_set(e, EIO, "cannot write %s", path);
	c->names[c->n] = name;
	return procs_start(c->ps, &c->v[c->n++],
			   &(struct proc_opts){.name = name, .argv = argv, .log = log}, e);
}

static int start_all(struct children *c, const struct provider_conf *conf, const char *file,
		     struct err *e)
{
	char dir[WORLD_DIR_MAX - 128], folder[PATH_MAX];
	const char *name;
	json_t *one;
	int err;

	(void)snprintf(folder, sizeof(folder), "%.*s.elements", PATH_MAX - 16, file);
	err = run_dir(dir, sizeof(dir), folder, NULL, e);
	json_object_foreach (conf->elements, name, one)
		if (!err)
			err = start(c, dir, name, one, e);
	return err;
}

static const char *not_ready(const struct children *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (!proc_ready(c->v[i]))
			return c->names[i];
	return NULL;
}

/* @return exit code */
static int died(const struct procs *ps)
{
	BUF_AUTO struct buf why = BUF(ERR_MAX);
	const struct proc *p = procs_died(ps);
	int code;

	if (!p)
		return 0;
	proc_text(p, &why);
	code = proc_code(p);
	return fail(code == EXIT_USAGE || code == EXIT_ENV || code == SUT_CANNOT ? code
										 : EXIT_FAILED,
		    why.p);
}

/* @return -1 when all serve, else exit code */
static int wait_ready(const struct children *c)
{
	uint64_t until = mono_us() + READY_TIMEOUT_MS * 1000ull;
	const char *late;
	char text[128];
	int code;

	while ((late = not_ready(c)) != NULL) {
		if (procs_poll(c->ps, 100))
			return 0;
		code = died(c->ps);
		if (code)
			return code;
		(void)snprintf(text, sizeof(text), "%s was not READY within %d ms", late,
			       READY_TIMEOUT_MS);
		if (mono_us() > until)
			return fail(EXIT_ENV, text);
	}
	return -1;
}

static int say_ready(const struct provider_conf *conf, const struct children *c)
{
	AUTO(json_decref) json_t *v = json_pack("{s:s, s:{}}", "name", conf->provider, "elements");
	char *text;

	for (size_t i = 0; i < c->n; i++)
		(void)json_object_set_new(json_object_get(v, "elements"), c->names[i],
					  json_loads(proc_ready(c->v[i]), 0, NULL));
	text = v ? json_dumps(v, JSON_COMPACT) : NULL;
	(void)printf("READY %s\n", text ? text : "{}");
	free(text);
	return fflush(stdout) == EOF ? EXIT_ENV : -1;
}

/* Until a signal, or the end of an element. @return exit code */
static int serve(const struct provider_conf *conf, const char *file)
{
	struct children c = {.n = 0};
	BUF_AUTO struct buf why = BUF(ERR_MAX);
	const struct proc *bad;
	struct err e = {""};
	int code = 0, err = procs_alloc(&c.ps, NULL, NULL, &e);

	if (!err)
		err = start_all(&c, conf, file, &e);
	if (err)
		code = fail(exit_code_of(err), e.s);
	else
		code = wait_ready(&c);
	if (code < 0)
		code = say_ready(conf, &c);
	if (code < 0) {
		code = 0;
		while (!code && !procs_poll(c.ps, 1000))
			code = died(c.ps);
	}
	bad = c.ps ? procs_stop(c.ps, STOP_MS) : NULL;
	if (!code && bad) {
		proc_text(bad, &why);
		code = fail(EXIT_FAILED, why.p);
	}
	procs_free(c.ps);
	return code;
}

static int read_options(const char **ret_file, int argc, char **argv)
{
	static const struct option longs[] = {
		{"config", required_argument, NULL, 'c'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'h') {
			(void)fputs(help, stdout);
			conf_doc(&table, stdout);
			return ferror(stdout) ? EXIT_ENV : 0;
		}
		if (c != 'c')
			return fail(EXIT_USAGE, "see oobsim provider --help");
		*ret_file = optarg;
	}
	return *ret_file && optind == argc ? -1 : fail(EXIT_USAGE, "expected --config FILE, alone");
}

int cmd_provider(int argc, char **argv)
{
	struct provider_conf conf;
	const char *file = NULL;
	struct err e;
	int code = read_options(&file, argc, argv);

	if (code >= 0)
		return code;
	if (conf_load(&table, &conf, file, &e))
		return fail(EXIT_USAGE, e.s);
	code = json_is_object(conf.elements) && json_object_size(conf.elements)
		       ? serve(&conf, file)
		       : fail(EXIT_USAGE,
			      "/elements: expected an object with one element at least");
	conf_free(&table, &conf);
	return code;
}
