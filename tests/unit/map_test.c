/* SIP and ISUP: numbers, carriers and portability both ways, each row of the cause tables. */
#include <errno.h>

#include "lib/tdm/map.h"
#include "tests/unit/test.h"

static struct call_setup call(const char *called, const char *calling)
{
	struct call_setup s = {0};

	(void)snprintf(s.called.s, sizeof(s.called.s), "%s", called);
	(void)snprintf(s.calling.s, sizeof(s.calling.s), "%s", calling);
	return s;
}

static struct isup_iam iam_of(const struct call_setup *s)
{
	struct isup_iam iam;
	struct err e = {""};

	CHECK_INT(0, map_to_iam(&iam, s, &e));
	CHECK_STR("", e.s);
	return iam;
}

static struct call_setup back(const struct isup_iam *iam)
{
	struct call_setup s;
	struct err e = {""};

	CHECK_INT(0, map_from_iam(&s, iam, &e));
	CHECK_STR("", e.s);
	return s;
}

static void check_diversion(const struct diversion *a, const struct diversion *b)
{
	CHECK_STR(a->from.s, b->from.s);
	CHECK_INT(a->reason, b->reason);
	CHECK_INT(a->restricted, b->restricted);
}

static void check_same(const struct call_setup *a)
{
	struct isup_iam iam = iam_of(a);
	struct call_setup b = back(&iam);

	CHECK_STR(a->called.s, b.called.s);
	CHECK_STR(a->calling.s, b.calling.s);
	CHECK_STR(a->rn.s, b.rn.s);
	CHECK_STR(a->cic, b.cic);
	CHECK_INT(a->restricted, b.restricted);
	CHECK_INT(a->calling_verified, b.calling_verified);
	CHECK_INT(a->npdi, b.npdi);
	CHECK_INT(a->diversions, b.diversions);
	check_diversion(&a->first, &b.first);
	check_diversion(&a->last, &b.last);
}

TEST(nanp_numbers_are_national)
{
	struct call_setup s = call("19032469103", "12013776051");
	struct isup_iam iam = iam_of(&s);

	CHECK_INT(NOA_NATIONAL, iam.called.noa);
	CHECK_INT(1, iam.called.plan);
	CHECK_STR("9032469103", iam.called.digits);
	CHECK_INT(NOA_NATIONAL, iam.calling.noa);
	CHECK_STR("2013776051", iam.calling.digits);
	CHECK_INT(0, iam.calling.presentation);
	check_same(&s);
}

TEST(plain_call_as_in_the_octet_string)
{
	struct call_setup s = call("19032469103", "12013776051");
	struct isup_iam iam = iam_of(&s);

	CHECK_INT(0, iam.nature);
	CHECK_MEM("\x60\x00", 2, iam.forward, 2);
	CHECK_INT(0x0a, iam.category);
	CHECK_MEM("\x80\x90\xa2", 3, iam.usi, iam.usi_len);
	CHECK(!iam.generic.present && !iam.has_oli && !iam.tns[0] && !iam.cip[0]);
}

TEST(other_countries_are_international)
{
	struct call_setup s = call("493012345678", "442071838750");
	struct isup_iam iam = iam_of(&s);

	CHECK_INT(NOA_INTERNATIONAL, iam.called.noa);
	CHECK_STR("493012345678", iam.called.digits);
	CHECK_INT(NOA_INTERNATIONAL, iam.calling.noa);
	CHECK_STR("442071838750", iam.calling.digits);
	check_same(&s);
}

TEST(fifteen_digits)
{
	struct call_setup s = call("491234567890123", "861234567890123");

	check_same(&s);
}

TEST(service_codes_stay_as_they_are)
{
	struct call_setup s = call("911", "12013776051");
	struct isup_iam iam = iam_of(&s);

	CHECK_INT(NOA_SUBSCRIBER, iam.called.noa);
	CHECK_STR("911", iam.called.digits);
	check_same(&s);
}

