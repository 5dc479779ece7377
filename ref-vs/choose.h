/** @file choose.h  Local policy: which PASSporTs of a call count, and what that means for the call
 * (5.2).
 *
 * What counts is a chain that ends at the called number and begins with a shaken PASSporT (chain.h; a
 * call that was not retargeted has a chain of one): no other type says that the caller has the number.
 * Where some PASSporTs came in-band and some out-of-band, a policy decides: one row of the table each;
 * which one is in force is the configuration's policy.choose.
 */
#ifndef REF_VS_CHOOSE_H
#define REF_VS_CHOOSE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/stir/bundle.h"
#include "lib/stir/chain.h"
#include "lib/stir/reason.h"
#include "ref-vs/conf.h"

/** Names of the policies, NULL terminated: words of policy.choose */
extern const char *const choose_words[];

/** Does this policy want what came out-of-band even when something came in-band? */
bool choose_wants_both(int choose);

/** One PASSporT of the call after its verification */
struct checked {
	enum bundle_via via;
	int err; /**< 0: verified; EBADMSG: fault says why; other: our own trouble. choose_verdict()
		    puts what the chain found there */
	bool ignored; /**< its type is not known here: counts for nothing (RFC 8224 §6.2 step 1) */
	struct fault fault;
	char spc[SPC_MAX + 1]; /**< of the signer; "" when not known */
	struct passport *pp;   /**< a reference; NULL when it cannot be parsed */
};

/** What the CSCF is told */
struct verdict {
	const char *verstat; /**< value of the tel URI parameter (3GPP TS 24.229 §7.2A.20) */
	const char *used;    /**< "in-band", "out-of-band", "both" (one chain), "none" */
	const char *why;     /**< why it was these that counted; static */
	const struct checked
		*by; /**< the one that decided: original of the chain that holds, or the one at
			fault; NULL when none did */
	enum reason reason;   /**< REASON_OK, or why the call is not verified */
	struct fault fault;   /**< of the chain that decided; reason REASON_OK when it holds */
	bool refuse;          /**< policy: answer with the reason's SIP status and phrase */
	struct chains chains; /**< all of the call, for the trace */
};

struct choose_opts {
	const struct vs_policy *policy;
	struct chain_opts chain;
};

/** Judge a call by its PASSporTs: in-band ones first, in the order in which they came */
void choose_verdict(struct verdict *ret, const struct choose_opts *opts,
		    const struct chain_call *call, struct checked *v, size_t n);

/** "in-band", "out-of-band" */
const char *choose_via_word(enum bundle_via via);

#endif
