/* ISUP: the working octet strings both ways, each parameter alone, and what must be refused. */
#include <errno.h>

#include "lib/tdm/isup.h"
#include "tests/unit/hex.h"
#include "tests/unit/test.h"

/* CIC 100, 2013776051 calls 9032469103 */
#define HEAD      "64 00 01 00 60 01 0A "
#define USI_TO    "03 06 0D 03 80 90 A2 07 03 10 09 23 64 19 30 "
#define IAM_PLAIN HEAD USI_TO "0A 07 03 13 02 31 77 06 15 00"
#define IAM_FULL                                                                                   \
	"64 00 01 00 60 11 0A 03 06 0D 03 80 90 A2 07 03 10 09 43 50 00 00"                        \
	" 0A 07 03 13 02 31 77 06 15 C0 08 C0 03 10 09 23 64 19 30 C4 03 02 31 77 23 04 22 20 88 " \
	"00"                                                                                       \
	" C5 03 22 20 88 EB 07 03 10 02 31 77 06 00 EA 01 00 EE 01 02 28 07 03 10 09 53 55 10 10"  \
	" 0B 07 03 10 09 53 55 10 20 13 02 03 21 3D 01 14 C7 09 20 4A 41 4E 45 20 44 4F 45 00"

static int decode(struct isup_msg *ret, const char *hex, struct err *e)
{
	uint8_t octets[512];
	size_t l = hex_octets(octets, sizeof(octets), hex);

	return isup_decode(ret, (struct sv){(const char *)octets, l}, e);
}

static void check_encodes(const struct isup_msg *msg, const char *hex)
{
	BUF_AUTO struct buf out = BUF(512);
	uint8_t want[512];
	size_t l = hex_octets(want, sizeof(want), hex);
	struct err e = {""};

	CHECK_INT(0, isup_encode(&out, msg, &e));
	CHECK_STR("", e.s);
	CHECK_MEM(want, l, out.p, out.l);
}

static void check_both_ways(const char *hex)
{
	struct isup_msg msg;
	struct err e = {""};

	CHECK_INT(0, decode(&msg, hex, &e));
	CHECK_STR("", e.s);
	check_encodes(&msg, hex);
}

static struct isup_msg plain_iam(void)
{
	return (struct isup_msg){.cic = 100,
				 .type = ISUP_IAM,
				 .iam = {.forward = {0x60, 0x01},
					 .category = 0x0a,
					 .usi = {0x80, 0x90, 0xa2},
					 .usi_len = 3,
					 .called = {true, 3, 1, 0, 0, "9032469103"},
					 .calling = {true, 3, 1, 0, 3, "2013776051"}}};
}

/* An IAM that holds one optional parameter */
static struct isup_msg with_optional(const char *hex)
{
	char all[512];
	struct isup_msg msg;
	struct err e = {""};

	(void)snprintf(all, sizeof(all), HEAD USI_TO "%s 00", hex);
	CHECK_INT(0, decode(&msg, all, &e));
	CHECK_STR("", e.s);
	check_encodes(&msg, all);
	return msg;
}

static void check_refused(const char *hex, const char *text)
{
	struct isup_msg msg;
	struct err e = {""};

	CHECK_INT(EBADMSG, decode(&msg, hex, &e));
	CHECK_STR(text, e.s);
}

static void check_optional_refused(const char *hex, const char *text)
{
	char all[512];

	(void)snprintf(all, sizeof(all), HEAD USI_TO "%s 00", hex);
	check_refused(all, text);
}

static void check_unencodable(const struct isup_msg *msg, const char *text)
{
	BUF_AUTO struct buf out = BUF(512);
	struct err e = {""};

	CHECK_INT(EINVAL, isup_encode(&out, msg, &e));
	CHECK_STR(text, e.s);
	CHECK_INT(0, out.l);
}

TEST(iam_plain_from_fields)
{
	struct isup_msg msg = plain_iam();

	check_encodes(&msg, IAM_PLAIN);
}

