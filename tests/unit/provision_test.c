/* A provider's request to publish its CPS URL: form, and whether its signer may ask that. */
#include <errno.h>

#include "lib/stir/provision.h"
#include "tests/unit/toy_pki.h"

#define X5U "https://cr.pki.example:8443/certificates/0123.pem"
#define URL "https://cps.tsp.example:8443/cps/company/1234"

static struct provision good(void)
{
	struct provision p = {.ocn = "1234",
			      .cic = "0288",
			      .url = URL,
			      .jti = "7a2e3f6c-0a1e-4c58-9d0e-5a5a1c0f9b77",
			      .iat_s = TOY_NOW,
			      .authorities = {"pa", "ca1"},
			      .authority_count = 2};

	return p;
}

/* Sign, read, judge with the chain of `leaf` under `inter` */
static int judge(const struct toy *t, const struct provision *p, const struct toy_cert *leaf,
		 const struct toy_cert *inter, int64_t now_s, struct fault *fault)
{
	BUF_AUTO struct buf jws = BUF(PASSPORT_MAX_LEN);
	struct cert_chain *chain = TOY_CHAIN(leaf, inter);
	struct trust *trust = toy_trust(t);
	struct trust_anchor anchor = {{0}, {0}};
	struct provision read = {0};
	int err;

	*fault = (struct fault){.check = ""};
	CHECK_INT(0, provision_sign(&jws, p, X5U, leaf->key));
	err = provision_parse(&read, buf_sv(&jws), fault);
	if (!err)
		err = provision_check(&read, chain, trust, now_s, &anchor, fault);
	if (!err)
		CHECK_STR("SHAKEN Toy ROOT", anchor.name);
	provision_clear(&read);
	cert_chain_unref(chain);
	trust_free(trust);
	return err;
}

#define CHECK_REFUSED(want_check, want_reason, got)                      \
	do {                                                             \
		CHECK_INT(EBADMSG, (got));                               \
		CHECK_STR(want_check, fault.check);                      \
		CHECK_STR(want_reason, reason_info(fault.reason)->name); \
	} while (0)

TEST(request_goes_round)
{
	BUF_AUTO struct buf jws = BUF(PASSPORT_MAX_LEN);
	struct provision p = good(), read;
	struct stir_key *key;
	struct fault fault;

	CHECK_INT(0, key_generate(&key));
	CHECK_INT(0, provision_sign(&jws, &p, X5U, key));
	CHECK_INT(0, provision_parse(&read, buf_sv(&jws), &fault));
	CHECK_STR("1234", read.ocn);
	CHECK_STR("0288", read.cic);
	CHECK_STR(URL, read.url);
	CHECK_STR(p.jti, read.jti);
	CHECK_INT(TOY_NOW, read.iat_s);
	CHECK_INT(2, read.authority_count);
	CHECK_STR("ca1", read.authorities[1]);
	CHECK_SV(X5U, read.jws->x5u);
	provision_clear(&read);
	key_unref(key);
}

TEST(without_authority_it_is_for_the_sti_pa)
{
	BUF_AUTO struct buf jws = BUF(PASSPORT_MAX_LEN);
	struct provision p = good(), read;
	struct stir_key *key;
	struct fault fault;

	p.authority_count = 0;
	CHECK_INT(0, key_generate(&key));
	CHECK_INT(0, provision_sign(&jws, &p, X5U, key));
	CHECK_INT(0, provision_parse(&read, buf_sv(&jws), &fault));
	CHECK_INT(1, read.authority_count);
	CHECK_STR("pa", read.authorities[0]);
	provision_clear(&read);
	key_unref(key);
}

TEST(provider_may_ask_for_its_own_ocn)
{
	struct provision p = good();
	struct fault fault;
	struct toy t;

	toy_open(&t);
	CHECK_INT(0, judge(&t, &p, &t.leaf, &t.inter, TOY_NOW, &fault));
	toy_close(&t);
}

TEST(provider_may_not_ask_for_another_ocn)
{
	struct provision p = good();
	struct fault fault;
	struct toy t;

	toy_open(&t);
	(void)snprintf(p.ocn, sizeof(p.ocn), "5678");
	CHECK_REFUSED("ocn", "not-own-ocn", judge(&t, &p, &t.leaf, &t.inter, TOY_NOW, &fault));
	toy_close(&t);
}

TEST(iat_59_60_61_seconds_off)
{
	static const struct {
		int off, err;
	} rows[] = {{59, 0}, {60, 0}, {61, EBADMSG}, {-60, 0}, {-61, EBADMSG}};
	struct provision p = good();
	struct fault fault;
	struct toy t;

	toy_open(&t);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK_INT(rows[i].err,
			  judge(&t, &p, &t.leaf, &t.inter, TOY_NOW + rows[i].off, &fault));
		if (rows[i].err)
			CHECK_STR("stale", reason_info(fault.reason)->name);
	}
	toy_close(&t);
}

TEST(certificate_of_a_ca_that_is_not_approved)
{
	struct provision p = good();
	struct toy_cert root, inter, leaf;
	struct fault fault;
	struct toy t;

	toy_open(&t);
	root = toy_cert(&t, CERT_ROOT, "SHAKEN Rogue ROOT", NULL);
	inter = toy_cert(&t, CERT_INTERMEDIATE, "SHAKEN Rogue Inter", &root);
	leaf = toy_leaf(&t, "1234", &inter);
	CHECK_REFUSED("path", "cert-untrusted", judge(&t, &p, &leaf, &inter, TOY_NOW, &fault));
	toy_clear(&root);
	toy_clear(&inter);
	toy_clear(&leaf);
	toy_close(&t);
}

