/** @file case.h  Cases: what an implementation of one role must do, one by one; data of scenarios/cases/<role>.json.
 *
 * A case makes PASSporTs (when it sends them, never before), sends requests, and says what must come. It also names the fault
 * that it exists to find: what a reference is given so that this case, and the bench with it, is shown to be able to fail.
 */
#ifndef OOBSIM_CASE_H
#define OOBSIM_CASE_H

#include <stdbool.h>

#include <jansson.h>

#include "lib/base/conf.h"
#include "lib/base/err.h"

/** A PASSporT of a case: one of the vectors' (vector_passport.h), with changes */
struct case_token {
	char *name; /**< in bodies: `$name` */
	char *row;  /**< id of a vector_passport_row; "usual" */
	char *cred; /**< id of a vector_cred_row instead of the row's; NULL */
	/** Instead of the row's, as struct vector_jws has them; NULL */
	char *header, *claims, *shape, *sig, *signer;
};

enum case_do { CASE_POST, CASE_PULL };
enum case_client { CASE_CLIENT_VS, CASE_CLIENT_NONE, CASE_CLIENT_FOREIGN };
enum case_answer { CASE_ACCEPTED, CASE_REFUSED };

struct case_step {
	int kind;                /**< enum case_do */
	char *method;            /**< post: "POST" */
	char *path;              /**< post: "/cps/company/5678" */
	char *type;              /**< post: media type; "" for none */
	char *body;              /**< post: a text with names of tokens; also `$x5000` */
	int client;              /**< pull: enum case_client */
	bool again;              /**< pull: the same request as the last one, a repetition */
	int64_t wait_ms;         /**< pull: how long it waits for what is not there yet */
	struct conf_list brings; /**< char *: tokens that a pull must bring, in any order */
	int answer;              /**< enum case_answer */
	struct conf_list
		reasons; /**< char *: any of these, when it is refused; empty: not looked at */
};

struct conform_case {
	char *id;
	char *title;
	struct conf_list proves; /**< char *: requirement ids */
	char *clause;
	char *level;            /**< of the requirement: "M", "D", "O" */
	struct conf_list needs; /**< char *: capabilities */
	char *trust;            /**< id of a vector_trust_row that is in force */
	json_t *fault; /**< object: members of the reference's configuration, "faults.skip_checks": […] */
	struct conf_list tokens; /**< struct case_token; "a" is there in any case */
	struct conf_list steps;  /**< struct case_step */
};

/** The cases of one role, and where they come from */
struct case_file {
	char *schema;           /**< of the file, for editors */
	char *role;             /**< "cps" */
	struct conf_list cases; /**< struct conform_case */
};

extern const struct conf_table case_file_table;

/**
 * Read scenarios/cases/<role>.json, and check what its table cannot say: ids are there once, tokens are known, reasons and
 * rows are there, each case has a fault.
 *
 * @return 0; ENOENT (there is no such role), EBADMSG with text: file, line, column, member
 */
int cases_load(struct case_file *ret, const char *role, struct err *e);
void cases_free(struct case_file *f);

#endif
