/* Header values on their way through a back-to-back user agent. */
#include "lib/net/sip_text.h"
#include "tests/unit/test.h"

static void check_clean(const char *want, const char *value)
{
	BUF_AUTO struct buf b = BUF(1024);

	sip_text_clean(&b, sv_from(value));
	CHECK_SV(want, buf_sv(&b));
}

static void check_address(const char *want, const char *value)
{
	BUF_AUTO struct buf b = BUF(1024);

	sip_text_address(&b, sv_from(value));
	CHECK_SV(want, buf_sv(&b));
}

TEST(verstat_is_taken_out)
{
	check_clean("<sip:+1903@a>", "<sip:+1903;verstat=TN-Validation-Passed@a>");
	check_clean("<sip:+1903@a;user=phone>",
		    "<sip:+1903@a;verstat=No-TN-Validation;user=phone>");
	check_clean("<tel:+1903>", "<tel:+1903;VERSTAT=x>");
	check_clean("<sip:a@b>;x=1", "<sip:a@b>;verstat=x;x=1");
	check_clean("<sip:a@b>, <sip:c@d>", "<sip:a;verstat=x@b>, <sip:c;verstat=y@d>");
	check_clean("<sip:a@b>", "<sip:a;verstat@b>");
	check_clean("<sip:a@b>", "<sip:a;verstat=x;verstat=y@b>");
	check_clean("<sip:a@b>", "<sip:a@b>;\t verstat = x");
	check_clean("", ";verstat");
}

TEST(other_names_stay)
{
	check_clean(";verstatus=1;x-verstat=2;vers=3;ver", ";verstatus=1;x-verstat=2;vers=3;ver");
	check_clean("verstat=1", "verstat=1");
	check_clean("sip:verstat@verstat", "sip:verstat@verstat");
	check_clean(";", ";");
	check_clean("", "");
}

TEST(folds_become_blanks)
{
	check_clean("a b", "a\r\n b");
	check_clean("a b", "a\r\n\t  \r\n b");
	check_clean("a  b", "a  b");
}

TEST(address_without_tag)
{
	check_address("<sip:a@b>", "<sip:a@b>;tag=1");
	check_address("\"A;tag=2\" <sip:a;tag=3@b>;x=1",
		      "\"A;tag=2\" <sip:a;tag=3@b> ; tag=1 ; x=1");
	check_address("sip:a@b;user=phone", "sip:a@b;TAG=1;user=phone");
	check_address("<sip:a@b>", " <sip:a;verstat=x@b>;verstat=y;tag=1 ");
	check_address("\"\\\"<;\" <sip:a@b>", "\"\\\"<;\" <sip:a@b>;tag=1");
	check_address("<sip:never@closed;tag=1", "<sip:never@closed;tag=1");
	check_address("", "");
}

TEST(header_lines)
{
	struct sv head = SV(
		"From: <sip:a@b>\r\ny:  one\r\n two\r\n\tthree \r\nW\r\nEmpty:\r\n\r\nbody: x\r\n");
	struct sv name, value;

	CHECK(sip_text_line(&head, &name, &value));
	CHECK_SV("From", name);
	CHECK_SV("<sip:a@b>", value);
	CHECK(sip_text_line(&head, &name, &value));
	CHECK_SV("Identity", name);
	CHECK_SV("one\r\n two\r\n\tthree", value);
	CHECK(sip_text_line(&head, &name, &value));
	CHECK_SV("W", name);
	CHECK_SV("", value);
	CHECK(sip_text_line(&head, &name, &value));
	CHECK_SV("Empty", name);
	CHECK_SV("", value);
	CHECK(!sip_text_line(&head, &name, &value));
}

TEST(header_lines_end_with_the_view)
{
	struct sv head = SV("Z: 1"), name, value;

	CHECK(sip_text_line(&head, &name, &value));
	CHECK_SV("Z", name); /* no compact name of any */
	CHECK_SV("1", value);
	CHECK(!sip_text_line(&head, &name, &value));
}

TEST_MAIN(CASE(verstat_is_taken_out), CASE(other_names_stay), CASE(folds_become_blanks),
	  CASE(address_without_tag), CASE(header_lines), CASE(header_lines_end_with_the_view))
