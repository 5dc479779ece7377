#include <errno.h>
#include <stdlib.h>

#include "lib/stir/passport.h"
#include "tests/unit/test.h"
#include "tests/unit/token.h"

#define HEADER "{\"alg\":\"ES256\",\"typ\":\"passport\",\"x5u\":\"https://c.example/1\"}"

static struct passport *parsed(const char *token)
{
	struct passport *pp = NULL;
	struct fault f = {0};

	CHECK_INT(0, passport_parse(&pp, sv_from(token), &f));
	CHECK_STR("", f.got);
	return pp;
}

/* Parse a token made of these octets; NULL when refused */
static struct passport *parsed_of(const char *header, const char *payload)
{
	char *token = token_of(header, payload);
	struct passport *pp = parsed(token);

	free(token);
	return pp;
}

static void refused(struct sv token, enum reason reason, const char *got)
{
	struct passport *pp = NULL;
	struct fault f = {0};

	CHECK_INT(EBADMSG, passport_parse(&pp, token, &f));
	CHECK_STR(reason_info(reason)->name, reason_info(f.reason)->name);
	CHECK(strstr(f.got, got));
	if (!strstr(f.got, got))
		(void)printf("  got: %s\n", f.got);
	CHECK(!pp);
}

static void refused_of(const char *header, const char *payload, const char *got)
{
	char *token = token_of(header, payload);

	refused(sv_from(token), REASON_FORM, got);
	free(token);
}

/* With another third part */
static void refused_sig(const char *sig, enum reason reason, const char *got)
{
	BUF_AUTO struct buf token = BUF(TOKEN_BUF_MAX);
	char *h = token_part(HEADER), *p = token_part("{}");

	(void)buf_printf(&token, "%s.%s.%s", h, p, sig);
	refused(buf_sv(&token), reason, got);
	free(h);
	free(p);
}

static bool verifies(const struct passport *pp)
{
	struct stir_key *key = token_key();
	int err = key_verify(key, pp->signing_input, pp->sig);

	key_unref(key);
	return err == 0;
}

TEST(shaken_vector)
{
	struct passport *pp = parsed(SHAKEN_TOKEN);

	CHECK_SV(SHAKEN_TOKEN, pp->token);
	CHECK_INT(295, pp->signing_input.l);
	CHECK_SV("ES256", pp->alg);
	CHECK_SV("passport", pp->typ);
	CHECK_SV("shaken", pp->ppt);
	CHECK_SV("https://cr.example/1234.pem", pp->x5u);
	CHECK_SV("12013776051", pp->orig_tn);
	CHECK_SV("A", pp->attest);
	CHECK_SV("123e4567-e89b-42d3-a456-426655440000", pp->origid);
	CHECK(pp->has_iat);
	CHECK_INT(SHAKEN_IAT, pp->iat_s);
	CHECK_INT(1, passport_dest_count(pp));
	CHECK_SV("19032469103", passport_dest(pp, 0));
	CHECK_INT(0xf7, pp->sig[0]);
	CHECK_INT(0xd6, pp->sig[63]);
	CHECK(verifies(pp));
	passport_unref(pp);
}

TEST(div_vector_of_rfc8946)
{
	struct passport *pp = parsed(DIV_TOKEN);

	CHECK_SV("div", pp->ppt);
	CHECK_SV("12155551212", pp->orig_tn);
	CHECK_SV("12155551214", passport_dest(pp, 0));
	CHECK(!pp->attest.p && !pp->origid.p);
	CHECK(verifies(pp));
	passport_unref(pp);
}

TEST(base_vector_of_rfc8946)
{
	struct passport *pp = parsed(BASE_TOKEN);

	CHECK(!pp->ppt.p);
	CHECK_INT(1443208345, pp->iat_s);
	CHECK(verifies(pp));
	passport_unref(pp);
}

TEST(example_of_clause_5_4)
{
	struct passport *pp = parsed(EXAMPLE_BODY);
	BUF_AUTO struct buf header = BUF(4096);
	BUF_AUTO struct buf claims = BUF(4096);

	CHECK_INT(487, pp->token.l);
	CHECK_SV("https://certificates.clearip.com/4a871c06-e0b5-4cb9-8347-43126bd86c85/"
		 "646b1be373f16eaf8753799e3499032a.crt",
		 pp->x5u);
	CHECK_SV("4aec94e2-508c-4c1c-907b-3737bac0a80e", pp->origid);
	CHECK_INT(1584983402, pp->iat_s);
	CHECK_SV("19032469103", passport_dest(pp, 0));
	/* it is in deterministic form already */
	CHECK_INT(0, json_canonical(&header, pp->header));
	CHECK_INT(0, json_canonical(&claims, pp->claims));
	CHECK_INT(162, header.l);
	CHECK_INT(137, claims.l);
	passport_unref(pp);
}