TEST(iam_plain_to_fields)
{
	struct isup_msg msg;

	CHECK_INT(0, decode(&msg, IAM_PLAIN, NULL));
	CHECK_INT(100, msg.cic);
	CHECK_INT(ISUP_IAM, msg.type);
	CHECK_INT(0x60, msg.iam.forward[0]);
	CHECK_INT(0x01, msg.iam.forward[1]);
	CHECK_INT(0x0a, msg.iam.category);
	CHECK_MEM("\x80\x90\xa2", 3, msg.iam.usi, msg.iam.usi_len);
	CHECK_STR("9032469103", msg.iam.called.digits);
	CHECK_INT(3, msg.iam.called.noa);
	CHECK_INT(1, msg.iam.called.plan);
	CHECK_STR("2013776051", msg.iam.calling.digits);
	CHECK_INT(0, msg.iam.calling.presentation);
	CHECK_INT(3, msg.iam.calling.screening);
	CHECK(!msg.iam.generic.present);
	CHECK(!msg.iam.has_oli);
}

TEST(iam_full_both_ways)
{
	check_both_ways(IAM_FULL);
}

TEST(iam_full_to_fields)
{
	struct isup_msg msg;

	CHECK_INT(0, decode(&msg, IAM_FULL, NULL));
	CHECK_STR("9034050000", msg.iam.called.digits);
	CHECK_STR("9032469103", msg.iam.generic.digits);
	CHECK_STR("201377", msg.iam.jip);
	CHECK_STR("0288", msg.iam.tns);
	CHECK_STR("0288", msg.iam.cip);
	CHECK_STR("2013776000", msg.iam.charge.digits);
	CHECK(msg.iam.has_oli && msg.iam.oli == 0);
	CHECK(msg.iam.has_carrier_selection && msg.iam.carrier_selection == 2);
	CHECK_STR("9035550101", msg.iam.original_called.digits);
	CHECK_STR("9035550102", msg.iam.redirecting.digits);
	CHECK(msg.iam.has_redirection);
	CHECK_MEM("\x03\x21", 2, msg.iam.redirection, 2);
	CHECK(msg.iam.has_hop_counter && msg.iam.hop_counter == 20);
	CHECK_STR("JANE DOE", msg.iam.generic_name);
}

TEST(acm_both_ways)
{
	struct isup_msg msg = {.cic = 100, .type = ISUP_ACM, .acm = {{0x16, 0x04}}};

	check_encodes(&msg, "64 00 06 16 04 00");
	check_both_ways("64 00 06 16 04 00");
}

TEST(anm_both_ways)
{
	struct isup_msg msg = {.cic = 100, .type = ISUP_ANM};

	check_encodes(&msg, "64 00 09 00");
	check_both_ways("64 00 09 00");
}

TEST(rel_both_ways)
{
	struct isup_msg msg = {.cic = 100, .type = ISUP_REL, .rel = {0, 16}};

	check_encodes(&msg, "64 00 0C 02 00 02 80 90");
	check_both_ways("64 00 0C 02 00 02 80 90");
}

TEST(rlc_both_ways)
{
	struct isup_msg msg = {.cic = 100, .type = ISUP_RLC};

	check_encodes(&msg, "64 00 10");
	check_both_ways("64 00 10");
}

TEST(cpg_both_ways)
{
	struct isup_msg msg = {.cic = 100, .type = ISUP_CPG, .acm = {{1}}};

	check_encodes(&msg, "64 00 2C 01 00");
	check_both_ways("64 00 2C 01 00");
}

TEST(cic_is_little_endian_14_bits)
{
	struct isup_msg msg = {.cic = 0x3fff, .type = ISUP_RLC};

	check_encodes(&msg, "FF 3F 10");
	CHECK_INT(0, decode(&msg, "01 C2 10", NULL));
	CHECK_INT(0x0201, msg.cic); /* the two spare bits are not looked at */
}

TEST(calling_number_restricted_keeps_its_digits)
{
	struct isup_msg msg = with_optional("0A 07 03 15 02 31 77 06 15");

	CHECK_INT(1, msg.iam.calling.presentation);
	CHECK_INT(1, msg.iam.calling.screening);
	CHECK_STR("2013776051", msg.iam.calling.digits);
}

TEST(calling_number_not_available)
{
	struct isup_msg msg = with_optional("0A 02 00 08");

	CHECK(msg.iam.calling.present);
	CHECK_INT(2, msg.iam.calling.presentation);
	CHECK_STR("", msg.iam.calling.digits);
}