TEST(calling_number_missing_is_omitted)
{
	struct call_setup s = call("19032469103", "");
	struct isup_iam iam = iam_of(&s);

	CHECK(!iam.calling.present);
	check_same(&s);
}

TEST(restricted_keeps_the_digits)
{
	struct call_setup s = call("19032469103", "12013776051");
	struct isup_iam iam;

	s.restricted = true;
	iam = iam_of(&s);
	CHECK_INT(1, iam.calling.presentation);
	CHECK_STR("2013776051", iam.calling.digits);
	check_same(&s);
}

TEST(asserted_number_is_network_provided)
{
	struct call_setup s = call("19032469103", "12013776051");
	struct isup_iam iam;

	CHECK_INT(0, iam_of(&s).calling.screening);
	s.calling_verified = true;
	iam = iam_of(&s);
	CHECK_INT(3, iam.calling.screening);
	check_same(&s);
}

TEST(screening_1_and_3_are_verified)
{
	struct call_setup s = call("19032469103", "12013776051");
	struct isup_iam iam = iam_of(&s);
	static const bool verified[] = {false, true, false, true};

	for (uint8_t i = 0; i < 4; i++) {
		iam.calling.screening = i;
		CHECK_INT(verified[i], back(&iam).calling_verified);
	}
}

TEST(presentation_not_available_is_no_number)
{
	struct call_setup s = call("19032469103", "12013776051");
	struct isup_iam iam = iam_of(&s);

	iam.calling.presentation = 2;
	CHECK_STR("", back(&iam).calling.s);
}

TEST(calling_number_that_does_not_fit_is_left_out)
{
	struct call_setup s = call("19032469103", "12013776051");
	struct isup_iam iam = iam_of(&s);

	(void)snprintf(iam.calling.digits, sizeof(iam.calling.digits), "3776051");
	CHECK_STR("", back(&iam).calling.s);
	iam.calling.noa = NOA_SUBSCRIBER;
	CHECK_STR("", back(&iam).calling.s);
	CHECK(!back(&iam).calling_verified);
}

TEST(ported_number)
{
	struct call_setup s = call("19032469103", "12013776051");
	struct isup_iam iam;

	s.npdi = true;
	(void)snprintf(s.rn.s, sizeof(s.rn.s), "19034050000");
	iam = iam_of(&s);
	CHECK_STR("9034050000", iam.called.digits);
	CHECK_STR("9032469103", iam.generic.digits);
	CHECK_INT(0x10, iam.forward[1]);
	check_same(&s);
}

TEST(queried_but_not_ported)
{
	struct call_setup s = call("19032469103", "12013776051");
	struct isup_iam iam;

	s.npdi = true;
	iam = iam_of(&s);
	CHECK_STR("9032469103", iam.called.digits);
	CHECK(!iam.generic.present);
	CHECK_INT(0x10, iam.forward[1]);
	check_same(&s);
}

TEST(routing_number_says_that_the_query_was_done)
{
	struct call_setup s = call("19032469103", "12013776051");
	struct isup_iam iam;

	(void)snprintf(s.rn.s, sizeof(s.rn.s), "19034050000");
	iam = iam_of(&s);
	CHECK_INT(0x10, iam.forward[1]);
	CHECK(back(&iam).npdi);
}

TEST(generic_address_counts_only_with_m)
{
	struct call_setup s = call("19032469103", "12013776051");
	struct isup_iam iam;

	(void)snprintf(s.rn.s, sizeof(s.rn.s), "19034050000");
	iam = iam_of(&s);
	iam.forward[1] = 0;
	CHECK_STR("19034050000", back(&iam).called.s);
	CHECK_STR("", back(&iam).rn.s);
}

TEST(carrier_of_a_national_call)
{
	struct call_setup s = call("19032469103", "12013776051");
	struct isup_iam iam;

	(void)snprintf(s.cic, sizeof(s.cic), "0288");
	iam = iam_of(&s);
	CHECK_STR("0288", iam.cip);
	CHECK_STR("", iam.tns);
	check_same(&s);
}

