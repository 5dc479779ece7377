#include <errno.h>

#include "lib/stir/bundle.h"
#include "tests/unit/test.h"
#include "tests/unit/vectors.h"

#define INFO ";info=<https://c.example/1>"

static void body_gives(struct sv body, const char *joined)
{
	struct bundle b = {0};
	BUF_AUTO struct buf out = BUF(10000);

	CHECK_INT(0, bundle_add_body(&b, body, VIA_OUT_OF_BAND, NULL));
	CHECK_INT(0, bundle_body(&b, &out));
	CHECK_SV(joined, buf_sv(&out));
	for (size_t i = 0; i < b.n; i++)
		CHECK_INT(VIA_OUT_OF_BAND, b.v[i].via);
	bundle_clear(&b);
	CHECK_INT(0, b.n);
}

/* 5.4: 487 octets, no newline after the token */
/* proves: CPS-16 */
TEST(example_of_clause_5_4)
{
	body_gives(SV(EXAMPLE_BODY), EXAMPLE_BODY);
	CHECK_INT(487, strlen(EXAMPLE_BODY));
}

/* proves: CPS-03 */
TEST(two_tokens_one_newline)
{
	body_gives(SV("a.b.c\nd.e.f"), "a.b.c\nd.e.f");
}

TEST(newline_at_the_end)
{
	body_gives(SV("a.b.c\n"), "a.b.c");
	body_gives(SV("a.b.c\nd.e.f\r\n"), "a.b.c\nd.e.f");
}

TEST(crlf)
{
	body_gives(SV("a.b.c\r\nd.e.f"), "a.b.c\nd.e.f");
}

TEST(blank_lines_are_passed_over)
{
	body_gives(SV("\n\r\na.b.c\n\n \t\nd.e.f\n\n"), "a.b.c\nd.e.f");
}

TEST(blanks_around_a_token)
{
	body_gives(SV("  a.b.c\t\nd.e.f "), "a.b.c\nd.e.f");
}

static void body_empty(struct sv body)
{
	struct bundle b = {0};
	struct fault f = {0};

	CHECK_INT(EBADMSG, bundle_add_body(&b, body, VIA_OUT_OF_BAND, &f));
	CHECK_INT(REASON_BODY_EMPTY, f.reason);
	CHECK_INT(0, b.n);
}

TEST(empty_body)
{
	body_empty(SV(""));
	body_empty((struct sv){NULL, 0});
	body_empty(SV("\n"));
	body_empty(SV(" \r\n\t\n"));
}

TEST(as_many_as_fit)
{
	BUF_AUTO struct buf body = BUF(1000);
	struct bundle b = {0};

	for (int i = 0; i < BUNDLE_MAX; i++)
		(void)buf_printf(&body, "t%d\n", i);
	CHECK_INT(0, bundle_add_body(&b, buf_sv(&body), VIA_OUT_OF_BAND, NULL));
	CHECK_INT(BUNDLE_MAX, b.n);
	CHECK_SV("t0", b.v[0].id.token);
	CHECK_SV("t15", b.v[15].id.token);
	CHECK_INT(ENOSPC, bundle_add_token(&b, SV("x"), VIA_IN_BAND));
	CHECK_INT(ENOSPC, bundle_add_identity(&b, SV("a.b.c" INFO), NULL));
	bundle_clear(&b);
}

TEST(one_too_many_leaves_it_as_before)
{
	BUF_AUTO struct buf body = BUF(1000);
	struct bundle b = {0};
	struct fault f = {0};

	CHECK_INT(0, bundle_add_token(&b, SV("first"), VIA_IN_BAND));
	for (int i = 0; i < BUNDLE_MAX; i++)
		(void)buf_printf(&body, "t%d\n", i);
	CHECK_INT(EBADMSG, bundle_add_body(&b, buf_sv(&body), VIA_OUT_OF_BAND, &f));
	CHECK_INT(REASON_TOO_MANY, f.reason);
	CHECK_STR("at most 16 PASSporTs", f.want);
	CHECK_INT(1, b.n);
	CHECK_SV("first", b.v[0].id.token);
	bundle_clear(&b);
}

