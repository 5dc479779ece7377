#include <errno.h>

#include "lib/stir/identity.h"
#include "tests/unit/test.h"

#define INFO "info=<https://c.example/1>"

static void read_as(const char *text, const char *token, const char *info, const char *alg,
		    const char *ppt)
{
	struct sv rest = sv_from(text);
	struct identity id = {0};
	struct fault f = {0};

	CHECK_INT(0, identity_next(&rest, &id, &f));
	CHECK_STR("", f.got);
	CHECK_SV(token, id.token);
	CHECK_SV(info, id.info);
	CHECK_SV(alg, id.alg);
	CHECK_SV(ppt, id.ppt);
	CHECK_INT(ENOENT, identity_next(&rest, &id, &f));
}

static void refused(const char *text, enum reason reason, const char *got)
{
	struct sv rest = sv_from(text);
	struct identity id = {.alg = SV("before")};
	struct fault f = {0};

	CHECK_INT(EBADMSG, identity_next(&rest, &id, &f));
	CHECK_STR(reason_info(reason)->name, reason_info(f.reason)->name);
	CHECK(strstr(f.got, got));
	if (!strstr(f.got, got))
		(void)printf("  got: %s\n", f.got);
	CHECK_SV("before", id.alg);
	CHECK_INT(0, sv_trim(rest).l);
}

TEST(as_we_write_it)
{
	read_as("a.b.c;" INFO ";alg=ES256;ppt=\"shaken\"", "a.b.c", "https://c.example/1", "ES256",
		"shaken");
}

TEST(info_alone)
{
	read_as("a.b.c;" INFO, "a.b.c", "https://c.example/1", "", "");
}

TEST(values_without_quotes)
{
	read_as("a.b.c;" INFO ";alg=ES256;ppt=shaken", "a.b.c", "https://c.example/1", "ES256",
		"shaken");
}

TEST(quoted_alg)
{
	read_as("a.b.c;" INFO ";alg=\"ES256\"", "a.b.c", "https://c.example/1", "ES256", "");
}

TEST(other_order)
{
	read_as("a.b.c;ppt=\"div\";alg=ES256;" INFO, "a.b.c", "https://c.example/1", "ES256",
		"div");
}

TEST(names_in_other_case)
{
	read_as("a.b.c;INFO=<https://c.example/1>;Alg=ES256;PPT=shaken", "a.b.c",
		"https://c.example/1", "ES256", "shaken");
}

TEST(blanks_around_semicolon_and_equals)
{
	read_as("  a.b.c ; info = <https://c.example/1> ; alg\t= ES256 ;ppt= \"shaken\" ", "a.b.c",
		"https://c.example/1", "ES256", "shaken");
}

TEST(folded_lines)
{
	read_as("a.b.c\r\n ;info=\r\n\t<https://c.example/1>\r\n ;alg=ES256", "a.b.c",
		"https://c.example/1", "ES256", "");
}

TEST(unknown_parameters_are_passed_over)
{
	read_as("a.b.c;canon=x;" INFO ";flag;q=\"a;b,c=\\\"\";alg=ES256", "a.b.c",
		"https://c.example/1", "ES256", "");
}

TEST(separators_inside_the_uri)
{
	read_as("a.b.c;info=<https://c.example/a;b,c=d>;alg=ES256", "a.b.c",
		"https://c.example/a;b,c=d", "ES256", "");
}

/* RFC 8224 4.1: compact form is read; who uses it decides */
TEST(compact_form)
{
	read_as("..c;" INFO, "..c", "https://c.example/1", "", "");
}

TEST(other_schemes_are_left_to_x5u)
{
	read_as("a.b.c;info=<cid:x@y>", "a.b.c", "cid:x@y", "", "");
}

TEST(several_values)
{
	struct sv rest = SV("a.b.c;" INFO ",d.e.f;info=<https://c.example/2,3> , g.h.i;" INFO);
	struct identity id;

	CHECK_INT(0, identity_next(&rest, &id, NULL));
	CHECK_SV("a.b.c", id.token);
	CHECK_INT(0, identity_next(&rest, &id, NULL));
	CHECK_SV("d.e.f", id.token);
	CHECK_SV("https://c.example/2,3", id.info);
	CHECK_INT(0, identity_next(&rest, &id, NULL));
	CHECK_SV("g.h.i", id.token);
	CHECK_INT(ENOENT, identity_next(&rest, &id, NULL));
}

TEST(bad_value_is_passed)
{
	struct sv rest = SV("a.b.c,d.e.f;" INFO);
	struct identity id;
	struct fault f;

	CHECK_INT(EBADMSG, identity_next(&rest, &id, &f));
	CHECK_INT(0, identity_next(&rest, &id, &f));
	CHECK_SV("d.e.f", id.token);
}

