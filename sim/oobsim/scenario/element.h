/** @file element.h  The kinds of elements: name, program, place in the addresses, who has one. One
 * table for the world, for the names that a scenario may use, and for help.
 */
#ifndef OOBSIM_ELEMENT_H
#define OOBSIM_ELEMENT_H

#include <stdbool.h>

#include "lib/base/sv.h"
#include "sim/oobsim/scenario/scenario.h"

enum element_kind {
	ELEMENT_PKI,
	ELEMENT_SWITCH,
	ELEMENT_AS,
	ELEMENT_GW,
	ELEMENT_VS,
	ELEMENT_CPS,
	ELEMENT_PHONE,
	ELEMENT_KINDS,
};

struct element_info {
	const char *name;    /**< "as": second part of an element's name */
	const char *program; /**< NULL: a phone, played by SIPp */
	unsigned octet;      /**< last octet of its address */
	unsigned kinds;      /**< bit of each provider_kind that has one; 0: the world's */
	const char *what;    /**< for people */
};

extern const struct element_info element_infos[ELEMENT_KINDS];

/** Has this provider such an element? What it says itself counts, else its kind; off the path it has
 * only what it says */
bool element_of(const struct scenario *scn, const struct scn_provider *p, enum element_kind kind);

/** Does the scenario's world have an element of that name ("osp.as", "pki")? */
bool element_exists(const struct scenario *scn, struct sv name);

/** Kind of an element by its name. @return false when there is none of that kind */
bool element_kind_of(struct sv name, enum element_kind *ret);

/** What the path of a setting leads to */
struct element_setting {
	struct sv name;         /**< "tsp.cps"; "cps": each of that kind */
	bool all;               /**< the latter */
	enum element_kind kind; /**< of them */
	struct sv member;       /**< what follows: "faults.never_answer" */
};

/** @return false when no element is meant, or nothing follows */
bool element_setting(const struct scenario *scn, struct sv path, struct element_setting *ret);

/** Settings of a whole kind that are no member of one configuration: how its services are reached */
enum element_way { WAY_AS, WAY_VS, WAY_CPS, WAYS };
enum { INTERFACE_REDIRECT, INTERFACE_PROXY, INTERFACE_HTTP };
enum { DELIVERY_PULL, DELIVERY_PUSH };

struct element_way_info {
	const char *path;         /**< "as.interface" */
	const char *const *words; /**< NULL terminated: INTERFACE_…, DELIVERY_… */
};

extern const struct element_way_info element_ways[WAYS];

/** Index of the way that a path names, WAYS when it is an ordinary setting */
enum element_way element_way_of(struct sv path);
/** Index of the word, or -1 */
int element_way_word(enum element_way way, const char *word);

#endif
