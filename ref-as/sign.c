#include <errno.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/stir/passport.h"
#include "lib/trace/trace.h"
#include "ref-as/sign.h"

static int refuse(struct redirect_refusal *ret, unsigned status, const char *phrase,
		  const char *why)
{
	*ret = (struct redirect_refusal){status, phrase, why};
	return EBADMSG;
}

/* Sign what is special about one PASSporT; where, when and about whom is the same for all of ours */
static int make_token(const struct signer *signer, struct signing *s, struct passport_spec *spec,
		      struct redirect_refusal *refusal)
{
	BUF_AUTO struct buf token = BUF(PASSPORT_MAX_LEN);
	int err;

	spec->x5u = signer->conf->x5u;
	spec->orig = &s->orig;
	spec->dest = &s->dest;
	spec->dest_count = 1;
	spec->iat_s = s->iat_s;
	err = passport_sign(&token, spec, signer->key);
	if (!err)
		err = fault_token(&signer->conf->faults, &token, signer->key);
	if (!err)
		err = bundle_add_token(&s->bundle, buf_sv(&token), VIA_IN_BAND);
	if (err == ENOSPC)
		return refuse(refusal, 400, "Bad Request", "too many Identity headers");
	if (err) {
		log_error("sign-failed orig=%s dest=%s error=\"%s\"", s->orig.s, s->dest.s,
			  strerror(err));
		return refuse(refusal, 500, "Server Internal Error", "signing failed");
	}
	s->ppt[s->bundle.n - 1 - s->first] = spec->ppt;
	trace_note("as.signed", &s->orig, &s->dest,
		   json_pack("{s:s, s:s%, s:s}", "ppt", spec->ppt, "token", token.p, token.l, "x5u",
			     signer->conf->x5u));
	return 0;
}

/* --- an originating call --- */

static int sign_extras(const struct signer *signer, struct signing *s,
		       struct redirect_refusal *refusal)
{
	const struct as_extra *extra = signer->conf->extra_passports.v;
	int err = 0;

	for (size_t i = 0; i < signer->conf->extra_passports.n && !err; i++)
		err = make_token(
			signer, s,
			&(struct passport_spec){.ppt = extra[i].ppt, .extra = extra[i].claims},
			refusal);
	return err;
}

static int sign_shaken(const struct signer *signer, struct signing *s,
		       struct redirect_refusal *refusal)
{
	struct policy_claims claims;
	int err;

	policy_decide(signer->policy,
		      &(struct policy_request){.caller = &s->orig,
					       .from = s->from,
					       .attestation_info = s->attestation_info,
					       .origination_id = s->origination_id},
		      signer->env, &claims);
	trace_note("as.attest", &s->orig, &s->dest,
		   json_pack("{s:s, s:s, s:s}", "attest", claims.attest, "origid", claims.origid,
			     "why", claims.why));
	err = make_token(signer, s,
			 &(struct passport_spec){
				 .ppt = "shaken", .attest = claims.attest, .origid = claims.origid},
			 refusal);
	return err ? err : sign_extras(signer, s, refusal);
}

/* --- a call that was retargeted --- */

/* Is it about this caller, and was the call for that number? */
static bool is_about(struct sv token, const struct tn *orig, const struct tn *dest)
{
	struct passport *pp = NULL;
	struct tn tn;
	bool ret;

	if (passport_parse(&pp, token, NULL))
		return false;
	ret = pp->orig_tn.p && tn_canonical(&tn, pp->orig_tn) == 0 && tn_eq(&tn, orig) &&
	      passport_dest_has(pp, dest);
	passport_unref(pp);
	return ret;
}

/* The latest number of before that some PASSporT of the call is about: a div makes sense for that
 * one, and one is enough for all that have it (RFC 8946 §4.1) */
static const struct tn *find_diverted(const struct signing *s)
{
	for (size_t k = 0; k < s->before_count; k++) {
		if (tn_eq(&s->before[k], &s->dest)) /* §3: the target did not change */
			continue;
		for (size_t i = 0; i < s->bundle.n; i++)
			if (is_about(s->bundle.v[i].id.token, &s->orig, &s->before[k]))
				return &s->before[k];
	}
	return NULL;
}

static bool target_changed(const struct signing *s)
{
	for (size_t k = 0; k < s->before_count; k++)
		if (!tn_eq(&s->before[k], &s->dest))
			return true;
	return false;
}

static int sign_div(const struct signer *signer, struct signing *s,
		    struct redirect_refusal *refusal)
{
	const struct tn *div = find_diverted(s);

	if (!div) {
		s->unsigned_why = target_changed(s) ? "no PASSporT of the call is about a number "
						      "that it was for before"
						    : "the number of the target did not change";
		trace_note("as.no_div", &s->orig, &s->dest,
			   json_pack("{s:s}", "why", s->unsigned_why));
		return 0;
	}
	trace_note("as.div", &s->orig, &s->dest, json_pack("{s:s}", "div", div->s));
	return make_token(signer, s, &(struct passport_spec){.ppt = "div", .div = div}, refusal);
}

/* --- both --- */

int sign_call(const struct signer *signer, struct signing *s, struct redirect_refusal *refusal)
{
	int err;

	if (!s->iat_s)
		s->iat_s = env_now_s(signer->env);
	s->first = s->bundle.n;
	/* RFC 8946 §4.1: nothing is there that a div could follow. Then the retargeting provider can
	 * say as much of the caller as any other that the call comes to */
	if (s->before_count && s->bundle.n)
		err = sign_div(signer, s, refusal);
	else
		err = sign_shaken(signer, s, refusal);
	return err ? EBADMSG : 0;
}

int sign_identity(const struct signer *signer, const struct signing *s, size_t i, struct buf *ret)
{
	struct sv token = s->bundle.v[i].id.token;

	if (signer->conf->faults.identity)
		return buf_printf(ret, "%.*s%s", SV_ARG(token), signer->conf->faults.identity);
	return identity_print(ret, token, sv_from(signer->conf->x5u),
			      sv_from(s->ppt[i - s->first]));
}
