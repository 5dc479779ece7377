/** @file list.h  Signed lists: the JWT frame of the STI-PA and the STI-CAs (6.1.1, ATIS-1000084).
 *
 * Header alg, typ "JWT", x5u; payload version, sequence, exp and a member with the content (trustList, cpsMapping). Makers sign them, takers check signer, exp, version and that sequence never goes back.
 */
#ifndef STIR_LIST_H
#define STIR_LIST_H

#include <stdint.h>

#include <jansson.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/sv.h"
#include "lib/stir/cert.h"
#include "lib/stir/key.h"
#include "lib/stir/reason.h"

#define LIST_VERSION "1.0"
#define LIST_MAX_LEN (4u << 20)

/** A parsed list; `signer not yet checked` until list_verify() */
struct signed_list {
	char *x5u; /**< owned */
	int64_t sequence;
	int64_t exp_s;
	json_t *content;    /**< value of the content member; reference owned */
	json_t *claims;     /**< the whole payload; reference owned */
	char *token;        /**< as received, owned */
	enum reason reason; /**< after list_parse() has refused it: why. All else is zero then */
};

/** Sign a list. @param member "trustList" or "cpsMapping" */
int list_sign(struct buf *ret, const char *x5u, int64_t sequence, int64_t exp_s, const char *member,
	      json_t *content, const struct stir_key *key);

/** list_sign() with several members: object name → content */
int list_sign_members(struct buf *ret, const char *x5u, int64_t sequence, int64_t exp_s,
		      json_t *members, const struct stir_key *key);

/** Parse, form only: alg ES256, typ JWT, x5u, version, sequence, exp, the member. EBADMSG with text, and ret->reason:
 * REASON_LIST_FORM, REASON_LIST_ALG, REASON_LIST_TYP, REASON_LIST_VERSION */
int list_parse(struct signed_list *ret, struct sv jwt, const char *member, struct err *e);

/** Signature by the leaf of chain alone. EBADMSG with text; another errno when it could not be checked */
int list_check_signature(const struct signed_list *list, const struct cert_chain *chain,
			 struct err *e);

/** Signature by the leaf of chain, and exp against now. EBADMSG with text */
int list_verify(const struct signed_list *list, const struct cert_chain *chain, int64_t now_s,
		struct err *e);

/** Free what it holds. (libre has a list_clear(): two functions of one name in a process would call each other) */
void signed_list_clear(struct signed_list *list);

#endif
