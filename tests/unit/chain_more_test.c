#include "tests/unit/chain_kit.h"

/* What there can be beside a chain: rights, repetition, forks, rings, other types, checks left out. */

/* --- the right of a div's signer --- */

static const char *owner(const struct tn *number, void *arg)
{
	(void)arg;
	return number->s[0] == '2' ? "5678" : number->s[0] == '3' ? "9ABC" : NULL;
}

static struct kit owned(const char *spc)
{
	struct kit k = kit("3");

	k.opts.owner = owner;
	kit_shaken(&k, "2");
	kit_div(&k, "2", "3")->spc = spc;
	return k;
}

TEST(signer_has_the_number)
{
	struct kit k = owned("5678");

	kit_holds(&k, "0 1");
	CHECK_INT(0, k.chains.v[0].right_unknown);
	kit_free(&k);
}

TEST(signer_without_right)
{
	struct kit k = owned("1234");
	const struct chain *c = kit_fails(&k, REASON_DIV_RIGHT, "div-right", 1);

	CHECK_STR("SPC 5678, which has the number 2", c->fault.want);
	CHECK_STR("a certificate for SPC 1234", c->fault.got);
	kit_free(&k);
}

TEST(signer_whose_code_only_begins_so)
{
	struct kit k = owned("567");

	kit_fails(&k, REASON_DIV_RIGHT, "div-right", 1);
	k.items[1].spc = NULL;
	kit_fails(&k, REASON_DIV_RIGHT, "div-right", 1);
	kit_free(&k);
}

TEST(right_of_a_middle_signer)
{
	struct kit k = kit("5");

	k.opts.owner = owner;
	kit_shaken(&k, "2");
	kit_div(&k, "2", "3")->spc = "5678";
	kit_div(&k, "3", "4")->spc = "5678";
	kit_div(&k, "4", "5");
	kit_fails(&k, REASON_DIV_RIGHT, "div-right", 2);
	k.items[2].spc = "9ABC";
	kit_holds(&k, "0 1 2 3");
	CHECK_INT(1, k.chains.v[0].right_unknown); /* nobody knows 4 */
	kit_free(&k);
}

TEST(right_unknown_without_a_table)
{
	struct kit k = owned("1234");

	k.opts.owner = NULL;
	kit_holds(&k, "0 1");
	CHECK_INT(1, k.chains.v[0].right_unknown);
	kit_free(&k);
}

/* --- repetition and length --- */

static struct kit long_chain(size_t divs)
{
	struct kit k = kit("");

	kit_shaken(&k, "100");
	for (size_t i = 0; i < divs; i++) {
		char from[16], to[16];

		(void)snprintf(from, sizeof(from), "%zu", 100 + i);
		(void)snprintf(to, sizeof(to), "%zu", 101 + i);
		kit_div(&k, from, to);
	}
	(void)snprintf(k.call.called.s, sizeof(k.call.called.s), "%zu", 100 + divs);
	return k;
}

TEST(as_long_as_may_be)
{
	struct kit k = long_chain(CHAIN_DIVS_MAX);

	kit_holds(&k, "0 1 2 3 4 5 6 7 8 9 10");
	kit_free(&k);
}

TEST(one_div_too_many)
{
	struct kit k = long_chain(CHAIN_DIVS_MAX + 1);

	kit_fails(&k, REASON_DIV_LONG, "div-length", CHAIN_DIVS_MAX + 1);
	kit_free(&k);
}

TEST(twenty_divs)
{
	struct kit k = long_chain(20);
	const struct chain *c = kit_fails(&k, REASON_DIV_LONG, "div-length", 20);

	CHECK_STR("at most 10 div PASSporTs", c->fault.want);
	CHECK_STR("20", c->fault.got);
	CHECK_INT(21, c->n);
	kit_free(&k);
}

/* The longer way tells more, but it is longer than may be */
TEST(too_long_beside_a_short_way)
{
	struct kit k = long_chain(CHAIN_DIVS_MAX + 1);

	kit_div(&k, "100", k.call.called.s);
	kit_holds(&k, "0 12");
	kit_free(&k);
}

