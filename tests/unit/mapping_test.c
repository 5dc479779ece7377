/* Published CPS mappings: what is taken, what is refused and for what reason, and who vouches. */
#include <errno.h>

#include "tests/unit/map_kit.h"

#define A "https://cps.a.example/cps/company/5678"
#define B "https://cps.b.example/cps/company/5678"

#define KIT_AUTO __attribute__((cleanup(kit_close)))

/* A list that must be refused: by which check, for which reason; what was held stays */
static void check_refused(struct kit *k, struct buf jwt, const char *check, const char *reason)
{
	struct fault fault;

	CHECK_INT(EBADMSG, kit_take_ca(k, &jwt, &fault));
	CHECK_STR(reason, reason_info(fault.reason)->name);
	CHECK_STR(check, fault.check);
	buf_free(&jwt);
}

static void take_ca(struct kit *k, int64_t sequence, const char *url)
{
	BUF_AUTO struct buf jwt = kit_list(&k->ca_signer, sequence, EXP, url, NULL);
	struct fault fault;

	CHECK_INT(0, kit_take_ca(k, &jwt, &fault));
}

/* --- carriers and URLs --- */

TEST(cic_is_brought_to_its_digits)
{
	char cic[CIC_MAX + 1];

	CHECK_INT(0, cic_canonical(cic, SV("0288")));
	CHECK_STR("0288", cic);
	CHECK_INT(0, cic_canonical(cic, SV("+10288")));
	CHECK_STR("0288", cic);
	CHECK_INT(0, cic_canonical(cic, SV("+1-0288")));
	CHECK_STR("0288", cic);
	CHECK_INT(0, cic_canonical(cic, SV("288")));
	CHECK_STR("288", cic);
	CHECK_INT(0, cic_canonical(cic, SV("+112345678")));
	CHECK_STR("12345678", cic);
}

TEST(what_is_no_cic)
{
	static const char *const bad[] = {"",  "+", "+1",        "+44123",     "02x8",
					  " ", "-", "123456789", "+1123456789"};
	char cic[CIC_MAX + 1];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_INT(EBADMSG, cic_canonical(cic, sv_from(bad[i])));
}

TEST(urls_that_may_be_in_a_list)
{
	static const char *const good[] = {A, "https://a", "HTTPS://a.example:8443/x?y=z@1",
					   "https://[::1]:8443/x", "https://a.example/a@b"};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		CHECK_STR(NULL, map_check_url(sv_from(good[i])));
}

