/** @file sut.h  The implementation under test: what it is, how it is attached, what it can do, how its words are to be read
 * (docs/plug-in.md). The references are attached by the same file. */
#ifndef CONFORM_SUT_H
#define CONFORM_SUT_H

#include <limits.h>
#include <stdbool.h>

#include "lib/base/conf.h"
#include "lib/base/err.h"
#include "lib/base/sv.h"

/** It ends with this code when it cannot do what it was asked to */
#define SUT_CANNOT 77

/** How the implementation is reached; one of the three members of the file says it */
enum sut_kind {
	SUT_PROCESS, /**< we start it */
	SUT_ADDRESS, /**< it runs somewhere */
	SUT_JUDGE,   /**< a program that reads a vector a line, and answers a verdict a line */
};

enum sut_ready { SUT_READY_LINE, SUT_READY_PORTS };

/** A program that is started with the path of one configuration file as its last argument, and ended with SIGTERM */
struct sut_process {
	struct conf_list command;  /**< char *: program and arguments; empty: it is no process */
	int ready;                 /**< enum sut_ready: how it is known that it serves */
	int64_t start_ms, stop_ms; /**< until it serves; from SIGTERM to the end */
};

/** A program that runs already, and has been provisioned beforehand */
struct sut_address {
	struct conf_list
		at; /**< struct conf_pair: name of an interface ("public", "sip") → its URL or SIP URI; empty: no address */
	struct conf_list resolve; /**< struct conf_pair: host name of it → address */
	char *ca; /**< PEM file: who signs its TLS certificate; NULL: the CA of the world */
	char *provisioned; /**< folder of `oobsim conform --provision`; NULL: none */
};

/** A program for `oobsim conform judge` */
struct sut_judge {
	struct conf_list command; /**< char *: program and arguments; empty: it is no judge */
	int64_t start_ms,
		stop_ms; /**< until its first answer; from the end of its input to its end */
};

/** How PASSporTs of a call are fetched from a CPS, since 5 leaves that private; none of the members: PUT /calls, as ours */
struct sut_retrieval {
	char *url; /**< https template with {orig}, {dest}, {call} in it: GET brings the PASSporTs, one a line or as JSON array */
	struct conf_list
		command; /**< char *: program and arguments; orig and dest follow; prints the PASSporTs, one a line */
	char *vs; /**< SIP URI: CPS and STI-VS are one box; it is asked as an STI-VS, and its answer is looked at */
};

struct sut_known {
	char *id;     /**< of a case that is known to fail */
	char *reason; /**< why, for people */
	char *ticket; /**< where it is being mended; NULL */
};

struct sut {
	char *schema; /**< of the file, for editors */
	char *name;
	struct conf_list
		version; /**< char *: program and arguments that print its version; empty: not known */
	struct conf_list roles; /**< char *: "cps" */
	struct sut_process process;
	struct sut_address address;
	struct sut_judge judge;
	int64_t answer_ms;             /**< for one answer */
	struct conf_list capabilities; /**< char * */
	struct sut_retrieval retrieval;
	struct conf_list reasons; /**< struct conf_pair: a word or status of its → our reason */
	struct conf_list known;   /**< struct sut_known */

	/* not members of the file */
	enum sut_kind kind;
	bool reference; /**< one of ours, which knows faults */
	char *file;     /**< where it was read from; NULL for a reference */
};

extern const struct conf_table sut_table;

/** Read a file. @return as conf_load(), with EBADMSG for a reason that is not ours, and for none or several attachments */
int sut_load(struct sut *ret, const char *path, struct err *e);
/** Read a description from text: the reference of a role. @return as sut_load() */
int sut_reference(struct sut *ret, const char *text, struct err *e);
void sut_free(struct sut *s);

/**
 * Program and arguments of one of its commands.
 *
 * @param program  Where argv[0] is, from then on; a name without "/" is looked for beside oobsim, then in PATH
 * @param argv     All NULL; room for command->n, what the caller puts behind, and the NULL at the end
 *
 * @return 0; ENOENT with text
 */
int sut_argv(const struct conf_list *command, char program[PATH_MAX], const char **argv,
	     struct err *e);

bool sut_has_role(const struct sut *s, const char *role);
bool sut_can(const struct sut *s, const char *capability);
/** NULL when the case is not known to fail */
const struct sut_known *sut_known_failure(const struct sut *s, const char *id);
/** Name of our reason for a word of its, NULL when there is none */
const char *sut_reason(const struct sut *s, struct sv word);

#endif
