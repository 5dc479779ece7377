/* The end entity's row of the SHAKEN profile, with each mistake alone. */
#include <errno.h>

#include <openssl/ec.h>
#include <openssl/rsa.h>

#include "tests/unit/toy_pki.h"

static struct fault fault;

static void check_profile(enum reason want, const char *got, const struct cert_chain *chain)
{
	fault = (struct fault){0};
	CHECK_INT(want == REASON_OK ? 0 : EBADMSG, cert_chain_check_profile(chain, &fault));
	CHECK_STR(reason_info(want)->name, reason_info(fault.reason)->name);
	if (!strstr(fault.got, got))
		CHECK_STR(got, fault.got);
}

/* The leaf, changed and signed again */
static void check_changed(void (*change)(X509 *x), enum reason want, const char *got)
{
	struct toy t;

	toy_open(&t);
	toy_change(&t.leaf, &t.inter, change);
	check_profile(want, got, t.leaf.chain);
	toy_close(&t);
}

static void check_tnauth(const struct tnauth *v, size_t n, enum reason want, const char *got)
{
	struct toy t;
	struct cert_spec spec = {.kind = CERT_STI_LEAF,
				 .organization = "Toy",
				 .common_name = "SHAKEN x",
				 .tnauth = v,
				 .tnauth_count = n};
	struct toy_cert c;

	toy_open(&t);
	c = toy_issue(&t, spec, &t.inter);
	check_profile(want, got, c.chain);
	toy_clear(&c);
	toy_close(&t);
}

TEST(profile_holds)
{
	struct toy t;

	toy_open(&t);
	check_profile(REASON_OK, "", t.leaf.chain);
	toy_close(&t);
}

TEST(profile_refuses_ca)
{
	struct toy t;

	toy_open(&t);
	check_profile(REASON_CERT_PROFILE, "CA", t.inter.chain);
	toy_close(&t);
}

static void p384(X509 *x)
{
	AUTO(EVP_PKEY_free) EVP_PKEY *key = EVP_EC_gen("P-384");

	CHECK(X509_set_pubkey(x, key));
}

TEST(profile_refuses_p384)
{
	check_changed(p384, REASON_CERT_KEY, "EC secp384r1");
}

static void rsa(X509 *x)
{
	AUTO(EVP_PKEY_free) EVP_PKEY *key = EVP_RSA_gen(2048);

	CHECK(X509_set_pubkey(x, key));
}

TEST(profile_refuses_rsa)
{
	check_changed(rsa, REASON_CERT_KEY, "RSA");
}

static void version_1(X509 *x)
{
	CHECK(X509_set_version(x, X509_VERSION_1));
}

TEST(profile_refuses_version_1)
{
	check_changed(version_1, REASON_CERT_PROFILE, "version 1");
}

static void no_usage(X509 *x)
{
	toy_set_ext(x, NID_key_usage, NULL);
}

TEST(profile_refuses_no_key_usage)
{
	check_changed(no_usage, REASON_CERT_PROFILE, "no key usage");
}

static void signs_certs(X509 *x)
{
	toy_set_ext(x, NID_key_usage, "critical,digitalSignature,keyCertSign");
}

TEST(profile_refuses_key_cert_sign)
{
	check_changed(signs_certs, REASON_CERT_PROFILE, "key usage bits 0x84");
}

static void agrees(X509 *x)
{
	toy_set_ext(x, NID_key_usage, "critical,keyAgreement");
}

TEST(profile_refuses_other_usage)
{
	check_changed(agrees, REASON_CERT_PROFILE, "key usage bits 0x8");
}

static void claim_constraints(X509 *x)
{
	toy_add_ext(x, OID_CLAIM_CONSTRAINTS, false, "\x30\x00", 2);
}

TEST(profile_refuses_claim_constraints)
{
	check_changed(claim_constraints, REASON_CERT_PROFILE, "JWTClaimConstraints");
}

static void eclaim_constraints(X509 *x)
{
	toy_add_ext(x, OID_ECLAIM_CONSTRAINTS, false, "\x30\x00", 2);
}

