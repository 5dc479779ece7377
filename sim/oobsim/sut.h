/** @file sut.h  The implementation under test: what it is, how it is started, what it can do, how its words are to be read
 * (docs/plug-in.md). The references are attached by the same file. */
#ifndef OOBSIM_SUT_H
#define OOBSIM_SUT_H

#include <stdbool.h>

#include "lib/base/conf.h"
#include "lib/base/err.h"
#include "lib/base/sv.h"

/** It ends with this code when it cannot do what it was asked to */
#define SUT_CANNOT 77

struct sut_known {
	char *id;     /**< of a case that is known to fail */
	char *reason; /**< why, for people */
	char *ticket; /**< where it is being mended; NULL */
};

struct sut {
	char *schema; /**< of the file, for editors */
	char *name;
	struct conf_list roles; /**< char *: "cps" */
	struct conf_list
		command; /**< char *: program and arguments; the configuration's path follows */
	int64_t start_ms, stop_ms;     /**< until READY; from SIGTERM to the end */
	int64_t answer_ms;             /**< for one answer */
	struct conf_list capabilities; /**< char * */
	struct conf_list reasons; /**< struct conf_pair: a word or status of its → our reason */
	struct conf_list known;   /**< struct sut_known */
	bool reference;           /**< one of ours, which knows faults; not a member of the file */
};

extern const struct conf_table sut_table;

/** Read a file. @return as conf_load(), with EBADMSG for a reason that is not ours */
int sut_load(struct sut *ret, const char *path, struct err *e);
/** The reference of a role. @return 0; ENOENT when there is none */
int sut_reference(struct sut *ret, const char *role, struct err *e);
void sut_free(struct sut *s);

bool sut_has_role(const struct sut *s, const char *role);
bool sut_can(const struct sut *s, const char *capability);
/** NULL when the case is not known to fail */
const struct sut_known *sut_known_failure(const struct sut *s, const char *id);
/** Name of our reason for a word of its, NULL when there is none */
const char *sut_reason(const struct sut *s, struct sv word);

#endif