TEST(octets_as_received_are_what_is_verified)
{
	struct passport *pp =
		parsed_of("{ \"x5u\" : "
			  "\"https:\\/\\/c.example/1\",\n\"typ\":\"passport\",\"alg\":\"ES256\" }",
			  "\n{\"orig\":{\"tn\":\"1\"}, \"iat\": 1 ,\"dest\":{\"tn\":[\"2\"]}}\n");

	CHECK_SV("https://c.example/1", pp->x5u);
	CHECK_SV("1", pp->orig_tn);
	CHECK(verifies(pp));
	passport_unref(pp);
}

TEST(one_octet_changed_does_not_verify)
{
	char *token = strdup(SHAKEN_TOKEN);
	struct passport *pp;

	/* "attest":"A" becomes "attest":"B" */
	CHECK_INT('J', token[142]);
	token[142] = 'K';
	if (passport_parse(&pp, sv_from(token), NULL) == 0) {
		CHECK(!verifies(pp));
		passport_unref(pp);
	}
	free(token);
}

TEST(unicode_values_are_kept)
{
	struct passport *pp = parsed_of(HEADER, "{\"name\":\"Zo\u00eb \\u00e9\"}");

	CHECK_STR("Zo\u00eb \u00e9", json_string_value(json_object_get(pp->claims, "name")));
	passport_unref(pp);
}

TEST(empty_token)
{
	refused(SV(""), REASON_FORM, "nothing");
	refused((struct sv){NULL, 0}, REASON_FORM, "nothing");
}

TEST(too_few_parts)
{
	refused(SV("abcd"), REASON_FORM, "1 part");
	refused(SV("abcd.abcd"), REASON_FORM, "2 parts");
}

TEST(too_many_parts)
{
	refused(SV("abcd.abcd.abcd.abcd"), REASON_FORM, "more");
	refused(SV("abcd.abcd.abcd."), REASON_FORM, "more");
}

TEST(empty_parts)
{
	refused(SV("abcd..abcd"), REASON_FORM, "empty payload");
	refused(SV(".abcd.abcd"), REASON_FORM, "empty header");
	refused(SV("abcd.abcd."), REASON_FORM, "empty signature");
	refused(SV(".."), REASON_FORM, "empty header");
}

/* RFC 8225 7, RFC 8588 3 */
TEST(compact_form)
{
	refused(SV("..96NJCyX_7xkKU680xs5OlVlGH9yT"), REASON_COMPACT_FORM, "signature alone");
}

TEST(blank_inside)
{
	refused(SV("eyJh GciOi.e30.AAAA"), REASON_FORM, "0x20");
	refused(SV("eyJhGciOi\r\n.e30.AAAA"), REASON_FORM, "0x0d");
}

TEST(padding)
{
	refused(SV("e30=.e30.AAAA"), REASON_FORM, "0x3d");
}

TEST(standard_alphabet)
{
	refused(SV("ab+/.e30.AAAA"), REASON_FORM, "0x2b");
}

TEST(nul_inside)
{
	refused(SV("e30\0.e30.AAAA"), REASON_FORM, "0x00");
}

TEST(trailing_bits)
{
	refused(SV("e31.e30.AAAA"), REASON_FORM, "trailing bits");
}

TEST(impossible_length)
{
	refused(SV("e30aa.e30.AAAA"), REASON_FORM, "5 characters");
}

TEST(header_is_no_json)
{
	refused_of("hello", "{}", "expected");
	refused_of("{\"alg\":}", "{}", "near");
	refused_of("{\"alg\":\"ES256\"", "{}", "expected");
	refused_of("{} x", "{}", "end of file");
}

TEST(parts_are_no_objects)
{
	refused_of("[]", "{}", "an array");
	refused_of(HEADER, "[1]", "an array");
	refused_of(HEADER, "7", "expected");
	refused_of(HEADER, "null", "expected");
}

