/** @file verify_checks.h  The rows of the table of verify.h; for verify*.c and chain*.c. */
#ifndef STIR_VERIFY_CHECKS_H
#define STIR_VERIFY_CHECKS_H

#include "lib/stir/verify.h"

/** What the checks of one PASSporT look at. Nothing is owned */
struct verify_ctx {
	const struct verify_opts *opts;
	int64_t now_s;
	const struct bundle_item *item; /**< NULL: only the token is at hand */
	const struct verify_call *call; /**< NULL: no INVITE at hand */
	const struct passport *pp;
	const struct cred *cred; /**< NULL before the credential is there */
};

/** Does one thing hold? 0; EBADMSG + fault (its `check` is filled by the caller); else our own trouble */
typedef int(verify_check_h)(const struct verify_ctx *ctx, struct fault *fault);

/** What a check needs, so when it can run */
enum verify_stage {
	STAGE_PARSE, /**< the octets: done by passport_parse() */
	STAGE_TOKEN, /**< the parsed token */
	STAGE_CRED,  /**< the credential too */
	STAGE_CHAIN, /**< the other PASSporTs of the call: done by chain_judge() */
};

/** Which PASSporTs of a call that is judged by chain.h a check leaves alone (verify_call.chained) */
enum verify_leaves {
	LEAVES_NONE,
	LEAVES_DIV, /**< those of type div */
	LEAVES_ALL,
};

struct verify_row {
	const char *name;
	const char *clause;
	verify_check_h *run; /**< NULL for STAGE_PARSE and STAGE_CHAIN */
	unsigned by;         /**< bits of enum verify_role */
	enum verify_stage stage;
	enum verify_leaves leaves;
};

/** The table, in order. @return number of rows */
size_t verify_rows(const struct verify_row **ret);

verify_check_h verify_check_typ, verify_check_alg, verify_check_ppt, verify_check_x5u,
	verify_check_info;
verify_check_h verify_check_claims, verify_check_attest, verify_check_origid, verify_check_div;
verify_check_h verify_check_orig, verify_check_dest;
verify_check_h verify_check_fetch, verify_check_profile, verify_check_path, verify_check_revoked;
verify_check_h verify_check_signature, verify_check_fresh, verify_check_validity;

#endif