TEST(urls_that_may_not)
{
	static const char *const bad[] = {"http://cps.a.example/",
					  "https://",
					  "https:///x",
					  "https://:8443/x",
					  "https://u@a.example/",
					  "https://u:p@a.example/x",
					  "https://a.example/#f",
					  "https://a.example/a b",
					  "https://a.example/\x01",
					  "ftp://a.example",
					  "//a.example",
					  "https://?x"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(map_check_url(sv_from(bad[i])));
}

/* --- taken --- */

/* proves: DISC-03 */
TEST(list_of_the_sti_pa_is_used)
{
	KIT_AUTO struct kit k;
	BUF_AUTO struct buf jwt = BUF(0);
	struct map_entry v[MAP_AUTHORITIES_MAX];
	struct fault fault;

	kit_open(&k);
	jwt = kit_list(&k.toy.signer, 3, EXP, A, "0288");
	CHECK_INT(0, kit_take_pa(&k, &jwt, &fault));
	CHECK_INT(1, map_set_find(k.set, MAP_STI_PA, MAP_OCN, "5678", v));
	CHECK_STR(A, v[0].url);
	CHECK_STR("PA ROOT", v[0].authority);
	CHECK_INT(3, v[0].sequence);
	CHECK_INT(1, map_set_find(k.set, MAP_STI_PA, MAP_CIC, "0288", v));
	CHECK_STR(A, v[0].url);
}

/* proves: DISC-04 DISC-09 */
TEST(list_of_an_sti_ca_is_used_and_its_root_vouches)
{
	KIT_AUTO struct kit k;
	struct map_entry v[MAP_AUTHORITIES_MAX];

	kit_open(&k);
	take_ca(&k, 1, A);
	CHECK_INT(1, map_set_find(k.set, MAP_STI_CA, MAP_OCN, "5678", v));
	CHECK_STR("SHAKEN Toy ROOT", v[0].authority);
	CHECK_INT(0, map_set_find(k.set, MAP_STI_PA, MAP_OCN, "5678", v));
	CHECK_INT(0, map_set_find(k.set, MAP_STI_CA, MAP_CIC, "5678", v));
	CHECK_INT(0, map_set_find(k.set, MAP_STI_CA, MAP_OCN, "1234", v));
}

TEST(same_list_again_changes_nothing)
{
	KIT_AUTO struct kit k;
	BUF_AUTO struct buf jwt = BUF(0);
	struct fault fault;

	kit_open(&k);
	jwt = kit_list(&k.ca_signer, 1, EXP, A, NULL);
	CHECK_INT(0, kit_take_ca(&k, &jwt, &fault));
	CHECK_INT(EALREADY, kit_take_ca(&k, &jwt, &fault));
}

TEST(same_content_signed_anew_lives_longer)
{
	KIT_AUTO struct kit k;
	BUF_AUTO struct buf jwt = BUF(0);
	struct fault fault;

	kit_open(&k);
	take_ca(&k, 1, A);
	jwt = kit_list(&k.ca_signer, 1, EXP + 100, A, NULL);
	CHECK_INT(0, kit_take_ca(&k, &jwt, &fault));
	CHECK_INT(EXP + 100, map_set_expires_s(k.set));
}

TEST(higher_sequence_replaces_the_list)
{
	KIT_AUTO struct kit k;

	kit_open(&k);
	take_ca(&k, 1, A);
	take_ca(&k, 2, B);
	CHECK_STR(B, kit_url(&k, MAP_STI_CA));
}

TEST(two_authorities_each_have_their_list)
{
	KIT_AUTO struct kit k;
	BUF_AUTO struct buf jwt = BUF(0);
	struct map_entry v[MAP_AUTHORITIES_MAX];
	struct fault fault;

	kit_open(&k);
	jwt = kit_list(&k.ca2_signer, 9, EXP, B, NULL);
	CHECK_INT(0, kit_take(&k, MAP_STI_CA, &jwt, &k.ca2_signer, &k.other_inter, &fault));
	take_ca(&k, 1, A); /* a lower sequence, but of another authority */
	CHECK_INT(2, map_set_find(k.set, MAP_STI_CA, MAP_OCN, "5678", v));
	CHECK_STR(A, v[0].url); /* by rank, not by the order in which they came */
	CHECK_STR(B, v[1].url);
	CHECK_STR("SHAKEN Other ROOT", v[1].authority);
}

/* --- refused, each with its reason --- */

/* proves: DISC-10 */
TEST(tampered)
{
	KIT_AUTO struct kit k;
	struct buf jwt, other;
	char *dot;

	kit_open(&k);
	take_ca(&k, 1, A);
	/* the payload of one list with the signature of another */
	jwt = kit_list(&k.ca_signer, 2, EXP, B, NULL);
	other = kit_list(&k.ca_signer, 3, EXP, B, NULL);
	dot = strrchr(jwt.p, '.');
	jwt.l = (size_t)(dot - jwt.p);
	CHECK_INT(0, buf_addz(&jwt, strrchr(other.p, '.')));
	buf_free(&other);
	check_refused(&k, jwt, "signature", "list-signature");
	CHECK_STR(A, kit_url(&k, MAP_STI_CA));
}

/* proves: DISC-10 */
TEST(expired)
{
	KIT_AUTO struct kit k;

	kit_open(&k);
	check_refused(&k, kit_list(&k.ca_signer, 2, TOY_NOW, A, NULL), "exp", "list-expired");
	CHECK_STR(NULL, kit_url(&k, MAP_STI_CA));
}

/* proves: DISC-10 */
TEST(rolled_back)
{
	KIT_AUTO struct kit k;

	kit_open(&k);
	take_ca(&k, 5, A);
	check_refused(&k, kit_list(&k.ca_signer, 4, EXP + 9, B, NULL), "sequence", "list-rollback");
	CHECK_STR(A, kit_url(&k, MAP_STI_CA));
}

TEST(rolled_back_also_when_the_one_held_has_run_out)
{
	KIT_AUTO struct kit k;

	kit_open(&k);
	take_ca(&k, 5, A);
	toy_at(&k.toy, EXP + 1);
	check_refused(&k, kit_list(&k.ca_signer, 4, EXP + 99, B, NULL), "sequence",
		      "list-rollback");
}

TEST(other_content_under_the_same_sequence)
{
	KIT_AUTO struct kit k;

	kit_open(&k);
	take_ca(&k, 5, A);
	check_refused(&k, kit_list(&k.ca_signer, 5, EXP + 9, B, NULL), "sequence", "list-changed");
	check_refused(&k, kit_list(&k.ca_signer, 5, EXP + 9, A, "0288"), "sequence",
		      "list-changed");
	CHECK_STR(A, kit_url(&k, MAP_STI_CA));
}

/* proves: DISC-08 DISC-10 */
TEST(chain_of_a_ca_that_is_not_approved)
{
	KIT_AUTO struct kit k;
	BUF_AUTO struct buf jwt = BUF(0);
	struct fault fault;

	kit_open(&k);
	jwt = kit_list(&k.rogue_signer, 1, EXP, A, NULL);
	CHECK_INT(EBADMSG, kit_take(&k, MAP_STI_CA, &jwt, &k.rogue_signer, &k.rogue_inter, &fault));
	CHECK_STR("cert-untrusted", reason_info(fault.reason)->name);
	CHECK_STR("signer", fault.check);
}

TEST(provider_does_not_speak_for_its_sti_ca)
{
	KIT_AUTO struct kit k;
	BUF_AUTO struct buf jwt = BUF(0);
	struct fault fault;

	kit_open(&k);
	jwt = kit_list(&k.toy.leaf, 1, EXP, A, NULL);
	CHECK_INT(EBADMSG, kit_take(&k, MAP_STI_CA, &jwt, &k.toy.leaf, &k.toy.inter, &fault));
	CHECK_STR("list-signer", reason_info(fault.reason)->name);
}

TEST(sti_ca_does_not_speak_for_the_sti_pa)
{
	KIT_AUTO struct kit k;
	BUF_AUTO struct buf jwt = BUF(0);
	struct fault fault;

	kit_open(&k);
	jwt = kit_list(&k.ca_signer, 1, EXP, A, NULL);
	CHECK_INT(EBADMSG, kit_take(&k, MAP_STI_PA, &jwt, &k.ca_signer, &k.toy.inter, &fault));
	CHECK_STR("cert-untrusted", reason_info(fault.reason)->name);
}

TEST(sti_pa_does_not_speak_for_an_sti_ca)
{
	KIT_AUTO struct kit k;
	BUF_AUTO struct buf jwt = BUF(0);
	struct fault fault;

	kit_open(&k);
	jwt = kit_list(&k.toy.signer, 1, EXP, A, NULL);
	CHECK_INT(EBADMSG, kit_take(&k, MAP_STI_CA, &jwt, &k.toy.signer, NULL, &fault));
	CHECK_STR("cert-untrusted", reason_info(fault.reason)->name);
}

TEST(certificate_that_may_not_sign_data)
{
	KIT_AUTO struct kit k;
	BUF_AUTO struct buf jwt = BUF(0);
	struct fault fault;

	kit_open(&k);
	jwt = kit_list(&k.toy.inter, 1, EXP, A, NULL); /* keyCertSign only */
	CHECK_INT(EBADMSG, kit_take(&k, MAP_STI_CA, &jwt, &k.toy.inter, NULL, &fault));
	CHECK_STR("list-signer", reason_info(fault.reason)->name);
}

TEST(revoked_signer)
{
	KIT_AUTO struct kit k;
	BUF_AUTO struct buf crl = BUF(0);

	kit_open(&k);
	take_ca(&k, 1, A);
	crl = TOY_CRL(&k.toy, 6, &k.ca_signer);
	CHECK_INT(0, trust_set_crl(k.trust, buf_sv(&crl), buf_sv(&k.toy.signer.pem), NULL));
	check_refused(&k, kit_list(&k.ca_signer, 2, EXP, B, NULL), "signer", "cert-revoked");
	CHECK_STR(NULL, kit_url(&k, MAP_STI_CA)); /* nor is what was taken before used */
}

TEST(chain_that_is_none)
{
	KIT_AUTO struct kit k;
	BUF_AUTO struct buf jwt = BUF(0);
	struct map_offer offer = {.kind = MAP_STI_CA, .chain_pem = SV("no certificate")};
	struct fault fault;

	kit_open(&k);
	jwt = kit_list(&k.ca_signer, 1, EXP, A, NULL);
	offer.jwt = buf_sv(&jwt);
	CHECK_INT(EBADMSG, map_set_take(k.set, &offer, NULL, &fault));
	CHECK_STR("cert-form", reason_info(fault.reason)->name);
	CHECK_STR("signer", fault.check);
}

TEST(one_url_that_is_not_https_refuses_the_list)
{
	KIT_AUTO struct kit k;

	kit_open(&k);
	take_ca(&k, 1, A);
	check_refused(
		&k,
		kit_raw(&k.ca_signer, "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"x5u\":\"" X5U "\"}",
			"{\"version\":\"1.0\",\"sequence\":2,\"exp\":1800003600,"
			"\"cpsMapping\":{\"5678\":\"" B "\",\"1234\":\"http://cps.a.example/\"}}"),
		"form", "map-url");
	CHECK_STR(A, kit_url(&k, MAP_STI_CA)); /* not even the good row of it */
}

#define HEADER(alg, typ) "{\"alg\":\"" alg "\",\"typ\":\"" typ "\",\"x5u\":\"" X5U "\"}"
#define PAYLOAD(version, mapping) \
	"{\"version\":" version ",\"sequence\":2,\"exp\":1800003600,\"cpsMapping\":" mapping "}"
#define GOOD_MAP "{\"5678\":\"" A "\"}"

TEST(forms)
{
	static const struct {
		const char *header, *payload, *reason;
	} rows[] = {
		{HEADER("ES256", "JWT"), PAYLOAD("\"2.0\"", GOOD_MAP), "list-version"},
		{HEADER("ES256", "JWT"), PAYLOAD("1.0", GOOD_MAP), "list-form"},
		{HEADER("ES256", "passport"), PAYLOAD("\"1.0\"", GOOD_MAP), "list-typ"},
		{HEADER("none", "JWT"), PAYLOAD("\"1.0\"", GOOD_MAP), "list-alg"},
		{HEADER("HS256", "JWT"), PAYLOAD("\"1.0\"", GOOD_MAP), "list-alg"},
		{"{\"typ\":\"JWT\",\"x5u\":\"" X5U "\"}", PAYLOAD("\"1.0\"", GOOD_MAP),
		 "list-form"},
		{"{\"alg\":\"ES256\",\"typ\":\"JWT\"}", PAYLOAD("\"1.0\"", GOOD_MAP), "list-form"},
		{"{\"alg\":\"ES256\",\"typ\":\"JWT\",\"x5u\":\"http://a/\"}",
		 PAYLOAD("\"1.0\"", GOOD_MAP), "list-form"},
		{HEADER("ES256", "JWT"), PAYLOAD("\"1.0\"", "[]"), "list-form"},
		{HEADER("ES256", "JWT"), "{\"version\":\"1.0\",\"sequence\":2,\"exp\":1800003600}",
		 "list-form"},
		{HEADER("ES256", "JWT"), PAYLOAD("\"1.0\"", "{\"56 78\":\"" A "\"}"), "map-key"},
		{HEADER("ES256", "JWT"), PAYLOAD("\"1.0\"", "{\"\":\"" A "\"}"), "map-key"},
		{HEADER("ES256", "JWT"), PAYLOAD("\"1.0\"", "{\"5678\":7}"), "map-url"},
		{HEADER("ES256", "JWT"), PAYLOAD("\"1.0\"", "{\"5678\":null}"), "map-url"},
		{HEADER("ES256", "JWT"),
		 PAYLOAD("\"1.0\"", "{},\"cicMapping\":{\"+10288\":\"" A "\"}"), "map-key"},
		{HEADER("ES256", "JWT"), PAYLOAD("\"1.0\"", "{},\"cicMapping\":{\"0288\":\"x\"}"),
		 "map-url"},
	};
	KIT_AUTO struct kit k;

	kit_open(&k);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_refused(&k, kit_raw(&k.ca_signer, rows[i].header, rows[i].payload), "form",
			      rows[i].reason);
}

TEST(octets_that_are_no_list)
{
	static const char *const bad[] = {"", "a.b", "a.b.c", "..", "{}", "not a list"};
	KIT_AUTO struct kit k;

	kit_open(&k);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct buf jwt = BUF(64);

		(void)buf_addz(&jwt, bad[i]);
		check_refused(&k, jwt, "form", "list-form");
	}
}

