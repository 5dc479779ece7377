#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/stir/verify_checks.h"

/* The checks of the claims, by themselves and against the call. */

/* Fault that shows the claim as it stands there */
static int refuse(struct fault *fault, enum reason reason, const char *want, const char *name,
		  const json_t *v)
{
	char *z;
	int err;

	if (!v)
		return fault_set(fault, reason, want, "no %s", name);
	z = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT | JSON_ENSURE_ASCII);
	err = fault_set(fault, reason, want, "%s %s", name, z ? z : "that cannot be shown");
	free(z);
	return err;
}

static int check_orig_form(const struct passport *pp, struct fault *fault)
{
	const json_t *orig = json_object_get(pp->claims, "orig");

	/* RFC 8225 5.2.1: one identity; ATIS-1000074 5.2.2: a number */
	if (json_object_size(orig) == 1 && tn_is_canonical(pp->orig_tn))
		return 0;
	return refuse(fault, REASON_CLAIM, "orig with one tn: 1 to 15 of 0-9 # *", "orig", orig);
}

static bool is_array_of_strings(const json_t *v)
{
	size_t i;
	const json_t *s;

	json_array_foreach (v, i, s)
		if (!json_is_string(s))
			return false;
	return json_is_array(v);
}

static int check_dest_form(const struct passport *pp, struct fault *fault)
{
	const json_t *dest = json_object_get(pp->claims, "dest");
	const json_t *uri = json_object_get(dest, "uri");
	size_t n = passport_dest_count(pp);
	bool ok = n > 0 && (!uri || is_array_of_strings(uri));

	for (size_t i = 0; i < n; i++)
		ok = ok && tn_is_canonical(passport_dest(pp, i));
	if (ok)
		return 0;
	return refuse(fault, REASON_CLAIM, "dest with an array tn of 1 or more: 1 to 15 of 0-9 # *",
		      "dest", dest);
}

/* The claim that an extension is there for (RFC 8443 3, RFC 9795) */
static int check_extension_claim(const struct passport *pp, struct fault *fault)
{
	const json_t *v;
	const char *name = sv_eqz(pp->ppt, "rph") ? "rph" : sv_eqz(pp->ppt, "rcd") ? "rcd" : NULL;

	if (!name)
		return 0;
	v = json_object_get(pp->claims, name);
	if (json_object_size(v) > 0)
		return 0;
	return refuse(fault, REASON_CLAIM, "an object named after ppt", name, v);
}

int verify_check_claims(const struct verify_ctx *ctx, struct fault *fault)
{
	const struct passport *pp = ctx->pp;
	int err = check_orig_form(pp, fault);

	if (!err)
		err = check_dest_form(pp, fault);
	if (!err && !pp->has_iat)
		err = refuse(fault, REASON_CLAIM, "iat as an integer number of seconds", "iat",
			     json_object_get(pp->claims, "iat"));
	return err ? err : check_extension_claim(pp, fault);
}

int verify_check_attest(const struct verify_ctx *ctx, struct fault *fault)
{
	const json_t *v = json_object_get(ctx->pp->claims, "attest");
	struct sv attest = ctx->pp->attest;

	if (!sv_eqz(ctx->pp->ppt, "shaken") || sv_eqz(attest, "A") || sv_eqz(attest, "B") ||
	    sv_eqz(attest, "C"))
		return 0;
	return refuse(fault, attest.p ? REASON_ATTEST : REASON_CLAIM,
		      "attest \"A\", \"B\" or \"C\"", "attest", v);
}

/* RFC 9562 4: 8-4-4-4-12 hexadecimal digits, read in either case */
static bool is_uuid(struct sv v)
{
	if (v.l != UUID_LEN)
		return false;
	for (size_t i = 0; i < v.l; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? v.p[i] != '-' : !strchr("0123456789abcdefABCDEF", v.p[i]) || !v.p[i])
			return false;
	}
	return true;
}

int verify_check_origid(const struct verify_ctx *ctx, struct fault *fault)
{
	const json_t *v = json_object_get(ctx->pp->claims, "origid");
	struct sv origid = ctx->pp->origid;

	if (!sv_eqz(ctx->pp->ppt, "shaken") || is_uuid(origid))
		return 0;
	return refuse(fault, origid.p ? REASON_ORIGID : REASON_CLAIM,
		      "origid as a UUID: 8-4-4-4-12 hexadecimal digits", "origid", v);
}

/* RFC 8946 3: one identity, from the dest of the PASSporT before; further members (hi) are free */
int verify_check_div(const struct verify_ctx *ctx, struct fault *fault)
{
	const json_t *div = json_object_get(ctx->pp->claims, "div");
	const json_t *tn = json_object_get(div, "tn"), *uri = json_object_get(div, "uri");
	struct sv number = {json_string_value(tn), json_string_length(tn)};

	if (!sv_eqz(ctx->pp->ppt, "div"))
		return 0;
	if (tn ? !uri && tn_is_canonical(number) : json_string_length(uri) > 0)
		return 0;
	return refuse(fault, REASON_CLAIM, "div with one tn or one uri", "div", div);
}

int verify_check_orig(const struct verify_ctx *ctx, struct fault *fault)
{
	char want[120];

	/* RFC 8224 6.2.4: the caller is who the signalling says; the token must agree */
	if (sv_eq(ctx->pp->orig_tn, tn_sv(&ctx->call->orig)))
		return 0;
	(void)snprintf(want, sizeof(want), "%s, the caller of the INVITE", ctx->call->orig.s);
	return fault_set(fault, REASON_ORIG_MISMATCH, want, "orig %.*s", SV_ARG(ctx->pp->orig_tn));
}

int verify_check_dest(const struct verify_ctx *ctx, struct fault *fault)
{
	char want[120];

	if (passport_dest_has(ctx->pp, &ctx->call->dest))
		return 0;
	(void)snprintf(want, sizeof(want), "%s, the called number of the INVITE",
		       ctx->call->dest.s);
	return refuse(fault, REASON_DEST_MISMATCH, want, "dest",
		      json_object_get(ctx->pp->claims, "dest"));
}
