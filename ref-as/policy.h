/** @file policy.h  What the STI-AS says of a caller: attestation and origination identifier. */
#ifndef REF_AS_POLICY_H
#define REF_AS_POLICY_H

#include <stdbool.h>

#include "lib/base/env.h"
#include "lib/base/err.h"
#include "lib/base/sv.h"
#include "lib/base/tn.h"
#include "ref-as/conf.h"

struct policy;

/** @param conf  Borrowed for the life of the policy. @return 0, EINVAL with text, ENOMEM */
int policy_alloc(struct policy **ret, const struct as_conf *conf, struct err *e);
/** Accepts NULL */
void policy_free(struct policy *policy);

/** What is known of the caller; views are borrowed for the call */
struct policy_request {
	const struct tn *caller;
	struct sv from;             /**< From header's value: its host tells the customer */
	struct sv attestation_info; /**< Attestation-Info of the CSCF; empty when absent */
	struct sv origination_id;   /**< Origination-Id of the CSCF; empty when absent */
};

struct policy_claims {
	char attest[2]; /**< "A", "B", "C" */
	char origid[UUID_LEN + 1];
	const char *why; /**< of attest, for the trace; static */
};

/**
 * Decide the claims attest and origid (RFC 8588 §§4, 5).
 *
 * Attestation-Info and Origination-Id are the CSCF's word (3GPP TS 24.229): it has authenticated
 * the caller and knows more than a table of numbers does, so they go before our own policy. A value
 * that cannot stand in the claim is passed over.
 */
void policy_decide(const struct policy *policy, const struct policy_request *req,
		   const struct env *env, struct policy_claims *ret);

/** Is v a UUID as it stands in origid: 8-4-4-4-12, lower case hex? */
bool policy_is_origid(struct sv v);

#endif
