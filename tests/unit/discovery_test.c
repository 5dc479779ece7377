#include <errno.h>

#include "lib/base/auto.h"
#include "lib/base/prefix_map.h"
#include "lib/stir/discovery.h"
#include "tests/unit/test.h"

DEFINE_AUTO(struct discovery, discovery_free)
DEFINE_AUTO(struct prefix_map, prefix_map_free)

static struct discovery *tables(void)
{
	struct discovery *d = NULL;

	CHECK_INT(0, discovery_alloc(&d, NULL));
	CHECK_INT(0, discovery_add_number(d, SV("1903246"), SV("5678"), NULL));
	CHECK_INT(0, discovery_add_number(d, SV("19032469"), SV("818H"), NULL));
	CHECK_INT(0, discovery_add_number(d, SV("1"), SV("0001"), NULL));
	CHECK_INT(0, discovery_add_number(d, SV("44"), SV("4444"), NULL));
	CHECK_INT(0, discovery_add_rule(d, RULE_OCN, SV("5678"), SV("https://cps.tsp.example/a"),
					NULL));
	CHECK_INT(0, discovery_add_rule(d, RULE_OCN, SV("818H"), SV("https://cps.mvno.example/b"),
					NULL));
	return d;
}

static int find(const struct discovery *d, const char *called, struct discovery_route *ret,
		struct err *e)
{
	struct tn tn;

	CHECK_INT(0, tn_canonical(&tn, sv_from(called)));
	return discovery_find(d, &(struct discovery_query){.called = &tn}, ret, e);
}

/* proves: AS-08 DISC-01 */
TEST(number_to_ocn_to_url)
{
	AUTO(discovery_free) struct discovery *d = tables();
	struct discovery_route r;

	CHECK_INT(0, find(d, "+19032465555", &r, NULL));
	CHECK_STR("5678", r.ocn);
	CHECK_STR("https://cps.tsp.example/a", r.url);
}

TEST(longest_prefix_wins)
{
	AUTO(discovery_free) struct discovery *d = tables();
	struct discovery_route r;

	CHECK_INT(0, find(d, "+19032469103", &r, NULL));
	CHECK_STR("818H", r.ocn);
	CHECK_STR("https://cps.mvno.example/b", r.url);
}

/* proves: AS-08 */
TEST(ocn_without_cps_is_not_found_and_says_which)
{
	AUTO(discovery_free) struct discovery *d = tables();
	struct discovery_route r;
	struct err e = {""};

	CHECK_INT(ENOENT, find(d, "+12125550100", &r, &e));
	CHECK_STR("0001", r.ocn);
	CHECK_STR(NULL, r.url);
	CHECK_STR("no CPS is known for OCN 0001", e.s);
}

/* proves: AS-08 */
TEST(number_in_no_range_is_not_found)
{
	AUTO(discovery_free) struct discovery *d = tables();
	struct discovery_route r;
	struct err e = {""};

	CHECK_INT(ENOENT, find(d, "+33123456789", &r, &e));
	CHECK_STR(NULL, r.ocn);
	CHECK_STR("no OCN is known for 33123456789", e.s);
}

TEST(number_shorter_than_every_prefix)
{
	AUTO(discovery_free) struct discovery *d = tables();
	struct discovery_route r;

	CHECK_INT(ENOENT, find(d, "4", &r, NULL));
	CHECK_INT(ENOENT, find(d, "44", &r, NULL));
	CHECK_STR("4444", r.ocn);
}

TEST(star_code_ends_the_digits)
{
	AUTO(discovery_free) struct discovery *d = tables();
	struct discovery_route r;

	CHECK_INT(ENOENT, find(d, "*1903246", &r, NULL));
	CHECK_STR(NULL, r.ocn);
	CHECK_INT(0, find(d, "1903246#", &r, NULL));
	CHECK_STR("5678", r.ocn);
}

/* proves: AS-09 */
TEST(only_https)
{
	static const char *const bad[] = {"http://cps.tsp.example/a",
					  "https:/cps.tsp.example",
					  "https://",
					  "https:///a",
					  "https://:8443/a",
					  "cps.tsp.example",
					  "ftp://cps.tsp.example/",
					  ""};
	AUTO(discovery_free) struct discovery *d = tables();
	struct err e = {""};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_INT(EINVAL, discovery_add_rule(d, RULE_OCN, SV("9999"), sv_from(bad[i]), &e));
		CHECK(strstr(e.s, "expected an https URL"));
	}
	CHECK_INT(0,
		  discovery_add_rule(d, RULE_OCN, SV("9999"), SV("HTTPS://cps.tsp.example/a"), &e));
}