TEST(more_items_than_can_be)
{
	struct kit k = long_chain(CHAIN_ITEMS_MAX);

	k.chains.n = 7;
	CHECK_INT(E2BIG, chain_judge(&k.chains, &k.opts, &k.call, k.items, k.n));
	CHECK_INT(0, k.chains.n);
	CHECK(!chain_best(&k.chains));
	CHECK_INT(0, chain_judge(&k.chains, &k.opts, &k.call, k.items, CHAIN_ITEMS_MAX));
	kit_free(&k);
}

/* A→B→A: three tokens, none of them twice */
TEST(number_again_is_no_loop)
{
	struct kit k = kit("2");

	kit_shaken(&k, "2");
	kit_div(&k, "2", "3");
	kit_div(&k, "3", "2");
	kit_holds(&k, "0 1 2");
	CHECK_INT(1, k.chains.n);
	kit_free(&k);
}

TEST(number_again_and_on)
{
	struct kit k = kit("4");

	kit_div(&k, "2", "4");
	kit_div(&k, "3", "2");
	kit_div(&k, "2", "3");
	kit_shaken(&k, "2");
	kit_holds(&k, "3 0"); /* the shortest way */
	CHECK_INT(3, k.chains.n);
	CHECK_INT(CHAIN_SPARE, k.chains.v[1].state);
	CHECK_INT(CHAIN_SPARE, k.chains.v[2].state);
	kit_free(&k);
}

TEST(ring_of_two)
{
	struct kit k = kit("2");
	const struct chain *c;

	kit_div(&k, "2", "3");
	kit_div(&k, "3", "2");
	c = kit_fails(&k, REASON_DIV_LOOP, "div-link", 0);
	CHECK_STR("a PASSporT with 2 in dest", c->fault.want);
	CHECK_STR("only div PASSporTs that follow from this one", c->fault.got);
	kit_free(&k);
}

TEST(ring_of_three_with_a_tail)
{
	struct kit k = kit("9");
	const struct chain *c;

	kit_div(&k, "4", "9");
	kit_div(&k, "2", "3");
	kit_div(&k, "3", "4");
	kit_div(&k, "4", "2");
	c = kit_fails(&k, REASON_DIV_LOOP, "div-link", 1);
	CHECK_STR("1 2 0", kit_way(c));
	kit_free(&k);
}

TEST(ring_beside_an_original)
{
	struct kit k = kit("3");

	kit_shaken(&k, "8");
	kit_div(&k, "2", "3");
	kit_div(&k, "3", "2");
	kit_fails(&k, REASON_DIV_LOOP, "div-link", 1);
	CHECK_INT(REASON_DEST_MISMATCH, k.chains.v[1].fault.reason);
	kit_free(&k);
}

TEST(div_to_its_own_number_follows_not_itself)
{
	struct kit k = kit("2");

	kit_div(&k, "2", "2");
	kit_fails(&k, REASON_DIV_BROKEN, "div-link", 0);
	kit_free(&k);
}

TEST(same_token_twice)
{
	struct kit k = kit("3");

	kit_shaken(&k, "2");
	kit_div(&k, "2", "3");
	kit_div(&k, "2", "3");
	kit_holds(&k, "0 1");
	CHECK_INT(2, k.chains.n);
	CHECK_INT(CHAIN_SPARE, k.chains.v[1].state);
	CHECK_INT(0, k.chains.v[1].err);
	kit_free(&k);
}

/* In-band its Identity header was wrong, out-of-band the same token is good */
TEST(bad_copy_does_no_harm)
{
	struct kit k = kit("3");

	kit_bad(kit_shaken(&k, "2"), REASON_INFO_MISMATCH, "info");
	kit_shaken(&k, "2");
	kit_bad(kit_div(&k, "2", "3"), REASON_INFO_MISMATCH, "info");
	kit_div(&k, "2", "3");
	kit_holds(&k, "1 3");
	CHECK_INT(2, k.chains.n);
	CHECK_INT(CHAIN_FAILS, k.chains.v[1].state);
	CHECK_STR("0 2", kit_way(&k.chains.v[1]));
	CHECK_INT(REASON_INFO_MISMATCH, k.chains.v[1].fault.reason);
	kit_free(&k);
}

