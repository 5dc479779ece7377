#include <errno.h>
#include <stdlib.h>

#include "lib/stir/certgen.h"
#include "lib/stir/verify.h"
#include "tests/unit/test.h"
#include "tests/unit/token.h"

/* The checks one by one, over a cred.h of our own: what the credential is worth is said by the test.
 * The real one has tests of its own, and verify_path_test.c joins both. */

#define NOW        SHAKEN_IAT
#define NOT_BEFORE (NOW - 10)
#define NOT_AFTER  (NOW + 86400)

static struct {
	struct cred cred;
	int ret; /* of cred_get() */
	unsigned asked, cancelled;
	char x5u[200];
	cred_done_h *done;
	void *arg;
} fake;

int cred_get(struct cred_cache *cache, struct sv x5u, struct cred *ret, cred_done_h *done,
	     void *arg)
{
	(void)cache;
	fake.asked++;
	(void)snprintf(fake.x5u, sizeof(fake.x5u), "%.*s", SV_ARG(x5u));
	fake.done = done;
	fake.arg = arg;
	if (!fake.ret)
		*ret = fake.cred;
	return fake.ret;
}

void cred_cancel(struct cred_cache *cache, void *arg)
{
	(void)cache;
	fake.cancelled += arg == fake.arg;
}

/* A chain whose leaf has the key of RFC 8946, SPC 1234 */
static struct cert_chain *make_chain(void)
{
	BUF_AUTO struct buf root_pem = BUF(CERT_CHAIN_MAX_LEN);
	BUF_AUTO struct buf leaf_pem = BUF(CERT_CHAIN_MAX_LEN);
	struct env_fixed fixed = {.now_ms = NOW * 1000ull, .seed = 1};
	struct env env = env_fixed(&fixed);
	struct stir_key *root_key, *key = token_key();
	struct cert_chain *root = NULL, *leaf = NULL;
	struct cert_spec spec = {.kind = CERT_ROOT,
				 .organization = "Test",
				 .common_name = "SHAKEN ROOT",
				 .not_before_s = NOT_BEFORE - 100,
				 .not_after_s = NOT_AFTER};
	struct err e = {{0}};

	CHECK_INT(0, key_generate(&root_key));
	CHECK_INT(0, cert_issue(&root_pem, &spec, root_key, NULL, NULL, &env, &e));
	CHECK_INT(0, cert_chain_parse(&root, buf_sv(&root_pem), NULL));
	spec.kind = CERT_STI_LEAF;
	spec.common_name = NULL;
	spec.spc = "1234";
	spec.crl_url = "https://pa.example/crl";
	spec.not_before_s = NOT_BEFORE;
	CHECK_INT(0, cert_issue(&leaf_pem, &spec, key, &(struct cert_issuer){root, root_key}, root,
				&env, &e));
	CHECK_INT(0, cert_chain_parse(&leaf, buf_sv(&leaf_pem), NULL));
	cert_chain_unref(root);
	key_unref(root_key);
	key_unref(key);
	return leaf;
}

/* One verification and what came of it */
struct trial {
	struct verify_opts opts;
	struct verify_call call;
	struct bundle_item item;
	struct env_fixed clock;
	unsigned done;
	int err;
	struct fault fault;
	bool had_pp;
	char spc[SPC_MAX + 1];
};

static struct trial trial(void)
{
	struct trial t = {
		.opts = {.role = VERIFY_VS, .freshness_s = FRESHNESS_S},
		.call = {.orig = {"12013776051"}, .dest = {"19032469103"}},
		.item = {.via = VIA_OUT_OF_BAND},
		.clock = {.now_ms = NOW * 1000ull},
	};

	cert_chain_unref(fake.cred.chain);
	memset(&fake, 0, sizeof(fake));
	fake.cred.chain = make_chain();
	fake.cred.key = cert_chain_key(fake.cred.chain);
	return t;
}

static void note(const struct verify_result *res, void *arg)
{
	struct trial *t = arg;

	t->done++;
	t->err = res->err;
	t->fault = res->fault;
	t->had_pp = res->pp != NULL;
	(void)snprintf(t->spc, sizeof(t->spc), "%s", res->spc);
}

static void run(struct trial *t, const char *token)
{
	struct env env = env_fixed(&t->clock);
	struct verifier *v;

	t->item.id.token = sv_from(token);
	CHECK_INT(0, verifier_alloc(&v, &t->opts, NULL, &env));
	CHECK_INT(0, verify_run(v, &t->item, t->opts.role == VERIFY_VS ? &t->call : NULL, note, t));
	CHECK_INT(1, t->done);
	verifier_free(v);
	cert_chain_unref(fake.cred.chain);
	fake.cred.chain = NULL;
}

static void passes(struct trial *t, const char *token)
{
	char text[FAULT_TEXT_MAX];

	run(t, token);
	CHECK_INT(0, t->err);
	fault_text(&t->fault, text);
	if (t->err)
		(void)printf("  %s\n", text);
	CHECK(t->had_pp);
}

static void fails(struct trial *t, const char *token, const char *check, enum reason reason,
		  const char *want, const char *got)
{
	run(t, token);
	CHECK_INT(EBADMSG, t->err);
	CHECK_STR(check, t->fault.check);
	CHECK_STR(reason_info(reason)->name, reason_info(t->fault.reason)->name);
	CHECK_STR(want, t->fault.want);
	CHECK_STR(got, t->fault.got);
}

