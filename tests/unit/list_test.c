/* The JWT frame of signed lists: form, signature, end, each mistake alone. */
#include <errno.h>

#include "lib/base/b64url.h"
#include "lib/stir/passport.h"
#include "tests/unit/toy_pki.h"

#define HEADER "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"x5u\":\"https://a.example/s.pem\"}"
#define CLAIMS "{\"version\":\"1.0\",\"sequence\":3,\"exp\":1590000000,\"trustList\":[\"x\"]}"
#define SIG    "AAAA"

static struct signed_list list;
static struct err e;

/* A token of these texts; the signature is whatever is given */
static struct buf token(const char *header, const char *claims, const char *sig)
{
	struct buf ret = BUF(65536);

	(void)b64url_encode(&ret, header, strlen(header));
	(void)buf_addz(&ret, ".");
	(void)b64url_encode(&ret, claims, strlen(claims));
	(void)buf_printf(&ret, ".%s", sig);
	return ret;
}

static void check_refused_text(struct sv jwt, const char *text)
{
	e.s[0] = '\0';
	CHECK_INT(EBADMSG, list_parse(&list, jwt, "trustList", &e));
	if (!strstr(e.s, text))
		CHECK_STR(text, e.s);
}

static void check_refused(const char *header, const char *claims, const char *text)
{
	BUF_AUTO struct buf jwt = token(header, claims, SIG);

	check_refused_text(buf_sv(&jwt), text);
}

TEST(parse_reads_all_members)
{
	BUF_AUTO struct buf jwt = token(HEADER, CLAIMS, SIG);

	CHECK_INT(0, list_parse(&list, buf_sv(&jwt), "trustList", &e));
	CHECK_STR("https://a.example/s.pem", list.x5u);
	CHECK_INT(3, list.sequence);
	CHECK_INT(1590000000, list.exp_s);
	CHECK_INT(1, json_array_size(list.content));
	CHECK_STR(jwt.p, list.token);
	signed_list_clear(&list);
}

TEST(parse_takes_a_newline_at_the_end)
{
	BUF_AUTO struct buf jwt = token(HEADER, CLAIMS, SIG "\r\n");

	CHECK_INT(0, list_parse(&list, buf_sv(&jwt), "trustList", &e));
	signed_list_clear(&list);
}

TEST(parse_takes_other_content)
{
	BUF_AUTO struct buf jwt = token(HEADER,
					"{\"version\":\"1.0\",\"sequence\":0,\"exp\":1,"
					"\"cpsMapping\":{\"1234\":\"https://c.example/\"}}",
					SIG);

	CHECK_INT(0, list_parse(&list, buf_sv(&jwt), "cpsMapping", &e));
	CHECK(json_is_object(list.content));
	signed_list_clear(&list);
	check_refused_text(buf_sv(&jwt), "expected a member \"trustList\"");
}

