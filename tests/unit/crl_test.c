/* Revocation by the STI-PA's indirect CRL: what it lists, and when it is in force. */
#include "tests/unit/toy_crl.h"

static struct err e;

TEST(nothing_revoked)
{
	struct toy t;

	toy_open(&t);
	{
		BUF_AUTO struct buf crl = TOY_CRL(&t, 6);

		check_crl(&t, &crl, REASON_OK, "");
	}
	toy_close(&t);
}

/* proves: PKI-04 */
TEST(leaf_revoked)
{
	struct toy t;
	struct cert_info info;

	toy_open(&t);
	(void)cert_chain_info(t.leaf.chain, 0, &info);
	{
		BUF_AUTO struct buf crl = TOY_CRL(&t, 6, &t.leaf);

		check_crl(&t, &crl, REASON_CERT_REVOKED, info.serial);
	}
	toy_close(&t);
}

TEST(intermediate_revoked)
{
	struct toy t;

	toy_open(&t);
	{
		BUF_AUTO struct buf crl = TOY_CRL(&t, 6, &t.inter);

		check_crl(&t, &crl, REASON_CERT_REVOKED, "of CN=SHAKEN Toy ROOT");
	}
	toy_close(&t);
}

TEST(another_leaf_revoked)
{
	struct toy t;
	struct toy_cert other;

	toy_open(&t);
	other = toy_leaf(&t, "1234", &t.inter);
	{
		BUF_AUTO struct buf crl = TOY_CRL(&t, 6, &other);

		check_crl(&t, &crl, REASON_OK, "");
	}
	toy_clear(&other);
	toy_close(&t);
}

TEST(found_among_many_issuers)
{
	struct toy t;
	struct toy_cert a, b;

	toy_open(&t);
	a = toy_cert(&t, CERT_INTERMEDIATE, "SHAKEN a", &t.root);
	b = toy_leaf(&t, "5678", &a);
	{
		BUF_AUTO struct buf crl = TOY_CRL(&t, 6, &b, &a, &t.leaf, &t.signer);

		check_crl(&t, &crl, REASON_CERT_REVOKED, "");
	}
	toy_clear(&a);
	toy_clear(&b);
	toy_close(&t);
}

/* The same serial number under another CA is another certificate */
static int64_t one_serial;

static void set_serial(X509 *x)
{
	CHECK(ASN1_INTEGER_set_int64(X509_get_serialNumber(x), one_serial));
}

TEST(same_serial_of_another_ca)
{
	struct toy t;
	struct toy_cert inter, other;

	toy_open(&t);
	one_serial = 0x1122334455667788;
	inter = toy_cert(&t, CERT_INTERMEDIATE, "SHAKEN other", &t.root);
	other = toy_leaf(&t, "5678", &inter);
	toy_change(&t.leaf, &t.inter, set_serial);
	toy_change(&other, &inter, set_serial);
	{
		BUF_AUTO struct buf crl = TOY_CRL(&t, 6, &other);
		BUF_AUTO struct buf mine = TOY_CRL(&t, 7, &t.leaf);

		check_crl(&t, &crl, REASON_OK, "");
		check_crl(&t, &mine, REASON_CERT_REVOKED, "1122334455667788");
	}
	toy_clear(&inter);
	toy_clear(&other);
	toy_close(&t);
}

/* RFC 5280 §5.3.3: an entry without CertificateIssuer has that of the entry before */
static void second_without_issuer(X509_CRL *crl)
{
	X509_REVOKED *second = sk_X509_REVOKED_value(X509_CRL_get_REVOKED(crl), 1);
	int at = X509_REVOKED_get_ext_by_NID(second, NID_certificate_issuer, -1);

	CHECK(at >= 0);
	X509_EXTENSION_free(X509_REVOKED_delete_ext(second, at));
}

TEST(certificate_issuer_is_carried_forward)
{
	struct toy t;
	struct toy_cert other;

	toy_open(&t);
	other = toy_leaf(&t, "5678", &t.inter);
	one_serial = 1; /* the CRL is sorted: this entry comes first */
	toy_change(&other, &t.inter, set_serial);
	{
		BUF_AUTO struct buf crl = TOY_CRL(&t, 6, &other, &t.leaf);

		change_crl(&crl, &t.signer, second_without_issuer);
		check_crl(&t, &crl, REASON_CERT_REVOKED, "");
	}
	toy_clear(&other);
	toy_close(&t);
}

TEST(entry_without_issuer_is_the_crl_issuers)
{
	struct toy t;
	struct toy_cert other;

	toy_open(&t);
	other = toy_cert(&t, CERT_PA_SIGNER, "PA other", &t.signer);
	one_serial = 1;
	toy_change(&other, &t.signer, set_serial);
	toy_change(&t.leaf, &t.inter, set_serial);
	{
		/* serial 1 of the signer itself: not the leaf's */
		BUF_AUTO struct buf crl = TOY_CRL(&t, 6, &other);

		check_crl(&t, &crl, REASON_OK, "");
	}
	toy_clear(&other);
	toy_close(&t);
}

