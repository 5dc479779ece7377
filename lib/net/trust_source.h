/** @file trust_source.h  Octets of a list, CRL or chain from where the configuration says: an https URL or a file. */
#ifndef NET_TRUST_SOURCE_H
#define NET_TRUST_SOURCE_H

#include "lib/net/https_client.h"

struct trust_source;

/** @param client  Borrowed */
int trust_source_alloc(struct trust_source **ret, struct https_client *client);
/** A fetch under way is forgotten. Accepts NULL */
void trust_source_free(struct trust_source *src);

/** @param text  what went wrong, with URL or path; NULL when err is 0. Views die with the call */
typedef void(trust_source_h)(int err, struct sv body, const char *text, void *arg);

/**
 * Get it; one at a time.
 *
 * @param where   https URL or path of a file
 * @param beside  When this is a file and `where` a URL, a file of the same name in its folder is taken instead, if there
 *                is one: so lists that were handed over as files need no network. NULL: no
 * @param done    Called once, for a file before the return
 */
void trust_source_get(struct trust_source *src, const char *where, const char *beside,
		      size_t max_len, trust_source_h *done, void *arg);

/** Check function for conf tables */
const char *check_trust_source(struct sv value);

#endif
