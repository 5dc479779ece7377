/** @file vector.h  Test vectors without a network: tables of what is changed about a PASSporT, an Identity header, a
 * certificate, a published list, a POST body or the PASSporTs of a call, and what must then be its verdict.
 *
 * A vector is a JSON object that holds all that its verdict rests on (docs/vectors.md). The tables say what is peculiar to a
 * row: a JSON merge patch (RFC 7396), a text with names in it (`$x5u`, `$now-61`), a certificate. Everything is reproducible
 * from the seed: keys, serial numbers and UUIDs are drawn by name, so that a new row changes no other.
 */
#ifndef OOBSIM_VECTOR_H
#define OOBSIM_VECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/sv.h"
#include "lib/stir/cert_bend.h"
#include "lib/stir/certgen.h"
#include "lib/stir/reason.h"
#include "lib/stir/verify.h"

/** The moment at which vectors are judged, seconds since 1970: 2026-09-01T00:00:00Z */
#define VECTOR_NOW INT64_C(1788220800)

/** Octets of one text of a vector */
#define VECTOR_TEXT_MAX (1u << 20)

/** Caller and called number of the call that most vectors are about; its caller's and called provider's OCN */
#define VECTOR_ORIG "12013776051"
#define VECTOR_DEST "19032469103"

/** Where certificates are published; the id of the credential and ".pem" follow */
#define VECTOR_CR "https://cr.pki.example:8443/certificates/"

/* ---- vector_text.c: texts with names in them ---- */

/** A name that texts may hold as `$name`: a-z, 0-9 and _ */
struct vector_var {
	const char *name;
	struct sv value;
};

struct vector_vars {
	const struct vector_var *v;
	size_t n;
	const struct vector_vars *outer; /**< where a name is looked for next; NULL */
};

/**
 * Append the text with its names replaced. `$now` (a variable of that name, else VECTOR_NOW) may be followed by a number of
 * seconds: `$now-61`; `$x` and digits are that many letters x.
 *
 * @return 0; EINVAL with text: a name that is not known; ENOMEM, EMSGSIZE
 */
int vector_expand(struct buf *ret, const char *text, const struct vector_vars *vars, struct err *e);

/** Parse base as JSON and apply the patch (RFC 7396); both are texts with names. patch NULL: none. @return New reference;
 * NULL with text */
json_t *vector_patched(const char *base, const char *patch, const struct vector_vars *vars,
		       struct err *e);

/* ---- vector_scene.c: the PKI of all vectors ---- */

/** One certificate */
struct vector_cert_row {
	const char *id;     /**< also its name in texts: `$osp` is its PEM */
	const char *issuer; /**< id of a row above; NULL: a root */
	enum cert_kind kind;
	const char *cn, *spc;
	const char *key;           /**< kind of its key (key_from_octets()); NULL: P-256 */
	int64_t from_s, to_s;      /**< from now; both 0: two years around it */
	const struct tnauth *list; /**< instead of the SPC */
	size_t nlist;
	struct bend bends[4];
	const char *serial_of; /**< id of a row whose serial number it has too; NULL: its own */
};

/** What an x5u gives: certificates, as a text */
struct vector_cred_row {
	const char *id, *title;
	enum reason reason; /**< why it is refused, whatever it signs; REASON_OK: it is good */
	const char *chain;  /**< "$osp$ca_inter": leaf first; NULL: cannot be fetched */
	const char *signer; /**< id of the certificate whose key signs tokens; NULL: as id */
	const char *clause; /**< NULL: that of the reason */
};

/** A JWS: how it is made, and what is wrong with it. All NULL: nothing */
struct vector_jws {
	const char *header, *claims; /**< merge patch; after a `=`: the octets instead */
	const char *shape; /**< of $h, $p, $s (header, payload, signature); NULL: "$h.$p.$s" */
	const char *sig;   /**< name of a change of the signature: vector_sig.c */
	const char *over;  /**< what is signed; NULL: "$h.$p" */
	const char *key;   /**< id of the certificate whose key signs; NULL: the credential's */
};

/** What there is to trust */
struct vector_trust_row {
	const char *id, *title;
	enum reason reason; /**< why nothing can be believed then; REASON_OK: it is good */
	/** The STI-PA's list of approved STI-CAs: its claims patched, who signs, its chain as a text. signer NULL: none */
	struct vector_jws list;
	const char *list_signer, *list_chain;
	/** Its CRL: likewise */
	const char *crl_signer, *crl_chain;
	const char *revoked;          /**< ids of certificates, blank separated */
	int64_t crl_from_s, crl_to_s; /**< from now; both 0: a day around it */
	struct bend bends[3];
};

extern const struct vector_cert_row vector_cert_rows[];
extern const size_t vector_cert_rows_n;
extern const struct vector_cred_row vector_cred_rows[];
extern const size_t vector_cred_rows_n;
extern const struct vector_trust_row vector_trust_rows[];
extern const size_t vector_trust_rows_n;

struct vector_scene;

/** Make all certificates and all trust as they are at now_s, seconds since 1970. @return 0; EINVAL, EIO, ENOMEM with text */
int vector_scene_alloc(struct vector_scene **ret, uint64_t seed, int64_t now_s, struct err *e);
/** Accepts NULL */
void vector_scene_free(struct vector_scene *scene);

