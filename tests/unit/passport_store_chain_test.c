#include "tests/unit/store_kit.h"

/* Numbers of the calls below: A calls B, which is retargeted to C, D, E */
#define A "12015550100"
#define B "19035550101"
#define C "19035550102"
#define D "19035550103"
#define E "19035550104"

static struct passport *base_at(const char *ppt, const char *dest, int64_t iat)
{
	char quoted[32];

	(void)snprintf(quoted, sizeof(quoted), "'%s'", dest);
	return call(ppt, A, quoted, iat);
}

static struct passport *base(const char *dest)
{
	return base_at("shaken", dest, NOW);
}

/* dest was reached by a retargeting of from */
static struct passport *div_of(const char *orig, const char *dest, const char *from, int64_t iat)
{
	char claims[256];

	(void)snprintf(claims, sizeof(claims),
		       "{'orig':{'tn':'%s'},'dest':{'tn':['%s']},'div':{'tn':'%s'},'iat':%lld}",
		       orig, dest, from, (long long)iat);
	return token("div", claims);
}

static struct passport *divert(const char *dest, const char *from)
{
	return div_of(A, dest, from, NOW);
}

/* Only when the chain is whole, and after settle_ms */
static size_t take_whole(struct passport_store *st, const char *dest, int64_t settle_ms)
{
	struct passport_ask ask = {.whole = true, .settle_ms = settle_ms};

	CHECK_INT(0, tn_canonical(&ask.orig, sv_from(A)));
	CHECK_INT(0, tn_canonical(&ask.dest, sv_from(dest)));
	memset(&took, 0xff, sizeof(took));
	passport_store_take(st, &ask, on_take, NULL);
	return took.n;
}

TEST(one_diversion_in_two_requests)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, base(B)));
	CHECK_INT(0, PUT(st, divert(C, B)));
	CHECK_INT(2, take_whole(st, C, 0));
	CHECK_STR("div:0", took.text[0]);
	CHECK_STR("shaken:0", took.text[1]);
	CHECK_INT(0, took.size);
	passport_store_free(st);
}

/* The order of arrival does not matter: all 24 of a chain of four */
TEST(three_diversions_in_any_order)
{
	for (int order = 0; order < 256; order++) {
		struct passport_store *st;
		unsigned seen = 0;

		for (int i = 0; i < 4; i++)
			seen |= 1u << ((order >> 2 * i) & 3);
		if (seen != 15)
			continue;
		st = make(10);
		for (int i = 0; i < 4; i++) {
			struct passport *all[] = {base(B), divert(C, B), divert(D, C),
						  divert(E, D)};

			CHECK_INT(0, take_whole(st, E, 0));
			CHECK_INT(0, PUT(st, passport_ref(all[(order >> 2 * i) & 3])));
			for (int k = 0; k < 4; k++)
				passport_unref(all[k]);
		}
		CHECK_INT(4, take_whole(st, E, 0));
		CHECK_INT(0, passport_store_size(st));
		passport_store_free(st);
	}
}

TEST(chain_in_two_requests_of_two)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, divert(D, C), divert(E, D)));
	CHECK_INT(0, take_whole(st, E, 0));
	CHECK_INT(2, took.there);
	CHECK_INT(0, PUT(st, base(B), divert(C, B)));
	CHECK_INT(4, take_whole(st, E, 0));
	CHECK_STR("div:0", took.text[0]);
	CHECK_STR("shaken:0", took.text[2]);
	passport_store_free(st);
}

/* What is whole in one request is found at once, also where the parts stand crosswise in two */
TEST(chain_across_two_requests)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, base(B), divert(D, C)));
	CHECK_INT(0, take_whole(st, D, 0));
	CHECK_INT(0, PUT(st, divert(C, B)));
	CHECK_INT(3, take_whole(st, D, 0));
	passport_store_free(st);
}

