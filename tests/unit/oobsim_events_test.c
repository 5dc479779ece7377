/* How oobsim reads a trace. */
#include "tests/unit/oobsim_trace.h"

static void refused(const char *line, const char *says)
{
	AUTO(events_free) struct events *evs = begin();
	struct err e = {""};

	CHECK_INT(EBADMSG, events_add(evs, sv_from(line), &e));
	CHECK(strstr(e.s, says));
	CHECK_INT(0, events_count(evs));
}

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

#define SHARED(name, addr, ports)                                                           \
	"{\"t\":1,\"at\":\"oobsim\",\"kind\":\"note\",\"what\":\"world.element\",\"data\":" \
	"{\"name\":\"" name "\",\"addr\":\"" addr "\",\"ports\":[" ports "]}}"
#define GET(t, at, dir, src, dst)                                                               \
	"{\"t\":" #t ",\"at\":\"" at "\",\"kind\":\"https\",\"dir\":\"" dir "\",\"src\":\"" src \
	"\",\"dst\":\"" dst "\",\"raw\":\"GET / HTTP/1.1\\r\\n\\r\\n\"}"

/* Where elements share an address, a server is known by its port, a client by what it has sent from there */
static void share(struct events *evs, const char *as, const char *cps, const char *pki)
{
	add(evs, as);
	add(evs, cps);
	add(evs, pki);
}

TEST(names_of_ports_at_one_address)
{
	AUTO(events_free) struct events *evs = begin();

	CHECK(!events_shared(evs));
	share(evs, SHARED("q.as", "::1", "10201,10202"), SHARED("q.cps", "::1", "10203,10204"),
	      SHARED("pki", "::1", "10200"));
	CHECK(events_shared(evs));
	add(evs, GET(2, "q.as", "tx", "[::1]:40000", "[::1]:10203"));
	add(evs, GET(3, "q.cps", "rx", "[::1]:40000", "[::1]:10203"));
	add(evs, GET(4, "q.cps", "rx", "[::1]:50000", "[::1]:10203"));
	CHECK_STR("q.as", events_at(evs, 3)->from);
	CHECK_STR("q.cps", events_at(evs, 3)->to);
	CHECK_STR("q.as", events_at(evs, 4)->from);
	/* nobody of the world: an outside client */
	CHECK_STR("[::1]", events_at(evs, 5)->from);
	CHECK_STR("q.cps", events_at(evs, 5)->to);
}

#define ELEMENT(name, addr, more)                                                           \
	"{\"t\":1,\"at\":\"oobsim\",\"kind\":\"note\",\"what\":\"world.element\",\"data\":" \
	"{\"name\":\"" name "\",\"addr\":\"" addr "\"" more "}}"

TEST(name_of_one_port_of_an_address)
{
	AUTO(events_free) struct events *evs = begin();

	add(evs, ELEMENT("bench", "192.0.2.1", ""));
	add(evs, ELEMENT("pki.cr", "192.0.2.1:8443", ""));
	add(evs, GET(2, "bench", "rx", "127.9.1.3:40000", "192.0.2.1:8443"));
	add(evs, GET(3, "bench", "tx", "192.0.2.1:40000", "127.9.1.3:8443"));
	CHECK_STR("pki.cr", events_at(evs, 2)->to);
	CHECK_STR("bench", events_at(evs, 3)->from);
	CHECK_STR("osp.as", events_at(evs, 3)->to);
}

/* In a bench whoever is unknown is the implementation, except for who traces */
TEST(name_of_what_nobody_else_is)
{
	AUTO(events_free) struct events *evs = begin();

	add(evs, ELEMENT("sut.as", "192.0.2.7", ",\"foreign\":true,\"rest\":true"));
	add(evs, GET(2, "bench", "rx", "198.51.100.1:40000", "127.9.2.6:8443"));
	add(evs, INVITE(3, "bench", "tx", "192.0.2.1", "192.0.2.7", "a"));
	CHECK_STR("sut.as", events_at(evs, 1)->from);
	CHECK_STR("tsp.cps", events_at(evs, 1)->to);
	CHECK_STR("bench", events_at(evs, 2)->from);
	CHECK_STR("sut.as", events_at(evs, 2)->to);
}

