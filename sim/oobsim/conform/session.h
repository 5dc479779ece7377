/** @file session.h  What one command tests: roles with their cases and implementations; all wanted cases, and their verdicts. */
#ifndef CONFORM_SESSION_H
#define CONFORM_SESSION_H

#include "sim/oobsim/conform/work.h"

#define SESSION_ROLES 8

struct session_role {
	const struct role *role;
	struct case_file cases;
	struct sut sut;
	struct given *given; /**< of its address.provisioned; NULL */
};

struct session {
	struct session_role roles[SESSION_ROLES];
	size_t nroles;
	struct conform_result
		*r; /**< shared memory: wanted cases, in the order of roles and files */
	size_t n;
};

/**
 * Add a role with all that it takes.
 *
 * @param sut  File of its description; NULL: the reference
 *
 * @return 0; with text: EBADMSG, ENOENT … (a mistake in a file), EINVAL (it does not play the role, a known failure names no case)
 */
int session_add(struct session *s, const struct role *role, const char *sut, struct err *e);
void session_free(struct session *s);

/** Choose cases: ids of cases or items ("VS-05/alg-none" is all its interfaces); without any, all. @return 0; EINVAL with text: there
 * is no such case; ENOMEM */
int session_want(struct session *s, const char *const *ids, size_t n, struct err *e);

/** Does one of them run somewhere, so that nothing else may ask it meanwhile? */
bool session_alone(const struct session *s);

/** An empty batch of a role, for results at r */
struct work session_work(const struct session *s, const struct role *role,
			 struct conform_result *r);

/** Run what is wanted. shuffle: another order, drawn from that number; 0: as in the files. @return as work_run() */
int session_run(struct session *s, const struct work_opts *opts, uint64_t shuffle, struct err *e);

/* ---- prove.c ---- */

/** Show that each wanted case fails on its fault and passes without, and print it. *ret_code: exit code. @return as work_run() */
int session_prove(struct session *s, const struct work_opts *opts, bool json, int *ret_code,
		  struct err *e);

#endif
