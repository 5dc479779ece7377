/** @file fault.h  Behaviours that are wrong on purpose: by them a test case proves that it can fail. Member `faults` of the
 * configuration. */
#ifndef REF_CPS_FAULT_H
#define REF_CPS_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/conf.h"
#include "lib/net/https_faults.h"
#include "lib/stir/passport.h"
#include "lib/stir/reason.h"

struct cps_faults_conf {
	struct https_faults_conf http; /**< of both interfaces */

	/* answers to POSTs */
	int64_t answer_delay_ms; /**< the answer to a POST leaves this much later; storing is prompt
				  */
	bool never_answer;       /**< a POST gets no answer at all; storing is prompt */
	struct conf_list skip_checks; /**< char *: checks of verify.h that are left out */
	int64_t answer_status; /**< 429, 503: POSTs are turned away with it unseen; 0: they are not */
	int64_t answer_status_count;     /**< … the first so many; 0: all */
	int64_t retry_after_s;           /**< … with Retry-After; -1: without */
	struct conf_list accept_reasons; /**< char *: a POST that is refused for one of these is
					      answered as if it were accepted; nothing is stored */
	bool no_retry_after;             /**< 503 does not say when to come again */
	bool no_allow;                   /**< 405 does not say which method there is */

	/* what is kept */
	bool lose_passports; /**< what is accepted is not stored */
	bool lose_at_once; /**< what comes while another POST is being answered is accepted and not stored */
	bool one_of_numbers; /**< of the requests about two numbers only the first is stored */
	bool hand_twice;     /**< what was posted twice is handed over twice */
	bool keep_stale;
	bool keep_taken; /**< what was handed over stays in the store */

	/* retrieval */
	bool any_client;       /**< whoever asks on the private interface is answered */
	bool public_retrieval; /**< … on the public one too */
	bool no_wake;          /**< an STI-VS that waits is not told what comes */
	bool by_numbers;       /**< a repetition is known by its numbers, not by its call-id */
	bool forget_calls;     /**< a repetition is not known at all */
	bool lose_to_gone;     /**< who waits and leaves still gets what comes, so nobody does */

	/* push, sending on */
	bool push_twice;
	bool push_refused;    /**< pushed is what came, before it is verified */
	bool push_endless;    /**< neither the call nor a refusal ends the tries */
	bool push_hasty;      /**< Retry-After does not count */
	bool push_mangled;    /**< the last of several PASSporTs is left out */
	bool forward_blind;   /**< the answer does not wait for the other CPS's */
	bool forward_kept;    /**< what is sent on is kept here too */
	bool forward_mangled; /**< as push_mangled */
	bool forward_no_via;
};

extern const struct conf_table cps_faults_conf_table;

/** Is a refusal for this reason one that is answered as if the POST were accepted? */
bool cps_accepts_reason(const struct cps_faults_conf *faults, enum reason reason);

/** Take the last PASSporT off a body of several */
void cps_mangle(struct buf *body);

/** What faults have to remember: which numbers and which PASSporTs came before */
struct cps_memory;

/** @return 0, ENOMEM */
int cps_memory_alloc(struct cps_memory **ret);
/** Accepts NULL */
void cps_memory_free(struct cps_memory *m);
/** One was verified. @return How often its numbers came in another PASSporT before */
size_t cps_memory_add(struct cps_memory *m, const struct passport *pp);
/** How often it came, 1 or more */
size_t cps_memory_times(const struct cps_memory *m, const struct passport *pp);

#endif
