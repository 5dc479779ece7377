#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>
#include <utlist.h>

#include "lib/stir/cert_ossl.h"
#include "lib/stir/cred.h"

/* Fetches under way, and handlers that wait for them, at the most: the bounds of what strangers'
 * x5u can make us keep */
#define FETCHES_MAX 256
#define WAITERS_MAX 8192

/* What is known under a URL */
struct entry {
	char *url;
	struct cred cred;        /* the verdict; chain is owned, NULL when the fetch failed */
	int64_t fetched_until_s; /* the octets are good before this */
	int64_t judged_until_s;  /* the verdict is good before this … */
	uint64_t generation;     /* … and for this generation of the trust data */
	UT_hash_handle hh;       /* in order of use: the first is the least recently used */
};

struct fetch;

struct waiter {
	cred_done_h *done;
	void *arg;
	struct fetch *fetch;
	struct waiter *prev, *next; /* of the same fetch, in order of arrival */
	UT_hash_handle hh;          /* by arg */
};

struct fetch {
	struct cred_cache *cache;
	char *url;
	struct waiter *waiters;
	UT_hash_handle hh;
};

struct cred_cache {
	struct cred_opts opts;
	struct trust *trust;
	struct fetcher fetcher;
	const struct env *env;
	struct entry *entries;
	struct fetch *fetches;
	struct waiter *waiters;
};

int cred_cache_alloc(struct cred_cache **ret, const struct cred_opts *opts, struct trust *trust,
		     const struct fetcher *fetcher, const struct env *env)
{
	struct cred_cache *cache;

	if (!opts->max_entries || opts->max_age_s < 0 || opts->fail_age_s < 0)
		return EINVAL;
	cache = calloc(1, sizeof(*cache));
	if (!cache)
		return ENOMEM;
	cache->opts = *opts;
	cache->trust = trust;
	cache->fetcher = *fetcher;
	cache->env = env;
	*ret = cache;
	return 0;
}

static void entry_free(struct entry *entry)
{
	cert_chain_unref(entry->cred.chain);
	free(entry->url);
	free(entry);
}

static void entry_drop(struct cred_cache *cache, struct entry *entry)
{
	HASH_DEL(cache->entries, entry);
	entry_free(entry);
}

static void waiter_drop(struct cred_cache *cache, struct waiter *w)
{
	DL_DELETE(w->fetch->waiters, w);
	HASH_DEL(cache->waiters, w);
	free(w);
}

static void fetch_drop(struct fetch *fetch)
{
	while (fetch->waiters)
		waiter_drop(fetch->cache, fetch->waiters);
	HASH_DEL(fetch->cache->fetches, fetch);
	free(fetch->url);
	free(fetch);
}

void cred_cache_flush(struct cred_cache *cache)
{
	while (cache->entries)
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): HASH_DEL moves the head on */
		entry_drop(cache, cache->entries);
}

void cred_cache_free(struct cred_cache *cache)
{
	if (!cache)
		return;
	while (cache->fetches) {
		cache->fetcher.cancel(cache->fetcher.ctx, cache->fetches);
		fetch_drop(cache->fetches);
	}
	cred_cache_flush(cache);
	free(cache);
}

static int run_checks(const struct cred_cache *cache, const struct cert_chain *chain,
		      struct fault *fault)
{
	unsigned skip = cache->opts.skip;
	int err = 0;

