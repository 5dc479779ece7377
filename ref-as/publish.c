#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "lib/base/log.h"
#include "lib/net/loop.h"
#include "lib/stir/passport.h"
#include "lib/trace/trace.h"
#include "ref-as/gate.h"
#include "ref-as/publish.h"

#define MEDIA_TYPE "application/passport"
#define BODY_MAX   ((size_t)BUNDLE_MAX * (PASSPORT_MAX_LEN + 1))
/** A refusal's problem document; a 201 has none */
#define RESPONSE_MAX 16384

struct post {
	struct publisher *owner;
	uint64_t call_id;
	struct tn orig, dest;
	char *url;
	struct buf body;
	size_t count;        /* PASSporTs in it */
	int64_t tries;       /* sent so often */
	struct timer *timer; /* until it is sent again */
	uint64_t start_us;
	struct post *prev, *next;
};

struct publisher {
	struct publisher_opts opts;
	struct gates *gates;
	struct post *posts; /* under way, those that wait included */
	int64_t count;
};

/* --- life --- */

int publisher_alloc(struct publisher **ret, const struct publisher_opts *opts)
{
	struct publisher *p = calloc(1, sizeof(*p));

	if (!p)
		return ENOMEM;
	p->opts = *opts;
	if (gates_alloc(&p->gates)) {
		free(p);
		return ENOMEM;
	}
	*ret = p;
	return 0;
}

static void post_free(struct post *post)
{
	struct publisher *p = post->owner;

	https_cancel(p->opts.client, post);
	DL_DELETE(p->posts, post);
	p->count--;
	timer_free(post->timer);
	buf_free(&post->body);
	free(post->url);
	free(post);
}

void publisher_free(struct publisher *p)
{
	if (!p)
		return;
	while (p->posts)
		post_free(p->posts); /* NOLINT(clang-analyzer-unix.Malloc): moves the head on */
	gates_free(p->gates);
	free(p);
}

static void post_over(struct post *post)
{
	struct publisher *p = post->owner;
	uint64_t call_id = post->call_id;

	post_free(post);
	p->opts.h(call_id, p->opts.arg);
}

/* --- notes --- */

static void note(const struct post *post, const char *what, json_t *data)
{
	(void)json_object_set_new(data, "url", json_string(post->url));
	trace_note(what, &post->orig, &post->dest, data);
}

static void note_failed(const struct publish_job *job, const char *why)
{
	log_warn("publish-failed url=\"%s\" error=\"%s\"", job->url, why);
	trace_note("as.publish_failed", job->orig, job->dest,
		   json_pack("{s:s, s:s}", "url", job->url, "error", why));
}

static void note_response(const struct post *post, const struct https_response *res)
{
	json_int_t ms = (json_int_t)((mono_us() - post->start_us) / 1000);

	if (res->err) {
		note_failed(&(struct publish_job){.orig = &post->orig,
						  .dest = &post->dest,
						  .url = post->url},
			    res->text);
		return;
	}
	if (res->status != 201)
		log_warn("published url=\"%s\" status=%u", post->url, res->status);
	note(post, "as.published", json_pack("{s:i, s:I}", "status", (int)res->status, "ms", ms));
}

/* --- when again --- */

/* Wall clock at which the first of its PASSporTs is stale */
static int64_t stale_s(const struct post *post)
{
	const struct publisher *p = post->owner;
	struct bundle bundle = {.n = 0};
	int64_t oldest = env_now_s(p->opts.env);

	(void)bundle_add_body(&bundle, buf_sv(&post->body), VIA_IN_BAND, NULL);
	for (size_t i = 0; i < bundle.n; i++) {
		struct passport *pp = NULL;

		if (passport_parse(&pp, bundle.v[i].id.token, NULL) == 0 && pp->has_iat &&
		    pp->iat_s < oldest)
			oldest = pp->iat_s;
		passport_unref(pp);
	}
	bundle_clear(&bundle);
	return oldest + p->opts.freshness_s;
}

static uint64_t random_to(const struct publisher *p, uint64_t max)
{
	uint32_t r;

	p->opts.env->random(p->opts.env->ctx, (uint8_t *)&r, sizeof(r));
	return r % (max + 1);
}

/* Doubled each time; those that failed together come again at different times */
static uint64_t backoff_ms(const struct post *post)
{
	const struct publisher *p = post->owner;
	int64_t shift = post->tries > 1 ? post->tries - 1 : 0;
	int64_t ms = p->opts.conf->backoff_ms << shift;

	if (ms > p->opts.conf->backoff_max_ms)
		ms = p->opts.conf->backoff_max_ms;
	return (uint64_t)ms - random_to(p, (uint64_t)ms / 2);
}

/* After which answers a POST may be made again: those that say so, and no answer at all because
 * there is no connection (any more). One that has only not been answered in time may be with the CPS,
 * and may be slow for good reason */
static bool may_repeat(const struct publisher *p, const struct https_response *res)
{
	if (res->err)
		return res->err == ECONNREFUSED || res->err == ECONNRESET || res->err == EPIPE ||
		       res->err == ENETUNREACH;
	if (res->status >= 400 && fault_skips(p->opts.faults, "final"))
		return true;
	return res->status == 429 || res->status == 503;
}

static void post_send(void *arg);