TEST(carrier_of_an_international_call)
{
	struct call_setup s = call("493012345678", "12013776051");
	struct isup_iam iam;

	(void)snprintf(s.cic, sizeof(s.cic), "0288");
	iam = iam_of(&s);
	CHECK_STR("0288", iam.tns);
	CHECK_STR("", iam.cip);
	check_same(&s);
}

static void check_no_iam(const struct call_setup *s, const char *text)
{
	struct isup_iam iam;
	struct err e = {""};

	CHECK_INT(EINVAL, map_to_iam(&iam, s, &e));
	CHECK_STR(text, e.s);
}

TEST(to_iam_refuses)
{
	struct call_setup s = call("", "12013776051");

	check_no_iam(&s, "called number: expected digits, got \"\"");
	s = call("*67", "12013776051");
	check_no_iam(&s, "called number: expected digits, got \"*67\"");
	s = call("19032469103", "12013776051");
	(void)snprintf(s.cic, sizeof(s.cic), "28");
	check_no_iam(&s, "carrier: expected 3 or 4 digits, got \"28\"");
}

TEST(from_iam_refuses)
{
	struct call_setup s = call("19032469103", "12013776051"), out;
	struct isup_iam iam = iam_of(&s);
	struct err e = {""};

	(void)snprintf(iam.called.digits, sizeof(iam.called.digits), "2469103");
	CHECK_INT(EINVAL, map_from_iam(&out, &iam, &e));
	CHECK_STR("called number: expected 10 digits of nature 3 (national), up to 15 of nature 4 "
		  "(international) or up to 6 of nature 1, got \"2469103\" of nature 3",
		  e.s);
	iam.called.noa = NOA_INTERNATIONAL;
	(void)snprintf(iam.called.digits, sizeof(iam.called.digits), "1234567890123456");
	CHECK_INT(EINVAL, map_from_iam(&out, &iam, &e));
	(void)snprintf(iam.called.digits, sizeof(iam.called.digits), "12345B789");
	CHECK_INT(EINVAL, map_from_iam(&out, &iam, &e));
	iam.called.digits[0] = '\0';
	CHECK_INT(EINVAL, map_from_iam(&out, &iam, &e));
	iam.called.noa = 113;
	(void)snprintf(iam.called.digits, sizeof(iam.called.digits), "9032469103");
	CHECK_INT(EINVAL, map_from_iam(&out, &iam, &e));
}

static struct diversion diverted(const char *from, unsigned reason)
{
	struct diversion d = {.reason = reason};

	(void)snprintf(d.from.s, sizeof(d.from.s), "%s", from);
	return d;
}

/* A call for 19032460000 that went on by 19032460001 */
static struct call_setup twice(void)
{
	struct call_setup s = call("19032469103", "12013776051");

	s.diversions = 2;
	s.first = diverted("19032460000", DIVERT_UNCONDITIONAL);
	s.last = diverted("19032460001", DIVERT_NO_REPLY);
	return s;
}

static struct call_setup once(void)
{
	struct call_setup s = twice();

	s.diversions = 1;
	s.first = s.last;
	return s;
}

TEST(call_that_was_not_diverted)
{
	struct call_setup s = call("19032469103", "12013776051");
	struct isup_iam iam = iam_of(&s);

	CHECK(!iam.original_called.present && !iam.redirecting.present && !iam.has_redirection);
	check_same(&s);
}

TEST(diverted_once)
{
	struct call_setup s = once();
	struct isup_iam iam = iam_of(&s);

	CHECK_STR("9032460001", iam.original_called.digits);
	CHECK_STR("9032460001", iam.redirecting.digits);
	CHECK_INT(NOA_NATIONAL, iam.redirecting.noa);
	CHECK_MEM("\x23\x21", 2, iam.redirection, 2);
	check_same(&s);
}

TEST(diverted_twice)
{
	struct call_setup s = twice();
	struct isup_iam iam = iam_of(&s);

	CHECK_STR("9032460000", iam.original_called.digits);
	CHECK_STR("9032460001", iam.redirecting.digits);
	CHECK_MEM("\x33\x22", 2, iam.redirection, 2);
	check_same(&s);
}

