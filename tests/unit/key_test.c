#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/b64url.h"
#include "lib/stir/key.h"
#include "tests/unit/hex.h"
#include "tests/unit/test.h"
#include "tests/unit/token.h"

#define SEC1(body) "-----BEGIN EC PRIVATE KEY-----\n" body "-----END EC PRIVATE KEY-----\n"
#define SPKI(body) "-----BEGIN PUBLIC KEY-----\n" body "-----END PUBLIC KEY-----\n"

/* RFC 7515 A.3.1: the key of the ES256 example, as SubjectPublicKeyInfo */
#define RFC7515_KEY                                                               \
	SPKI("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n" \
	     "6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n")
#define RFC7515_INPUT                                                                              \
	"eyJhbGciOiJFUzI1NiJ9."                                                                    \
	"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0" \
	"cnVlfQ"
#define RFC7515_SIG \
	"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"

static int verify(const struct stir_key *key, struct sv data, const char *sig_text)
{
	BUF_AUTO struct buf sig = BUF(100);

	CHECK_INT(0, b64url_decode(&sig, sv_from(sig_text)));
	CHECK_INT(ES256_SIG_LEN, sig.l);
	return key_verify(key, data, (const uint8_t *)sig.p);
}

TEST(rfc7515_a3_verifies)
{
	struct stir_key *key;

	CHECK_INT(0, key_parse_public(&key, SV(RFC7515_KEY), NULL));
	CHECK_INT(0, verify(key, SV(RFC7515_INPUT), RFC7515_SIG));
	CHECK_INT(EBADMSG, verify(key, SV("x" RFC7515_INPUT), RFC7515_SIG));
	key_unref(key);
}

TEST(public_key_cannot_sign)
{
	struct stir_key *key;
	uint8_t sig[ES256_SIG_LEN];
	struct err e;

	CHECK_INT(0, key_parse_public(&key, SV(RFC7515_KEY), NULL));
	CHECK_INT(EINVAL, key_sign(key, SV("x"), sig));
	CHECK_INT(EINVAL, key_save_private(key, "/nonexistent/x", &e));
	key_unref(key);
}

TEST(no_key_is_an_error_of_ours)
{
	uint8_t sig[ES256_SIG_LEN] = {1};

	CHECK_INT(EINVAL, key_sign(NULL, SV("x"), sig));
	CHECK_INT(EINVAL, key_verify(NULL, SV("x"), sig));
	key_unref(NULL);
}

TEST(what_is_signed_verifies)
{
	struct stir_key *key = token_key();
	uint8_t a[ES256_SIG_LEN], b[ES256_SIG_LEN];

	CHECK_INT(0, key_sign(key, SV("data"), a));
	CHECK_INT(0, key_sign(key, SV("data"), b));
	CHECK_INT(0, key_verify(key, SV("data"), a));
	CHECK_INT(0, key_verify(key, SV("data"), b));
	CHECK(memcmp(a, b, sizeof(a)) != 0); /* random nonces */
	CHECK_INT(EBADMSG, key_verify(key, SV("datb"), a));
	CHECK_INT(EBADMSG, key_verify(key, SV(""), a));
	key_unref(key);
}

TEST(empty_data_is_signed_too)
{
	struct stir_key *key = token_key();
	uint8_t sig[ES256_SIG_LEN];

	CHECK_INT(0, key_sign(key, (struct sv){NULL, 0}, sig));
	CHECK_INT(0, key_verify(key, SV(""), sig));
	key_unref(key);
}

TEST(each_bit_of_the_signature_counts)
{
	struct stir_key *key = token_key();
	uint8_t sig[ES256_SIG_LEN];

	CHECK_INT(0, key_sign(key, SV("data"), sig));
	for (size_t i = 0; i < sizeof(sig); i++) {
		sig[i] ^= 1;
		CHECK_INT(EBADMSG, key_verify(key, SV("data"), sig));
		sig[i] ^= 1;
	}
	CHECK_INT(0, key_verify(key, SV("data"), sig));
	key_unref(key);
}