#define X5U                     "https://cr.example/1234.pem"
#define HDR(alg, ppt, typ, x5u) "{\"alg\":" alg ",\"ppt\":" ppt ",\"typ\":" typ ",\"x5u\":" x5u "}"
#define GOOD_HDR                HDR("\"ES256\"", "\"shaken\"", "\"passport\"", "\"" X5U "\"")
#define BASE_HDR                "{\"alg\":\"ES256\",\"typ\":\"passport\",\"x5u\":\"" X5U "\"}"
#define ORIGID                  "\"123e4567-e89b-42d3-a456-426655440000\""
#define CLAIMS(attest, dest, iat, orig, origid)                                   \
	"{\"attest\":" attest ",\"dest\":" dest ",\"iat\":" iat ",\"orig\":" orig \
	",\"origid\":" origid "}"
#define DEST "{\"tn\":[\"19032469103\"]}"
#define ORIG "{\"tn\":\"12013776051\"}"
#define IAT  "1584983402"

static void of_passes(struct trial t, const char *header, const char *claims)
{
	char *token = token_of(header, claims);

	passes(&t, token);
	free(token);
}

static void of_fails(struct trial t, const char *header, const char *claims, const char *check,
		     enum reason reason, const char *want, const char *got)
{
	char *token = token_of(header, claims);

	fails(&t, token, check, reason, want, got);
	free(token);
}

static struct trial as_cps(void)
{
	struct trial t = trial();

	t.opts.role = VERIFY_CPS;
	return t;
}

TEST(good_token_at_the_vs)
{
	struct trial t = trial();

	passes(&t, SHAKEN_TOKEN);
	CHECK_STR("1234", t.spc);
	CHECK_INT(1, fake.asked);
	CHECK_STR(X5U, fake.x5u);
}

TEST(good_token_at_the_cps)
{
	struct trial t = as_cps();

	passes(&t, SHAKEN_TOKEN);
	CHECK_STR("1234", t.spc);
}

TEST(other_order_and_blanks)
{
	of_passes(trial(),
		  "{\"x5u\":\"" X5U
		  "\", \"typ\":\"passport\", \"ppt\":\"shaken\", \"alg\":\"ES256\"}",
		  "\n{ \"origid\" : " ORIGID ",\t\"orig\":" ORIG ",\"iat\":" IAT ",\"dest\":" DEST
		  ",\"attest\":\"A\"} ");
}

TEST(form_is_the_first_check)
{
	struct trial t = trial();

	run(&t, "hello");
	CHECK_INT(EBADMSG, t.err);
	CHECK_STR("form", t.fault.check);
	CHECK_INT(REASON_FORM, t.fault.reason);
	CHECK(!t.had_pp);
	CHECK_STR("", t.spc);
	CHECK_INT(0, fake.asked);
}

TEST(typ)
{
	of_fails(trial(), HDR("\"ES256\"", "\"shaken\"", "\"JWT\"", "\"" X5U "\""), "{}", "typ",
		 REASON_TYP, "\"passport\"", "\"JWT\"");
	of_fails(trial(), "{\"alg\":\"ES256\",\"x5u\":\"" X5U "\"}", "{}", "typ",
		 REASON_HEADER_MEMBER, "alg, typ and x5u as strings", "typ missing");
	of_fails(trial(), HDR("\"ES256\"", "\"shaken\"", "1", "\"" X5U "\""), "{}", "typ",
		 REASON_HEADER_MEMBER, "alg, typ and x5u as strings", "typ of another type");
}

TEST(alg)
{
	of_fails(trial(), HDR("\"none\"", "\"shaken\"", "\"passport\"", "\"" X5U "\""), "{}", "alg",
		 REASON_ALG, "\"ES256\"", "\"none\"");
	of_fails(trial(), HDR("\"HS256\"", "\"shaken\"", "\"passport\"", "\"" X5U "\""), "{}",
		 "alg", REASON_ALG, "\"ES256\"", "\"HS256\"");
	of_fails(trial(), HDR("\"es256\"", "\"shaken\"", "\"passport\"", "\"" X5U "\""), "{}",
		 "alg", REASON_ALG, "\"ES256\"", "\"es256\"");
	of_fails(trial(), "{\"typ\":\"passport\",\"x5u\":\"" X5U "\"}", "{}", "alg",
		 REASON_HEADER_MEMBER, "alg, typ and x5u as strings", "alg missing");
}

TEST(ppt_unknown_at_the_vs)
{
	struct trial t = trial();

	t.opts.accept_unknown_ppt = true; /* is for a CPS only */
	of_fails(t, HDR("\"ES256\"", "\"foo\"", "\"passport\"", "\"" X5U "\""), "{}", "ppt",
		 REASON_PPT, "shaken, div, rph, rcd or none", "\"foo\"");
}

TEST(ppt_unknown_at_a_cps_that_keeps_it)
{
	static const char header[] = HDR("\"ES256\"", "\"foo\"", "\"passport\"", "\"" X5U "\"");
	static const char claims[] = "{\"dest\":" DEST ",\"iat\":" IAT ",\"orig\":" ORIG "}";
	struct trial t = as_cps();

	of_fails(t, header, claims, "ppt", REASON_PPT, "shaken, div, rph, rcd or none", "\"foo\"");
	t = as_cps();
	t.opts.accept_unknown_ppt = true;
	of_passes(t, header, claims);
	/* the generic checks hold for it too */
	t = as_cps();
	t.opts.accept_unknown_ppt = true;
	of_fails(t, header, "{\"dest\":" DEST ",\"orig\":" ORIG "}", "claims", REASON_CLAIM,
		 "iat as an integer number of seconds", "no iat");
}

TEST(ppt_that_is_no_string)
{
	of_fails(trial(), HDR("\"ES256\"", "null", "\"passport\"", "\"" X5U "\""), "{}", "ppt",
		 REASON_HEADER_MEMBER, "ppt as a string, or none", "ppt of another type");
}

TEST(base_passport)
{
	of_passes(trial(), BASE_HDR, "{\"dest\":" DEST ",\"iat\":" IAT ",\"orig\":" ORIG "}");
}

