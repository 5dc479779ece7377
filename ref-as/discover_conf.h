/** @file discover_conf.h  Configuration of the STI-AS's discovery of CPSs: the member "discovery" of ref-as. */
#ifndef REF_AS_DISCOVER_CONF_H
#define REF_AS_DISCOVER_CONF_H

#include "lib/base/conf.h"
#include "lib/net/map_feed.h"
#include "lib/net/trust_feed.h"

/** A rule of local policy: one of prefix, cic, ocn, or none of them (the default) */
struct discover_rule {
	char *prefix, *cic, *ocn;
	char *url;
};

struct discover_conf {
	struct conf_list order; /**< char *: words of discovery.h */
	char *numbers_file;     /**< CSV, or NULL */
	struct conf_list rules; /**< struct discover_rule */
	int conflict;           /**< enum discovery_conflict */
	struct conf_list maps;  /**< struct map_source */
	int64_t interval_s;
	char *state_dir; /**< NULL: sequences are forgotten by a restart */
	struct trust_conf trust;
};

extern const struct conf_table discover_conf_table;

/** What the table cannot say. @return 0; EINVAL with text that names the member */
int discover_conf_check(const struct discover_conf *conf, struct err *e);

#endif
