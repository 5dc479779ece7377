/** @file inspect_list.h  `oobsim inspect` of published CPS mappings (6.1.1, 6.1.2): one list, or a master file of several. */
#ifndef OOBSIM_INSPECT_LIST_H
#define OOBSIM_INSPECT_LIST_H

#include "lib/stir/list.h"
#include "lib/stir/mapping.h"
#include "sim/oobsim/inspect/inspect.h"

/** A list and what became of it */
struct inspected_list {
	size_t length;           /**< of the token, octets */
	struct signed_list list; /**< token NULL: it cannot be read */
	enum inspect_verdict verdict;
	struct fault fault;  /**< when refused */
	enum map_kind kind;  /**< when verified */
	char authority[256]; /**< root at which its signer's chain ends; "" when not known */
};

/** Lists of one file */
struct inspected_lists {
	struct inspected_list v[MAP_AUTHORITIES_MAX];
	size_t n;
};

/** Is this text a signed list (a JWT), or a master file of them (a JSON array)? */
bool inspect_is_list(const char *text);

/**
 * Read them, and judge them when trust is given.
 *
 * @param judge  NULL: their form only
 * @return 0; EBADMSG with text: it is no master file; ENOMEM
 */
int inspect_lists_read(struct inspected_lists *ret, const char *text, struct inspect_judge *judge,
		       struct err *e);
/** Safe on a zeroed struct */
void inspect_lists_clear(struct inspected_lists *lists);

/** A key that one of the lists has, with what each says: for who looks at several */
struct vouched {
	enum map_key by;
	const char *key;
	const char *url[MAP_AUTHORITIES_MAX];       /**< one for each list that has it */
	const char *authority[MAP_AUTHORITIES_MAX]; /**< who says so; "" when not known */
	size_t n;
	bool conflict; /**< not all say the same */
};

/** The keys of all lists that are not refused, one after another: h is called for each. @return 0, ENOMEM */
int inspect_vouched(const struct inspected_lists *lists,
		    void (*h)(const struct vouched *v, void *arg), void *arg);

/* ---- inspect_list_print.c ---- */

/** @return exit code of the program: 1 when one is refused */
int inspect_lists_print(const struct inspected_lists *lists, const struct inspect_opts *opts,
			int64_t now_s);

#endif
