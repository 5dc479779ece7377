/* Verification over the real credential cache and trust: from the token to the approved root, with fetches that end later. */
#include "lib/stir/passport.h"
#include "lib/stir/verify.h"
#include "tests/unit/toy_cred.h"

#define X5U "https://cr.pki.example/certificates/1.pem"

static const struct tn orig = {"12013776051"}, dest = {"19032469103"};

/* A verifier over the toy PKI, and a token of its provider */
struct scene {
	struct fix f;
	struct verifier *v;
	struct buf token;
	struct bundle_item item;
	struct verify_call call;
};

/* One run and what it was told */
struct outcome {
	int n, err;
	char check[16], spc[SPC_MAX + 1];
	enum reason reason;
	struct scene *again; /* start another run of this scene from inside the handler */
	struct outcome *next;
};

static void tell(const struct verify_result *res, void *arg)
{
	struct outcome *o = arg;

	o->n++;
	o->err = res->err;
	o->reason = res->fault.reason;
	(void)snprintf(o->check, sizeof(o->check), "%s", res->fault.check ? res->fault.check : "");
	(void)snprintf(o->spc, sizeof(o->spc), "%s", res->spc);
	if (o->again)
		CHECK_INT(0,
			  verify_run(o->again->v, &o->again->item, &o->again->call, tell, o->next));
}

static void sign_with(struct scene *s, const struct stir_key *key, int64_t iat_s)
{
	const struct passport_spec spec = {
		.ppt = "shaken",
		.x5u = X5U,
		.orig = &orig,
		.dest = &dest,
		.dest_count = 1,
		.iat_s = iat_s,
		.attest = "A",
		.origid = "123e4567-e89b-42d3-a456-426655440000",
	};

	buf_reset(&s->token);
	CHECK_INT(0, passport_sign(&s->token, &spec, key));
	s->item = (struct bundle_item){.via = VIA_OUT_OF_BAND};
	s->item.id.token = buf_sv(&s->token);
}

static void scene_open(struct scene *s, unsigned cred_skip, uint64_t skip)
{
	const struct verify_opts opts = {
		.role = VERIFY_VS, .freshness_s = FRESHNESS_S, .skip = skip};

	*s = (struct scene){.token = BUF(PASSPORT_MAX_LEN), .call = {.orig = orig, .dest = dest}};
	fix_open_with(&s->f, (struct cred_opts){
				     .max_entries = 4,
				     .max_age_s = 3600,
				     .fail_age_s = 10,
				     .skip = cred_skip,
			     });
	CHECK_INT(0, verifier_alloc(&s->v, &opts, s->f.cache, &s->f.t.env));
	sign_with(s, s->f.t.leaf.key, TOY_NOW);
}

static void scene_close(struct scene *s)
{
	verifier_free(s->v);
	fix_close(&s->f);
	buf_free(&s->token);
}

static void start(struct scene *s, struct outcome *o)
{
	CHECK_INT(0, verify_run(s->v, &s->item, &s->call, tell, o));
}

static void arrive(const struct scene *s, size_t fetch)
{
	net_end(fetch, 0, buf_sv(&s->f.pem), -1, NULL);
}

static void verified(const struct outcome *o)
{
	CHECK_INT(1, o->n);
	CHECK_INT(0, o->err);
	CHECK_STR("", o->check);
	CHECK_STR("1234", o->spc);
}

static void refused(const struct outcome *o, const char *check, enum reason reason)
{
	CHECK_INT(1, o->n);
	CHECK_INT(EBADMSG, o->err);
	CHECK_STR(check, o->check);
	CHECK_STR(reason_info(reason)->name, reason_info(o->reason)->name);
}

static void revoke(struct scene *s, const struct toy_cert *revoked, int64_t number)
{
	BUF_AUTO struct buf crl = TOY_CRL(&s->f.t, number, revoked);
	struct err e;

	CHECK_INT(0, trust_set_crl(s->f.trust, buf_sv(&crl), buf_sv(&s->f.t.signer.pem), &e));
}

static void approve(struct scene *s, const struct toy_cert *root, int64_t sequence)
{
	BUF_AUTO struct buf list = TOY_LIST(&s->f.t.signer, sequence, TOY_NOW + TOY_DAY, root);
	struct err e;

	CHECK_INT(0, trust_set_ca_list(s->f.trust, buf_sv(&list), buf_sv(&s->f.t.signer.pem), &e));
}

TEST(verified_when_the_certificate_arrives)
{
	struct scene s;
	struct outcome o = {0};

	scene_open(&s, 0, 0);
	start(&s, &o);
	CHECK_INT(0, o.n);
	CHECK_STR(X5U, net.v[0].url);
	arrive(&s, 0);
	verified(&o);
	scene_close(&s);
}

TEST(several_runs_wait_for_one_fetch)
{
	struct scene s;
	struct outcome a = {0}, b = {0};

	scene_open(&s, 0, 0);
	start(&s, &a);
	start(&s, &b);
	CHECK_INT(1, net.n);
	arrive(&s, 0);
	verified(&a);
	verified(&b);
	scene_close(&s);
}

TEST(second_run_is_answered_at_once)
{
	struct scene s;
	struct outcome a = {0}, b = {0};

	scene_open(&s, 0, 0);
	start(&s, &a);
	arrive(&s, 0);
	start(&s, &b);
	verified(&b);
	CHECK_INT(1, net.n);
	scene_close(&s);
}

