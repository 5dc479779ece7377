#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/base/sv.h"
#include "lib/net/app.h"
#include "lib/net/loop.h"
#include "lib/trace/trace.h"

/* A clock that is a lifetime off is a mistake, not a test of expiry */
#define CLOCK_OFFSET_MAX_S (100ll * 366 * 86400)

struct options {
	const char *config, *trace, *name;
	int64_t clock_offset_s;
	bool print_config, verbose;
};

/* One element a process (design §3): app_ready() and the signals know it */
static struct {
	const struct app_def *def;
	void *app;
	json_t *ready;     /* what READY says; NULL once it is printed */
	bool ready_wanted; /* app_ready() came while start() still ran */
	bool started;
} g;

/* --- options --- */

static void print_help(const struct app_def *def)
{
	(void)printf(
		"%s: %s\n"
		"\n"
		"usage: %s --config FILE [options]\n"
		"\n"
		"  --config FILE       JSON configuration, see below; \"-\" is standard input\n"
		"  --print-config      show the configuration in force, defaults included, and "
		"exit\n"
		"  --trace WHERE       write trace events: a file, \"-\" (standard output) or "
		"\"fd:N\"\n"
		"  --name NAME         name in traces, e.g. \"tsp.cps\"; default \"%s\"\n"
		"  --clock-offset S    run the wall clock S seconds off (may be negative)\n"
		"  --verbose           log more\n"
		"  --help, --version   show this, or the version\n"
		"\n"
		"Prints READY {json} on standard output when it serves. SIGTERM and SIGINT end it, "
		"SIGHUP makes it\n"
		"reread certificates and lists. Exit codes: 0 ended as asked, 2 usage or "
		"configuration, 3 environment.\n"
		"\n"
		"Configuration:\n",
		def->program, def->summary, def->program, def->program);
	conf_doc(def->conf, stdout);
}

static bool parse_offset(const char *arg, int64_t *ret)
{
	bool negative = arg[0] == '-';
	unsigned long long n;

	if (!sv_u64(sv_from(arg + (negative || arg[0] == '+')), CLOCK_OFFSET_MAX_S, &n))
		return false;
	*ret = negative ? -(int64_t)n : (int64_t)n;
	return true;
}

static int usage_error(const struct app_def *def)
{
	(void)fprintf(stderr, "%s: try %s --help\n", def->program, def->program);
	return EXIT_USAGE;
}

enum opt {
	OPT_CONFIG = 1,
	OPT_PRINT,
	OPT_TRACE,
	OPT_NAME,
	OPT_CLOCK,
	OPT_VERBOSE,
	OPT_HELP,
	OPT_VERSION
};

static const struct option long_options[] = {
	{"config", required_argument, NULL, OPT_CONFIG},
	{"print-config", no_argument, NULL, OPT_PRINT},
	{"trace", required_argument, NULL, OPT_TRACE},
	{"name", required_argument, NULL, OPT_NAME},
	{"clock-offset", required_argument, NULL, OPT_CLOCK},
	{"verbose", no_argument, NULL, OPT_VERBOSE},
	{"help", no_argument, NULL, OPT_HELP},
	{"version", no_argument, NULL, OPT_VERSION},
	{NULL, 0, NULL, 0},
};

/* @return -1: go on; else the exit code */
static int take_option(struct options *o, const struct app_def *def, int opt)
{
	switch (opt) {
	case OPT_CONFIG:
		o->config = optarg;
		return -1;
	case OPT_PRINT:
		o->print_config = true;
		return -1;
	case OPT_TRACE:
		o->trace = optarg;
		return -1;
	case OPT_NAME:
		o->name = optarg;
		return -1;
	case OPT_CLOCK:
		if (parse_offset(optarg, &o->clock_offset_s))
			return -1;
		(void)fprintf(stderr, "%s: --clock-offset: expected whole seconds, got \"%s\"\n",
			      def->program, optarg);
		return usage_error(def);
	case OPT_VERBOSE:
		o->verbose = true;
		return -1;
	case OPT_HELP:
		print_help(def);
		return EXIT_SUCCESS;
	case OPT_VERSION:
		(void)printf("%s %s\n", def->program, OOB_VERSION);
		return EXIT_SUCCESS;
	default: /* getopt has said what is wrong */
		return usage_error(def);
	}
}