TEST(maker_does_not_sign_what_takers_refuse)
{
	KIT_AUTO struct kit k;
	BUF_AUTO struct buf jwt = BUF(LIST_MAX_LEN);
	json_t *bad_url, *bad_key;

	kit_open(&k);
	bad_url = json_pack("{s:s}", "5678", "http://a.example/");
	bad_key = json_pack("{s:s}", "56-78", A);
	CHECK_INT(EINVAL, map_sign(&jwt, X5U, 1, EXP, bad_url, NULL, k.ca_signer.key));
	CHECK_INT(EINVAL, map_sign(&jwt, X5U, 1, EXP, bad_key, NULL, k.ca_signer.key));
	json_decref(bad_url);
	json_decref(bad_key);
}

/* --- how long it is used --- */

/* proves: DISC-10 */
TEST(used_until_its_exp_and_no_longer)
{
	KIT_AUTO struct kit k;
	struct map_info info;
	struct fault fault;

	kit_open(&k);
	take_ca(&k, 1, A);
	toy_at(&k.toy, EXP - 1);
	CHECK_STR(A, kit_url(&k, MAP_STI_CA));
	CHECK_INT(EXP, map_set_expires_s(k.set));
	CHECK_INT(0, map_set_info(k.set, 0, &info, &fault));
	toy_at(&k.toy, EXP);
	CHECK_STR(NULL, kit_url(&k, MAP_STI_CA));
	CHECK_INT(INT64_MAX, map_set_expires_s(k.set));
	CHECK_INT(EBADMSG, map_set_info(k.set, 0, &info, &fault));
	CHECK_STR("list-expired", reason_info(fault.reason)->name);
	CHECK_INT(ENOENT, map_set_info(k.set, 1, &info, &fault));
}