TEST(link_missing_is_not_whole)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, base(B)));
	CHECK_INT(0, PUT(st, divert(D, C)));
	CHECK_INT(0, take_whole(st, D, 0));
	CHECK_INT(1, took.there);
	CHECK_INT(2, took.size);
	CHECK_INT(0, took.again);
	passport_store_free(st);
}

/* … and is handed over as it is when the time is over: the STI-VS says what is missing */
TEST(link_missing_is_handed_over_at_last)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, base(B)));
	CHECK_INT(0, PUT(st, divert(D, C), divert(E, D)));
	CHECK_INT(2, take(st, A, E));
	CHECK_STR("div:0", took.text[0]);
	CHECK_INT(1, took.size);
	passport_store_free(st);
}

TEST(div_of_another_caller_leads_nowhere)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, call("shaken", "12015550199", "'" B "'", NOW)));
	CHECK_INT(0, PUT(st, divert(C, B)));
	CHECK_INT(0, take_whole(st, C, 0));
	CHECK_INT(1, take(st, A, C));
	CHECK_INT(1, took.size);
	passport_store_free(st);
}

/* A request of which one PASSporT is another caller's stays together; what that one refers to does not come along */
TEST(div_with_another_orig_in_the_request)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, call("shaken", "12015550199", "'" B "'", NOW)));
	CHECK_INT(0, PUT(st, base(C), div_of("12015550199", C, B, NOW)));
	CHECK_INT(2, take_whole(st, C, 0));
	CHECK_INT(1, took.size);
	passport_store_free(st);
}

TEST(no_div_is_whole_at_once)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, base(B)));
	CHECK_INT(1, take_whole(st, B, 0));
	passport_store_free(st);
}

TEST(base_type_says_who_calls)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, base_at(NULL, B, NOW)));
	CHECK_INT(1, take_whole(st, B, 0));
	passport_store_free(st);
}

/* RFC 8946 §5: it holds what it refers to */
TEST(div_o_is_whole_by_itself)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, token("div-o", "{'orig':{'tn':'" A "'},'dest':{'tn':['" C "']},"
					    "'div':{'tn':'" B "'},'opt':'x','iat':1800000000}")));
	CHECK_INT(1, take_whole(st, C, 0));
	passport_store_free(st);
}

/* rph and the like do not say who calls: that one is still to come */
TEST(other_types_alone_are_not_whole)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, base_at("rph", B, NOW)));
	CHECK_INT(0, PUT(st, base_at("x-new", B, NOW)));
	CHECK_INT(0, take_whole(st, B, 0));
	CHECK_INT(2, took.there);
	CHECK_INT(0, PUT(st, base(B)));
	CHECK_INT(3, take_whole(st, B, 0));
	passport_store_free(st);
}

/* M2 along a chain: each type about each number comes along */
TEST(other_types_of_inner_numbers_come_along)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, base(B), divert(C, B)));
	CHECK_INT(0, PUT(st, base_at("rph", B, NOW)));
	CHECK_INT(0, PUT(st, base_at("x-new", C, NOW)));
	CHECK_INT(4, take_whole(st, C, 0));
	passport_store_free(st);
}

/* --- loops --- */

TEST(loop_of_two_is_harmless)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, divert(C, B)));
	CHECK_INT(0, PUT(st, divert(B, C)));
	CHECK_INT(0, take_whole(st, C, 0));
	CHECK_INT(2, took.there);
	CHECK_INT(2, take(st, A, C));
	CHECK_INT(0, took.size);
	passport_store_free(st);
}

TEST(div_to_itself_is_harmless)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, divert(B, B)));
	CHECK_INT(0, take_whole(st, B, 0));
	CHECK_INT(1, take(st, A, B));
	passport_store_free(st);
}

TEST(loop_in_one_request)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, divert(C, B), divert(D, C), divert(B, D)));
	CHECK_INT(0, take_whole(st, B, 0));
	CHECK_INT(3, take(st, A, B));
	passport_store_free(st);
}

