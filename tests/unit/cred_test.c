/* Certificates by x5u: fetched once, kept for their life, bounded; failures are remembered. */
#include "tests/unit/toy_cred.h"

TEST(fetched_once)
{
	struct fix f;

	fix_open(&f);
	fill(&f, URL, -1);
	CHECK_STR("https://cr.pki.example/certificates/1.pem", net.v[0].url);
	check_at_once(&f, URL, REASON_OK, "");
	check_at_once(&f, URL, REASON_OK, "");
	fix_close(&f);
}

TEST(other_url_other_fetch)
{
	struct fix f;

	fix_open(&f);
	fill(&f, URL, -1);
	fill(&f, SV("https://cr.pki.example/certificates/2.pem"), -1);
	CHECK_INT(2, net.n);
	fix_close(&f);
}

TEST(requests_join_a_fetch)
{
	struct fix f;
	struct cred cred;
	int a, b;

	fix_open(&f);
	memset(&told, 0, sizeof(told));
	CHECK_INT(EINPROGRESS, cred_get(f.cache, URL, &cred, done, &a));
	CHECK_INT(EINPROGRESS, cred_get(f.cache, URL, &cred, done, &b));
	CHECK_INT(EINPROGRESS, cred_get(f.cache, URL, &cred, done, &a));
	CHECK_INT(1, net.n);
	net_end(0, 0, buf_sv(&f.pem), -1, NULL);
	CHECK_INT(3, told.n);
	fix_close(&f);
}

TEST(cancelled_is_not_told)
{
	struct fix f;
	struct cred cred;
	int a, b;

	fix_open(&f);
	memset(&told, 0, sizeof(told));
	CHECK_INT(EINPROGRESS, cred_get(f.cache, URL, &cred, done, &a));
	CHECK_INT(EINPROGRESS, cred_get(f.cache, URL, &cred, done, &b));
	CHECK_INT(EINPROGRESS, cred_get(f.cache, URL, &cred, done, &a));
	cred_cancel(f.cache, &a);
	cred_cancel(f.cache, &a);
	net_end(0, 0, buf_sv(&f.pem), -1, NULL);
	CHECK_INT(1, told.n);
	check_at_once(&f, URL, REASON_OK, ""); /* the fetch was not in vain */
	fix_close(&f);
}

/* A handler that asks again, and cancels the one behind it */
static struct fix *nested;
static int nested_other;

static void done_nested(const struct cred *cred, void *arg)
{
	struct cred again;

	cred_cancel(nested->cache, &nested_other);
	CHECK_INT(0, cred_get(nested->cache, URL, &again, done, arg));
	CHECK(again.chain == cred->chain);
	cred_cache_flush(nested->cache);
	CHECK_STR("1234", cert_chain_spc(cred->chain)); /* still there for this call */
	told.n++;
}

TEST(handler_may_ask_cancel_and_flush)
{
	struct fix f;
	struct cred cred;
	int a;

	fix_open(&f);
	nested = &f;
	memset(&told, 0, sizeof(told));
	CHECK_INT(EINPROGRESS, cred_get(f.cache, URL, &cred, done_nested, &a));
	CHECK_INT(EINPROGRESS, cred_get(f.cache, URL, &cred, done, &nested_other));
	net_end(0, 0, buf_sv(&f.pem), -1, NULL);
	CHECK_INT(1, told.n);
	fix_close(&f);
}

TEST(chain_can_be_kept)
{
	struct fix f;
	struct cred cred;

	fix_open(&f);
	CHECK_INT(EINPROGRESS, get(&f, URL, &cred));
	told.keep = true;
	net_end(0, 0, buf_sv(&f.pem), -1, NULL);
	fix_close(&f);
	CHECK_STR("1234", cert_chain_spc(told.kept));
	cert_chain_unref(told.kept);
}

