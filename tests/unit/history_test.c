#include <errno.h>

#include "lib/net/history.h"
#include "tests/unit/test.h"

#define A "sip:+12013776051@a.example;user=phone"
#define B "sip:+19032469103@b.example;user=phone"
#define C "sip:+12155551212@c.example;user=phone"

static struct history read_all(const char *value)
{
	struct history h = {0};

	CHECK_INT(0, history_add(&h, sv_from(value)));
	return h;
}

static void refused(int err, const char *value)
{
	struct history h = {0};

	CHECK_INT(err, history_add(&h, sv_from(value)));
}

TEST(one_entry)
{
	struct history h =
		read_all("\"Bob, \\\"<B>\\\"\" <" B ";cause=302>;index=1.12;mp=1;foo=\"a,b\"");

	CHECK_INT(1, h.n);
	CHECK_SV(B ";cause=302", h.v[0].uri);
	CHECK_SV("1.12", h.v[0].index);
	CHECK_SV("1", h.v[0].mp);
	CHECK_INT(302, h.v[0].cause);
	CHECK_STR("19032469103", h.v[0].tn.s);
}

TEST(several_entries_in_a_value)
{
	struct history h = read_all("<" A "> ; index = 1 , <" B "?Reason=a%2Cb>;INDEX=1.1;rc=1,<" C
				    ">;index=1.1.1");

	CHECK_INT(3, h.n);
	CHECK_SV("1.1", h.v[1].index);
	CHECK_SV("", h.v[1].mp);
	CHECK_STR("12155551212", h.v[2].tn.s);
}

TEST(several_values)
{
	struct history h = read_all("<" A ">;index=1");

	CHECK_INT(0, history_add(&h, SV("<" B ";cause=486>;index=1.1;mp=1")));
	CHECK_INT(2, h.n);
	CHECK_INT(HISTORY_BUSY, h.v[1].cause);
}

TEST(no_number)
{
	struct history h = read_all("<sip:jane@a.example>;index=1");

	CHECK_STR("", h.v[0].tn.s);
}

TEST(bad_form)
{
	refused(EBADMSG, A ";index=1");
	refused(EBADMSG, "<" A ">");
	refused(EBADMSG, "<" A ">;index=");
	refused(EBADMSG, "<" A ">;index=1.");
	refused(EBADMSG, "<" A ">;index=1..1");
	refused(EBADMSG, "<" A ">;index=.1");
	refused(EBADMSG, "<" A ">;index=1.x");
	refused(EBADMSG, "<" A ">;index=1;mp=x");
	refused(EBADMSG, "<" A ";index=1");
	refused(EBADMSG, "<>;index=1");
	refused(EBADMSG, "<" A "> index=1");
	refused(EBADMSG, "\"<" A ">;index=1");
	refused(EBADMSG, "<" A ">;index=1,,<" B ">;index=1.1");
}

TEST(cause_out_of_range_is_none)
{
	struct history h = read_all("<" A ";cause=700>;index=1,<" A ";cause=x>;index=1.1");

	CHECK_INT(0, h.v[0].cause);
	CHECK_INT(0, h.v[1].cause);
}

TEST(too_many)
{
	struct history h = {0};

	for (unsigned i = 0; i < HISTORY_MAX; i++)
		CHECK_INT(0, history_add(&h, SV("<" A ">;index=1")));
	CHECK_INT(E2BIG, history_add(&h, SV("<" A ">;index=1")));
	CHECK_INT(HISTORY_MAX, h.n);
}

TEST(diversions_by_mp)
{
	struct history h = read_all("<" A ">;index=1,<" B ";cause=302>;index=1.1;mp=1,<" B
				    ">;index=1.1.1;rc=1.1,<" C ";cause=486>;index=1.2;mp=1.1.1");
	struct history_diversion d[HISTORY_MAX];

	CHECK_INT(2, history_diversions(&h, d));
	CHECK_STR("12013776051", d[0].from->tn.s);
	CHECK_STR("19032469103", d[0].to->tn.s);
	CHECK_INT(302, d[0].cause);
	CHECK_SV("1.1.1", d[1].from->index);
	CHECK_STR("12155551212", d[1].to->tn.s);
	CHECK_INT(486, d[1].cause);
}

TEST(diversion_by_cause_alone)
{
	struct history h = read_all("<" A ";cause=302>;index=1,<" B ";cause=408>;index=1.1");
	struct history_diversion d[HISTORY_MAX];

	CHECK_INT(1, history_diversions(&h, d));
	CHECK_STR("12013776051", d[0].from->tn.s);
	CHECK_INT(HISTORY_NO_ANSWER, d[0].cause);
}

TEST(diversion_from_nowhere_or_itself)
{
	struct history h = read_all("<" A ">;index=1;mp=3,<" B ">;index=2;mp=2");
	struct history_diversion d[HISTORY_MAX];

	CHECK_INT(0, history_diversions(&h, d));
}

static void diverts(const char *before, const char *index, const char *lines)
{
	struct history h = {0};
	BUF_AUTO struct buf b = BUF(4096);
	char got[HISTORY_INDEX_MAX];

	CHECK_INT(0, history_add(&h, sv_from(before)));
	CHECK_INT(0, history_divert(&b, &h, SV(A), SV(B), 302, got));
	CHECK_STR(index, got);
	CHECK_STR(lines, b.p);
}

TEST(divert_first)
{
	diverts("", "1.1",
		"History-Info: <" A ">;index=1\r\nHistory-Info: <" B
		";cause=302>;index=1.1;mp=1\r\n");
}

TEST(divert_what_is_last)
{
	diverts("<" C ">;index=1,<sip:+12013776051@elsewhere>;index=1.1;mp=1", "1.1.1",
		"History-Info: <" B ";cause=302>;index=1.1.1;mp=1.1\r\n");
}

TEST(divert_what_is_missing)
{
	diverts("<" C ">;index=1.2", "1.2.0.1.1",
		"History-Info: <" A ">;index=1.2.0.1\r\n"
		"History-Info: <" B ";cause=302>;index=1.2.0.1.1;mp=1.2.0.1\r\n");
}

TEST(divert_without_room)
{
	struct history h = {0};
	BUF_AUTO struct buf b = BUF(4096);
	char index[HISTORY_INDEX_MAX], text[256];

	memset(index, '1', sizeof(index) - 1);
	index[sizeof(index) - 1] = '\0';
	(void)snprintf(text, sizeof(text), "<" A ">;index=%s", index);
	CHECK_INT(0, history_add(&h, sv_from(text)));
	CHECK_INT(EMSGSIZE, history_divert(&b, &h, SV(A), SV(B), 302, index));
}

TEST(print_without_cause_and_mp)
{
	BUF_AUTO struct buf b = BUF(4096);

	history_print(&b, SV(A), 0, "1", "");
	CHECK_STR("History-Info: <" A ">;index=1\r\n", b.p);
}

TEST_MAIN(CASE(one_entry), CASE(several_entries_in_a_value), CASE(several_values), CASE(no_number),
	  CASE(bad_form), CASE(cause_out_of_range_is_none), CASE(too_many), CASE(diversions_by_mp),
	  CASE(diversion_by_cause_alone), CASE(diversion_from_nowhere_or_itself),
	  CASE(divert_first), CASE(divert_what_is_last), CASE(divert_what_is_missing),
	  CASE(divert_without_room), CASE(print_without_cause_and_mp))
