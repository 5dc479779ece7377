#include <errno.h>

#include "lib/stir/cert.h"
#include "tests/unit/hex.h"
#include "tests/unit/test.h"

#define SPC_1234 "30 08 A0 06 16 04 31 32 33 34"
#define RANGE    "30 14 A1 12 30 10 16 0B 31 32 30 32 35 35 35 30 31 30 30 02 01 64"
#define ONE      "30 0F A2 0D 16 0B 31 32 30 32 35 35 35 30 31 30 30"

static struct tnauth got[TNAUTH_MAX];

static int decode(const char *hex)
{
	uint8_t der[1024];

	return tnauth_decode(got, der, hex_octets(der, sizeof(der), hex));
}

static void check_encode(const char *hex, const struct tnauth *v, size_t n)
{
	BUF_AUTO struct buf der = BUF(1024);
	uint8_t want[1024];
	size_t l = hex_octets(want, sizeof(want), hex);

	CHECK_INT(0, tnauth_encode(&der, v, n));
	CHECK_MEM(want, l, der.p, der.l);
}

/* proves: PKI-01 */
TEST(decode_spc)
{
	CHECK_INT(1, decode(SPC_1234));
	CHECK_INT(TNAUTH_SPC, got[0].kind);
	CHECK_STR("1234", got[0].value);
}

TEST(decode_range)
{
	CHECK_INT(1, decode(RANGE));
	CHECK_INT(TNAUTH_RANGE, got[0].kind);
	CHECK_STR("12025550100", got[0].value);
	CHECK_INT(100, got[0].count);
}

TEST(decode_one)
{
	CHECK_INT(1, decode(ONE));
	CHECK_INT(TNAUTH_ONE, got[0].kind);
	CHECK_STR("12025550100", got[0].value);
}

TEST(decode_mixed_in_order)
{
	CHECK_INT(3, decode("30 1D A0 06 16 04 38 31 38 48 A1 0A 30 08 16 03 39 31 31 02 01 02 A2 "
			    "07 16 05 2A 36 37 23 30"));
	CHECK_STR("818H", got[0].value);
	CHECK_STR("911", got[1].value);
	CHECK_INT(2, got[1].count);
	CHECK_STR("*67#0", got[2].value);
}

/* proves: PKI-01 */
TEST(encode_spc)
{
	check_encode(SPC_1234, &(struct tnauth){TNAUTH_SPC, "1234", 0}, 1);
}

TEST(encode_range)
{
	check_encode(RANGE, &(struct tnauth){TNAUTH_RANGE, "12025550100", 100}, 1);
}

TEST(encode_one)
{
	check_encode(ONE, &(struct tnauth){TNAUTH_ONE, "12025550100", 0}, 1);
}

TEST(largest_range_there_and_back)
{
	BUF_AUTO struct buf der = BUF(1024);

	CHECK_INT(0, tnauth_encode(&der, &(struct tnauth){TNAUTH_RANGE, "1", UINT64_MAX}, 1));
	CHECK_INT(1, tnauth_decode(got, (const uint8_t *)der.p, der.l));
	CHECK(got[0].count == UINT64_MAX);
}