TEST(certificate_without_spc)
{
	struct provision p = good();
	struct toy_cert signer;
	struct fault fault;
	struct toy t;

	toy_open(&t);
	signer = toy_cert(&t, CERT_LIST_SIGNER, "SHAKEN signer", &t.inter);
	CHECK_REFUSED("profile", "cert-spc", judge(&t, &p, &signer, &t.inter, TOY_NOW, &fault));
	toy_clear(&signer);
	toy_close(&t);
}

TEST(signature_of_another_key)
{
	struct provision p = good(), read;
	BUF_AUTO struct buf jws = BUF(PASSPORT_MAX_LEN);
	struct trust_anchor anchor;
	struct cert_chain *chain;
	struct trust *trust;
	struct stir_key *key;
	struct fault fault;
	struct toy t;

	toy_open(&t);
	trust = toy_trust(&t);
	chain = TOY_CHAIN(&t.leaf, &t.inter);
	CHECK_INT(0, key_generate(&key));
	CHECK_INT(0, provision_sign(&jws, &p, X5U, key));
	CHECK_INT(0, provision_parse(&read, buf_sv(&jws), &fault));
	CHECK_REFUSED("signature", "signature",
		      provision_check(&read, chain, trust, TOY_NOW, &anchor, &fault));
	provision_clear(&read);
	cert_chain_unref(chain);
	trust_free(trust);
	key_unref(key);
	toy_close(&t);
}

#define HEADER       "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"x5u\":\"" X5U "\"}"
#define CLAIMS(more) "{\"iat\":1800000000,\"jti\":\"j\"," more "}"
#define OCN          "\"ocn\":\"1234\""
#define TO           "\"url\":\"" URL "\""

TEST(forms)
{
	static const struct {
		const char *header, *claims, *reason;
	} rows[] = {
		{HEADER, CLAIMS(OCN "," TO), NULL},
		{HEADER, CLAIMS(OCN "," TO ",\"cic\":\"+10288\""), NULL},
		{HEADER, CLAIMS(OCN "," TO ",\"authority\":\"ca2\""), NULL},
		{"{\"alg\":\"none\",\"typ\":\"JWT\",\"x5u\":\"" X5U "\"}", CLAIMS(OCN "," TO),
		 "alg"},
		{"{\"alg\":\"ES256\",\"typ\":\"passport\",\"x5u\":\"" X5U "\"}", CLAIMS(OCN "," TO),
		 "list-typ"},
		{"{\"alg\":\"ES256\",\"typ\":\"JWT\"}", CLAIMS(OCN "," TO), "x5u"},
		{"{\"alg\":\"ES256\",\"typ\":\"JWT\",\"x5u\":\"http://a/\"}", CLAIMS(OCN "," TO),
		 "x5u"},
		{"{\"alg\":\"ES256\",\"crit\":[],\"typ\":\"JWT\",\"x5u\":\"" X5U "\"}",
		 CLAIMS(OCN "," TO), "header-member"},
		{HEADER, CLAIMS(TO), "claim"},
		{HEADER, CLAIMS(OCN), "claim"},
		{HEADER, "{\"jti\":\"j\"," OCN "," TO "}", "claim"},
		{HEADER, "{\"iat\":\"1800000000\",\"jti\":\"j\"," OCN "," TO "}", "claim"},
		{HEADER, "{\"iat\":1800000000," OCN "," TO "}", "claim"},
		{HEADER, CLAIMS(OCN ",\"url\":7"), "claim"},
		{HEADER, CLAIMS(OCN "," TO ",\"authority\":7"), "claim"},
		{HEADER, CLAIMS(OCN "," TO ",\"authority\":[\"pa\",7]"), "claim"},
		{HEADER, CLAIMS("\"ocn\":\"12-34\"," TO), "map-key"},
		{HEADER, CLAIMS(OCN "," TO ",\"cic\":\"nope\""), "map-key"},
		{HEADER, CLAIMS(OCN ",\"url\":\"http://cps.tsp.example/\""), "map-url"},
	};
	struct stir_key *key;

	CHECK_INT(0, key_generate(&key));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		BUF_AUTO struct buf jws = BUF(PASSPORT_MAX_LEN);
		json_t *header = json_loads(rows[i].header, 0, NULL);
		json_t *claims = json_loads(rows[i].claims, 0, NULL);
		struct fault fault = {.check = ""};
		struct provision read;
		int err;

		CHECK(header && claims);
		CHECK_INT(0, jws_sign(&jws, header, claims, key));
		err = provision_parse(&read, buf_sv(&jws), &fault);
		CHECK_INT(rows[i].reason ? EBADMSG : 0, err);
		if (err)
			CHECK_STR(rows[i].reason, reason_info(fault.reason)->name);
		else
			provision_clear(&read);
		json_decref(header);
		json_decref(claims);
	}
	key_unref(key);
}

TEST_MAIN(CASE(request_goes_round), CASE(without_authority_it_is_for_the_sti_pa),
	  CASE(provider_may_ask_for_its_own_ocn), CASE(provider_may_not_ask_for_another_ocn),
	  CASE(iat_59_60_61_seconds_off), CASE(certificate_of_a_ca_that_is_not_approved),
	  CASE(certificate_without_spc), CASE(signature_of_another_key), CASE(forms))
