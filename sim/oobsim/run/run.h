/** @file run.h  One run of one scenario: a world, its calls, the verdict, the report. */
#ifndef OOBSIM_RUN_H
#define OOBSIM_RUN_H

#include "sim/oobsim/events/events.h"
#include "sim/oobsim/scenario/result.h"
#include "sim/oobsim/scenario/scenario.h"
#include "sim/oobsim/world/world.h"

#define AT_ONCE_DEFAULT 64
#define RATE_DEFAULT    1000

struct run_opts {
	size_t calls;  /**< 0: as the scenario says */
	unsigned rate; /**< calls begun a second at the most; the world may be slower */
	const char
		*report; /**< directory, made when it is not there; NULL: build/runs/<id>-<time> */
	bool keep; /**< keep the world's directory (configurations, keys, logs) though all went well */
	bool progress;           /**< show on standard error, when that is a terminal */
	struct world_opts world; /**< dir is not used */
};

/**
 * Run it. What goes wrong on the way becomes the verdict `error`.
 *
 * @param ret      Filled in any case; run_result_free()
 * @param ret_evs  The run's events, sorted; new, NULL when there are none
 *
 * @return 0: judged, pass or fail; else an error, told in ret->error: EINVAL (a mistake in what was asked for), EINTR (a signal),
 *         EIO once the calls have begun (a program ended in mid-run …), others: the environment
 */
int run_scenario(struct run_result *ret, struct events **ret_evs, const struct scenario *scn,
		 const struct run_opts *opts);

/** A directory of its own for a run, absolute, made with those above it. `report` NULL: build/runs/<id>-<time>. @return 0 or errno
 * with text */
int run_dir(char *ret, size_t size, const char *report, const char *id, struct err *e);

/** Remove a directory with all that is in it */
void run_remove(const char *dir);

#endif