TEST(bad_div_beside_a_good_one)
{
	struct kit k = kit("4");

	kit_shaken(&k, "2");
	kit_bad(kit_div(&k, "2", "4"), REASON_SIGNATURE, "signature"); /* would be shorter */
	kit_div(&k, "2", "3");
	kit_div(&k, "3", "4");
	kit_holds(&k, "0 2 3");
	kit_free(&k);
}

TEST(stale_end_beside_a_fresh_one)
{
	struct kit k = kit("3");

	kit_shaken(&k, "2");
	kit_make(&k, "div", KIT_CALLER, "3", "2", KIT_NOW - 100);
	kit_div(&k, "2", "3");
	kit_holds(&k, "0 2");
	kit_free(&k);
}

/* --- forks --- */

TEST(fork_takes_the_branch_to_the_called_number)
{
	struct kit k = kit("4");
	const struct chain *spare;

	kit_shaken(&k, "2");
	kit_div(&k, "2", "3");
	kit_div(&k, "2", "4");
	kit_holds(&k, "0 2");
	CHECK_INT(2, k.chains.n);
	spare = &k.chains.v[1];
	CHECK_INT(CHAIN_SPARE, spare->state);
	CHECK_INT(EBADMSG, spare->err);
	CHECK_INT(REASON_DIV_FORK, spare->fault.reason);
	CHECK_STR("div-link", spare->fault.check);
	CHECK_STR("one from 2", spare->fault.got);
	CHECK_INT(1, spare->at);
	kit_free(&k);
}

TEST(fork_that_leads_nowhere)
{
	struct kit k = kit("9");

	kit_shaken(&k, "2");
	kit_div(&k, "2", "3");
	kit_div(&k, "2", "4");
	kit_fails(&k, REASON_DIV_DEST, "div-dest", 1);
	CHECK_INT(REASON_DIV_FORK, k.chains.v[1].fault.reason);
	kit_free(&k);
}

TEST(fork_that_joins_again)
{
	struct kit k = kit("5");

	kit_shaken(&k, "2");
	kit_div(&k, "2", "3");
	kit_div(&k, "2", "4");
	kit_div(&k, "4", "5");
	kit_div(&k, "3", "5");
	kit_holds(&k, "0 2 3"); /* both are as long: the end that comes first */
	CHECK_INT(3, k.chains.n);
	kit_free(&k);
}

TEST(div_beyond_the_called_number_is_spare)
{
	struct kit k = kit("2");

	kit_shaken(&k, "2");
	kit_div(&k, "2", "3");
	kit_holds(&k, "0");
	CHECK_INT(CHAIN_SPARE, k.chains.v[1].state);
	kit_free(&k);
}

/* --- several chains --- */

TEST(two_originals_share_a_div)
{
	struct kit k = kit("3");

	kit_shaken(&k, "2");
	kit_div(&k, "2", "3");
	kit_make(&k, NULL, KIT_CALLER, "2", NULL, KIT_NOW);
	kit_holds(&k, "0 1");
	CHECK_INT(2, k.chains.n);
	CHECK_INT(CHAIN_HOLDS, k.chains.v[1].state);
	CHECK_STR("2 1", kit_way(&k.chains.v[1]));
	kit_free(&k);
}

TEST(one_of_two_originals_is_bad)
{
	struct kit k = kit("3");

	kit_bad(kit_shaken(&k, "2"), REASON_CERT_UNTRUSTED, "path");
	kit_div(&k, "2", "3");
	kit_make(&k, NULL, KIT_CALLER, "2", NULL, KIT_NOW);
	kit_holds(&k, "2 1");
	CHECK_INT(CHAIN_FAILS, k.chains.v[1].state);
	CHECK_INT(REASON_CERT_UNTRUSTED, k.chains.v[1].fault.reason);
	kit_free(&k);
}

TEST(two_chains_side_by_side)
{
	struct kit k = kit("4");

	kit_shaken(&k, "4");
	kit_shaken(&k, "2");
	kit_div(&k, "2", "4");
	kit_holds(&k, "1 2"); /* the one that tells more */
	CHECK_STR("0", kit_way(&k.chains.v[1]));
	CHECK_INT(CHAIN_HOLDS, k.chains.v[1].state);
	kit_free(&k);
}

