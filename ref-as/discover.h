/** @file discover.h  The discovery of CPSs that the configuration asks for, kept current, and its
 * decisions in the trace. */
#ifndef REF_AS_DISCOVER_H
#define REF_AS_DISCOVER_H

#include "lib/base/env.h"
#include "lib/base/err.h"
#include "lib/base/tn.h"
#include "lib/stir/discovery.h"
#include "ref-as/conf.h"

struct discover;

/**
 * Tables of the configuration, and the lists that it names, which are fetched from now on.
 *
 * @param client  Fetches them; borrowed for the life of the discovery, as conf and env are
 *
 * @return 0; EINVAL with text that names the member; another errno with text that names the file
 */
int discover_alloc(struct discover **ret, const struct as_conf *conf, struct https_client *client,
		   const struct env *env, struct err *e);
/** Accepts NULL */
void discover_free(struct discover *d);

/** Is the first round of fetches under way? Then app_ready() is called when it has ended, well or
 * badly */
bool discover_pending(const struct discover *d);

/** SIGHUP: reread the table of numbers, ask for the lists again. On failure what was in force stays */
int discover_reload(struct discover *d, struct err *e);

/**
 * URL of the CPS for a call, traced as as.discovered or as.no_cps, and as.conflict.
 *
 * @return Belongs to the discovery, until the loop goes on; NULL when none can be determined: no POST
 * then (AS-08)
 */
const char *discover_cps(const struct discover *d, const struct discovery_query *query,
			 const struct tn *orig);

#endif
