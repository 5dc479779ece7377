/* Paths to the roots of approved STI-CAs, with each mistake alone. */
#include <errno.h>

#include <openssl/rsa.h>

#include "tests/unit/toy_pki.h"

DEFINE_AUTO(struct cert_chain, cert_chain_unref)
DEFINE_AUTO(struct trust, trust_free)

static struct fault fault;
static void check_chain(const struct trust *trust, const struct cert_chain *chain, enum reason want,
			const char *got)
{
	fault = (struct fault){0};
	CHECK_INT(want == REASON_OK ? 0 : EBADMSG, trust_check_path(trust, chain, &fault));
	CHECK_STR(reason_info(want)->name, reason_info(fault.reason)->name);
	if (!strstr(fault.got, got))
		CHECK_STR(got, fault.got);
	CHECK_INT(0, (long long)ERR_peek_error());
}

static void check_path(const struct toy *t, const struct toy_cert *const *certs, enum reason want,
		       const char *got)
{
	AUTO(trust_free) struct trust *trust = toy_trust(t);
	AUTO(cert_chain_unref) struct cert_chain *chain = toy_chain(certs);

	check_chain(trust, chain, want, got);
}

#define CHECK_PATH(t, want, got, ...) \
	check_path((t), (const struct toy_cert *const[]){__VA_ARGS__, NULL}, (want), (got))

/* proves: PKI-02 */
TEST(path_holds)
{
	struct toy t;

	toy_open(&t);
	CHECK_PATH(&t, REASON_OK, "", &t.leaf, &t.inter);
	toy_close(&t);
}

TEST(path_with_its_root)
{
	struct toy t;

	toy_open(&t);
	CHECK_PATH(&t, REASON_OK, "", &t.leaf, &t.inter, &t.root);
	toy_close(&t);
}

TEST(path_in_any_order_after_the_leaf)
{
	struct toy t;
	struct toy_cert other;

	toy_open(&t);
	other = toy_cert(&t, CERT_INTERMEDIATE, "SHAKEN other", &t.root);
	CHECK_PATH(&t, REASON_OK, "", &t.leaf, &t.root, &other, &t.inter);
	toy_clear(&other);
	toy_close(&t);
}

TEST(path_from_the_root_itself)
{
	struct toy t;
	struct toy_cert leaf;

	toy_open(&t);
	leaf = toy_leaf(&t, "1234", &t.root);
	CHECK_PATH(&t, REASON_OK, "", &leaf);
	toy_clear(&leaf);
	toy_close(&t);
}

TEST(refuses_missing_intermediate)
{
	struct toy t;

	toy_open(&t);
	CHECK_PATH(&t, REASON_CERT_UNTRUSTED, "issuer CN=SHAKEN Toy Intermediate", &t.leaf);
	CHECK_PATH(&t, REASON_CERT_UNTRUSTED, "issuer CN=SHAKEN Toy Intermediate", &t.leaf,
		   &t.root);
	toy_close(&t);
}

/* proves: CPS-06 PKI-02 */
TEST(refuses_unlisted_root)
{
	struct toy t;
	struct toy_cert root, inter, leaf;

	toy_open(&t);
	root = toy_cert(&t, CERT_ROOT, "SHAKEN Rogue ROOT", NULL);
	inter = toy_cert(&t, CERT_INTERMEDIATE, "SHAKEN Rogue", &root);
	leaf = toy_leaf(&t, "1234", &inter);
	CHECK_PATH(&t, REASON_CERT_UNTRUSTED, "issuer CN=SHAKEN Rogue ROOT", &leaf, &inter);
	CHECK_STR("one of the 1 roots of list 5", fault.want);
	/* bringing the root along does not help */
	CHECK_PATH(&t, REASON_CERT_UNTRUSTED, "issuer CN=SHAKEN Rogue ROOT", &leaf, &inter, &root);
	toy_clear(&leaf);
	toy_clear(&inter);
	toy_clear(&root);
	toy_close(&t);
}

TEST(refuses_namesake_of_the_root)
{
	struct toy t;
	struct toy_cert root, inter, leaf;

	toy_open(&t);
	root = toy_cert(&t, CERT_ROOT, "SHAKEN Toy ROOT", NULL);
	inter = toy_cert(&t, CERT_INTERMEDIATE, "SHAKEN Toy Intermediate", &root);
	leaf = toy_leaf(&t, "1234", &inter);
	CHECK_PATH(&t, REASON_CERT_UNTRUSTED, "", &leaf, &inter, &root);
	/* the real intermediate did not sign it either */
	CHECK_PATH(&t, REASON_CERT_UNTRUSTED, "", &leaf, &t.inter);
	toy_clear(&leaf);
	toy_clear(&inter);
	toy_clear(&root);
	toy_close(&t);
}

TEST(refuses_roots_of_the_pa_and_the_web)
{
	struct toy t;
	struct toy_cert leaf;

	toy_open(&t);
	leaf = toy_leaf(&t, "1234", &t.pa);
	CHECK_PATH(&t, REASON_CERT_UNTRUSTED, "issuer CN=PA ROOT", &leaf);
	toy_clear(&leaf);
	toy_close(&t);
}