TEST(diverted_for_each_reason)
{
	for (unsigned reason = DIVERT_UNKNOWN; reason <= DIVERT_NOT_REACHABLE; reason++) {
		struct call_setup s = twice();

		s.first.reason = reason;
		s.last.reason = DIVERT_NOT_REACHABLE - reason;
		check_same(&s);
	}
}

TEST(diverted_more_often_than_can_be_counted)
{
	struct call_setup s = twice();
	struct isup_iam iam;

	s.diversions = MAP_DIVERSIONS_MAX;
	check_same(&s);
	s.diversions = 1000000;
	iam = iam_of(&s);
	CHECK_INT(MAP_DIVERSIONS_MAX, iam.redirection[1] & 7);
	CHECK_INT(MAP_DIVERSIONS_MAX, back(&iam).diversions);
}

TEST(diverted_in_private)
{
	struct call_setup s = twice();
	struct isup_iam iam;

	s.last.restricted = true;
	iam = iam_of(&s);
	CHECK_INT(0, iam.original_called.presentation);
	CHECK_INT(1, iam.redirecting.presentation);
	CHECK_INT(0x33, iam.redirection[0]);
	check_same(&s);
	s.first.restricted = true;
	CHECK_INT(0x34, iam_of(&s).redirection[0]); /* all of it */
	check_same(&s);
}

TEST(diverting_number_that_does_not_fit_is_left_out)
{
	struct call_setup s = twice();
	struct isup_iam iam;

	s.first = diverted("*67", DIVERT_BUSY);
	iam = iam_of(&s);
	CHECK(!iam.original_called.present);
	CHECK_INT(2, back(&iam).diversions);
	CHECK_STR("", back(&iam).first.from.s);
	CHECK_INT(DIVERT_BUSY, back(&iam).first.reason);
	(void)snprintf(iam.redirecting.digits, sizeof(iam.redirecting.digits), "246");
	CHECK_STR("", back(&iam).last.from.s);
}

TEST(diverted_once_and_one_number_is_enough)
{
	struct call_setup s = once();
	struct isup_iam iam = iam_of(&s);

	iam.redirection[0] = 0x03; /* an exchange that leaves the original reason unknown */
	iam.original_called.present = false;
	CHECK_STR("19032460001", back(&iam).first.from.s);
	CHECK_INT(DIVERT_NO_REPLY, back(&iam).first.reason);
	iam = iam_of(&s);
	iam.redirecting.present = false;
	CHECK_STR("19032460001", back(&iam).last.from.s);
}

TEST(diverted_and_no_redirection_information)
{
	struct call_setup s = twice();
	struct isup_iam iam = iam_of(&s);

	iam.has_redirection = false;
	CHECK_INT(2, back(&iam).diversions);
	iam.redirecting = iam.original_called;
	CHECK_INT(1, back(&iam).diversions);
	iam.original_called.present = false;
	CHECK_INT(1, back(&iam).diversions);
	iam.redirecting.present = false;
	CHECK_INT(0, back(&iam).diversions);
}

TEST(redirection_information_alone)
{
	struct call_setup s = twice();
	struct isup_iam iam = iam_of(&s);

	iam.original_called.present = iam.redirecting.present = false;
	iam.redirection[1] = 0xf7; /* spare reason, counter 7 */
	CHECK_INT(7, back(&iam).diversions);
	CHECK_INT(DIVERT_UNKNOWN, back(&iam).last.reason);
	CHECK_STR("", back(&iam).last.from.s);
}

