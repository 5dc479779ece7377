/** @file mapping.h  Published CPS mappings: the signed lists OCN → URL of the STI-PA and the STI-CAs
 * (6.1.1, 6.1.2).
 *
 * A list is a signed list of list.h with the member cpsMapping, an object OCN → https URL, and
 * where its authority also knows carriers cicMapping, an object CIC → https URL (6.2; our own, the
 * specification leaves its form open). It is taken as a whole or not at all: one URL that is not
 * https, and nothing of it is used, since who signs such a thing is not to be believed in the rest
 * either.
 *
 * The set holds one list an authority. An authority is the root at which its signer's chain ends:
 * so one STI-CA has one list and one row of sequence numbers, whoever delivered it (DISC-08), and it
 * is known who vouches for each mapping (DISC-09). A list is used until it runs out, also when no new
 * one comes, and only as long as its signer is trusted.
 */
#ifndef STIR_MAPPING_H
#define STIR_MAPPING_H

#include <stdint.h>

#include <jansson.h>

#include "lib/base/buf.h"
#include "lib/base/env.h"
#include "lib/base/sv.h"
#include "lib/stir/reason.h"
#include "lib/stir/trust.h"

/** Digits of a Carrier Identification Code: three or four in North America */
#define CIC_MAX 8
/** Octets of a CPS URL */
#define MAP_URL_MAX 1024
/** Authorities in a set */
#define MAP_AUTHORITIES_MAX 64
/** Octets of the saved set */
#define MAP_STATE_MAX (64u << 20)

/**
 * Digits of a CIC: visual separators and a leading `+` with the country code 1 are dropped (RFC 4694
 * §4: `cic=+1-0288`).
 *
 * @return 0; EBADMSG: nothing is left, or another character is in it
 */
int cic_canonical(char ret[CIC_MAX + 1], struct sv in);

/** What is wrong with an OCN (1 to SPC_MAX of 0-9 and A-Z) or with a CPS URL; NULL: nothing */
const char *map_check_ocn(struct sv ocn);
const char *map_check_url(struct sv url);

/** Whose list it is: another one signs it, and another root vouches for it */
enum map_kind { MAP_STI_PA, MAP_STI_CA };

/** What a list is looked up by */
enum map_key { MAP_OCN, MAP_CIC };

/**
 * Sign a list.
 *
 * @param ocns, cics  Objects key → URL; cics may be NULL or empty: no such member then
 *
 * @return 0; EINVAL (a key or URL that takers would refuse); EIO; ENOMEM, EMSGSIZE
 */
int map_sign(struct buf *ret, const char *x5u, int64_t sequence, int64_t exp_s, json_t *ocns,
	     json_t *cics, const struct stir_key *key);

/** x5u of a list, so that its signer's chain can be fetched. @return new string; NULL and fault when
 * its form is wrong */
char *map_x5u(struct sv jwt, struct fault *fault);

struct map_set;

/** @param trust, env  Borrowed. @return 0, ENOMEM */
int map_set_alloc(struct map_set **ret, const struct trust *trust, const struct env *env);
/** Accepts NULL */
void map_set_free(struct map_set *set);

/** A list as it came */
struct map_offer {
	enum map_kind kind;
	struct sv jwt;
	struct sv chain_pem; /**< of its signer: what x5u gives */
	unsigned
		rank; /**< place of its authority among those of its kind: the lowest is asked first */
};

/** A list in the set, or one that was refused as far as it could be read */
struct map_info {
	enum map_kind kind;
	char authority[256]; /**< name of the root at which its signer's chain ends; "" unknown */
	int64_t sequence, exp_s;
	size_t ocns, cics; /**< entries */
};

/**
 * Take a list, when it may be.
 *
 * @param info   What it is; also filled on EALREADY. May be NULL
 * @param fault  Filled on EBADMSG, by its check:
 *               "form"      REASON_LIST_FORM, REASON_LIST_ALG, REASON_LIST_TYP, REASON_LIST_VERSION,
 *                           REASON_MAP_KEY, REASON_MAP_URL
 *               "signer"    what path.h, trust.h and cert.h say; REASON_LIST_SIGNER: not one that may
 *                           sign lists
 *               "signature" REASON_LIST_SIGNATURE
 *               "exp"       REASON_LIST_EXPIRED
 *               "sequence"  REASON_LIST_ROLLBACK (lower than one that was taken), REASON_LIST_CHANGED
 *                           (the same with other content)
 *
 * @return 0; EALREADY (held already); EBADMSG: what is held stays; ENOSPC (too many authorities);
 *         ENOMEM
 */
int map_set_take(struct map_set *set, const struct map_offer *offer, struct map_info *info,
		 struct fault *fault);

/** A mapping and who vouches for it. Strings last until the set changes */
struct map_entry {
	const char *url;
	const char *authority;
	int64_t sequence, exp_s;
};

/**
 * All mappings of a key, in the order of the ranks. Lists that have run out, or whose signer is not
 * trusted any more, give none.
 *
 * @return number of entries in ret
 */
size_t map_set_find(struct map_set *set, enum map_kind kind, enum map_key by, const char *key,
		    struct map_entry ret[MAP_AUTHORITIES_MAX]);

/** The i-th list of the set. @return 0; ENOENT past the end; EBADMSG: it is not in use, with the
 * reason in fault */
int map_set_info(struct map_set *set, size_t i, struct map_info *ret, struct fault *fault);

/** When the first list that is in use runs out (seconds since 1970); INT64_MAX: there is none */
int64_t map_set_expires_s(struct map_set *set);

/** The set as JSON text, for map_set_load() after a restart: the lists with their chains. @return 0,
 * ENOMEM, EMSGSIZE */
int map_set_save(const struct map_set *set, struct buf *ret);

/**
 * Into an empty set. The sequences count from now on, so that none goes back over a restart; the
 * lists themselves are checked again before they are used.
 *
 * @return 0; EBADMSG with text: it is not what was saved, and the set is empty; ENOMEM
 */
int map_set_load(struct map_set *set, struct sv text, struct err *e);

#endif
