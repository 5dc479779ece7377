/* M3UA DATA both ways, framing, point codes. */
#include <errno.h>

#include "lib/tdm/m3ua.h"
#include "tests/unit/hex.h"
#include "tests/unit/test.h"

#define IAM                                                                     \
	"64 00 01 00 60 01 0A 03 06 0D 03 80 90 A2 07 03 10 09 23 64 19 30 0A " \
	"07 03 13 02 31 77 06 15 00"
#define DATA                                                                      \
	"01 00 01 01 00 00 00 38 02 10 00 30 00 01 01 01 00 02 03 04 05 02 00 05" \
	" " IAM

struct message {
	uint8_t octets[512];
	struct sv sv;
};

static struct sv message(struct message *m, const char *hex)
{
	m->sv = (struct sv){(const char *)m->octets, hex_octets(m->octets, sizeof(m->octets), hex)};
	return m->sv;
}

static void check_refused(const char *hex, int err, const char *text)
{
	struct m3ua_data data;
	struct message m;
	struct err e = {""};

	CHECK_INT(err, m3ua_decode(&data, message(&m, hex), &e));
	CHECK_STR(text, e.s);
}

TEST(data_from_fields)
{
	BUF_AUTO struct buf out = BUF(M3UA_MAX_LEN);
	struct message want, user;
	struct m3ua_data data = {0x010101, 0x020304, MTP_SI_ISUP, 2, 0, 5, message(&user, IAM)};

	CHECK_INT(0, m3ua_encode(&out, &data));
	message(&want, DATA);
	CHECK_MEM(want.sv.p, want.sv.l, out.p, out.l);
}

TEST(data_to_fields)
{
	struct message m, user;
	struct m3ua_data data;
	char pc[16];

	CHECK_INT(0, m3ua_decode(&data, message(&m, DATA), NULL));
	m3ua_pc_text(data.opc, pc);
	CHECK_STR("1-1-1", pc);
	m3ua_pc_text(data.dpc, pc);
	CHECK_STR("2-3-4", pc);
	CHECK_INT(5, data.si);
	CHECK_INT(2, data.ni);
	CHECK_INT(0, data.mp);
	CHECK_INT(5, data.sls);
	message(&user, IAM);
	CHECK_MEM(user.sv.p, user.sv.l, data.user.p, data.user.l);
}

TEST(data_is_padded_to_four)
{
	BUF_AUTO struct buf out = BUF(M3UA_MAX_LEN);
	struct m3ua_data data = {1, 2, MTP_SI_ISUP, 2, 0, 0, SV("\x64\0\x10")};
	struct m3ua_data back;

	CHECK_INT(0, m3ua_encode(&out, &data));
	CHECK_INT(28, out.l);
	CHECK_INT(28, out.p[7]);  /* the message's length counts the padding */
	CHECK_INT(19, out.p[11]); /* the parameter's does not */
	CHECK_INT(0, out.p[27]);
	CHECK_INT(0, m3ua_decode(&back, buf_sv(&out), NULL));
	CHECK_INT(3, back.user.l);
}

TEST(data_without_the_last_padding_is_read)
{
	struct message m;
	struct m3ua_data data;

	CHECK_INT(0,
		  m3ua_decode(
			  &data,
			  message(&m,
				  "01 00 01 01 00 00 00 1B 02 10 00 13 00 01 01 01 00 02 03 04 05 "
				  "02 00 05 64 00 10"),
			  NULL));
	CHECK_INT(3, data.user.l);
}

TEST(data_behind_other_parameters)
{
	struct message m;
	struct m3ua_data data;

	/* network appearance and routing context come first */
	CHECK_INT(0,
		  m3ua_decode(
			  &data,
			  message(&m,
				  "01 00 01 01 00 00 00 2C 02 00 00 08 00 00 00 07 00 06 00 08 00 "
				  "00 00 01 02 10 00 13 00 01 01 01 00 02 03 04 05 02 00 05 64 00 "
				  "10 00"),
			  NULL));
	CHECK_INT(3, data.user.l);
}

TEST(other_messages_are_named)
{
	check_refused("01 00 03 01 00 00 00 08", ENOTSUP,
		      "M3UA: expected DATA, got ASPUP (class 3, type 1)");
	check_refused("01 00 03 03 00 00 00 08", ENOTSUP,
		      "M3UA: expected DATA, got BEAT (class 3, type 3)");
	check_refused("01 00 63 07 00 00 00 08", ENOTSUP,
		      "M3UA: expected DATA, got unknown (class 99, type 7)");
}

TEST(data_without_protocol_data)
{
	check_refused("01 00 01 01 00 00 00 10 00 06 00 08 00 00 00 01", EBADMSG,
		      "M3UA: expected parameter 0210 (protocol data), got none");
}

