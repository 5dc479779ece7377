/** @file batch.h  Many runs, several worlds at once. Each is a child process of oobsim itself (`run FILE --json`), so that one that
 * goes wrong in whatever way leaves the others alone. */
#ifndef OOBSIM_BATCH_H
#define OOBSIM_BATCH_H

#include "sim/oobsim/run/cmdline.h"
#include "sim/oobsim/scenario/scenario.h"

/** Settings of one run at the most, beside those of the command line */
#define BATCH_SETTINGS 3

struct batch_run {
	const struct scenario *scn;              /**< borrowed */
	const char *variant;                     /**< "http+push"; NULL: as the scenario says */
	struct setting settings[BATCH_SETTINGS]; /**< that make the variant */
	size_t nsettings;

	int code;       /**< exit code of the run */
	json_t *result; /**< as `run --json` prints of one scenario; NULL when it printed none */
	char error[ERR_MAX]; /**< then: why */
};

struct batch_opts {
	const char *report;             /**< directory; each run's is in it, under its name */
	size_t jobs;                    /**< worlds at once */
	size_t calls;                   /**< as `run --calls`; 0: as the scenario says */
	unsigned rate;                  /**< as `run --rate`; 0: default */
	bool keep, progress;            /**< as in run.h */
	const struct world_opts *world; /**< settings and dead elements, for each run */
};

/** Every scenario once, or (matrix) in every variant that it allows. @return New array for
 * batch_free(), NULL when out of memory */
struct batch_run *batch_plan(const struct scenario *scns, size_t n, bool matrix, size_t *ret_n);
void batch_free(struct batch_run *runs, size_t n);

/**
 * Run them all, whatever becomes of each.
 *
 * @return 0; with text: EINTR (a signal: the rest is not run), ENOENT, EIO … (the machine)
 */
int batch_carry_out(struct batch_run *runs, size_t n, const struct batch_opts *opts, struct err *e);

/** The object that `run --json` prints: those of the runs together. @return New reference */
json_t *batch_json(const struct batch_run *runs, size_t n, double duration_s);

/** A line for each run in the order of the plan, what failed with what was expected and what came, and the
 * sum */
void batch_print(FILE *f, const struct batch_run *runs, size_t n, double duration_s,
		 const char *report, bool colour);

#endif
