/** @file world_sut.h  Implementations of others in a world: in place of one element, or of a whole provider (docs/plug-in.md).
 *
 * Such an element is configured as ours would be, by a file of the same form; it writes no trace. A whole provider gets one file
 * for all of its elements but its phone, which stays ours.
 */
#ifndef OOBSIM_WORLD_SUT_H
#define OOBSIM_WORLD_SUT_H

#include "sim/oobsim/world/sut.h"
#include "sim/oobsim/world/world.h"

/** Implementations in one world at the most */
#define WORLD_SUTS_MAX 16

/**
 * Can the scenario be run with it: is there such an element or provider, does it play that role, does the scenario ask nothing
 * of it that only an element of ours can do (faults, a wrong clock, being killed inside of a provider)?
 *
 * @return 0; with text: EINVAL (there is none, or it has another role), ENOTSUP (the scenario asks for more)
 */
int world_sut_fits(const struct scenario *scn, const struct world_sut *s, struct err *e);

/** Put them into their places, before addresses are given. @return as world_sut_fits() */
int world_sut_attach(struct world *w, const struct world_opts *opts, struct err *e);

/** world_sut_addr.c: put those that run somewhere at the addresses that their descriptions tell, once the others have theirs.
 * @return 0; EINVAL with text (an interface is missing, a host has no address) */
int world_sut_place(struct world *w, struct err *e);

/** Write the configuration of each whole provider: config/<provider>.json. @return 0; EIO, ENOMEM with text */
int world_sut_configure(const struct world *w, struct err *e);

/** Start what fills the place of an element, or of a provider. @return as world_start() */
int world_sut_start(const struct world *w, const struct sut *sut, const char *name,
		    struct proc **ret, struct procs *ps, struct err *e);

/** Does it serve: has it printed READY, or do its ports take connections? */
bool world_sut_ready(const struct world *w, const struct element *el, const struct provider *p);

#endif
