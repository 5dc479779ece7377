#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "lib/base/env.h"
#include "lib/base/log.h"
#include "lib/net/https_client.h"
#include "lib/stir/passport.h"
#include "lib/trace/trace.h"
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
	uint64_t start_us;
	struct post *prev, *next;
};

struct publisher {
	const struct as_publish *conf;
	struct https_client *client;
	published_h *h;
	void *arg;
	struct post *posts; /* under way */
	int64_t count;
};

int publisher_alloc(struct publisher **ret, const struct as_publish *conf,
		    struct https_client *client, published_h *h, void *arg)
{
	struct publisher *p = calloc(1, sizeof(*p));

	if (!p)
		return ENOMEM;
	*p = (struct publisher){.conf = conf, .client = client, .h = h, .arg = arg};
	*ret = p;
	return 0;
}

static void post_free(struct post *post)
{
	free(post->url);
	free(post);
}

void publisher_free(struct publisher *p)
{
	if (!p)
		return;
	while (p->posts) {
		struct post *post = p->posts;

		https_cancel(p->client, post);
		DL_DELETE(p->posts, post);
		post_free(post);
	}
	free(p);
}

static void note_failed(const struct publish_job *job, const char *why)
{
	log_warn("publish-failed url=\"%s\" error=\"%s\"", job->url, why);
	trace_note("as.publish_failed", job->orig, job->dest,
		   json_pack("{s:s, s:s}", "url", job->url, "error", why));
}

/* The CPS has answered, or never will. Whatever it was: the call went on long ago (AS-07) */
static void post_done(const struct https_response *res, void *arg)
{
	struct post *post = arg;
	struct publisher *p = post->owner;
	json_int_t ms = (json_int_t)((mono_us() - post->start_us) / 1000);

	if (res->err) {
		note_failed(&(struct publish_job){.orig = &post->orig,
						  .dest = &post->dest,
						  .url = post->url},
			    res->text);
	} else {
		if (res->status != 201)
			log_warn("published url=\"%s\" status=%u", post->url, res->status);
		trace_note("as.published", &post->orig, &post->dest,
			   json_pack("{s:s, s:i, s:I}", "url", post->url, "status",
				     (int)res->status, "ms", ms));
	}
	DL_DELETE(p->posts, post);
	p->count--;
	p->h(post->call_id, p->arg);
	post_free(post);
}

static int post_new(struct post **ret, struct publisher *p, const struct publish_job *job)
{
	struct post *post = calloc(1, sizeof(*post));

	if (!post)
		return ENOMEM;
	*post = (struct post){.owner = p,
			      .call_id = job->call_id,
			      .orig = *job->orig,
			      .dest = *job->dest,
			      .url = strdup(job->url),
			      .start_us = mono_us()};
	if (!post->url) {
		free(post);
		return ENOMEM;
	}
	*ret = post;
	return 0;
}

static int post_start(struct publisher *p, const struct publish_job *job)
{
	BUF_AUTO struct buf body = BUF(BODY_MAX);
	struct post *post = NULL;
	int err;

	if (p->count >= p->conf->max_queue)
		return ENOSPC;
	err = bundle_body(job->bundle, &body); /* the octets that go in-band (AS-10, 5.4) */
	if (err)
		return err;
	err = post_new(&post, p, job);
	if (err)
		return err;
	err = https_request(p->client,
			    &(struct https_request){.method = "POST",
						    .url = post->url,
						    .ctype = MEDIA_TYPE,
						    .body = buf_sv(&body),
						    .timeout_ms = (uint64_t)p->conf->timeout_ms,
						    .max_response = RESPONSE_MAX},
			    post_done, post);
	if (err) {
		post_free(post);
		return err;
	}
	DL_APPEND(p->posts, post);
	p->count++;
	return 0;
}

int publisher_post(struct publisher *p, const struct publish_job *job)
{
	int err = post_start(p, job);

	if (err)
		note_failed(job, err == ENOSPC ? "too many POSTs are under way" : strerror(err));
	else
		trace_note("as.publish", job->orig, job->dest,
			   json_pack("{s:s, s:I}", "url", job->url, "count",
				     (json_int_t)job->bundle->n));
	return err;
}
