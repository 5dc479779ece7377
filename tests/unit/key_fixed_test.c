#include <errno.h>

#include "lib/stir/cert.h"
#include "lib/stir/key_ossl.h"
#include "tests/unit/hex.h"
#include "tests/unit/toy_pki.h"

/* RFC 6979 A.2.5 and A.2.6: private key, and R and S of "sample" and "test" */
static const struct {
	const char *kind, *secret, *sample, *test;
} rfc[] = {
	{"P-256", "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721",
	 "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
	 "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
	 "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367"
	 "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083"},
	{"P-384",
	 "6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D8"
	 "96D5724E4C70A825F872C9EA60D2EDF5",
	 "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C"
	 "81A648152E44ACF96E36DD1E80FABE46"
	 "99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94F"
	 "A329C145786E679E7B82C71A38628AC8",
	 "8203B63D3C853E8D77227FB377BCF7B7B772E97892A80F36AB775D509D7A5FEB"
	 "0542A7F0812998DA8F1DD3CA3CF023DB"
	 "DDD0760448D42D8A43AF45AF836FCE4DE8BE06B485E9B61B827C2F13173923E0"
	 "6A739F040649A667BF3B828246BAA5A5"},
};

static struct stir_key *key_of(const char *kind, const char *hex)
{
	uint8_t secret[64];
	struct stir_key *key = NULL;
	size_t l = hex_octets(secret, sizeof(secret), hex);

	CHECK_INT(0, key_from_octets(&key, kind, secret, l));
	return key;
}

static void check_signature(size_t i, const char *message, const char *hex)
{
	struct stir_key *key = key_of(rfc[i].kind, rfc[i].secret);
	uint8_t want[RFC6979_SIG_MAX], got[RFC6979_SIG_MAX];
	size_t l = hex_octets(want, sizeof(want), hex);

	CHECK_MEM(want, l, got, rfc6979_sign(got, key_pkey(key), sv_from(message)));
	key_unref(key);
}

TEST(rfc6979_p256_sample)
{
	check_signature(0, "sample", rfc[0].sample);
}

TEST(rfc6979_p256_test)
{
	check_signature(0, "test", rfc[0].test);
}

TEST(rfc6979_p384_sample)
{
	check_signature(1, "sample", rfc[1].sample);
}

TEST(rfc6979_p384_test)
{
	check_signature(1, "test", rfc[1].test);
}

/* by key_sign(), and OpenSSL finds that it verifies */
TEST(signs_tokens_the_same_every_time)
{
	struct stir_key *key = key_of("P-256", rfc[0].secret);
	uint8_t sig[ES256_SIG_LEN], again[ES256_SIG_LEN], want[ES256_SIG_LEN];

	CHECK_INT(0, key_sign(key, SV("sample"), sig));
	CHECK_INT(ES256_SIG_LEN, hex_octets(want, sizeof(want), rfc[0].sample));
	CHECK_MEM(want, sizeof(want), sig, sizeof(sig));
	CHECK_INT(0, key_verify(key, SV("sample"), sig));
	CHECK_INT(EBADMSG, key_verify(key, SV("sampl"), sig));
	CHECK_INT(0, key_sign(key, SV("sample"), again));
	CHECK_MEM(sig, sizeof(sig), again, sizeof(again));
	CHECK_INT(0, key_sign(key, SV("other"), again));
	CHECK(memcmp(sig, again, sizeof(sig)) != 0);
	key_unref(key);
}

TEST(secp256k1_verifies)
{
	struct stir_key *key = key_of("secp256k1", rfc[0].secret);
	uint8_t sig[ES256_SIG_LEN];

	for (char c = 'a'; c < 'q'; c++) {
		CHECK_INT(0, key_sign(key, (struct sv){&c, 1}, sig));
		CHECK_INT(0, key_verify(key, (struct sv){&c, 1}, sig));
	}
	key_unref(key);
}

TEST(p384_signs_no_token)
{
	struct stir_key *key = key_of("P-384", rfc[1].secret);
	uint8_t sig[ES256_SIG_LEN];

	CHECK_INT(EINVAL, key_sign(key, SV("x"), sig));
	key_unref(key);
}

TEST(rsa_signs_nothing)
{
	uint8_t octets[256] = {1, 2, 3}, sig[ES256_SIG_LEN];
	struct stir_key *key = NULL;

	CHECK_INT(0, key_from_octets(&key, "RSA", octets, sizeof(octets)));
	CHECK_INT(EINVAL, key_sign(key, SV("x"), sig));
	key_unref(key);
}

