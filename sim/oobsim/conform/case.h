/** @file case.h  Cases: what an implementation of one role must do, one by one; data of scenarios/cases/<role>.json.
 *
 * A case makes PASSporTs (when it sends them, never before), plays what surrounds the implementation, and says what must come.
 * It also names the fault that it exists to find: what a reference is given so that this case, and the bench with it, is shown
 * to be able to fail. What its steps are is a matter of the role (role.h).
 */
#ifndef CONFORM_CASE_H
#define CONFORM_CASE_H

#include <stdbool.h>

#include <jansson.h>

#include "lib/base/conf.h"
#include "lib/base/err.h"

/** A PASSporT of a case: one of the vectors' (vector_passport.h), with changes */
struct case_token {
	char *name; /**< in texts: `$name` */
	char *row;  /**< id of a vector_passport_row; "usual" */
	char *cred; /**< id of a vector_cred_row instead of the row's; NULL */
	/** Instead of the row's, as struct vector_jws has them; NULL */
	char *header, *claims, *shape, *sig, *signer;
};

/** In force when a case says nothing else */
#define CASE_USUAL "usual"

struct conform_case {
	char *id;
	char *title;
	struct conf_list proves; /**< char *: requirement ids */
	char *clause;
	char *level;            /**< of the requirement: "M", "D", "S", "O" */
	struct conf_list needs; /**< char *: capabilities */
	struct conf_list
		over;    /**< char *: interfaces; for each a case `id@interface`; empty: one case */
	char *trust;     /**< id of a vector_trust_row that is in force */
	char *published; /**< what authorities publish, a word of the role */
	char *apart; /**< those with the same word have a start of their own; NULL: with all others */
	json_t *config; /**< object: path → value over the implementation's configuration; NULL */
	json_t *fault; /**< object: members of the reference's configuration, "faults.skip_checks": […] */
	struct conf_list tokens; /**< struct case_token; without any: "a", the usual one */
	struct conf_list steps;  /**< structs of role->step_table */
};

struct role;
struct case_tables;

/** A case over one interface: what is run, judged and listed */
struct case_item {
	const struct role *role;
	const struct conform_case *c;
	const char *over; /**< NULL: it does not say */
	char id[96];      /**< "VS-05/alg-none@http" */
};

/** The cases of one role, and where they come from */
struct case_file {
	char *schema;           /**< of the file, for editors */
	char *name;             /**< of the role, as the file says */
	struct conf_list cases; /**< struct conform_case */

	/* not members of the file */
	const struct role *role;
	struct case_item
		*items; /**< all of them, interface by interface, in the order of the file */
	size_t nitems;
	struct case_tables *tables;
};

/** Where a case stands, for an error about it */
struct case_place {
	const char *file;
	struct sv text;
	size_t i;
	struct err *e;
};

/** Refuse a member ("/steps/0/body") of the case. @return EBADMSG with file, line, column, member, expected, got */
int case_refuse(const struct case_place *at, const char *member, const char *want, const char *got);

/** Does a case have a PASSporT of that name? */
bool case_has_token(const struct conform_case *c, const char *name);
/** Check that each word of a step's list is one of its PASSporTs, or a reason. @return 0, EBADMSG with text */
int case_check_tokens(const struct case_place *at, const struct conform_case *c, size_t step,
		      const char *member, const struct conf_list *words);
int case_check_reasons(const struct case_place *at, size_t step, const char *member,
		       const struct conf_list *words);

/**
 * Read scenarios/cases/<role>.json, and check what its table cannot say: ids are there once, tokens are known, reasons and
 * rows are there, each case has a fault.
 *
 * @return 0; EBADMSG, ENOENT … with text: file, line, column, member
 */
int cases_load(struct case_file *ret, const struct role *role, struct err *e);
void cases_free(struct case_file *f);

/** JSON Schema of the file of a role. @return New reference; NULL when out of memory */
json_t *cases_schema(const struct role *role);

/* ---- inside: case_table.c ---- */

/** Tables of a role's file: those of all, with its steps. @return NULL when out of memory */
struct case_tables *case_tables_alloc(const struct role *role);
const struct conf_table *case_tables_file(const struct case_tables *t);

#endif
