#include <errno.h>

#include "lib/base/b64url.h"
#include "tests/unit/test.h"

static void round_trip(const char *octets, size_t len, const char *text)
{
	BUF_AUTO struct buf enc = BUF(4096);
	BUF_AUTO struct buf dec = BUF(4096);

	CHECK_INT(0, b64url_encode(&enc, octets, len));
	CHECK_SV(text, buf_sv(&enc));
	CHECK_INT(B64URL_ENCODED_LEN(len), enc.l);
	CHECK_INT(0, b64url_decode(&dec, sv_from(text)));
	CHECK_MEM(octets, len, dec.p, dec.l);
	CHECK_INT(B64URL_DECODED_LEN(strlen(text)), dec.l);
}

static void refused(struct sv text)
{
	BUF_AUTO struct buf dec = BUF(4096);

	(void)buf_addz(&dec, "before");
	CHECK_INT(EBADMSG, b64url_decode(&dec, text));
	CHECK_SV("before", buf_sv(&dec));
	CHECK_INT(0, dec.err);
}

/* RFC 4648 10, without the padding */
TEST(rfc4648_empty)
{
	round_trip("", 0, "");
}

TEST(rfc4648_f)
{
	round_trip("f", 1, "Zg");
}

TEST(rfc4648_fo)
{
	round_trip("fo", 2, "Zm8");
}

TEST(rfc4648_foo)
{
	round_trip("foo", 3, "Zm9v");
}

TEST(rfc4648_foob)
{
	round_trip("foob", 4, "Zm9vYg");
}

TEST(rfc4648_fooba)
{
	round_trip("fooba", 5, "Zm9vYmE");
}

TEST(rfc4648_foobar)
{
	round_trip("foobar", 6, "Zm9vYmFy");
}

/* RFC 7515 Appendix C */
TEST(rfc7515_appendix_c)
{
	round_trip("\x03\xec\xff\xe0\xc1", 5, "A-z_4ME");
}

TEST(all_octets_there_and_back)
{
	BUF_AUTO struct buf enc = BUF(4096);
	BUF_AUTO struct buf dec = BUF(4096);
	char all[256];

	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	CHECK_INT(0, b64url_encode(&enc, all, sizeof(all)));
	CHECK_INT(0, b64url_decode(&dec, buf_sv(&enc)));
	CHECK_MEM(all, sizeof(all), dec.p, dec.l);
}

TEST(every_foreign_octet_is_refused)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

	for (int c = 0; c < 256; c++) {
		char text[4] = {'A', (char)c, 'A', 'A'};
		bool ours = c && strchr(alphabet, c);
		BUF_AUTO struct buf dec = BUF(16);

		CHECK_INT(ours ? 0 : EBADMSG, b64url_decode(&dec, (struct sv){text, 4}));
	}
}

TEST(padding_is_refused)
{
	refused(SV("Zg=="));
	refused(SV("Zm8="));
}

TEST(standard_alphabet_is_refused)
{
	refused(SV("A+z/4ME"));
}

TEST(blanks_are_refused)
{
	refused(SV("Zm9v "));
	refused(SV(" Zm9v"));
	refused(SV("Zm\n9v"));
	refused(SV("Zm9v\r\n"));
}

TEST(length_one_mod_four_is_refused)
{
	refused(SV("Z"));
	refused(SV("Zm9vY"));
	refused(SV("A"));
	refused(SV("Zm9vA"));
}

TEST(trailing_bits_are_refused)
{
	refused(SV("Zh"));  /* f, and one bit more */
	refused(SV("Zm9")); /* fo, and one bit more */
}

TEST(bad_octet_in_the_middle_leaves_nothing)
{
	refused(SV("Zm9vYmFyZm9v*mFy"));
}

TEST(limit_of_the_buffer_is_kept)
{
	BUF_AUTO struct buf small = BUF(5);

	CHECK_INT(EMSGSIZE, b64url_decode(&small, SV("Zm9vYmFy")));
	CHECK_INT(0, small.l);
	BUF_AUTO struct buf fits = BUF(6);

	CHECK_INT(0, b64url_decode(&fits, SV("Zm9vYmFy")));
}

TEST_MAIN(CASE(rfc4648_empty), CASE(rfc4648_f), CASE(rfc4648_fo), CASE(rfc4648_foo),
	  CASE(rfc4648_foob), CASE(rfc4648_fooba), CASE(rfc4648_foobar), CASE(rfc7515_appendix_c),
	  CASE(all_octets_there_and_back), CASE(every_foreign_octet_is_refused),
	  CASE(padding_is_refused), CASE(standard_alphabet_is_refused), CASE(blanks_are_refused),
	  CASE(length_one_mod_four_is_refused), CASE(trailing_bits_are_refused),
	  CASE(bad_octet_in_the_middle_leaves_nothing), CASE(limit_of_the_buffer_is_kept))
