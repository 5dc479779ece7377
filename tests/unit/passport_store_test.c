#include "tests/unit/store_kit.h"

TEST(put_and_take)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, call("shaken", "12015550100", "'19035550100'", NOW)));
	CHECK_INT(1, put_res.kept);
	CHECK_INT(1, put_res.size);
	CHECK_INT(1, told.arrived);
	CHECK_STR("12015550100>19035550100", told.last_arrived);
	CHECK_INT(1, take(st, "12015550100", "19035550100"));
	CHECK_STR("shaken:0", took.text[0]);
	CHECK_INT(0, took.size);
	passport_store_free(st);
}

/* CPS-09: deleted when the call is received */
/* proves: CPS-09 */
TEST(taken_once_only)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, call("shaken", "12015550100", "'19035550100'", NOW)));
	CHECK_INT(1, take(st, "12015550100", "19035550100"));
	CHECK_INT(0, take(st, "12015550100", "19035550100"));
	CHECK_INT(0, passport_store_size(st));
	passport_store_free(st);
}

TEST(other_numbers_get_nothing)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, call("shaken", "12015550100", "'19035550100'", NOW)));
	CHECK_INT(0, take(st, "12015550100", "19035550101"));
	CHECK_INT(0, take(st, "12015550101", "19035550100"));
	CHECK_INT(0, take(st, "19035550100", "12015550100"));
	CHECK_INT(1, took.size);
	passport_store_free(st);
}

TEST(number_written_otherwise)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, call("shaken", "12015550100", "'19035550100'", NOW)));
	CHECK_INT(1, take(st, "+1 (201) 555-0100", "+1-903-555-0100"));
	passport_store_free(st);
}

/* Several PASSporTs of a request are one call's: found by any pair, handed over whole */
TEST(request_is_found_whole_by_first_pair)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, call("shaken", "12015550100", "'19035550100'", NOW),
			 call("div", "12015550100", "'19035550199'", NOW)));
	CHECK_INT(2, take(st, "12015550100", "19035550100"));
	CHECK_STR("shaken:0", took.text[0]);
	CHECK_STR("div:0", took.text[1]);
	CHECK_INT(0, took.size);
	passport_store_free(st);
}

TEST(request_is_found_whole_by_last_pair)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, call("shaken", "12015550100", "'19035550100'", NOW),
			 call("div", "12015550100", "'19035550199'", NOW)));
	CHECK_INT(2, take(st, "12015550100", "19035550199"));
	CHECK_STR("shaken:0", took.text[0]);
	CHECK_INT(0, take(st, "12015550100", "19035550100"));
	passport_store_free(st);
}

TEST(each_dest_number_finds_it)
{
	struct passport_store *st = make(10);
	const char *const dest[] = {"19035550100", "19035550101", "19035550102"};

	for (size_t i = 0; i < 3; i++) {
		CHECK_INT(0, PUT(st, call("shaken", "12015550100",
					  "'19035550100','19035550101','19035550102'", NOW)));
		CHECK_INT(1, take(st, "12015550100", dest[i]));
		CHECK_INT(0, passport_store_size(st));
	}
	CHECK_INT(9, told.arrived);
	passport_store_free(st);
}

TEST(same_number_twice_in_dest)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, call("shaken", "12015550100", "'19035550100','19035550100'", NOW)));
	CHECK_INT(1, take(st, "12015550100", "19035550100"));
	passport_store_free(st);
}

/* CPS-03: several requests for one call */
TEST(requests_of_one_call_are_handed_over_together)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, call("shaken", "12015550100", "'19035550100'", NOW)));
	CHECK_INT(0, PUT(st, call("rph", "12015550100", "'19035550100'", NOW)));
	CHECK_INT(0, PUT(st, call("x-new", "12015550100", "'19035550100'", NOW)));
	CHECK_INT(3, take(st, "12015550100", "19035550100"));
	CHECK_STR("shaken:0", took.text[0]);
	CHECK_STR("x-new:0", took.text[2]);
	passport_store_free(st);
}