/* proves: DISC-08 */
TEST(not_used_any_more_when_its_sti_ca_is_struck_off)
{
	KIT_AUTO struct kit k;
	BUF_AUTO struct buf list = BUF(0);
	struct map_info info;
	struct fault fault;

	kit_open(&k);
	take_ca(&k, 1, A);
	list = TOY_LIST(&k.toy.signer, 7, TOY_NOW + TOY_DAY, &k.other_root);
	CHECK_INT(0, trust_set_ca_list(k.trust, buf_sv(&list), buf_sv(&k.toy.signer.pem), NULL));
	CHECK_STR(NULL, kit_url(&k, MAP_STI_CA));
	CHECK_INT(EBADMSG, map_set_info(k.set, 0, &info, &fault));
	CHECK_STR("cert-untrusted", reason_info(fault.reason)->name);
	CHECK_STR("SHAKEN Toy ROOT", info.authority);
}

TEST(used_again_when_its_sti_ca_is_back)
{
	KIT_AUTO struct kit k;
	BUF_AUTO struct buf without = BUF(0), with = BUF(0);

	kit_open(&k);
	take_ca(&k, 1, A);
	without = TOY_LIST(&k.toy.signer, 7, TOY_NOW + TOY_DAY, &k.other_root);
	with = TOY_LIST(&k.toy.signer, 8, TOY_NOW + TOY_DAY, &k.toy.root);
	CHECK_INT(0, trust_set_ca_list(k.trust, buf_sv(&without), buf_sv(&k.toy.signer.pem), NULL));
	CHECK_STR(NULL, kit_url(&k, MAP_STI_CA));
	CHECK_INT(0, trust_set_ca_list(k.trust, buf_sv(&with), buf_sv(&k.toy.signer.pem), NULL));
	CHECK_STR(A, kit_url(&k, MAP_STI_CA));
}

