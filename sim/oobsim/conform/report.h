/** @file report.h  What a run of cases comes to, and its evidence: text, JSON, JUnit, a page, a capture, ladders and octets.
 *
 * Files of a report: report.json (oobsim schema --report), junit.xml, report.html, capture.pcapng, and for each case that did not
 * pass a folder cases/<role>/<id> with ladder.txt, messages.txt and messages.bin; beside them what the benches wrote:
 * <role>-<part>/trace.jsonl, config, log.
 */
#ifndef CONFORM_REPORT_H
#define CONFORM_REPORT_H

#include "sim/oobsim/conform/session.h"
#include "sim/oobsim/scenario/requirement.h"

/** What is kept of one case. Paths are relative to the report's directory; NULL: there is none */
struct evidence {
	char *ladder;   /**< ladder.txt */
	unsigned line;  /**< of it: the message at which the case failed, from 1; 0: not known */
	char *messages; /**< messages.txt: every message, for people */
	char *octets;   /**< messages.bin: their octets, one behind the other */
	char *log;      /**< what the implementation printed */
	char *svg;      /**< the ladder as a picture: SVG text */
	char *text;     /**< what messages.txt holds */
};

/** What keys and UUIDs are made from, and which status stands for a reason, when nothing else is said */
#define SEED_USUAL    1
#define PROFILE_USUAL "rfc8224"

/** All borrowed, except what report_keep() and report_open() make */
struct conform_report {
	const char *sut;     /**< name of the implementation; of several references "reference" */
	const char *version; /**< what it says of itself; NULL */
	const char *role;    /**< "cps", "all" */
	const char *sut_file, *expected_file; /**< as they were given; NULL: not */
	const char *profile;
	uint64_t seed;
	struct conform_result *r; /**< report_open() makes their texts printable */
	size_t n;
	double duration_s;

	/* made by report_open() and report_keep() */
	const char *dir;           /**< where the report is; NULL: it is not kept */
	struct evidence *evidence; /**< one for each result; NULL: none */
	struct requirements reqs;  /**< for the words of clauses; empty when they cannot be read */
	char *options; /**< further words of the command that repeats a case: " --sut sut.json" */
};

/* ---- report.c: verdicts and counts ---- */

/** Make options and reqs; report_free() frees them and the evidence. @return 0, ENOMEM with text */
int report_open(struct conform_report *report, struct err *e);
void report_free(struct conform_report *report);

/** Does it count against the implementation: failed, or listed as known to fail and passed */
bool conform_failed(const struct conform_result *r);
/** Is there something to look at: it failed, known or not, or could not be tried */
bool conform_noted(const struct conform_result *r);
/** Exit code: 0, 1 something failed, 3 something could not be tried */
int conform_code(const struct conform_report *report);
/** "pass", "fail", "error": the verdict of an exit code */
const char *conform_code_name(int code);
/** Results with a verdict; role, level NULL: any */
size_t report_count(const struct conform_report *report, enum conform_verdict v,
		    const struct role *role, const char *level);
size_t report_count_unreadable(const struct conform_report *report);
size_t report_count_known(const struct conform_report *report);
/** "M", "D", "S", "O", NULL */
extern const char *const report_levels[];
/** Sums of one role and level by verdict. @return how many cases there are */
size_t report_row(const struct conform_report *report, const struct role *role, const char *level,
		  size_t ret[CONFORM_VERDICTS]);

/** The clause of a case and the words of what it proves: "5.4: The CPS refuses … (CPS-04)" */
void report_clause(const struct conform_report *report, const struct conform_case *c,
		   struct buf *ret);
/** The command that repeats a case: "oobsim conform cps --sut sut.json --case CPS-04/alg-none" */
void report_again(const struct conform_report *report, const struct conform_result *r,
		  struct buf *ret);
/** A path of the report as it is to be typed from here */
void report_path(const struct conform_report *report, const char *path, struct buf *ret);

/* ---- report_json.c ---- */

/** What a case is. @return New reference */
json_t *conform_case_json(const struct case_item *item);
/** The object of `conform --json`, and report.json. @return New reference */
json_t *conform_json(const struct conform_report *report);
/** JSON Schema of it. @return New reference; NULL when out of memory */
json_t *conform_schema(void);

/* ---- report_text.c ---- */

/** Text for people */
void conform_print(FILE *f, const struct conform_report *report);

/* ---- junit.c, report_html.c: write a file. @return 0 or errno with text that names it ---- */

int conform_junit(const char *path, const struct conform_report *report, struct err *e);
int conform_html(const char *path, const struct conform_report *report, struct err *e);

/* ---- evidence.c ---- */

/** Write capture.pcapng and the folders of cases from the benches' traces in report->dir. @return 0 or errno with text */
int report_evidence(struct conform_report *report, struct err *e);

/* ---- keep.c ---- */

/** Take an earlier report out of a directory, so that its traces and cases are not taken for ours. @return 0; with text: EEXIST
 * (there is something like it, and no report) … */
int report_clear(const char *dir, struct err *e);

/** Take what the benches have written out of a directory that was asked for, or remove one that was not: there is no report of a run
 * that did not end */
void report_abandon(const char *dir, bool asked);

/**
 * Write the report into the directory in which the benches have worked, or remove that.
 *
 * @param asked  A report is wanted though nothing failed
 * @param keep   … and what the benches wrote, too
 *
 * @return 0; errno with text
 */
int report_keep(struct conform_report *report, const char *dir, bool asked, bool keep,
		struct err *e);

/* ---- version.c ---- */

/**
 * Ask an implementation for its version: the first line that its command prints.
 *
 * @param dir  For files in passing
 * @param ret  New string; NULL: it does not say how it is asked
 *
 * @return 0; ETIMEDOUT, EIO, ENOENT … with text
 */
int sut_version(char **ret, const struct sut *sut, const char *dir, struct err *e);

/* ---- again.c: what is taken from files ---- */

/** What a run was asked for, and which of its cases failed: from its report. Strings belong to `json` */
struct again {
	json_t *json;
	const char *role;                     /**< NULL: all */
	const char *sut, *expected, *profile; /**< NULL: none */
	uint64_t seed;
	const char **ids;
	size_t n;
};

/** Read a report.json, or the one of a directory. @return 0; ENOENT, EBADMSG … with text */
int again_load(struct again *ret, const char *path, struct err *e);
void again_free(struct again *a);

/**
 * Add a list of known failures to those of the implementations: [{"case": …, "reason": …, "ticket": …}].
 *
 * @return 0; EBADMSG (also for an entry that names no case), ENOENT … with text: file:line:column: …
 */
int session_expect(struct session *s, const char *path, struct err *e);

#endif