/* Two calls between the same numbers at the same time: each gets its own, the older one first */
TEST(calls_between_the_same_numbers_share_fairly)
{
	struct passport_store *st = make(10);

	for (int i = 0; i < 2; i++) {
		CHECK_INT(0, PUT(st, call("shaken", "12015550100", "'19035550100'", NOW + i)));
		CHECK_INT(0, PUT(st, call("rph", "12015550100", "'19035550100'", NOW + i)));
	}
	CHECK_INT(2, take(st, "12015550100", "19035550100"));
	CHECK_STR("shaken:0", took.text[0]);
	CHECK_STR("rph:0", took.text[1]);
	CHECK_INT(2, take(st, "12015550100", "19035550100"));
	CHECK_STR("shaken:1", took.text[0]);
	CHECK_STR("rph:1", took.text[1]);
	CHECK_INT(0, take(st, "12015550100", "19035550100"));
	passport_store_free(st);
}

/* … but within one request nothing is held back */
TEST(same_kind_in_one_request_stays_together)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, call("shaken", "12015550100", "'19035550100'", NOW),
			 call("shaken", "12015550100", "'19035550100'", NOW + 1)));
	CHECK_INT(2, take(st, "12015550100", "19035550100"));
	passport_store_free(st);
}

/* A call comes to its number by one way */
TEST(div_by_another_number_is_another_call)
{
	struct passport_store *st = make(10);

	for (int i = 0; i < 2; i++) {
		char claims[256];

		(void)snprintf(claims, sizeof(claims),
			       "{'orig':{'tn':'12015550100'},'dest':{'tn':['19035550100']},"
			       "'div':{'tn':'1903555010%d'},'iat':%d}",
			       i, NOW);
		CHECK_INT(0, PUT(st, token("div", claims)));
	}
	CHECK_INT(1, take(st, "12015550100", "19035550100"));
	CHECK_INT(1, take(st, "12015550100", "19035550100"));
	passport_store_free(st);
}

TEST(same_token_is_kept_once)
{
	struct passport_store *st = make(10);
	struct passport *pp = call("shaken", "12015550100", "'19035550100'", NOW);

	CHECK_INT(0, PUT(st, passport_ref(pp)));
	CHECK_INT(0, PUT(st, passport_ref(pp)));
	CHECK_INT(0, put_res.kept);
	CHECK_INT(1, put_res.size);
	CHECK_INT(0, PUT(st, passport_ref(pp), passport_ref(pp)));
	CHECK_INT(1, take(st, "12015550100", "19035550100"));
	passport_unref(pp);
	passport_store_free(st);
}

/* ES256 has a random part: another signature over the same octets is the same assertion */
TEST(same_claims_signed_again_are_kept_once)
{
	struct passport_store *st = make(10);
	struct passport *a = call("shaken", "12015550100", "'19035550100'", NOW);
	struct passport *b = call("shaken", "12015550100", "'19035550100'", NOW);

	CHECK(memcmp(a->sig, b->sig, sizeof(a->sig)) != 0);
	CHECK_INT(0, PUT(st, a, b));
	CHECK_INT(1, put_res.kept);
	CHECK_INT(1, passport_store_size(st));
	passport_store_free(st);
}

/* A token that was there ties what comes beside it to its call */
TEST(repeated_token_brings_its_company)
{
	struct passport_store *st = make(10);
	struct passport *first = call("shaken", "12015550100", "'19035550100'", NOW);

	CHECK_INT(0, PUT(st, passport_ref(first)));
	CHECK_INT(0, PUT(st, first, call("div", "12015550100", "'19035550199'", NOW)));
	CHECK_INT(1, put_res.kept);
	CHECK_INT(2, take(st, "12015550100", "19035550199"));
	passport_store_free(st);
}

