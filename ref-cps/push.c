#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "lib/net/loop.h"
#include "lib/stir/bundle.h"
#include "ref-cps/cps.h"
#include "ref-cps/push.h"

#define CTYPE "application/passport"

/* The STI-VS has nothing to say but its status and, when it refuses, a problem */
#define ANSWER_MAX 65536
/* Pauses do not get longer than this by doubling, nor by Retry-After: iat would run out */
#define PAUSE_MAX_MS 60000

/* What one request brought */
struct job {
	struct cps_push *push;
	struct passport *pp[BUNDLE_MAX];
	size_t n;
	int64_t attempt; /* from 1 */
	uint64_t since_us;
	struct timer *timer; /* pause before the next try */
	struct job *prev, *next;
};

struct cps_push {
	const struct cps_push_conf *conf;
	const struct cps_faults_conf *faults;
	const struct passport_store *store;
	const struct env *env;
	struct https_client *client;
	struct job *jobs;
	int64_t njobs;
};

static void job_free(struct job *job)
{
	DL_DELETE(job->push->jobs, job);
	job->push->njobs--;
	for (size_t i = 0; i < job->n; i++)
		passport_unref(job->pp[i]);
	timer_free(job->timer);
	free(job);
}

/* --- notes --- */

static json_t *data_of(const struct job *job)
{
	return json_pack("{ss sI sI}", "url", job->push->conf->url, "count", (json_int_t)job->n,
			 "attempt", (json_int_t)job->attempt);
}

/* pause_ms < 0: it is given up */
static void note_failed(const struct job *job, const char *error, int64_t pause_ms)
{
	json_t *data = data_of(job);

	(void)json_object_set_new(data, "error", json_string(error));
	if (pause_ms >= 0)
		(void)json_object_set_new(data, "retry_ms", json_integer(pause_ms));
	cps_note("cps.push_failed", job->pp[0], data);
}

static void note_pushed(const struct job *job, unsigned status)
{
	json_t *data = data_of(job);
	uint64_t ms = (mono_us() - job->since_us) / 1000;

	(void)json_object_set_new(data, "status", json_integer(status));
	(void)json_object_set_new(data, "ms", json_integer((json_int_t)ms));
	cps_note("cps.pushed", job->pp[0], data);
}

/* --- tries --- */

/* The call has come, or all of it is stale: nobody waits for it any more */
static bool is_over(const struct job *job)
{
	for (size_t i = 0; i < job->n; i++)
		if (job->push->faults->push_endless ||
		    passport_store_has(job->push->store, job->pp[i]))
			return false;
	return true;
}

static bool may_repeat(const struct job *job, const struct https_response *res)
{
	return res->err || job->push->faults->push_endless || res->status == 408 ||
	       res->status == 429 || res->status >= 500;
}

/* Doubled each time, a quarter of it by chance, so that what failed together does not come again
 * together */
static int64_t pause_ms(const struct job *job, const struct https_response *res)
{
	const struct env *env = job->push->env;
	int64_t ms = job->push->conf->retry_ms;
	uint8_t by_chance;

	for (int64_t i = 1; i < job->attempt && ms < PAUSE_MAX_MS; i++)
		ms *= 2;
	env->random(env->ctx, &by_chance, sizeof(by_chance));
	ms += ms * by_chance / 1024;
	if (!job->push->faults->push_hasty && res->retry_after_s >= 0 &&
	    res->retry_after_s <= PAUSE_MAX_MS / 1000 && ms < res->retry_after_s * 1000)
		ms = res->retry_after_s * 1000;
	return ms < PAUSE_MAX_MS ? ms : PAUSE_MAX_MS;
}

static void failed(struct job *job, const struct https_response *res, const char *error)
{
	int64_t pause = -1;

	if (may_repeat(job, res) && job->attempt <= job->push->conf->retries)
		pause = pause_ms(job, res);
	note_failed(job, error, pause);
	if (pause < 0)
		job_free(job);
	else
		timer_start(job->timer, (uint64_t)pause);
}

static void answered(const struct https_response *res, void *arg)
{
	struct job *job = arg;
	char error[32];

	if (res->err) {
		failed(job, res, res->text);
	} else if (res->status / 100 != 2) {
		(void)snprintf(error, sizeof(error), "status %u", res->status);
		failed(job, res, error);
	} else {
		note_pushed(job, res->status);
		job_free(job);
	}
}

static void try(struct job *job)
{
	BUF_AUTO struct buf body = BUF((size_t)BUNDLE_MAX * (PASSPORT_MAX_LEN + 1));
	struct https_request req = {
		.method = "POST",
		.url = job->push->conf->url,
		.ctype = CTYPE,
		.timeout_ms = (uint64_t)job->push->conf->timeout_ms,
		.max_response = ANSWER_MAX,
	};
	int err;

	job->attempt++;
	job->since_us = mono_us();
	for (size_t i = 0; i < job->n; i++) {
		(void)buf_addz(&body, i ? "\n" : "");
		(void)buf_addsv(&body, job->pp[i]->token);
	}
	if (job->push->faults->push_mangled)
		cps_mangle(&body);
	req.body = buf_sv(&body);
	err = body.err ? body.err : https_request(job->push->client, &req, answered, job);
	if (err) {
		struct https_response none = {.err = err, .retry_after_s = -1};

		failed(job, &none, err == ENOSPC ? "queue of requests is full" : strerror(err));
	}
}

static void pause_over(void *arg)
{
	struct job *job = arg;

	if (is_over(job))
		job_free(job);
	else
		try(job);
}

static void give_up(struct cps_push *push, struct passport *const *pp, size_t n, const char *error)
{
	struct job job = {.push = push};

	for (; job.n < n; job.n++)
		job.pp[job.n] = pp[job.n];
	note_failed(&job, error, -1);
}

void cps_push_send(struct cps_push *push, struct passport *const *pp, size_t n)
{
	struct job *job;

	if (!push || !n)
		return;
	if (push->njobs >= push->conf->max) {
		give_up(push, pp, n, "too many wait to be pushed");
		return;
	}
	job = calloc(1, sizeof(*job));
	if (!job || timer_alloc(&job->timer, pause_over, job)) {
		free(job);
		give_up(push, pp, n, "out of memory");
		return;
	}
	job->push = push;
	for (; job->n < n; job->n++)
		job->pp[job->n] = passport_ref(pp[job->n]);
	DL_APPEND(push->jobs, job);
	push->njobs++;
	try(job);
}

/* --- life --- */

int cps_push_alloc(struct cps_push **ret, const struct cps_push_conf *conf,
		   const struct cps_faults_conf *faults, const char *self,
		   const struct passport_store *store, const struct env *env, struct err *e)
{
	struct cps_push *push;
	int err;

	*ret = NULL;
	if (!conf->url)
		return 0;
	push = calloc(1, sizeof(*push));
	if (!push)
		return err_set(e, ENOMEM, "out of memory");
	push->conf = conf;
	push->faults = faults;
	push->store = store;
	push->env = env;
	err = https_client_alloc(&push->client, &conf->https, self, e);
	if (err) {
		free(push);
		return err;
	}
	*ret = push;
	return 0;
}

void cps_push_free(struct cps_push *push)
{
	struct job *job, *tmp;

	if (!push)
		return;
	https_client_free(push->client);
	DL_FOREACH_SAFE (push->jobs, job, tmp) {
		job_free(job);
	}
	free(push);
}

int cps_push_reload(struct cps_push *push, struct err *e)
{
	return push ? https_client_reload(push->client, e) : 0;
}
