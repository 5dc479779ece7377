/** @file choose.h  Local policy: which PASSporT of a call counts, and what that means for the call
 * (5.2).
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
	bool ignored; /**< its type is not known here: counts for nothing (RFC 8224 §6.2 step 1) */
	struct fault fault;
	char spc[SPC_MAX + 1]; /**< of the signer; "" when not known */
	char attest[2];        /**< "" when the token has none */
	char *identity; /**< out-of-band: Identity value to hand on, owned; NULL when there is none
			 */
};

/** What the CSCF is told */
struct verdict {
	const char *verstat;      /**< value of the tel URI parameter (3GPP TS 24.229 §7.2A.20) */
	const struct checked *by; /**< the one that decided; NULL when none did */
	enum reason reason;       /**< REASON_OK, or why the call is not verified */
	bool refuse;              /**< policy: answer with the reason's SIP status and phrase */
};

/** Judge a call by its PASSporTs: in-band ones first, in the order in which they came */
void choose_verdict(struct verdict *ret, const struct vs_policy *policy, const struct checked *v,
		    size_t n);

/** "in-band", "out-of-band" */
const char *choose_via_word(enum bundle_via via);

#endif