static void check_refused(const char *kind, const char *hex)
{
	uint8_t secret[64];
	struct stir_key *key = NULL;

	CHECK_INT(EINVAL,
		  key_from_octets(&key, kind, secret, hex_octets(secret, sizeof(secret), hex)));
	CHECK(!key);
}

TEST(zero_is_no_key)
{
	check_refused("P-256", "0000000000000000000000000000000000000000000000000000000000000000");
}

TEST(the_order_is_no_key)
{
	check_refused("P-256", "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");
}

TEST(another_length_is_no_key)
{
	check_refused("P-256", "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F67");
	check_refused("P-384", rfc[0].secret);
	check_refused("RSA", rfc[0].secret);
}

TEST(another_kind_is_no_key)
{
	check_refused("P-224", rfc[0].secret);
}

/* Certificates and CRLs: the same octets twice, and their signatures verify */
static struct buf issue(struct stir_key *key, uint64_t seed)
{
	struct env_fixed fixed = {TOY_NOW * 1000ull, seed};
	struct env env = env_fixed(&fixed);
	struct cert_spec spec = {.kind = CERT_PA_ROOT,
				 .organization = "Toy",
				 .common_name = "ROOT",
				 .not_before_s = TOY_NOW,
				 .not_after_s = TOY_NOW + TOY_DAY};
	struct buf pem = BUF(65536);
	struct err e;

	CHECK_INT(0, cert_issue(&pem, &spec, key, NULL, NULL, &env, &e));
	return pem;
}

static void check_certificate(const char *kind, const char *secret)
{
	struct stir_key *key = key_of(kind, secret);
	BUF_AUTO struct buf a = issue(key, 7), b = issue(key, 7), c = issue(key, 8);
	struct cert_chain *chain = NULL;
	struct fault fault;

	CHECK_SV(a.p, buf_sv(&b));
	CHECK(strcmp(a.p, c.p) != 0); /* another serial number */
	CHECK_INT(0, cert_chain_parse(&chain, buf_sv(&a), &fault));
	CHECK(cert_is_self_signed(cert_chain_x509(chain, 0)));
	cert_chain_unref(chain);
	key_unref(key);
}

TEST(certificate_is_the_same_every_time)
{
	check_certificate("P-256", rfc[0].secret);
}

TEST(certificate_of_p384_is_the_same_every_time)
{
	check_certificate("P-384", rfc[1].secret);
}

TEST(crl_is_the_same_every_time)
{
	struct stir_key *key = key_of("P-256", rfc[0].secret);
	BUF_AUTO struct buf pem = issue(key, 7), a = BUF(65536), b = BUF(65536);
	struct cert_issuer by = {.key = key};
	struct fault fault;
	struct err e;
	const unsigned char *p;
	BUF_AUTO struct buf der = BUF(65536);

	CHECK_INT(0, cert_chain_parse((struct cert_chain **)&by.chain, buf_sv(&pem), &fault));
	CHECK_INT(0, crl_make(&a, &by, NULL, 0, 1, TOY_NOW, TOY_NOW + 1, &e));
	CHECK_INT(0, crl_make(&b, &by, NULL, 0, 1, TOY_NOW, TOY_NOW + 1, &e));
	CHECK_SV(a.p, buf_sv(&b));
	CHECK_INT(0, crl_der(&der, buf_sv(&a), &e));
	p = (const unsigned char *)der.p;
	{
		AUTO(X509_CRL_free) X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)der.l);

		CHECK_INT(1, X509_CRL_verify(crl, key_pkey(key)));
	}
	cert_chain_unref((struct cert_chain *)(uintptr_t)by.chain);
	key_unref(key);
}

TEST_MAIN(CASE(rfc6979_p256_sample), CASE(rfc6979_p256_test), CASE(rfc6979_p384_sample),
	  CASE(rfc6979_p384_test), CASE(signs_tokens_the_same_every_time), CASE(secp256k1_verifies),
	  CASE(p384_signs_no_token), CASE(rsa_signs_nothing), CASE(zero_is_no_key),
	  CASE(the_order_is_no_key), CASE(another_length_is_no_key), CASE(another_kind_is_no_key),
	  CASE(certificate_is_the_same_every_time),
	  CASE(certificate_of_p384_is_the_same_every_time), CASE(crl_is_the_same_every_time))
