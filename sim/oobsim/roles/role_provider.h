/** @file role_provider.h  Roles osp and tsp: whole providers, of which each case is a call, or several, in a world of its own. */
#ifndef CONFORM_ROLE_PROVIDER_H
#define CONFORM_ROLE_PROVIDER_H

#include "sim/oobsim/conform/role.h"
#include "sim/oobsim/scenario/scenario.h"

/** Calls in one world */
struct provider_step {
	json_t *scenario; /**< id of a scenario file, or a scenario */
	json_t *with;     /**< its members that are others here; null takes one away; NULL: none */
	json_t *expect;   /**< what must be true: ids of its expectations, and others */
};

/** How long is waited for what is still missing when the calls are over, unless the case says it */
#define PROVIDER_WAIT_MS 1500
/** … and with a fault, which makes that it never comes */
#define PROVIDER_FAULT_WAIT_MS 300

/** The scenario of a step, as text for scenario_read(). @return New string; NULL with the member that is wrong and text */
char *provider_scene(const struct conform_case *c, const struct provider_step *step,
		     const char **ret_member, struct err *e);

/** Whose place in the scenario the implementation fills */
const struct scn_provider *provider_place(const struct role *role, const struct scenario *scn);

#endif
