/** @file choose.h  Local policy: which PASSporT of a call counts, and what that means for the call
 * (5.2, VS-06).
 *
 * One row of the table a named policy; which one is in force is the configuration's policy.choose.
 */
#ifndef REF_VS_CHOOSE_H
#define REF_VS_CHOOSE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/stir/bundle.h"
#include "lib/stir/cert.h"
#include "lib/stir/reason.h"
#include "ref-vs/conf.h"

/** Names of the policies, NULL terminated: words of policy.choose */
extern const char *const choose_words[];

/** One PASSporT of the call after its verification */
struct checked {
	enum bundle_via via;
	int err;      /**< 0: verified; EBADMSG: fault says why; other: our own trouble */
	bool ignored; /**< of a type that we do not know: counts for nothing (RFC 8224 §6.2 step 1)
		       */
	struct fault fault;
	char spc[SPC_MAX + 1]; /**< of the signer; "" when not known */
	char attest[2];	       /**< "" when the token has none */
};

/** What the CSCF is told */
struct verdict {
	const char
		*verstat; /**< "TN-Validation-Passed", "TN-Validation-Failed", "No-TN-Validation" */
	const char *used; /**< "in-band", "out-of-band", "none" */
	const struct checked *by; /**< the one that decided; NULL when there was none */
	enum reason reason;	  /**< REASON_OK, or why it did not verify */
	bool refuse;		  /**< policy: answer with the reason's SIP status and phrase */
};

/** Judge a call by its checked PASSporTs, in the order in which they came */
void choose_verdict(struct verdict *ret, const struct vs_policy *policy, const struct checked *v,
		    size_t n);

#endif
