/** @file sign.h  One request of the CSCF becomes claims and a signed PASSporT (5.3 step 3, AS-01).
 */
#ifndef REF_AS_SIGN_H
#define REF_AS_SIGN_H

#include "lib/base/env.h"
#include "lib/net/redirect.h"
#include "lib/stir/bundle.h"
#include "lib/stir/key.h"
#include "ref-as/conf.h"
#include "ref-as/policy.h"

/** What signing needs; all borrowed */
struct signer {
	const struct as_conf *conf;
	const struct env *env;
	const struct policy *policy;
	const struct stir_key *key;
};

/** A request on its way to its answer */
struct signing {
	struct sip_rx *rx;    /**< borrowed */
	int64_t now_s;        /**< iat, and the Date of the answer */
	struct tn orig, dest; /**< canonical; empty strings before they are read */
	struct policy_claims claims;
	struct bundle bundle; /**< those that were in the request, as they came, then ours */
};

/**
 * Read the request, decide the claims, sign. Traced as as.attest and as.signed.
 *
 * @param s        Zeroed; bundle_clear() its bundle afterwards, whatever came of it
 * @param refusal  Filled on EBADMSG
 *
 * @return 0; EBADMSG: nothing is signed, answer the refusal
 */
int sign_request(const struct signer *signer, struct sip_rx *rx, struct signing *s,
		 struct redirect_refusal *refusal);

/** Our PASSporT, the last of the bundle */
struct sv sign_token(const struct signing *s);

#endif