TEST(answer_to_what_was_asked_before)
{
	AUTO(events_free) struct events *evs = begin();

	add(evs, INVITE(1, "x", "tx", "127.9.1.2", "127.9.1.1", "a"));
	add(evs, RESPONSE(2, "127.9.1.1", "127.9.1.2", "a", "302 Moved", "1 INVITE"));
	add(evs, RESPONSE(3, "127.9.1.1", "127.9.1.2", "a", "302 Moved", "1 INVITE"));
	add(evs, INVITE(4, "x", "tx", "127.9.1.2", "127.9.1.1", "b"));
	add(evs, RESPONSE(5, "127.9.1.1", "127.9.1.2", "a", "302 Moved", "1 INVITE"));
	CHECK_INT(0, events_sort(evs));
	CHECK(!events_is_late(evs, 1, 0));
	CHECK(events_is_late(evs, 1, 1));
	CHECK(events_is_late(evs, 2, 1));
	/* the same numbers are asked about again */
	CHECK(!events_is_late(evs, 3, 2));
	CHECK(!events_is_late(evs, 4, 2));
	CHECK(events_is_late(evs, 4, 4));
}

TEST(port_of_a_client_that_is_told_later)
{
	AUTO(events_free) struct events *evs = begin();

	share(evs, SHARED("q.as", "192.0.2.1", "10201"), SHARED("q.cps", "192.0.2.1", "10203"),
	      SHARED("pki", "192.0.2.1", "10200"));
	add(evs, GET(2, "q.cps", "rx", "192.0.2.1:40000", "192.0.2.1:10203"));
	add(evs, GET(3, "q.as", "tx", "192.0.2.1:40000", "192.0.2.1:10203"));
	CHECK_STR("192.0.2.1", events_at(evs, 3)->from);
	CHECK_INT(0, events_sort(evs));
	CHECK_STR("q.as", events_at(evs, 3)->from);
	CHECK_INT(4, events_at(evs, 3)->twin);
}

