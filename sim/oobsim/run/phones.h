/** @file phones.h  Both phones, played by SIPp (scenarios/sipp/): the caller's behind the first provider's switch, the called one
 * behind the last one's. SIPp ends by itself when all calls are over; what it counted and what the called phone was shown
 * becomes part of the run.
 */
#ifndef OOBSIM_PHONES_H
#define OOBSIM_PHONES_H

#include "sim/oobsim/scenario/expect.h"
#include "sim/oobsim/world/world.h"

/** Calls of one run at the most: the last four digits of the calling numbers tell them apart */
#define CALLS_MAX 10000

struct phones_opts {
	const struct expect_call *calls;
	size_t n;
	unsigned rate;    /**< calls begun a second at the most */
	unsigned at_once; /**< calls at once at the most */
};

struct phone {
	const struct element *el;
	struct proc *proc; /**< NULL: dead */
	size_t placed, completed;
	int code; /**< exit code of SIPp, valid once it has ended */
};

struct phones {
	struct world *w; /**< borrowed */
	struct phone caller, called;
};

/**
 * The calls of a run: those of the scenario, again and again with other calling numbers, so that each (from, to) is there once.
 *
 * @param n    How many; 0: each of the scenario once
 * @param ret  New array, *ret_n elements
 *
 * @return 0; EINVAL with text (more than can be told apart); ENOMEM
 */
int phones_calls(struct expect_call **ret, size_t *ret_n, const struct scenario *scn, size_t n,
		 struct err *e);

/** Is SIPp there? @return 0, ENOENT with text that says how to get it */
int phones_check(struct err *e);

/** Start both and begin the calls. @return 0; with text: ENOENT (SIPp is missing, how to get it), EIO, ETIMEDOUT, EINTR … */
int phones_start(struct phones *ret, struct world *w, const struct phones_opts *opts,
		 struct procs *ps, struct err *e);

/** Has the caller's phone ended? The called one? */
bool phones_done(const struct phones *p);

/** Both have ended or are given up: read what they counted, and add what the called phone was shown as notes `phone.called` */
int phones_finish(struct phones *p, struct events *evs, struct err *e);

#endif
