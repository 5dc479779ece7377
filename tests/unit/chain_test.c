#include "tests/unit/chain_kit.h"

/* Chains that hold, and the ways in which one can be broken. What there is beside a chain (forks,
 * rings, other types) is in chain_more_test.c. */

/* 2 was called, and retargeted to 3, that to 4, that to 5 */
static struct kit three_divs(void)
{
	struct kit k = kit("5");

	kit_shaken(&k, "2");
	kit_div(&k, "2", "3");
	kit_div(&k, "3", "4");
	kit_div(&k, "4", "5");
	return k;
}

/* --- one PASSporT --- */

TEST(lone_original)
{
	struct kit k = kit("2");

	kit_shaken(&k, "2");
	kit_holds(&k, "0");
	CHECK_INT(0, k.chains.v[0].divs);
	kit_free(&k);
}

TEST(lone_base_passport)
{
	struct kit k = kit("2");

	kit_make(&k, NULL, KIT_CALLER, "2", NULL, KIT_NOW);
	kit_holds(&k, "0");
	kit_free(&k);
}

TEST(lone_original_for_another_number)
{
	struct kit k = kit("9");
	const struct chain *c;

	kit_shaken(&k, "2");
	c = kit_fails(&k, REASON_DEST_MISMATCH, "dest", 0);
	CHECK_STR("9, the called number of the INVITE", c->fault.want);
	CHECK_STR("dest {\"tn\":[\"2\"]}", c->fault.got);
	kit_free(&k);
}

TEST(lone_original_of_another_caller)
{
	struct kit k = kit("2");

	kit_make(&k, "shaken", "7", "2", NULL, KIT_NOW);
	kit_fails(&k, REASON_ORIG_MISMATCH, "orig", 0);
	kit_free(&k);
}

TEST(lone_original_fresh_to_the_second)
{
	for (int sign = -1; sign <= 1; sign += 2) {
		struct kit k = kit("2");

		kit_make(&k, "shaken", KIT_CALLER, "2", NULL, KIT_NOW + sign * FRESHNESS_S);
		kit_holds(&k, "0");
		kit_free(&k);
		kit_make(&k, "shaken", KIT_CALLER, "2", NULL, KIT_NOW + sign * (FRESHNESS_S + 1));
		kit_fails(&k, REASON_STALE, "fresh", 0);
		kit_free(&k);
	}
}

TEST(lone_original_that_did_not_verify)
{
	struct kit k = kit("2");

	kit_bad(kit_shaken(&k, "2"), REASON_SIGNATURE, "signature");
	kit_fails(&k, REASON_SIGNATURE, "signature", 0);
	kit_free(&k);
}

TEST(own_trouble_is_never_invalid)
{
	struct kit k = kit("2");
	const struct chain *c;

	kit_shaken(&k, "2")->err = ENOMEM;
	c = kit_judge(&k);
	CHECK(c && c->state == CHAIN_FAILS);
	CHECK_INT(ENOMEM, c->err);
	kit_bad(kit_shaken(&k, "2"), REASON_SIGNATURE, "signature");
	kit_fails(&k, REASON_SIGNATURE, "signature", 1); /* what was judged goes before */
	kit_free(&k);
}

TEST(nothing)
{
	struct kit k = kit("2");

	kit_says_nothing(&k);
	CHECK_INT(0, k.chains.n);
}

TEST(token_that_could_not_be_parsed)
{
	struct kit k = kit("2");

	kit_bad(&k.items[k.n++], REASON_FORM, "form");
	kit_fails(&k, REASON_FORM, "form", 0);
	kit_shaken(&k, "2");
	kit_holds(&k, "1");
	CHECK_INT(2, k.chains.n);
	kit_free(&k);
}

/* --- whole chains --- */

/* proves: VS-08 */
TEST(one_div)
{
	struct kit k = kit("3");

	kit_shaken(&k, "2");
	kit_div(&k, "2", "3");
	kit_holds(&k, "0 1");
	CHECK_INT(1, k.chains.n);
	CHECK_INT(1, k.chains.v[0].divs);
	kit_free(&k);
}

