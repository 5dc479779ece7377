/* Certificates: reading chains. */
#include <errno.h>

#include "tests/unit/toy_pki.h"

#define CERT "-----BEGIN CERTIFICATE-----\n"

DEFINE_AUTO(struct cert_chain, cert_chain_unref)

static struct fault fault;

static int parse(struct sv pem)
{
	AUTO(cert_chain_unref) struct cert_chain *chain = NULL;

	fault = (struct fault){0};
	return cert_chain_parse(&chain, pem, &fault);
}

static void check_form_refused(struct sv pem)
{
	CHECK_INT(EBADMSG, parse(pem));
	CHECK_INT(REASON_CERT_FORM, fault.reason);
}

TEST(parse_chain)
{
	struct toy t;
	AUTO(cert_chain_unref) struct cert_chain *chain = NULL;

	toy_open(&t);
	chain = TOY_CHAIN(&t.leaf, &t.inter, &t.root);
	CHECK_INT(3, cert_chain_count(chain));
	CHECK_STR("1234", cert_chain_spc(chain));
	CHECK(cert_chain_key(chain) != NULL);
	toy_close(&t);
}

TEST(key_is_the_leafs)
{
	struct toy t;
	uint8_t sig[ES256_SIG_LEN];

	toy_open(&t);
	CHECK_INT(0, key_sign(t.leaf.key, SV("octets"), sig));
	CHECK_INT(0, key_verify(cert_chain_key(t.leaf.chain), SV("octets"), sig));
	CHECK_INT(EBADMSG, key_verify(cert_chain_key(t.inter.chain), SV("octets"), sig));
	toy_close(&t);
}

TEST(parse_passes_over_text)
{
	struct toy t;
	BUF_AUTO struct buf pem = BUF(65536);

	toy_open(&t);
	(void)buf_printf(&pem, "subject=CN = x\r\n%s\nbetween\n%s\nbehind", t.leaf.pem.p,
			 t.inter.pem.p);
	CHECK_INT(0, parse(buf_sv(&pem)));
	toy_close(&t);
}

TEST(parse_crlf)
{
	struct toy t;
	BUF_AUTO struct buf pem = BUF(65536);

	toy_open(&t);
	for (const char *p = t.leaf.pem.p; *p; p++)
		(void)buf_printf(&pem, "%s%c", *p == '\n' ? "\r" : "", *p);
	CHECK_INT(0, parse(buf_sv(&pem)));
	toy_close(&t);
}

TEST(refuses_nothing)
{
	check_form_refused((struct sv){0});
}

TEST(refuses_text_without_certificate)
{
	check_form_refused(SV("<html>404</html>"));
	check_form_refused(SV("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"));
}

TEST(refuses_der)
{
	check_form_refused(SV("\x30\x82\x01\x0a\x30\x81"));
}

TEST(refuses_bad_base64)
{
	check_form_refused(SV(CERT "!!!!\n-----END CERTIFICATE-----\n"));
}

TEST(refuses_base64_that_is_no_certificate)
{
	check_form_refused(SV(CERT "AAAA\n-----END CERTIFICATE-----\n"));
}

TEST(refuses_truncated)
{
	struct toy t;

	toy_open(&t);
	for (size_t l = 1; l < t.leaf.pem.l - 26; l += 37)
		check_form_refused((struct sv){t.leaf.pem.p, l});
	toy_close(&t);
}

TEST(refuses_second_one_broken)
{
	struct toy t;
	BUF_AUTO struct buf pem = BUF(65536);

	toy_open(&t);
	(void)buf_printf(&pem, "%s" CERT "AAAA\n-----END CERTIFICATE-----\n", t.leaf.pem.p);
	check_form_refused(buf_sv(&pem));
	toy_close(&t);
}

TEST(bound_of_chain)
{
	struct toy t;
	BUF_AUTO struct buf six = BUF(65536);

	toy_open(&t);
	for (size_t i = 0; i < CERT_CHAIN_MAX; i++)
		(void)buf_addsv(&six, buf_sv(&t.leaf.pem));
	CHECK_INT(0, parse(buf_sv(&six)));
	(void)buf_addsv(&six, buf_sv(&t.leaf.pem));
	check_form_refused(buf_sv(&six));
	toy_close(&t);
}

TEST(bound_of_octets)
{
	struct toy t;
	BUF_AUTO struct buf pem = BUF(CERT_CHAIN_MAX_LEN + 1);

	toy_open(&t);
	(void)buf_addsv(&pem, buf_sv(&t.leaf.pem));
	while (pem.l < CERT_CHAIN_MAX_LEN)
		(void)buf_addz(&pem, "\n");
	CHECK_INT(0, parse(buf_sv(&pem)));
	(void)buf_addz(&pem, "\n");
	check_form_refused(buf_sv(&pem));
	toy_close(&t);
}

TEST(errors_leave_no_trace_in_openssl)
{
	(void)parse(SV(CERT "AAAA\n-----END CERTIFICATE-----\n"));
	CHECK_INT(0, (long long)ERR_peek_error());
}