TEST(member_twice)
{
	refused_of("{\"alg\":\"none\",\"alg\":\"ES256\"}", "{}", "duplicate");
	refused_of(HEADER, "{\"iat\":1,\"iat\":2}", "duplicate");
}

TEST(member_twice_further_down)
{
	refused_of(HEADER, "{\"orig\":{\"tn\":\"1\",\"tn\":\"2\"}}", "duplicate");
	refused_of(HEADER, "{\"iat\":1,\"\\u0069at\":2}", "duplicate");
}

TEST(not_utf8)
{
	refused_of(HEADER, "{\"a\":\"\xff\"}", "unable to decode byte");
	refused_of(HEADER, "{\"a\":\"\xc0\xaf\"}", "unable to decode byte");     /* overlong */
	refused_of(HEADER, "{\"a\":\"\xed\xa0\x80\"}", "unable to decode byte"); /* surrogate */
}

TEST(escaped_nul_and_lone_surrogate)
{
	refused_of(HEADER, "{\"a\":\"\\u0000\"}", "NUL");
	refused_of(HEADER, "{\"a\":\"\\ud800\"}", "Unicode");
}

/* RFC 8443 4.1 prints this */
TEST(rph_example_of_rfc8443_is_no_json)
{
	refused_of("{\"alg\":\"ES256\",\"typ\":\"passport\",\"ppt\":\"rph\",\"x5u\":\"https://"
		   "c.example/1\"}\n",
		   "{\"orig\":{\"tn\":\"12155550112\"},\"dest\":{[\"tn\":\"12125550113\"]},\"iat\":"
		   "\"1443208345\"}\n",
		   "near '['");
}

