#include <errno.h>

#include "lib/net/sip.h"
#include "tests/unit/test.h"

static void check_print(const char *want, int64_t time_s)
{
	char got[64];

	CHECK_INT(strlen(want), sip_date_print(got, sizeof(got), time_s));
	CHECK_STR(want, got);
}

static void check_parse(int64_t want, const char *value)
{
	int64_t got = -1;

	CHECK_INT(0, sip_date_parse(&got, sv_from(value)));
	CHECK_INT(want, got);
}

static void check_bad(const char *value)
{
	int64_t got = 77;

	CHECK_INT(EBADMSG, sip_date_parse(&got, sv_from(value)));
	CHECK_INT(77, got);
}

/* the pair that RFC 8224 §4.1 prints */
TEST(print_of_rfc_8224)
{
	check_print("Date: Fri, 25 Sep 2015 19:12:25 GMT\r\n", 1443208345);
}

TEST(parse_of_rfc_8224)
{
	check_parse(1443208345, "Fri, 25 Sep 2015 19:12:25 GMT");
}

TEST(print_the_epoch)
{
	check_print("Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n", 0);
}

TEST(parse_the_epoch)
{
	check_parse(0, "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST(parse_with_blanks_around)
{
	check_parse(1443208345, "  Fri, 25 Sep 2015 19:12:25 GMT \t");
}

TEST(there_and_back_across_years)
{
	for (int64_t t = 0; t < 4102444800; t += 86399 * 13) {
		char line[64];
		int n = sip_date_print(line, sizeof(line), t);
		int64_t got = -1;

		CHECK_INT(0, sip_date_parse(&got, (struct sv){line + 6, (size_t)n - 8}));
		CHECK_INT(t, got);
	}
}

TEST(leap_day)
{
	check_parse(1582934400, "Sat, 29 Feb 2020 00:00:00 GMT");
	check_bad("Mon, 29 Feb 2021 00:00:00 GMT");
}

TEST(print_into_too_little_room)
{
	char small[10];

	CHECK_INT(0, sip_date_print(small, sizeof(small), 0));
}

TEST(print_beyond_four_digit_years)
{
	char line[64];

	CHECK_INT(0, sip_date_print(line, sizeof(line), 253402300800));
	CHECK_INT(0, sip_date_print(line, sizeof(line), INT64_MAX));
}

TEST(other_zone_is_refused)
{
	check_bad("Fri, 25 Sep 2015 19:12:25 UTC");
	check_bad("Fri, 25 Sep 2015 19:12:25 +0000");
}

TEST(date_outside_the_calendar_is_refused)
{
	check_bad("Thu, 31 Apr 2015 19:12:25 GMT");
	check_bad("Fri, 00 Sep 2015 19:12:25 GMT");
	check_bad("Fri, 32 Sep 2015 19:12:25 GMT");
}

TEST(time_outside_the_day_is_refused)
{
	check_bad("Fri, 25 Sep 2015 24:00:00 GMT");
	check_bad("Fri, 25 Sep 2015 19:60:25 GMT");
	check_bad("Fri, 25 Sep 2015 19:12:60 GMT");
}

TEST(wrong_day_of_the_week_is_refused)
{
	check_bad("Sat, 25 Sep 2015 19:12:25 GMT");
	check_bad("Xyz, 25 Sep 2015 19:12:25 GMT");
}

TEST(other_forms_are_refused)
{
	check_bad("");
	check_bad("1443208345");
	check_bad("Friday, 25-Sep-15 19:12:25 GMT");
	check_bad("Fri Sep 25 19:12:25 2015");
	check_bad("Fri, 5 Sep 2015 19:12:25 GMT");
	check_bad("Fri, 25 sep 2015 19:12:25 GMT");
	check_bad("Fri, 25 Sep 2015 19:12:25 GMT;x=1");
	check_bad("Fri, +5 Sep 2015 19:12:25 GMT");
	check_bad("Fri, 25 Sep -015 19:12:25 GMT");
}

TEST_MAIN(CASE(print_of_rfc_8224), CASE(parse_of_rfc_8224), CASE(print_the_epoch),
	  CASE(parse_the_epoch), CASE(parse_with_blanks_around), CASE(there_and_back_across_years),
	  CASE(leap_day), CASE(print_into_too_little_room), CASE(print_beyond_four_digit_years),
	  CASE(other_zone_is_refused), CASE(date_outside_the_calendar_is_refused),
	  CASE(time_outside_the_day_is_refused), CASE(wrong_day_of_the_week_is_refused),
	  CASE(other_forms_are_refused))
