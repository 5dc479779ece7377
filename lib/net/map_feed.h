/** @file map_feed.h  Keeps the published CPS mappings of an element current (DISC-05, 06, 07, 10).
 *
 * Fetches the lists of the STI-PA and the STI-CAs, or a master file that holds several, over HTTPS at
 * start, routinely, before they run out and on SIGHUP, and hands them to lib/stir/mapping.h, which
 * decides. A list that has not changed is not sent again (ETag). What was in force stays until it
 * runs out; what was taken is kept in a file, so that no sequence goes back over a restart either.
 */
#ifndef NET_MAP_FEED_H
#define NET_MAP_FEED_H

#include "lib/base/conf.h"
#include "lib/base/env.h"
#include "lib/net/https_client.h"
#include "lib/stir/mapping.h"
#include "lib/stir/trust.h"

/** What is behind a URL */
enum map_source_kind {
	MAP_SOURCE_STI_PA, /**< the list of the STI-PA */
	MAP_SOURCE_STI_CA, /**< the list of one STI-CA */
	MAP_SOURCE_MASTER, /**< a JSON array with the lists of several STI-CAs */
};

struct map_source {
	int authority; /**< enum map_source_kind */
	char *url;
};
extern const struct conf_table map_source_table; /**< members "authority", "url" */

struct map_feed;

struct map_feed_opts {
	const struct map_source *sources; /**< borrowed; those that come first are asked first */
	size_t count;
	int64_t interval_s;
	const char *
		state_dir; /**< folder of the file that is kept, made when it is missing; NULL: none is */
	struct https_client *client;
	const struct trust *trust;
	const struct env *env;
	void (*ready)(void *arg); /**< called once from the loop when the first round has ended */
	void *arg;
};

/** @return 0; EBADMSG, EACCES … with text that names the file; ENOMEM */
int map_feed_alloc(struct map_feed **ret, const struct map_feed_opts *opts, struct err *e);
/** Accepts NULL */
void map_feed_free(struct map_feed *feed);

/** Begin: not before the trust data is there, without which nothing is taken. Once more: look again
 * now (SIGHUP) */
void map_feed_run(struct map_feed *feed);

/** The lists in force; belongs to the feed */
struct map_set *map_feed_set(struct map_feed *feed);

#endif