TEST(chain_that_fails_is_named_before_its_lone_original)
{
	struct kit k = kit("4");

	kit_shaken(&k, "2");
	kit_shaken(&k, "8");
	kit_bad(kit_div(&k, "8", "4"), REASON_CERT_REVOKED, "revoked");
	kit_fails(&k, REASON_CERT_REVOKED, "revoked", 2);
	CHECK_INT(REASON_DEST_MISMATCH, k.chains.v[1].fault.reason);
	kit_free(&k);
}

/* --- other types --- */

TEST(unknown_type_is_ignored)
{
	struct kit k = kit("2");

	kit_bad(kit_make(&k, "x-new", KIT_CALLER, "2", NULL, KIT_NOW), REASON_PPT, "ppt");
	kit_says_nothing(&k);
	CHECK_INT(1, k.chains.n);
	CHECK_INT(CHAIN_IGNORED, k.chains.v[0].state);
	CHECK_INT(REASON_PPT, k.chains.v[0].fault.reason);
	kit_shaken(&k, "2");
	kit_holds(&k, "1");
	kit_free(&k);
}

TEST(chain_of_an_unknown_type_is_ignored)
{
	struct kit k = kit("3");

	kit_bad(kit_make(&k, "x-new", KIT_CALLER, "2", NULL, KIT_NOW), REASON_PPT, "ppt");
	kit_div(&k, "2", "3");
	kit_says_nothing(&k);
	CHECK_INT(CHAIN_IGNORED, k.chains.v[0].state);
	CHECK_STR("0 1", kit_way(&k.chains.v[0]));
	kit_shaken(&k, "2");
	kit_holds(&k, "2 1"); /* the same div, after an original that we know */
	kit_free(&k);
}

TEST(div_o_is_carried_only)
{
	struct kit k = kit("3");

	kit_bad(kit_claims(&k, "div-o",
			   "{\"dest\":{\"tn\":[\"3\"]},\"div\":{\"tn\":\"2\"},\"iat\":1584983402,"
			   "\"opt\":\"a.b.c\",\"orig\":{\"tn\":\"1\"}}"),
		REASON_PPT, "ppt");
	kit_says_nothing(&k);
	CHECK_INT(CHAIN_IGNORED, k.chains.v[0].state);
	kit_free(&k);
}

TEST(rph_says_nothing_of_the_caller)
{
	struct kit k = kit("3");

	kit_make(&k, "rph", KIT_CALLER, "2", NULL, KIT_NOW);
	kit_div(&k, "2", "3");
	kit_says_nothing(&k);
	CHECK_INT(CHAIN_ASIDE, k.chains.v[0].state);
	CHECK_INT(0, k.chains.v[0].err);
	CHECK_STR("0 1", kit_way(&k.chains.v[0]));
	kit_shaken(&k, "2");
	kit_holds(&k, "2 1");
	kit_free(&k);
}

TEST(bad_rph_does_no_harm)
{
	struct kit k = kit("2");

	kit_bad(kit_make(&k, "rph", KIT_CALLER, "2", NULL, KIT_NOW), REASON_SIGNATURE, "signature");
	kit_shaken(&k, "2");
	kit_holds(&k, "1");
	CHECK_INT(CHAIN_ASIDE, k.chains.v[1].state);
	CHECK_INT(REASON_SIGNATURE, k.chains.v[1].fault.reason);
	kit_free(&k);
}

TEST(good_rph_does_not_help)
{
	struct kit k = kit("2");

	kit_make(&k, "rph", KIT_CALLER, "2", NULL, KIT_NOW);
	kit_make(&k, "rcd", KIT_CALLER, "2", NULL, KIT_NOW);
	kit_bad(kit_shaken(&k, "2"), REASON_SIGNATURE, "signature");
	kit_fails(&k, REASON_SIGNATURE, "signature", 2);
	kit_free(&k);
}

/* --- checks left out on purpose --- */