static void x5u_passes(const char *json)
{
	BUF_AUTO struct buf header = BUF(1000);

	(void)buf_printf(&header, HDR("\"ES256\"", "\"shaken\"", "\"passport\"", "%s"), json);
	of_passes(trial(), header.p, CLAIMS("\"A\"", DEST, IAT, ORIG, ORIGID));
}

static void x5u_fails(const char *json, const char *got)
{
	BUF_AUTO struct buf header = BUF(1000);

	(void)buf_printf(&header, HDR("\"ES256\"", "\"shaken\"", "\"passport\"", "%s"), json);
	of_fails(trial(), header.p, "{}", "x5u", REASON_X5U, "https://host[:port]/path", got);
	CHECK_INT(0, fake.asked);
}

TEST(x5u_forms)
{
	x5u_passes("\"https://cr.example:8443/a/b.pem\"");
	x5u_passes("\"HTTPS://cr.example/\"");
	x5u_passes("\"https://cr.example\"");
	x5u_passes("\"https://127.0.0.1:443/x\"");
	x5u_passes("\"https://[::1]:8443/x\"");
	x5u_passes("\"https:\\/\\/cr.example\\/x\"");
}

TEST(x5u_other_schemes)
{
	x5u_fails("\"http://cr.example/x\"", "another scheme in \"http://cr.example/x\"");
	x5u_fails("\"file:///etc/passwd\"", "another scheme in \"file:///etc/passwd\"");
	x5u_fails("\"\"", "another scheme in \"\"");
	x5u_fails("\"https:/cr.example\"", "another scheme in \"https:/cr.example\"");
}

TEST(x5u_user_information)
{
	x5u_fails("\"https://a:b@cr.example/x\"",
		  "user information in \"https://a:b@cr.example/x\"");
}

TEST(x5u_query_and_fragment)
{
	x5u_fails("\"https://cr.example/x?y\"", "a query in \"https://cr.example/x?y\"");
	x5u_fails("\"https://cr.example/x#y\"", "a fragment in \"https://cr.example/x#y\"");
}

TEST(x5u_host)
{
	x5u_fails("\"https:///x\"", "no host in \"https:///x\"");
	x5u_fails("\"https://:443/x\"", "no host in \"https://:443/x\"");
	x5u_fails("\"https://a_b/x\"", "a foreign character in its host in \"https://a_b/x\"");
	x5u_fails("\"https://[::1/x\"", "a malformed IPv6 address in \"https://[::1/x\"");
	x5u_fails("\"https://[xyz]/x\"", "a malformed IPv6 address in \"https://[xyz]/x\"");
	x5u_fails("\"https://[]/x\"", "a malformed IPv6 address in \"https://[]/x\"");
}

TEST(x5u_port)
{
	x5u_fails("\"https://a:/x\"", "no port after the colon in \"https://a:/x\"");
	x5u_fails("\"https://a:0/x\"", "no port after the colon in \"https://a:0/x\"");
	x5u_fails("\"https://a:65536/x\"", "no port after the colon in \"https://a:65536/x\"");
	x5u_fails("\"https://a:44x/x\"", "no port after the colon in \"https://a:44x/x\"");
}

TEST(x5u_foreign_characters)
{
	x5u_fails("\"https://a/ b\"", "a character that no URI has in \"https://a/ b\"");
	x5u_fails("\"https://a/\\r\\nX: y\"",
		  "a character that no URI has in \"https://a/??X: y\"");
	x5u_fails("\"https://a/\\u00e9\"", "a character that no URI has in \"https://a/??\"");
}

TEST(x5u_missing)
{
	of_fails(trial(), "{\"alg\":\"ES256\",\"typ\":\"passport\"}", "{}", "x5u",
		 REASON_HEADER_MEMBER, "alg, typ and x5u as strings", "x5u missing");
}

static struct trial in_band(const char *info, const char *alg, const char *ppt)
{
	struct trial t = trial();

	t.item.via = VIA_IN_BAND;
	t.item.id.info = sv_from(info);
	t.item.id.alg = sv_from(alg);
	t.item.id.ppt = sv_from(ppt);
	return t;
}

TEST(info_equals_x5u)
{
	struct trial t = in_band(X5U, "ES256", "shaken");

	passes(&t, SHAKEN_TOKEN);
	t = in_band(X5U, NULL, NULL);
	passes(&t, SHAKEN_TOKEN);
}

/* RFC 8224 4.1, RFC 3986 6.2.1: a plain comparison of strings */
TEST(info_differs)
{
	struct trial t = in_band("https://cr.example:443/1234.pem", NULL, NULL);

	fails(&t, SHAKEN_TOKEN, "info", REASON_INFO_MISMATCH, "x5u " X5U,
	      "info https://cr.example:443/1234.pem");
	t = in_band("https://CR.example/1234.pem", NULL, NULL);
	fails(&t, SHAKEN_TOKEN, "info", REASON_INFO_MISMATCH, "x5u " X5U,
	      "info https://CR.example/1234.pem");
}

TEST(info_alg_and_ppt_parameters)
{
	struct trial t = in_band(X5U, "RS256", NULL);

	fails(&t, SHAKEN_TOKEN, "info", REASON_PARAM_MISMATCH, "alg \"ES256\" as in the token",
	      "alg \"RS256\"");
	t = in_band(X5U, NULL, "div");
	fails(&t, SHAKEN_TOKEN, "info", REASON_PARAM_MISMATCH, "ppt \"shaken\" as in the token",
	      "ppt \"div\"");
}

static void claims_fail(const char *claims, const char *want, const char *got)
{
	of_fails(trial(), GOOD_HDR, claims, "claims", REASON_CLAIM, want, got);
}

