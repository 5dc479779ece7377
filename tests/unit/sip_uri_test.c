#include <errno.h>

#include "lib/net/sip.h"
#include "tests/unit/test.h"

static void check_user(const char *want, const char *value)
{
	CHECK_SV(want, sip_user(sv_from(value)));
}

static void check_tn(const char *want, const char *value)
{
	struct tn tn = {"none"};

	CHECK_INT(0, sip_tn(&tn, sv_from(value)));
	CHECK_STR(want, tn.s);
}

static void check_no_tn(const char *value)
{
	struct tn tn = {"kept"};

	CHECK_INT(EBADMSG, sip_tn(&tn, sv_from(value)));
	CHECK_STR("kept", tn.s);
}

static void check_param(const char *want, const char *value, const char *name)
{
	struct sv got = {NULL, 0};

	CHECK(sip_uri_param(sv_from(value), name, &got));
	CHECK_SV(want, got);
}

static void check_no_param(const char *value, const char *name)
{
	struct sv got = {"kept", 4};

	CHECK(!sip_uri_param(sv_from(value), name, &got));
	CHECK_SV("kept", got);
}

TEST(user_of_bare_uri)
{
	check_user("+12013776051", "sip:+12013776051@osp.example");
}

TEST(user_of_sips_uri)
{
	check_user("jane", "SIPS:jane@osp.example:5061");
}

TEST(user_in_angle_brackets)
{
	check_user("+12013776051", "<sip:+12013776051@osp.example;user=phone>;tag=1");
}

TEST(user_behind_display_name)
{
	check_user("jane", "Jane Doe <sip:jane@osp.example>");
}

TEST(user_behind_quoted_name_with_bracket)
{
	check_user("jane", "\"A <sip:mallory@evil.example> \\\" B\" <sip:jane@osp.example>");
}

TEST(user_keeps_its_parameters)
{
	check_user("+12013776051;verstat=TN-Validation-Passed",
		   "<sip:+12013776051;verstat=TN-Validation-Passed@tsp.example;user=phone>");
}

TEST(user_without_password)
{
	check_user("jane", "sip:jane:secret@osp.example");
}

TEST(user_of_tel_uri)
{
	check_user("+1-201-377-6051;npdi;rn=+19034050000",
		   "tel:+1-201-377-6051;npdi;rn=+19034050000");
}

TEST(no_user_in_host_only_uri)
{
	check_user("", "sip:127.9.1.1:5060;transport=tcp");
}

TEST(no_user_in_other_scheme)
{
	check_user("", "mailto:jane@osp.example");
}

TEST(no_user_in_rubbish)
{
	check_user("", "");
	check_user("", "<");
	check_user("", "\"");
	check_user("", "\"a\\");
	check_user("", "<>");
	check_user("", ":");
}

TEST(at_sign_in_uri_headers_is_no_user)
{
	check_user("", "sip:osp.example?subject=a@b");
}

TEST(tn_with_plus)
{
	check_tn("12013776051", "sip:+12013776051@osp.example");
}

TEST(tn_of_ten_digits)
{
	check_tn("12013776051", "<sip:2013776051@osp.example>");
}

TEST(tn_cut_at_parameters)
{
	check_tn("12013776051", "<sip:+12013776051;tgrp=a;trunk-context=b@osp.example>");
}

TEST(tn_of_tel_uri_with_separators)
{
	check_tn("12013776051", "tel:+1(201)377-6051");
}

TEST(tn_percent_encoded)
{
	check_tn("12013776051", "sip:%2b1201%33776051@osp.example");
}

TEST(tn_service_code)
{
	check_tn("911", "sip:911@osp.example;user=phone");
}

TEST(no_tn_in_a_name)
{
	check_no_tn("sip:jane@osp.example");
}

TEST(no_tn_in_anonymous)
{
	check_no_tn("\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=1");
}

TEST(no_tn_when_escape_is_broken)
{
	check_no_tn("sip:%2@osp.example");
	check_no_tn("sip:+1201%zz@osp.example");
	check_no_tn("sip:+1201%@osp.example");
}

TEST(no_tn_when_too_long)
{
	check_no_tn("sip:+1234567890123456@osp.example");
	check_no_tn("sip:"
		    "00000000000000000000000000000000000000000000000000000000000000000000000000000"
		    "@osp.example");
}

TEST(param_of_the_user)
{
	check_param("TN-Validation-Failed", "<sip:+1201;verstat=TN-Validation-Failed@h;user=phone>",
		    "verstat");
}

TEST(param_behind_the_host)
{
	check_param("No-TN-Validation", "<sip:+1201@h;user=phone;verstat=No-TN-Validation>",
		    "verstat");
}

TEST(param_of_the_user_comes_first)
{
	check_param("a", "sip:+1201;x=a@h;x=b", "x");
}

TEST(param_name_in_any_case)
{
	check_param("a", "sip:+1201;VerStat=a@h", "verstat");
}

TEST(param_without_value)
{
	check_param("", "tel:+1201;npdi;rn=+1903", "npdi");
	check_param("+1903", "tel:+1201;npdi;rn=+1903", "rn");
}

TEST(param_of_the_header_is_not_of_the_uri)
{
	check_no_param("<sip:+1201@h>;verstat=TN-Validation-Passed", "verstat");
}

TEST(param_name_is_whole)
{
	check_no_param("sip:+1201;xverstat=a;verstatx=b@h", "verstat");
}

TEST(param_is_not_the_number)
{
	check_no_param("sip:verstat@h", "verstat");
}

TEST_MAIN(CASE(user_of_bare_uri), CASE(user_of_sips_uri), CASE(user_in_angle_brackets),
	  CASE(user_behind_display_name), CASE(user_behind_quoted_name_with_bracket),
	  CASE(user_keeps_its_parameters), CASE(user_without_password), CASE(user_of_tel_uri),
	  CASE(no_user_in_host_only_uri), CASE(no_user_in_other_scheme), CASE(no_user_in_rubbish),
	  CASE(at_sign_in_uri_headers_is_no_user), CASE(tn_with_plus), CASE(tn_of_ten_digits),
	  CASE(tn_cut_at_parameters), CASE(tn_of_tel_uri_with_separators), CASE(tn_percent_encoded),
	  CASE(tn_service_code), CASE(no_tn_in_a_name), CASE(no_tn_in_anonymous),
	  CASE(no_tn_when_escape_is_broken), CASE(no_tn_when_too_long), CASE(param_of_the_user),
	  CASE(param_behind_the_host), CASE(param_of_the_user_comes_first),
	  CASE(param_name_in_any_case), CASE(param_without_value),
	  CASE(param_of_the_header_is_not_of_the_uri), CASE(param_name_is_whole),
	  CASE(param_is_not_the_number))