TEST(port_that_two_clients_have_one_after_the_other)
{
	AUTO(events_free) struct events *evs = begin();

	share(evs, SHARED("q.as", "127.0.0.1", "10201"), SHARED("q.cps", "127.0.0.1", "10203"),
	      SHARED("pki", "127.0.0.1", "10200"));
	add(evs, GET(2, "q.as", "tx", "127.0.0.1:40000", "127.0.0.1:10200"));
	add(evs, GET(5, "q.cps", "tx", "127.0.0.1:40000", "127.0.0.1:10200"));
	add(evs, GET(3, "pki", "rx", "127.0.0.1:40000", "127.0.0.1:10200"));
	add(evs, GET(6, "pki", "rx", "127.0.0.1:40000", "127.0.0.1:10200"));
	CHECK_INT(0, events_sort(evs));
	CHECK_STR("q.as", events_at(evs, 4)->from);
	CHECK_STR("q.cps", events_at(evs, 6)->from);
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

#define RETARGET(number, to)                                                                 \
	"{\"t\":1,\"at\":\"oobsim\",\"kind\":\"note\",\"what\":\"world.retarget\",\"data\":" \
	"{\"number\":\"" number "\",\"to\":\"" to "\"}}"
#define CALL_TO(t, what, number)                                           \
	"{\"t\":" #t ",\"at\":\"r.as\",\"kind\":\"note\",\"what\":\"" what \
	"\",\"orig\":\"12013776051\",\"dest\":\"" number "\"}"

TEST(retargeted_call_is_one_call)
{
	AUTO(events_free) struct events *evs = begin();
	struct tn orig, dest;

	add(evs, RETARGET("13035550100", "14045550100"));
	add(evs, RETARGET("14045550100", "19032469103"));
	add(evs, CALL_TO(2, "as.signed", "13035550100"));
	add(evs, CALL_TO(3, "as.div", "14045550100"));
	add(evs, INVITE(4, "tsp.gw", "tx", "127.9.2.4", "127.9.2.1", "last"));
	/* somebody else's number is another call */
	add(evs, CALL_TO(5, "as.signed", "19032469104"));
	CHECK_INT(0, events_sort(evs));
	CHECK_INT(2, (long long)events_calls(evs));
	CHECK_INT(3, (long long)events_call(evs, 0)->n);
	CHECK_STR("13035550100", events_call(evs, 0)->dest.s);
	CHECK_INT(0, tn_canonical(&orig, SV("12013776051")));
	CHECK_INT(0, tn_canonical(&dest, SV("19032469103")));
	CHECK_INT(0, (long long)events_find_call(evs, &orig, &dest));
}

TEST(retargeting_in_a_ring_ends)
{
	AUTO(events_free) struct events *evs = begin();

	add(evs, RETARGET("13035550100", "14045550100"));
	add(evs, RETARGET("14045550100", "13035550100"));
	add(evs, CALL_TO(2, "as.signed", "13035550100"));
	CHECK_INT(1, (long long)events_calls(evs));
}

TEST(call_of_a_question_as_json)
{
	AUTO(events_free) struct events *evs = begin();

	add(evs, "{\"t\":1,\"at\":\"osp.switch\",\"kind\":\"https\",\"dir\":\"tx\",\"conn\":1,"
		 "\"src\":\"127.9.1.1:1\",\"dst\":\"127.9.1.3:1\",\"raw\":\"POST /stir/v1/signing "
		 "HTTP/1.1\\r\\nContent-Type: application/json\\r\\n\\r\\n{\\\"signingRequest\\\":"
		 "{\\\"orig\\\":{\\\"tn\\\":\\\"12013776051\\\"},\\\"dest\\\":{\\\"tn\\\":"
		 "[\\\"19032469103\\\"]}}}\"}");
	add(evs,
	    "{\"t\":2,\"at\":\"tsp.switch\",\"kind\":\"https\",\"dir\":\"tx\",\"conn\":1,"
	    "\"src\":\"127.9.2.1:1\",\"dst\":\"127.9.2.5:1\",\"raw\":\"POST /x "
	    "HTTP/1.1\\r\\nContent-Type: application/json\\r\\n\\r\\n{\\\"verificationRequest\\\""
	    ":{\\\"from\\\":{\\\"tn\\\":\\\"12013776051\\\"},\\\"to\\\":{\\\"tn\\\":"
	    "[\\\"19032469103\\\"]}}}\"}");
	CHECK_INT(1, (long long)events_calls(evs));
	CHECK_INT(0, (long long)events_at(evs, 0)->call);
	CHECK_INT(0, (long long)events_at(evs, 1)->call);
}

TEST(tokens_of_json_each_once)
{
	static const char text[] = "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n\r\n"
				   "{\"identity\":\"eyJa.b-1.c_2;info=<https://x>\",\"passports\":"
				   "[\"eyJa.b-1.c_2\",\"eyJd.e.f\",\"eyJno.token\"]}";
	struct sv v;

	CHECK(msg_token(SV(text), 0, &v));
	CHECK(sv_eqz(v, "eyJa.b-1.c_2"));
	CHECK(msg_token(SV(text), 1, &v));
	CHECK(sv_eqz(v, "eyJd.e.f"));
	CHECK(!msg_token(SV(text), 2, &v));
}

#define PROVIDER(name, kind, hop)                                                            \
	"{\"t\":1,\"at\":\"oobsim\",\"kind\":\"note\",\"what\":\"world.provider\",\"data\":" \
	"{\"name\":\"" name "\",\"kind\":\"" kind "\",\"hop\":" #hop "}}"

TEST(path_is_learned_from_the_trace)
{
	AUTO(events_free) struct events *evs = begin();

	CHECK_INT(0, (long long)events_hops(evs));
	add(evs, PROVIDER("osp", "osp", 0));
	add(evs, PROVIDER("tsp", "transit", 1));
	CHECK_INT(2, (long long)events_hops(evs));
	CHECK_STR("tsp", events_hop(evs, 1));
	CHECK(!events_hop_transit(evs, 0));
	CHECK(events_hop_transit(evs, 1));
	/* inside a transit provider, and not so at its border */
	add(evs, INVITE(2, "tsp.gw", "tx", "127.9.2.4", "127.9.2.1", "in"));
	add(evs, INVITE(3, "osp.gw", "tx", "127.9.1.4", "127.9.2.4", "at"));
	CHECK(events_at(evs, 2)->transit);
	CHECK(!events_at(evs, 3)->transit);
}

TEST_MAIN(CASE(line_that_is_no_object), CASE(line_that_lacks_a_member),
	  CASE(members_in_any_order_and_unknown_ones), CASE(names_of_addresses),
	  CASE(names_are_learned_from_the_trace), CASE(names_of_ports_at_one_address),
	  CASE(name_of_one_port_of_an_address), CASE(name_of_what_nobody_else_is),
	  CASE(answer_to_what_was_asked_before), CASE(port_of_a_client_that_is_told_later),
	  CASE(port_that_two_clients_have_one_after_the_other),
	  CASE(call_of_sip_by_its_numbers_and_then_by_call_id),
	  CASE(call_of_https_by_query_and_its_response_by_connection),
	  CASE(call_of_isup_by_the_iam_and_then_by_circuit), CASE(octets_with_their_escapes_undone),
	  CASE(headers_and_body), CASE(tokens_of_a_body), CASE(facts_of_a_note),
	  CASE(sorted_by_time_and_linked_by_call), CASE(both_ends_of_a_message_are_twins),
	  CASE(retargeted_call_is_one_call), CASE(retargeting_in_a_ring_ends),
	  CASE(call_of_a_question_as_json), CASE(tokens_of_json_each_once),
	  CASE(path_is_learned_from_the_trace))
