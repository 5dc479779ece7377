/** @file role.h  A role that an implementation can play: what its cases are made of, how it is configured, what surrounds it.
 *
 * One row for each role (roles.c); everything peculiar to one is in role_<name>*.c. A role fills one of two forms: its
 * implementation is configured, started and played with step by step; or each of its cases is a run of its own (run).
 */
#ifndef CONFORM_ROLE_H
#define CONFORM_ROLE_H

#include "lib/net/https_server.h"
#include "sim/oobsim/conform/play.h"

/** A host of the bench's world: its name, and the two last octets of its address 127.<world>.… */
struct role_host {
	const char *name;
	unsigned char of, element;
};

/** Where an implementation is reached */
struct role_interface {
	const char *name; /**< "public": in sut.json's address.at, and in bench_at() */
	const char *
		format; /**< of one %s, its address, when it is ours to give: "sip:%s:5060;transport=tcp" */
};

/** An interface that an implementation has only when it declares a capability */
struct role_option {
	const char *interface, *capability;
};

struct role {
	const char *name;      /**< "cps" */
	const char *what;      /**< "a CPS", for people */
	const char *reference; /**< its sut.json */

	/* cases */
	const struct conf_table *step_table;
	/** Check what the table cannot say of one step. @return 0, or case_refuse(). NULL: nothing */
	int (*check_step)(const struct case_place *at, const struct conform_case *c, size_t i);
	const char *const *interfaces; /**< words of `over`, ended by NULL; NULL: none */
	const char *const
		*published; /**< words of `published` besides "usual", ended by NULL; NULL: none */
	const char *const *capabilities; /**< words of `needs`, ended by NULL; NULL: none */

	/* what surrounds it */
	struct role_host self; /**< the implementation: element is not 0 */
	const struct role_host *
		hosts; /**< others whose names it must know, ended by a name NULL; they have TLS certificates too */
	const struct role_interface *at;   /**< ended by a name NULL */
	const struct role_option *options; /**< ended by an interface NULL; NULL: none */
	const char *const
		*told; /**< further names in sut.json's address.at, ended by NULL; NULL: none */
	/** What plays its peers: opened once, before the first start; state in b->role_state. NULL: nothing */
	int (*open)(struct bench *b, struct err *e);
	void (*close)(struct bench *b);
	/** What is published during the next start: called before it, with b->trust set. NULL: nothing */
	int (*publish)(struct bench *b, const char *published, struct err *e);
	/** Answer a request to the repository that it does not know. @return false: neither do we. NULL: none */
	bool (*serve)(struct bench *b, struct https_req *req);

	/** Its configuration. @return New reference; NULL with text */
	json_t *(*conf)(struct bench *b, struct err *e);
	/** `--check`: it answers, whatever. Prints a line for each interface. @return 0; EIO with text */
	int (*check)(struct bench *b, struct err *e);

	/** Begin and end a case: state in p->state. NULL: nothing */
	int (*begin)(struct play *p, struct err *e);
	void (*end)(struct play *p);
	/** Run one step, and judge it: play_fails(), play_expects(). @return 0; EINTR; another errno with text: our own trouble */
	int (*step)(struct play *p, const void *step, struct err *e);

	/** Instead of all from self on: run one case, with a fault or NULL. @return as step() */
	int (*run)(struct bench *b, const struct sut *sut, const json_t *fault,
		   struct conform_result *r, struct err *e);
	/** Likewise, for an implementation that is a judge: run a batch; those that are unsupported have their verdict. @return 0; EINTR with text */
	int (*batch)(struct bench *b, const struct sut *sut, const json_t *fault,
		     struct conform_result *r, size_t n, struct err *e);
	/** Its file of cases, where they are no file. @return New string, NULL with text. NULL: scenarios/cases/<name>.json */
	char *(*make_cases)(struct err *e);

	/** Of a role whose cases leave no trace: what a case was given, octet for octet; empty: nothing. Belongs to the role. NULL: its
	 * cases leave a trace */
	struct sv (*given)(const struct case_item *item, uint64_t seed);
};

/** Is the bench's world of TLS, repository and peers used? Not where each case has its own, nor by a judge */
static inline bool role_alone(const struct role *role)
{
	return role->run || role->batch;
}

/** NULL when there is none */
const struct role *role_find(const char *name);
/** The i-th, in the order of `conform --all`; NULL behind the last */
const struct role *role_at(size_t i);

extern const struct role role_as, role_cps, role_vs, role_pki, role_osp, role_tsp, role_judge;

#endif
