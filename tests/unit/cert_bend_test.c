/* Certificates that are wrong on purpose: the change is there, the signature is still right. */
#include "lib/stir/cert_bend.h"
#include "lib/stir/crl_ossl.h"
#include "tests/unit/toy_pki.h"

/* The leaf, changed, parsed again */
static X509 *bent(const struct toy *t, const struct bend *bends)
{
	BUF_AUTO struct buf pem = BUF(65536);
	AUTO(BIO_free_all) BIO *in = NULL;
	struct err e = {""};

	CHECK_INT(0, cert_bend(&pem, buf_sv(&t->leaf.pem), bends, t->inter.key, &e));
	CHECK_STR("", e.s);
	in = ossl_reader(buf_sv(&pem));
	return PEM_read_bio_X509(in, NULL, NULL, NULL);
}

static bool verifies(const struct toy *t, X509 *x)
{
	return X509_verify(x, key_pkey(t->inter.key)) == 1;
}

TEST(nothing_changed)
{
	struct toy t;

	toy_open(&t);
	{
		AUTO(X509_free) X509 *x = bent(&t, &(struct bend){BEND_END, NULL, NULL});

		CHECK(verifies(&t, x));
		CHECK(X509_NAME_cmp(X509_get_subject_name(x),
				    X509_get_subject_name(cert_chain_x509(t.leaf.chain, 0))) == 0);
	}
	toy_close(&t);
}

TEST(extension_goes_and_comes)
{
	static const struct bend bends[] = {
		{BEND_DROP, "keyUsage", NULL},
		{BEND_ADD, "keyUsage", "critical,keyAgreement"},
		{BEND_DROP, OID_TNAUTHLIST, NULL},
		{BEND_ADD, "1.2.3.4", "DER:05:00"},
		{BEND_END, NULL, NULL},
	};
	struct toy t;

	toy_open(&t);
	{
		AUTO(X509_free) X509 *x = bent(&t, bends);
		struct tnauth list[TNAUTH_MAX];

		CHECK(verifies(&t, x));
		CHECK_INT(X509v3_KU_KEY_AGREEMENT, X509_get_key_usage(x));
		CHECK_INT(0, cert_tnauth_read(X509_get0_extensions(x), list));
		CHECK_INT(X509_get_ext_count(cert_chain_x509(t.leaf.chain, 0)),
			  X509_get_ext_count(x));
	}
	toy_close(&t);
}

TEST(version)
{
	static const struct bend bends[] = {{BEND_VERSION, NULL, "1"}, {BEND_END, NULL, NULL}};
	struct toy t;

	toy_open(&t);
	{
		AUTO(X509_free) X509 *x = bent(&t, bends);

		CHECK_INT(X509_VERSION_1, X509_get_version(x));
		CHECK(verifies(&t, x));
	}
	toy_close(&t);
}

TEST(broken_signature)
{
	static const struct bend bends[] = {{BEND_BREAK, NULL, NULL}, {BEND_END, NULL, NULL}};
	struct toy t;

	toy_open(&t);
	{
		AUTO(X509_free) X509 *x = bent(&t, bends);

		CHECK(!verifies(&t, x));
		ERR_clear_error();
	}
	toy_close(&t);
}

static void check_refused(const struct bend *bends, const char *says)
{
	struct toy t;
	BUF_AUTO struct buf pem = BUF(65536);
	struct err e = {""};

	toy_open(&t);
	CHECK_INT(EINVAL, cert_bend(&pem, buf_sv(&t.leaf.pem), bends, t.inter.key, &e));
	CHECK(strstr(e.s, says) != NULL);
	CHECK_INT(0, pem.l);
	toy_close(&t);
}

TEST(what_is_not_there_cannot_go)
{
	check_refused((struct bend[]){{BEND_DROP, "nameConstraints", NULL}, {BEND_END, NULL, NULL}},
		      "nameConstraints");
}

TEST(extension_that_cannot_be)
{
	check_refused((struct bend[]){{BEND_ADD, "keyUsage", "nonsense"}, {BEND_END, NULL, NULL}},
		      "keyUsage");
}

TEST(no_certificate)
{
	struct toy t;
	BUF_AUTO struct buf pem = BUF(65536);
	struct err e = {""};

	toy_open(&t);
	CHECK_INT(EINVAL, cert_bend(&pem, SV("hello"), &(struct bend){BEND_END, NULL, NULL},
				    t.inter.key, &e));
	CHECK(strstr(e.s, "certificate in PEM") != NULL);
	CHECK_INT(EINVAL, crl_bend(&pem, SV("hello"), &(struct bend){BEND_END, NULL, NULL},
				   t.inter.key, &e));
	toy_close(&t);
}

/* A CRL with one entry, changed; is it one that we use? */
static int read_bent(const struct bend *bends)
{
	struct toy t;
	struct crl crl = {0};
	BUF_AUTO struct buf pem = BUF(65536);
	struct err e = {""};
	int err;

	toy_open(&t);
	{
		BUF_AUTO struct buf good = TOY_CRL(&t, 1, &t.leaf);

		CHECK_INT(0, crl_bend(&pem, buf_sv(&good), bends, t.signer.key, &e));
	}
	err = crl_read(&crl, buf_sv(&pem), &e);
	if (!err)
		CHECK_INT(1, X509_CRL_verify(crl.x, key_pkey(t.signer.key)));
	crl_clear(&crl);
	toy_close(&t);
	return err;
}

TEST(crl_that_stays_good)
{
	CHECK_INT(0, read_bent((struct bend[]){{BEND_ADD, "1.2.3.4", "DER:05:00"},
					       {BEND_END, NULL, NULL}}));
}

TEST(crl_without_its_scope)
{
	CHECK_INT(EBADMSG, read_bent((struct bend[]){{BEND_DROP, "issuingDistributionPoint", NULL},
						     {BEND_END, NULL, NULL}}));
}

TEST(crl_entry_with_more)
{
	CHECK_INT(EBADMSG, read_bent((struct bend[]){{BEND_ENTRY, "1.2.3.4", "critical,DER:05:00"},
						     {BEND_END, NULL, NULL}}));
}

TEST_MAIN(CASE(nothing_changed), CASE(extension_goes_and_comes), CASE(version),
	  CASE(broken_signature), CASE(what_is_not_there_cannot_go), CASE(extension_that_cannot_be),
	  CASE(no_certificate), CASE(crl_that_stays_good), CASE(crl_without_its_scope),
	  CASE(crl_entry_with_more))
