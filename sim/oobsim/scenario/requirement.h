/** @file requirement.h  The registry of requirements (scenarios/requirements.json), and what proves
 * each of them.
 */
#ifndef OOBSIM_REQUIREMENT_H
#define OOBSIM_REQUIREMENT_H

#include <uthash.h>

#include "lib/base/buf.h"
#include "lib/base/conf.h"

/** How binding the specification makes it */
enum requirement_level {
	LEVEL_M, /**< it says shall or must, or there is no function without it */
	LEVEL_D, /**< a design that it describes */
	LEVEL_S, /**< it says should */
	LEVEL_O, /**< an option or an example */
};

/** "M", "D", "S", "O" */
const char *requirement_level_name(int level);

struct proof {
	char *in; /**< "A1", a scenario; "cps", a role; "test_as.py", "unit/tn_test.c": a file of tests */
	char *what;    /**< its check, case or test; NULL: as a whole */
	unsigned line; /**< of a mark; 0 for a scenario or case */
};

/** In the order in which they were found; those of one file stand together */
struct proofs {
	struct proof *v;
	size_t n;
};

struct requirement {
	char *id, *clause, *text;
	int level;  /**< enum requirement_level */
	bool built; /**< false: nothing does it yet, so nothing need prove it */

	/* beside the members of the file */
	struct proofs scenarios, cases, tests;
	UT_hash_handle hh;
};

struct requirements {
	char *specification;
	struct conf_list list; /**< struct requirement, in file order */

	struct requirement *by_id;
};

/**
 * Read the registry.
 *
 * @return 0; EBADMSG (also for an id that stands twice), ENOENT … with text: file:line:column: …
 */
int requirements_load(struct requirements *ret, const char *path, struct err *e);
void requirements_free(struct requirements *reqs);

/** NULL: there is no such id */
struct requirement *requirements_find(const struct requirements *reqs, struct sv id);

/** Must be proven: level M or D, and built */
bool requirement_binds(const struct requirement *req);
bool requirement_is_proven(const struct requirement *req);

/** Keep a proof; one that is there already is not kept again. @return 0, ENOMEM */
int proofs_add(struct proofs *proofs, const char *in, struct sv what, unsigned line);

/* ---- coverage_marks.c ---- */

/**
 * Read the marks of tests: lines `# proves: AS-06 AS-07` in the Python files of a folder, lines
 * `proves: AS-06` in a comment of its own in the C files of its folder `unit`. A mark belongs to the test that it
 * stands in, or (at the beginning of a line) to the next one below.
 *
 * @param dir     Folder of the tests
 * @param faults  Gets a line `file:line:column: …` for each unknown id, and for each mark that
 *                belongs to no test
 *
 * @return 0 (also with faults); ENOENT, EIO …, ENOMEM with text
 */
int coverage_marks(struct requirements *reqs, const char *dir, struct buf *faults, struct err *e);

/* ---- coverage_cases.c ---- */

/**
 * Take what the cases of all roles prove.
 *
 * @param dir     Folder of the scenarios; a role whose file is not below it has none (cases of a judge are vectors)
 * @param faults  Gets a line for each unknown id, and for each file that cannot be read
 *
 * @return 0 (also with faults); ENOMEM with text
 */
int coverage_cases(struct requirements *reqs, const char *dir, struct buf *faults, struct err *e);

/* ---- coverage_html.c ---- */

/** The matrix as a page that needs nothing beside itself */
void coverage_html(FILE *f, const struct requirements *reqs, bool tests);

/* ---- coverage_print.c ---- */

/** The matrix for people. `tests`: the marks of tests have been read */
void coverage_print(FILE *f, const struct requirements *reqs, bool tests, bool colour);

/** The same for programs. @return New reference, NULL when out of memory */
json_t *coverage_json(const struct requirements *reqs, bool tests);

#endif