TEST(calling_number_missing)
{
	struct isup_msg msg;

	CHECK_INT(0,
		  decode(&msg, "64 00 01 00 60 01 0A 03 06 00 03 80 90 A2 07 03 10 09 23 64 19 30",
			 NULL));
	CHECK(!msg.iam.calling.present);
	check_encodes(&msg, "64 00 01 00 60 01 0A 03 06 00 03 80 90 A2 07 03 10 09 23 64 19 30");
}

TEST(digits_odd)
{
	struct isup_msg msg = with_optional("0A 08 84 13 94 71 32 54 76 08");

	CHECK_INT(NOA_INTERNATIONAL, msg.iam.calling.noa);
	CHECK_STR("49172345678", msg.iam.calling.digits);
}

TEST(digits_one)
{
	struct isup_msg msg = with_optional("0A 03 81 10 07");

	CHECK_STR("7", msg.iam.calling.digits);
}

TEST(digits_spare_codes_are_letters)
{
	struct isup_msg msg = with_optional("0A 04 01 10 BA DC");

	CHECK_STR("ABCD", msg.iam.calling.digits);
}

TEST(digits_24_are_the_most)
{
	struct isup_msg msg = with_optional("0A 0E 04 10 11 11 11 11 11 11 11 11 11 11 11 11");

	CHECK_INT(24, strlen(msg.iam.calling.digits));
	check_optional_refused(
		"0A 0F 04 10 11 11 11 11 11 11 11 11 11 11 11 11 11",
		"IAM: calling number (0A) at octet 24: expected 24 digits at the most, got 26");
}

TEST(generic_address_ported)
{
	struct isup_msg msg = with_optional("C0 08 C0 03 10 09 23 64 19 30");

	CHECK(msg.iam.generic.present);
	CHECK_STR("9032469103", msg.iam.generic.digits);
}

TEST(generic_address_of_another_type_is_kept_out)
{
	struct isup_msg msg;

	CHECK_INT(0, decode(&msg, HEAD USI_TO "C0 08 00 03 10 09 23 64 19 30 00", NULL));
	CHECK(!msg.iam.generic.present);
}

TEST(generic_address_ported_after_another_type)
{
	struct isup_msg msg;

	CHECK_INT(0, decode(&msg, HEAD USI_TO "C0 04 00 03 10 11 C0 08 C0 03 10 09 23 64 19 30 00",
			    NULL));
	CHECK_STR("9032469103", msg.iam.generic.digits);
}

TEST(jip_alone)
{
	CHECK_STR("201377", with_optional("C4 03 02 31 77").iam.jip);
	check_optional_refused(
		"C4 02 02 31",
		"IAM: jurisdiction information (C4) at octet 24: expected 3 octets, got 2");
}

TEST(tns_alone)
{
	CHECK_STR("0288", with_optional("23 04 22 20 88 00").iam.tns);
	CHECK_STR("288", with_optional("23 04 21 82 08 00").iam.tns);
	check_optional_refused(
		"23 03 22 20 88",
		"IAM: transit network selection (23) at octet 24: expected 4 octets, got 3");
}

TEST(cip_alone)
{
	CHECK_STR("0288", with_optional("C5 03 22 20 88").iam.cip);
}

TEST(carrier_of_another_kind_is_kept_out)
{
	struct isup_msg msg;

	CHECK_INT(0, decode(&msg, HEAD USI_TO "C5 03 13 20 88 00", NULL));
	CHECK_STR("", msg.iam.cip);
}

TEST(charge_number_alone)
{
	CHECK_STR("2013776000", with_optional("EB 07 03 10 02 31 77 06 00").iam.charge.digits);
}

TEST(oli_alone)
{
	struct isup_msg msg = with_optional("EA 01 17");

	CHECK(msg.iam.has_oli);
	CHECK_INT(0x17, msg.iam.oli);
	check_optional_refused(
		"EA 02 17 00",
		"IAM: originating line information (EA) at octet 24: expected 1 octets, got 2");
}

TEST(carrier_selection_alone)
{
	CHECK_INT(2, with_optional("EE 01 02").iam.carrier_selection);
}