#define REFUSES(name, header, claims, text)          \
	TEST(refuses_##name)                         \
	{                                            \
		check_refused(header, claims, text); \
	}

REFUSES(no_alg, "{\"typ\":\"JWT\",\"x5u\":\"https://a\"}", CLAIMS, "member \"alg\"")
REFUSES(alg_none, "{\"alg\":\"none\",\"typ\":\"JWT\",\"x5u\":\"https://a\"}", CLAIMS,
	"expected \"ES256\" as member \"alg\", got \"none\"")
REFUSES(alg_number, "{\"alg\":256,\"typ\":\"JWT\",\"x5u\":\"https://a\"}", CLAIMS, "member \"alg\"")
REFUSES(typ_passport, "{\"alg\":\"ES256\",\"typ\":\"passport\",\"x5u\":\"https://a\"}", CLAIMS,
	"expected \"JWT\"")
REFUSES(no_x5u, "{\"alg\":\"ES256\",\"typ\":\"JWT\"}", CLAIMS, "member \"x5u\"")
REFUSES(crit, "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"x5u\":\"https://a\",\"crit\":[\"exp\"]}",
	CLAIMS, "\"crit\" is not supported")
REFUSES(header_twice, "{\"alg\":\"none\",\"alg\":\"ES256\",\"typ\":\"JWT\",\"x5u\":\"https://a\"}",
	CLAIMS, "duplicate")
REFUSES(header_no_json, "{", CLAIMS, "header is no JSON")
REFUSES(header_array, "[1]", CLAIMS, "JSON object as its header")
REFUSES(payload_no_json, HEADER, "x", "payload is no JSON")
REFUSES(payload_array, HEADER, "[1]", "JSON object as its payload")
REFUSES(payload_twice, HEADER,
	"{\"version\":\"1.0\",\"sequence\":3,\"sequence\":4,\"exp\":1,\"trustList\":[]}",
	"duplicate")
REFUSES(other_version, HEADER, "{\"version\":\"2.0\",\"sequence\":3,\"exp\":1,\"trustList\":[]}",
	"expected \"1.0\" as member \"version\", got \"2.0\"")
REFUSES(version_number, HEADER, "{\"version\":1.0,\"sequence\":3,\"exp\":1,\"trustList\":[]}",
	"member \"version\"")
REFUSES(no_sequence, HEADER, "{\"version\":\"1.0\",\"exp\":1,\"trustList\":[]}",
	"member \"sequence\"")
REFUSES(sequence_text, HEADER,
	"{\"version\":\"1.0\",\"sequence\":\"3\",\"exp\":1,\"trustList\":[]}",
	"member \"sequence\"")
REFUSES(sequence_negative, HEADER,
	"{\"version\":\"1.0\",\"sequence\":-1,\"exp\":1,\"trustList\":[]}", "member \"sequence\"")
REFUSES(sequence_real, HEADER, "{\"version\":\"1.0\",\"sequence\":3.5,\"exp\":1,\"trustList\":[]}",
	"member \"sequence\"")
REFUSES(no_exp, HEADER, "{\"version\":\"1.0\",\"sequence\":3,\"trustList\":[]}", "member \"exp\"")
REFUSES(no_content, HEADER, "{\"version\":\"1.0\",\"sequence\":3,\"exp\":1}",
	"member \"trustList\"")

TEST(refuses_nothing)
{
	check_refused_text((struct sv){0}, "three parts");
}
TEST(refuses_two_parts)
{
	check_refused_text(SV("e30.e30"), "three parts");
}
TEST(refuses_four_parts)
{
	check_refused_text(SV("e30.e30.AA.AA"), "three parts");
}
TEST(refuses_no_signature)
{
	check_refused_text(SV("e30.e30."), "three parts");
}
TEST(refuses_padding)
{
	check_refused_text(SV("e30=.e30.AA"), "base64url without padding in its header");
}

TEST(refuses_too_long)
{
	BUF_AUTO struct buf jwt = BUF(LIST_MAX_LEN + 8);

	while (jwt.l <= LIST_MAX_LEN)
		(void)buf_addz(&jwt, "AAAAAAAA");
	check_refused_text(buf_sv(&jwt), "octets at the most");
}

/* --- signature and end --- */

struct signed_toy {
	struct toy t;
	struct buf jwt;
};

static void signed_open(struct signed_toy *s)
{
	toy_open(&s->t);
	s->jwt = TOY_LIST(&s->t.signer, 3, TOY_NOW + 60, &s->t.root);
	CHECK_INT(0, list_parse(&list, buf_sv(&s->jwt), "trustList", &e));
}

static void signed_close(struct signed_toy *s)
{
	signed_list_clear(&list);
	buf_free(&s->jwt);
	toy_close(&s->t);
}

static void check_verify(const struct cert_chain *chain, int64_t now_s, const char *text)
{
	CHECK_INT(*text ? EBADMSG : 0, list_verify(&list, chain, now_s, &e));
	if (!strstr(e.s, text))
		CHECK_STR(text, e.s);
}

TEST(signed_list_verifies)
{
	struct signed_toy s;

	signed_open(&s);
	CHECK_STR("https://cr.pki.example/pa/signer.pem", list.x5u);
	check_verify(s.t.signer.chain, TOY_NOW, "");
	signed_close(&s);
}

TEST(ends_at_exp)
{
	struct signed_toy s;

	signed_open(&s);
	check_verify(s.t.signer.chain, TOY_NOW + 59, "");
	check_verify(s.t.signer.chain, TOY_NOW + 60, "expired 0 s ago");
	signed_close(&s);
}

TEST(refuses_other_signer)
{
	struct signed_toy s;

	signed_open(&s);
	check_verify(s.t.pa.chain, TOY_NOW, "signature does not verify");
	signed_close(&s);
}

TEST(refuses_any_octet_changed)
{
	struct signed_toy s;

	signed_open(&s);
	for (size_t i = 0; i < s.jwt.l; i += 41) {
		BUF_AUTO struct buf jwt = BUF(65536);
		char *c;

		(void)buf_addsv(&jwt, buf_sv(&s.jwt));
		c = &jwt.p[i];
		*c = *c == 'A' ? 'B' : 'A';
		signed_list_clear(&list);
		if (!list_parse(&list, buf_sv(&jwt), "trustList", &e))
			CHECK_INT(EBADMSG, list_verify(&list, s.t.signer.chain, TOY_NOW, &e));
	}
	signed_close(&s);
}

TEST(refuses_short_signature)
{
	struct signed_toy s;
	BUF_AUTO struct buf jwt = token(HEADER, CLAIMS, SIG);

	signed_open(&s);
	signed_list_clear(&list);
	CHECK_INT(0, list_parse(&list, buf_sv(&jwt), "trustList", &e));
	check_verify(s.t.signer.chain, 1, "signature of 64 octets, got 3");
	signed_close(&s);
}

TEST_MAIN(CASE(parse_reads_all_members), CASE(parse_takes_a_newline_at_the_end),
	  CASE(parse_takes_other_content), CASE(refuses_no_alg), CASE(refuses_alg_none),
	  CASE(refuses_alg_number), CASE(refuses_typ_passport), CASE(refuses_no_x5u),
	  CASE(refuses_crit), CASE(refuses_header_twice), CASE(refuses_header_no_json),
	  CASE(refuses_header_array), CASE(refuses_payload_no_json), CASE(refuses_payload_array),
	  CASE(refuses_payload_twice), CASE(refuses_other_version), CASE(refuses_version_number),
	  CASE(refuses_no_sequence), CASE(refuses_sequence_text), CASE(refuses_sequence_negative),
	  CASE(refuses_sequence_real), CASE(refuses_no_exp), CASE(refuses_no_content),
	  CASE(refuses_nothing), CASE(refuses_two_parts), CASE(refuses_four_parts),
	  CASE(refuses_no_signature), CASE(refuses_padding), CASE(refuses_too_long),
	  CASE(signed_list_verifies), CASE(ends_at_exp), CASE(refuses_other_signer),
	  CASE(refuses_any_octet_changed), CASE(refuses_short_signature))