TEST(list_of_an_sti_ca_is_not_used_without_current_trust_data)
{
	KIT_AUTO struct kit k;
	BUF_AUTO struct buf jwt = BUF(0), pa = BUF(0);
	struct fault fault;

	kit_open(&k);
	jwt = kit_list(&k.ca_signer, 1, TOY_NOW + 9 * TOY_DAY, A, NULL);
	pa = kit_list(&k.toy.signer, 1, TOY_NOW + 9 * TOY_DAY, B, NULL);
	CHECK_INT(0, kit_take_ca(&k, &jwt, &fault));
	CHECK_INT(0, kit_take_pa(&k, &pa, &fault));
	toy_at(&k.toy, TOY_NOW + 2 * TOY_DAY); /* list of roots and CRL have run out */
	CHECK_STR(NULL, kit_url(&k, MAP_STI_CA));
	CHECK_STR(B, kit_url(&k, MAP_STI_PA)); /* pinned: it needs neither */
}

/* --- over a restart --- */

static void restart(struct kit *k)
{
	BUF_AUTO struct buf state = BUF(MAP_STATE_MAX);
	struct err e = {""};

	CHECK_INT(0, map_set_save(k->set, &state));
	map_set_free(k->set);
	k->set = NULL;
	CHECK_INT(0, map_set_alloc(&k->set, k->trust, &k->toy.env));
	CHECK_INT(0, map_set_load(k->set, buf_sv(&state), &e));
	CHECK_STR("", e.s);
}