/* RFC 4458 §2 */
TEST(causes_of_diversions)
{
	static const unsigned rows[][2] = {
		{404, DIVERT_UNKNOWN},       {486, DIVERT_BUSY},           {408, DIVERT_NO_REPLY},
		{302, DIVERT_UNCONDITIONAL}, {487, DIVERT_WHILE_ALERTING}, {480, DIVERT_IMMEDIATE},
		{503, DIVERT_NOT_REACHABLE}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK_INT(rows[i][1], map_cause_to_divert(rows[i][0]));
		CHECK_INT(rows[i][0], map_divert_to_cause(rows[i][1]));
	}
	CHECK_INT(DIVERT_UNKNOWN, map_cause_to_divert(0));
	CHECK_INT(DIVERT_UNKNOWN, map_cause_to_divert(600));
	CHECK_INT(404, map_divert_to_cause(99));
}

/* RFC 3398 §7.2.4.1 */
TEST(cause_to_status)
{
	static const unsigned rows[][2] = {
		/* clang-format off */
		{1, 404}, {2, 404}, {3, 404}, {16, 480}, {17, 486}, {18, 408}, {19, 480},
		{20, 480}, {21, 403}, {22, 410}, {23, 410}, {26, 404}, {27, 502}, {28, 484},
		{29, 501}, {31, 480}, {34, 503}, {38, 503}, {41, 503}, {42, 503}, {47, 503},
		{55, 403}, {57, 403}, {58, 503}, {65, 488}, {70, 488}, {79, 501}, {87, 403},
		{88, 503}, {102, 504}, {111, 500}, {127, 500},
		/* clang-format on */
	};
	bool listed[128] = {false};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *phrase = NULL;

		CHECK_INT(rows[i][1], map_cause_to_status(rows[i][0], false, &phrase));
		CHECK(phrase && phrase[0]);
		listed[rows[i][0]] = true;
	}
	for (unsigned cause = 0; cause < 128; cause++)
		if (!listed[cause])
			CHECK_INT(500, map_cause_to_status(cause, false, NULL));
}

TEST(cause_21_by_the_user_is_declined)
{
	const char *phrase = NULL;

	CHECK_INT(603, map_cause_to_status(21, true, &phrase));
	CHECK_STR("Decline", phrase);
	CHECK_INT(403, map_cause_to_status(21, false, NULL));
	CHECK_INT(486, map_cause_to_status(17, true, NULL));
}

TEST(cause_phrases)
{
	const char *phrase = NULL;

	(void)map_cause_to_status(17, false, &phrase);
	CHECK_STR("Busy Here", phrase);
	(void)map_cause_to_status(102, false, &phrase);
	CHECK_STR("Server Time-out", phrase);
	CHECK_STR("User busy", map_cause_text(17));
	CHECK_STR("Interworking, unspecified", map_cause_text(99));
}

/* RFC 3398 §8.2.6.1 */
TEST(status_to_cause)
{
	static const unsigned rows[][2] = {
		/* clang-format off */
		{400, 41}, {481, 41}, {500, 41}, {503, 41}, {401, 21}, {402, 21}, {403, 21},
		{407, 21}, {603, 21}, {404, 1}, {485, 1}, {604, 1}, {405, 63}, {406, 79},
		{415, 79}, {501, 79}, {408, 102}, {504, 102}, {410, 22}, {413, 127}, {414, 127},
		{416, 127}, {420, 127}, {421, 127}, {423, 127}, {505, 127}, {513, 127}, {480, 18},
		{482, 25}, {483, 25}, {484, 28}, {486, 17}, {600, 17}, {502, 38}, {488, 31},
		{606, 31},
		/* clang-format on */
	};
	bool listed[700] = {false};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK_INT(rows[i][1], map_status_to_cause(rows[i][0]));
		listed[rows[i][0]] = true;
	}
	for (unsigned status = 300; status < 700; status++)
		if (!listed[status])
			CHECK_INT(31, map_status_to_cause(status));
}

TEST(stir_refusals_are_cause_31)
{
	CHECK_INT(31, map_status_to_cause(428));
	CHECK_INT(31, map_status_to_cause(436));
	CHECK_INT(31, map_status_to_cause(437));
	CHECK_INT(31, map_status_to_cause(438));
}