	*fault = (struct fault){.check = ""};
	/* without a key there is nothing to verify a token with, whatever is left out */
	if (!(skip & CRED_SKIP_PROFILE) || !cert_chain_key(chain))
		err = cert_chain_check_profile(chain, fault);
	if (err) {
		fault->check = "profile";
		return err;
	}
	if (!(skip & CRED_SKIP_PATH))
		err = trust_check_path(cache->trust, chain, fault);
	if (err) {
		fault->check = "path";
		return err;
	}
	if (!(skip & CRED_SKIP_REVOKED))
		err = trust_check_revoked(cache->trust, chain, fault);
	if (err)
		fault->check = "revoked";
	return err;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Judge a chain again when the trust data are new, or when time can have changed the verdict. */
static void judge(const struct cred_cache *cache, struct entry *entry)
{
	int64_t now_s = env_now_s(cache->env);
	uint64_t generation = trust_generation(cache->trust);
	struct cred *cred = &entry->cred;

	if (!cred->chain || (entry->generation == generation && now_s < entry->judged_until_s))
		return;
	cred->key = cert_chain_key(cred->chain);
	cred->err = run_checks(cache, cred->chain, &cred->fault);
	entry->generation = generation;
	/* our own trouble is no verdict on the chain */
	if (cred->err && cred->err != EBADMSG)
		entry->judged_until_s = now_s;
	else if (cred->err)
		entry->judged_until_s = now_s + 1;
	else
		entry->judged_until_s = earlier(cert_chain_earliest_end(cred->chain),
						earlier(trust_list_expires_s(cache->trust) - 1,
							trust_crl_expires_s(cache->trust))) +
					1;
}

static void fetch_failed(struct cred *ret, const char *url, const char *text)
{
	char want[sizeof(ret->fault.want)];

	*ret = (struct cred){0};
	(void)snprintf(want, sizeof(want), "a certificate chain at %s", url);
	ret->err = fault_set(&ret->fault, REASON_CERT_FETCH, want, "%s", text ? text : "nothing");
	ret->fault.check = "fetch";
}

/* Read what came. */
static void entry_read(struct entry *entry, int err, struct sv body, const char *text)
{
	struct cred *cred = &entry->cred;

	if (err) {
		fetch_failed(cred, entry->url, text ? text : strerror(err));
		return;
	}
	cred->err = cert_chain_parse(&cred->chain, body, &cred->fault);
	cred->fault.check = "fetch";
}

/* How long it may be kept. A certificate that is about to expire is fetched again then, since a new
 * one may be there; one that has expired counts as a failure, so that it does not make us fetch at
 * every call. */
static int64_t lifetime(const struct cred_cache *cache, const struct entry *entry,
			int64_t max_age_s, int64_t now_s)
{
	int64_t age_s = cache->opts.max_age_s, begin_s, end_s;

	if (!entry->cred.chain)
		return now_s + cache->opts.fail_age_s;
	if (max_age_s >= 0)
		age_s = earlier(age_s, max_age_s);
	cert_chain_validity(entry->cred.chain, &begin_s, &end_s);
	return now_s + (end_s >= now_s ? earlier(age_s, end_s + 1 - now_s)
				       : earlier(age_s, cache->opts.fail_age_s));
}

static struct entry *entry_make(struct cred_cache *cache, const char *url, int err, struct sv body,
				int64_t max_age_s, const char *text)
{
	struct entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return NULL;
	entry->url = strdup(url);
	if (!entry->url) {
		free(entry);
		return NULL;
	}
	entry_read(entry, err, body, text);
	entry->fetched_until_s = lifetime(cache, entry, max_age_s, env_now_s(cache->env));
	judge(cache, entry);
	return entry;
}

/* There is none under this URL yet: else it would not have been fetched. */
static void entry_keep(struct cred_cache *cache, struct entry *entry)
{
	if (HASH_COUNT(cache->entries) >= cache->opts.max_entries)
		entry_drop(cache, cache->entries);
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): HASH_DEL moved the head on */
	HASH_ADD_KEYPTR(hh, cache->entries, entry->url, strlen(entry->url), entry);
}

/* Hand a credential to all who wait; a handler may ask for the next one, or cancel another. The
 * fetch is no longer found by its URL here, so nobody joins it any more. */
static void tell(struct cred_cache *cache, struct waiter **waiters, const struct cred *cred)
{
	while (*waiters) {
		cred_done_h *done = (*waiters)->done;
		void *arg = (*waiters)->arg;

		waiter_drop(cache, *waiters);
		done(cred, arg);
	}
}

