/** @file result.h  What a run has shown: verdict, counts and checks with their evidence. Filled by
 * run.c and expect.c, read by the report and the exit code.
 */
#ifndef OOBSIM_RESULT_H
#define OOBSIM_RESULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

#include "lib/base/err.h"
#include "sim/oobsim/events/events.h"

/** A check is `unsupported` when nothing is wrong with what is seen of it, and not all of it can be seen, because an element is not
 * ours: it counts neither way. A run is never that */
enum verdict { VERDICT_PASS, VERDICT_FAIL, VERDICT_ERROR, VERDICT_UNSUPPORTED };

/** "pass", "fail", "error", "unsupported" */
const char *verdict_name(enum verdict verdict);

/** One thing that had to be true */
struct check {
	char *id;    /**< stable within the scenario: "steps", "tsp.vs.used" */
	char *title; /**< for people: "The PASSporT at the CPS is the one in-band, octet for octet"
		      */
	char **proves; /**< requirement ids: "AS-10" */
	size_t nproves;
	enum verdict verdict;
	char *expected;
	char *actual;     /**< for many calls: counts, and what the first offender shows */
	size_t *evidence; /**< indices of events, ascending */
	size_t nevidence;
	json_t *seen; /**< the evidence as JSON, octets and facts; set by result_seen() */
};

struct run_result {
	char *id; /**< of the scenario: "A1" */
	char *title;
	char **proves; /**< requirement ids of the scenario as a whole */
	size_t nproves;
	enum verdict verdict;
	char error[ERR_MAX]; /**< why the verdict is `error`, for people; "" otherwise */
	size_t placed;       /**< calls that the calling phone began */
	size_t completed;    /**< calls that went as the scenario says, seen by both phones */
	size_t verified;     /**< calls whose STI-VS result is TN-Validation-Passed */
	double calls_per_s;
	double duration_s; /**< the whole run, the world's start and end included */
	struct check *checks;
	size_t nchecks;
	json_t *with; /**< name of an element or provider → of what fills its place; NULL: all are ours */
	char *report_dir; /**< where trace.jsonl, ladder.txt … are */
};

/** Free what it holds, and zero it */
void run_result_free(struct run_result *r);

/** Set `seen` of each check from the events, so that it outlives them. @return 0, ENOMEM */
int result_seen(struct run_result *r, const struct events *evs);

/* ---- report_json.c, report_files.c, report_print.c: what the commands do with it ---- */

/** One result as JSON, its evidence with it. @return New reference */
json_t *report_result(const struct run_result *r);

/**
 * Write ladder.txt, ladder.mmd, report.json, junit.xml and capture.pcapng into r->report_dir
 * (trace.jsonl is there already).
 *
 * @param evs  The run's events, sorted
 *
 * @return 0; errno with text that names the file
 */
int report_write(const struct run_result *r, const struct events *evs, struct err *e);

/** Flags for json_dumpf: times as people write them */
#define REPORT_JSON (JSON_INDENT(2) | JSON_REAL_PRECISION(6))

/** The object that `run --json` prints: verdict, duration_s, scenarios[]. @return New reference */
json_t *report_json(const struct run_result *results, size_t n, double duration_s);

/**
 * What `run` prints for people, below the ladder: the checks (the failed ones with expected, actual
 * and evidence), one line of verdict with the counts, and where the report is. `colour`: ANSI
 * colours
 */
void report_print(FILE *f, const struct run_result *r, const struct events *evs, bool colour);

/* ---- ladder.c ---- */

/** The ladder of one call (`run --ladder`, `ladder`); call: index for events_call(). @return 0 or
 * errno */
int ladder_print(FILE *f, const struct events *evs, size_t call, bool colour);

/* ---- the commands; argv[0] is the command's name; result: exit code ---- */

int cmd_ladder(int argc, char **argv);   /* cmd_ladder.c */
int cmd_inspect(int argc, char **argv);  /* inspect.c */
int cmd_coverage(int argc, char **argv); /* cmd_coverage.c */
int cmd_compare(int argc, char **argv);  /* cmd_compare.c */
int cmd_vectors(int argc, char **argv);  /* cmd_vectors.c */
int cmd_judge(int argc, char **argv);    /* cmd_judge.c */

#endif