TEST(free_gives_fetches_up)
{
	struct fix f;
	struct cred cred;

	fix_open(&f);
	CHECK_INT(EINPROGRESS, get(&f, URL, &cred));
	CHECK_INT(EINPROGRESS, get(&f, SV("https://b.example/"), &cred));
	fix_close(&f);
	CHECK(!net.v[0].arg && !net.v[1].arg);
	CHECK_INT(0, told.n);
	cred_cache_free(NULL);
}

/* --- life of an entry --- */

TEST(default_age)
{
	struct fix f;

	fix_open(&f);
	fill(&f, URL, -1);
	toy_at(&f.t, TOY_NOW + 3599);
	check_at_once(&f, URL, REASON_OK, "");
	toy_at(&f.t, TOY_NOW + 3600);
	check_fetches(&f, URL);
	fix_close(&f);
}

TEST(max_age_of_the_server)
{
	struct fix f;

	fix_open(&f);
	fill(&f, URL, 60);
	toy_at(&f.t, TOY_NOW + 59);
	check_at_once(&f, URL, REASON_OK, "");
	toy_at(&f.t, TOY_NOW + 60);
	check_fetches(&f, URL);
	fix_close(&f);
}

TEST(max_age_is_capped)
{
	struct fix f;

	fix_open(&f);
	fill(&f, URL, 1000000);
	toy_at(&f.t, TOY_NOW + 3600);
	check_fetches(&f, URL);
	fix_close(&f);
}

TEST(max_age_0_is_not_kept)
{
	struct fix f;

	fix_open(&f);
	fill(&f, URL, 0);
	check_fetches(&f, URL);
	fix_close(&f);
}

TEST(dropped_when_the_certificate_ends)
{
	struct fix f;
	struct cert_spec spec = {.kind = CERT_STI_LEAF,
				 .organization = "Toy",
				 .spc = "1234",
				 .not_before_s = 1,
				 .not_after_s = TOY_NOW + 30};

	fix_open(&f);
	toy_clear(&f.t.leaf);
	f.t.leaf = toy_issue(&f.t, spec, &f.t.inter);
	buf_free(&f.pem);
	f.pem = TOY_PEM(&f.t.leaf, &f.t.inter);
	fill(&f, URL, -1);
	toy_at(&f.t, TOY_NOW + 30);
	check_at_once(&f, URL, REASON_OK, "");
	toy_at(&f.t, TOY_NOW + 31);
	check_told(&f, 0, buf_sv(&f.pem), NULL, REASON_CERT_DATE,
		   "path"); /* expired: kept as a failure is */
	toy_at(&f.t, TOY_NOW + 41);
	check_fetches(&f, URL);
	fix_close(&f);
}

TEST(least_recently_used_goes_first)
{
	struct fix f;
	static const struct sv urls[] = {
		{"https://a/", 10}, {"https://b/", 10}, {"https://c/", 10}, {"https://d/", 10}};

	fix_open(&f);
	for (size_t i = 0; i < 4; i++)
		fill(&f, urls[i], -1);
	check_at_once(&f, urls[0], REASON_OK, "");
	fill(&f, SV("https://e/"), -1); /* the fifth of four: b goes */
	check_at_once(&f, urls[0], REASON_OK, "");
	check_at_once(&f, urls[2], REASON_OK, "");
	check_at_once(&f, urls[3], REASON_OK, "");
	check_fetches(&f, urls[1]);
	fix_close(&f);
}

TEST(flush_forgets)
{
	struct fix f;

	fix_open(&f);
	fill(&f, URL, -1);
	cred_cache_flush(f.cache);
	check_fetches(&f, URL);
	fix_close(&f);
}

/* --- failures --- */

TEST(failed_fetch_is_remembered_for_a_while)
{
	struct fix f;

	fix_open(&f);
	check_told(&f, ECONNREFUSED, (struct sv){0}, "connection refused", REASON_CERT_FETCH,
		   "fetch");
	toy_at(&f.t, TOY_NOW + 9);
	check_at_once(&f, URL, REASON_CERT_FETCH, "fetch");
	toy_at(&f.t, TOY_NOW + 10);
	check_fetches(&f, URL);
	fix_close(&f);
}

