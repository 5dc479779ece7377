#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "lib/stir/passport.h"
#include "ref-vs/gather.h"

#define BODY_MAX ((size_t)BUNDLE_MAX * (PASSPORT_MAX_LEN + 2))
#define URL_MAX  2048
/** The first question and one more when the connection broke before an answer came */
#define TRIES 2

struct gathering {
	struct gatherer *owner;
	struct tn orig, dest;
	char *url;
	uint64_t timeout_ms;
	int tries;
	uint64_t start_us;
	struct passport_wait *wait; /* for what is pushed */
	struct gathered *ret;       /* NULL: the CPS is only told */
	gathered_h *h;
	void *arg;
	bool inside; /* gather_out_of_band() has not returned yet */
	bool over;
	struct gathering *prev, *next;
};

struct gatherer {
	struct gatherer_opts opts;
	struct gathering *all;
};

int gatherer_alloc(struct gatherer **ret, const struct gatherer_opts *opts)
{
	struct gatherer *g = calloc(1, sizeof(*g));

	if (!g)
		return ENOMEM;
	g->opts = *opts;
	*ret = g;
	return 0;
}

static void gathering_free(struct gathering *ga)
{
	DL_DELETE(ga->owner->all, ga);
	passport_wait_cancel(ga->wait);
	https_cancel(ga->owner->opts.client, ga);
	free(ga->url);
	free(ga);
}

void gatherer_free(struct gatherer *g)
{
	if (!g)
		return;
	while (g->all)
		gathering_free(g->all); /* NOLINT(clang-analyzer-unix.Malloc): moves the head on */
	free(g);
}

void gather_cancel(struct gathering *gathering)
{
	if (gathering)
		gathering_free(gathering);
}

void gathered_clear(struct gathered *g)
{
	bundle_clear(&g->in_band);
	bundle_clear(&g->out_of_band);
}

/* --- in-band --- */

int gather_identity(struct gathered *ret, struct sv value)
{
	struct fault fault = {0};
	int err = bundle_add_identity(&ret->in_band, value, &fault);

	if (err == ENOSPC)
		err = fault_set(&fault, REASON_IDENTITY_FORM, "fewer Identity headers",
				"more than %d", BUNDLE_MAX);
	if (err == EBADMSG && ret->unreadable_count < BUNDLE_MAX)
		ret->unreadable[ret->unreadable_count++] = fault;
	return err == EBADMSG ? 0 : err;
}

/* Did something that can speak of the caller come in-band? */
static bool has_shaken(const struct bundle *b)
{
	for (size_t i = 0; i < b->n; i++) {
		struct passport *pp = NULL;
		bool is_shaken = passport_parse(&pp, b->v[i].id.token, NULL) == 0 &&
				 sv_eqz(pp->ppt, "shaken");

		passport_unref(pp);
		if (is_shaken)
			return true;
	}
	return false;
}

/* --- the end --- */

static void over(struct gathering *ga)
{
	gathered_h *h = ga->h;
	void *arg = ga->arg;

	if (ga->ret)
		ga->ret->waited_ms = (mono_us() - ga->start_us) / 1000;
	ga->over = true;
	if (!ga->inside)
		gathering_free(ga);
	if (h)
		h(arg);
}

/* --- pull --- */

static void take_response(struct gathered *ret, const struct https_response *res)
{
	struct fault fault;
	char text[FAULT_TEXT_MAX];
	int err;

	if (res->err) {
		(void)err_set(&ret->error, res->err, "%s", res->text);
	} else if (res->status == 200) {
		err = bundle_add_body(&ret->out_of_band, res->body, VIA_OUT_OF_BAND, &fault);
		if (err == EBADMSG) {
			fault_text(&fault, text);
			(void)err_set(&ret->error, err, "answer of the CPS: %s", text);
		} else if (err) {
			(void)err_set(&ret->error, err, "%s", strerror(err));
		}
	} else if (res->status != 204) {
		(void)err_set(&ret->error, EPROTO, "CPS answered %u", res->status);
	}
}

static int pull_send(struct gathering *ga);

static bool broke_before_response(const struct https_response *res)
{
	return res->err == ECONNRESET || res->err == EPIPE;
}

static void pull_done(const struct https_response *res, void *arg)
{
	struct gathering *ga = arg;

	/* the same call-id again gets the same answer: a lost response loses nothing */
	if (broke_before_response(res) && ga->tries < TRIES && pull_send(ga) == 0)
		return;
	if (ga->ret)
		take_response(ga->ret, res);
	over(ga);
}

static int pull_send(struct gathering *ga)
{
	ga->tries++;
	return https_request(ga->owner->opts.client,
			     &(struct https_request){.method = "PUT",
						     .url = ga->url,
						     .accept = "application/passport",
						     .timeout_ms = ga->timeout_ms,
						     .max_response = BODY_MAX},
			     pull_done, ga);
}