/* proves: VS-08 */
TEST(any_order_of_arrival)
{
	static const char *const from[] = {NULL, "2", "3", "4"}, *const to[] = {"2", "3", "4", "5"};

	for (unsigned p = 0; p < 256; p++) {
		const unsigned order[] = {p & 3, p >> 2 & 3, p >> 4 & 3, p >> 6 & 3};
		size_t at[4] = {9, 9, 9, 9};
		struct kit k = kit("5");
		char way[20];

		for (size_t i = 0; i < 4; i++)
			at[order[i]] = i;
		if (at[0] + at[1] + at[2] + at[3] != 6)
			continue; /* no permutation */
		for (size_t i = 0; i < 4; i++)
			(void)(from[order[i]] ? kit_div(&k, from[order[i]], to[order[i]])
					      : kit_shaken(&k, to[order[i]]));
		(void)snprintf(way, sizeof(way), "%zu %zu %zu %zu", at[0], at[1], at[2], at[3]);
		kit_holds(&k, way);
		kit_free(&k);
	}
}

static void mix(unsigned in_band)
{
	struct kit k = three_divs();
	const struct chain *c;

	for (size_t i = 1; i < 4; i++)
		k.items[i].via = in_band >> (i - 1) & 1 ? VIA_IN_BAND : VIA_OUT_OF_BAND;
	k.items[0].via = k.items[1].via;
	kit_holds(&k, "0 1 2 3");
	c = &k.chains.v[0];
	CHECK_INT(in_band != 0, chain_uses(c, k.items, VIA_IN_BAND));
	CHECK_INT(in_band != 7, chain_uses(c, k.items, VIA_OUT_OF_BAND));
	kit_free(&k);
}