TEST(refuses_self_signed_leaf)
{
	struct toy t;

	toy_open(&t);
	toy_change(&t.leaf, &t.leaf, NULL);
	CHECK_PATH(&t, REASON_CERT_CHAIN, "signature", &t.leaf, &t.inter);
	toy_close(&t);
}

static void other_serial(X509 *x)
{
	CHECK(ASN1_INTEGER_set(X509_get_serialNumber(x), 7));
}

TEST(refuses_signature_of_another)
{
	struct toy t;

	toy_open(&t);
	toy_change(&t.leaf, &t.root, other_serial);
	CHECK_PATH(&t, REASON_CERT_CHAIN, "certificate signature failure (certificate 0", &t.leaf,
		   &t.inter);
	toy_close(&t);
}

/* A provider issues for another's SPC: the mistake of many a validator */
TEST(refuses_leaf_as_ca)
{
	struct toy t;
	struct toy_cert forged;

	toy_open(&t);
	forged = toy_leaf(&t, "9999", &t.leaf);
	CHECK_PATH(&t, REASON_CERT_CHAIN, "invalid CA certificate", &forged, &t.leaf, &t.inter);
	toy_clear(&forged);
	toy_close(&t);
}

static void check_inter(void (*change)(X509 *x), enum reason want, const char *got)
{
	struct toy t;

	toy_open(&t);
	toy_change(&t.inter, &t.root, change);
	CHECK_PATH(&t, want, got, &t.leaf, &t.inter);
	toy_close(&t);
}

static void no_cert_sign(X509 *x)
{
	toy_set_ext(x, NID_key_usage, "critical,digitalSignature,cRLSign");
}

TEST(refuses_intermediate_without_key_cert_sign)
{
	check_inter(no_cert_sign, REASON_CERT_CHAIN, "invalid CA certificate");
}

static void no_basic(X509 *x)
{
	toy_set_ext(x, NID_basic_constraints, NULL);
}

/* with keyCertSign alone OpenSSL takes it for a CA */
TEST(refuses_intermediate_without_basic_constraints)
{
	check_inter(no_basic, REASON_CERT_CHAIN, "");
}

static void unknown_critical(X509 *x)
{
	toy_add_ext(x, "1.2.3.4", true, "\x05\x00", 2);
}

TEST(refuses_unknown_critical_extension_of_intermediate)
{
	check_inter(unknown_critical, REASON_CERT_CHAIN, "unhandled critical extension");
}

TEST(refuses_unknown_critical_extension_of_leaf)
{
	struct toy t;

	toy_open(&t);
	toy_change(&t.leaf, &t.inter, unknown_critical);
	CHECK_PATH(&t, REASON_CERT_CHAIN, "unhandled critical extension", &t.leaf, &t.inter);
	toy_close(&t);
}

static void unknown_plain(X509 *x)
{
	toy_add_ext(x, "1.2.3.4", false, "\x05\x00", 2);
}

TEST(takes_unknown_plain_extension)
{
	check_inter(unknown_plain, REASON_OK, "");
}

TEST(refuses_path_longer_than_path_len)
{
	struct toy t;
	struct toy_cert below, leaf;

	toy_open(&t);
	below = toy_cert(&t, CERT_INTERMEDIATE, "SHAKEN below", &t.inter);
	leaf = toy_leaf(&t, "1234", &below);
	CHECK_PATH(&t, REASON_CERT_CHAIN, "path length", &leaf, &below, &t.inter);
	toy_clear(&leaf);
	toy_clear(&below);
	toy_close(&t);
}

static EVP_PKEY *ca_key;

static void set_ca_key(X509 *x)
{
	CHECK(X509_set_pubkey(x, ca_key));
}

/* Sign the leaf anew, by any key and digest */
static void sign_leaf(struct toy *t, EVP_PKEY *key, const EVP_MD *digest)
{
	AUTO(X509_free) X509 *x = X509_dup(cert_chain_x509(t->leaf.chain, 0));
	AUTO(BIO_free_all) BIO *out = BIO_new(BIO_s_mem());

	CHECK(X509_sign(x, key, digest) > 0 && PEM_write_bio_X509(out, x));
	buf_reset(&t->leaf.pem);
	CHECK_INT(0, ossl_take(&t->leaf.pem, out));
}

/* An intermediate with a key of its own choice, and a leaf below it */
static void check_ca_key(EVP_PKEY *key, enum reason want, const char *got)
{
	struct toy t;

	toy_open(&t);
	ca_key = key;
	toy_change(&t.inter, &t.root, set_ca_key);
	sign_leaf(&t, key, EVP_sha256());
	CHECK_PATH(&t, want, got, &t.leaf, &t.inter);
	toy_close(&t);
}

TEST(takes_p384_ca)
{
	AUTO(EVP_PKEY_free) EVP_PKEY *key = EVP_EC_gen("P-384");

	check_ca_key(key, REASON_OK, "");
}

