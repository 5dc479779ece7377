/* Role pki: a provider tells its CPS URL (6.1.1, 6.1.2; docs/interfaces.md, 10). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/base/env.h"
#include "lib/stir/passport.h"
#include "sim/oobsim/roles/role_pki.h"

#define ANSWER_MAX (1u << 20)

DEFINE_AUTO(json_t, json_decref)
DEFINE_AUTO(struct stir_key, key_unref)

#define HEADER "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"x5u\":\"$x5u\"}"
#define CLAIMS "{\"iat\":$now,\"jti\":\"$jti\",\"ocn\":\"$ocn\",\"url\":\"$url\"}"

/* What texts may name */
struct names {
	struct buf ocn, x5u;
	char now[24], jti[UUID_LEN + 1];
	struct vector_var v[5];
	struct vector_vars vars;
};

static int names_of(struct names *n, struct play *p, const struct pki_step *step, struct err *e)
{
	const bool is_revoked = step->signer == PKI_SIGNER_REVOKED;
	struct pki_case *c = p->state;
	struct env_shift shift = {0};
	struct env env = env_system(&shift);
	int err;

	*n = (struct names){.ocn = BUF(PKI_TOLD_MAX), .x5u = BUF(PKI_TOLD_MAX)};
	err = pki_told(p, PKI_OCN, &n->ocn, e);
	if (!err)
		err = pki_told(p, pki_what_words[is_revoked ? PKI_REVOKED : PKI_CERTIFICATE],
			       &n->x5u, e);
	if (err)
		return err;
	env_uuid(&env, n->jti);
	(void)snprintf(n->now, sizeof(n->now), "%lld", (long long)env_now_s(&env));
	/* another one for each request, so that it is known where it comes from */
	(void)snprintf(c->cps_url, sizeof(c->cps_url),
		       "https://cps.tsp.example:8443/cps/company/%s/%.8s", n->ocn.p, n->jti);
	n->v[0] = (struct vector_var){"now", sv_from(n->now)};
	n->v[1] = (struct vector_var){"jti", sv_from(n->jti)};
	n->v[2] = (struct vector_var){"ocn", buf_sv(&n->ocn)};
	n->v[3] = (struct vector_var){"url", sv_from(c->cps_url)};
	n->v[4] = (struct vector_var){"x5u", buf_sv(&n->x5u)};
	n->vars = (struct vector_vars){n->v, sizeof(n->v) / sizeof(n->v[0]), NULL};
	return 0;
}

static int find_key(struct stir_key **ret, const struct play *p, const struct pki_step *step,
		    struct err *e)
{
	const bool is_revoked = step->signer == PKI_SIGNER_REVOKED;
	BUF_AUTO struct buf pem = BUF(CERT_CHAIN_MAX_LEN);
	int err;

	if (step->signer == PKI_SIGNER_STRANGER)
		return key_generate(ret);
	err = pki_told_pem(p, is_revoked ? PKI_REVOKED_KEY : PKI_KEY, &pem, e);
	return err ? err : key_parse_private(ret, buf_sv(&pem), e);
}

static int sign(struct buf *ret, const struct play *p, const struct pki_step *step,
		const struct names *n, struct err *e)
{
	AUTO(json_decref) json_t *header = vector_patched(HEADER, step->header, &n->vars, e);
	AUTO(json_decref) json_t *claims = NULL;
	AUTO(key_unref) struct stir_key *key = NULL;
	int err;

	claims = header ? vector_patched(CLAIMS, step->claims, &n->vars, e) : NULL;
	if (!claims)
		return EINVAL;
	err = find_key(&key, p, step, e);
	return err ? err : jws_sign(ret, header, claims, key);
}

/* What is sent */
static int make_body(struct buf *ret, struct play *p, const struct pki_step *step,
		     const struct names *n, struct err *e)
{
	struct pki_case *c = p->state;
	int err;

	if (step->again)
		return buf_addz(ret, c->jwt);
	err = step->body ? vector_expand(ret, step->body, &n->vars, e) : sign(ret, p, step, n, e);
	if (!err)
		(void)snprintf(c->jwt, sizeof(c->jwt), "%s", ret->p ? ret->p : "");
	return err;
}

static int judge(struct play *p, const struct pki_step *step, const struct answer *a)
{
	const char *reason;

	if (step->answer == PKI_REFUSED)
		return play_refused(p, "put", a, &step->reasons);
	if (a->err)
		return play_fails(p, "put", "no answer: %s", a->text);
	if (a->status == 200 || a->status == 201 || a->status == 204)
		return 0;
	reason = play_reason(p, a);
	return play_fails(p, "put", "%u %s", a->status, reason ? reason : "");
}

static void tell_expected(struct play *p, const struct pki_step *step)
{
	BUF_AUTO struct buf words = BUF(sizeof(p->ret->expected) - 1);

	play_words(&words, &step->reasons, " or ");
	if (step->answer == PKI_REFUSED)
		play_expects(p, "the CPS URL is refused%s%s", words.l ? ": " : "",
			     words.l ? words.p : "");
	else
		play_expects(p, "the CPS URL is accepted with 200, 201 or 204");
}

static int put(struct play *p, const struct pki_step *step, const struct names *n, struct err *e)
{
	BUF_AUTO struct buf url = BUF(PKI_TOLD_MAX);
	BUF_AUTO struct buf body = BUF(ANSWER_MAX);
	struct answer a = {.body = BUF(0)};
	struct https_request req = {
		.method = "PUT",
		.ctype = *step->type ? step->type : NULL,
		.timeout_ms = (uint64_t)p->b->sut->answer_ms,
		.max_response = ANSWER_MAX - 1,
	};
	int err = pki_told(p, PKI_PROVISION, &url, e);

	if (!err)
		err = buf_printf(&url, "/%s", step->ocn ? step->ocn : n->ocn.p);
	if (!err)
		err = make_body(&body, p, step, n, e);
	if (err)
		return err;
	req.url = url.p;
	req.body = buf_sv(&body);
	err = bench_ask(p->b, CLIENT_NONE, &req, &a);
	p->cut_off = a.err && a.err != ETIMEDOUT;
	if (!err)
		err = judge(p, step, &a);
	buf_free(&a.body);
	return err;
}

int pki_step_put(struct play *p, const struct pki_step *step, struct err *e)
{
	struct names n;
	int err = names_of(&n, p, step, e);

	tell_expected(p, step);
	if (!err)
		err = put(p, step, &n, e);
	buf_free(&n.ocn);
	buf_free(&n.x5u);
	return err;
}