#define MIX(bits, name)    \
	TEST(three_##name) \
	{                  \
		mix(bits); \
	}
MIX(0, out_out_out)
MIX(1, in_out_out)
MIX(2, out_in_out)
MIX(3, in_in_out)
MIX(4, out_out_in)
MIX(5, in_out_in)
MIX(6, out_in_in)
MIX(7, in_in_in)

TEST(one_way_alone)
{
	struct kit k = three_divs();

	k.items[0].via = k.items[1].via = VIA_IN_BAND;
	k.call.ways = 1u << VIA_IN_BAND;
	kit_fails(&k, REASON_DIV_DEST, "div-dest", 1);
	CHECK_INT(1, k.chains.n);
	k.call.ways = 1u << VIA_OUT_OF_BAND;
	kit_fails(&k, REASON_DIV_BROKEN, "div-link", 2);
	CHECK_INT(1, k.chains.n);
	k.call.ways |= 1u << VIA_IN_BAND;
	kit_holds(&k, "0 1 2 3");
	kit_free(&k);
}

TEST(several_numbers_in_dest)
{
	struct kit k = kit("5");

	kit_shaken(&k, "\"2\",\"3\"");
	kit_div(&k, "3", "\"4\",\"5\",\"6\"");
	kit_holds(&k, "0 1");
	kit_free(&k);
}

TEST(div_of_a_uri)
{
	struct kit k = kit("3");

	kit_claims(
		&k, "shaken",
		"{\"dest\":{\"tn\":[\"2\"],\"uri\":[\"sip:x@a\",\"sip:y@a\"]},\"iat\":1584983402,"
		"\"orig\":{\"tn\":\"1\"}}");
	kit_claims(&k, "div",
		   "{\"dest\":{\"tn\":[\"3\"]},\"div\":{\"uri\":\"sip:y@a\"},\"iat\":1584983402,"
		   "\"orig\":{\"tn\":\"1\"}}");
	kit_holds(&k, "0 1");
	CHECK_INT(1, k.chains.v[0].right_unknown);
	kit_free(&k);
}

TEST(further_members_of_div)
{
	struct kit k = kit("3");

	kit_shaken(&k, "2");
	kit_claims(&k, "div",
		   "{\"dest\":{\"tn\":[\"3\"]},\"div\":{\"hi\":\"1.1\",\"tn\":\"2\"},\"iat\":"
		   "1584983402,"
		   "\"orig\":{\"tn\":\"1\"}}");
	kit_holds(&k, "0 1");
	kit_free(&k);
}

/* --- the tokens of RFC 8946 --- */

/* The signatures printed there are good, so that is not why they do not chain */
static void check_signature(const struct passport *pp)
{
	struct stir_key *key = token_key();

	CHECK_INT(0, key_verify(key, pp->signing_input, pp->sig));
	key_unref(key);
}

static struct kit rfc8946(void)
{
	struct kit k = kit("12155551214");

	k.call.orig = (struct tn){"12155551212"};
	k.call.now_s = 1443208345;
	return k;
}

TEST(printed_tokens_do_not_chain)
{
	struct kit k = rfc8946();
	const struct chain *c;

	kit_token(&k, BASE_TOKEN);
	kit_token(&k, DIV_TOKEN);
	check_signature(k.items[0].pp);
	check_signature(k.items[1].pp);
	c = kit_fails(&k, REASON_DIV_BROKEN, "div-link", 1);
	CHECK_STR("a PASSporT with 121555551213 in dest", c->fault.want); /* one 5 too many */
	CHECK_STR("none", c->fault.got);
	CHECK_INT(2, k.chains.n);
	CHECK_INT(REASON_DEST_MISMATCH, k.chains.v[1].fault.reason);
	kit_free(&k);
}

TEST(printed_original_stands_alone)
{
	struct kit k = rfc8946();

	k.call.called = (struct tn){"12155551213"};
	kit_token(&k, BASE_TOKEN);
	kit_token(&k, DIV_TOKEN);
	kit_holds(&k, "0");
	kit_free(&k);
}

TEST(corrected_tokens_chain)
{
	struct kit k = rfc8946();
	char *token =
		token_of("{\"alg\":\"ES256\",\"ppt\":\"div\",\"typ\":\"passport\","
			 "\"x5u\":\"https://www.example.com/cert.cer\"}",
			 "{\"dest\":{\"tn\":[\"12155551214\"]},\"div\":{\"tn\":\"12155551213\"},"
			 "\"iat\":1443208345,\"orig\":{\"tn\":\"12155551212\"}}");

	kit_token(&k, token);
	kit_token(&k, BASE_TOKEN);
	check_signature(k.items[0].pp);
	kit_holds(&k, "1 0");
	free(token);
	kit_free(&k);
}

/* The token of the div-o example has a string for an array in dest: there is nothing to link to */
TEST(dest_that_is_a_string_links_nothing)
{
	struct kit k = kit("3");

	kit_claims(&k, "shaken",
		   "{\"dest\":{\"tn\":\"2\"},\"iat\":1584983402,\"orig\":{\"tn\":\"1\"}}");
	kit_bad(&k.items[0], REASON_CLAIM, "claims");
	kit_div(&k, "2", "3");
	kit_fails(&k, REASON_DIV_BROKEN, "div-link", 1);
	kit_free(&k);
}

/* --- broken --- */

TEST(first_link_missing)
{
	struct kit k = kit("4");

	kit_shaken(&k, "2");
	kit_div(&k, "3", "4");
	kit_fails(&k, REASON_DIV_BROKEN, "div-link", 1);
	kit_free(&k);
}

/* proves: VS-08 */
TEST(middle_link_missing)
{
	struct kit k = kit("5");

	kit_shaken(&k, "2");
	kit_div(&k, "2", "3");
	kit_div(&k, "4", "5");
	kit_fails(&k, REASON_DIV_BROKEN, "div-link", 2);
	kit_free(&k);
}

TEST(last_link_missing)
{
	struct kit k = kit("5");
	const struct chain *c;

	kit_shaken(&k, "2");
	kit_div(&k, "2", "3");
	kit_div(&k, "3", "4");
	c = kit_fails(&k, REASON_DIV_DEST, "div-dest", 2);
	CHECK_STR("0 1 2", kit_way(c));
	CHECK_STR("5, the called number of the INVITE", c->fault.want);
	CHECK_STR("dest {\"tn\":[\"4\"]}", c->fault.got);
	kit_free(&k);
}

TEST(original_missing)
{
	struct kit k = kit("4");
	const struct chain *c;

	kit_div(&k, "3", "4");
	kit_div(&k, "2", "3");
	c = kit_fails(&k, REASON_DIV_BROKEN, "div-link", 1);
	CHECK_STR("1 0", kit_way(c));
	CHECK_INT(2, c->divs);
	kit_free(&k);
}

/* RFC 8946 4.2: then div cannot be validated, and the original is by itself */
TEST(original_counts_alone_when_its_div_is_broken)
{
	struct kit k = kit("2");

	kit_shaken(&k, "2");
	kit_div(&k, "8", "2");
	kit_holds(&k, "0");
	CHECK_INT(CHAIN_FAILS, k.chains.v[1].state);
	CHECK_INT(REASON_DIV_BROKEN, k.chains.v[1].fault.reason);
	kit_free(&k);
}

TEST(orig_of_the_last_div_differs)
{
	struct kit k = kit("4");
	const struct chain *c;

	kit_shaken(&k, "2");
	kit_div(&k, "2", "3");
	kit_make(&k, "div", "7", "4", "3", KIT_NOW);
	c = kit_fails(&k, REASON_DIV_ORIG, "div-orig", 2);
	CHECK_STR("orig 1 as at the beginning of the chain", c->fault.want);
	CHECK_STR("orig 7", c->fault.got);
	kit_free(&k);
}

TEST(orig_of_a_middle_div_differs)
{
	struct kit k = kit("4");

	kit_shaken(&k, "2");
	kit_make(&k, "div", "7", "3", "2", KIT_NOW);
	kit_div(&k, "3", "4");
	kit_fails(&k, REASON_DIV_ORIG, "div-orig", 1);
	kit_free(&k);
}

TEST(orig_of_the_original_differs)
{
	struct kit k = kit("3");

	kit_make(&k, "shaken", "7", "2", NULL, KIT_NOW);
	kit_div(&k, "2", "3");
	kit_fails(&k, REASON_ORIG_MISMATCH, "orig", 0);
	kit_free(&k);
}

TEST(div_claim_missing)
{
	struct kit k = kit("3");

	kit_shaken(&k, "2");
	kit_bad(kit_make(&k, "div", KIT_CALLER, "3", NULL, KIT_NOW), REASON_CLAIM, "div");
	kit_fails(&k, REASON_CLAIM, "div", 1);
	kit_free(&k);
}

static void bad_claim(const char *div)
{
	struct kit k = kit("3");
	char claims[200];

	(void)snprintf(claims, sizeof(claims),
		       "{\"dest\":{\"tn\":[\"3\"]},\"div\":%s,\"iat\":1584983402,"
		       "\"orig\":{\"tn\":\"1\"}}",
		       div);
	kit_shaken(&k, "2");
	kit_bad(kit_claims(&k, "div", claims), REASON_CLAIM, "div");
	kit_fails(&k, REASON_CLAIM, "div", 1);
	kit_free(&k);
}

TEST(div_claim_empty)
{
	bad_claim("{}");
	bad_claim("{\"tn\":\"\"}");
}

TEST(div_claim_array)
{
	bad_claim("[\"2\"]");
	bad_claim("{\"tn\":[\"2\"]}");
}

TEST(signature_of_a_middle_div)
{
	struct kit k = three_divs();

	kit_bad(&k.items[2], REASON_SIGNATURE, "signature");
	kit_fails(&k, REASON_SIGNATURE, "signature", 2);
	kit_free(&k);
}

TEST(own_trouble_in_a_middle_div)
{
	struct kit k = three_divs();
	const struct chain *c;

	k.items[1].err = ENOMEM;
	c = kit_judge(&k);
	CHECK_INT(ENOMEM, c->err);
	CHECK_INT(1, c->at);
	kit_free(&k);
}

TEST(first_fault_from_the_original_outwards)
{
	struct kit k = three_divs();

	kit_bad(&k.items[3], REASON_CERT_REVOKED, "revoked");
	kit_bad(&k.items[1], REASON_CERT_DATE, "path");
	kit_fails(&k, REASON_CERT_DATE, "path", 1);
	kit_free(&k);
}

/* --- freshness --- */

TEST(last_div_stale)
{
	struct kit k = kit("3");
	const struct chain *c;

	kit_shaken(&k, "2");
	kit_make(&k, "div", KIT_CALLER, "3", "2", KIT_NOW - FRESHNESS_S - 1);
	c = kit_fails(&k, REASON_STALE, "div-fresh", 1);
	CHECK_STR("1584983341, 61 s old", c->fault.got);
	kit_free(&k);
}

TEST(original_stale)
{
	struct kit k = kit("3");

	kit_make(&k, "shaken", KIT_CALLER, "2", NULL, KIT_NOW - 300);
	kit_div(&k, "2", "3");
	kit_fails(&k, REASON_STALE, "div-fresh", 0);
	k.opts.original_freshness_s = 300;
	kit_holds(&k, "0 1");
	k.opts.original_freshness_s = 299;
	kit_fails(&k, REASON_STALE, "div-fresh", 0);
	k.opts.original_freshness_s = -1;
	kit_holds(&k, "0 1");
	kit_free(&k);
}

/* The option is for originals that divs follow */
TEST(lone_original_stale_whatever_the_option)
{
	struct kit k = kit("2");

	kit_make(&k, "shaken", KIT_CALLER, "2", NULL, KIT_NOW - 300);
	k.opts.original_freshness_s = -1;
	kit_fails(&k, REASON_STALE, "fresh", 0);
	kit_free(&k);
}

TEST(div_in_between_may_be_old)
{
	struct kit k = kit("4");

	kit_shaken(&k, "2");
	kit_make(&k, "div", KIT_CALLER, "3", "2", KIT_NOW - 900);
	kit_div(&k, "3", "4");
	kit_holds(&k, "0 1 2");
	kit_free(&k);
}

/* RFC 8946 3: iat should be the original's; others sign with the time of now */
TEST(div_keeps_the_iat_of_the_original)
{
	struct kit k = kit("3");

	kit_make(&k, "shaken", KIT_CALLER, "2", NULL, KIT_NOW - 40);
	kit_make(&k, "div", KIT_CALLER, "3", "2", KIT_NOW - 40);
	kit_holds(&k, "0 1");
	kit_free(&k);
}

TEST(called_number_before_freshness)
{
	struct kit k = kit("9");

	kit_shaken(&k, "2");
	kit_make(&k, "div", KIT_CALLER, "3", "2", KIT_NOW - 900);
	kit_fails(&k, REASON_DIV_DEST, "div-dest", 1);
	kit_free(&k);
}

TEST_MAIN(CASE(lone_original), CASE(lone_base_passport), CASE(lone_original_for_another_number),
	  CASE(lone_original_of_another_caller), CASE(lone_original_fresh_to_the_second),
	  CASE(lone_original_that_did_not_verify), CASE(own_trouble_is_never_invalid),
	  CASE(nothing), CASE(token_that_could_not_be_parsed), CASE(one_div),
	  CASE(any_order_of_arrival), CASE(three_out_out_out), CASE(three_in_out_out),
	  CASE(three_out_in_out), CASE(three_in_in_out), CASE(three_out_out_in),
	  CASE(three_in_out_in), CASE(three_out_in_in), CASE(three_in_in_in), CASE(one_way_alone),
	  CASE(several_numbers_in_dest), CASE(div_of_a_uri), CASE(further_members_of_div),
	  CASE(printed_tokens_do_not_chain), CASE(printed_original_stands_alone),
	  CASE(corrected_tokens_chain), CASE(dest_that_is_a_string_links_nothing),
	  CASE(first_link_missing), CASE(middle_link_missing), CASE(last_link_missing),
	  CASE(original_missing), CASE(original_counts_alone_when_its_div_is_broken),
	  CASE(orig_of_the_last_div_differs), CASE(orig_of_a_middle_div_differs),
	  CASE(orig_of_the_original_differs), CASE(div_claim_missing), CASE(div_claim_empty),
	  CASE(div_claim_array), CASE(signature_of_a_middle_div), CASE(own_trouble_in_a_middle_div),
	  CASE(first_fault_from_the_original_outwards), CASE(last_div_stale), CASE(original_stale),
	  CASE(lone_original_stale_whatever_the_option), CASE(div_in_between_may_be_old),
	  CASE(div_keeps_the_iat_of_the_original), CASE(called_number_before_freshness))