TEST(text_is_copied)
{
	struct bundle b = {0};
	char text[] = "a.b.c" INFO ";alg=ES256";

	CHECK_INT(0, bundle_add_identity(&b, sv_from(text), NULL));
	memset(text, 'X', sizeof(text) - 1);
	CHECK_SV("a.b.c", b.v[0].id.token);
	CHECK_SV("https://c.example/1", b.v[0].id.info);
	CHECK_SV("ES256", b.v[0].id.alg);
	CHECK(!b.v[0].id.ppt.p);
	CHECK_INT(VIA_IN_BAND, b.v[0].via);
	bundle_clear(&b);
}

TEST(identity_with_several_values)
{
	struct bundle b = {0};

	CHECK_INT(0, bundle_add_identity(&b, SV("a.b.c" INFO ", d.e.f" INFO ";ppt=div"), NULL));
	CHECK_INT(2, b.n);
	CHECK_STR("a.b.c" INFO, b.v[0].text);
	CHECK_SV("d.e.f", b.v[1].id.token);
	CHECK_SV("div", b.v[1].id.ppt);
	bundle_clear(&b);
}

/* RFC 8224 6.2.1 */
TEST(bad_identity_does_not_spoil_the_others)
{
	struct bundle b = {0};
	struct fault f = {0};

	CHECK_INT(EBADMSG, bundle_add_identity(&b, SV("a.b.c" INFO ",d.e.f,;,g.h.i" INFO), &f));
	CHECK_INT(REASON_INFO_MISSING, f.reason);
	CHECK_INT(2, b.n);
	CHECK_SV("g.h.i", b.v[1].id.token);
	bundle_clear(&b);
}

TEST(empty_identity)
{
	struct bundle b = {0};
	struct fault f = {0};

	CHECK_INT(EBADMSG, bundle_add_identity(&b, SV("  "), &f));
	CHECK_INT(REASON_IDENTITY_FORM, f.reason);
	CHECK_INT(0, b.n);
}

TEST(bad_identity_without_a_fault_to_fill)
{
	struct bundle b = {0};

	CHECK_INT(EBADMSG, bundle_add_identity(&b, SV("a.b.c"), NULL));
}

TEST(body_of_an_empty_bundle_is_empty)
{
	struct bundle b = {0};
	BUF_AUTO struct buf out = BUF(10);

	CHECK_INT(0, bundle_body(&b, &out));
	CHECK_INT(0, out.l);
}

/* proves: AS-12 */
TEST(body_of_in_band_items_has_the_tokens_alone)
{
	struct bundle b = {0};
	BUF_AUTO struct buf out = BUF(100);

	CHECK_INT(0, bundle_add_identity(&b, SV("a.b.c" INFO), NULL));
	CHECK_INT(0, bundle_add_token(&b, SV("d.e.f\n"), VIA_OUT_OF_BAND));
	CHECK_INT(0, bundle_body(&b, &out));
	CHECK_SV("a.b.c\nd.e.f", buf_sv(&out));
	bundle_clear(&b);
}

TEST_MAIN(CASE(example_of_clause_5_4), CASE(two_tokens_one_newline), CASE(newline_at_the_end),
	  CASE(crlf), CASE(blank_lines_are_passed_over), CASE(blanks_around_a_token),
	  CASE(empty_body), CASE(as_many_as_fit), CASE(one_too_many_leaves_it_as_before),
	  CASE(text_is_copied), CASE(identity_with_several_values),
	  CASE(bad_identity_does_not_spoil_the_others), CASE(empty_identity),
	  CASE(bad_identity_without_a_fault_to_fill), CASE(body_of_an_empty_bundle_is_empty),
	  CASE(body_of_in_band_items_has_the_tokens_alone))
