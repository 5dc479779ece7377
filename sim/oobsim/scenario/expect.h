/** @file expect.h  Judging: what a scenario expects against the events that there are.
 *
 * Each expectation is judged for every call, and becomes one check: with many calls it says how
 * many hold and what the first offender shows. Judging may be repeated while a run still waits:
 * what is only missing yet is told apart from what is wrong.
 */
#ifndef OOBSIM_EXPECT_H
#define OOBSIM_EXPECT_H

#include "lib/base/sv.h"
#include "sim/oobsim/events/events.h"
#include "sim/oobsim/scenario/result.h"
#include "sim/oobsim/scenario/scenario.h"

/** A call that was to be placed */
struct expect_call {
	struct tn orig, dest;
	int attest; /**< enum attest */
	bool again; /**< with the numbers of a call before it, with which it is judged */
};

/** What is not there yet */
struct expect_open {
	size_t missing;  /**< checks that fail now, and may still come to hold */
	size_t optional; /**< checks that hold, and whose picture is not complete (an answer that
			    nobody has to wait for) */
};

/**
 * Judge all expectations of a scenario.
 *
 * @param evs    Sorted
 * @param calls  All calls that were to be placed
 * @param ret    Checks are appended; may be NULL when only `open` is of interest
 *
 * @return 0, ENOMEM
 */
int expect_judge(const struct scenario *scn, const struct events *evs,
		 const struct expect_call *calls, size_t n, struct run_result *ret,
		 struct expect_open *open);

/** Calls whose last STI-VS result is TN-Validation-Passed */
size_t expect_verified(const struct events *evs, const struct expect_call *calls, size_t n);

/** Add a check that somebody else has judged. Texts are copied. @return 0, ENOMEM */
int expect_add(struct run_result *ret, const char *id, const char *title, bool holds,
	       const char *expected, const char *actual);

/** Check functions of the scenario's table: NULL, or what was expected */
const char *expect_check_pattern(struct sv v);
const char *expect_check_steps(struct sv v);

/**
 * What the table cannot say of an expectation: that it is exactly one thing, and that elements it
 * names exist.
 *
 * @param i  Index in scn->expect
 *
 * @return 0; EBADMSG with place and text
 */
int expect_check(const struct scenario *scn, size_t i, struct err *e);

/** Expectations that cannot all hold. @return 0; EBADMSG with the place of the later one, and text */
int expect_check_all(const struct scenario *scn, struct err *e);

#endif