/* proves: CPS-11 */
TEST(full_keeps_nothing_of_the_request)
{
	struct passport_store *st = make(2);

	CHECK_INT(0, PUT(st, call("shaken", "12015550100", "'19035550100'", NOW)));
	CHECK_INT(1, passport_store_room(st));
	CHECK_INT(ENOSPC, PUT(st, call("shaken", "12015550100", "'19035550101'", NOW),
			      call("shaken", "12015550100", "'19035550102'", NOW)));
	CHECK_INT(0, put_res.kept);
	CHECK_INT(1, put_res.size);
	CHECK_INT(1, told.arrived);
	CHECK_INT(0, take(st, "12015550100", "19035550101"));
	CHECK_INT(1, take(st, "12015550100", "19035550100"));
	passport_store_free(st);
}

TEST(full_takes_again_after_a_call)
{
	struct passport_store *st = make(1);

	CHECK_INT(0, PUT(st, call("shaken", "12015550100", "'19035550100'", NOW)));
	CHECK_INT(0, passport_store_room(st));
	CHECK_INT(ENOSPC, PUT(st, call("shaken", "12015550100", "'19035550101'", NOW)));
	CHECK_INT(1, take(st, "12015550100", "19035550100"));
	CHECK_INT(0, PUT(st, call("shaken", "12015550100", "'19035550101'", NOW)));
	passport_store_free(st);
}

TEST(retry_when_the_first_gets_stale)
{
	struct passport_store *st = make(1);

	CHECK_INT(1, passport_store_retry_s(st));
	CHECK_INT(0, PUT(st, call("shaken", "12015550100", "'19035550100'", NOW - 20)));
	CHECK_INT(41, passport_store_retry_s(st));
	passport_store_free(st);
}

static void many_dests(char *ret, size_t size, int n)
{
	size_t l = 0;

	for (int i = 0; i < n; i++)
		l += (size_t)snprintf(ret + l, size - l, "%s'1903555%04d'", i ? "," : "", i);
}

TEST(dest_of_64_numbers)
{
	struct passport_store *st = make(10);
	char dests[2048], claims[4096];

	many_dests(dests, sizeof(dests), STORE_DESTS_MAX);
	(void)snprintf(claims, sizeof(claims), "{'orig':{'tn':'1201'},'dest':{'tn':[%s]},'iat':%d}",
		       dests, NOW);
	CHECK_INT(0, PUT(st, token("shaken", claims)));
	CHECK_INT(STORE_DESTS_MAX, told.arrived);
	CHECK_INT(1, take(st, "1201", "19035550063"));
	passport_store_free(st);
}

TEST(dest_of_65_numbers_is_refused)
{
	struct passport_store *st = make(10);
	char dests[2048], claims[4096];

	many_dests(dests, sizeof(dests), STORE_DESTS_MAX + 1);
	(void)snprintf(claims, sizeof(claims), "{'orig':{'tn':'1201'},'dest':{'tn':[%s]},'iat':%d}",
		       dests, NOW);
	CHECK_INT(E2BIG, PUT(st, call("shaken", "12015550100", "'19035550100'", NOW),
			     token("shaken", claims)));
	CHECK_INT(1, put_res.at);
	CHECK_INT(0, passport_store_size(st));
	CHECK_INT(0, take(st, "12015550100", "19035550100"));
	passport_store_free(st);
}

/* A token that is about URIs is found by its company only, and gets stale like any other */
TEST(without_numbers)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, token("shaken", "{'orig':{'uri':'sip:a@b'},'dest':{'uri':['sip:c@d']},"
					     "'iat':1800000000}")));
	CHECK_INT(0, told.arrived);
	CHECK_INT(1, passport_store_size(st));
	set_clock(NOW + KEEP + 1);
	passport_store_sweep(st);
	CHECK_INT(0, passport_store_size(st));
	passport_store_free(st);
}

/* CPS-10. An age of exactly the freshness is fresh */
static void check_age(int64_t iat, int64_t now, size_t left)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, call("shaken", "12015550100", "'19035550100'", iat)));
	set_clock(now);
	passport_store_sweep(st);
	CHECK_INT(left, passport_store_size(st));
	CHECK_INT(left ? 0 : 1, told.stale);
	CHECK_INT(left, take(st, "12015550100", "19035550100"));
	passport_store_free(st);
}

