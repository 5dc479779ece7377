/* CRLs that are refused, with each mistake alone: the CRL held before stays in force. */
#include "tests/unit/toy_crl.h"

static struct err e;

/* CRL number 6 with the leaf in it, changed */
static void check_changed(void (*change)(X509_CRL *crl), const char *text)
{
	struct toy t;

	toy_open(&t);
	{
		BUF_AUTO struct buf crl = TOY_CRL(&t, 6, &t.leaf);

		change_crl(&crl, &t.signer, change);
		check_refused(&t, &crl, &t.signer.pem, EBADMSG, text);
	}
	toy_close(&t);
}

TEST(refuses_the_same_again)
{
	struct toy t;

	toy_open(&t);
	{
		AUTO(trust_free) struct trust *trust = toy_trust(&t);
		BUF_AUTO struct buf crl = TOY_CRL(&t, 6);

		CHECK_INT(0, trust_set_crl(trust, buf_sv(&crl), buf_sv(&t.signer.pem), &e));
		CHECK_INT(EALREADY, trust_set_crl(trust, buf_sv(&crl), buf_sv(&t.signer.pem), &e));
	}
	toy_close(&t);
}

TEST(refuses_lower_number)
{
	struct toy t;

	toy_open(&t);
	{
		BUF_AUTO struct buf crl = TOY_CRL(&t, 4, &t.leaf);

		check_refused(&t, &crl, &t.signer.pem, EBADMSG, "number is lower");
	}
	toy_close(&t);
}

static void no_number(X509_CRL *crl)
{
	X509_EXTENSION_free(
		X509_CRL_delete_ext(crl, X509_CRL_get_ext_by_NID(crl, NID_crl_number, -1)));
}

TEST(refuses_no_number_after_one)
{
	check_changed(no_number, "number is lower");
}

static void earlier(X509_CRL *crl)
{
	AUTO(ASN1_TIME_free) ASN1_TIME *at = ASN1_TIME_set(NULL, TOY_NOW - 6);

	CHECK(X509_CRL_set1_lastUpdate(crl, at));
}

TEST(refuses_earlier_this_update)
{
	check_changed(earlier, "thisUpdate is 1 s before");
}

static void ahead(X509_CRL *crl)
{
	AUTO(ASN1_TIME_free) ASN1_TIME *at = ASN1_TIME_set(NULL, TOY_NOW + 1);

	CHECK(X509_CRL_set1_lastUpdate(crl, at));
}

TEST(refuses_one_from_the_future)
{
	check_changed(ahead, "thisUpdate is 1 s ahead");
}

static void past(X509_CRL *crl)
{
	AUTO(ASN1_TIME_free) ASN1_TIME *at = ASN1_TIME_set(NULL, TOY_NOW - 1);

	CHECK(X509_CRL_set1_nextUpdate(crl, at));
}

TEST(refuses_out_of_date)
{
	check_changed(past, "out of date: nextUpdate was 1 s ago");
}

static void no_scope(X509_CRL *crl)
{
	int at = X509_CRL_get_ext_by_NID(crl, NID_issuing_distribution_point, -1);

	X509_EXTENSION_free(X509_CRL_delete_ext(crl, at));
}

TEST(refuses_crl_that_is_not_indirect)
{
	check_changed(no_scope, "expected an indirect CRL");
}

static void set_scope(X509_CRL *crl, const char *octets, int len)
{
	AUTO(X509_EXTENSION_free) X509_EXTENSION *ext = toy_ext("2.5.29.28", true, octets, len);

	no_scope(crl);
	CHECK(X509_CRL_add_ext(crl, ext, -1));
}

static void scope_not_indirect(X509_CRL *crl)
{
	set_scope(crl, "\x30\x00", 2);
}

static void scope_only_cas(X509_CRL *crl)
{
	set_scope(crl, "\x30\x06\x82\x01\xFF\x84\x01\xFF", 8);
}