/* Until R and S have each come with a leading zero octet: about one in 256 does */
TEST(leading_zeros_of_r_and_s)
{
	struct stir_key *key = token_key();
	bool r = false, s = false;

	for (int i = 0; i < 20000 && !(r && s); i++) {
		uint8_t sig[ES256_SIG_LEN];

		CHECK_INT(0, key_sign(key, (struct sv){(const char *)&i, sizeof(i)}, sig));
		if (sig[0] && sig[32])
			continue;
		CHECK_INT(0, key_verify(key, (struct sv){(const char *)&i, sizeof(i)}, sig));
		r = r || !sig[0];
		s = s || !sig[32];
	}
	CHECK(r && s);
	key_unref(key);
}

static void never_verifies(const char *r_hex, const char *s_hex)
{
	struct stir_key *key = token_key();
	uint8_t sig[ES256_SIG_LEN];

	CHECK_INT(32, hex_octets(sig, 32, r_hex));
	CHECK_INT(32, hex_octets(sig + 32, 32, s_hex));
	CHECK_INT(EBADMSG, key_verify(key, SV("data"), sig));
	key_unref(key);
}

#define ZERO  "0000000000000000000000000000000000000000000000000000000000000000"
#define ONE   "0000000000000000000000000000000000000000000000000000000000000001"
#define ORDER "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
#define ONES  "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

TEST(r_of_zero)
{
	never_verifies(ZERO, ONE);
}

TEST(s_of_zero)
{
	never_verifies(ONE, ZERO);
}

/* CVE-2022-21449 was this */
TEST(both_zero)
{
	never_verifies(ZERO, ZERO);
}

TEST(r_of_the_order)
{
	never_verifies(ORDER, ONE);
}

TEST(s_of_the_order)
{
	never_verifies(ONE, ORDER);
}

TEST(all_ones)
{
	never_verifies(ONES, ONES);
}

TEST(other_key_does_not_verify)
{
	struct stir_key *key = token_key(), *other;
	uint8_t sig[ES256_SIG_LEN];

	CHECK_INT(0, key_generate(&other));
	CHECK_INT(0, key_sign(key, SV("data"), sig));
	CHECK_INT(EBADMSG, key_verify(other, SV("data"), sig));
	CHECK_INT(0, key_sign(other, SV("data"), sig));
	CHECK_INT(0, key_verify(other, SV("data"), sig));
	key_unref(other);
	key_unref(key);
}

static void private_refused(const char *pem, const char *why)
{
	struct stir_key *key = NULL;
	struct err e = {{0}};

	CHECK_INT(EBADMSG, key_parse_private(&key, sv_from(pem), &e));
	CHECK(strstr(e.s, why));
	CHECK(!key);
}

TEST(no_pem_is_refused)
{
	private_refused("", "PEM");
	private_refused("hello", "PEM");
	private_refused(RFC7515_KEY, "PEM"); /* public where a private one is wanted */
}

TEST(p384_is_refused)
{
	private_refused(SEC1("MIGkAgEBBDDQszafp5nZdF1h8Q3HGjZ7GOljQi+2uufwIlKqVsSxk2FzRkZ8zXSD\n"
			     "wdMVfMD/qtmgBwYFK4EEACKhZANiAATK0TQM6Vw+mVf1XQxtLP1pJzAUZ4va5hIE\n"
			     "1whajPj0ARyFknmqj2sIl8/+UUEd6OtXbvi7+IPzbScGrsSHpg4VtSw12rG5Ktd8\n"
			     "x1MMGm6ATmANUibYekufLpL/f+0FciE=\n"),
			"P-256");
}

/* RFC 5480 2.1.1: the curve is named */
TEST(explicit_parameters_are_refused)
{
	private_refused(SEC1("MIIBaAIBAQQgYvcCQUI/9nsX22Ba5MuIjCKvO8ItdxF7Q96WvQT9UmeggfowgfcC\n"
			     "AQEwLAYHKoZIzj0BAQIhAP////8AAAABAAAAAAAAAAAAAAAA////////////////\n"
			     "MFsEIP////8AAAABAAAAAAAAAAAAAAAA///////////////8BCBaxjXYqjqT57Pr\n"
			     "vVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMVAMSdNgiG5wSTamZ44ROdJreBn36QBEEE\n"
			     "axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54W\n"
			     "K84zV2sxXs7LtkBoN79R9QIhAP////8AAAAA//////////+85vqtpxeehPO5ysL8\n"
			     "YyVRAgEBoUQDQgAE+R+xMDZw49xXxFfZByF57vRerhfuQ+//DIbB0BsAd+EsxPe0\n"
			     "8vZMyzK2SpuRwkfFv7MMtf32f9WP1bX3vkVyuA==\n"),
			"P-256");
}

