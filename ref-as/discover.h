/** @file discover.h  The configuration's tables as a discovery, and its decisions in the trace. */
#ifndef REF_AS_DISCOVER_H
#define REF_AS_DISCOVER_H

#include "lib/base/err.h"
#include "lib/base/tn.h"
#include "lib/stir/discovery.h"
#include "ref-as/conf.h"

/** Tables of the configuration. @return 0; EINVAL with text that names the member; ENOMEM */
int discover_alloc(struct discovery **ret, const struct as_conf *conf, struct err *e);

/**
 * URL of the CPS for a call, traced as as.discovered or as.no_cps.
 *
 * @return Belongs to the discovery; NULL when none can be determined: no POST then (AS-08)
 */
const char *discover_cps(const struct discovery *d, const struct tn *orig, const struct tn *dest);

#endif