static void scope_only_users(X509_CRL *crl)
{
	set_scope(crl, "\x30\x06\x81\x01\xFF\x84\x01\xFF", 8);
}

static void scope_some_reasons(X509_CRL *crl)
{
	set_scope(crl, "\x30\x07\x83\x02\x06\x40\x84\x01\xFF", 9);
}

static void scope_broken(X509_CRL *crl)
{
	set_scope(crl, "\x04\x01\x00", 3);
}

TEST(refuses_scope_without_indirect)
{
	check_changed(scope_not_indirect, "one that is not indirect");
}
TEST(refuses_scope_of_cas_only)
{
	check_changed(scope_only_cas, "expected one for all certificates");
}
TEST(refuses_scope_of_users_only)
{
	check_changed(scope_only_users, "expected one for all certificates");
}
TEST(refuses_scope_of_some_reasons)
{
	check_changed(scope_some_reasons, "expected one for all certificates");
}
TEST(refuses_scope_that_cannot_be_read)
{
	check_changed(scope_broken, "cannot be read");
}

static void add_crl_ext(X509_CRL *crl, const char *oid, bool critical, const char *octets, int len)
{
	AUTO(X509_EXTENSION_free) X509_EXTENSION *ext = toy_ext(oid, critical, octets, len);

	CHECK(X509_CRL_add_ext(crl, ext, -1));
}

static void delta(X509_CRL *crl)
{
	add_crl_ext(crl, "2.5.29.27", true, "\x02\x01\x01", 3);
}

static void delta_not_critical(X509_CRL *crl)
{
	add_crl_ext(crl, "2.5.29.27", false, "\x02\x01\x01", 3);
}

static void unknown_critical(X509_CRL *crl)
{
	add_crl_ext(crl, "1.2.3.4", true, "\x05\x00", 2);
}

static void unknown_plain(X509_CRL *crl)
{
	add_crl_ext(crl, "1.2.3.4", false, "\x05\x00", 2);
}

TEST(refuses_delta)
{
	check_changed(delta, "critical extension that is not known");
}
TEST(refuses_delta_not_marked)
{
	check_changed(delta_not_critical, "got a delta CRL");
}
TEST(refuses_unknown_critical_extension)
{
	check_changed(unknown_critical, "not known here: 1.2.3.4");
}

static void entry_critical(X509_CRL *crl)
{
	X509_REVOKED *entry = sk_X509_REVOKED_value(X509_CRL_get_REVOKED(crl), 0);
	AUTO(X509_EXTENSION_free) X509_EXTENSION *ext = toy_ext("1.2.3.4", true, "\x05\x00", 2);

	CHECK(X509_REVOKED_add_ext(entry, ext, -1));
}

static void entry_issuer_broken(X509_CRL *crl)
{
	X509_REVOKED *entry = sk_X509_REVOKED_value(X509_CRL_get_REVOKED(crl), 0);
	AUTO(X509_EXTENSION_free) X509_EXTENSION *ext = toy_ext("2.5.29.29", true, "\x04\x00", 2);

	X509_EXTENSION_free(X509_REVOKED_delete_ext(
		entry, X509_REVOKED_get_ext_by_NID(entry, NID_certificate_issuer, -1)));
	CHECK(X509_REVOKED_add_ext(entry, ext, -1));
}

TEST(refuses_unknown_critical_extension_of_entry)
{
	check_changed(entry_critical, "an entry has a critical extension");
}
TEST(refuses_certificate_issuer_that_cannot_be_read)
{
	check_changed(entry_issuer_broken, "CertificateIssuer of entry 1");
}

TEST(takes_unknown_plain_extension)
{
	struct toy t;

	toy_open(&t);
	{
		BUF_AUTO struct buf crl = TOY_CRL(&t, 6, &t.leaf);

		change_crl(&crl, &t.signer, unknown_plain);
		check_crl(&t, &crl, REASON_CERT_REVOKED, "");
	}
	toy_close(&t);
}

static void unchanged(X509_CRL *crl)
{
	(void)crl;
}

