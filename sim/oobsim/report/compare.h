/** @file compare.h  Two reports side by side: what broke, what was mended, what is new or gone. */
#ifndef OOBSIM_COMPARE_H
#define OOBSIM_COMPARE_H

#include <jansson.h>

#include "lib/base/err.h"

/** What became of one check between two reports */
enum change {
	CHANGE_BROKE,  /**< passed, and does not any more */
	CHANGE_MENDED, /**< did not pass, and does now */
	CHANGE_OTHER, /**< did not pass, and does not pass now in another way (fail, error, unsupported) */
	CHANGE_NEW,  /**< only in the new report */
	CHANGE_GONE, /**< only in the old report */
	CHANGE_NONE,
	CHANGES,
};

/** "broke", "mended", "changed", "new", "gone", "same" */
const char *change_name(enum change change);

/**
 * The checks of a report, in its order: an array of objects with scenario (of a case its role), check, verdict, and,
 * where the report has them, title, expected, actual. The check "run" of a scenario is whether it could be run at all. What
 * is there twice under one name is told apart by `#2`, `#3` behind it.
 *
 * @param path  A report.json; a folder with one; a folder of such folders; "-": standard input
 *
 * @return 0; ENOENT, EBADMSG, EFBIG … with text that names the file; ENOMEM
 */
int compare_read(json_t **ret, const char *path, struct err *e);

/**
 * Compare what compare_read() gave.
 *
 * @return New reference to an object: for each change but CHANGE_NONE an array under its name, of objects with scenario,
 *         check, title, expected, actual, and old and new (verdicts); `same`: the number of the others. NULL when out of
 *         memory
 */
json_t *compare_reports(const json_t *before, const json_t *after);

#endif
