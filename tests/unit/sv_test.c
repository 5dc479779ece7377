/* Numbers in text: digits only, up to a bound. */
#include "lib/base/sv.h"
#include "tests/unit/test.h"

static bool reads(const char *text, unsigned long long max, unsigned long long want)
{
	unsigned long long n = 99;

	return sv_u64(sv_from(text), max, &n) && n == want;
}

static bool refuses(const char *text, unsigned long long max)
{
	unsigned long long n = 99;

	return !sv_u64(sv_from(text), max, &n) && n == 99;
}

TEST(up_to_the_bound)
{
	CHECK(reads("0", 0, 0));
	CHECK(reads("2", 2, 2));
	CHECK(reads("65535", 65535, 65535));
	CHECK(reads("007", 7, 7));
	CHECK(reads("18446744073709551615", ~0ull, ~0ull));
}

/* also where the bound is smaller than a digit */
TEST(not_beyond)
{
	for (char d = '1'; d <= '9'; d++)
		CHECK(refuses((char[]){d, '\0'}, (unsigned long long)(d - '1')));
	CHECK(refuses("10", 9));
	CHECK(refuses("65536", 65535));
	CHECK(refuses("18446744073709551616", ~0ull));
}

TEST(what_is_no_number)
{
	CHECK(refuses("", 9));
	CHECK(refuses("+1", 9));
	CHECK(refuses("-1", 9));
	CHECK(refuses(" 1", 9));
	CHECK(refuses("1x", 99));
}

TEST_MAIN(CASE(up_to_the_bound), CASE(not_beyond), CASE(what_is_no_number))
