/** @file maps.h  The CPS mappings of the STI-PA and the STI-CAs (6.1.1, 6.1.2): what providers have told
 * them, and the signed lists made of it.
 *
 *     map/state.json    each authority's sequence and mappings, and which requests were used
 *     map/pa.jwt        signed list of the STI-PA; map/ca1.jwt … of the STI-CAs
 *     map/master.json   JSON array of the lists of all STI-CAs (DISC-07)
 */
#ifndef PKI_MAPS_H
#define PKI_MAPS_H

#include <jansson.h>

#include "lib/stir/mapping.h"
#include "pki/store.h"

#define MAP_FOLDER "map"
/** Where lists are served: /cps-map/pa, /cps-map/ca1 …, /cps-map/master */
#define MAP_PATH "/cps-map/"

struct maps {
	const struct pki *pki; /**< borrowed */
	json_t *authorities;   /**< name → {"sequence", "ocns", "cics"} */
	json_t *requests;      /**< OCN → {"iat", "jti": []}: the last that was used */
};

/** Read the state; a PKI without one has authorities that know nothing. @return 0; EBADMSG … with text */
int maps_load(struct maps *ret, const struct pki *pki, struct err *e);
/** Safe on a zeroed struct */
void maps_clear(struct maps *m);
#define MAPS_AUTO __attribute__((cleanup(maps_clear)))

/** Is there such an authority: "pa", "ca1" …? @param ret_ca  0 for the STI-PA; may be NULL */
bool maps_has(const struct maps *m, struct sv authority, int64_t *ret_ca);

/**
 * Set or remove a mapping.
 *
 * @param url  NULL: remove it
 *
 * @return 0; EEXIST: it says so already; EINVAL with text (no such authority, key or URL is none);
 * ENOMEM
 */
int maps_set(struct maps *m, const char *authority, enum map_key by, const char *key,
	     const char *url, struct err *e);

/** Sign an authority's list anew, with the next sequence number, and the master file; writes the state
 * too */
int maps_publish(struct maps *m, const char *authority, int64_t exp_s, struct err *e);

/** Write the state */
int maps_save(const struct maps *m, struct err *e);

/**
 * Note that a request was used.
 *
 * @return 0; EALREADY: it was used before, or one that was made later; ENOSPC: too many of one second;
 * ENOMEM
 */
int maps_use_request(struct maps *m, const char *ocn, const char *jti, int64_t iat_s);

/** {"authority", "sequence", "ocns", "cics", "url"}, as `sti-pki map` prints it; new reference */
json_t *maps_describe(const struct maps *m, const char *authority);

#endif
