/** @file fault.h  An STI-AS that is wrong on purpose: by it a test case proves that it can fail. Without faults nothing
 * here does anything.
 */
#ifndef REF_AS_FAULT_H
#define REF_AS_FAULT_H

#include <stdbool.h>

#include <jansson.h>

#include "lib/base/buf.h"
#include "lib/base/conf.h"
#include "lib/net/https_client.h"
#include "lib/stir/key.h"

/** How the text of a PASSporT is made */
enum as_token_fault {
	AS_TOKEN_USUAL,
	AS_TOKEN_PADDED,    /**< each part ends with "=" */
	AS_TOKEN_BLANKS,    /**< blanks in its JSON */
	AS_TOKEN_UNORDERED, /**< members from z to a */
	AS_TOKEN_COMPACT,   /**< the signature alone */
	AS_TOKEN_FORGED,    /**< signed with another key */
};

/** What becomes of the POST of a call */
enum as_publish_fault {
	AS_PUBLISH_USUAL,
	AS_PUBLISH_TWICE,    /**< it is made twice */
	AS_PUBLISH_REVERSED, /**< the last PASSporT comes first */
	AS_PUBLISH_CHANGED,  /**< the last octet of each PASSporT is another */
};

struct as_faults {
	bool wait_for_cps; /**< answer only after the CPS has: breaks AS-06 */
	json_t *header;    /**< merge patch (RFC 7396) of the JOSE header; NULL */
	json_t *claims;    /**< merge patch of the claims; NULL */
	int token;         /**< enum as_token_fault */
	char *identity; /**< what follows the PASSporT in an Identity header; NULL: as it is right */
	int64_t redirect_status; /**< of the answer to an INVITE, without Contact; 0: 302 with it */
	int publish;             /**< enum as_publish_fault */
	char *publish_path;      /**< of the POST, instead of its URL's; NULL */
	char *publish_type;      /**< media type of the POST; NULL: as it is right */
	int64_t publish_delay_ms; /**< the POST is begun so much later */
	bool any_list; /**< a published CPS mapping is believed whoever signed it, the last one first */
	struct conf_list skip; /**< char *: what is left out: fault.c */
};
extern const struct conf_table as_faults_table;

/** What the table cannot say. @return 0; EINVAL with text */
int as_faults_check(const struct as_faults *faults, struct err *e);

/** Is this left out? what: a word of the member skip */
bool fault_skips(const struct as_faults *faults, const char *what);

struct question;
/** Leave out what is left out of a question, and of what it is refused for */
void fault_question(const struct as_faults *faults, struct question *q);
/** Is a member that cannot be used, or is not there, to be overlooked? */
bool fault_overlooks(const struct as_faults *faults, const char *member);

/** Make a PASSporT, signed with key, wrong. @return 0, EIO, ENOMEM, EMSGSIZE */
int fault_token(const struct as_faults *faults, struct buf *token, const struct stir_key *key);

struct publisher;
struct publish_job;
/** publisher_post(), wrong */
size_t fault_publish(const struct as_faults *faults, struct publisher *p,
		     const struct publish_job *job);

/* ---- fault_lists.c: published mappings, believed unseen ---- */

struct fault_lists;

/**
 * @param sources  conf_list of struct map_source, fetched now and every interval_s seconds; borrowed
 * @param ready    Called once from the loop when all have been asked once
 *
 * @return 0, ENOMEM
 */
int fault_lists_alloc(struct fault_lists **ret, const struct conf_list *sources, int64_t interval_s,
		      struct https_client *client, void (*ready)(void *arg), void *arg);
/** Accepts NULL */
void fault_lists_free(struct fault_lists *l);

/** URL for a CIC, else for an OCN; each may be NULL or "". NULL: not found. Lasts until the loop goes on */
const char *fault_lists_find(const struct fault_lists *l, const char *cic, const char *ocn);

#endif