TEST(refuses_other_curve_of_ca)
{
	AUTO(EVP_PKEY_free) EVP_PKEY *key = EVP_EC_gen("secp256k1");

	check_ca_key(key, REASON_CERT_KEY, "secp256k1");
}

TEST(refuses_rsa_ca)
{
	AUTO(EVP_PKEY_free) EVP_PKEY *key = EVP_RSA_gen(2048);

	check_ca_key(key, REASON_CERT_KEY, "another kind of key");
}

TEST(refuses_sha1_signature)
{
	struct toy t;

	toy_open(&t);
	sign_leaf(&t, key_pkey(t.inter.key), EVP_sha1());
	CHECK_PATH(&t, REASON_CERT_CHAIN, "digest", &t.leaf, &t.inter);
	toy_close(&t);
}

/* --- dates: the edges, to the second --- */

static void check_at(int64_t begin_s, int64_t end_s, int which, int64_t now_s, enum reason want)
{
	struct toy t;
	struct cert_spec ca = {.kind = CERT_INTERMEDIATE,
			       .organization = "Toy",
			       .common_name = "SHAKEN dated",
			       .not_before_s = begin_s,
			       .not_after_s = end_s};
	struct cert_spec ee = {.kind = CERT_STI_LEAF,
			       .organization = "Toy",
			       .spc = "1234",
			       .not_before_s = begin_s,
			       .not_after_s = end_s};
	struct toy_cert inter, leaf;
	AUTO(trust_free) struct trust *trust = NULL;
	AUTO(cert_chain_unref) struct cert_chain *chain = NULL;

	toy_open(&t);
	inter = which ? toy_issue(&t, ca, &t.root)
		      : toy_cert(&t, CERT_INTERMEDIATE, "SHAKEN dated", &t.root);
	leaf = which ? toy_leaf(&t, "1234", &inter) : toy_issue(&t, ee, &inter);
	trust = toy_trust(&t);
	chain = TOY_CHAIN(&leaf, &inter);
	toy_at(&t, now_s);
	check_chain(trust, chain, want, "");
	toy_clear(&inter);
	toy_clear(&leaf);
	toy_close(&t);
}

TEST(leaf_on_its_first_second)
{
	check_at(TOY_NOW, TOY_NOW + 60, 0, TOY_NOW, REASON_OK);
}
TEST(leaf_before_its_first_second)
{
	check_at(TOY_NOW, TOY_NOW + 60, 0, TOY_NOW - 1, REASON_CERT_DATE);
}
TEST(leaf_on_its_last_second)
{
	check_at(TOY_NOW, TOY_NOW + 60, 0, TOY_NOW + 60, REASON_OK);
}
TEST(leaf_after_its_last_second)
{
	check_at(TOY_NOW, TOY_NOW + 60, 0, TOY_NOW + 61, REASON_CERT_DATE);
}
TEST(intermediate_before_its_time)
{
	check_at(TOY_NOW, TOY_NOW + 60, 1, TOY_NOW - 1, REASON_CERT_DATE);
}
TEST(intermediate_in_its_time)
{
	check_at(TOY_NOW, TOY_NOW + 60, 1, TOY_NOW + 30, REASON_OK);
}
TEST(intermediate_after_its_time)
{
	check_at(TOY_NOW, TOY_NOW + 60, 1, TOY_NOW + 61, REASON_CERT_DATE);
}

TEST(date_fault_says_when)
{
	check_at(TOY_NOW, TOY_NOW + 60, 0, TOY_NOW + 61, REASON_CERT_DATE);
	CHECK_STR("a time from 2027-01-15T08:00:00Z to 2027-01-15T08:01:00Z", fault.want);
	CHECK_STR("2027-01-15T08:01:01Z", fault.got);
}

TEST_MAIN(CASE(path_holds), CASE(path_with_its_root), CASE(path_in_any_order_after_the_leaf),
	  CASE(path_from_the_root_itself), CASE(refuses_missing_intermediate),
	  CASE(refuses_unlisted_root), CASE(refuses_namesake_of_the_root),
	  CASE(refuses_roots_of_the_pa_and_the_web), CASE(refuses_self_signed_leaf),
	  CASE(refuses_signature_of_another), CASE(refuses_leaf_as_ca),
	  CASE(refuses_intermediate_without_key_cert_sign),
	  CASE(refuses_intermediate_without_basic_constraints),
	  CASE(refuses_unknown_critical_extension_of_intermediate),
	  CASE(refuses_unknown_critical_extension_of_leaf), CASE(takes_unknown_plain_extension),
	  CASE(refuses_path_longer_than_path_len), CASE(takes_p384_ca),
	  CASE(refuses_other_curve_of_ca), CASE(refuses_rsa_ca), CASE(refuses_sha1_signature),
	  CASE(leaf_on_its_first_second), CASE(leaf_before_its_first_second),
	  CASE(leaf_on_its_last_second), CASE(leaf_after_its_last_second),
	  CASE(intermediate_before_its_time), CASE(intermediate_in_its_time),
	  CASE(intermediate_after_its_time), CASE(date_fault_says_when))
