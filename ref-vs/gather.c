#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/stir/passport.h"
#include "ref-vs/gather.h"

#define BODY_MAX ((size_t)BUNDLE_MAX * (PASSPORT_MAX_LEN + 2))
#define URL_MAX  2048
/** The first question and one more when the connection broke before an answer came */
#define TRIES 2

struct pull {
	const struct gather_source *src;
	char *url;
	uint64_t timeout_ms;
	int tries;
	uint64_t start_us;
	struct gathered *ret;
	gathered_h *h;
	void *arg;
};

static void note_unreadable(struct gathered *g, const struct fault *fault)
{
	if (g->unreadable_count < BUNDLE_MAX)
		g->unreadable[g->unreadable_count++] = *fault;
}

int gather_in_band(struct gathered *ret, const struct sip_rx *rx)
{
	struct sv value;

	for (unsigned i = 0; (value = sip_rx_header(rx, "Identity", i)).p; i++) {
		struct fault fault = {0};
		int err = bundle_add_identity(&ret->in_band, value, &fault);

		if (err == ENOMEM)
			return err;
		if (err == ENOSPC)
			(void)fault_set(&fault, REASON_IDENTITY_FORM, "fewer Identity headers",
					"more than %d", BUNDLE_MAX);
		if (err)
			note_unreadable(ret, &fault);
		if (err == ENOSPC)
			return 0;
	}
	return 0;
}

static void pull_free(struct pull *pull)
{
	free(pull->url);
	free(pull);
}

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

static int pull_send(struct pull *pull);

static bool broke_before_response(const struct https_response *res)
{
	return res->err == ECONNRESET || res->err == EPIPE;
}

static void pull_done(const struct https_response *res, void *arg)
{
	struct pull *pull = arg;
	gathered_h *h = pull->h;
	void *h_arg = pull->arg;

	/* the same call-id again gets the same answer: a lost response loses nothing */
	if (broke_before_response(res) && pull->tries < TRIES && pull_send(pull) == 0)
		return;
	take_response(pull->ret, res);
	pull->ret->waited_ms = (mono_us() - pull->start_us) / 1000;
	pull_free(pull);
	h(h_arg);
}

static int pull_send(struct pull *pull)
{
	pull->tries++;
	return https_request(pull->src->client,
			     &(struct https_request){.method = "PUT",
						     .url = pull->url,
						     .accept = "application/passport",
						     .timeout_ms = pull->timeout_ms,
						     .max_response = BODY_MAX},
			     pull_done, pull);
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

static char *pull_url(const struct gather_source *src, const struct verify_call *call,
		      int64_t wait_ms)
{
	BUF_AUTO struct buf url = BUF(URL_MAX);
	struct sv base = sv_from(src->cps->url);
	char uuid[UUID_LEN + 1];

	if (base.l && base.p[base.l - 1] == '/')
		base.l--;
	env_uuid(src->env, uuid);
	(void)buf_printf(&url, "%.*s/calls/%s", SV_ARG(base), uuid);
	add_number(&url, "?orig=", &call->orig);
	add_number(&url, "&dest=", &call->dest);
	(void)buf_printf(&url, "&wait_ms=%lld", (long long)wait_ms);
	return buf_take(&url);
}

int gather_out_of_band(const struct gather_source *src, struct pull **ret_pull,
		       const struct verify_call *call, struct gathered *ret, gathered_h *h,
		       void *arg)
{
	int64_t wait_ms = ret->in_band.n ? 0 : src->cps->wait_ms;
	struct pull *pull;
	int err;

	if (!src->cps->url)
		return 0;
	pull = calloc(1, sizeof(*pull));
	if (pull) {
		*pull = (struct pull){.src = src,
				      .url = pull_url(src, call, wait_ms),
				      .timeout_ms = (uint64_t)(wait_ms + src->cps->grace_ms),
				      .start_us = mono_us(),
				      .ret = ret,
				      .h = h,
				      .arg = arg};
	}
	err = pull && pull->url ? pull_send(pull) : ENOMEM;
	if (err) {
		(void)err_set(&ret->error, err, "CPS cannot be asked: %s",
			      err == ENOSPC ? "too many questions are under way" : strerror(err));
		if (pull)
			pull_free(pull);
		return 0;
	}
	*ret_pull = pull;
	return EINPROGRESS;
}

void gather_cancel(struct pull *pull)
{
	if (!pull)
		return;
	https_cancel(pull->src->client, pull);
	pull_free(pull);
}

void gathered_clear(struct gathered *g)
{
	bundle_clear(&g->in_band);
	bundle_clear(&g->out_of_band);
}