TEST(list_is_used_after_a_restart)
{
	KIT_AUTO struct kit k;
	struct map_entry v[MAP_AUTHORITIES_MAX];

	kit_open(&k);
	take_ca(&k, 4, A);
	restart(&k);
	CHECK_INT(1, map_set_find(k.set, MAP_STI_CA, MAP_OCN, "5678", v));
	CHECK_STR(A, v[0].url);
	CHECK_STR("SHAKEN Toy ROOT", v[0].authority);
}

/* proves: DISC-10 */
TEST(rolled_back_over_a_restart)
{
	KIT_AUTO struct kit k;

	kit_open(&k);
	take_ca(&k, 5, A);
	restart(&k);
	check_refused(&k, kit_list(&k.ca_signer, 4, EXP + 9, B, NULL), "sequence", "list-rollback");
	check_refused(&k, kit_list(&k.ca_signer, 5, EXP + 9, B, NULL), "sequence", "list-changed");
	take_ca(&k, 6, B);
	CHECK_STR(B, kit_url(&k, MAP_STI_CA));
}

TEST(what_is_kept_is_not_believed_unchecked)
{
	KIT_AUTO struct kit k;
	BUF_AUTO struct buf jwt = BUF(0), chain = BUF(0), state = BUF(MAP_STATE_MAX);
	struct map_entry v[MAP_AUTHORITIES_MAX];
	json_t *lists;
	char *text;

	kit_open(&k);
	take_ca(&k, 5, A);
	CHECK_INT(0, map_set_save(k.set, &state));
	/* somebody has put another list into the file, which his own STI-CA has signed */
	jwt = kit_list(&k.rogue_signer, 9, EXP, B, NULL);
	chain = TOY_PEM(&k.rogue_signer, &k.rogue_inter);
	lists = json_loads(state.p, 0, NULL);
	(void)json_object_set_new(json_array_get(lists, 0), "list", json_string(jwt.p));
	(void)json_object_set_new(json_array_get(lists, 0), "chain", json_string(chain.p));
	text = json_dumps(lists, 0);
	map_set_free(k.set);
	CHECK_INT(0, map_set_alloc(&k.set, k.trust, &k.toy.env));
	CHECK_INT(0, map_set_load(k.set, sv_from(text), NULL));
	CHECK_INT(0, map_set_find(k.set, MAP_STI_CA, MAP_OCN, "5678", v));
	json_decref(lists);
	free(text);
}