TEST(age_59_stays)
{
	check_age(NOW, NOW + 59, 1);
}

TEST(age_60_stays)
{
	check_age(NOW, NOW + 60, 1);
}

/* proves: CPS-10 */
TEST(age_61_is_deleted)
{
	check_age(NOW, NOW + 61, 0);
}

TEST(age_counts_from_iat_not_from_arrival)
{
	check_age(NOW - 50, NOW + 11, 0);
	check_age(NOW - 50, NOW + 10, 1);
	check_age(NOW + 30, NOW + 90, 1);
	check_age(NOW + 30, NOW + 91, 0);
}

/* Where the verification is told to let them through, the store still does not keep them for ever
 */
TEST(iat_out_of_range_is_bounded)
{
	check_age(0, NOW, 0);
	check_age(NOW + 1000000, NOW + 2 * KEEP, 1);
	check_age(NOW + 1000000, NOW + 2 * KEEP + 1, 0);
}

TEST(wake_is_asked_for_the_first_that_gets_stale)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, call("shaken", "12015550100", "'19035550100'", NOW)));
	CHECK(told.woken);
	CHECK_INT(61000, told.wake_ms);
	told.woken = false;
	CHECK_INT(0, PUT(st, call("shaken", "12015550100", "'19035550101'", NOW + 5)));
	CHECK(!told.woken);
	CHECK_INT(0, PUT(st, call("shaken", "12015550100", "'19035550102'", NOW - 5)));
	CHECK_INT(56000, told.wake_ms);
	passport_store_free(st);
}

TEST(sweep_asks_for_the_next)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, call("shaken", "12015550100", "'19035550100'", NOW - 50)));
	CHECK_INT(0, PUT(st, call("shaken", "12015550100", "'19035550101'", NOW)));
	set_clock(NOW + 11);
	told.woken = false;
	passport_store_sweep(st);
	CHECK_INT(1, told.stale);
	CHECK_INT(1, told.stale_size);
	CHECK(told.woken);
	CHECK_INT(50000, told.wake_ms);
	set_clock(NOW + 61);
	told.woken = false;
	passport_store_sweep(st);
	CHECK_INT(2, told.stale);
	CHECK(!told.woken);
	passport_store_free(st);
}

/* Taken before its time: the sweep that was asked for finds nothing, and does not lose the others
 */
TEST(sweep_after_take)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, call("shaken", "12015550100", "'19035550100'", NOW - 50)));
	CHECK_INT(0, PUT(st, call("shaken", "12015550100", "'19035550101'", NOW)));
	CHECK_INT(1, take(st, "12015550100", "19035550100"));
	set_clock(NOW + 11);
	passport_store_sweep(st);
	CHECK_INT(0, told.stale);
	CHECK_INT(50000, told.wake_ms);
	passport_store_free(st);
}

TEST(sweep_after_a_long_sleep)
{
	struct passport_store *st = make(200);

	for (int i = -KEEP; i <= KEEP; i++)
		CHECK_INT(0, PUT(st, call("shaken", "12015550100", "'19035550100'", NOW + i)));
	CHECK_INT(121, passport_store_size(st));
	set_clock(NOW + 1000000);
	passport_store_sweep(st);
	CHECK_INT(0, passport_store_size(st));
	CHECK_INT(121, told.stale);
	passport_store_free(st);
}

TEST(clock_set_back)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, call("shaken", "12015550100", "'19035550100'", NOW)));
	set_clock(NOW - 100);
	passport_store_sweep(st);
	CHECK_INT(1, passport_store_size(st));
	set_clock(NOW + 61);
	passport_store_sweep(st);
	CHECK_INT(0, passport_store_size(st));
	passport_store_free(st);
}

/* Only what is stale of a request goes; the rest is still found */
TEST(part_of_a_request_gets_stale)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, call("shaken", "12015550100", "'19035550100'", NOW - 30),
			 call("div", "12015550100", "'19035550199'", NOW)));
	set_clock(NOW + 31);
	passport_store_sweep(st);
	CHECK_INT(1, passport_store_size(st));
	CHECK_INT(0, take(st, "12015550100", "19035550100"));
	CHECK_INT(1, take(st, "12015550100", "19035550199"));
	passport_store_free(st);
}