/* A call that comes back to a number where it was is no loop of tokens (RFC 8946 §4.2) */
TEST(call_that_came_back)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, base(B), divert(C, B), divert(B, C)));
	CHECK_INT(3, take_whole(st, B, 0));
	passport_store_free(st);
}

/* Twelve numbers, a div from each to each: the search is bounded */
TEST(every_number_diverted_to_every_other)
{
	struct passport_store *st = make(1000);
	size_t n;

	for (int from = 0; from < 12; from++) {
		for (int to = 0; to < 12; to++) {
			char f[16], t[16];

			(void)snprintf(f, sizeof(f), "190355501%02d", from);
			(void)snprintf(t, sizeof(t), "190355501%02d", to);
			CHECK_INT(0, PUT(st, divert(t, f)));
		}
	}
	CHECK_INT(0, take_whole(st, B, 0));
	n = take(st, A, B);
	CHECK(n >= 1 && n <= BUNDLE_MAX);
	CHECK_INT(144 - n, took.size);
	passport_store_free(st);
}

/* A chain of 15 diversions is the longest that one answer can hold; of 16 it is not whole */
static void long_chain(int diversions, size_t whole)
{
	struct passport_store *st = make(100);
	char f[16], t[16] = B;

	CHECK_INT(0, PUT(st, base(B)));
	for (int i = 0; i < diversions; i++) {
		memcpy(f, t, sizeof(f));
		(void)snprintf(t, sizeof(t), "190355502%02d", i);
		CHECK_INT(0, PUT(st, divert(t, f)));
	}
	CHECK_INT(whole, take_whole(st, t, 0));
	passport_store_free(st);
}

TEST(fifteen_diversions)
{
	long_chain(15, 16);
}

TEST(sixteen_diversions)
{
	long_chain(16, 0);
}

/* --- calls do not mix --- */

/* Of two calls A → B → C, in pieces: each gets its own, by iat, although the second's div came first */
TEST(two_retargeted_calls)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, base_at("shaken", B, NOW - 2)));
	CHECK_INT(0, PUT(st, base_at("shaken", B, NOW - 1)));
	CHECK_INT(0, PUT(st, div_of(A, C, B, NOW - 1)));
	CHECK_INT(0, PUT(st, div_of(A, C, B, NOW - 2)));
	CHECK_INT(2, take_whole(st, C, 0));
	CHECK_STR("div:-2", took.text[0]);
	CHECK_STR("shaken:-2", took.text[1]);
	CHECK_INT(2, take_whole(st, C, 0));
	CHECK_STR("div:-1", took.text[0]);
	CHECK_STR("shaken:-1", took.text[1]);
	passport_store_free(st);
}

TEST(two_retargeted_calls_in_one_request_each)
{
	struct passport_store *st = make(10);

	for (int i = -2; i < 0; i++)
		CHECK_INT(0, PUT(st, base_at("shaken", B, NOW + i), div_of(A, C, B, NOW + i)));
	for (int i = -2; i < 0; i++) {
		CHECK_INT(2, take_whole(st, C, 0));
		CHECK_INT(2 * (-1 - i), took.size);
	}
	passport_store_free(st);
}

/* A calls C itself, and calls B, which is retargeted to C */
TEST(direct_and_retargeted_call)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, divert(C, B)));
	CHECK_INT(0, PUT(st, base(C)));
	CHECK_INT(1, take_whole(st, C, 0));
	CHECK_STR("shaken:0", took.text[0]);
	CHECK_INT(0, take_whole(st, C, 0));
	CHECK_INT(0, PUT(st, base(B)));
	CHECK_INT(2, take_whole(st, C, 0));
	passport_store_free(st);
}

TEST(retargeted_from_two_numbers)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, divert(C, B), base(B)));
	CHECK_INT(0, PUT(st, divert(C, D), base(D)));
	CHECK_INT(2, take_whole(st, C, 0));
	CHECK_INT(2, take_whole(st, C, 0));
	CHECK_INT(0, took.size);
	passport_store_free(st);
}

