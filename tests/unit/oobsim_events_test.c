/* How oobsim reads traces and judges their order: its sources are taken in, since they are part of a program. */
#include "sim/oobsim/event_call.c"
#include "sim/oobsim/event_msg.c"
#include "sim/oobsim/event_read.c"
#include "sim/oobsim/events.c"
#include "sim/oobsim/judge_order.c"
#include "sim/oobsim/pattern.c"
#include "sim/oobsim/steps.c"
#include "tests/unit/test.h"

DEFINE_AUTO(struct events, events_free)

/* needed by judge_order.c, and otherwise in expect.c */
void outcome_add(struct outcome *o, size_t event)
{
	if (event != SIZE_MAX && o->n < EVIDENCE_MAX)
		o->evidence[o->n++] = event;
}

static struct events *begin(void)
{
	struct events *evs = NULL;
	static const char *const names[][2] = {
		{"127.9.1.2", "osp.phone"}, {"127.9.1.1", "osp.switch"},
		{"127.9.1.3", "osp.as"},    {"127.9.1.4", "osp.gw"},
		{"127.9.2.4", "tsp.gw"},    {"127.9.2.1", "tsp.switch"},
		{"127.9.2.5", "tsp.vs"},    {"127.9.2.6", "tsp.cps"},
		{"127.9.2.2", "tsp.phone"},
	};

	CHECK_INT(0, events_alloc(&evs));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		CHECK_INT(0, events_name(evs, names[i][0], names[i][1]));
	return evs;
}

static void add(struct events *evs, const char *line)
{
	struct err e = {""};

	CHECK_INT(0, events_add(evs, sv_from(line), &e));
	CHECK_STR("", e.s);
}

static void refused(const char *line, const char *says)
{
	AUTO(events_free) struct events *evs = begin();
	struct err e = {""};

	CHECK_INT(EBADMSG, events_add(evs, sv_from(line), &e));
	CHECK(strstr(e.s, says));
	CHECK_INT(0, events_count(evs));
}

#define INVITE(t, at, dir, src, dst, id)                                                           \
	"{\"t\":" #t ",\"at\":\"" at "\",\"kind\":\"sip\",\"dir\":\"" dir "\",\"src\":\"" src      \
	":5060\",\"dst\":\"" dst ":5060\",\"raw\":\"INVITE sip:+19032469103@x SIP/2.0\\r\\nFrom: " \
	"<sip:+12013776051@x>\\r\\nTo: <sip:+19032469103@x>\\r\\nCall-ID: " id                     \
	"\\r\\nCSeq: 1 INVITE\\r\\n\\r\\n\"}"
#define NOTE(t, at, what)                                                    \
	"{\"t\":" #t ",\"at\":\"" at "\",\"kind\":\"note\",\"what\":\"" what \
	"\",\"orig\":\"12013776051\",\"dest\":\"19032469103\"}"
#define RESPONSE(t, src, dst, id, first, cseq)                                           \
	"{\"t\":" #t ",\"at\":\"x\",\"kind\":\"sip\",\"dir\":\"tx\",\"src\":\"" src      \
	":5060\",\"dst\":\"" dst ":5060\",\"raw\":\"SIP/2.0 " first "\\r\\nCall-ID: " id \
	"\\r\\nCSeq: " cseq "\\r\\n\\r\\n\"}"

TEST(line_that_is_no_object)
{
	refused("", "JSON object");
	refused("[1]", "JSON object");
	refused("{\"t\":1,\"at\":\"x\"", "JSON object");
	refused("{\"t\":1,\"at\":\"x", "JSON object");
	refused("{\"t\" 1}", "JSON object");
}

TEST(line_that_lacks_a_member)
{
	refused("{\"at\":\"x\",\"kind\":\"note\",\"what\":\"a.b\"}", "\"t\"");
	refused("{\"t\":-1,\"at\":\"x\",\"kind\":\"note\",\"what\":\"a.b\"}", "\"t\"");
	refused("{\"t\":1,\"kind\":\"note\",\"what\":\"a.b\"}", "\"at\"");
	refused("{\"t\":1,\"at\":\"x\",\"what\":\"a.b\"}", "\"kind\"");
	refused("{\"t\":1,\"at\":\"x\",\"kind\":\"smoke\"}", "smoke");
	refused("{\"t\":1,\"at\":\"x\",\"kind\":\"note\"}", "\"what\"");
	refused("{\"t\":1,\"at\":\"x\",\"kind\":\"sip\",\"src\":\"a:1\",\"dst\":\"b:1\",\"raw\":"
		"\"\"}",
		"\"dir\"");
	refused("{\"t\":1,\"at\":\"x\",\"kind\":\"sip\",\"dir\":\"rx\",\"dst\":\"b:1\",\"raw\":"
		"\"\"}",
		"\"src\"");
	refused("{\"t\":1,\"at\":\"x\",\"kind\":\"sip\",\"dir\":\"rx\",\"src\":\"a:1\",\"dst\":\"b:"
		"1\"}",
		"\"raw\"");
}

