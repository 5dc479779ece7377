#include <errno.h>
#include <string.h>

#include "lib/stir/verify_checks.h"

/* The checks of the JOSE header, and of the Identity header against it. */

/* The value of a string member, or why there is none */
static int want_string(const struct passport *pp, const char *name, struct sv value,
		       struct fault *fault)
{
	const json_t *v = json_object_get(pp->header, name);

	if (value.p)
		return 0;
	return fault_set(fault, REASON_HEADER_MEMBER, "alg, typ and x5u as strings", "%s %s", name,
			 v ? "of another type" : "missing");
}

int verify_check_typ(const struct verify_ctx *ctx, struct fault *fault)
{
	struct sv typ = ctx->pp->typ;
	int err = want_string(ctx->pp, "typ", typ, fault);

	if (err || sv_eqz(typ, "passport"))
		return err;
	return fault_set(fault, REASON_TYP, "\"passport\"", "\"%.*s\"", SV_ARG(typ));
}

int verify_check_alg(const struct verify_ctx *ctx, struct fault *fault)
{
	struct sv alg = ctx->pp->alg;
	int err = want_string(ctx->pp, "alg", alg, fault);

	if (err)
		return err;
	/* RFC 7515 4.1.11: what must be understood, and no such thing is */
	if (json_object_get(ctx->pp->header, "crit"))
		return fault_set(fault, REASON_HEADER_MEMBER, "no crit", "crit");
	if (sv_eqz(alg, "ES256"))
		return 0;
	return fault_set(fault, REASON_ALG, "\"ES256\"", "\"%.*s\"", SV_ARG(alg));
}

/* RFC 8225 8.1: what a relying party does not support it does not validate. No ppt: a base PASSporT
 */
int verify_check_ppt(const struct verify_ctx *ctx, struct fault *fault)
{
	static const char *const known[] = {"shaken", "div", "rph", "rcd"};
	struct sv ppt = ctx->pp->ppt;

	if (!ppt.p && json_object_get(ctx->pp->header, "ppt"))
		return fault_set(fault, REASON_HEADER_MEMBER, "ppt as a string, or none",
				 "ppt of another type");
	if (!ppt.p)
		return 0;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (sv_eqz(ppt, known[i]))
			return 0;
	/* 5.1: any type may be sent out-of-band, so a CPS may keep what it does not know */
	if (ctx->opts->role == VERIFY_CPS && ctx->opts->accept_unknown_ppt)
		return 0;
	return fault_set(fault, REASON_PPT, "shaken, div, rph, rcd or none", "\"%.*s\"",
			 SV_ARG(ppt));
}

static bool is_host_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '.' || c == '-';
}

/* A name or IPv4 address, or an IPv6 address in brackets; then nothing or a port */
static const char *bad_authority(struct sv v)
{
	bool is_v6 = v.l && v.p[0] == '[';
	size_t host = 0;
	unsigned long long port;

	if (is_v6) {
		host = sv_find(v, ']') + 1;
		if (host < 4 || host > v.l ||
		    strspn(v.p + 1, "0123456789abcdefABCDEF:.") < host - 2)
			return "a malformed IPv6 address";
	} else {
		while (host < v.l && is_host_char(v.p[host]))
			host++;
	}
	if (host == 0)
		return "no host";
	if (host == v.l)
		return NULL;
	if (v.p[host] != ':')
		return "a foreign character in its host";
	v = (struct sv){v.p + host + 1, v.l - host - 1};
	return sv_u64(v, 65535, &port) && port ? NULL : "no port after the colon";
}

/* ATIS-1000074: https, no user information, query or fragment */
static const char *bad_x5u(struct sv uri)
{
	struct sv rest = uri, authority;

	for (size_t i = 0; i < uri.l; i++)
		if (uri.p[i] <= ' ' || uri.p[i] > '~' || strchr("\"<>\\^`{|}", uri.p[i]))
			return "a character that no URI has";
	if (uri.l < 8 || !sv_ieqz((struct sv){uri.p, 8}, "https://"))
		return "another scheme";
	if (sv_find(uri, '?') < uri.l)
		return "a query";
	if (sv_find(uri, '#') < uri.l)
		return "a fragment";
	rest = (struct sv){uri.p + 8, uri.l - 8};
	authority = sv_cut(&rest, '/');
	if (sv_find(authority, '@') < authority.l)
		return "user information";
	return bad_authority(authority);
}

int verify_check_x5u(const struct verify_ctx *ctx, struct fault *fault)
{
	struct sv x5u = ctx->pp->x5u;
	int err = want_string(ctx->pp, "x5u", x5u, fault);
	const char *bad = err ? NULL : bad_x5u(x5u);

	if (!bad)
		return err;
	return fault_set(fault, REASON_X5U, "https://host[:port]/path", "%s in \"%.*s\"", bad,
			 SV_ARG(x5u));
}

static int mismatch(struct fault *fault, const char *name, struct sv header, struct sv param)
{
	char want[120];

	(void)snprintf(want, sizeof(want), "%s \"%.*s\" as in the token", name, SV_ARG(header));
	return fault_set(fault, REASON_PARAM_MISMATCH, want, "%s \"%.*s\"", name, SV_ARG(param));
}

/* RFC 8224 4.1: compared as strings (RFC 3986 6.2.1). What came out-of-band has no parameters */
int verify_check_info(const struct verify_ctx *ctx, struct fault *fault)
{
	const struct passport *pp = ctx->pp;
	const struct identity *id;
	char want[120];

	if (!ctx->item || ctx->item->via != VIA_IN_BAND)
		return 0;
	id = &ctx->item->id;
	if (!sv_eq(id->info, pp->x5u)) {
		(void)snprintf(want, sizeof(want), "x5u %.*s", SV_ARG(pp->x5u));
		return fault_set(fault, REASON_INFO_MISMATCH, want, "info %.*s", SV_ARG(id->info));
	}
	if (id->alg.p && !sv_eq(id->alg, pp->alg))
		return mismatch(fault, "alg", pp->alg, id->alg);
	if (id->ppt.p && !sv_eq(id->ppt, pp->ppt))
		return mismatch(fault, "ppt", pp->ppt, id->ppt);
	return 0;
}