static void fetch_done(int err, struct sv body, int64_t max_age_s, const char *text, void *arg)
{
	struct fetch *fetch = arg;
	struct cred_cache *cache = fetch->cache;
	struct entry *entry = entry_make(cache, fetch->url, err, body, max_age_s, text);
	struct cred cred = {.err = ENOMEM};

	HASH_DEL(cache->fetches, fetch);
	if (entry)
		cred = entry->cred;
	if (cred.chain)
		cert_chain_ref(cred.chain); /* a handler can make the cache drop the entry */
	if (entry && entry->fetched_until_s > env_now_s(cache->env))
		entry_keep(cache, entry);
	else if (entry)
		entry_free(entry);
	tell(cache, &fetch->waiters, &cred);
	cert_chain_unref(cred.chain);
	free(fetch->url);
	free(fetch);
}

static int wait_for(struct fetch *fetch, cred_done_h *done, void *arg)
{
	struct cred_cache *cache = fetch->cache;
	struct waiter *w;

	if (HASH_COUNT(cache->waiters) >= WAITERS_MAX)
		return ENOSPC;
	w = calloc(1, sizeof(*w));
	if (!w)
		return ENOMEM;
	w->done = done;
	w->arg = arg;
	w->fetch = fetch;
	DL_APPEND(fetch->waiters, w);
	HASH_ADD_PTR(cache->waiters, arg, w);
	return EINPROGRESS;
}

static struct fetch *fetch_alloc(struct cred_cache *cache, struct sv url)
{
	struct fetch *fetch = calloc(1, sizeof(*fetch));

	if (!fetch)
		return NULL;
	fetch->cache = cache;
	fetch->url = sv_dup(url);
	if (!fetch->url) {
		free(fetch);
		return NULL;
	}
	HASH_ADD_KEYPTR(hh, cache->fetches, fetch->url, strlen(fetch->url), fetch);
	return fetch;
}

static int fetch_start(struct cred_cache *cache, struct sv url, struct cred *ret, cred_done_h *done,
		       void *arg)
{
	struct fetch *fetch;
	int err;

	if (HASH_COUNT(cache->fetches) >= FETCHES_MAX)
		return ENOSPC;
	fetch = fetch_alloc(cache, url);
	if (!fetch)
		return ENOMEM;
	err = wait_for(fetch, done, arg);
	if (err != EINPROGRESS) {
		fetch_drop(fetch);
		return err;
	}
	err = cache->fetcher.get(cache->fetcher.ctx, fetch->url, CERT_CHAIN_MAX_LEN, fetch_done,
				 fetch);
	if (!err)
		return EINPROGRESS;
	if (err != ENOMEM && err != ENOSPC)
		fetch_failed(ret, fetch->url,
			     strerror(err)); /* a URL that cannot be fetched at all */
	fetch_drop(fetch);
	return err == ENOMEM || err == ENOSPC ? err : 0;
}

int cred_get(struct cred_cache *cache, struct sv x5u, struct cred *ret, cred_done_h *done,
	     void *arg)
{
	struct entry *entry;
	struct fetch *fetch;

	HASH_FIND(hh, cache->entries, x5u.p, x5u.l, entry);
	if (entry && entry->fetched_until_s <= env_now_s(cache->env)) {
		entry_drop(cache, entry);
		entry = NULL;
	}
	if (entry) {
		HASH_DEL(cache->entries, entry); /* most recently used: to the end */
		HASH_ADD_KEYPTR(hh, cache->entries, entry->url, strlen(entry->url), entry);
		judge(cache, entry);
		*ret = entry->cred;
		return 0;
	}
	HASH_FIND(hh, cache->fetches, x5u.p, x5u.l, fetch);
	return fetch ? wait_for(fetch, done, arg) : fetch_start(cache, x5u, ret, done, arg);
}

void cred_cancel(struct cred_cache *cache, void *arg)
{
	struct waiter *w;

	for (;;) {
		HASH_FIND_PTR(cache->waiters, &arg, w);
		if (!w)
			return;
		waiter_drop(cache, w);
	}
}