TEST(members_in_any_order_and_unknown_ones)
{
	AUTO(events_free) struct events *evs = begin();

	add(evs, " { \"what\" : \"a.b\", \"more\":{\"deep\":[\"}\",{}]}, \"kind\":\"note\" , "
		 "\"at\":\"x\", \"t\": 7 } ");
	CHECK_INT(7, events_at(evs, 0)->t_us);
	CHECK_STR("a.b", events_at(evs, 0)->what);
	CHECK_STR("x", events_at(evs, 0)->at);
}

TEST(names_of_addresses)
{
	AUTO(events_free) struct events *evs = begin();

	add(evs, INVITE(1, "osp.switch", "rx", "127.9.1.2", "127.9.1.1", "a"));
	add(evs, INVITE(1, "x", "rx", "192.0.2.1", "127.9.1.1", "b"));
	CHECK_STR("osp.phone", events_at(evs, 0)->from);
	CHECK_STR("osp.switch", events_at(evs, 0)->to);
	CHECK_STR("192.0.2.1", events_at(evs, 1)->from);
}

TEST(names_are_learned_from_the_trace)
{
	AUTO(events_free) struct events *evs = begin();

	add(evs, "{\"t\":1,\"at\":\"oobsim\",\"kind\":\"note\",\"what\":\"world.element\",\"data\":"
		 "{\"name\":\"q.as\",\"addr\":\"192.0.2.1\"}}");
	add(evs, INVITE(1, "x", "rx", "192.0.2.1", "127.9.1.1", "b"));
	CHECK_STR("q.as", events_at(evs, 1)->from);
}

TEST(call_of_sip_by_its_numbers_and_then_by_call_id)
{
	AUTO(events_free) struct events *evs = begin();
	const struct event *bye;

	add(evs, INVITE(1, "osp.switch", "rx", "127.9.1.2", "127.9.1.1", "one"));
	/* a BYE from the called side has From and To the other way round */
	add(evs, "{\"t\":2,\"at\":\"osp.switch\",\"kind\":\"sip\",\"dir\":\"tx\",\"src\":\"127.9.1."
		 "1:5060\",\"dst\":\"127.9.1.2:5060\","
		 "\"raw\":\"BYE sip:x SIP/2.0\\r\\nf: <sip:+19032469103@x>\\r\\nt: "
		 "<sip:+12013776051@x>\\r\\ni: one\\r\\nCSeq: 1 BYE\\r\\n\\r\\n\"}");
	add(evs, RESPONSE(3, "127.9.1.2", "127.9.1.1", "one", "200 OK", "1 BYE"));
	add(evs, RESPONSE(4, "127.9.1.2", "127.9.1.1", "another", "200 OK", "1 BYE"));
	bye = events_at(evs, 2);
	CHECK_INT(1, events_calls(evs));
	CHECK_INT(0, events_at(evs, 1)->call);
	CHECK_INT(0, bye->call);
	CHECK_STR("BYE", bye->what);
	CHECK_INT(200, bye->status);
	CHECK(events_at(evs, 3)->call == EVENT_NO_CALL);
	CHECK_STR("12013776051", events_call(evs, 0)->orig.s);
	CHECK_STR("19032469103", events_call(evs, 0)->dest.s);
}