/* Each is the SPC's vector, or the range's, with one mistake */
#define REFUSES(name, hex)                  \
	TEST(refuses_##name)                \
	{                                   \
		CHECK_INT(-1, decode(hex)); \
	}

REFUSES(empty_list, "30 00")
REFUSES(no_octets, "")
REFUSES(trailing_octets, SPC_1234 "00")
REFUSES(short_octets, "30 08 A0 06 16 04 31 32 33")
REFUSES(unknown_alternative, "30 08 A3 06 16 04 31 32 33 34")
REFUSES(implicit_tag, "30 06 80 04 31 32 33 34")
REFUSES(utf8_string, "30 08 A0 06 0C 04 31 32 33 34")
REFUSES(set_for_sequence, "31 08 A0 06 16 04 31 32 33 34")
REFUSES(long_form_length, "30 81 08 A0 06 16 04 31 32 33 34")
REFUSES(indefinite_length, "30 80 A0 06 16 04 31 32 33 34 00 00")
REFUSES(empty_spc, "30 04 A0 02 16 00")
REFUSES(blank_in_spc, "30 08 A0 06 16 04 31 20 33 34")
REFUSES(nul_in_spc, "30 08 A0 06 16 04 31 00 33 34")
REFUSES(spc_of_17, "30 15 A0 13 16 11 31 31 31 31 31 31 31 31 31 31 31 31 31 31 31 31 31")
REFUSES(tn_of_16, "30 14 A2 12 16 10 31 31 31 31 31 31 31 31 31 31 31 31 31 31 31 31")
REFUSES(plus_in_tn, "30 08 A2 06 16 04 2B 32 33 34")
REFUSES(range_of_1, "30 0C A1 0A 30 08 16 03 39 31 31 02 01 01")
REFUSES(range_of_0, "30 0C A1 0A 30 08 16 03 39 31 31 02 01 00")
REFUSES(negative_range, "30 0C A1 0A 30 08 16 03 39 31 31 02 01 FE")
REFUSES(range_over_64_bits, "30 14 A1 12 30 10 16 03 39 31 31 02 09 01 00 00 00 00 00 00 00 00")
REFUSES(range_without_count, "30 09 A1 07 30 05 16 03 39 31 31")

TEST(bound_of_entries)
{
	BUF_AUTO struct buf der = BUF(4096);
	struct tnauth v[TNAUTH_MAX + 1];
	uint8_t more[4096];

	for (size_t i = 0; i <= TNAUTH_MAX; i++)
		v[i] = (struct tnauth){TNAUTH_SPC, "1234", 0};
	CHECK_INT(0, tnauth_encode(&der, v, TNAUTH_MAX));
	CHECK_INT(TNAUTH_MAX, tnauth_decode(got, (const uint8_t *)der.p, der.l));
	CHECK_INT(EINVAL, tnauth_encode(&der, v, TNAUTH_MAX + 1));
	/* 33 entries of 8 octets: 264 = 0x108 */
	memcpy(more, "\x30\x82\x01\x08", 4);
	for (size_t i = 0; i <= TNAUTH_MAX; i++)
		memcpy(more + 4 + i * 8, "\xA0\x06\x16\x04\x31\x32\x33\x34", 8);
	CHECK_INT(-1, tnauth_decode(got, more, 4 + (TNAUTH_MAX + 1) * 8));
}

TEST(encode_refuses)
{
	static const struct tnauth bad[] = {
		{TNAUTH_SPC, "", 0},      {TNAUTH_SPC, "12 4", 0},
		{TNAUTH_ONE, "", 0},      {TNAUTH_ONE, "+12025550100", 0},
		{TNAUTH_RANGE, "911", 1}, {TNAUTH_RANGE, "", 5},
	};
	BUF_AUTO struct buf der = BUF(1024);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_INT(EINVAL, tnauth_encode(&der, &bad[i], 1));
	CHECK_INT(EINVAL, tnauth_encode(&der, bad, 0));
	CHECK_INT(0, der.l);
}

TEST_MAIN(CASE(decode_spc), CASE(decode_range), CASE(decode_one), CASE(decode_mixed_in_order),
	  CASE(encode_spc), CASE(encode_range), CASE(encode_one),
	  CASE(largest_range_there_and_back), CASE(refuses_empty_list), CASE(refuses_no_octets),
	  CASE(refuses_trailing_octets), CASE(refuses_short_octets),
	  CASE(refuses_unknown_alternative), CASE(refuses_implicit_tag), CASE(refuses_utf8_string),
	  CASE(refuses_set_for_sequence), CASE(refuses_long_form_length),
	  CASE(refuses_indefinite_length), CASE(refuses_empty_spc), CASE(refuses_blank_in_spc),
	  CASE(refuses_nul_in_spc), CASE(refuses_spc_of_17), CASE(refuses_tn_of_16),
	  CASE(refuses_plus_in_tn), CASE(refuses_range_of_1), CASE(refuses_range_of_0),
	  CASE(refuses_negative_range), CASE(refuses_range_over_64_bits),
	  CASE(refuses_range_without_count), CASE(bound_of_entries), CASE(encode_refuses))