TEST(orig_claim)
{
	static const char want[] = "orig with one tn: 1 to 15 of 0-9 # *";

	claims_fail("{}", want, "no orig");
	claims_fail(CLAIMS("\"A\"", DEST, IAT, "\"12013776051\"", ORIGID), want,
		    "orig \"12013776051\"");
	claims_fail(CLAIMS("\"A\"", DEST, IAT, "{\"uri\":\"sip:a@b\"}", ORIGID), want,
		    "orig {\"uri\":\"sip:a@b\"}");
	claims_fail(CLAIMS("\"A\"", DEST, IAT, "{\"tn\":\"1\",\"uri\":\"sip:a@b\"}", ORIGID), want,
		    "orig {\"tn\":\"1\",\"uri\":\"sip:a@b\"}");
	claims_fail(CLAIMS("\"A\"", DEST, IAT, "{\"tn\":[\"12013776051\"]}", ORIGID), want,
		    "orig {\"tn\":[\"12013776051\"]}");
	claims_fail(CLAIMS("\"A\"", DEST, IAT, "{\"tn\":\"+12013776051\"}", ORIGID), want,
		    "orig {\"tn\":\"+12013776051\"}");
	claims_fail(CLAIMS("\"A\"", DEST, IAT, "{\"tn\":\"\"}", ORIGID), want,
		    "orig {\"tn\":\"\"}");
}

TEST(dest_claim)
{
	static const char want[] = "dest with an array tn of 1 or more: 1 to 15 of 0-9 # *";

	claims_fail("{\"orig\":" ORIG "}", want, "no dest");
	claims_fail(CLAIMS("\"A\"", "{}", IAT, ORIG, ORIGID), want, "dest {}");
	claims_fail(CLAIMS("\"A\"", "{\"tn\":[]}", IAT, ORIG, ORIGID), want, "dest {\"tn\":[]}");
	claims_fail(CLAIMS("\"A\"", "{\"tn\":\"19032469103\"}", IAT, ORIG, ORIGID), want,
		    "dest {\"tn\":\"19032469103\"}");
	claims_fail(CLAIMS("\"A\"", "{\"tn\":[\"19032469103\",7]}", IAT, ORIG, ORIGID), want,
		    "dest {\"tn\":[\"19032469103\",7]}");
	claims_fail(CLAIMS("\"A\"", "{\"tn\":[\"1-903\"]}", IAT, ORIG, ORIGID), want,
		    "dest {\"tn\":[\"1-903\"]}");
	claims_fail(CLAIMS("\"A\"", "{\"tn\":[\"1\"],\"uri\":\"sip:a@b\"}", IAT, ORIG, ORIGID),
		    want, "dest {\"tn\":[\"1\"],\"uri\":\"sip:a@b\"}");
}

TEST(dest_with_a_uri_beside)
{
	of_passes(trial(), GOOD_HDR,
		  CLAIMS("\"A\"", "{\"tn\":[\"19032469103\"],\"uri\":[\"sip:a@b\"]}", IAT, ORIG,
			 ORIGID));
}

TEST(iat_claim)
{
	static const char want[] = "iat as an integer number of seconds";

	claims_fail("{\"orig\":" ORIG ",\"dest\":" DEST "}", want, "no iat");
	claims_fail(CLAIMS("\"A\"", DEST, "\"1584983402\"", ORIG, ORIGID), want,
		    "iat \"1584983402\"");
	claims_fail(CLAIMS("\"A\"", DEST, "1584983402.0", ORIG, ORIGID), want, "iat 1584983402.0");
	claims_fail(CLAIMS("\"A\"", DEST, "-1", ORIG, ORIGID), want, "iat -1");
	claims_fail(CLAIMS("\"A\"", DEST, "9007199254740993", ORIG, ORIGID), want,
		    "iat 9007199254740993");
}

TEST(attest)
{
	static const char want[] = "attest \"A\", \"B\" or \"C\"";

	of_passes(trial(), GOOD_HDR, CLAIMS("\"B\"", DEST, IAT, ORIG, ORIGID));
	of_passes(trial(), GOOD_HDR, CLAIMS("\"C\"", DEST, IAT, ORIG, ORIGID));
	of_fails(trial(), GOOD_HDR, CLAIMS("\"a\"", DEST, IAT, ORIG, ORIGID), "attest",
		 REASON_ATTEST, want, "attest \"a\"");
	of_fails(trial(), GOOD_HDR, CLAIMS("\"D\"", DEST, IAT, ORIG, ORIGID), "attest",
		 REASON_ATTEST, want, "attest \"D\"");
	of_fails(trial(), GOOD_HDR, CLAIMS("\"\"", DEST, IAT, ORIG, ORIGID), "attest",
		 REASON_ATTEST, want, "attest \"\"");
	of_fails(trial(), GOOD_HDR, CLAIMS("1", DEST, IAT, ORIG, ORIGID), "attest", REASON_CLAIM,
		 want, "attest 1");
	of_fails(trial(), GOOD_HDR, "{\"dest\":" DEST ",\"iat\":" IAT ",\"orig\":" ORIG "}",
		 "attest", REASON_CLAIM, want, "no attest");
}