TEST(load_names_the_path)
{
	AUTO(cert_chain_unref) struct cert_chain *chain = NULL;
	struct err e = {""};

	CHECK_INT(ENOENT, cert_chain_load(&chain, "/nonexistent/chain.pem", &e));
	CHECK(strstr(e.s, "/nonexistent/chain.pem") != NULL);
	CHECK_INT(EBADMSG, cert_chain_load(&chain, "/dev/null", &e));
	CHECK(strstr(e.s, "/dev/null: ") == e.s);
}

TEST(references)
{
	struct toy t;
	struct cert_chain *chain;

	toy_open(&t);
	chain = cert_chain_ref(t.leaf.chain);
	toy_close(&t);
	CHECK_STR("1234", cert_chain_spc(chain));
	cert_chain_unref(chain);
	cert_chain_unref(NULL);
}

TEST(info_of_leaf)
{
	struct toy t;
	struct cert_info info;

	toy_open(&t);
	CHECK_INT(0, cert_chain_info(t.leaf.chain, 0, &info));
	CHECK_STR("CN=SHAKEN 1234,O=Toy,C=US", info.subject);
	CHECK_STR("CN=SHAKEN Toy Intermediate,O=Toy,C=US", info.issuer);
	CHECK_STR(TOY_URL, info.crl_url);
	CHECK_INT(TOY_NOW - 1000ll * TOY_DAY, info.not_before_s);
	CHECK_INT(TOY_NOW + 1000ll * TOY_DAY, info.not_after_s);
	CHECK_INT(1, info.tnauth_count);
	CHECK_STR("1234", info.tnauth[0].value);
	CHECK_INT(32, strlen(info.serial));
	CHECK(!info.is_ca);
	CHECK_INT(ENOENT, cert_chain_info(t.leaf.chain, 1, &info));
	toy_close(&t);
}

TEST(info_of_ca)
{
	struct toy t;
	struct cert_info info;

	toy_open(&t);
	CHECK_INT(0, cert_chain_info(t.root.chain, 0, &info));
	CHECK(info.is_ca);
	CHECK_INT(0, info.tnauth_count);
	CHECK_STR("", info.crl_url);
	toy_close(&t);
}

TEST(info_of_controls_in_a_name)
{
	struct toy t;
	struct cert_spec spec = {.kind = CERT_STI_LEAF, .organization = "a\r\nb", .spc = "1234"};
	struct toy_cert c;
	struct cert_info info;

	toy_open(&t);
	c = toy_issue(&t, spec, &t.inter);
	CHECK_INT(0, cert_chain_info(c.chain, 0, &info));
	CHECK_STR("CN=SHAKEN 1234,O=a\\0D\\0Ab,C=US", info.subject);
	toy_clear(&c);
	toy_close(&t);
}

TEST(validity_of_leaf)
{
	struct toy t;
	struct cert_spec spec = {.kind = CERT_STI_LEAF,
				 .organization = "Toy",
				 .spc = "1",
				 .not_before_s = 5,
				 .not_after_s = 7};
	struct toy_cert c;
	AUTO(cert_chain_unref) struct cert_chain *chain = NULL;
	int64_t begin_s, end_s;

	toy_open(&t);
	c = toy_issue(&t, spec, &t.inter);
	chain = TOY_CHAIN(&c, &t.inter);
	cert_chain_validity(chain, &begin_s, &end_s);
	CHECK_INT(5, begin_s);
	CHECK_INT(7, end_s);
	toy_clear(&c);
	toy_close(&t);
}

TEST(validity_beyond_2050)
{
	struct toy t;
	struct cert_spec spec = {.kind = CERT_STI_LEAF,
				 .organization = "Toy",
				 .spc = "1",
				 .not_after_s = 253402300799};
	struct toy_cert c;
	int64_t begin_s, end_s;

	toy_open(&t);
	c = toy_issue(&t, spec, &t.inter);
	cert_chain_validity(c.chain, &begin_s, &end_s);
	CHECK_INT(0, begin_s);
	CHECK_INT(253402300799, end_s);
	toy_clear(&c);
	toy_close(&t);
}

TEST_MAIN(CASE(parse_chain), CASE(key_is_the_leafs), CASE(parse_passes_over_text), CASE(parse_crlf),
	  CASE(refuses_nothing), CASE(refuses_text_without_certificate), CASE(refuses_der),
	  CASE(refuses_bad_base64), CASE(refuses_base64_that_is_no_certificate),
	  CASE(refuses_truncated), CASE(refuses_second_one_broken), CASE(bound_of_chain),
	  CASE(bound_of_octets), CASE(errors_leave_no_trace_in_openssl), CASE(load_names_the_path),
	  CASE(references), CASE(info_of_leaf), CASE(info_of_ca), CASE(info_of_controls_in_a_name),
	  CASE(validity_of_leaf), CASE(validity_beyond_2050))
