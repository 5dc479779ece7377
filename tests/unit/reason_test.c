#include <errno.h>
#include <stdlib.h>

#include "lib/stir/reason.h"
#include "tests/unit/test.h"

TEST(every_name_leads_back_to_its_row)
{
	for (unsigned i = 0; i < REASON_MAX; i++) {
		enum reason r = REASON_MAX;

		CHECK(reason_from_name(&r, sv_from(reason_info((enum reason)i)->name)));
		CHECK_INT(i, r);
	}
}

TEST(unknown_name_is_none)
{
	enum reason r = REASON_OK;

	CHECK(!reason_from_name(&r, SV("no-such-reason")));
	CHECK(!reason_from_name(&r, SV("")));
	CHECK_INT(REASON_OK, r);
}

TEST(number_out_of_range_is_internal)
{
	CHECK_STR("internal", reason_info(REASON_MAX)->name);
	CHECK_STR("internal", reason_info((enum reason)(-1))->name);
}

/* RFC 8224 6.2.2, and what a CPS may answer */
TEST(statuses_are_of_their_protocols)
{
	for (unsigned i = 1; i < REASON_MAX; i++) {
		const struct reason_info *r = reason_info((enum reason)i);

		CHECK(r->sip_status == 0 || (r->sip_status >= 400 && r->sip_status < 600));
		CHECK(r->http_status == 0 || (r->http_status >= 400 && r->http_status < 600));
		CHECK(r->sip_status || r->http_status);
		CHECK((r->sip_status != 0) == (*r->sip_phrase != '\0'));
		CHECK(*r->text != '\0');
	}
}

TEST(sip_statuses_of_rfc8224)
{
	CHECK_INT(428, reason_info(REASON_NO_IDENTITY)->sip_status);
	CHECK_INT(436, reason_info(REASON_CERT_FETCH)->sip_status);
	CHECK_INT(436, reason_info(REASON_INFO_MISSING)->sip_status);
	CHECK_INT(437, reason_info(REASON_CERT_UNTRUSTED)->sip_status);
	CHECK_INT(438, reason_info(REASON_SIGNATURE)->sip_status);
	CHECK_INT(438, reason_info(REASON_DEST_MISMATCH)->sip_status);
	CHECK_INT(403, reason_info(REASON_STALE)->sip_status);
	CHECK_STR("Stale Date", reason_info(REASON_STALE)->sip_phrase);
}

TEST(http_statuses_of_the_cps)
{
	CHECK_INT(201, reason_info(REASON_OK)->http_status);
	CHECK_INT(400, reason_info(REASON_FORM)->http_status);
	CHECK_INT(403, reason_info(REASON_SIGNATURE)->http_status);
	CHECK_INT(404, reason_info(REASON_WRONG_COMPANY)->http_status);
	CHECK_INT(405, reason_info(REASON_METHOD)->http_status);
	CHECK_INT(413, reason_info(REASON_TOO_LARGE)->http_status);
	CHECK_INT(415, reason_info(REASON_MEDIA_TYPE)->http_status);
}

TEST(text_names_check_clause_expected_and_got)
{
	struct fault f;
	char text[FAULT_TEXT_MAX];

	CHECK_INT(EBADMSG, fault_set(&f, REASON_ALG, "\"ES256\"", "\"%s\"", "none"));
	f.check = "alg";
	fault_text(&f, text);
	CHECK_STR("alg: alg is not \"ES256\" (RFC 8225 \xc2\xa7"
		  "4, RFC 8588 \xc2\xa7"
		  "3): expected "
		  "\"ES256\", got \"none\"",
		  text);
}

TEST(text_without_details)
{
	struct fault f;
	char text[FAULT_TEXT_MAX];

	(void)fault_set(&f, REASON_OVERLOAD, NULL, NULL);
	fault_text(&f, text);
	CHECK_STR("at the limit of what it may keep (5.2, RFC 9110 \xc2\xa7"
		  "15.6.4)",
		  text);
}

TEST(text_with_got_alone)
{
	struct fault f;
	char text[FAULT_TEXT_MAX];

	(void)fault_set(&f, REASON_INTERNAL, NULL, "%d", 7);
	fault_text(&f, text);
	CHECK_STR("internal trouble: got 7", text);
}

TEST(strangers_text_is_made_printable)
{
	struct fault f;

	(void)fault_set(&f, REASON_TYP, "x", "a\r\nInjected: header\x01\xff\x7f");
	CHECK_STR("a??Injected: header???", f.got);
}

TEST(long_text_is_cut)
{
	struct fault f;
	char text[FAULT_TEXT_MAX], longer[2000];

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	(void)fault_set(&f, REASON_TYP, longer, "%s", longer);
	CHECK_INT(sizeof(f.want) - 1, strlen(f.want));
	CHECK_INT(sizeof(f.got) - 1, strlen(f.got));
	fault_text(&f, text);
	CHECK(strlen(text) < FAULT_TEXT_MAX);
}

TEST(fault_may_be_null)
{
	CHECK_INT(EBADMSG, fault_set(NULL, REASON_TYP, "x", "y"));
}

TEST_MAIN(CASE(every_name_leads_back_to_its_row), CASE(unknown_name_is_none),
	  CASE(number_out_of_range_is_internal), CASE(statuses_are_of_their_protocols),
	  CASE(sip_statuses_of_rfc8224), CASE(http_statuses_of_the_cps),
	  CASE(text_names_check_clause_expected_and_got), CASE(text_without_details),
	  CASE(text_with_got_alone), CASE(strangers_text_is_made_printable), CASE(long_text_is_cut),
	  CASE(fault_may_be_null))