TEST(origid)
{
	static const char want[] = "origid as a UUID: 8-4-4-4-12 hexadecimal digits";

	of_passes(trial(), GOOD_HDR,
		  CLAIMS("\"A\"", DEST, IAT, ORIG, "\"123E4567-E89B-42D3-A456-426655440000\""));
	of_fails(trial(), GOOD_HDR, CLAIMS("\"A\"", DEST, IAT, ORIG, "\"123e4567\""), "origid",
		 REASON_ORIGID, want, "origid \"123e4567\"");
	of_fails(trial(), GOOD_HDR,
		 CLAIMS("\"A\"", DEST, IAT, ORIG, "\"123e4567-e89b-42d3-a456-42665544000g\""),
		 "origid", REASON_ORIGID, want, "origid \"123e4567-e89b-42d3-a456-42665544000g\"");
	of_fails(trial(), GOOD_HDR,
		 CLAIMS("\"A\"", DEST, IAT, ORIG, "\"123e4567e89b-42d3-a456-4266554400000\""),
		 "origid", REASON_ORIGID, want, "origid \"123e4567e89b-42d3-a456-4266554400000\"");
	of_fails(trial(), GOOD_HDR,
		 "{\"attest\":\"A\",\"dest\":" DEST ",\"iat\":" IAT ",\"orig\":" ORIG "}", "origid",
		 REASON_CLAIM, want, "no origid");
}

#define DIV_HDR         HDR("\"ES256\"", "\"div\"", "\"passport\"", "\"" X5U "\"")
#define DIV_CLAIMS(div) "{\"dest\":" DEST ",\"div\":" div ",\"iat\":" IAT ",\"orig\":" ORIG "}"

TEST(div)
{
	static const char want[] = "div with one tn or one uri";

	of_passes(trial(), DIV_HDR, DIV_CLAIMS("{\"tn\":\"12155551213\"}"));
	of_passes(trial(), DIV_HDR, DIV_CLAIMS("{\"hi\":\"1.2.1\",\"tn\":\"12155551213\"}"));
	of_passes(trial(), DIV_HDR, DIV_CLAIMS("{\"uri\":\"sip:a@b\"}"));
	of_fails(trial(), DIV_HDR, DIV_CLAIMS("{\"tn\":[\"12155551213\"]}"), "div", REASON_CLAIM,
		 want, "div {\"tn\":[\"12155551213\"]}");
	of_fails(trial(), DIV_HDR, DIV_CLAIMS("{\"tn\":\"1\",\"uri\":\"sip:a@b\"}"), "div",
		 REASON_CLAIM, want, "div {\"tn\":\"1\",\"uri\":\"sip:a@b\"}");
	of_fails(trial(), DIV_HDR, DIV_CLAIMS("{}"), "div", REASON_CLAIM, want, "div {}");
	of_fails(trial(), DIV_HDR, "{\"dest\":" DEST ",\"iat\":" IAT ",\"orig\":" ORIG "}", "div",
		 REASON_CLAIM, want, "no div");
}

/* What depends on the other PASSporTs of the call is left to chain.h, and nothing else */
TEST(chained_leaves_dest_and_freshness)
{
	struct trial t = trial();
	char *token =
		token_of(GOOD_HDR, CLAIMS("\"A\"", "{\"tn\":[\"1\"]}", "1584983463", ORIG, ORIGID));

	t.call.chained = true;
	passes(&t, token);
	free(token);
	t = trial();
	t.call.chained = true;
	token = token_of(GOOD_HDR, CLAIMS("\"A\"", DEST, IAT, "{\"tn\":\"1\"}", ORIGID));
	fails(&t, token, "orig", REASON_ORIG_MISMATCH, "12013776051, the caller of the INVITE",
	      "orig 1");
	free(token);
}

TEST(chained_leaves_orig_of_a_div)
{
	static const char claims[] =
		"{\"dest\":{\"tn\":[\"3\"]},\"div\":{\"tn\":\"2\"},\"iat\":" IAT
		",\"orig\":{\"tn\":\"1\"}}";
	struct trial t = trial();
	char *token = token_of(DIV_HDR, claims);

	fails(&t, token, "orig", REASON_ORIG_MISMATCH, "12013776051, the caller of the INVITE",
	      "orig 1");
	t = trial();
	t.call.chained = true;
	passes(&t, token);
	free(token);
}

TEST(chained_still_wants_the_claim_and_the_signature)
{
	struct trial t = trial();
	char *token = token_of(DIV_HDR, DIV_CLAIMS("1"));

	t.call.chained = true;
	fails(&t, token, "div", REASON_CLAIM, "div with one tn or one uri", "div 1");
	free(token);
	token = token_of(DIV_HDR, DIV_CLAIMS("{\"tn\":\"2\"}"));
	token[strlen(token) - 10] = token[strlen(token) - 10] == 'A' ? 'B' : 'A';
	t = trial();
	t.call.chained = true;
	run(&t, token);
	CHECK_INT(REASON_SIGNATURE, t.fault.reason);
	free(token);
}

TEST(rph_and_rcd_bring_their_claim)
{
	static const char header[] = HDR("\"ES256\"", "\"rph\"", "\"passport\"", "\"" X5U "\"");

	of_passes(trial(), header,
		  "{\"dest\":" DEST ",\"iat\":" IAT ",\"orig\":" ORIG
		  ",\"rph\":{\"auth\":[\"ets.0\"]}}");
	of_fails(trial(), header, "{\"dest\":" DEST ",\"iat\":" IAT ",\"orig\":" ORIG "}", "claims",
		 REASON_CLAIM, "an object named after ppt", "no rph");
	of_fails(trial(), HDR("\"ES256\"", "\"rcd\"", "\"passport\"", "\"" X5U "\""),
		 "{\"dest\":" DEST ",\"iat\":" IAT ",\"orig\":" ORIG ",\"rcd\":\"x\"}", "claims",
		 REASON_CLAIM, "an object named after ppt", "rcd \"x\"");
}

/* proves: VS-05 */
TEST(orig_against_the_call)
{
	struct trial t = trial();

	t.call.orig = (struct tn){"12013776052"};
	fails(&t, SHAKEN_TOKEN, "orig", REASON_ORIG_MISMATCH,
	      "12013776052, the caller of the INVITE", "orig 12013776051");
	CHECK_INT(0, fake.asked);
}