TEST(call_of_https_by_query_and_its_response_by_connection)
{
	AUTO(events_free) struct events *evs = begin();

	add(evs, "{\"t\":1,\"at\":\"tsp.vs\",\"kind\":\"https\",\"dir\":\"tx\",\"conn\":5,\"src\":"
		 "\"127.9.2.5:1\",\"dst\":\"127.9.2.6:8444\","
		 "\"raw\":\"PUT /calls/x?orig=12013776051&dest=19032469103&wait_ms=5 "
		 "HTTP/1.1\\r\\n\\r\\n\"}");
	add(evs, "{\"t\":2,\"at\":\"tsp.vs\",\"kind\":\"https\",\"dir\":\"rx\",\"conn\":5,\"src\":"
		 "\"127.9.2.6:8444\",\"dst\":\"127.9.2.5:1\","
		 "\"raw\":\"HTTP/1.1 204 No Content\\r\\n\\r\\n\"}");
	add(evs, "{\"t\":3,\"at\":\"tsp.vs\",\"kind\":\"https\",\"dir\":\"rx\",\"conn\":6,\"src\":"
		 "\"127.9.2.6:8444\",\"dst\":\"127.9.2.5:1\","
		 "\"raw\":\"HTTP/1.1 204 No Content\\r\\n\\r\\n\"}");
	CHECK_INT(0, events_at(evs, 1)->call);
	CHECK_INT(204, events_at(evs, 1)->status);
	CHECK_STR("PUT", events_at(evs, 1)->what);
	CHECK(events_at(evs, 2)->call == EVENT_NO_CALL);
}

/* M3UA DATA with the IAM of 2013776051 to 9032469103 on circuit 100, and a REL on it */
#define IAM                                                        \
	"01000101000000380210003000010101000202020502000064000100" \
	"60010a03060d038090a207031009236419300a070313023177061500"
#define IAM_LINE(t)                                                                             \
	"{\"t\":" #t ",\"at\":\"osp.gw\",\"kind\":\"isup\",\"dir\":\"tx\",\"src\":\"127.9.1.4:" \
	"2905\",\"dst\":\"127.9.2.4:2905\",\"hex\":\"" IAM "\"}"

TEST(call_of_isup_by_the_iam_and_then_by_circuit)
{
	AUTO(events_free) struct events *evs = begin();
	struct sv user;

	add(evs, IAM_LINE(1));
	CHECK_STR("IAM", events_at(evs, 0)->what);
	CHECK_INT(1, events_calls(evs));
	CHECK_STR("19032469103", events_call(evs, events_at(evs, 0)->call)->dest.s);
	user = event_isup(events_at(evs, 0));
	CHECK(user.l > 3 && user.p[0] == 0x64 && user.p[2] == 1);
	/* ACM, from the other side */
	add(evs, "{\"t\":2,\"at\":\"osp.gw\",\"kind\":\"isup\",\"dir\":\"rx\",\"src\":\"127.9.2.4:"
		 "2905\",\"dst\":\"127.9.1.4:2905\",\"hex\":"
		 "\"010001010000002002100016000202020001010105020000640006160400"
		 "0000\"}");
	CHECK_STR("ACM", events_at(evs, 1)->what);
	CHECK_INT((long long)events_at(evs, 0)->call, (long long)events_at(evs, 1)->call);
}

TEST(octets_with_their_escapes_undone)
{
	AUTO(events_free) struct events *evs = begin();

	add(evs,
	    "{\"t\":1,\"at\":\"x\",\"kind\":\"sip\",\"dir\":\"rx\",\"src\":\"a:1\",\"dst\":\"b:1\","
	    "\"raw\":\"X \\\"q\\\\\\/\\b\\f\\n\\r\\t\\u0001\\u00e9\\u20ac\\ud83d\\ude00\"}");
	CHECK_SV("X \"q\\/\b\f\n\r\t\x01\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
		 event_octets(events_at(evs, 0)));
	/* asked again, it is the same memory */
	CHECK(event_octets(events_at(evs, 0)).p == event_octets(events_at(evs, 0)).p);
}

TEST(headers_and_body)
{
	AUTO(events_free) struct events *evs = begin();
	struct sv v;

	add(evs, "{\"t\":1,\"at\":\"x\",\"kind\":\"sip\",\"dir\":\"rx\",\"src\":\"a:1\",\"dst\":"
		 "\"b:1\",\"raw\":\"OPTIONS sip:x SIP/2.0\\r\\n"
		 "Via: one\\r\\nSubject: a\\r\\n b\\r\\nIDENTITY : t1;info=<x>\\r\\ny: "
		 "t2;info=<x>\\r\\n\\r\\nbody\\r\\nVia: two\"}");
	CHECK(event_header(events_at(evs, 0), "via", 0, &v));
	CHECK_SV("one", v);
	CHECK(!event_header(events_at(evs, 0), "Via", 1, &v));
	CHECK(event_header(events_at(evs, 0), "Subject", 0, &v));
	CHECK_SV("a\r\n b", v);
	CHECK_INT(2, event_headers(events_at(evs, 0), "Identity"));
	CHECK(event_token(events_at(evs, 0), 0, &v));
	CHECK_SV("t1", v);
	CHECK(event_token(events_at(evs, 0), 1, &v));
	CHECK_SV("t2", v);
	CHECK(!event_token(events_at(evs, 0), 2, &v));
	CHECK_SV("body\r\nVia: two", event_body(events_at(evs, 0)));
}