TEST(fetch_fault_says_what_and_where)
{
	struct fix f;
	struct cred cred;

	fix_open(&f);
	check_told(&f, EPROTO, (struct sv){0}, "status 404", REASON_CERT_FETCH, "fetch");
	CHECK_INT(0, get(&f, URL, &cred));
	CHECK_STR("a certificate chain at https://cr.pki.example/certificates/1.pem",
		  cred.fault.want);
	CHECK_STR("status 404", cred.fault.got);
	CHECK(!cred.chain && !cred.key);
	fix_close(&f);
}

TEST(body_that_is_no_chain)
{
	struct fix f;

	fix_open(&f);
	check_told(&f, 0, SV("<html>"), NULL, REASON_CERT_FORM, "fetch");
	fix_close(&f);
}

TEST(profile_is_checked)
{
	struct fix f;

	fix_open(&f);
	check_told(&f, 0, buf_sv(&f.t.inter.pem), NULL, REASON_CERT_PROFILE, "profile");
	fix_close(&f);
}

TEST(path_is_checked)
{
	struct fix f;

	fix_open(&f);
	check_told(&f, 0, buf_sv(&f.t.leaf.pem), NULL, REASON_CERT_UNTRUSTED, "path");
	fix_close(&f);
}

TEST(url_that_cannot_be_fetched)
{
	struct fix f;
	struct cred cred;

	fix_open(&f);
	net.err = EPROTONOSUPPORT;
	CHECK_INT(0, get(&f, SV("http://a.example/"), &cred));
	CHECK_INT(EBADMSG, cred.err);
	CHECK_INT(REASON_CERT_FETCH, cred.fault.reason);
	fix_close(&f);
}

TEST(full_queue_is_no_verdict)
{
	struct fix f;
	struct cred cred;

	fix_open(&f);
	net.err = ENOSPC;
	CHECK_INT(ENOSPC, get(&f, URL, &cred));
	net.err = 0;
	fill(&f, URL, -1);
	fix_close(&f);
}

TEST(fetches_are_bounded)
{
	struct fix f;
	struct cred cred;
	char url[64];
	int err = EINPROGRESS;
	size_t n = 0;

	fix_open(&f);
	for (; err == EINPROGRESS && n < FETCHES_SEEN; n++) {
		(void)snprintf(url, sizeof(url), "https://a.example/%zu", n);
		err = get(&f, sv_from(url), &cred);
	}
	CHECK_INT(ENOSPC, err);
	CHECK_INT(257, n);
	/* one that ends makes room */
	net_end(0, ETIMEDOUT, (struct sv){0}, -1, "time-out");
	CHECK_INT(EINPROGRESS, get(&f, URL, &cred));
	fix_close(&f);
}

TEST_MAIN(CASE(fetched_once), CASE(other_url_other_fetch), CASE(requests_join_a_fetch),
	  CASE(cancelled_is_not_told), CASE(handler_may_ask_cancel_and_flush),
	  CASE(chain_can_be_kept), CASE(free_gives_fetches_up), CASE(default_age),
	  CASE(max_age_of_the_server), CASE(max_age_is_capped), CASE(max_age_0_is_not_kept),
	  CASE(dropped_when_the_certificate_ends), CASE(least_recently_used_goes_first),
	  CASE(flush_forgets), CASE(failed_fetch_is_remembered_for_a_while),
	  CASE(fetch_fault_says_what_and_where), CASE(body_that_is_no_chain),
	  CASE(profile_is_checked), CASE(path_is_checked), CASE(url_that_cannot_be_fetched),
	  CASE(full_queue_is_no_verdict), CASE(fetches_are_bounded))