/* proves: VS-05 */
TEST(dest_against_the_call)
{
	struct trial t = trial();

	t.call.dest = (struct tn){"19032469104"};
	fails(&t, SHAKEN_TOKEN, "dest", REASON_DEST_MISMATCH,
	      "19032469104, the called number of the INVITE", "dest {\"tn\":[\"19032469103\"]}");
}

TEST(second_dest_is_enough)
{
	of_passes(trial(), GOOD_HDR,
		  CLAIMS("\"A\"", "{\"tn\":[\"12155551212\",\"19032469103\"]}", IAT, ORIG, ORIGID));
}

/* 5.2: no INVITE to compare with */
/* proves: CPS-05 */
TEST(cps_does_not_compare_with_a_call)
{
	struct trial t = as_cps();

	t.call = (struct verify_call){.orig = {"1"}, .dest = {"2"}};
	passes(&t, SHAKEN_TOKEN);
}

TEST(vs_without_a_call_is_our_own_error)
{
	struct trial t = trial();
	struct env env = env_fixed(&t.clock);
	struct verifier *v;

	t.item.id.token = SV(SHAKEN_TOKEN);
	CHECK_INT(0, verifier_alloc(&v, &t.opts, NULL, &env));
	CHECK_INT(EINVAL, verify_run(v, &t.item, NULL, note, &t));
	CHECK_INT(0, t.done);
	verifier_free(v);
}

static struct trial with_verdict(const char *check, enum reason reason)
{
	struct trial t = trial();

	fake.cred.err = fault_set(&fake.cred.fault, reason, "w", "g");
	fake.cred.fault.check = check;
	return t;
}

TEST(verdict_of_the_credential_names_its_row)
{
	struct trial t = with_verdict("fetch", REASON_CERT_FETCH);

	fails(&t, SHAKEN_TOKEN, "fetch", REASON_CERT_FETCH, "w", "g");
	t = with_verdict("profile", REASON_CERT_SPC);
	fails(&t, SHAKEN_TOKEN, "profile", REASON_CERT_SPC, "w", "g");
	t = with_verdict("path", REASON_CERT_UNTRUSTED);
	fails(&t, SHAKEN_TOKEN, "path", REASON_CERT_UNTRUSTED, "w", "g");
	CHECK_STR("1234", t.spc);
	t = with_verdict("revoked", REASON_CERT_REVOKED);
	fails(&t, SHAKEN_TOKEN, "revoked", REASON_CERT_REVOKED, "w", "g");
}

TEST(verdict_of_an_unknown_check_is_refused)
{
	struct trial t = with_verdict("surprise", REASON_CERT_CHAIN);

	fails(&t, SHAKEN_TOKEN, "fetch", REASON_CERT_CHAIN, "w", "g");
	t = with_verdict(NULL, REASON_CERT_CHAIN);
	fails(&t, SHAKEN_TOKEN, "fetch", REASON_CERT_CHAIN, "w", "g");
}

TEST(own_trouble_is_not_an_invalid_token)
{
	struct trial t = trial();

	fake.cred.err = ENOMEM;
	run(&t, SHAKEN_TOKEN);
	CHECK_INT(ENOMEM, t.err);
	t = trial();
	fake.ret = ENOSPC;
	run(&t, SHAKEN_TOKEN);
	CHECK_INT(ENOSPC, t.err);
}

TEST(signature_over_other_octets)
{
	char *token = token_of(GOOD_HDR, CLAIMS("\"A\"", DEST, IAT, ORIG, ORIGID));
	char *other = token_of(GOOD_HDR, CLAIMS("\"B\"", DEST, IAT, ORIG, ORIGID));
	struct trial t = trial();

	/* header and payload of the one, signature of the other */
	CHECK_INT(strlen(token), strlen(other));
	memcpy(token + strlen(token) - 86, other + strlen(other) - 86, 86);
	fails(&t, token, "signature", REASON_SIGNATURE,
	      "a signature by the key of the certificate at x5u",
	      "one that its key did not make over these octets");
	free(token);
	free(other);
}

TEST(signature_by_another_key)
{
	struct trial t = trial();
	struct stir_key *other;

	CHECK_INT(0, key_generate(&other));
	fake.cred.key = other;
	fails(&t, SHAKEN_TOKEN, "signature", REASON_SIGNATURE,
	      "a signature by the key of the certificate at x5u",
	      "one that its key did not make over these octets");
	key_unref(other);
}

TEST(no_key_is_refused)
{
	struct trial t = trial();

	fake.cred.key = NULL;
	fails(&t, SHAKEN_TOKEN, "signature", REASON_CERT_KEY, "a P-256 key", "another one");
}

static void at_age(int age_s, bool fresh)
{
	struct trial t = trial();
	char got[80];

	t.clock.now_ms = (uint64_t)(NOW + age_s) * 1000 + 999;
	if (fresh) {
		passes(&t, SHAKEN_TOKEN);
		return;
	}
	run(&t, SHAKEN_TOKEN);
	(void)snprintf(got, sizeof(got), "1584983402, %d s %s", abs(age_s),
		       age_s > 0 ? "old" : "in the future");
	CHECK_INT(EBADMSG, t.err);
	CHECK_STR("fresh", t.fault.check);
	CHECK_INT(REASON_STALE, t.fault.reason);
	CHECK_STR(got, t.fault.got);
}

/* proves: VS-05 */
TEST(fresh_59_60_61_s_old)
{
	at_age(59, true);
	at_age(60, true);
	at_age(61, false);
}

TEST(fresh_59_60_61_s_ahead)
{
	at_age(-59, true);
	at_age(-60, true);
	at_age(-61, false);
}

TEST(freshness_is_configured)
{
	struct trial t = trial();

	t.opts.freshness_s = 10;
	t.clock.now_ms = (NOW + 11) * 1000ull;
	fails(&t, SHAKEN_TOKEN, "fresh", REASON_STALE, "iat at most 10 s from now (1584983413)",
	      "1584983402, 11 s old");
}

