/** @file element.h  The kinds of elements: name, program, place in the addresses, who has one. One
 * table for the world, for the names that a scenario may use, and for help.
 */
#ifndef OOBSIM_ELEMENT_H
#define OOBSIM_ELEMENT_H

#include <stdbool.h>

#include "lib/base/sv.h"
#include "sim/oobsim/scenario.h"

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

/** Has a provider of this kind such an element? */
bool element_of(enum element_kind kind, int provider_kind);

/** Does the scenario's world have an element of that name ("osp.as", "pki")? */
bool element_exists(const struct scenario *scn, struct sv name);

/** Kind of an element by its name. @return false when there is none of that kind */
bool element_kind_of(struct sv name, enum element_kind *ret);

/** "tsp.cps.faults.never_answer" → element "tsp.cps"; *ret_member (optional) is what follows.
 * @return false when there is no such element, or nothing follows it. The element's name is the
 * view's first octets, up to *ret_member */
bool element_setting(const struct scenario *scn, struct sv path, struct sv *ret_member);

#endif