TEST(profile_refuses_enhanced_claim_constraints)
{
	check_changed(eclaim_constraints, REASON_CERT_PROFILE, "JWTClaimConstraints");
}

static void broken_basic(X509 *x)
{
	toy_set_ext(x, NID_basic_constraints, NULL);
	toy_add_ext(x, "2.5.29.19", true, "\x04\x00", 2);
}

TEST(profile_refuses_unreadable_extension)
{
	check_changed(broken_basic, REASON_CERT_PROFILE, "one that cannot");
}

static void remove_tnauth(X509 *x)
{
	AUTO(ASN1_OBJECT_free) ASN1_OBJECT *oid = OBJ_txt2obj(OID_TNAUTHLIST, 1);
	int at = X509_get_ext_by_OBJ(x, oid, -1);

	X509_EXTENSION_free(X509_delete_ext(x, at));
}

/* proves: PKI-01 */
TEST(profile_refuses_no_tnauthlist)
{
	check_changed(remove_tnauth, REASON_CERT_SPC, "no TNAuthList");
}

static void broken_tnauth(X509 *x)
{
	remove_tnauth(x);
	toy_add_ext(x, OID_TNAUTHLIST, false, "\x30\x01\x00", 3);
}

TEST(profile_refuses_unreadable_tnauthlist)
{
	check_changed(broken_tnauth, REASON_CERT_SPC, "cannot be read");
}

static void second_tnauth(X509 *x)
{
	toy_add_ext(x, OID_TNAUTHLIST, false, "\x30\x08\xA0\x06\x16\x04\x35\x36\x37\x38", 10);
}

TEST(profile_refuses_second_tnauthlist)
{
	check_changed(second_tnauth, REASON_CERT_SPC, "cannot be read");
}

TEST(profile_refuses_two_spcs)
{
	check_tnauth((struct tnauth[]){{TNAUTH_SPC, "1234", 0}, {TNAUTH_SPC, "5678", 0}}, 2,
		     REASON_CERT_SPC, "2 entries");
}

TEST(profile_refuses_spc_and_number)
{
	check_tnauth((struct tnauth[]){{TNAUTH_SPC, "1234", 0}, {TNAUTH_ONE, "12025550100", 0}}, 2,
		     REASON_CERT_SPC, "2 entries");
}

TEST(profile_refuses_number)
{
	check_tnauth(&(struct tnauth){TNAUTH_ONE, "12025550100", 0}, 1, REASON_CERT_SPC,
		     "telephone number 12025550100");
}

TEST(profile_refuses_range)
{
	check_tnauth(&(struct tnauth){TNAUTH_RANGE, "12025550100", 9}, 1, REASON_CERT_SPC,
		     "telephone numbers from 12025550100");
}

TEST(profile_refuses_signs_in_spc)
{
	check_tnauth(&(struct tnauth){TNAUTH_SPC, "12/4", 0}, 1, REASON_CERT_SPC, "\"12/4\"");
}

TEST(profile_takes_letters_in_spc)
{
	check_tnauth(&(struct tnauth){TNAUTH_SPC, "818H", 0}, 1, REASON_OK, "");
}

TEST_MAIN(CASE(profile_holds), CASE(profile_refuses_ca), CASE(profile_refuses_p384),
	  CASE(profile_refuses_rsa), CASE(profile_refuses_version_1),
	  CASE(profile_refuses_no_key_usage), CASE(profile_refuses_key_cert_sign),
	  CASE(profile_refuses_other_usage), CASE(profile_refuses_claim_constraints),
	  CASE(profile_refuses_enhanced_claim_constraints),
	  CASE(profile_refuses_unreadable_extension), CASE(profile_refuses_no_tnauthlist),
	  CASE(profile_refuses_unreadable_tnauthlist), CASE(profile_refuses_second_tnauthlist),
	  CASE(profile_refuses_two_spcs), CASE(profile_refuses_spc_and_number),
	  CASE(profile_refuses_number), CASE(profile_refuses_range),
	  CASE(profile_refuses_signs_in_spc), CASE(profile_takes_letters_in_spc))