TEST(tokens_of_a_body)
{
	AUTO(events_free) struct events *evs = begin();
	struct sv v;

	add(evs, "{\"t\":1,\"at\":\"x\",\"kind\":\"https\",\"dir\":\"rx\",\"src\":\"a:1\",\"dst\":"
		 "\"b:1\",\"raw\":\"POST / HTTP/1.1\\r\\n"
		 "content-type: application/passport\\r\\n\\r\\na.b.c\\r\\n\\nd.e.f\\n\"}");
	CHECK(event_token(events_at(evs, 0), 0, &v));
	CHECK_SV("a.b.c", v);
	CHECK(event_token(events_at(evs, 0), 1, &v));
	CHECK_SV("d.e.f", v);
	CHECK(!event_token(events_at(evs, 0), 2, &v));
}

TEST(facts_of_a_note)
{
	AUTO(events_free) struct events *evs = begin();
	char text[16];

	add(evs, "{\"t\":1,\"at\":\"x\",\"kind\":\"note\",\"what\":\"a.b\",\"data\":{\"s\":\"y}\","
		 "\"n\":-3,\"b\":true,\"o\":{}}}");
	CHECK(event_fact(events_at(evs, 0), "s", text, sizeof(text)));
	CHECK_STR("y}", text);
	CHECK(event_fact(events_at(evs, 0), "n", text, sizeof(text)));
	CHECK_STR("-3", text);
	CHECK(event_fact(events_at(evs, 0), "b", text, sizeof(text)));
	CHECK_STR("true", text);
	CHECK(!event_fact(events_at(evs, 0), "o", text, sizeof(text)));
	CHECK(!event_fact(events_at(evs, 0), "none", text, sizeof(text)));
}

TEST(sorted_by_time_and_linked_by_call)
{
	AUTO(events_free) struct events *evs = begin();
	size_t i;

	add(evs, NOTE(30, "osp.as", "as.c"));
	add(evs, NOTE(10, "osp.as", "as.a"));
	add(evs, "{\"t\":20,\"at\":\"x\",\"kind\":\"note\",\"what\":\"nobody.s\"}");
	add(evs, NOTE(20, "osp.as", "as.b"));
	CHECK_INT(0, events_sort(evs));
	i = events_call(evs, 0)->first;
	CHECK_STR("as.a", events_at(evs, i)->what);
	i = events_next(evs, i);
	CHECK_STR("as.b", events_at(evs, i)->what);
	i = events_next(evs, i);
	CHECK_STR("as.c", events_at(evs, i)->what);
	CHECK_INT(4, (long long)events_next(evs, i));
	CHECK_INT(3, (long long)events_call(evs, 0)->n);
}

TEST(both_ends_of_a_message_are_twins)
{
	AUTO(events_free) struct events *evs = begin();

	add(evs, INVITE(2, "osp.as", "rx", "127.9.1.1", "127.9.1.3", "a"));
	add(evs, INVITE(1, "osp.switch", "tx", "127.9.1.1", "127.9.1.3", "a"));
	add(evs, INVITE(3, "osp.switch", "tx", "127.9.1.1", "127.9.1.4", "b"));
	CHECK_INT(0, events_sort(evs));
	CHECK_INT(1, (long long)events_at(evs, 0)->twin);
	CHECK_INT(0, (long long)events_at(evs, 1)->twin);
	CHECK(events_at(evs, 2)->twin == EVENT_NO_TWIN);
}

TEST(patterns)
{
	struct pattern p;

	CHECK(!pattern_read(&p, SV("osp.as -> tsp.cps POST")));
	CHECK_STR("osp.as", p.from);
	CHECK_STR("tsp.cps", p.to);
	CHECK_STR("POST", p.what);
	CHECK(!pattern_read(&p, SV("  tsp.cps  ->  osp.as  201 ")));
	CHECK_INT(201, p.status);
	CHECK_STR("", p.what);
	CHECK(!pattern_read(&p, SV("a -> b 200 BYE")));
	CHECK_STR("BYE", p.what);
	CHECK(!pattern_read(&p, SV("osp.as as.answered")));
	CHECK_STR("", p.to);
	CHECK(pattern_read(&p, SV("")));
	CHECK(pattern_read(&p, SV("osp.as")));
	CHECK(pattern_read(&p, SV("osp.as answered")));
	CHECK(pattern_read(&p, SV("osp.as ->")));
	CHECK(pattern_read(&p, SV("osp.as -> tsp.cps")));
	CHECK(pattern_read(&p, SV("osp.as -> tsp.cps POST now")));
	CHECK(pattern_read(&p, SV("osp.as > tsp.cps POST")));
}