static int parse_options(struct options *o, const struct app_def *def, int argc, char **argv)
{
	int opt;

	while ((opt = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		int code = take_option(o, def, opt);

		if (code >= 0)
			return code;
	}
	if (optind < argc) {
		(void)fprintf(stderr, "%s: unexpected argument \"%s\"\n", def->program,
			      argv[optind]);
		return usage_error(def);
	}
	if (!o->config) {
		(void)fprintf(stderr, "%s: --config FILE is missing\n", def->program);
		return usage_error(def);
	}
	return -1;
}

/* --- signals and readiness --- */

static void got_signal(int fd, void *arg)
{
	struct signalfd_siginfo info;
	struct err e = {""};

	(void)arg;
	while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo != SIGHUP) {
			loop_stop();
			continue;
		}
		if (!g.def->reload)
			log_info("SIGHUP: nothing to reread");
		else if (g.def->reload(g.app, &e))
			log_error("SIGHUP: %s; what was in force stays", e.s);
		else
			log_info("SIGHUP: certificates and lists are reread");
	}
}

/* Blocked from the start on, so that none that comes while start() runs is lost or kills half an
 * element */
static int signals_open(void)
{
	sigset_t set;
	int fd;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd >= 0 && loop_watch(fd, got_signal, NULL)) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static void print_ready(void)
{
	char *text = json_dumps(g.ready, JSON_COMPACT);

	(void)printf("READY %s\n", text ? text : "{}");
	(void)fflush(stdout);
	free(text);
	json_decref(g.ready);
	g.ready = NULL;
}

void app_ready(void)
{
	g.ready_wanted = true;
	if (g.started && g.ready)
		print_ready();
}

/* --- life --- */

static int start(const struct app_def *def, const void *conf, const struct env *env)
{
	struct err e = {""};
	int err = def->start(&g.app, conf, env, g.ready, &e);

	if (err && err != EINPROGRESS) {
		(void)fprintf(stderr, "%s: %s\n", def->program, e.s[0] ? e.s : strerror(err));
		return err == EINVAL || err == EBADMSG ? EXIT_USAGE : EXIT_ENV;
	}
	g.started = true;
	if (!err || g.ready_wanted)
		print_ready();
	return EXIT_SUCCESS;
}

static int serve(const struct app_def *def, const void *conf, const struct options *o)
{
	struct env_shift shift = {o->clock_offset_s * 1000};
	struct env env = env_system(&shift);
	int code, fd, err = loop_init();

	fd = err ? -1 : signals_open();
	if (fd < 0) {
		(void)fprintf(stderr, "%s: cannot set up the event loop: %s\n", def->program,
			      strerror(err ? err : errno));
		loop_close();
		return EXIT_ENV;
	}
	g.def = def;
	g.ready = json_pack("{s:s}", "name", o->name);
	code = g.ready ? start(def, conf, &env) : EXIT_ENV;
	if (code == EXIT_SUCCESS) {
		err = loop_run();
		if (err) {
			log_error("event loop: %s", strerror(err));
			code = EXIT_ENV;
		}
		def->stop(g.app);
	}
	json_decref(g.ready);
	loop_unwatch(fd);
	(void)close(fd);
	loop_close();
	return code;
}

static int run(const struct app_def *def, const void *conf, const struct options *o)
{
	struct err e = {""};
	int code;

	if (o->print_config)
		return conf_print(def->conf, conf, stdout) || fflush(stdout) ? EXIT_ENV
									     : EXIT_SUCCESS;
	if (trace_open(o->trace, o->name, &e)) {
		(void)fprintf(stderr, "%s: %s\n", def->program, e.s);
		return EXIT_ENV;
	}
	code = serve(def, conf, o);
	trace_close();
	return code;
}

int app_main(const struct app_def *def, int argc, char **argv)
{
	struct options o = {.name = def->program};
	struct err e = {""};
	void *conf;
	int code = parse_options(&o, def, argc, argv);

	if (code >= 0)
		return code;
	log_init(o.name, o.verbose ? LOG_LVL_DEBUG : LOG_LVL_INFO);
	conf = calloc(1, def->conf->size);
	if (!conf || conf_load(def->conf, conf, o.config, &e)) {
		(void)fprintf(stderr, "%s: %s\n", def->program, e.s[0] ? e.s : strerror(ENOMEM));
		free(conf);
		return EXIT_USAGE;
	}
	code = run(def, conf, &o);
	conf_free(def->conf, conf);
	free(conf);
	return code;
}
