/** @file verify.h  The verification of one PASSporT: a table of named checks, run in order.
 *
 * A CPS runs the table without the comparisons with an INVITE (5.2: not date, orig tn, dest tn); an STI-VS runs it
 * whole; what needs the other PASSporTs of the call is judged by chain.h. A check can be switched off by its name: that makes the wrong implementation by which a test case proves that
 * it can fail. The order is RFC 8224 §6.2's: form, header, claims, (call), credential, signature, freshness.
 */
#ifndef STIR_VERIFY_H
#define STIR_VERIFY_H

#include <stdbool.h>

#include "lib/base/env.h"
#include "lib/base/tn.h"
#include "lib/stir/bundle.h"
#include "lib/stir/cred.h"
#include "lib/stir/passport.h"
#include "lib/stir/reason.h"

/** Freshness of iat, seconds, both directions: an age of exactly this is fresh (RFC 8224 §4.1) */
#define FRESHNESS_S 60

enum verify_role {
	VERIFY_CPS = 1, /**< no INVITE at hand */
	VERIFY_VS = 2,
};

struct verifier;

struct verify_opts {
	enum verify_role role;
	int64_t freshness_s; /**< FRESHNESS_S unless configured */
	bool accept_unknown_ppt; /**< CPS: after the generic checks any type is kept (5.1); VS: such a token is REASON_PPT */
	uint64_t skip; /**< bit i: check i of the table is left out; see verify_check_bit() */
};

int verifier_alloc(struct verifier **ret, const struct verify_opts *opts, struct cred_cache *creds,
		   const struct env *env);
/** Accepts NULL */
void verifier_free(struct verifier *v);

/** Number and names of the checks, in order, those of a chain (chain.h) last; NULL past the end. `clause` is what the
 * check stands for */
const char *verify_check_name(size_t i, const char **clause);
/** Bit for verify_opts.skip; 0 when there is no check of that name, and for "form": what cannot be parsed cannot be
 * verified by leaving the check out */
uint64_t verify_check_bit(struct sv name);
/** What verify_opts.skip means for cred_opts.skip: the rows "profile", "path" and "revoked" are run by the cache, which
 * tells only the first that does not hold. Whoever sets one sets the other */
unsigned verify_cred_skip(uint64_t skip);

/** What the signalling says of the call */
struct verify_call {
	struct tn orig;
	struct tn dest;
	/** chain.h judges afterwards what depends on the other PASSporTs of the call: the rows dest and fresh, and orig
	 * for a div, are left out here */
	bool chained;
};

/** Outcome of one PASSporT */
struct verify_result {
	int err; /**< 0: verified; EBADMSG: fault says why; other: our own trouble (never "invalid") */
	struct fault fault;
	struct passport *pp;   /**< parsed, borrowed; NULL when it could not be parsed */
	char spc[SPC_MAX + 1]; /**< of the signer; "" before the credential was there */
};

typedef void(verify_done_h)(const struct verify_result *res, void *arg);

/**
 * Verify one PASSporT.
 *
 * @param item  Token, and Identity parameters when it came in-band; borrowed until done
 * @param call  What to compare with (VERIFY_VS); NULL for VERIFY_CPS; copied
 * @param done  Called exactly once; before the return when the credential is in the cache
 * @param arg   Handler argument; also the key for verify_cancel()
 *
 * @return 0; ENOMEM; EINVAL (VERIFY_VS without a call). Done is not called then
 */
int verify_run(struct verifier *v, const struct bundle_item *item, const struct verify_call *call,
	       verify_done_h *done, void *arg);

/** Forget runs whose handler argument is arg */
void verify_cancel(struct verifier *v, void *arg);

/**
 * The checks that need no credential and no INVITE (typ to div), over an already parsed token: for `inspect` and tests.
 *
 * @param item  Its Identity parameters, or NULL
 * @return 0; EBADMSG + fault
 */
int verify_form(const struct verifier *v, const struct bundle_item *item, const struct passport *pp,
		struct fault *fault);

#endif