/* The eleven steps of one call; `late` of them happens at another time, `missing` does not (0: none) */
static void add_steps(struct events *evs, int late, unsigned late_t, int missing)
{
	static const char *const ends[][2] = {
		{"127.9.1.2", "127.9.1.1"}, {"127.9.1.1", "127.9.1.3"}, {"127.9.1.3", "127.9.2.6"},
		{"127.9.1.3", "127.9.1.1"}, {"127.9.1.1", "127.9.1.4"}, {"127.9.2.6", "127.9.1.3"},
		{"127.9.1.4", "127.9.2.4"}, {"127.9.2.4", "127.9.2.1"}, {"127.9.2.1", "127.9.2.5"},
		{"127.9.2.5", "127.9.2.6"}, {"127.9.2.6", "127.9.2.5"}, {"127.9.2.5", "127.9.2.1"},
		{"127.9.2.1", "127.9.2.2"},
	};
	static const char *const raws[] = {
		[2] = "POST /?orig=12013776051&dest=19032469103 HTTP/1.1",
		[3] = "SIP/2.0 302 Moved",
		[5] = "HTTP/1.1 201 Created",
		[9] = "PUT /?orig=12013776051&dest=19032469103 HTTP/1.1",
		[10] = "HTTP/1.1 200 OK",
		[11] = "SIP/2.0 302 Moved",
	};

	for (int i = 0; i < 13; i++) {
		const bool https = i == 2 || i == 5 || i == 9 || i == 10;
		unsigned t = i + 1 == late ? late_t : 100u * (unsigned)(i + 1);
		char line[1024], raw[512];

		if (i + 1 == missing)
			continue;
		if (i == 6) {
			(void)snprintf(line, sizeof(line), "{\"t\":%u,%s", t,
				       strstr(IAM_LINE(1), "\"at\""));
			add(evs, line);
			continue;
		}
		(void)snprintf(raw, sizeof(raw),
			       "%s\\r\\nFrom: <sip:+12013776051@x>\\r\\nCall-ID: id%d\\r\\nCSeq: 1 "
			       "INVITE\\r\\n\\r\\n",
			       raws[i < 12 ? i : 0] ? raws[i] : "INVITE sip:+19032469103@x SIP/2.0",
			       i == 3    ? 1
			       : i == 11 ? 8
					 : i);
		(void)snprintf(line, sizeof(line),
			       "{\"t\":%u,\"at\":\"x\",\"kind\":\"%s\",\"dir\":\"tx\",\"conn\":%d,"
			       "\"src\":\"%s:1\",\"dst\":\"%s:1\",\"raw\":\"%s\"}",
			       t, https ? "https" : "sip", i < 6 ? 1 : 2, ends[i][0], ends[i][1],
			       raw);
		add(evs, line);
	}
	CHECK_INT(0, events_sort(evs));
}

static enum outcome_state steps_of(int late, unsigned late_t, int missing, const char *says)
{
	AUTO(events_free) struct events *evs = begin();
	struct outcome o = {.actual = BUF(ACTUAL_MAX)};
	struct scn_expect x = {.steps = NULL};

	add_steps(evs, late, late_t, missing);
	CHECK_INT(1, (long long)events_calls(evs));
	judge_steps(&x, evs, 0, &o);
	CHECK(strstr(o.actual.p ? o.actual.p : "", says));
	if (o.actual.p && !strstr(o.actual.p, says))
		(void)printf("  came: %s\n", o.actual.p);
	buf_free(&o.actual);
	return o.state;
}

TEST(steps_in_their_order)
{
	CHECK_INT(OUTCOME_HOLDS, steps_of(0, 0, 0, "all of them"));
}

TEST(step_3_is_two_messages_in_any_order)
{
	/* the POST leaves after the 302, even after the INVITE that follows it */
	CHECK_INT(OUTCOME_HOLDS, steps_of(3, 450, 0, "all of them"));
	CHECK_INT(OUTCOME_HOLDS, steps_of(3, 550, 0, "all of them"));
}