TEST(file_that_is_none)
{
	static const char *const bad[] = {"", "{}", "[7]", "[{}]",
					  "[{\"kind\":\"sti-ca\",\"authority\":\"x\",\"id\":\"y\","
					  "\"rank\":0,\"list\":\"z\",\"chain\":\"\"}]"};
	KIT_AUTO struct kit k;

	kit_open(&k);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err e = {""};

		CHECK_INT(EBADMSG, map_set_load(k.set, sv_from(bad[i]), &e));
		CHECK(e.s[0]);
	}
}

TEST_MAIN(CASE(cic_is_brought_to_its_digits), CASE(what_is_no_cic),
	  CASE(urls_that_may_be_in_a_list), CASE(urls_that_may_not),
	  CASE(list_of_the_sti_pa_is_used), CASE(list_of_an_sti_ca_is_used_and_its_root_vouches),
	  CASE(same_list_again_changes_nothing), CASE(same_content_signed_anew_lives_longer),
	  CASE(higher_sequence_replaces_the_list), CASE(two_authorities_each_have_their_list),
	  CASE(tampered), CASE(expired), CASE(rolled_back),
	  CASE(rolled_back_also_when_the_one_held_has_run_out),
	  CASE(other_content_under_the_same_sequence), CASE(chain_of_a_ca_that_is_not_approved),
	  CASE(provider_does_not_speak_for_its_sti_ca), CASE(sti_ca_does_not_speak_for_the_sti_pa),
	  CASE(sti_pa_does_not_speak_for_an_sti_ca), CASE(certificate_that_may_not_sign_data),
	  CASE(revoked_signer), CASE(chain_that_is_none),
	  CASE(one_url_that_is_not_https_refuses_the_list), CASE(forms),
	  CASE(octets_that_are_no_list), CASE(maker_does_not_sign_what_takers_refuse),
	  CASE(used_until_its_exp_and_no_longer),
	  CASE(not_used_any_more_when_its_sti_ca_is_struck_off),
	  CASE(used_again_when_its_sti_ca_is_back),
	  CASE(list_of_an_sti_ca_is_not_used_without_current_trust_data),
	  CASE(list_is_used_after_a_restart), CASE(rolled_back_over_a_restart),
	  CASE(what_is_kept_is_not_believed_unchecked), CASE(file_that_is_none))