static void left_out(struct kit *k, const char *row)
{
	const struct chain *c = kit_judge(k);

	CHECK(c && c->state == CHAIN_FAILS);
	CHECK_STR(row, c ? c->fault.check : "");
	k->opts.skip = verify_check_bit(sv_from(row));
	CHECK(k->opts.skip);
	c = kit_judge(k);
	CHECK(c && c->state == CHAIN_HOLDS);
	kit_free(k);
}

TEST(link_left_out)
{
	struct kit k = kit("3");

	kit_div(&k, "2", "3");
	left_out(&k, "div-link");
}

TEST(orig_left_out)
{
	struct kit k = kit("3");

	kit_shaken(&k, "2");
	kit_make(&k, "div", "7", "3", "2", KIT_NOW);
	left_out(&k, "div-orig");
}

TEST(right_left_out)
{
	struct kit k = owned("1234");

	left_out(&k, "div-right");
}

TEST(length_left_out)
{
	struct kit k = long_chain(20);

	left_out(&k, "div-length");
}

TEST(dest_left_out)
{
	struct kit k = kit("9");

	kit_shaken(&k, "2");
	left_out(&k, "dest");
	k = kit("9");
	kit_shaken(&k, "2");
	kit_div(&k, "2", "3");
	left_out(&k, "div-dest");
}

TEST(freshness_left_out)
{
	struct kit k = kit("2");

	kit_make(&k, "shaken", KIT_CALLER, "2", NULL, KIT_NOW - 100);
	left_out(&k, "fresh");
	k = kit("3");
	kit_shaken(&k, "2");
	kit_make(&k, "div", KIT_CALLER, "3", "2", KIT_NOW - 100);
	left_out(&k, "div-fresh");
	k = kit("3");
	kit_make(&k, "shaken", KIT_CALLER, "2", NULL, KIT_NOW - 100);
	kit_div(&k, "2", "3");
	left_out(&k, "div-fresh");
}

TEST(caller_left_out)
{
	struct kit k = kit("2");

	kit_make(&k, "shaken", "7", "2", NULL, KIT_NOW);
	left_out(&k, "orig");
}

TEST(words)
{
	CHECK_STR("holds", chain_state_word(CHAIN_HOLDS));
	CHECK_STR("fails", chain_state_word(CHAIN_FAILS));
	CHECK_STR("aside", chain_state_word(CHAIN_ASIDE));
	CHECK_STR("ignored", chain_state_word(CHAIN_IGNORED));
	CHECK_STR("spare", chain_state_word(CHAIN_SPARE));
}

TEST_MAIN(CASE(signer_has_the_number), CASE(signer_without_right),
	  CASE(signer_whose_code_only_begins_so), CASE(right_of_a_middle_signer),
	  CASE(right_unknown_without_a_table), CASE(as_long_as_may_be), CASE(one_div_too_many),
	  CASE(twenty_divs), CASE(too_long_beside_a_short_way), CASE(more_items_than_can_be),
	  CASE(number_again_is_no_loop), CASE(number_again_and_on), CASE(ring_of_two),
	  CASE(ring_of_three_with_a_tail), CASE(ring_beside_an_original),
	  CASE(div_to_its_own_number_follows_not_itself), CASE(same_token_twice),
	  CASE(bad_copy_does_no_harm), CASE(bad_div_beside_a_good_one),
	  CASE(stale_end_beside_a_fresh_one), CASE(fork_takes_the_branch_to_the_called_number),
	  CASE(fork_that_leads_nowhere), CASE(fork_that_joins_again),
	  CASE(div_beyond_the_called_number_is_spare), CASE(two_originals_share_a_div),
	  CASE(one_of_two_originals_is_bad), CASE(two_chains_side_by_side),
	  CASE(chain_that_fails_is_named_before_its_lone_original), CASE(unknown_type_is_ignored),
	  CASE(chain_of_an_unknown_type_is_ignored), CASE(div_o_is_carried_only),
	  CASE(rph_says_nothing_of_the_caller), CASE(bad_rph_does_no_harm),
	  CASE(good_rph_does_not_help), CASE(link_left_out), CASE(orig_left_out),
	  CASE(right_left_out), CASE(length_left_out), CASE(dest_left_out),
	  CASE(freshness_left_out), CASE(caller_left_out), CASE(words))
