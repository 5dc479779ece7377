/** @file store_kit.h  What the units of the store share: a store with a clock of its own, tokens, and what
 * was told. */
#ifndef UNIT_STORE_KIT_H
#define UNIT_STORE_KIT_H

#include <errno.h>
#include <stdlib.h>

#include "lib/stir/passport_store_in.h"
#include "tests/unit/test.h"

#define NOW  1800000000
#define KEEP 60

static struct env_fixed clock_ = {.now_ms = NOW * 1000ull};
static struct env env_;
static struct stir_key *key;

/* What the store told */
static struct {
	unsigned arrived, stale;
	size_t stale_size;
	char last_arrived[2 * TN_MAX + 2];
	bool woken;
	uint64_t wake_ms;
} told;

static void on_arrived(const struct tn *orig, const struct tn *dest, void *arg)
{
	(void)arg;
	told.arrived++;
	(void)snprintf(told.last_arrived, sizeof(told.last_arrived), "%s>%s", orig->s, dest->s);
}

static void on_stale(const struct passport *pp, size_t size, void *arg)
{
	(void)arg;
	(void)pp;
	told.stale++;
	told.stale_size = size;
}

static void on_wake_in(uint64_t ms, void *arg)
{
	(void)arg;
	told.woken = true;
	told.wake_ms = ms;
}

static inline struct passport_store *make(size_t max)
{
	struct passport_store_opts opts = {
		.max = max,
		.freshness_s = KEEP,
		.arrived = on_arrived,
		.stale = on_stale,
		.wake_in = on_wake_in,
	};
	struct passport_store *st = NULL;

	clock_.now_ms = NOW * 1000ull;
	env_ = env_fixed(&clock_);
	memset(&told, 0, sizeof(told));
	if (!key)
		CHECK_INT(0, key_generate(&key));
	CHECK_INT(0, passport_store_alloc(&st, &opts, &env_));
	return st;
}

static inline void set_clock(int64_t s)
{
	clock_.now_ms = (uint64_t)s * 1000;
}

/* A token with these claims; JSON with ' for " */
static inline struct passport *token(const char *ppt, const char *claims)
{
	BUF_AUTO struct buf b = BUF(1 << 16);
	char *text = strdup(claims);
	json_t *h = json_pack("{ss ss* ss}", "alg", "ES256", "ppt", ppt, "x5u", "https://cr/1");
	struct passport *pp = NULL;
	json_t *c;

	for (char *p = text; *p; p++)
		if (*p == '\'')
			*p = '"';
	c = json_loads(text, 0, NULL);
	CHECK_INT(0, jws_sign(&b, h, c, key));
	CHECK_INT(0, passport_parse(&pp, buf_sv(&b), NULL));
	json_decref(h);
	json_decref(c);
	free(text);
	return pp;
}

static inline struct passport *call(const char *ppt, const char *orig, const char *dest,
				    int64_t iat)
{
	char claims[512];

	(void)snprintf(claims, sizeof(claims), "{'orig':{'tn':'%s'},'dest':{'tn':[%s]},'iat':%lld}",
		       orig, dest, (long long)iat);
	return token(ppt, claims);
}

/* Results of the last put and take */
static struct passport_put put_res;
static struct {
	size_t n, there, size;
	int64_t again;
	char text[BUNDLE_MAX][32]; /* ppt:iat - NOW */
} took;

static void on_put(const struct passport_put *res, void *arg)
{
	(void)arg;
	put_res = *res;
}

/* The references of the caller go: the store has its own */
static inline int put(struct passport_store *st, size_t n, struct passport **pp)
{
	memset(&put_res, 0xff, sizeof(put_res));
	passport_store_put(st, pp, n, on_put, NULL);
	for (size_t i = 0; i < n; i++)
		passport_unref(pp[i]);
	return put_res.err;
}

#define PUT(st, ...)                                                                      \
	put((st), sizeof((struct passport *[]){__VA_ARGS__}) / sizeof(struct passport *), \
	    (struct passport *[]){__VA_ARGS__})

static void on_take(const struct passport_taken *res, void *arg)
{
	(void)arg;
	CHECK_INT(0, res->err);
	took.n = res->n;
	took.there = res->there;
	took.again = res->again_ms;
	took.size = res->size;
	for (size_t i = 0; i < res->n; i++)
		(void)snprintf(took.text[i], sizeof(took.text[i]), "%.*s:%lld",
			       SV_ARG(res->pp[i]->ppt), (long long)(res->pp[i]->iat_s - NOW));
}

static inline size_t take(struct passport_store *st, const char *orig, const char *dest)
{
	struct tn o, d;

	CHECK_INT(0, tn_canonical(&o, sv_from(orig)));
	CHECK_INT(0, tn_canonical(&d, sv_from(dest)));
	memset(&took, 0xff, sizeof(took));
	passport_store_take(st, &(struct passport_ask){.orig = o, .dest = d}, on_take, NULL);
	return took.n;
}

#endif