TEST(step_5_whenever_it_comes_or_never)
{
	CHECK_INT(OUTCOME_HOLDS, steps_of(6, 310, 0, "all of them"));
	CHECK_INT(OUTCOME_HOLDS, steps_of(6, 5000, 0, "all of them"));
	CHECK_INT(OUTCOME_HOLDS_SO_FAR, steps_of(0, 0, 6, "step 5 is missing"));
	CHECK_INT(OUTCOME_BROKEN, steps_of(6, 250, 0, "step 5 comes before step 3 (POST)"));
}

TEST(each_other_step_must_be_there)
{
	for (int i = 1; i <= 13; i++)
		if (i != 6)
			CHECK_INT(OUTCOME_MISSING, steps_of(0, 0, i, "is missing"));
}

TEST(step_before_its_time)
{
	CHECK_INT(OUTCOME_BROKEN, steps_of(2, 50, 0, "step 2 comes before step 1"));
	CHECK_INT(OUTCOME_BROKEN, steps_of(5, 350, 0, "step 4 comes before step 3 (answer)"));
	CHECK_INT(OUTCOME_BROKEN, steps_of(7, 490, 0, "step 6 comes before step 4"));
	CHECK_INT(OUTCOME_BROKEN, steps_of(13, 1150, 0, "step 11 comes before step 10"));
}

TEST(message_left_no_later_than_it_arrived)
{
	AUTO(events_free) struct events *evs = begin();
	struct pattern p;
	struct seen s;

	/* the sender was slow to tell */
	add(evs, INVITE(5, "osp.switch", "tx", "127.9.1.1", "127.9.1.3", "a"));
	add(evs, INVITE(4, "osp.as", "rx", "127.9.1.1", "127.9.1.3", "a"));
	CHECK_INT(0, events_sort(evs));
	CHECK(!pattern_read(&p, SV("osp.switch -> osp.as INVITE")));
	CHECK(pattern_find(&p, evs, 0, &s));
	CHECK_INT(4, (long long)events_at(evs, seen_sent(evs, &s))->t_us);
	CHECK_STR("osp.as", events_at(evs, seen_got(&s))->at);
}

TEST(first_does_not_wait_for_then)
{
	AUTO(events_free) struct events *evs = begin();
	struct scn_expect x = {.first = (char[]){"osp.as as.answered"},
			       .then = (char[]){"osp.as as.published"}};
	struct outcome o = {.actual = BUF(ACTUAL_MAX)};

	add(evs, NOTE(10, "osp.switch", "switch.call"));
	CHECK_INT(0, events_sort(evs));
	judge_first(&x, evs, 0, &o);
	CHECK_INT(OUTCOME_MISSING, o.state);
	add(evs, NOTE(20, "osp.as", "as.answered"));
	CHECK_INT(0, events_sort(evs));
	judge_first(&x, evs, 0, &o);
	CHECK_INT(OUTCOME_HOLDS_SO_FAR, o.state);
	add(evs, NOTE(30, "osp.as", "as.published"));
	CHECK_INT(0, events_sort(evs));
	judge_first(&x, evs, 0, &o);
	CHECK_INT(OUTCOME_HOLDS, o.state);
	add(evs, NOTE(15, "osp.as", "as.published"));
	CHECK_INT(0, events_sort(evs));
	judge_first(&x, evs, 0, &o);
	CHECK_INT(OUTCOME_BROKEN, o.state);
	buf_free(&o.actual);
}

TEST_MAIN(CASE(line_that_is_no_object), CASE(line_that_lacks_a_member),
	  CASE(members_in_any_order_and_unknown_ones), CASE(names_of_addresses),
	  CASE(names_are_learned_from_the_trace),
	  CASE(call_of_sip_by_its_numbers_and_then_by_call_id),
	  CASE(call_of_https_by_query_and_its_response_by_connection),
	  CASE(call_of_isup_by_the_iam_and_then_by_circuit), CASE(octets_with_their_escapes_undone),
	  CASE(headers_and_body), CASE(tokens_of_a_body), CASE(facts_of_a_note),
	  CASE(sorted_by_time_and_linked_by_call), CASE(both_ends_of_a_message_are_twins),
	  CASE(patterns), CASE(steps_in_their_order), CASE(step_3_is_two_messages_in_any_order),
	  CASE(step_5_whenever_it_comes_or_never), CASE(each_other_step_must_be_there),
	  CASE(step_before_its_time), CASE(message_left_no_later_than_it_arrived),
	  CASE(first_does_not_wait_for_then))