/* `#` would begin a fragment; `*` and digits stand for themselves (RFC 3986 §3.4) */
static void add_number(struct buf *url, const char *name, const struct tn *tn)
{
	(void)buf_addz(url, name);
	for (const char *p = tn->s; *p; p++) {
		if (*p == '#')
			(void)buf_addz(url, "%23");
		else
			(void)buf_add(url, p, 1);
	}
}

static char *pull_url(const struct gathering *ga, int64_t wait_ms)
{
	const struct gatherer_opts *opts = &ga->owner->opts;
	BUF_AUTO struct buf url = BUF(URL_MAX);
	struct sv base = sv_from(opts->cps->url);
	char uuid[UUID_LEN + 1];

	if (base.l && base.p[base.l - 1] == '/')
		base.l--;
	env_uuid(opts->env, uuid);
	(void)buf_printf(&url, "%.*s/calls/%s", SV_ARG(base), uuid);
	add_number(&url, "?orig=", &ga->orig);
	add_number(&url, "&dest=", &ga->dest);
	(void)buf_printf(&url, "&wait_ms=%lld", (long long)wait_ms);
	return buf_take(&url);
}

/* Say that the call has arrived; the answer comes to pull_done(). On failure ga is over */
static void pull(struct gathering *ga, int64_t wait_ms)
{
	int err;

	ga->timeout_ms = (uint64_t)(wait_ms + ga->owner->opts.cps->grace_ms);
	ga->url = pull_url(ga, wait_ms);
	err = ga->url ? pull_send(ga) : ENOMEM;
	if (!err)
		return;
	if (ga->ret)
		(void)err_set(&ga->ret->error, err, "CPS cannot be asked: %s",
			      err == ENOSPC ? "too many questions are under way" : strerror(err));
	over(ga);
}

/* --- push --- */

static struct gathering *gathering_new(struct gatherer *g, const struct tn *orig,
				       const struct tn *dest)
{
	struct gathering *ga = calloc(1, sizeof(*ga));

	if (!ga)
		return NULL;
	*ga = (struct gathering){.owner = g, .orig = *orig, .dest = *dest, .start_us = mono_us()};
	DL_APPEND(g->all, ga);
	return ga;
}

/* The call has come and has what was pushed: the CPS may delete its own. Nobody waits for its answer;
 * if it does not hear of it, staleness deletes (CPS-09, CPS-10) */
static void tell_cps(const struct gathering *ga)
{
	struct gathering *news = gathering_new(ga->owner, &ga->orig, &ga->dest);

	if (news)
		pull(news, 0);
}

static void on_taken(const struct passport_taken *res, void *arg)
{
	struct gathering *ga = arg;

	ga->wait = NULL;
	for (size_t i = 0; i < res->n; i++)
		(void)bundle_add_token(&ga->ret->out_of_band, res->pp[i]->token, VIA_OUT_OF_BAND);
	if (!ga->ret->out_of_band.n) {
		ga->ret->via = "pull";
		pull(ga, 0);
		return;
	}
	tell_cps(ga);
	over(ga);
}

static void wait_for_push(struct gathering *ga, int64_t wait_ms)
{
	ga->ret->via = "push";
	if (passport_room_wait(ga->owner->opts.room,
			       &(struct passport_wait_opts){.orig = ga->orig,
							    .dest = ga->dest,
							    .wait_ms = (uint64_t)wait_ms,
							    .done = on_taken,
							    .arg = ga},
			       &ga->wait) == 0)
		return;
	(void)err_set(&ga->ret->error, ENOMEM, "out of memory");
	over(ga);
}

/* --- both --- */

static int64_t wait_of(const struct gatherer *g, const struct gathered *got)
{
	const struct vs_cps *cps = g->opts.cps;

	if (!has_shaken(&got->in_band))
		return cps->wait_ms;
	if (cps->wait_in_band_ms >= 0)
		return cps->wait_in_band_ms;
	return g->opts.wants_both ? cps->wait_ms : 0;
}

struct gathering *gather_out_of_band(struct gatherer *g, const struct tn *orig,
				     const struct tn *dest, struct gathered *ret, gathered_h *h,
				     void *arg)
{
	struct gathering *ga = g->opts.cps->url ? gathering_new(g, orig, dest) : NULL;

	if (!ga) {
		if (g->opts.cps->url)
			(void)err_set(&ret->error, ENOMEM, "out of memory");
		h(arg);
		return NULL;
	}
	ga->ret = ret;
	ga->h = h;
	ga->arg = arg;
	ga->inside = true;
	ret->via = "pull";
	if (g->opts.room)
		wait_for_push(ga, wait_of(g, ret));
	else
		pull(ga, wait_of(g, ret));
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): over() leaves it alone while we are inside */
	ga->inside = false;
	if (!ga->over)
		return ga;
	gathering_free(ga);
	return NULL;
}