/* The div of a call that was never published whole is in nobody's way */
TEST(orphan_before_a_whole_chain)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, div_of(A, C, D, NOW - 5)));
	CHECK_INT(0, PUT(st, base(B), divert(C, B)));
	CHECK_INT(2, take_whole(st, C, 0));
	CHECK_INT(1, took.size);
	passport_store_free(st);
}

/* A called C before, and now B, which is retargeted to D by way of C: what is found by C is the call to C, as long as there is one */
TEST(last_number_goes_before_one_in_the_middle)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, base_at("shaken", B, NOW - 5), div_of(A, C, B, NOW - 5),
			 div_of(A, D, C, NOW - 5)));
	CHECK_INT(0, PUT(st, base(C)));
	CHECK_INT(1, take_whole(st, C, 0));
	CHECK_STR("shaken:0", took.text[0]);
	CHECK_INT(3, take_whole(st, D, 0));
	passport_store_free(st);
}

TEST(chain_of_another_number_is_not_taken_apart)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, base(B), divert(C, B)));
	CHECK_INT(0, PUT(st, divert(D, B)));
	CHECK_INT(0, take_whole(st, D, 0));
	CHECK_INT(2, take_whole(st, C, 0));
	passport_store_free(st);
}

/* A called B; what else there is about B belongs to a call that went on to C */
TEST(request_of_a_call_that_went_on_stays_with_it)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, base(B)));
	CHECK_INT(0, PUT(st, base_at("x-new", B, NOW), divert(C, B)));
	CHECK_INT(1, take_whole(st, B, 0));
	CHECK_INT(2, took.size);
	passport_store_free(st);
}

/* --- who is told --- */

TEST(what_a_div_refers_to_wakes_its_call)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, divert(C, B)));
	CHECK_INT(1, told.arrived);
	CHECK_INT(0, PUT(st, base(B)));
	CHECK_INT(3, told.arrived);
	CHECK_STR(A ">" C, told.last_arrived);
	passport_store_free(st);
}

TEST(wakes_along_the_whole_chain)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, divert(D, C), divert(E, D)));
	CHECK_INT(0, PUT(st, divert(C, B)));
	told.arrived = 0;
	CHECK_INT(0, PUT(st, base(B)));
	CHECK_INT(4, told.arrived);
	CHECK_STR(A ">" E, told.last_arrived);
	passport_store_free(st);
}

TEST(waking_in_a_loop_ends)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, divert(C, B)));
	told.arrived = 0;
	CHECK_INT(0, PUT(st, divert(B, C)));
	CHECK_INT(3, told.arrived);
	passport_store_free(st);
}

TEST(waking_is_bounded)
{
	struct passport_store *st = make(1000);

	for (int i = 0; i < 200; i++) {
		char t[16];

		(void)snprintf(t, sizeof(t), "19035551%03d", i);
		CHECK_INT(0, PUT(st, divert(t, B)));
	}
	told.arrived = 0;
	CHECK_INT(0, PUT(st, base(B)));
	CHECK(told.arrived > 1 && told.arrived <= 1 + WAKE_MAX);
	passport_store_free(st);
}

/* A place that only a div refers to goes with it */
TEST(nothing_is_left_behind)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, divert(C, B)));
	CHECK_INT(0, PUT(st, divert(D, C)));
	CHECK_INT(3, HASH_COUNT(st->places));
	CHECK_INT(2, take(st, A, D));
	CHECK_INT(0, HASH_COUNT(st->places));
	passport_store_free(st);
}

TEST(part_of_a_chain_gets_stale)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, base_at("shaken", B, NOW - 30)));
	CHECK_INT(0, PUT(st, divert(C, B)));
	set_clock(NOW + 31);
	passport_store_sweep(st);
	CHECK_INT(1, told.stale);
	CHECK_INT(0, take_whole(st, C, 0));
	CHECK_INT(1, take(st, A, C));
	passport_store_free(st);
}