/* --- in force --- */

TEST(nothing_is_known_without_a_crl)
{
	struct toy t;
	AUTO(trust_free) struct trust *trust = NULL;

	toy_open(&t);
	CHECK_INT(0, trust_alloc(&trust, buf_sv(&t.pa.pem), &t.env, &e));
	check_revoked(trust, t.leaf.chain, REASON_CRL_UNUSABLE, "none so far");
	toy_close(&t);
}

TEST(in_force_to_its_last_second)
{
	struct toy t;
	AUTO(trust_free) struct trust *trust = NULL;

	toy_open(&t);
	trust = toy_trust(&t);
	toy_at(&t, TOY_NOW + TOY_DAY);
	check_revoked(trust, t.leaf.chain, REASON_OK, "");
	toy_at(&t, TOY_NOW + TOY_DAY + 1);
	check_revoked(trust, t.leaf.chain, REASON_CRL_UNUSABLE, "one that ended 1 s ago");
	toy_at(&t, TOY_NOW - 6);
	check_revoked(trust, t.leaf.chain, REASON_CRL_UNUSABLE, "one that begins in 1 s");
	toy_close(&t);
}

TEST(new_crl_raises_the_generation)
{
	struct toy t;
	AUTO(trust_free) struct trust *trust = NULL;
	uint64_t before;

	toy_open(&t);
	trust = toy_trust(&t);
	before = trust_generation(trust);
	{
		BUF_AUTO struct buf crl = TOY_CRL(&t, 6, &t.leaf);

		CHECK_INT(0, trust_set_crl(trust, buf_sv(&crl), buf_sv(&t.signer.pem), &e));
	}
	CHECK_INT(before + 1, trust_generation(trust));
	check_revoked(trust, t.leaf.chain, REASON_CERT_REVOKED, "");
	toy_close(&t);
}

TEST(a_revocation_can_be_taken_back_by_a_higher_number)
{
	struct toy t;
	AUTO(trust_free) struct trust *trust = NULL;

	toy_open(&t);
	trust = toy_trust(&t);
	{
		BUF_AUTO struct buf six = TOY_CRL(&t, 6, &t.leaf);
		BUF_AUTO struct buf seven = TOY_CRL(&t, 7);

		CHECK_INT(0, trust_set_crl(trust, buf_sv(&six), buf_sv(&t.signer.pem), &e));
		CHECK_INT(0, trust_set_crl(trust, buf_sv(&seven), buf_sv(&t.signer.pem), &e));
		check_revoked(trust, t.leaf.chain, REASON_OK, "");
		CHECK_INT(EBADMSG, trust_set_crl(trust, buf_sv(&six), buf_sv(&t.signer.pem), &e));
		check_revoked(trust, t.leaf.chain, REASON_OK, "");
	}
	toy_close(&t);
}

TEST(der_as_well_as_pem)
{
	struct toy t;
	AUTO(trust_free) struct trust *trust = NULL;
	BUF_AUTO struct buf der = BUF(65536);

	toy_open(&t);
	trust = toy_trust(&t);
	{
		BUF_AUTO struct buf crl = TOY_CRL(&t, 6, &t.leaf);

		CHECK_INT(0, crl_der(&der, buf_sv(&crl), &e));
	}
	CHECK_INT(0, trust_set_crl(trust, buf_sv(&der), buf_sv(&t.signer.pem), &e));
	check_revoked(trust, t.leaf.chain, REASON_CERT_REVOKED, "");
	(void)buf_addz(&der, "x");
	check_refused(&t, &der, &t.signer.pem, EBADMSG, "expected a CRL in PEM or DER");
	toy_close(&t);
}

TEST(signed_by_the_root_itself)
{
	struct toy t;
	struct buf none = BUF(1);
	AUTO(trust_free) struct trust *trust = NULL;
	AUTO(cert_chain_unref) struct cert_chain *chain = NULL;

	toy_open(&t);
	trust = toy_trust(&t);
	{
		struct toy by_root = t;
		BUF_AUTO struct buf crl = BUF(0);

		by_root.signer = t.pa;
		crl = TOY_CRL(&by_root, 6, &t.leaf);
		CHECK_INT(0, trust_set_crl(trust, buf_sv(&crl), buf_sv(&none), &e));
		check_revoked(trust, t.leaf.chain, REASON_CERT_REVOKED, "");
	}
	toy_close(&t);
}

TEST_MAIN(CASE(nothing_revoked), CASE(leaf_revoked), CASE(intermediate_revoked),
	  CASE(another_leaf_revoked), CASE(found_among_many_issuers),
	  CASE(same_serial_of_another_ca), CASE(certificate_issuer_is_carried_forward),
	  CASE(entry_without_issuer_is_the_crl_issuers), CASE(nothing_is_known_without_a_crl),
	  CASE(in_force_to_its_last_second), CASE(new_crl_raises_the_generation),
	  CASE(a_revocation_can_be_taken_back_by_a_higher_number), CASE(der_as_well_as_pem),
	  CASE(signed_by_the_root_itself))
