#include <errno.h>
#include <stdlib.h>
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

static int read_numbers(const struct signer *signer, struct signing *s,
			struct redirect_refusal *refusal)
{
	(void)signer;
	return redirect_numbers(s->rx, &s->orig, &s->dest, refusal);
}

/* MUST NOT sign when the Date is off by more than local policy allows (RFC 8224 §6.1 step 3); one
 * that cannot be read cannot be known to be fresh. Without one, the answer brings it */
static int check_date(const struct signer *signer, struct signing *s,
		      struct redirect_refusal *refusal)
{
	struct sv value = sip_rx_header(s->rx, "Date", 0);
	int64_t date_s = 0;

	if (!value.p)
		return 0;
	if (sip_date_parse(&date_s, value))
		return refuse(refusal, 403, "Stale Date", "Date header cannot be read");
	if (llabs(s->now_s - date_s) > signer->conf->freshness_s)
		return refuse(refusal, 403, "Stale Date", "Date header is too far from now");
	return 0;
}

/* PASSporTs of other types or of earlier signers travel on as they are (AS-14): the CSCF keeps
 * their headers, the bundle takes their octets. One whose header cannot be read has no octets to
 * take */
static int read_identities(const struct signer *signer, struct signing *s,
			   struct redirect_refusal *refusal)
{
	struct sv value;

	(void)signer;
	for (unsigned i = 0; (value = sip_rx_header(s->rx, "Identity", i)).p; i++) {
		char text[FAULT_TEXT_MAX];
		struct fault fault = {0};
		int err = bundle_add_identity(&s->bundle, value, &fault);

		if (err == ENOSPC || s->bundle.n == BUNDLE_MAX) /* one place is for ours */
			return refuse(refusal, 400, "Bad Request", "too many Identity headers");
		if (err == ENOMEM)
			return refuse(refusal, 500, "Server Internal Error", "out of memory");
		if (!err)
			continue;
		fault_text(&fault, text);
		log_warn("identity-passed-over orig=%s dest=%s error=\"%s\"", s->orig.s, s->dest.s,
			 text);
	}
	return 0;
}

static int decide_claims(const struct signer *signer, struct signing *s,
			 struct redirect_refusal *refusal)
{
	(void)refusal;
	policy_decide(signer->policy,
		      &(struct policy_request){
			      .caller = &s->orig,
			      .from = sip_rx_header(s->rx, "From", 0),
			      .attestation_info = sip_rx_header(s->rx, "Attestation-Info", 0),
			      .origination_id = sip_rx_header(s->rx, "Origination-Id", 0)},
		      signer->env, &s->claims);
	trace_note("as.attest", &s->orig, &s->dest,
		   json_pack("{s:s, s:s, s:s}", "attest", s->claims.attest, "origid",
			     s->claims.origid, "why", s->claims.why));
	return 0;
}

static int make_token(const struct signer *signer, struct signing *s,
		      struct redirect_refusal *refusal)
{
	BUF_AUTO struct buf token = BUF(PASSPORT_MAX_LEN);
	int err = passport_sign(&token,
				&(struct passport_spec){.ppt = "shaken",
							.x5u = signer->conf->x5u,
							.orig = &s->orig,
							.dest = &s->dest,
							.dest_count = 1,
							.iat_s = s->now_s,
							.attest = s->claims.attest,
							.origid = s->claims.origid},
				signer->key);

	if (!err)
		err = bundle_add_token(&s->bundle, buf_sv(&token), VIA_IN_BAND);
	if (err) {
		log_error("sign-failed orig=%s dest=%s error=\"%s\"", s->orig.s, s->dest.s,
			  strerror(err));
		return refuse(refusal, 500, "Server Internal Error", "signing failed");
	}
	trace_note("as.signed", &s->orig, &s->dest,
		   json_pack("{s:s%, s:s}", "token", token.p, token.l, "x5u", signer->conf->x5u));
	return 0;
}

int sign_request(const struct signer *signer, struct sip_rx *rx, struct signing *s,
		 struct redirect_refusal *refusal)
{
	static int (*const steps[])(const struct signer *signer, struct signing *s,
				    struct redirect_refusal *refusal) = {
		read_numbers, check_date, read_identities, decide_claims, make_token,
	};

	s->rx = rx;
	s->now_s = env_now_s(signer->env);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (steps[i](signer, s, refusal))
			return EBADMSG;
	return 0;
}

struct sv sign_token(const struct signing *s)
{
	return s->bundle.v[s->bundle.n - 1].id.token;
}