TEST(handler_starts_the_next_run)
{
	struct scene s;
	struct outcome b = {0}, a = {.again = &s, .next = &b};

	scene_open(&s, 0, 0);
	start(&s, &a);
	arrive(&s, 0);
	verified(&a);
	verified(&b);
	scene_close(&s);
}

TEST(certificate_that_does_not_come)
{
	struct scene s;
	struct outcome o = {0};

	scene_open(&s, 0, 0);
	start(&s, &o);
	net_end(0, ETIMEDOUT, SV(""), -1, "no answer within 2000 ms");
	refused(&o, "fetch", REASON_CERT_FETCH);
	CHECK_STR("", o.spc);
	scene_close(&s);
}

/* proves: PKI-04 */
TEST(revoked_between_two_calls)
{
	struct scene s;
	struct outcome a = {0}, b = {0}, c = {0};

	scene_open(&s, 0, 0);
	start(&s, &a);
	arrive(&s, 0);
	verified(&a);
	revoke(&s, &s.f.t.leaf, 6);
	start(&s, &b);
	refused(&b, "revoked", REASON_CERT_REVOKED);
	CHECK_STR("1234", b.spc);
	revoke(&s, NULL, 7);
	start(&s, &c);
	verified(&c);
	scene_close(&s);
}

/* proves: CPS-06 */
TEST(approval_withdrawn_between_two_calls)
{
	struct scene s;
	struct outcome a = {0}, b = {0};

	scene_open(&s, 0, 0);
	start(&s, &a);
	arrive(&s, 0);
	approve(&s, NULL, 6);
	start(&s, &b);
	refused(&b, "path", REASON_CERT_UNTRUSTED);
	scene_close(&s);
}

TEST(signed_by_another_providers_key)
{
	struct scene s;
	struct outcome o = {0};
	struct stir_key *other;

	scene_open(&s, 0, 0);
	CHECK_INT(0, key_generate(&other));
	sign_with(&s, other, TOY_NOW);
	start(&s, &o);
	arrive(&s, 0);
	refused(&o, "signature", REASON_SIGNATURE);
	key_unref(other);
	scene_close(&s);
}

/* Nothing is fetched for a token whose form is wrong already: x5u cannot be used against a third party so */
TEST(no_fetch_for_a_token_that_is_refused_anyway)
{
	struct scene s;
	struct outcome o = {0};

	scene_open(&s, 0, 0);
	s.call.dest = (struct tn){"12155551212"};
	start(&s, &o);
	refused(&o, "dest", REASON_DEST_MISMATCH);
	CHECK_INT(0, net.n);
	scene_close(&s);
}

TEST(cancelled_while_the_certificate_is_fetched)
{
	struct scene s;
	struct outcome a = {0}, b = {0};

	scene_open(&s, 0, 0);
	start(&s, &a);
	start(&s, &b);
	verify_cancel(s.v, &a);
	arrive(&s, 0);
	CHECK_INT(0, a.n);
	verified(&b);
	scene_close(&s);
}

TEST(verifier_freed_while_the_certificate_is_fetched)
{
	struct scene s;
	struct outcome o = {0};

	scene_open(&s, 0, 0);
	start(&s, &o);
	verifier_free(s.v);
	s.v = NULL;
	arrive(&s, 0);
	CHECK_INT(0, o.n);
	scene_close(&s);
}

TEST(became_stale_while_the_certificate_was_fetched)
{
	struct scene s;
	struct outcome o = {0};

	scene_open(&s, 0, 0);
	start(&s, &o);
	toy_at(&s.f.t, TOY_NOW + FRESHNESS_S + 1);
	arrive(&s, 0);
	refused(&o, "fresh", REASON_STALE);
	scene_close(&s);
}

/* How a wrong implementation is made: the same names on both sides */
static void left_out(const char *name)
{
	const uint64_t skip = verify_check_bit(sv_from(name));
	struct scene s;
	struct outcome o = {0};

	scene_open(&s, verify_cred_skip(skip), skip);
	if (strcmp(name, "revoked") == 0)
		revoke(&s, &s.f.t.leaf, 6);
	else
		approve(&s, NULL, 6);
	start(&s, &o);
	arrive(&s, 0);
	verified(&o);
	scene_close(&s);
}

TEST(path_left_out)
{
	left_out("path");
}

TEST(revocation_left_out)
{
	left_out("revoked");
}

/* One check left out leaves the others in force */
TEST(path_left_out_but_revoked)
{
	const uint64_t skip = verify_check_bit(SV("path"));
	struct scene s;
	struct outcome o = {0};

	scene_open(&s, verify_cred_skip(skip), skip);
	revoke(&s, &s.f.t.leaf, 6);
	approve(&s, NULL, 6);
	start(&s, &o);
	arrive(&s, 0);
	refused(&o, "revoked", REASON_CERT_REVOKED);
	scene_close(&s);
}

TEST_MAIN(CASE(verified_when_the_certificate_arrives), CASE(several_runs_wait_for_one_fetch),
	  CASE(second_run_is_answered_at_once), CASE(handler_starts_the_next_run),
	  CASE(certificate_that_does_not_come), CASE(revoked_between_two_calls),
	  CASE(approval_withdrawn_between_two_calls), CASE(signed_by_another_providers_key),
	  CASE(no_fetch_for_a_token_that_is_refused_anyway),
	  CASE(cancelled_while_the_certificate_is_fetched),
	  CASE(verifier_freed_while_the_certificate_is_fetched),
	  CASE(became_stale_while_the_certificate_was_fetched), CASE(path_left_out),
	  CASE(revocation_left_out), CASE(path_left_out_but_revoked))