TEST(nothing)
{
	struct sv rest = SV(" \r\n ");
	struct identity id;

	CHECK_INT(ENOENT, identity_next(&rest, &id, NULL));
	rest = (struct sv){NULL, 0};
	CHECK_INT(ENOENT, identity_next(&rest, &id, NULL));
}

TEST(no_info)
{
	refused("a.b.c", REASON_INFO_MISSING, "no info");
	refused("a.b.c;alg=ES256", REASON_INFO_MISSING, "no info");
}

TEST(info_without_brackets)
{
	refused("a.b.c;info=https://c.example/1", REASON_INFO_MISSING, "info=https");
	refused("a.b.c;info=\"https://c.example/1\"", REASON_INFO_MISSING, "info=");
}

TEST(info_that_is_no_uri)
{
	refused("a.b.c;info=<>", REASON_INFO_MISSING, "info=<>");
	refused("a.b.c;info=<cert.pem>", REASON_INFO_MISSING, "cert.pem");
	refused("a.b.c;info=<https:>", REASON_INFO_MISSING, "https:");
	refused("a.b.c;info=<https://c.example/a b>", REASON_INFO_MISSING, "a b");
	refused("a.b.c;info=<https://c.example/1", REASON_INFO_MISSING, "info=");
	refused("a.b.c;info", REASON_INFO_MISSING, "info");
	refused("a.b.c;info=", REASON_INFO_MISSING, "info=");
}

TEST(no_token)
{
	refused(";" INFO, REASON_IDENTITY_FORM, "");
	refused("\"a.b.c\";" INFO, REASON_IDENTITY_FORM, "\"a.b.c\"");
	refused("a.b c;" INFO, REASON_IDENTITY_FORM, "a.b c");
}

TEST(parameter_twice)
{
	refused("a.b.c;" INFO ";" INFO, REASON_IDENTITY_FORM, "twice");
	refused("a.b.c;" INFO ";alg=ES256;ALG=ES256", REASON_IDENTITY_FORM, "ALG twice");
	refused("a.b.c;ppt=shaken;" INFO ";ppt=div", REASON_IDENTITY_FORM, "ppt twice");
}

TEST(empty_parameter)
{
	refused("a.b.c;" INFO ";", REASON_IDENTITY_FORM, "");
	refused("a.b.c;;" INFO, REASON_IDENTITY_FORM, "");
	refused("a.b.c;=x;" INFO, REASON_IDENTITY_FORM, "=x");
}

TEST(malformed_words)
{
	refused("a.b.c;" INFO ";alg=", REASON_IDENTITY_FORM, "alg=");
	refused("a.b.c;" INFO ";alg", REASON_IDENTITY_FORM, "alg");
	refused("a.b.c;" INFO ";ppt=\"shaken", REASON_IDENTITY_FORM, "ppt=\"shaken");
	refused("a.b.c;" INFO ";ppt=\"a b\"", REASON_IDENTITY_FORM, "a b");
}

TEST(print)
{
	BUF_AUTO struct buf out = BUF(200);

	CHECK_INT(0, identity_print(&out, SV("a.b.c"), SV("https://c.example/1"), SV("shaken")));
	CHECK_SV("a.b.c;info=<https://c.example/1>;alg=ES256;ppt=\"shaken\"", buf_sv(&out));
	buf_reset(&out);
	CHECK_INT(0, identity_print(&out, SV("a.b.c"), SV("https://c.example/1"), SV("")));
	CHECK_SV("a.b.c;info=<https://c.example/1>;alg=ES256", buf_sv(&out));
	buf_free(&out);
	out = BUF(20);
	CHECK_INT(EMSGSIZE,
		  identity_print(&out, SV("a.b.c"), SV("https://c.example/1"), SV("shaken")));
}

TEST_MAIN(CASE(as_we_write_it), CASE(info_alone), CASE(values_without_quotes), CASE(quoted_alg),
	  CASE(other_order), CASE(names_in_other_case), CASE(blanks_around_semicolon_and_equals),
	  CASE(folded_lines), CASE(unknown_parameters_are_passed_over),
	  CASE(separators_inside_the_uri), CASE(compact_form), CASE(other_schemes_are_left_to_x5u),
	  CASE(several_values), CASE(bad_value_is_passed), CASE(nothing), CASE(no_info),
	  CASE(info_without_brackets), CASE(info_that_is_no_uri), CASE(no_token),
	  CASE(parameter_twice), CASE(empty_parameter), CASE(malformed_words), CASE(print))
