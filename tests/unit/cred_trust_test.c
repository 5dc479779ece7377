/* Certificates by x5u: judged once a generation of the trust data, and when time can have changed the verdict. */
#include "tests/unit/toy_cred.h"

static void set_crl(struct fix *f, const struct toy_cert *revoked, int64_t number)
{
	BUF_AUTO struct buf crl = TOY_CRL(&f->t, number, revoked);
	struct err e;

	CHECK_INT(0, trust_set_crl(f->trust, buf_sv(&crl), buf_sv(&f->t.signer.pem), &e));
}

static void set_list(struct fix *f, const struct toy_cert *root, int64_t sequence, int64_t exp_s)
{
	BUF_AUTO struct buf list = TOY_LIST(&f->t.signer, sequence, exp_s, root);
	struct err e;

	CHECK_INT(0, trust_set_ca_list(f->trust, buf_sv(&list), buf_sv(&f->t.signer.pem), &e));
}

TEST(new_crl_judges_again)
{
	struct fix f;

	fix_open(&f);
	fill(&f, URL, -1);
	set_crl(&f, &f.t.leaf, 6);
	check_at_once(&f, URL, REASON_CERT_REVOKED, "revoked");
	set_crl(&f, NULL, 7);
	check_at_once(&f, URL, REASON_OK, "");
	fix_close(&f);
}

TEST(new_list_judges_again)
{
	struct fix f;

	fix_open(&f);
	fill(&f, URL, -1);
	set_list(&f, NULL, 6, TOY_NOW + TOY_DAY);
	check_at_once(&f, URL, REASON_CERT_UNTRUSTED, "path");
	set_list(&f, &f.t.root, 7, TOY_NOW + TOY_DAY);
	check_at_once(&f, URL, REASON_OK, "");
	fix_close(&f);
}

TEST(end_of_the_list_judges_again)
{
	struct fix f;

	fix_open(&f);
	set_list(&f, &f.t.root, 6, TOY_NOW + 20);
	fill(&f, URL, -1);
	toy_at(&f.t, TOY_NOW + 19);
	check_at_once(&f, URL, REASON_OK, "");
	toy_at(&f.t, TOY_NOW + 20);
	check_at_once(&f, URL, REASON_CA_LIST_UNUSABLE, "path");
	fix_close(&f);
}

TEST(end_of_the_crl_judges_again)
{
	struct fix f;

	fix_open_with(&f, (struct cred_opts){
				  .max_entries = 4, .max_age_s = 3 * TOY_DAY, .fail_age_s = 10});
	set_list(&f, &f.t.root, 6, TOY_NOW + 9 * TOY_DAY);
	fill(&f, URL, -1);
	toy_at(&f.t, TOY_NOW + TOY_DAY);
	check_at_once(&f, URL, REASON_OK, "");
	toy_at(&f.t, TOY_NOW + TOY_DAY + 1);
	check_at_once(&f, URL, REASON_CRL_UNUSABLE, "revoked");
	fix_close(&f);
}

TEST(end_of_the_intermediate_judges_again)
{
	struct fix f;
	struct cert_spec spec = {.kind = CERT_INTERMEDIATE,
				 .organization = "Toy",
				 .common_name = "SHAKEN short",
				 .not_before_s = 1,
				 .not_after_s = TOY_NOW + 20};
	struct toy_cert inter, leaf;

	fix_open(&f);
	inter = toy_issue(&f.t, spec, &f.t.root);
	leaf = toy_leaf(&f.t, "1234", &inter);
	buf_free(&f.pem);
	f.pem = TOY_PEM(&leaf, &inter);
	fill(&f, URL, -1);
	toy_at(&f.t, TOY_NOW + 20);
	check_at_once(&f, URL, REASON_OK, "");
	toy_at(&f.t, TOY_NOW + 21);
	check_at_once(&f, URL, REASON_CERT_DATE, "path");
	toy_clear(&inter);
	toy_clear(&leaf);
	fix_close(&f);
}

/* --- checks left out on purpose --- */

static void check_skip(unsigned skip, const struct toy_cert *revoked, bool whole, enum reason want)
{
	struct fix f;
	struct cred cred;
	struct toy_cert *leaf;

	fix_open_with(&f, (struct cred_opts){.max_entries = 4, .max_age_s = 3600, .skip = skip});
	leaf = &f.t.leaf;
	if (revoked)
		set_crl(&f, leaf, 6);
	CHECK_INT(EINPROGRESS, get(&f, URL, &cred));
	net_end(0, 0, whole ? buf_sv(&f.pem) : buf_sv(&f.t.leaf.pem), -1, NULL);
	CHECK_STR(reason_info(want)->name, reason_info(told.reason)->name);
	fix_close(&f);
}

TEST(skip_revoked)
{
	struct toy_cert any = {0};

	check_skip(0, &any, true, REASON_CERT_REVOKED);
	check_skip(CRED_SKIP_REVOKED, &any, true, REASON_OK);
}

TEST(skip_path)
{
	check_skip(0, NULL, false, REASON_CERT_UNTRUSTED);
	check_skip(CRED_SKIP_PATH, NULL, false, REASON_OK);
}

TEST(skip_profile)
{
	struct fix f;
	struct cred cred;

	fix_open_with(&f, (struct cred_opts){
				  .max_entries = 4, .max_age_s = 3600, .skip = CRED_SKIP_PROFILE});
	CHECK_INT(EINPROGRESS, get(&f, URL, &cred));
	net_end(0, 0, buf_sv(&f.t.inter.pem), -1, NULL);
	CHECK_INT(0, told.err);
	CHECK(told.key);
	fix_close(&f);
}

static void p384(X509 *x)
{
	AUTO(EVP_PKEY_free) EVP_PKEY *key = EVP_EC_gen("P-384");

	CHECK(X509_set_pubkey(x, key));
}

/* There is no way to go on without a key */
TEST(skip_profile_with_a_key_that_is_none)
{
	struct fix f;
	struct cred cred;

	fix_open_with(&f, (struct cred_opts){
				  .max_entries = 4, .max_age_s = 3600, .skip = CRED_SKIP_PROFILE});
	toy_change(&f.t.leaf, &f.t.inter, p384);
	CHECK_INT(EINPROGRESS, get(&f, URL, &cred));
	net_end(0, 0, buf_sv(&f.t.leaf.pem), -1, NULL);
	CHECK_INT(EBADMSG, told.err);
	CHECK_INT(REASON_CERT_KEY, told.reason);
	fix_close(&f);
}

TEST(opts_are_checked)
{
	struct fetcher none = {0};
	struct cred_cache *cache = NULL;
	struct cred_opts opts = {0};

	CHECK_INT(EINVAL, cred_cache_alloc(&cache, &opts, NULL, &none, NULL));
	CHECK(!cache);
}

TEST_MAIN(CASE(new_crl_judges_again), CASE(new_list_judges_again),
	  CASE(end_of_the_list_judges_again), CASE(end_of_the_crl_judges_again),
	  CASE(end_of_the_intermediate_judges_again), CASE(skip_revoked), CASE(skip_path),
	  CASE(skip_profile), CASE(skip_profile_with_a_key_that_is_none), CASE(opts_are_checked))