TEST(original_called_alone)
{
	struct isup_msg msg = with_optional("28 07 03 14 09 53 55 10 10");

	CHECK_STR("9035550101", msg.iam.original_called.digits);
	CHECK_INT(1, msg.iam.original_called.presentation);
}

TEST(redirecting_alone)
{
	CHECK_STR("9035550102", with_optional("0B 07 03 10 09 53 55 10 20").iam.redirecting.digits);
}

TEST(redirection_information_alone)
{
	struct isup_msg msg = with_optional("13 02 03 21");

	CHECK(msg.iam.has_redirection);
	CHECK_MEM("\x03\x21", 2, msg.iam.redirection, 2);
}

TEST(hop_counter_alone)
{
	CHECK_INT(20, with_optional("3D 01 14").iam.hop_counter);
}

TEST(generic_name_alone)
{
	CHECK_STR("JANE DOE", with_optional("C7 09 20 4A 41 4E 45 20 44 4F 45").iam.generic_name);
}

TEST(generic_name_not_to_be_shown_is_kept_out)
{
	struct isup_msg msg;

	CHECK_INT(0, decode(&msg, HEAD USI_TO "C7 05 21 4A 41 4E 45 00", NULL));
	CHECK_STR("", msg.iam.generic_name);
}

TEST(generic_name_with_control_octets)
{
	check_optional_refused(
		"C7 03 20 0D 0A",
		"IAM: generic name (C7) at octet 24: expected printable ASCII, got octet 0d");
}

TEST(unknown_parameter_is_passed_over)
{
	struct isup_msg msg;

	CHECK_INT(0, decode(&msg, HEAD USI_TO "F1 02 AA BB 0A 07 03 13 02 31 77 06 15 F2 00 00",
			    NULL));
	CHECK_STR("2013776051", msg.iam.calling.digits);
	check_encodes(&msg, IAM_PLAIN);
}

TEST(repeated_parameter_first_counts)
{
	struct isup_msg msg;

	CHECK_INT(0, decode(&msg, HEAD USI_TO "EA 01 17 EA 01 18 00", NULL));
	CHECK_INT(0x17, msg.iam.oli);
}

TEST(octets_behind_the_end_are_ignored)
{
	struct isup_msg msg;

	CHECK_INT(0, decode(&msg, IAM_PLAIN " 12 34", NULL));
	check_encodes(&msg, IAM_PLAIN);
}

TEST(optional_part_of_other_messages_is_passed_over)
{
	struct isup_msg msg;

	CHECK_INT(0, decode(&msg, "64 00 06 16 04 01 29 01 01 00", NULL));
	CHECK_INT(0x16, msg.acm.backward[0]);
	CHECK_INT(0, decode(&msg, "64 00 0C 02 04 02 84 91 F1 01 00 00", NULL));
	CHECK_INT(17, msg.rel.cause);
	CHECK_INT(4, msg.rel.location);
}

TEST(cause_with_recommendation_octet)
{
	struct isup_msg msg;

	CHECK_INT(0, decode(&msg, "64 00 0C 02 00 03 04 80 91", NULL));
	CHECK_INT(17, msg.rel.cause);
	check_refused("64 00 0C 02 00 02 04 80",
		      "REL: cause (12) at octet 6: expected 3 octets or more, got 2");
}

static void check_truncated(const char *hex)
{
	uint8_t octets[512];
	size_t l = hex_octets(octets, sizeof(octets), hex);

	for (size_t cut = 0; cut < l; cut++) {
		uint8_t exact[512]; /* its own array, so that a sanitizer sees a read behind the cut
				     */
		struct isup_msg msg;
		struct err e = {""};

		memcpy(exact, octets, cut);
		CHECK_INT(EBADMSG, isup_decode(&msg, (struct sv){(const char *)exact, cut}, &e));
		CHECK(e.s[0]);
	}
}

TEST(truncated_at_every_octet)
{
	check_truncated(IAM_PLAIN);
	check_truncated(IAM_FULL);
	check_truncated("64 00 06 16 04 00");
	check_truncated("64 00 09 00");
	check_truncated("64 00 0C 02 00 02 80 90");
	check_truncated("64 00 10");
	check_truncated("64 00 2C 01 00");
}

