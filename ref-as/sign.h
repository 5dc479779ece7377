/** @file sign.h  One question of the CSCF becomes claims and signed PASSporTs (5.3 step 3, AS-01),
 * however it was asked.
 *
 * An originating call gets a shaken PASSporT, and those of other types that are configured. A call
 * that the provider has retargeted gets a div PASSporT instead (RFC 8946 §3, ATIS-1000085), when one of
 * the PASSporTs that it brings is about the number that it was for before.
 */
#ifndef REF_AS_SIGN_H
#define REF_AS_SIGN_H

#include "lib/base/env.h"
#include "lib/net/history.h"
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

/** What is asked, and what became of it. Zeroed first; the views are borrowed */
struct signing {
	/* the question */
	struct tn orig, dest; /**< canonical; dest is where the call goes now */
	struct sv from, attestation_info, origination_id; /**< see struct policy_request */
	struct tn before
		[HISTORY_MAX]; /**< numbers that the call was for before, the last one first */
	size_t before_count;   /**< 0: it was not retargeted */
	int64_t iat_s;         /**< 0: now. Afterwards: of our PASSporTs */
	struct bundle bundle;  /**< PASSporTs that the call brings, as they came; then ours */
	/* the answer */
	size_t first; /**< index of our first PASSporT in the bundle; bundle.n when there is none */
	const char *ppt[1 + AS_EXTRA_MAX]; /**< types of ours, in order */
	const char *unsigned_why;          /**< when there is none; static */
};

/**
 * Decide the claims, sign. Traced as as.attest or as.div, and as.signed, or as as.no_div.
 *
 * @param s        bundle_clear() its bundle afterwards, whatever came of it
 * @param refusal  Filled on EBADMSG
 *
 * @return 0, also when there is nothing to sign; EBADMSG: answer the refusal
 */
int sign_call(const struct signer *signer, struct signing *s, struct redirect_refusal *refusal);

/** Append `<token>;info=<x5u>;alg=ES256;ppt="…"` of our PASSporT at index i of the bundle */
int sign_identity(const struct signer *signer, const struct signing *s, size_t i, struct buf *ret);

#endif