TEST(refuses_signature_of_another_key)
{
	struct toy t;

	toy_open(&t);
	{
		BUF_AUTO struct buf crl = TOY_CRL(&t, 6, &t.leaf);

		change_crl(&crl, &t.leaf, unchanged);
		check_refused(&t, &crl, &t.signer.pem, EBADMSG, "signature does not verify");
	}
	toy_close(&t);
}

/* Signed by another certificate, whose chain is given */
static void check_signer(struct toy *t, struct toy_cert signer, const char *text)
{
	struct toy by = *t;
	BUF_AUTO struct buf crl = BUF(0);

	by.signer = signer;
	crl = TOY_CRL(&by, 6, &t->leaf);
	check_refused(t, &crl, &signer.pem, EBADMSG, text);
}

TEST(refuses_signer_of_an_sti_ca)
{
	struct toy t;

	toy_open(&t);
	check_signer(&t, t.inter, "got cert-untrusted: issuer CN=SHAKEN Toy ROOT");
	check_signer(&t, t.root, "got cert-untrusted");
	toy_close(&t);
}

static void no_crl_sign(X509 *x)
{
	toy_set_ext(x, NID_key_usage, "critical,digitalSignature");
}

TEST(refuses_signer_without_crl_sign)
{
	struct toy t;
	struct toy_cert signer;

	toy_open(&t);
	signer = toy_cert(&t, CERT_PA_SIGNER, "PA lists only", &t.pa);
	toy_change(&signer, &t.pa, no_crl_sign);
	check_signer(&t, signer, "signer CN=PA lists only,O=Toy,C=US has no key usage for it");
	toy_clear(&signer);
	toy_close(&t);
}

TEST(refuses_issuer_outside_the_chain)
{
	struct toy t;

	toy_open(&t);
	{
		BUF_AUTO struct buf crl = TOY_CRL(&t, 6, &t.leaf);
		struct buf none = BUF(1);

		check_refused(&t, &crl, &none, EBADMSG, "got CN=PA signer");
		check_refused(&t, &crl, &t.pa.pem, EBADMSG, "got CN=PA signer");
	}
	toy_close(&t);
}

TEST(refuses_what_is_no_crl)
{
	struct toy t;
	BUF_AUTO struct buf text = BUF(100);
	struct buf nothing = BUF(1);

	toy_open(&t);
	(void)buf_addz(&text, "0no CRL");
	check_refused(&t, &nothing, &t.signer.pem, EBADMSG, "expected a CRL in PEM or DER");
	check_refused(&t, &text, &t.signer.pem, EBADMSG, "expected a CRL in PEM or DER");
	check_refused(&t, &t.leaf.pem, &t.signer.pem, EBADMSG, "expected a CRL in PEM or DER");
	toy_close(&t);
}

TEST_MAIN(CASE(refuses_the_same_again), CASE(refuses_lower_number),
	  CASE(refuses_no_number_after_one), CASE(refuses_earlier_this_update),
	  CASE(refuses_one_from_the_future), CASE(refuses_out_of_date),
	  CASE(refuses_crl_that_is_not_indirect), CASE(refuses_scope_without_indirect),
	  CASE(refuses_scope_of_cas_only), CASE(refuses_scope_of_users_only),
	  CASE(refuses_scope_of_some_reasons), CASE(refuses_scope_that_cannot_be_read),
	  CASE(refuses_delta), CASE(refuses_delta_not_marked),
	  CASE(refuses_unknown_critical_extension),
	  CASE(refuses_unknown_critical_extension_of_entry),
	  CASE(refuses_certificate_issuer_that_cannot_be_read), CASE(takes_unknown_plain_extension),
	  CASE(refuses_signature_of_another_key), CASE(refuses_signer_of_an_sti_ca),
	  CASE(refuses_signer_without_crl_sign), CASE(refuses_issuer_outside_the_chain),
	  CASE(refuses_what_is_no_crl))
