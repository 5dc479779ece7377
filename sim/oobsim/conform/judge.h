/** @file judge.h  Inside of role judge: the vectors as lines, and a program that judges them. */
#ifndef CONFORM_JUDGE_H
#define CONFORM_JUDGE_H

#include "sim/oobsim/conform/role.h"

/** A vector as its judge gets it: what its verdict rests on, and neither verdict nor reason */
struct judge_line {
	char *id;   /**< "passport/stale-61" */
	char *text; /**< one line of JSON, without newline */
	size_t len;
	bool refused;
	const char *reason; /**< name of ours: the first check that refuses */
};

struct judge_lines {
	struct judge_line *v;
	size_t n;
	json_t *cases; /**< the same as the cases of a file */
};

/** The vectors of a seed. They are made once for each process; borrowed. @return 0, with text */
int judge_lines_get(const struct judge_lines **ret, uint64_t seed, struct err *e);
/** NULL when there is none */
const struct judge_line *judge_line_find(const struct judge_lines *lines, const char *id);
/** The file of cases, made from the vectors. @return New string, NULL with text */
char *judge_cases(struct err *e);

/** Run a batch: the vectors through one program, several under way at a time. @return 0; EINTR with text */
int judge_batch(struct bench *b, const struct sut *sut, const json_t *fault,
		struct conform_result *r, size_t n, struct err *e);

/* ---- judge_proc.c: a program that is given lines and gives lines ---- */

struct judge_proc;

/** @return 0; with text: ENOENT … it cannot be started */
int judge_start(struct judge_proc **ret, struct bench *b, const struct sut *sut,
		const json_t *fault, struct err *e);
/** Give it a line, with a newline behind; only when it has taken the last one */
void judge_give(struct judge_proc *p, const char *line, size_t len);
/** Has it taken all that it was given? */
bool judge_taken(const struct judge_proc *p);
/**
 * Let it go on for a moment: it takes what it was given, and each line that it writes is handed over.
 *
 * @return 0; EPIPE (it has ended, or closed its output); EINTR
 */
int judge_go_on(struct judge_proc *p, void (*line)(struct sv line, void *arg), void *arg);
/** End its input and wait for its end, or kill it at once. Frees p. @return 0; ENOTSUP (it ended with SUT_CANNOT), EIO with text: not by
 * itself, or not with code 0 */
int judge_end(struct judge_proc *p, bool kill_it, struct err *e);

#endif
