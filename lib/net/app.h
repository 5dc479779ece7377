/** @file app.h  The life of an element: options, configuration, loop, signals, readiness.
 *
 * Every element takes the same options:
 *   --config FILE     its JSON configuration ("-" is standard input)
 *   --print-config    show what is in force, defaults included, and exit
 *   --trace WHERE     trace events: a file, "-" or "fd:N"
 *   --name NAME       its name in traces ("tsp.cps"); default: the program's name
 *   --clock-offset S  run its wall clock S seconds off (may be negative): for tests of expiry
 *   --verbose, --help, --version
 * and prints one line `READY {json}` on standard output when it serves. SIGTERM and SIGINT end it with exit 0, SIGHUP
 * makes it reread certificates and lists. Exit codes: 0, 2 usage or configuration, 3 environment (address occupied …).
 */
#ifndef NET_APP_H
#define NET_APP_H

#include "lib/base/conf.h"
#include "lib/base/env.h"
#include "lib/base/err.h"

#define OOB_VERSION "0.1.0"

#define EXIT_USAGE 2
#define EXIT_ENV   3

struct app_def {
	const char *program;           /**< "ref-cps" */
	const char *summary;           /**< one line for --help */
	const struct conf_table *conf; /**< table of the configuration */
	/**
	 * Start serving. conf is the struct of the table, env the clock and random source; both live until stop() has returned.
	 * @param ready  JSON object to print behind READY: add addresses and URLs
	 * @return 0: READY is printed at once; EINPROGRESS: not before app_ready() (first lists are being fetched); another
	 *         errno with text (the exit code is then EXIT_ENV; EINVAL and EBADMSG give EXIT_USAGE)
	 */
	int (*start)(void **ret_app, const void *conf, const struct env *env, json_t *ready,
		     struct err *e);
	/** SIGHUP; optional. Failure is logged, what was in force stays */
	int (*reload)(void *app, struct err *e);
	/** Stop serving, free everything */
	void (*stop)(void *app);
};

/** The element serves now: print READY. Once, after start() returned EINPROGRESS */
void app_ready(void);

/** main() of an element */
int app_main(const struct app_def *def, int argc, char **argv);

#endif