TEST(truncated_says_what_is_missing)
{
	check_refused("64 00", "ISUP: expected CIC and message type, got 2 octets");
	check_refused("64 00 09", "ANM: expected 4 octets or more, got 3");
	check_refused(
		HEAD USI_TO "0A 07 03 13 02 31 77 06",
		"IAM: calling number (0A) at octet 24: expected 7 octets of value, got only 6");
	check_refused(
		HEAD USI_TO "0A 07 03 13 02 31 77 06 15",
		"IAM: optional part: expected an end (00), got the end of the message at octet 31");
}

TEST(pointer_out_of_range)
{
	check_refused(HEAD "03 F0 0D 03 80 90 A2 07 03 10 09 23 64 19 30 00",
		      "IAM: pointer to the called number at octet 9: expected one that leads to "
		      "octets 11 to 23, "
		      "got 240");
	check_refused(HEAD "03 06 F0 03 80 90 A2 07 03 10 09 23 64 19 30 00",
		      "IAM: pointer to the optional part at octet 10: expected one that leads to "
		      "octets 11 to 23, "
		      "got 240");
}

TEST(pointer_into_the_pointers)
{
	check_refused(HEAD "02 06 0D 03 80 90 A2 07 03 10 09 23 64 19 30 00",
		      "IAM: pointer to the user service information at octet 8: expected one that "
		      "leads to octets 11 "
		      "to 23, got 2");
}

TEST(pointer_to_mandatory_is_zero)
{
	check_refused("64 00 0C 00 00 02 80 90", "REL: pointer to the cause at octet 4: expected "
						 "one that leads to octets 6 to 8, got 0");
}

TEST(parameters_in_another_order_by_their_pointers)
{
	struct isup_msg msg;

	/* called number before the user service information */
	CHECK_INT(0, decode(&msg, HEAD "0B 02 00 07 03 10 09 23 64 19 30 03 80 90 A2", NULL));
	CHECK_STR("9032469103", msg.iam.called.digits);
	CHECK_MEM("\x80\x90\xa2", 3, msg.iam.usi, msg.iam.usi_len);
}

TEST(digit_15_is_refused)
{
	check_optional_refused(
		"0A 04 03 13 21 0F",
		"IAM: calling number (0A) at octet 24: expected digits 0 to 14, got 15 as digit 3");
}

TEST(odd_without_digits_is_refused)
{
	check_optional_refused(
		"0A 02 83 13",
		"IAM: calling number (0A) at octet 24: expected an odd number of digits, got none");
}

TEST(type_that_we_do_not_speak)
{
	struct isup_msg msg;
	struct err e = {""};

	CHECK_INT(ENOTSUP, decode(&msg, "64 00 12", &e));
	CHECK_STR("ISUP: message type 12: expected IAM, ACM, CPG, ANM, REL or RLC", e.s);
	CHECK_INT(100, msg.cic);
}

TEST(encode_refuses_values_out_of_bounds)
{
	struct isup_msg msg = {.cic = 0x4000, .type = ISUP_RLC};

	check_unencodable(&msg, "RLC: CIC: expected 0 to 16383, got 16384");
	msg = (struct isup_msg){.type = ISUP_REL, .rel = {0, 128}};
	check_unencodable(
		&msg, "REL: cause (12): expected location to 15 and cause to 127, got 0 and 128");
	msg = (struct isup_msg){.type = (enum isup_type)0x12};
	check_unencodable(&msg, "ISUP message type 12: not one that can be sent");
}

TEST(encode_refuses_missing_mandatory)
{
	struct isup_msg msg = plain_iam();

	msg.iam.called.present = false;
	check_unencodable(&msg, "IAM: called number (04) is mandatory, got none");
	msg = plain_iam();
	msg.iam.usi_len = 0;
	check_unencodable(&msg, "IAM: user service information (1D) is mandatory, got none");
}

