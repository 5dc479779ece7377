/* History-Info: entries, where each came from, what diverted. */
#include "lib/net/sip_history.h"
#include "tests/unit/test.h"

static struct sip_history parse(const char *value)
{
	struct sip_history h = {0};

	sip_history_add(&h, sv_from(value));
	return h;
}

TEST(entries_with_all_they_say)
{
	struct sip_history h =
		parse("<sip:+19032460000@a;user=phone>;index=1, "
		      "<sip:+19032460001@a;cause=486?Privacy=history>;index=1.1;mp=1");

	CHECK_INT(2, h.n);
	CHECK_STR("19032460000", h.v[0].tn.s);
	CHECK_SV("1", h.v[0].index);
	CHECK(!h.v[0].diverted && !h.v[0].restricted && !h.v[0].from.l);
	CHECK_STR("19032460001", h.v[1].tn.s);
	CHECK_SV("1.1", h.v[1].index);
	CHECK_SV("1", h.v[1].from);
	CHECK_INT(486, h.v[1].cause);
	CHECK(h.v[1].diverted && h.v[1].restricted);
}

TEST(who_is_diverted)
{
	CHECK(parse("<sip:+1903@a;cause=302>;index=1.1").v[0].diverted);
	CHECK(parse("<sip:+1903@a>;index=1.1;mp=1").v[0].diverted);
	CHECK(!parse("<sip:+1903@a>;index=1.1;rc=1").v[0].diverted);
	CHECK(!parse("<sip:+1903@a;cause=many>;index=1.1").v[0].diverted);
	CHECK(!parse("<sip:+1903@a>;index=1.1;cause=302").v[0].diverted); /* not of the URI */
	CHECK_INT(302, parse("<tel:+19032460000;cause=302>;index=1").v[0].cause);
}

TEST(commas_that_separate_nothing)
{
	CHECK_INT(1, parse("\"a, b\" <sip:+19032460000@a>;index=1").n);
	CHECK_INT(1, parse("\"a\\\", b\" <sip:+19032460000@a>;index=1").n);
	CHECK_INT(1, parse("<sip:+19032460000,1@a>;index=1").n);
	CHECK_INT(2, parse("<sip:a@b>;index=1,<sip:c@d>;index=1.1").n);
	CHECK_INT(2, parse(",, <sip:a@b>;index=1,\r\n <sip:c@d>;index=1.1,").n);
	CHECK_INT(1, parse("\"never closed, <sip:a@b>;index=1").n);
	CHECK_INT(1, parse("<sip:never@closed, <sip:a@b>").n);
	CHECK_INT(0, parse("").n);
	CHECK_INT(0, parse(" , ,\t").n);
}

TEST(targets_that_are_no_numbers)
{
	struct sip_history h = parse("<sip:alice@a>;index=1, nonsense, <>;index=1.2");

	CHECK_INT(3, h.n);
	for (size_t i = 0; i < h.n; i++)
		CHECK_STR("", h.v[i].tn.s);
}

TEST(which_entry_it_was_made_of)
{
	struct sip_history h =
		parse("<sip:a@a>;index=1,<sip:b@a>;index=1.1;mp=1,<sip:c@a>;index=1.2;rc=1,"
		      "<sip:d@a>;index=1.3,<sip:e@a>;index=1.4;mp=9,<sip:f@a>;index=1.5;mp=1.5");

	CHECK(!sip_history_from(&h, 0));
	CHECK(sip_history_from(&h, 1) == &h.v[0]);
	CHECK(sip_history_from(&h, 2) == &h.v[0]);
	CHECK(sip_history_from(&h, 3) == &h.v[2]); /* not told: the one before */
	CHECK(sip_history_from(&h, 4) == &h.v[3]); /* not there */
	CHECK(sip_history_from(&h, 5) == &h.v[4]); /* not itself */
}

TEST(more_entries_than_fit)
{
	struct sip_history h = {0};

	for (int i = 0; i < SIP_HISTORY_MAX; i++)
		sip_history_add(&h, SV("<sip:a@b>;index=1"));
	CHECK(!h.cut);
	sip_history_add(&h, SV("<sip:a@b>;index=1, <sip:a@b>;index=1.1"));
	CHECK(h.cut);
	CHECK_INT(SIP_HISTORY_MAX, h.n);
}

TEST_MAIN(CASE(entries_with_all_they_say), CASE(who_is_diverted),
	  CASE(commas_that_separate_nothing), CASE(targets_that_are_no_numbers),
	  CASE(which_entry_it_was_made_of), CASE(more_entries_than_fit))
