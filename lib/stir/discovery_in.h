/** @file discovery_in.h  What discovery.c (tables) and discovery_find.c (search) share; nobody else
 * includes it. */
#ifndef STIR_DISCOVERY_IN_H
#define STIR_DISCOVERY_IN_H

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "lib/base/prefix_map.h"
#include "lib/stir/cert.h"
#include "lib/stir/discovery.h"

/** A provider: made by the first row that names it, with or without a CPS of local policy */
struct provider {
	char ocn[SPC_MAX + 1];
	char *url; /**< NULL: no rule */
	UT_hash_handle hh;
};

/** A rule by number range or carrier */
struct keyed_rule {
	char key[TN_MAX + 1];
	char *url;
	UT_hash_handle hh;
};

struct discovery {
	struct discovery_opts opts;
	struct map_set *maps;
	struct prefix_map *numbers; /**< → struct provider */
	struct provider *providers; /**< by OCN */
	struct prefix_map *ranges;  /**< → struct keyed_rule */
	struct keyed_rule *by_number, *by_cic;
	char *default_url;
};

#endif