TEST(http_url_is_told_with_the_clause)
{
	AUTO(discovery_free) struct discovery *d = tables();
	struct err e = {""};

	CHECK_INT(EINVAL,
		  discovery_add_rule(d, RULE_OCN, SV("9999"), SV("http://cps.tsp.example/"), &e));
	CHECK(strstr(e.s, "(5.1)"));
	CHECK(strstr(e.s, "\"http://cps.tsp.example/\""));
}

TEST(second_url_of_an_ocn_is_refused)
{
	AUTO(discovery_free) struct discovery *d = tables();
	struct discovery_route r;

	CHECK_INT(EINVAL,
		  discovery_add_rule(d, RULE_OCN, SV("5678"), SV("https://evil.example/"), NULL));
	CHECK_INT(0, find(d, "+19032465555", &r, NULL));
	CHECK_STR("https://cps.tsp.example/a", r.url);
}

TEST(same_prefix_twice_is_refused)
{
	AUTO(discovery_free) struct discovery *d = tables();
	struct err e = {""};

	CHECK_INT(EINVAL, discovery_add_number(d, SV("44"), SV("5678"), &e));
	CHECK_STR("prefix 44 is there twice: for OCN 4444 and for OCN 5678", e.s);
}

TEST(bad_rows)
{
	AUTO(discovery_free) struct discovery *d = tables();

	CHECK_INT(EINVAL, discovery_add_number(d, SV(""), SV("5678"), NULL));
	CHECK_INT(EINVAL, discovery_add_number(d, SV("+1903"), SV("5678"), NULL));
	CHECK_INT(EINVAL, discovery_add_number(d, SV("1234567890123456"), SV("5678"), NULL));
	CHECK_INT(EINVAL, discovery_add_number(d, SV("1904"), SV(""), NULL));
	CHECK_INT(EINVAL, discovery_add_number(d, SV("1904"), SV("12345678901234567"), NULL));
	CHECK_INT(EINVAL, discovery_add_rule(d, RULE_OCN, SV(""), SV("https://a.example/"), NULL));
}

TEST(prefix_of_leading_zeros_is_another_one)
{
	AUTO(prefix_map_free) struct prefix_map *map = NULL;
	static const char a = 'a', b = 'b';
	size_t l = 0;

	CHECK_INT(0, prefix_map_alloc(&map));
	CHECK_INT(0, prefix_map_add(map, SV("12"), &a));
	CHECK_INT(0, prefix_map_add(map, SV("0012"), &b));
	CHECK(prefix_map_find(map, SV("1299"), &l) == &a);
	CHECK_INT(2, l);
	CHECK(prefix_map_find(map, SV("001299"), &l) == &b);
	CHECK_INT(4, l);
	CHECK(prefix_map_find(map, SV("0"), &l) == NULL);
}

TEST(prefix_as_long_as_the_number)
{
	AUTO(prefix_map_free) struct prefix_map *map = NULL;
	static const char a = 'a';

	CHECK_INT(0, prefix_map_alloc(&map));
	CHECK_INT(0, prefix_map_add(map, SV("999999999999999"), &a));
	CHECK(prefix_map_find(map, SV("999999999999999"), NULL) == &a);
	CHECK(prefix_map_find(map, SV("99999999999999"), NULL) == NULL);
	CHECK_INT(EEXIST, prefix_map_add(map, SV("999999999999999"), &a));
}

/* Each number of a hundred thousand ranges finds its own range, and no other */
TEST(many_rows)
{
	AUTO(prefix_map_free) struct prefix_map *map = NULL;
	static char rows[100000];
	char digits[TN_MAX + 1];
	int wrong = 0;

	CHECK_INT(0, prefix_map_alloc(&map));
	CHECK_INT(0, prefix_map_add(map, SV("1"), &map));
	for (int i = 0; i < 100000; i++) {
		(void)snprintf(digits, sizeof(digits), "12%05d", i);
		wrong += prefix_map_add(map, sv_from(digits), &rows[i]) != 0;
	}
	for (int i = 0; i < 100000; i++) {
		(void)snprintf(digits, sizeof(digits), "12%05d4103", i);
		wrong += prefix_map_find(map, sv_from(digits), NULL) != &rows[i];
	}
	CHECK_INT(0, wrong);
	CHECK(prefix_map_find(map, SV("13000004103"), NULL) == &map);
}

TEST_MAIN(CASE(number_to_ocn_to_url), CASE(longest_prefix_wins),
	  CASE(ocn_without_cps_is_not_found_and_says_which), CASE(number_in_no_range_is_not_found),
	  CASE(number_shorter_than_every_prefix), CASE(star_code_ends_the_digits), CASE(only_https),
	  CASE(http_url_is_told_with_the_clause), CASE(second_url_of_an_ocn_is_refused),
	  CASE(same_prefix_twice_is_refused), CASE(bad_rows),
	  CASE(prefix_of_leading_zeros_is_another_one), CASE(prefix_as_long_as_the_number),
	  CASE(many_rows))