TEST(location_of_a_status)
{
	CHECK_INT(LOCATION_USER, map_status_to_location(603));
	CHECK_INT(LOCATION_BEYOND, map_status_to_location(486));
	CHECK_INT(LOCATION_BEYOND, map_status_to_location(503));
}

static void check_reason(const char *value, unsigned want)
{
	unsigned cause = 0;

	CHECK_INT(want ? 0 : ENOENT, map_reason_cause(sv_from(value), &cause));
	CHECK_INT(want, cause);
}

TEST(reason_header)
{
	check_reason("Q.850;cause=17;text=\"User busy\"", 17);
	check_reason("q.850 ; text=\"a\" ; Cause = 21", 21);
	check_reason("SIP;cause=200;text=\"Call completed elsewhere\"", 0);
	check_reason("SIP;cause=600, Q.850;cause=17", 17);
	check_reason("STIR;cause=436;text=\"Bad Identity Info\"", 0);
	check_reason("Q.850", 0);
	check_reason("Q.850;cause=", 0);
	check_reason("Q.850;cause=128", 0);
	check_reason("", 0);
}

TEST(acm_and_status)
{
	struct isup_acm acm;

	map_status_to_acm(&acm, 180);
	CHECK_MEM("\x16\x04", 2, acm.backward, 2);
	CHECK_INT(180, map_acm_to_status(&acm));
	map_status_to_acm(&acm, 183);
	CHECK_MEM("\x12\x04", 2, acm.backward, 2);
	CHECK_INT(183, map_acm_to_status(&acm));
	acm.backward[0] = 0x0c; /* excessive delay, spare */
	CHECK_INT(183, map_acm_to_status(&acm));
}

TEST(cpg_and_status)
{
	struct isup_acm cpg;

	map_status_to_cpg(&cpg, 180);
	CHECK_INT(1, cpg.backward[0]);
	CHECK_INT(180, map_cpg_to_status(&cpg));
	map_status_to_cpg(&cpg, 183);
	CHECK_INT(183, map_cpg_to_status(&cpg));
	cpg.backward[0] = 0x81; /* presentation restricted */
	CHECK_INT(180, map_cpg_to_status(&cpg));
	cpg.backward[0] = 4; /* forwarded */
	CHECK_INT(0, map_cpg_to_status(&cpg));
}

/* clang-format off */
TEST_MAIN(
	CASE(nanp_numbers_are_national),
	CASE(plain_call_as_in_the_octet_string),
	CASE(other_countries_are_international),
	CASE(fifteen_digits),
	CASE(service_codes_stay_as_they_are),
	CASE(calling_number_missing_is_omitted),
	CASE(restricted_keeps_the_digits),
	CASE(asserted_number_is_network_provided),
	CASE(screening_1_and_3_are_verified),
	CASE(presentation_not_available_is_no_number),
	CASE(calling_number_that_does_not_fit_is_left_out),
	CASE(ported_number),
	CASE(queried_but_not_ported),
	CASE(routing_number_says_that_the_query_was_done),
	CASE(generic_address_counts_only_with_m),
	CASE(carrier_of_a_national_call),
	CASE(carrier_of_an_international_call),
	CASE(to_iam_refuses),
	CASE(from_iam_refuses),
	CASE(call_that_was_not_diverted),
	CASE(diverted_once),
	CASE(diverted_twice),
	CASE(diverted_for_each_reason),
	CASE(diverted_more_often_than_can_be_counted),
	CASE(diverted_in_private),
	CASE(diverting_number_that_does_not_fit_is_left_out),
	CASE(diverted_once_and_one_number_is_enough),
	CASE(diverted_and_no_redirection_information),
	CASE(redirection_information_alone),
	CASE(causes_of_diversions),
	CASE(cause_to_status),
	CASE(cause_21_by_the_user_is_declined),
	CASE(cause_phrases),
	CASE(status_to_cause),
	CASE(stir_refusals_are_cause_31),
	CASE(location_of_a_status),
	CASE(reason_header),
	CASE(acm_and_status),
	CASE(cpg_and_status))