TEST(hands_over_16_at_the_most)
{
	struct passport_store *st = make(100);

	for (int i = 0; i < BUNDLE_MAX + 4; i++) {
		char ppt[16];

		(void)snprintf(ppt, sizeof(ppt), "x%d", i);
		CHECK_INT(0, PUT(st, call(ppt, "12015550100", "'19035550100'", NOW)));
	}
	CHECK_INT(BUNDLE_MAX, take(st, "12015550100", "19035550100"));
	CHECK_INT(4, took.size);
	CHECK_INT(4, take(st, "12015550100", "19035550100"));
	passport_store_free(st);
}

/* A wake may take what has just arrived, while the put is still telling */
static struct passport_store *greedy_store;

static void greedy_arrived(const struct tn *orig, const struct tn *dest, void *arg)
{
	(void)arg;
	told.arrived++;
	passport_store_take(greedy_store, &(struct passport_ask){.orig = *orig, .dest = *dest},
			    on_take, NULL);
}

TEST(taken_while_put_is_telling)
{
	struct passport_store *st = make(10);

	st->opts.arrived = greedy_arrived;
	greedy_store = st;
	CHECK_INT(0, PUT(st, call("shaken", "12015550100", "'19035550100','19035550101'", NOW),
			 call("div", "12015550100", "'19035550199'", NOW)));
	CHECK_INT(3, told.arrived);
	CHECK_INT(0, passport_store_size(st));
	passport_store_free(st);
}

TEST(a_thousand_calls_between_the_same_numbers)
{
	struct passport_store *st = make(2000);

	for (int i = 0; i < 1000; i++) {
		char claims[256];

		(void)snprintf(claims, sizeof(claims),
			       "{'orig':{'tn':'12015550100'},'dest':{'tn':['19035550100']},"
			       "'iat':%d,'origid':'%d'}",
			       NOW, i);
		CHECK_INT(0, PUT(st, token("shaken", claims)));
	}
	for (int i = 0; i < 1000; i++)
		CHECK_INT(1, take(st, "12015550100", "19035550100"));
	CHECK_INT(0, passport_store_size(st));
	passport_store_free(st);
}

TEST_MAIN(CASE(put_and_take), CASE(taken_once_only), CASE(other_numbers_get_nothing),
	  CASE(number_written_otherwise), CASE(request_is_found_whole_by_first_pair),
	  CASE(request_is_found_whole_by_last_pair), CASE(each_dest_number_finds_it),
	  CASE(same_number_twice_in_dest), CASE(requests_of_one_call_are_handed_over_together),
	  CASE(calls_between_the_same_numbers_share_fairly),
	  CASE(same_kind_in_one_request_stays_together),
	  CASE(div_by_another_number_is_another_call), CASE(same_token_is_kept_once),
	  CASE(same_claims_signed_again_are_kept_once), CASE(repeated_token_brings_its_company),
	  CASE(full_keeps_nothing_of_the_request), CASE(full_takes_again_after_a_call),
	  CASE(retry_when_the_first_gets_stale), CASE(dest_of_64_numbers),
	  CASE(dest_of_65_numbers_is_refused), CASE(without_numbers), CASE(age_59_stays),
	  CASE(age_60_stays), CASE(age_61_is_deleted), CASE(age_counts_from_iat_not_from_arrival),
	  CASE(iat_out_of_range_is_bounded), CASE(wake_is_asked_for_the_first_that_gets_stale),
	  CASE(sweep_asks_for_the_next), CASE(sweep_after_take), CASE(sweep_after_a_long_sleep),
	  CASE(clock_set_back), CASE(part_of_a_request_gets_stale), CASE(hands_over_16_at_the_most),
	  CASE(taken_while_put_is_telling), CASE(a_thousand_calls_between_the_same_numbers))