/* --- settling --- */

TEST(not_before_it_has_settled)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, base(B)));
	CHECK_INT(0, take_whole(st, B, 20));
	CHECK_INT(20, took.again);
	CHECK_INT(1, took.there);
	clock_.now_ms += 19;
	CHECK_INT(0, take_whole(st, B, 20));
	CHECK_INT(1, took.again);
	clock_.now_ms += 1;
	CHECK_INT(1, take_whole(st, B, 20));
	CHECK_INT(0, took.again);
	passport_store_free(st);
}

TEST(what_came_later_begins_it_anew)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, base(B)));
	clock_.now_ms += 15;
	CHECK_INT(0, PUT(st, base_at("rph", B, NOW)));
	clock_.now_ms += 15;
	CHECK_INT(0, take_whole(st, B, 20));
	CHECK_INT(5, took.again);
	clock_.now_ms += 5;
	CHECK_INT(2, take_whole(st, B, 20));
	passport_store_free(st);
}

TEST(clock_set_back_settles_at_once)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, base(B)));
	clock_.now_ms -= 5000;
	CHECK_INT(1, take_whole(st, B, 20));
	passport_store_free(st);
}

TEST(what_is_not_whole_does_not_settle)
{
	struct passport_store *st = make(10);

	CHECK_INT(0, PUT(st, divert(C, B)));
	CHECK_INT(0, take_whole(st, C, 20));
	CHECK_INT(0, took.again);
	passport_store_free(st);
}

TEST(has)
{
	struct passport_store *st = make(10);
	struct passport *pp = base(B);

	CHECK(!passport_store_has(st, pp));
	CHECK_INT(0, PUT(st, passport_ref(pp)));
	CHECK(passport_store_has(st, pp));
	CHECK_INT(1, take(st, A, B));
	CHECK(!passport_store_has(st, pp));
	passport_unref(pp);
	passport_store_free(st);
}

TEST_MAIN(CASE(one_diversion_in_two_requests), CASE(three_diversions_in_any_order),
	  CASE(chain_in_two_requests_of_two), CASE(chain_across_two_requests),
	  CASE(link_missing_is_not_whole), CASE(link_missing_is_handed_over_at_last),
	  CASE(div_of_another_caller_leads_nowhere), CASE(div_with_another_orig_in_the_request),
	  CASE(no_div_is_whole_at_once), CASE(base_type_says_who_calls),
	  CASE(div_o_is_whole_by_itself), CASE(other_types_alone_are_not_whole),
	  CASE(other_types_of_inner_numbers_come_along), CASE(loop_of_two_is_harmless),
	  CASE(div_to_itself_is_harmless), CASE(loop_in_one_request), CASE(call_that_came_back),
	  CASE(every_number_diverted_to_every_other), CASE(fifteen_diversions),
	  CASE(sixteen_diversions), CASE(two_retargeted_calls),
	  CASE(two_retargeted_calls_in_one_request_each), CASE(direct_and_retargeted_call),
	  CASE(retargeted_from_two_numbers), CASE(orphan_before_a_whole_chain),
	  CASE(last_number_goes_before_one_in_the_middle),
	  CASE(chain_of_another_number_is_not_taken_apart),
	  CASE(request_of_a_call_that_went_on_stays_with_it),
	  CASE(what_a_div_refers_to_wakes_its_call), CASE(wakes_along_the_whole_chain),
	  CASE(waking_in_a_loop_ends), CASE(waking_is_bounded), CASE(nothing_is_left_behind),
	  CASE(part_of_a_chain_gets_stale), CASE(not_before_it_has_settled),
	  CASE(what_came_later_begins_it_anew), CASE(clock_set_back_settles_at_once),
	  CASE(what_is_not_whole_does_not_settle), CASE(has))