TEST(encode_refuses_bad_digits)
{
	struct isup_msg msg = plain_iam();

	(void)snprintf(msg.iam.calling.digits, sizeof(msg.iam.calling.digits), "20137F");
	check_unencodable(&msg,
			  "IAM: calling number (0A): expected digits 0-9 or A-E, got \"20137F\"");
	msg = plain_iam();
	(void)snprintf(msg.iam.jip, sizeof(msg.iam.jip), "20137");
	check_unencodable(&msg, "IAM: jurisdiction information (C4): expected 6 digits, got 5");
	msg = plain_iam();
	(void)snprintf(msg.iam.cip, sizeof(msg.iam.cip), "02888");
	check_unencodable(
		&msg,
		"IAM: carrier identification (C5): expected a carrier of 3 or 4 digits, got 5");
}

TEST(encode_honours_the_buffer)
{
	BUF_AUTO struct buf out = BUF(8);
	struct isup_msg msg = plain_iam();

	CHECK_INT(EMSGSIZE, isup_encode(&out, &msg, NULL));
}

TEST(text)
{
	char line[128];
	struct isup_msg msg;

	CHECK_INT(0, decode(&msg, IAM_PLAIN, NULL));
	isup_text(&msg, line, sizeof(line));
	CHECK_STR("IAM CIC 100 called 9032469103 calling 2013776051", line);
	CHECK_INT(0, decode(&msg, IAM_FULL, NULL));
	isup_text(&msg, line, sizeof(line));
	CHECK_STR("IAM CIC 100 called 9034050000 calling 2013776051 ported 9032469103 redirecting "
		  "9035550102",
		  line);
	CHECK_INT(0, decode(&msg, "64 00 0C 02 00 02 80 91", NULL));
	isup_text(&msg, line, sizeof(line));
	CHECK_STR("REL CIC 100 cause 17", line);
	isup_text(&msg, line, 4);
	CHECK_STR("REL", line);
}

TEST(type_names)
{
	CHECK_STR("IAM", isup_type_name(ISUP_IAM));
	CHECK_STR("RLC", isup_type_name(ISUP_RLC));
	CHECK_STR("?", isup_type_name((enum isup_type)0));
}

/* clang-format off */
TEST_MAIN(
	CASE(iam_plain_from_fields),
	CASE(iam_plain_to_fields),
	CASE(iam_full_both_ways),
	CASE(iam_full_to_fields),
	CASE(acm_both_ways),
	CASE(anm_both_ways),
	CASE(rel_both_ways),
	CASE(rlc_both_ways),
	CASE(cpg_both_ways),
	CASE(cic_is_little_endian_14_bits),
	CASE(calling_number_restricted_keeps_its_digits),
	CASE(calling_number_not_available),
	CASE(calling_number_missing),
	CASE(digits_odd),
	CASE(digits_one),
	CASE(digits_spare_codes_are_letters),
	CASE(digits_24_are_the_most),
	CASE(generic_address_ported),
	CASE(generic_address_of_another_type_is_kept_out),
	CASE(generic_address_ported_after_another_type),
	CASE(jip_alone),
	CASE(tns_alone),
	CASE(cip_alone),
	CASE(carrier_of_another_kind_is_kept_out),
	CASE(charge_number_alone),
	CASE(oli_alone),
	CASE(carrier_selection_alone),
	CASE(original_called_alone),
	CASE(redirecting_alone),
	CASE(redirection_information_alone),
	CASE(hop_counter_alone),
	CASE(generic_name_alone),
	CASE(generic_name_not_to_be_shown_is_kept_out),
	CASE(generic_name_with_control_octets),
	CASE(unknown_parameter_is_passed_over),
	CASE(repeated_parameter_first_counts),
	CASE(octets_behind_the_end_are_ignored),
	CASE(optional_part_of_other_messages_is_passed_over),
	CASE(cause_with_recommendation_octet),
	CASE(truncated_at_every_octet),
	CASE(truncated_says_what_is_missing),
	CASE(pointer_out_of_range),
	CASE(pointer_into_the_pointers),
	CASE(pointer_to_mandatory_is_zero),
	CASE(parameters_in_another_order_by_their_pointers),
	CASE(digit_15_is_refused),
	CASE(odd_without_digits_is_refused),
	CASE(type_that_we_do_not_speak),
	CASE(encode_refuses_values_out_of_bounds),
	CASE(encode_refuses_missing_mandatory),
	CASE(encode_refuses_bad_digits),
	CASE(encode_honours_the_buffer),
	CASE(text),
	CASE(type_names))
