#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/stir/verify_checks.h"

/* The checks that need the credential. cred.h has judged it by its own checks of the same names;
 * here its verdict becomes the row's. */

static bool is_about(const struct cred *cred, const char *check)
{
	return cred->fault.check && strcmp(cred->fault.check, check) == 0;
}

static int verdict(const struct cred *cred, bool mine, struct fault *fault)
{
	if (!cred->err || !mine)
		return 0;
	if (cred->err == EBADMSG)
		*fault = cred->fault;
	return cred->err;
}

/* Fails closed: whatever none of the three rows below takes up is refused here */
int verify_check_fetch(const struct verify_ctx *ctx, struct fault *fault)
{
	const struct cred *cred = ctx->cred;

	return verdict(cred,
		       !is_about(cred, "profile") && !is_about(cred, "path") &&
			       !is_about(cred, "revoked"),
		       fault);
}

int verify_check_profile(const struct verify_ctx *ctx, struct fault *fault)
{
	return verdict(ctx->cred, is_about(ctx->cred, "profile"), fault);
}

int verify_check_path(const struct verify_ctx *ctx, struct fault *fault)
{
	return verdict(ctx->cred, is_about(ctx->cred, "path"), fault);
}

int verify_check_revoked(const struct verify_ctx *ctx, struct fault *fault)
{
	return verdict(ctx->cred, is_about(ctx->cred, "revoked"), fault);
}

int verify_check_signature(const struct verify_ctx *ctx, struct fault *fault)
{
	int err;

	if (!ctx->cred->chain)
		return fault_set(fault, REASON_CERT_FETCH, "a certificate", "none");
	if (!ctx->cred->key)
		return fault_set(fault, REASON_CERT_KEY, "a P-256 key", "another one");
	err = key_verify(ctx->cred->key, ctx->pp->signing_input, ctx->pp->sig);
	if (err != EBADMSG)
		return err;
	return fault_set(fault, REASON_SIGNATURE,
			 "a signature by the key of the certificate at x5u",
			 "one that its key did not make over these octets");
}

int verify_check_fresh(const struct verify_ctx *ctx, struct fault *fault)
{
	int64_t age = ctx->now_s - ctx->pp->iat_s;
	char want[120];

	if (llabs(age) <= ctx->opts->freshness_s)
		return 0;
	(void)snprintf(want, sizeof(want), "iat at most %" PRId64 " s from now (%" PRId64 ")",
		       ctx->opts->freshness_s, ctx->now_s);
	return fault_set(fault, REASON_STALE, want, "%" PRId64 ", %" PRId64 " s %s", ctx->pp->iat_s,
			 (int64_t)llabs(age), age > 0 ? "old" : "in the future");
}

/* RFC 8224 6.2 step 4: a credential vouches only for what was signed during its life */
int verify_check_validity(const struct verify_ctx *ctx, struct fault *fault)
{
	int64_t from, to;
	char want[120];

	if (!ctx->cred->chain)
		return 0; /* nothing vouches: the row "fetch" has said so, or was left out */
	cert_chain_validity(ctx->cred->chain, &from, &to);
	if (ctx->pp->iat_s >= from && ctx->pp->iat_s <= to)
		return 0;
	(void)snprintf(want, sizeof(want), "iat from %" PRId64 " to %" PRId64, from, to);
	return fault_set(fault, REASON_IAT_OUTSIDE_CERT, want, "%" PRId64, ctx->pp->iat_s);
}