TEST(protocol_data_too_short)
{
	check_refused("01 00 01 01 00 00 00 10 02 10 00 08 00 00 00 01", EBADMSG,
		      "M3UA: protocol data: expected 12 octets or more, got 4");
}

TEST(parameter_longer_than_the_message)
{
	check_refused("01 00 01 01 00 00 00 10 02 10 00 30 00 00 00 01", EBADMSG,
		      "M3UA: parameter 0210 at octet 9: expected a length from 4 to 8, got 48");
}

TEST(parameter_of_length_zero)
{
	check_refused("01 00 01 01 00 00 00 10 00 06 00 00 00 00 00 01", EBADMSG,
		      "M3UA: parameter 0006 at octet 9: expected a length from 4 to 8, got 0");
}

TEST(half_a_parameter_head)
{
	check_refused("01 00 01 01 00 00 00 0A 02 10", EBADMSG,
		      "M3UA: expected a parameter at octet 9, got only 2 octets");
}

TEST(truncated_at_every_octet)
{
	struct message m;
	struct sv all = message(&m, DATA);

	for (size_t cut = 0; cut < all.l; cut++) {
		struct m3ua_data data;
		struct err e = {""};

		CHECK_INT(EBADMSG, m3ua_decode(&data, (struct sv){all.p, cut}, &e));
		CHECK(e.s[0]);
	}
}

TEST(length_for_framing)
{
	struct message m;

	message(&m, DATA);
	CHECK_INT(56, m3ua_len(m.octets, m.sv.l));
	CHECK_INT(56, m3ua_len(m.octets, 8));
	CHECK_INT(0, m3ua_len(m.octets, 7));
	CHECK_INT(0, m3ua_len(m.octets, 0));
}

TEST(length_of_what_is_no_m3ua)
{
	CHECK_INT(-1, m3ua_len((const uint8_t *)"GET / HTTP/1.1", 14));
	CHECK_INT(-1, m3ua_len((const uint8_t *)"G", 1));
	CHECK_INT(-1, m3ua_len((const uint8_t *)"\1\0\1\1\0\0\0\7", 8));
	CHECK_INT(-1, m3ua_len((const uint8_t *)"\1\0\1\1\0\0\x10\1", 8));
	CHECK_INT(4096, m3ua_len((const uint8_t *)"\1\0\1\1\0\0\x10\0", 8));
	CHECK_INT(-1, m3ua_len((const uint8_t *)"\1\0\1\1\xff\xff\xff\xff", 8));
}

TEST(encode_refuses_what_is_too_long)
{
	BUF_AUTO struct buf out = BUF(2 * M3UA_MAX_LEN);
	static const char big[M3UA_MAX_LEN];
	struct m3ua_data data = {.user = {big, M3UA_MAX_LEN - 23}};

	CHECK_INT(EMSGSIZE, m3ua_encode(&out, &data));
	CHECK_INT(0, out.l);
	data.user.l = M3UA_MAX_LEN - 24;
	CHECK_INT(0, m3ua_encode(&out, &data));
	CHECK_INT(M3UA_MAX_LEN, out.l);
}

TEST(point_codes)
{
	uint32_t pc = 7;
	char text[16];

	CHECK_INT(0, m3ua_pc_parse(&pc, SV("2-3-4")));
	CHECK_INT(0x020304, pc);
	CHECK_INT(0, m3ua_pc_parse(&pc, SV("255-255-255")));
	CHECK_INT(0xffffff, pc);
	m3ua_pc_text(pc, text);
	CHECK_STR("255-255-255", text);
}

TEST(point_codes_that_are_none)
{
	static const char *const bad[] = {"",     "1",     "1-2",    "1-2-3-4", "1-2-256",
					  "1--3", "a-b-c", "1-2-3-", " 1-2-3"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint32_t pc = 7;

		CHECK_INT(EBADMSG, m3ua_pc_parse(&pc, sv_from(bad[i])));
		CHECK_INT(7, pc);
	}
}

/* clang-format off */
TEST_MAIN(
	CASE(data_from_fields),
	CASE(data_to_fields),
	CASE(data_is_padded_to_four),
	CASE(data_without_the_last_padding_is_read),
	CASE(data_behind_other_parameters),
	CASE(other_messages_are_named),
	CASE(data_without_protocol_data),
	CASE(protocol_data_too_short),
	CASE(parameter_longer_than_the_message),
	CASE(parameter_of_length_zero),
	CASE(half_a_parameter_head),
	CASE(truncated_at_every_octet),
	CASE(length_for_framing),
	CASE(length_of_what_is_no_m3ua),
	CASE(encode_refuses_what_is_too_long),
	CASE(point_codes),
	CASE(point_codes_that_are_none))