/* Wait, or give it up. @return false: given up */
static bool wait_for(struct post *post, uint64_t ms, const char *why)
{
	struct publisher *p = post->owner;
	uint64_t now = env_now_ms(p->opts.env), end = (uint64_t)stale_s(post) * 1000;

	if (now + ms >= end && !fault_skips(p->opts.faults, "freshness")) {
		note(post, "as.gave_up",
		     json_pack("{s:s}", "why", "its PASSporTs would be stale by then"));
		return false;
	}
	note(post, "as.retry", json_pack("{s:I, s:s}", "wait_ms", (json_int_t)ms, "why", why));
	timer_start(post->timer, ms);
	return true;
}

static bool repeat(struct post *post, const struct https_response *res)
{
	struct publisher *p = post->owner;
	uint64_t ms = backoff_ms(post), asked;
	char why[32];

	if (post->tries > p->opts.conf->retries) {
		note(post, "as.gave_up", json_pack("{s:s}", "why", "repeated often enough"));
		return false;
	}
	if (!res->err && res->retry_after_s >= 0 && !fault_skips(p->opts.faults, "retry-after")) {
		asked = (uint64_t)res->retry_after_s * 1000;
		gate_close(p->gates, post->url, asked);
		ms = asked > ms ? asked + random_to(p, ms) : ms;
	}
	(void)snprintf(why, sizeof(why), "the CPS answered %u", res->status);
	return wait_for(post, ms, res->err ? "no connection" : why);
}

/* --- sending --- */

/* The CPS has answered, or never will. Whatever it was: the call went on long ago (AS-07) */
static void post_done(const struct https_response *res, void *arg)
{
	struct post *post = arg;

	note_response(post, res);
	if (may_repeat(post->owner, res) && repeat(post, res))
		return;
	post_over(post);
}

static int post_request(struct post *post)
{
	struct publisher *p = post->owner;
	const char *wrong_type = p->opts.faults->publish_type;
	int err;

	post->tries++;
	post->start_us = mono_us();
	err = https_request(
		p->opts.client,
		&(struct https_request){.method = "POST",
					.url = post->url,
					.ctype = wrong_type ? wrong_type : MEDIA_TYPE,
					.body = buf_sv(&post->body),
					.timeout_ms = (uint64_t)p->opts.conf->timeout_ms,
					.max_response = RESPONSE_MAX},
		post_done, post);
	if (!err)
		note(post, "as.publish",
		     json_pack("{s:I, s:o*}", "count", (json_int_t)post->count, "attempt",
			       post->tries > 1 ? json_integer(post->tries) : NULL));
	return err;
}

static void post_send(void *arg)
{
	struct post *post = arg;
	int err = post_request(post);

	if (!err)
		return;
	note_failed(
		&(struct publish_job){.orig = &post->orig, .dest = &post->dest, .url = post->url},
		strerror(err));
	post_over(post);
}

/* In publisher->posts already when this fails */
static int post_fill(struct post *post, const struct publish_job *job, const struct bundle *bundle)
{
	int err;

	post->url = strdup(job->url);
	if (!post->url)
		return ENOMEM;
	err = timer_alloc(&post->timer, post_send, post);
	if (err)
		return err;
	return bundle_body(bundle, &post->body); /* the octets that go in-band (AS-10, 5.4) */
}

static int post_start(struct publisher *p, const struct publish_job *job,
		      const struct bundle *bundle)
{
	struct post *post;
	uint64_t closed_ms;
	int err;

	if (p->count >= p->opts.conf->max_queue)
		return ENOSPC;
	post = calloc(1, sizeof(*post));
	if (!post)
		return ENOMEM;
	*post = (struct post){.owner = p,
			      .call_id = job->call_id,
			      .orig = *job->orig,
			      .dest = *job->dest,
			      .body = BUF(BODY_MAX),
			      .count = bundle->n};
	DL_APPEND(p->posts, post);
	p->count++;
	err = post_fill(post, job, bundle);
	if (err) {
		post_free(post);
		return err;
	}
	closed_ms = gate_wait_ms(p->gates, post->url);
	if (!closed_ms)
		closed_ms = (uint64_t)p->opts.faults->publish_delay_ms;
	if (closed_ms)
		err = wait_for(post, closed_ms + random_to(p, backoff_ms(post)),
			       "the CPS has asked for a pause")
			      ? 0
			      : ECANCELED;
	else
		err = post_request(post);
	if (err)
		post_free(post);
	return err;
}

/* @return true when it is under way */
static bool post_try(struct publisher *p, const struct publish_job *job,
		     const struct bundle *bundle)
{
	int err = post_start(p, job, bundle);

	if (err && err != ECANCELED) /* given up: noted already */
		note_failed(job, err == ENOSPC ? "too many POSTs are under way" : strerror(err));
	return err == 0;
}

size_t publisher_post(struct publisher *p, const struct publish_job *job)
{
	struct bundle one = {.n = 1};
	size_t n = 0;

	if (!p->opts.conf->split)
		return post_try(p, job, job->bundle);
	for (size_t i = 0; i < job->bundle->n; i++) {
		one.v[0] = job->bundle->v[i]; /* borrowed: not cleared */
		n += post_try(p, job, &one);
	}
	return n;
}
