#include <errno.h>

#include "lib/base/tn.h"
#include "tests/unit/test.h"

static void gives(const char *in, const char *canonical)
{
	struct tn tn;

	CHECK_INT(0, tn_canonical(&tn, sv_from(in)));
	CHECK_SV(canonical, tn_sv(&tn));
}

static void refused(const char *in)
{
	struct tn tn = {"before"};

	CHECK_INT(EBADMSG, tn_canonical(&tn, sv_from(in)));
	CHECK_SV("before", tn_sv(&tn));
}

TEST(plus_goes)
{
	gives("+12013776051", "12013776051");
}

TEST(separators_go)
{
	gives("+1 (201) 377-60.51", "12013776051");
	gives("\t+1-201\t377-6051 ", "12013776051");
}

TEST(ten_digits_are_national)
{
	gives("2013776051", "12013776051");
	gives("(201) 377-6051", "12013776051");
}

TEST(ten_digits_after_a_plus_are_international)
{
	gives("+4930123456", "4930123456");
}

TEST(eleven_digits_stay)
{
	gives("12013776051", "12013776051");
}

TEST(service_codes_stay)
{
	gives("911", "911");
	gives("0", "0");
}

TEST(star_and_hash_stay)
{
	gives("*67", "*67");
	gives("#31#", "#31#");
	gives("*201377605", "*201377605");
}

TEST(ten_characters_with_a_star_are_no_national_number)
{
	gives("*201377605", "*201377605");
	gives("*2013776051", "*2013776051");
}

TEST(parameters_are_cut)
{
	gives("+12013776051;npdi;rn=+12013770000", "12013776051");
	gives("2013776051;verstat=TN-Validation-Passed", "12013776051");
	gives("+12013776051 ;phone-context=x", "12013776051");
}

TEST(fifteen_digits_fit)
{
	gives("+123456789012345", "123456789012345");
}

TEST(sixteen_digits_are_refused)
{
	refused("+1234567890123456");
}

TEST(nothing_is_refused)
{
	refused("");
	refused("+");
	refused(" -.() ");
	refused(";rn=+12013776051");
}

TEST(letters_are_refused)
{
	refused("+1201FLOWERS");
	refused("alice");
	refused("tel:+12013776051");
}

TEST(plus_elsewhere_is_refused)
{
	refused("1+2013776051");
	refused("++12013776051");
	refused("12013776051+");
}

TEST(other_digits_and_octets_are_refused)
{
	struct tn tn;

	refused("+1201377605\xd9\xa1");
	CHECK_INT(EBADMSG, tn_canonical(&tn, SV("1201\0003776051")));
	refused("+1201,3776051");
}

TEST(canonical_form_is_recognised)
{
	CHECK(tn_is_canonical(SV("12013776051")));
	CHECK(tn_is_canonical(SV("911")));
	CHECK(tn_is_canonical(SV("*67#")));
	CHECK(tn_is_canonical(SV("123456789012345")));
}

TEST(other_forms_are_not_canonical)
{
	CHECK(!tn_is_canonical(SV("")));
	CHECK(!tn_is_canonical((struct sv){NULL, 0}));
	CHECK(!tn_is_canonical(SV("+12013776051")));
	CHECK(!tn_is_canonical(SV("1 201")));
	CHECK(!tn_is_canonical(SV("1234567890123456")));
	CHECK(!tn_is_canonical(SV("1201\000")));
}

TEST(equality)
{
	struct tn a, b, c;

	CHECK_INT(0, tn_canonical(&a, SV("+1 201 377 6051")));
	CHECK_INT(0, tn_canonical(&b, SV("2013776051")));
	CHECK_INT(0, tn_canonical(&c, SV("2013776052")));
	CHECK(tn_eq(&a, &b));
	CHECK(!tn_eq(&a, &c));
}

TEST_MAIN(CASE(plus_goes), CASE(separators_go), CASE(ten_digits_are_national),
	  CASE(ten_digits_after_a_plus_are_international), CASE(eleven_digits_stay),
	  CASE(service_codes_stay), CASE(star_and_hash_stay),
	  CASE(ten_characters_with_a_star_are_no_national_number), CASE(parameters_are_cut),
	  CASE(fifteen_digits_fit), CASE(sixteen_digits_are_refused), CASE(nothing_is_refused),
	  CASE(letters_are_refused), CASE(plus_elsewhere_is_refused),
	  CASE(other_digits_and_octets_are_refused), CASE(canonical_form_is_recognised),
	  CASE(other_forms_are_not_canonical), CASE(equality))