/** Random octets by name: seed and name tell what they are */
void vector_random(const struct vector_scene *scene, const char *name, uint8_t *ret, size_t len);

/** A UUID by name, lower case */
void vector_uuid(const struct vector_scene *scene, const char *name, char ret[UUID_LEN + 1]);

/** Key of a certificate; NULL when there is none of that id */
const struct stir_key *vector_key(const struct vector_scene *scene, const char *id);

/** PEM of a certificate; empty when there is none */
struct sv vector_cert(const struct vector_scene *scene, const char *id);

/** `$now`, and each certificate by its id */
const struct vector_vars *vector_scene_vars(const struct vector_scene *scene);

/** A row by its id; NULL */
const struct vector_cred_row *vector_cred_find(const char *id);

/** Trust as it stands in vectors; borrowed, NULL when there is none of that id */
json_t *vector_trust(const struct vector_scene *scene, const char *id);

/* ---- vector_sig.c, vector_jws.c ---- */

/** A change of a signature */
struct vector_sig {
	const char *name;
	int lead; /**< 0, 32: R, S begins with an octet of zero; -1: as it comes */
	void (*change)(struct buf *ret, const uint8_t sig[ES256_SIG_LEN]); /**< NULL: none */
};

/** NULL when there is none */
const struct vector_sig *vector_sig_find(const char *name);

/** What a JWS is made from */
struct vector_jws_base {
	const char *header, *claims;    /**< JSON texts with names; `$origid` is one by the id */
	const struct vector_vars *vars; /**< their names */
	const char *key;                /**< id of the certificate whose key signs */
	const char *id;                 /**< of the vector: random things by name */
};

/** Append the text of a JWS. @return 0; EINVAL with text; EIO, ENOMEM, EMSGSIZE */
int vector_jws(struct buf *ret, const struct vector_scene *scene,
	       const struct vector_jws_base *base, const struct vector_jws *row, struct err *e);

/* ---- the vectors ---- */

/** A vector; strings are borrowed */
struct vector {
	const char *kind;  /**< "passport", "identity", "certificate", "list", "body", "call" */
	const char *name;  /**< its id is kind/name */
	const char *title; /**< what is peculiar to it */
	enum reason reason;
	const char *clause; /**< NULL: that of the reason */
	const char *by;     /**< who judges so: words among "cps vs as", blank separated */
	json_t *input;      /**< reference taken */
	json_t *fetch; /**< object URL → what it gives; reference taken; NULL: nothing is fetched */
	const char *trust; /**< id of a vector_trust_row; NULL: "usual" */
	int index;         /**< body: which of its PASSporTs is refused; -1: none, or the whole */
};

/** What makes vectors, and where they go */
struct vector_sink {
	const struct vector_scene *scene;
	/** Take one. @return 0, or an errno with text that ends the whole */
	int (*take)(struct vector_sink *sink, const struct vector *v, struct err *e);
	void *arg;
};

/** Hand one to the sink; what it owns is freed in any case */
int vector_give(struct vector_sink *sink, struct vector *v, struct err *e);

/** The makers, one for each kind. @return 0; EINVAL with text that names the vector */
typedef int(vector_maker_h)(struct vector_sink *sink, struct err *e);
vector_maker_h vector_passports, vector_identities, vector_certificates, vector_lists,
	vector_bodies, vector_calls;

/** A usual PASSporT of the call, or what the row makes of it; base->vars must know `$x5u`. */
int vector_passport(struct buf *ret, const struct vector_scene *scene, const char *id,
		    const struct vector_vars *vars, const char *key, const struct vector_jws *row,
		    struct err *e);

/** What the x5u of a credential gives, appended to an object URL → text. url NULL: its usual one. @return 0, or errno with text */
int vector_fetch_add(json_t *fetch, const struct vector_scene *scene, const char *cred,
		     const char *url, struct err *e);

/** A string as member `name`, or as hex digits in `name`_hex when it is no UTF-8. @return 0, ENOMEM */
int vector_set_octets(json_t *object, const char *name, struct sv octets);

/** The vector as it is written: all that its verdict rests on. @return New reference; NULL when out of memory */
json_t *vector_json(const struct vector_scene *scene, const struct vector *v);

/* ---- vector_judge.c: our own verdict ---- */

struct vector_verdict {
	struct fault fault; /**< its reason is REASON_OK when all holds */
	int index;          /**< body: which of its PASSporTs is refused; -1 */
};

/**
 * Judge a vector by what stands in it alone.
 *
 * @param by  One of the words of its "by"
 *
 * @return 0; EINVAL with text: it is no vector; another errno: our own trouble
 */
int vector_judge(const json_t *vector, const char *by, struct vector_verdict *ret, struct err *e);

/* ---- vector_write.c ---- */

/** Append the text of README.md up to the rows of its table of reasons */
void vector_readme(struct buf *ret, size_t n, uint64_t seed);

/** Make all of a seed, judge them, and write them into a directory that is new or empty. ret_n: how many. @return 0; EINVAL
 * with text: one of them is not judged as it says; errno with text */
int vectors_write(const char *dir, uint64_t seed, size_t *ret_n, struct err *e);

#endif