TEST(cps_checks_freshness_too)
{
	struct trial t = as_cps();

	t.clock.now_ms = (NOW + 61) * 1000ull;
	run(&t, SHAKEN_TOKEN);
	CHECK_STR("fresh", t.fault.check);
}

/* RFC 8224 6.2 step 4; the certificate begins at NOW - 10 */
TEST(iat_within_the_certificate)
{
	struct trial t = trial();
	char *token = token_of(GOOD_HDR, CLAIMS("\"A\"", DEST, "1584983392", ORIG, ORIGID));

	passes(&t, token);
	free(token);
	t = trial();
	token = token_of(GOOD_HDR, CLAIMS("\"A\"", DEST, "1584983391", ORIG, ORIGID));
	fails(&t, token, "validity", REASON_IAT_OUTSIDE_CERT, "iat from 1584983392 to 1585069802",
	      "1584983391");
	free(token);
}

TEST(names_of_the_checks)
{
	static const char *const names[] = {
		"form",     "typ",       "alg",        "ppt",      "x5u",
		"info",     "claims",    "attest",     "origid",   "div",
		"orig",     "dest",      "fetch",      "profile",  "path",
		"revoked",  "signature", "fresh",      "validity", "div-link",
		"div-orig", "div-right", "div-length", "div-dest", "div-fresh"};
	const size_t n = sizeof(names) / sizeof(names[0]);
	const char *clause = NULL;

	for (size_t i = 0; i < n; i++) {
		CHECK_STR(names[i], verify_check_name(i, &clause));
		CHECK(clause && *clause);
		if (i)
			CHECK_INT(UINT64_C(1) << i, verify_check_bit(sv_from(names[i])));
	}
	CHECK(!verify_check_name(n, &clause));
	CHECK_INT(0, verify_check_bit(SV("form"))); /* cannot be left out */
	CHECK_INT(0, verify_check_bit(SV("nonsense")));
	CHECK_INT(0, verify_check_bit(SV("")));
}

static void skipped(const char *name, const char *header, const char *claims)
{
	struct trial t = trial();
	char *token = token_of(header, claims);

	run(&t, token);
	CHECK_INT(EBADMSG, t.err);
	CHECK_STR(name, t.fault.check);
	t = trial();
	t.opts.skip = verify_check_bit(sv_from(name));
	passes(&t, token);
	free(token);
}

TEST(each_check_of_the_token_can_be_left_out)
{
	static const char good[] = CLAIMS("\"A\"", DEST, IAT, ORIG, ORIGID);

	skipped("typ", HDR("\"ES256\"", "\"shaken\"", "\"JWT\"", "\"" X5U "\""), good);
	skipped("alg", HDR("\"none\"", "\"shaken\"", "\"passport\"", "\"" X5U "\""), good);
	skipped("ppt", HDR("\"ES256\"", "\"foo\"", "\"passport\"", "\"" X5U "\""), good);
	skipped("x5u", HDR("\"ES256\"", "\"shaken\"", "\"passport\"", "\"http://a/\""), good);
	skipped("attest", GOOD_HDR, CLAIMS("\"Z\"", DEST, IAT, ORIG, ORIGID));
	skipped("origid", GOOD_HDR, CLAIMS("\"A\"", DEST, IAT, ORIG, "\"x\""));
	skipped("div", DIV_HDR, DIV_CLAIMS("1"));
	skipped("orig", GOOD_HDR, CLAIMS("\"A\"", DEST, IAT, "{\"tn\":\"1\"}", ORIGID));
	skipped("dest", GOOD_HDR, CLAIMS("\"A\"", "{\"tn\":[\"1\"]}", IAT, ORIG, ORIGID));
	skipped("validity", GOOD_HDR, CLAIMS("\"A\"", DEST, "1584983391", ORIG, ORIGID));
	skipped("fresh", GOOD_HDR, CLAIMS("\"A\"", DEST, "1584983463", ORIG, ORIGID));
	skipped("claims", GOOD_HDR,
		CLAIMS("\"A\"", "{\"tn\":[\"19032469103\",\"+1\"]}", IAT, ORIG, ORIGID));
}

TEST(each_check_of_the_credential_can_be_left_out)
{
	static const char *const names[] = {"profile", "path", "revoked"};

	for (size_t i = 0; i < 3; i++) {
		struct trial t = with_verdict(names[i], REASON_CERT_CHAIN);

		t.opts.skip = verify_check_bit(sv_from(names[i]));
		passes(&t, SHAKEN_TOKEN);
	}
	CHECK_INT(CRED_SKIP_PATH | CRED_SKIP_REVOKED,
		  verify_cred_skip(verify_check_bit(SV("path")) | verify_check_bit(SV("revoked"))));
	CHECK_INT(CRED_SKIP_PROFILE, verify_cred_skip(verify_check_bit(SV("profile"))));
	CHECK_INT(0, verify_cred_skip(verify_check_bit(SV("fresh"))));
}

TEST(signature_left_out)
{
	struct trial t = trial();

	fake.cred.key = NULL;
	t.opts.skip = verify_check_bit(SV("signature"));
	passes(&t, SHAKEN_TOKEN);
}

TEST(without_a_chain_nothing_verifies_whatever_is_left_out)
{
	struct trial t = with_verdict("fetch", REASON_CERT_FETCH);

	cert_chain_unref(fake.cred.chain);
	fake.cred.chain = NULL;
	t.opts.skip = verify_check_bit(SV("fetch"));
	fails(&t, SHAKEN_TOKEN, "signature", REASON_CERT_FETCH, "a certificate", "none");
}

