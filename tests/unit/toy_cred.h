/** @file toy_cred.h  A credential cache over the small PKI, with fetches that the test ends by hand. */
#ifndef UNIT_TOY_CRED_H
#define UNIT_TOY_CRED_H

#include <errno.h>

#include "lib/stir/cred.h"
#include "tests/unit/toy_pki.h"

#define URL          SV("https://cr.pki.example/certificates/1.pem")
#define FETCHES_SEEN 600

DEFINE_AUTO(struct cert_chain, cert_chain_unref)

/* A fetch that the test ends by hand */
struct pending {
	char url[128];
	fetch_done_h *done;
	void *arg; /* NULL: ended or given up */
};

static struct {
	struct pending v[FETCHES_SEEN];
	size_t n;
	int err; /* what get() returns */
} net;

static inline int net_get(void *ctx, const char *url, size_t max_len, fetch_done_h *done, void *arg)
{
	struct pending *p = &net.v[net.n];

	(void)ctx;
	CHECK_INT(CERT_CHAIN_MAX_LEN, max_len);
	if (net.err || net.n == FETCHES_SEEN)
		return net.err;
	(void)snprintf(p->url, sizeof(p->url), "%s", url);
	p->done = done;
	p->arg = arg;
	net.n++;
	return 0;
}

static inline void net_cancel(void *ctx, void *arg)
{
	(void)ctx;
	for (size_t i = 0; i < net.n; i++)
		if (net.v[i].arg == arg)
			net.v[i].arg = NULL;
}

static inline void net_end(size_t i, int err, struct sv body, int64_t max_age_s, const char *text)
{
	void *arg = net.v[i].arg;

	CHECK(arg != NULL);
	net.v[i].arg = NULL;
	if (arg)
		net.v[i].done(err, body, max_age_s, text, arg);
}

struct fix {
	struct toy t;
	struct trust *trust;
	struct cred_cache *cache;
	struct buf pem; /* leaf and intermediate */
};

static inline void fix_open_with(struct fix *f, struct cred_opts opts)
{
	static const struct fetcher fetcher = {.get = net_get, .cancel = net_cancel};

	net.n = 0;
	net.err = 0;
	toy_open(&f->t);
	f->trust = toy_trust(&f->t);
	f->pem = TOY_PEM(&f->t.leaf, &f->t.inter);
	CHECK_INT(0, cred_cache_alloc(&f->cache, &opts, f->trust, &fetcher, &f->t.env));
}

static inline void fix_open(struct fix *f)
{
	fix_open_with(f, (struct cred_opts){.max_entries = 4, .max_age_s = 3600, .fail_age_s = 10});
}

static inline void fix_close(struct fix *f)
{
	cred_cache_free(f->cache);
	trust_free(f->trust);
	buf_free(&f->pem);
	toy_close(&f->t);
}

/* What handlers were told */
static struct {
	int n, err;
	enum reason reason;
	char check[16];
	bool key;
	struct cert_chain *kept; /* NULL, or a reference taken by the handler */
	bool keep;
} told;

static inline void done(const struct cred *cred, void *arg)
{
	(void)arg;
	told.n++;
	told.err = cred->err;
	told.reason = cred->fault.reason;
	(void)snprintf(told.check, sizeof(told.check), "%s", cred->fault.check);
	told.key = cred->key != NULL;
	if (told.keep && cred->chain)
		told.kept = cert_chain_ref(cred->chain);
}

static inline int get(struct fix *f, struct sv url, struct cred *ret)
{
	memset(&told, 0, sizeof(told));
	return cred_get(f->cache, url, ret, done, f);
}

/* Fetch the chain under the URL, and see that it is told */
static inline void fill(struct fix *f, struct sv url, int64_t max_age_s)
{
	struct cred cred;

	CHECK_INT(EINPROGRESS, get(f, url, &cred));
	net_end(net.n - 1, 0, buf_sv(&f->pem), max_age_s, NULL);
	CHECK_INT(1, told.n);
	CHECK_INT(0, told.err);
	CHECK(told.key);
}

static inline void check_at_once(struct fix *f, struct sv url, enum reason want, const char *check)
{
	struct cred cred = {0};
	size_t before = net.n;

	CHECK_INT(0, get(f, url, &cred));
	CHECK_INT(before, net.n);
	CHECK_INT(want ? EBADMSG : 0, cred.err);
	CHECK_STR(reason_info(want)->name, reason_info(cred.fault.reason)->name);
	CHECK_STR(check, cred.fault.check);
	if (!want)
		CHECK(cred.chain && cred.key == cert_chain_key(cred.chain));
}

static inline void check_fetches(struct fix *f, struct sv url)
{
	struct cred cred;
	size_t before = net.n;

	CHECK_INT(EINPROGRESS, get(f, url, &cred));
	CHECK_INT(before + 1, net.n);
}

/* The whole way for one answer */
static inline void check_told(struct fix *f, int err, struct sv body, const char *text,
			      enum reason want, const char *check)
{
	check_fetches(f, URL);
	net_end(net.n - 1, err, body, -1, text);
	CHECK_INT(1, told.n);
	CHECK_INT(EBADMSG, told.err);
	CHECK_STR(reason_info(want)->name, reason_info(told.reason)->name);
	CHECK_STR(check, told.check);
	check_at_once(f, URL, want, check);
}

#endif
