/* How oobsim judges a trace: order, steps, what messages carry. */
#include "sim/oobsim/scenario/judge_has.c"
#include "sim/oobsim/scenario/judge_message.c"
#include "sim/oobsim/scenario/judge_order.c"
#include "sim/oobsim/scenario/judge_steps.c"
#include "sim/oobsim/events/pattern.c"
#include "tests/unit/oobsim_trace.h"

/* needed by the sources above, and otherwise in expect.c */
void outcome_add(struct outcome *o, size_t event)
{
	if (event != SIZE_MAX && o->n < EVIDENCE_MAX)
		o->evidence[o->n++] = event;
}

void outcome_unseen(struct outcome *o, const char *what)
{
	(void)what;
	o->state = OUTCOME_UNSEEN;
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
	static const char *const sides[][2] = {
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
			       t, https ? "https" : "sip", i < 6 ? 1 : 2, sides[i][0], sides[i][1],
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

/* A message of the call from A to B with an Identity header; token "" for none */
static void add_carrier(struct events *evs, const char *src, const char *dst, const char *id,
			const char *token)
{
	char line[1024], header[512] = "";

	if (*token)
		(void)snprintf(header, sizeof(header), "Identity: %s;info=<https://x/y>\\r\\n",
			       token);
	(void)snprintf(line, sizeof(line),
		       "{\"t\":1,\"at\":\"x\",\"kind\":\"sip\",\"dir\":\"tx\",\"src\":\"%s:5060\","
		       "\"dst\":\"%s:5060\",\"raw\":"
		       "\"INVITE sip:+19032469103@x SIP/2.0\\r\\nFrom: "
		       "<sip:+12013776051@x>\\r\\nCall-ID: %s\\r\\n"
		       "CSeq: 1 INVITE\\r\\n%s\\r\\n\"}",
		       src, dst, id, header);
	add(evs, line);
}

/* Signature octets 00 01 02 … 23 */
#define TOKEN                                                \
	"eyJhIjoiYiJ9.eyJjIjoiZCJ9LCJtb3JlIjoiMTIzNDU2Nzg5." \
	"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIj"

static enum outcome_state same_token(const char *one, const char *two)
{
	AUTO(events_free) struct events *evs = begin();
	char *names[] = {(char[]){"osp.switch -> osp.as INVITE"},
			 (char[]){"osp.switch -> osp.gw INVITE"}};
	struct scn_expect x = {.same_token = {names, 2}};
	struct outcome o = {.actual = BUF(ACTUAL_MAX)};

	add_carrier(evs, "127.9.1.1", "127.9.1.3", "a", one);
	add_carrier(evs, "127.9.1.1", "127.9.1.4", "b", two);
	CHECK_INT(0, events_sort(evs));
	judge_same_token(&x, evs, 0, &o);
	buf_free(&o.actual);
	return o.state;
}

TEST(same_token_octet_for_octet)
{
	CHECK_INT(OUTCOME_HOLDS, same_token(TOKEN, TOKEN));
	CHECK_INT(OUTCOME_BROKEN, same_token(TOKEN, TOKEN "A"));
	CHECK_INT(OUTCOME_BROKEN, same_token("a.b.c", "a.b.d"));
	CHECK_INT(OUTCOME_BROKEN, same_token(TOKEN, ""));
	CHECK_INT(OUTCOME_BROKEN, same_token("", ""));
}

TEST(same_call_id_is_found)
{
	AUTO(events_free) struct events *evs = begin();
	char *names[] = {(char[]){"osp.switch -> osp.as INVITE"},
			 (char[]){"osp.switch -> osp.gw INVITE"}};
	struct scn_expect x = {.new_call_id = {names, 2}};
	struct outcome o = {.actual = BUF(ACTUAL_MAX)};

	add_carrier(evs, "127.9.1.1", "127.9.1.3", "a", "");
	add_carrier(evs, "127.9.1.1", "127.9.1.4", "b", "");
	CHECK_INT(0, events_sort(evs));
	judge_new_call_id(&x, evs, 0, &o);
	CHECK_INT(OUTCOME_HOLDS, o.state);
	names[1] = names[0];
	judge_new_call_id(&x, evs, 0, &o);
	CHECK_INT(OUTCOME_BROKEN, o.state);
	buf_free(&o.actual);
}

TEST(token_is_looked_for_in_the_octets)
{
	static const char octets[] =
		"\x64\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f";

	CHECK(!holds_token(SV(""), SV(TOKEN)));
	CHECK(!holds_token(SV("MTIzNDU"), SV(TOKEN)));
	CHECK(holds_token(SV("...MTIzNDU2Nzg5.AAECAwQFBgcI..."), SV(TOKEN)));
	/* the signature as octets; five alike are chance */
	CHECK(holds_token(SV(octets), SV(TOKEN)));
	CHECK(!holds_token((struct sv){octets, 6}, SV(TOKEN)));
}

TEST(message_without_a_trace_of_the_token)
{
	AUTO(events_free) struct events *evs = begin();
	struct scn_expect x = {.message = (char[]){"osp.gw -> tsp.gw IAM"},
			       .identity = IDENTITY_ABSENT};
	struct outcome o = {.actual = BUF(ACTUAL_MAX)};

	add_carrier(evs, "127.9.1.1", "127.9.1.4", "b", TOKEN);
	add(evs, IAM_LINE(1));
	CHECK_INT(0, events_sort(evs));
	judge_message(&x, evs, 0, &o);
	CHECK_INT(OUTCOME_HOLDS, o.state);
	x.message = (char[]){"osp.switch -> osp.gw INVITE"};
	judge_message(&x, evs, 0, &o);
	CHECK_INT(OUTCOME_BROKEN, o.state);
	buf_free(&o.actual);
}

/* A SIP message from one address to another, seen by its sender */
static void sip(struct events *evs, unsigned t, const char *src, const char *dst, const char *first,
		const char *more)
{
	char line[1024];

	(void)snprintf(line, sizeof(line),
		       "{\"t\":%u,\"at\":\"x\",\"kind\":\"sip\",\"dir\":\"tx\",\"src\":\"%s:1\","
		       "\"dst\":\"%s:1\",\"raw\":\"%s\\r\\nFrom: <sip:+12013776051@x>\\r\\nTo: "
		       "<sip:+19032469103@x>\\r\\nCall-ID: c\\r\\nCSeq: 1 INVITE\\r\\n%s\\r\\n\"}",
		       t, src, dst, first, more);
	add(evs, line);
}

#define AN_INVITE "INVITE sip:+19032469103@x SIP/2.0"

TEST(question_and_answer_over_each_interface)
{
	AUTO(events_free) struct events *evs = begin();
	struct pattern ask, answer, other;

	CHECK(!pattern_read(&ask, SV("osp.switch -> osp.as ASK")));
	CHECK(!pattern_read(&answer, SV("osp.as -> osp.switch ANSWER")));
	CHECK(!pattern_read(&other, SV("osp.switch -> osp.gw ASK")));
	sip(evs, 1, "127.9.1.1", "127.9.1.3", AN_INVITE, "");
	sip(evs, 2, "127.9.1.3", "127.9.1.1", "SIP/2.0 302 Moved", "");
	sip(evs, 3, "127.9.1.3", "127.9.1.1", AN_INVITE, "");
	sip(evs, 4, "127.9.1.3", "127.9.1.1", "SIP/2.0 180 Ringing", "");
	sip(evs, 5, "127.9.1.3", "127.9.1.1", "SIP/2.0 200 OK", "");
	sip(evs, 6, "127.9.1.1", "127.9.1.4", AN_INVITE, "");
	add(evs,
	    "{\"t\":7,\"at\":\"x\",\"kind\":\"https\",\"dir\":\"tx\",\"conn\":1,\"src\":"
	    "\"127.9.1.1:1\",\"dst\":\"127.9.1.3:1\",\"raw\":\"POST / HTTP/1.1\\r\\n\\r\\n\"}");
	add(evs, "{\"t\":8,\"at\":\"x\",\"kind\":\"https\",\"dir\":\"rx\",\"conn\":1,\"src\":"
		 "\"127.9.1.3:1\",\"dst\":\"127.9.1.1:1\",\"raw\":\"HTTP/1.1 201 "
		 "Created\\r\\n\\r\\n\"}");
	for (size_t i = 0; i < 8; i++) {
		CHECK_INT(i == 0 || i == 6, pattern_fits(&ask, events_at(evs, i)));
		CHECK_INT(i == 1 || i == 2 || i == 7, pattern_fits(&answer, events_at(evs, i)));
		CHECK_INT(0, pattern_fits(&other, events_at(evs, i)));
	}
}

static void provider(struct events *evs, const char *name, const char *kind, int hop)
{
	char line[256];

	(void)snprintf(line, sizeof(line),
		       "{\"t\":0,\"at\":\"oobsim\",\"kind\":\"note\",\"what\":\"world.provider\","
		       "\"data\":{\"name\":\"%s\",\"kind\":\"%s\",\"hop\":%d}}",
		       name, kind, hop);
	add(evs, line);
}

TEST(inside_a_transit_provider_it_is_all_step_6)
{
	AUTO(events_free) struct events *evs = begin();

	provider(evs, "osp", "osp", 0);
	provider(evs, "tsp", "transit", 1);
	sip(evs, 1, "127.9.1.1", "127.9.1.4", AN_INVITE, "");
	sip(evs, 2, "127.9.2.4", "127.9.2.1", AN_INVITE, "");
	sip(evs, 3, "127.9.2.1", "127.9.2.4", AN_INVITE, "");
	CHECK_INT(4, event_step(events_at(evs, 2)));
	CHECK_INT(6, event_step(events_at(evs, 3)));
	CHECK_INT(6, event_step(events_at(evs, 4)));
}

TEST(each_stretch_of_a_path_has_its_steps)
{
	AUTO(events_free) struct events *evs = begin();
	struct outcome o = {.actual = BUF(ACTUAL_MAX)};
	struct scn_expect x = {.steps = NULL};

	/* the stretch from tsp on is empty: each of its steps is missing, and the text says whose */
	provider(evs, "osp", "osp", 0);
	provider(evs, "tsp", "retarget", 1);
	provider(evs, "end", "tsp", 2);
	add_steps(evs, 0, 0, 0);
	judge_steps(&x, evs, 0, &o);
	CHECK_INT(OUTCOME_MISSING, o.state);
	CHECK(strstr(o.actual.p, "step 2 is missing from tsp"));
	CHECK(!strstr(o.actual.p, "step 2 is missing from osp"));
	CHECK(!strstr(o.actual.p, "step 1 is missing from tsp"));
	buf_free(&o.actual);
}

TEST(message_has_a_header_or_has_none)
{
	AUTO(events_free) struct events *evs = begin();
	struct conf_pair has[] = {{(char *)"Reason", (char *)"cause=436"}};
	struct scn_expect x = {.message = (char *)"osp.switch -> osp.gw INVITE", .has = {has, 1}};
	static const struct {
		const char *name, *value;
		enum outcome_state want;
	} wants[] = {
		{"Reason", "cause=436", OUTCOME_HOLDS},
		{"reason", "STIR", OUTCOME_HOLDS},
		{"Reason", "cause=437", OUTCOME_BROKEN},
		{"Reason", "", OUTCOME_BROKEN},
		{"Date", "", OUTCOME_HOLDS},
		{"Date", "2026", OUTCOME_BROKEN},
		{"first-line", "+19032469103", OUTCOME_HOLDS},
		{"first-line", "rn=", OUTCOME_BROKEN},
	};

	sip(evs, 1, "127.9.1.1", "127.9.1.4", AN_INVITE,
	    "Reason: SIP;cause=487\\r\\nReason: STIR;cause=436\\r\\n");
	CHECK_INT(0, events_sort(evs));
	for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++) {
		struct outcome o = {.actual = BUF(ACTUAL_MAX)};

		has[0] = (struct conf_pair){(char *)(uintptr_t)wants[i].name,
					    (char *)(uintptr_t)wants[i].value};
		judge_message(&x, evs, 0, &o);
		CHECK_INT(wants[i].want, o.state);
		buf_free(&o.actual);
	}
}

TEST(iam_has_its_fields)
{
	AUTO(events_free) struct events *evs = begin();
	struct conf_pair has[] = {{(char *)"called", (char *)"9032469103"}};
	struct scn_expect x = {.message = (char *)"osp.gw -> tsp.gw IAM", .has = {has, 1}};
	static const struct {
		const char *name, *value;
		enum outcome_state want;
	} wants[] = {
		{"called", "9032469103", OUTCOME_HOLDS},  {"calling", "2013776051", OUTCOME_HOLDS},
		{"called", "2013776051", OUTCOME_BROKEN}, {"redirecting", "", OUTCOME_HOLDS},
		{"redirecting", "303", OUTCOME_BROKEN},   {"m-bit", "0", OUTCOME_HOLDS},
		{"m-bit", "1", OUTCOME_BROKEN},           {"ported", "", OUTCOME_HOLDS},
	};

	add(evs, IAM_LINE(1));
	CHECK_INT(0, events_sort(evs));
	for (size_t i = 0; i < sizeof(wants) / sizeof(wants[0]); i++) {
		struct outcome o = {.actual = BUF(ACTUAL_MAX)};

		has[0] = (struct conf_pair){(char *)(uintptr_t)wants[i].name,
					    (char *)(uintptr_t)wants[i].value};
		judge_message(&x, evs, 0, &o);
		CHECK_INT(wants[i].want, o.state);
		buf_free(&o.actual);
	}
	CHECK(judge_has_field(SV("original-called")));
	CHECK(!judge_has_field(SV("identity")));
}

TEST_MAIN(CASE(patterns), CASE(steps_in_their_order), CASE(step_3_is_two_messages_in_any_order),
	  CASE(step_5_whenever_it_comes_or_never), CASE(each_other_step_must_be_there),
	  CASE(step_before_its_time), CASE(message_left_no_later_than_it_arrived),
	  CASE(first_does_not_wait_for_then), CASE(same_token_octet_for_octet),
	  CASE(same_call_id_is_found), CASE(token_is_looked_for_in_the_octets),
	  CASE(message_without_a_trace_of_the_token), CASE(question_and_answer_over_each_interface),
	  CASE(inside_a_transit_provider_it_is_all_step_6),
	  CASE(each_stretch_of_a_path_has_its_steps), CASE(message_has_a_header_or_has_none),
	  CASE(iam_has_its_fields))