/* A run that waits for its credential */
static struct verifier *waiting(struct trial *t, struct env *env)
{
	struct verifier *v;

	*env = env_fixed(&t->clock);
	fake.ret = EINPROGRESS;
	t->item.id.token = SV(SHAKEN_TOKEN);
	CHECK_INT(0, verifier_alloc(&v, &t->opts, NULL, env));
	CHECK_INT(0, verify_run(v, &t->item, &t->call, note, t));
	CHECK_INT(0, t->done);
	return v;
}

TEST(credential_that_comes_later)
{
	struct trial t = trial();
	struct env env;
	struct verifier *v = waiting(&t, &env);

	fake.done(&fake.cred, fake.arg);
	CHECK_INT(1, t.done);
	CHECK_INT(0, t.err);
	CHECK_STR("1234", t.spc);
	verifier_free(v);
	CHECK_INT(0, fake.cancelled);
}

/* The clock is read when the checks run, not when they were asked for */
TEST(credential_that_comes_too_late)
{
	struct trial t = trial();
	struct env env;
	struct verifier *v = waiting(&t, &env);

	t.clock.now_ms = (NOW + 61) * 1000ull;
	fake.done(&fake.cred, fake.arg);
	CHECK_INT(EBADMSG, t.err);
	CHECK_STR("fresh", t.fault.check);
	verifier_free(v);
}

TEST(cancelled_run_is_not_called)
{
	struct trial t = trial();
	struct env env;
	struct verifier *v = waiting(&t, &env);

	verify_cancel(v, &env); /* another argument */
	CHECK_INT(0, fake.cancelled);
	verify_cancel(v, &t);
	CHECK_INT(1, fake.cancelled);
	verifier_free(v);
	CHECK_INT(1, fake.cancelled);
	CHECK_INT(0, t.done);
}

TEST(freed_verifier_forgets_its_runs)
{
	struct trial t = trial();
	struct env env;
	struct verifier *v = waiting(&t, &env);

	verifier_free(v);
	CHECK_INT(1, fake.cancelled);
	CHECK_INT(0, t.done);
	verifier_free(NULL);
}

TEST(form_of_a_parsed_token)
{
	struct trial t = trial();
	struct env env = env_fixed(&t.clock);
	struct passport *pp;
	struct verifier *v;
	struct fault f = {0};
	char *bad = token_of(GOOD_HDR, CLAIMS("\"Z\"", DEST, IAT, ORIG, ORIGID));

	CHECK_INT(0, verifier_alloc(&v, &t.opts, NULL, &env));
	CHECK_INT(0, passport_parse(&pp, SV(SHAKEN_TOKEN), NULL));
	CHECK_INT(0, verify_form(v, NULL, pp, &f));
	passport_unref(pp);
	CHECK_INT(0, passport_parse(&pp, sv_from(bad), NULL));
	CHECK_INT(EBADMSG, verify_form(v, NULL, pp, &f));
	CHECK_STR("attest", f.check);
	passport_unref(pp);
	t.item = in_band("https://other.example/", NULL, NULL).item;
	CHECK_INT(0, passport_parse(&pp, SV(SHAKEN_TOKEN), NULL));
	CHECK_INT(EBADMSG, verify_form(v, &t.item, pp, &f));
	CHECK_STR("info", f.check);
	passport_unref(pp);
	free(bad);
	verifier_free(v);
	CHECK_INT(0, fake.asked);
}

TEST_MAIN(CASE(good_token_at_the_vs), CASE(good_token_at_the_cps), CASE(other_order_and_blanks),
	  CASE(form_is_the_first_check), CASE(typ), CASE(alg), CASE(ppt_unknown_at_the_vs),
	  CASE(ppt_unknown_at_a_cps_that_keeps_it), CASE(ppt_that_is_no_string),
	  CASE(base_passport), CASE(x5u_forms), CASE(x5u_other_schemes), CASE(x5u_user_information),
	  CASE(x5u_query_and_fragment), CASE(x5u_host), CASE(x5u_port),
	  CASE(x5u_foreign_characters), CASE(x5u_missing), CASE(info_equals_x5u),
	  CASE(info_differs), CASE(info_alg_and_ppt_parameters), CASE(orig_claim), CASE(dest_claim),
	  CASE(dest_with_a_uri_beside), CASE(iat_claim), CASE(attest), CASE(origid), CASE(div),
	  CASE(chained_leaves_dest_and_freshness), CASE(chained_leaves_orig_of_a_div),
	  CASE(chained_still_wants_the_claim_and_the_signature),
	  CASE(rph_and_rcd_bring_their_claim), CASE(orig_against_the_call),
	  CASE(dest_against_the_call), CASE(second_dest_is_enough),
	  CASE(cps_does_not_compare_with_a_call), CASE(vs_without_a_call_is_our_own_error),
	  CASE(verdict_of_the_credential_names_its_row),
	  CASE(verdict_of_an_unknown_check_is_refused), CASE(own_trouble_is_not_an_invalid_token),
	  CASE(signature_over_other_octets), CASE(signature_by_another_key),
	  CASE(no_key_is_refused), CASE(fresh_59_60_61_s_old), CASE(fresh_59_60_61_s_ahead),
	  CASE(freshness_is_configured), CASE(cps_checks_freshness_too),
	  CASE(iat_within_the_certificate), CASE(names_of_the_checks),
	  CASE(each_check_of_the_token_can_be_left_out),
	  CASE(each_check_of_the_credential_can_be_left_out), CASE(signature_left_out),
	  CASE(without_a_chain_nothing_verifies_whatever_is_left_out),
	  CASE(credential_that_comes_later), CASE(credential_that_comes_too_late),
	  CASE(cancelled_run_is_not_called), CASE(freed_verifier_forgets_its_runs),
	  CASE(form_of_a_parsed_token))