TEST(broken_key_is_refused)
{
	private_refused(SEC1("MHcCAQEEIFKCsFZ4Wsw3ZpBxgc4Z0sOjaXDdMk07Ny1fKg6OntAkoAoGCCqGSM49\n"),
			"PEM");
}

/* A pass phrase must not be asked for: a test without a terminal would hang or fail otherwise */
TEST(encrypted_key_is_refused_without_asking)
{
	private_refused("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
			"MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAiXyvGsIQOztQICCAAw\n"
			"DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEELTRE6HAEtnWexXsTFauKuYEgZBZ\n"
			"eebHtX2GKisTgfgFzrGq0XU8ArYln1Ebiot7egS4Frohee+SA4CvbGBXQto7dFAo\n"
			"C95pqZiDIiAH/PmUjyoR7Uh2lPDFxNx65I43Ck9cl9NCKV7luNvcC3S3th/afCH0\n"
			"6klu6Y+W0ts9anT8oqXXNZc90XBXRKuwR0Gx/liSYYtNR+AsPvrpVtmD/qS9szQ=\n"
			"-----END ENCRYPTED PRIVATE KEY-----\n",
			"PEM");
}

TEST(saved_key_is_private_and_reads_back)
{
	char dir[] = "/tmp/key_test.XXXXXX", path[64];
	struct stir_key *key, *again;
	struct stat st;
	uint8_t sig[ES256_SIG_LEN];
	struct err e = {{0}};

	CHECK(mkdtemp(dir) != NULL);
	(void)snprintf(path, sizeof(path), "%s/key.pem", dir);
	CHECK_INT(0, key_generate(&key));
	CHECK_INT(0, key_save_private(key, path, &e));
	CHECK_INT(0, stat(path, &st));
	CHECK_INT(0600, st.st_mode & 0777);
	CHECK_INT(EEXIST, key_save_private(key, path, &e));
	CHECK(strstr(e.s, path));
	CHECK_INT(0, key_load_private(&again, path, &e));
	CHECK_INT(0, key_sign(again, SV("data"), sig));
	CHECK_INT(0, key_verify(key, SV("data"), sig));
	key_unref(key);
	key_unref(again);
	(void)unlink(path);
	(void)rmdir(dir);
}

TEST(load_names_the_path)
{
	struct stir_key *key;
	struct err e = {{0}};

	CHECK_INT(ENOENT, key_load_private(&key, "/nonexistent/key.pem", &e));
	CHECK(strstr(e.s, "/nonexistent/key.pem"));
	CHECK_INT(EBADMSG, key_load_private(&key, "/etc/passwd", &e));
	CHECK(sv_starts(sv_from(e.s), "/etc/passwd: expected a private key"));
}

TEST(references)
{
	struct stir_key *key = token_key();
	uint8_t sig[ES256_SIG_LEN];

	CHECK(key_ref(key) == key);
	key_unref(key);
	CHECK_INT(0, key_sign(key, SV("x"), sig));
	key_unref(key);
}

TEST_MAIN(CASE(rfc7515_a3_verifies), CASE(public_key_cannot_sign), CASE(no_key_is_an_error_of_ours),
	  CASE(what_is_signed_verifies), CASE(empty_data_is_signed_too),
	  CASE(each_bit_of_the_signature_counts), CASE(leading_zeros_of_r_and_s), CASE(r_of_zero),
	  CASE(s_of_zero), CASE(both_zero), CASE(r_of_the_order), CASE(s_of_the_order),
	  CASE(all_ones), CASE(other_key_does_not_verify), CASE(no_pem_is_refused),
	  CASE(p384_is_refused), CASE(explicit_parameters_are_refused), CASE(broken_key_is_refused),
	  CASE(encrypted_key_is_refused_without_asking), CASE(saved_key_is_private_and_reads_back),
	  CASE(load_names_the_path), CASE(references))