TEST(deep_nesting_ends_without_harm)
{
	char deep[6000];

	memset(deep, '[', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	memcpy(deep, "{\"a\":", 5);
	refused_of("{}", deep, "depth");
}

TEST(signature_of_63_octets)
{
	refused_sig("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		    "AAAAAA",
		    REASON_SIGNATURE, "63 octets");
}

TEST(signature_of_65_octets)
{
	refused_sig("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		    "AAAAAAAAA",
		    REASON_SIGNATURE, "65 octets");
}

TEST(signature_in_der)
{
	static const uint8_t der[70] = {0x30, 0x44, 0x02, 0x20};
	BUF_AUTO struct buf sig = BUF(100);

	CHECK_INT(0, b64url_encode(&sig, der, sizeof(der)));
	refused_sig(sig.p, REASON_SIGNATURE, "70 octets (looks like DER)");
}

TEST(signature_in_foreign_alphabet)
{
	refused_sig("AAAA====", REASON_FORM, "0x3d");
}

TEST(token_at_and_over_the_limit)
{
	BUF_AUTO struct buf claims = BUF(TOKEN_BUF_MAX);
	size_t fixed = strlen(HEADER) * 4 / 3 + 1 + 2 + 86;
	size_t room = (PASSPORT_MAX_LEN - fixed) / 4 * 3 - 10;
	char *token;
	struct passport *pp;

	(void)buf_printf(&claims, "{\"a\":\"%0*d\"}", (int)room, 0);
	token = token_of(HEADER, claims.p);
	CHECK(strlen(token) <= PASSPORT_MAX_LEN);
	pp = parsed(token);
	passport_unref(pp);
	free(token);
	buf_reset(&claims);
	(void)buf_printf(&claims, "{\"a\":\"%0*d\"}", (int)room + 20, 0);
	token = token_of(HEADER, claims.p);
	refused(sv_from(token), REASON_TOO_LONG, "octets");
	free(token);
}

static void iat_is(const char *json, bool there, int64_t value)
{
	BUF_AUTO struct buf claims = BUF(1000);
	struct passport *pp;

	(void)buf_printf(&claims, "{\"iat\":%s}", json);
	pp = parsed_of(HEADER, claims.p);
	CHECK_INT(there, pp->has_iat);
	CHECK_INT(value, pp->iat_s);
	passport_unref(pp);
}

TEST(iat_integer)
{
	iat_is("1584983402", true, 1584983402);
	iat_is("0", true, 0);
	iat_is("9007199254740992", true, INT64_C(1) << 53);
}

/* RFC 8225 7.1, RFC 8588 6, RFC 8816 9 print it so, wrongly */
TEST(iat_string)
{
	iat_is("\"1584983402\"", false, 0);
}

TEST(iat_other)
{
	iat_is("1584983402.0", false, 0);
	iat_is("1.584983402e9", false, 0);
	iat_is("-1", false, 0);
	iat_is("9007199254740993", false, 0);
	iat_is("null", false, 0);
	iat_is("[1584983402]", false, 0);
}

TEST(iat_beyond_64_bits)
{
	refused_of(HEADER, "{\"iat\":99999999999999999999}", "too big");
}

TEST(members_of_a_wrong_type_are_empty)
{
	struct passport *pp =
		parsed_of("{\"alg\":1,\"typ\":null,\"ppt\":[],\"x5u\":{}}",
			  "{\"orig\":{\"tn\":[\"1\"]},\"attest\":1,\"origid\":true,\"dest\":[]}");

	CHECK(!pp->alg.p && !pp->typ.p && !pp->ppt.p && !pp->x5u.p);
	CHECK(!pp->orig_tn.p && !pp->attest.p && !pp->origid.p);
	CHECK_INT(0, passport_dest_count(pp));
	CHECK(!passport_dest(pp, 0).p);
	passport_unref(pp);
}

TEST(orig_that_is_no_object)
{
	struct passport *pp = parsed_of(HEADER, "{\"orig\":\"12013776051\"}");

	CHECK(!pp->orig_tn.p);
	passport_unref(pp);
}

/* the div-o token that RFC 8946 5 prints */
TEST(dest_tn_that_is_a_string)
{
	struct passport *pp = parsed_of(HEADER, "{\"dest\":{\"tn\":\"12155551214\"}}");

	CHECK_INT(0, passport_dest_count(pp));
	passport_unref(pp);
}

TEST(dest_tn_of_mixed_types_does_not_count)
{
	struct passport *pp = parsed_of(HEADER, "{\"dest\":{\"tn\":[\"1\",2]}}");
	struct tn one = {"1"};

	CHECK_INT(0, passport_dest_count(pp));
	CHECK(!passport_dest_has(pp, &one));
	passport_unref(pp);
}

TEST(dest_has)
{
	struct passport *pp = parsed_of(HEADER, "{\"dest\":{\"tn\":[\"1\",\"22\"]}}");
	struct tn two = {"22"}, three = {"3"};

	CHECK_INT(2, passport_dest_count(pp));
	CHECK(passport_dest_has(pp, &two));
	CHECK(!passport_dest_has(pp, &three));
	passport_unref(pp);
}

TEST(canonical_json_sorts_and_drops_blanks)
{
	json_t *v = json_loads(
		"{ \"b\" : [ {\"z\":1, \"a\":true}, null ], \"a\" : \"x\", \"B\":1.5, \"ab\":{} }",
		0, NULL);
	BUF_AUTO struct buf out = BUF(1000);

	CHECK_INT(0, json_canonical(&out, v));
	CHECK_SV("{\"B\":1.5,\"a\":\"x\",\"ab\":{},\"b\":[{\"a\":true,\"z\":1},null]}",
		 buf_sv(&out));
	json_decref(v);
}

/* RFC 8225 9: by code point; so U+FF61 comes before U+1F600, unlike in UTF-16 */
TEST(canonical_json_sorts_by_code_point)
{
	json_t *v =
		json_loads("{\"\\ud83d\\ude00\":1,\"\\uff61\":2,\"\u00e9\":3,\"z\":4}", 0, NULL);
	BUF_AUTO struct buf out = BUF(1000);

	CHECK_INT(0, json_canonical(&out, v));
	CHECK_SV("{\"z\":4,\"\u00e9\":3,\"\uff61\":2,\"\U0001f600\":1}", buf_sv(&out));
	json_decref(v);
}

TEST(canonical_json_escapes_what_it_must)
{
	json_t *v = json_loads("[\"a\\/b\\u0022\\u005c\\n\\u0001\"]", 0, NULL);
	BUF_AUTO struct buf out = BUF(1000);

	CHECK_INT(0, json_canonical(&out, v));
	CHECK_SV("[\"a/b\\\"\\\\\\n\\u0001\"]", buf_sv(&out));
	json_decref(v);
}

TEST(canonical_json_of_a_scalar_is_refused)
{
	json_t *v = json_integer(1);
	BUF_AUTO struct buf out = BUF(1000);

	CHECK_INT(EINVAL, json_canonical(&out, v));
	CHECK_INT(EINVAL, json_canonical(&out, NULL));
	json_decref(v);
}

static const struct tn orig = {"12013776051"}, dest = {"19032469103"};
static const struct passport_spec shaken = {
	.ppt = "shaken",
	.x5u = "https://cr.example/1234.pem",
	.orig = &orig,
	.dest = &dest,
	.dest_count = 1,
	.iat_s = SHAKEN_IAT,
	.attest = "A",
	.origid = "123e4567-e89b-42d3-a456-426655440000",
};

static struct passport *signed_of(const struct passport_spec *spec)
{
	BUF_AUTO struct buf token = BUF(PASSPORT_MAX_LEN);
	struct stir_key *key = token_key();
	struct passport *pp;

	CHECK_INT(0, passport_sign(&token, spec, key));
	key_unref(key);
	pp = parsed(token.p);
	CHECK(verifies(pp));
	return pp;
}

TEST(signing_gives_the_octets_of_the_vector)
{
	struct passport *pp = signed_of(&shaken);

	/* the nonce is random, so all but the signature is the same */
	CHECK_MEM(SHAKEN_TOKEN, pp->signing_input.l, pp->signing_input.p, pp->signing_input.l);
	CHECK_INT(strlen(SHAKEN_TOKEN), pp->token.l);
	passport_unref(pp);
}

TEST(signing_a_base_passport)
{
	struct passport_spec spec = shaken;
	struct passport *pp;
	BUF_AUTO struct buf out = BUF(1000);

	spec.ppt = spec.attest = spec.origid = NULL;
	pp = signed_of(&spec);
	CHECK(!pp->ppt.p);
	CHECK_INT(0, json_canonical(&out, pp->claims));
	CHECK_SV("{\"dest\":{\"tn\":[\"19032469103\"]},\"iat\":1584983402,\"orig\":{\"tn\":"
		 "\"12013776051\"}}",
		 buf_sv(&out));
	passport_unref(pp);
}

TEST(signing_sorts_dest)
{
	const struct tn many[] = {{"3"}, {"111"}, {"12"}};
	struct passport_spec spec = shaken;
	struct passport *pp;

	spec.dest = many;
	spec.dest_count = 3;
	pp = signed_of(&spec);
	CHECK_SV("111", passport_dest(pp, 0));
	CHECK_SV("12", passport_dest(pp, 1));
	CHECK_SV("3", passport_dest(pp, 2));
	CHECK_STR("3", many[0].s);
	passport_unref(pp);
}

TEST(signing_extra_claims)
{
	struct passport_spec spec = shaken;
	struct passport *pp;
	json_t *extra = json_pack("{s:{s:[s]}}", "rph", "auth", "ets.0");

	spec.ppt = "rph";
	spec.attest = spec.origid = NULL;
	spec.extra = extra;
	pp = signed_of(&spec);
	CHECK(json_is_object(json_object_get(pp->claims, "rph")));
	CHECK_INT(1, json_object_size(extra));
	passport_unref(pp);
	json_decref(extra);
}

/* RFC 8946 3: orig as it was, the new target, the old one in div; neither attest nor origid */
TEST(signing_a_div)
{
	const struct tn old = {"19035550100"};
	struct passport_spec spec = shaken;
	struct passport *pp;

	spec.ppt = "div";
	spec.attest = spec.origid = NULL;
	spec.div = &old;
	pp = signed_of(&spec);
	CHECK_SV("div", pp->ppt);
	CHECK_SV("19035550100", pp->div_tn);
	CHECK_SV(shaken.orig->s, pp->orig_tn);
	CHECK(passport_dest_has(pp, shaken.dest));
	CHECK_INT(4, json_object_size(pp->claims));
	CHECK_INT(1, json_object_size(json_object_get(pp->claims, "div")));
	passport_unref(pp);
}

static void refuses_to_sign(const struct passport_spec *spec)
{
	BUF_AUTO struct buf token = BUF(PASSPORT_MAX_LEN);
	struct stir_key *key = token_key();

	CHECK_INT(EINVAL, passport_sign(&token, spec, key));
	CHECK_INT(0, token.l);
	key_unref(key);
}

TEST(signing_a_wrong_div)
{
	const struct tn old = {"19035550100"};
	struct passport_spec spec = shaken;

	spec.ppt = "div";
	spec.attest = spec.origid = NULL;
	refuses_to_sign(&spec); /* of which number? */
	spec.div = &spec.dest[0];
	refuses_to_sign(&spec); /* the target stays the same */
	spec.div = &old;
	spec.attest = "A";
	refuses_to_sign(&spec);
	spec.attest = NULL;
	spec.origid = shaken.origid;
	refuses_to_sign(&spec);
	spec = shaken;
	spec.div = &old;
	refuses_to_sign(&spec); /* not of type div */
}

TEST(signing_an_incomplete_spec)
{
	BUF_AUTO struct buf token = BUF(PASSPORT_MAX_LEN);
	struct stir_key *key = token_key();
	struct passport_spec spec = shaken;

	spec.x5u = NULL;
	CHECK_INT(EINVAL, passport_sign(&token, &spec, key));
	spec = shaken;
	spec.dest_count = 0;
	CHECK_INT(EINVAL, passport_sign(&token, &spec, key));
	spec = shaken;
	spec.orig = NULL;
	CHECK_INT(EINVAL, passport_sign(&token, &spec, key));
	spec = shaken;
	spec.iat_s = -1;
	CHECK_INT(EINVAL, passport_sign(&token, &spec, key));
	CHECK_INT(EINVAL, passport_sign(&token, &shaken, NULL));
	CHECK_INT(0, token.l);
	key_unref(key);
}

TEST(signing_appends)
{
	BUF_AUTO struct buf token = BUF(PASSPORT_MAX_LEN);
	struct stir_key *key = token_key();

	(void)buf_addz(&token, "Identity: ");
	CHECK_INT(0, passport_sign(&token, &shaken, key));
	CHECK(sv_starts(buf_sv(&token), "Identity: eyJhbGciOiJFUzI1NiIs"));
	key_unref(key);
}

TEST(signing_into_too_little_room)
{
	BUF_AUTO struct buf token = BUF(200);
	struct stir_key *key = token_key();

	CHECK_INT(EMSGSIZE, passport_sign(&token, &shaken, key));
	CHECK_INT(0, token.l);
	key_unref(key);
}

TEST(references)
{
	struct passport *pp = parsed(SHAKEN_TOKEN);

	CHECK(passport_ref(pp) == pp);
	passport_unref(pp);
	CHECK_SV("A", pp->attest);
	passport_unref(pp);
	passport_unref(NULL);
}

TEST_MAIN(CASE(shaken_vector), CASE(div_vector_of_rfc8946), CASE(base_vector_of_rfc8946),
	  CASE(example_of_clause_5_4), CASE(octets_as_received_are_what_is_verified),
	  CASE(one_octet_changed_does_not_verify), CASE(unicode_values_are_kept), CASE(empty_token),
	  CASE(too_few_parts), CASE(too_many_parts), CASE(empty_parts), CASE(compact_form),
	  CASE(blank_inside), CASE(padding), CASE(standard_alphabet), CASE(nul_inside),
	  CASE(trailing_bits), CASE(impossible_length), CASE(header_is_no_json),
	  CASE(parts_are_no_objects), CASE(member_twice), CASE(member_twice_further_down),
	  CASE(not_utf8), CASE(escaped_nul_and_lone_surrogate),
	  CASE(rph_example_of_rfc8443_is_no_json), CASE(deep_nesting_ends_without_harm),
	  CASE(signature_of_63_octets), CASE(signature_of_65_octets), CASE(signature_in_der),
	  CASE(signature_in_foreign_alphabet), CASE(token_at_and_over_the_limit), CASE(iat_integer),
	  CASE(iat_string), CASE(iat_other), CASE(iat_beyond_64_bits),
	  CASE(members_of_a_wrong_type_are_empty), CASE(orig_that_is_no_object),
	  CASE(dest_tn_that_is_a_string), CASE(dest_tn_of_mixed_types_does_not_count),
	  CASE(dest_has), CASE(canonical_json_sorts_and_drops_blanks),
	  CASE(canonical_json_sorts_by_code_point), CASE(canonical_json_escapes_what_it_must),
	  CASE(canonical_json_of_a_scalar_is_refused), CASE(signing_gives_the_octets_of_the_vector),
	  CASE(signing_a_base_passport), CASE(signing_sorts_dest), CASE(signing_extra_claims),
	  CASE(signing_a_div), CASE(signing_a_wrong_div), CASE(signing_an_incomplete_spec),
	  CASE(signing_appends), CASE(signing_into_too_little_room), CASE(references))
