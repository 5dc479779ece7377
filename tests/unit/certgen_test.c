/* Making certificates and requests: what is refused, and requests there and back. */
#include <errno.h>

#include <openssl/ec.h>

#include "tests/unit/toy_pki.h"

static void check_not_made(struct cert_spec spec, bool root, const char *want)
{
	struct toy t;
	BUF_AUTO struct buf pem = BUF(65536);
	struct cert_issuer by;
	struct err e = {""};

	toy_open(&t);
	by = (struct cert_issuer){t.inter.chain, t.inter.key};
	CHECK_INT(EINVAL, cert_issue(&pem, &spec, t.leaf.key, root ? NULL : &by, t.signer.chain,
				     &t.env, &e));
	CHECK_INT(0, pem.l);
	if (!strstr(e.s, want))
		CHECK_STR(want, e.s);
	toy_close(&t);
}

TEST(issue_refuses)
{
	const struct cert_spec leaf = {
		.kind = CERT_STI_LEAF, .organization = "Toy", .spc = "1234", .crl_url = TOY_URL};
	const char *const bad_name[] = {"a.example,DNS:b.example", NULL}, *const none[] = {NULL};
	struct cert_spec s;

	check_not_made(leaf, true, "a root signs itself");
	s = leaf, s.kind = CERT_ROOT;
	check_not_made(s, false, "a root signs itself");
	s = leaf, s.organization = NULL;
	check_not_made(s, false, "organization");
	s = leaf,
	s.organization = "more than sixty-four characters, which X.520 does not allow in a name";
	check_not_made(s, false, "O of the subject");
	s = leaf, s.spc = NULL;
	check_not_made(s, false, "common name");
	s = leaf, s.spc = NULL, s.common_name = "SHAKEN";
	check_not_made(s, false, "SPC");
	s = leaf, s.spc = "818h";
	check_not_made(s, false, "0-9 and A-Z, got \"818h\"");
	s = leaf, s.spc = "";
	check_not_made(s, false, "SPC");
	s = leaf, s.crl_url = NULL;
	check_not_made(s, false, "CRL");
	s = leaf, s.not_before_s = 1;
	check_not_made(s, false, "ends before it begins");
	s = (struct cert_spec){.kind = CERT_TLS_LEAF, .organization = "Toy", .common_name = "a"};
	check_not_made(s, false, "subjectAltName");
	s.san = none;
	check_not_made(s, false, "subjectAltName");
	s.san = bad_name;
	check_not_made(s, false, "a DNS name or an address");
}

TEST(serials_are_random_and_long)
{
	struct toy t;
	struct toy_cert other;
	struct cert_info a, b;

	toy_open(&t);
	other = toy_leaf(&t, "1234", &t.inter);
	(void)cert_chain_info(t.leaf.chain, 0, &a);
	(void)cert_chain_info(other.chain, 0, &b);
	CHECK(strcmp(a.serial, b.serial) != 0);
	CHECK_INT(32, strlen(b.serial));
	CHECK(b.serial[0] >= 0x34 && b.serial[0] <= 0x37); /* a positive number of 127 bits */
	toy_clear(&other);
	toy_close(&t);
}

/* --- requests --- */

static struct stir_key *csr_key;
static char csr_spc[SPC_MAX + 1], csr_org[65];

static int read_csr(struct sv pem, struct err *e)
{
	int err;

	key_unref(csr_key);
	csr_key = NULL;
	err = csr_read(&csr_key, csr_spc, csr_org, sizeof(csr_org), pem, e);
	key_unref(csr_key);
	csr_key = NULL;
	return err;
}

/* proves: PKI-06 */
TEST(csr_there_and_back)
{
	struct toy t;
	BUF_AUTO struct buf pem = BUF(65536);
	struct stir_key *key = NULL;
	struct err e = {""};
	uint8_t sig[ES256_SIG_LEN];

	toy_open(&t);
	CHECK_INT(0, csr_make(&pem, t.leaf.key, "Outsider Inc.", "557F", &e));
	CHECK_INT(0, csr_read(&key, csr_spc, csr_org, sizeof(csr_org), buf_sv(&pem), &e));
	CHECK_STR("557F", csr_spc);
	CHECK_STR("Outsider Inc.", csr_org);
	CHECK_INT(0, key_sign(t.leaf.key, SV("x"), sig));
	CHECK_INT(0, key_verify(key, SV("x"), sig));
	key_unref(key);
	toy_close(&t);
}

TEST(csr_refuses_bad_spc)
{
	struct toy t;
	BUF_AUTO struct buf pem = BUF(65536);
	struct err e = {""};

	toy_open(&t);
	CHECK_INT(EINVAL, csr_make(&pem, t.leaf.key, NULL, "12 4", &e));
	toy_close(&t);
}

TEST(csr_refuses_text)
{
	struct err e = {""};

	CHECK_INT(EBADMSG, read_csr(SV("no request"), &e));
	CHECK_INT(EBADMSG, read_csr((struct sv){0}, &e));
	CHECK(strstr(e.s, "PKCS #10") != NULL);
}

/* A request for `key` that is signed by another */
static void foreign_request(struct buf *ret, EVP_PKEY *key, EVP_PKEY *signer)
{
	AUTO(X509_REQ_free) X509_REQ *req = X509_REQ_new();
	AUTO(BIO_free_all) BIO *out = BIO_new(BIO_s_mem());

	CHECK(X509_REQ_set_pubkey(req, key));
	CHECK(X509_REQ_sign(req, signer, EVP_sha256()) > 0);
	CHECK(PEM_write_bio_X509_REQ(out, req));
	CHECK_INT(0, ossl_take(ret, out));
}

TEST(csr_without_spc_and_name)
{
	struct toy t;
	BUF_AUTO struct buf pem = BUF(65536);
	struct err e = {""};

	toy_open(&t);
	foreign_request(&pem, key_pkey(t.leaf.key), key_pkey(t.leaf.key));
	CHECK_INT(0, read_csr(buf_sv(&pem), &e));
	CHECK_STR("", csr_spc);
	CHECK_STR("", csr_org);
	toy_close(&t);
}

TEST(csr_refuses_other_signature)
{
	struct toy t;
	BUF_AUTO struct buf pem = BUF(65536);
	struct err e = {""};

	toy_open(&t);
	foreign_request(&pem, key_pkey(t.leaf.key), key_pkey(t.inter.key));
	CHECK_INT(EBADMSG, read_csr(buf_sv(&pem), &e));
	CHECK(strstr(e.s, "signature") != NULL);
	toy_close(&t);
}

TEST(csr_refuses_p384)
{
	BUF_AUTO struct buf pem = BUF(65536);
	AUTO(EVP_PKEY_free) EVP_PKEY *key = EVP_EC_gen("P-384");
	struct err e = {""};

	foreign_request(&pem, key, key);
	CHECK_INT(EBADMSG, read_csr(buf_sv(&pem), &e));
	CHECK(strstr(e.s, "P-256") != NULL);
}

TEST_MAIN(CASE(issue_refuses), CASE(serials_are_random_and_long), CASE(csr_there_and_back),
	  CASE(csr_refuses_bad_spc), CASE(csr_refuses_text), CASE(csr_without_spc_and_name),
	  CASE(csr_refuses_other_signature), CASE(csr_refuses_p384))
