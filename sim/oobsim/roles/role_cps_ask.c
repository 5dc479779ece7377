/* Role cps: requests to it, one by one or several at a time. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "lib/base/env.h"
#include "lib/net/loop.h"
#include "sim/oobsim/conform/retrieval.h"
#include "sim/oobsim/roles/role_cps.h"

/* --- where it is --- */

/* Address of a name, as sut.json or the bench has it; itself when it is an address */
static const char *address_of(const struct bench *b, const char *host)
{
	const char *given = conf_pair_value(&b->sut->address.resolve, host);
	const char *ours = given ? given : conf_pair_value(&b->resolve, host);

	return ours ? ours : host;
}

int cps_where(struct bench *b, enum cps_to to, char host[CPS_HOST_MAX + 1], char addr[ADDR_MAX],
	      uint16_t *port, struct err *e)
{
	char url[CPS_URL_MAX];
	unsigned long long n = HTTPS_PORT;
	struct sv rest, name;
	int err = bench_at(b, to == CPS_PRIVATE ? "private" : "public", url, sizeof(url), e);

	if (err)
		return err;
	if (!sv_starts(sv_from(url), "https://"))
		return err_set(e, EINVAL, "%s: expected an https URL", url);
	rest = sv_from(url + sizeof("https://") - 1);
	rest = sv_cut(&rest, '/');
	if (rest.l && *rest.p == '[') { /* RFC 3986 §3.2.2 */
		rest = (struct sv){rest.p + 1, rest.l - 1};
		name = sv_cut(&rest, ']');
		(void)sv_cut(&rest, ':');
	} else {
		name = sv_cut(&rest, ':');
	}
	if (!name.l || name.l > CPS_HOST_MAX || (rest.l && !sv_u64(rest, UINT16_MAX, &n)))
		return err_set(e, EINVAL, "%s: expected host and port", url);
	(void)snprintf(host, CPS_HOST_MAX + 1, "%.*s", SV_ARG(name));
	(void)snprintf(addr, ADDR_MAX, "%s", address_of(b, host));
	*port = (uint16_t)n;
	return 0;
}

/* --- requests --- */

static void on_answer(const struct https_response *res, void *arg)
{
	struct cps_ask *ask = arg;
	struct answer *a = &ask->answer;

	ask->done = true;
	ask->took_ms = (mono_us() - ask->since_us) / 1000;
	ask->retry_after_s = res->retry_after_s;
	a->err = res->err;
	a->status = res->status;
	(void)snprintf(a->text, sizeof(a->text), "%s", res->text);
	(void)buf_addsv(&a->body, res->body);
	if (!a->err)
		(void)snprintf(ask->outcome, sizeof(ask->outcome), "%u", a->status);
	else
		(void)snprintf(ask->outcome, sizeof(ask->outcome), "%s",
			       a->err == EPROTO      ? "tls"
			       : a->err == ETIMEDOUT ? "none"
						     : "closed");
	loop_stop();
}

static int send_request(struct cps_ask *ask, enum bench_client client,
			const struct https_request *req, struct err *e)
{
	int err;

	ask->https = ask->p->b->clients[client];
	err = https_request(ask->https, req, on_answer, ask);
	if (err)
		ask->https = NULL;
	return err ? err_set(e, err, "it cannot be sent: %s", strerror(err)) : 0;
}

static int post_begin(struct cps_ask *ask, struct err *e)
{
	const struct cps_step *step = ask->step;
	struct play *p = ask->p;
	BUF_AUTO struct buf body = BUF(VECTOR_TEXT_MAX);
	char url[CPS_URL_MAX], base[CPS_URL_MAX / 2];
	struct https_request req = {
		.method = step->method,
		.url = url,
		.ctype = *step->type ? step->type : NULL,
		.timeout_ms = (uint64_t)p->b->sut->answer_ms,
		.max_response = VECTOR_TEXT_MAX - 1,
	};
	int err = bench_at(p->b, "public", base, sizeof(base), e);

	if (!err)
		err = play_sign(p, e);
	if (!err)
		err = play_expand(p, &body, step->body, e);
	if (err)
		return err;
	req.body = buf_sv(&body);
	(void)snprintf(url, sizeof(url), "%s%.200s", base, step->path);
	return send_request(ask, CLIENT_NONE, &req, e);
}

int cps_calls_path(struct play *p, const struct cps_step *step, struct buf *ret, struct err *e)
{
	BUF_AUTO struct buf text = BUF(CPS_URL_MAX);
	struct env_shift shift = {0};
	struct env env = env_system(&shift);

	if (!step->again)
		env_uuid(&env, p->call_id);
	(void)buf_printf(&text, "/calls/%.36s?orig=%s&dest=%s&wait_ms=%lld", p->call_id, step->orig,
			 step->dest, (long long)step->wait_ms);
	return text.err ? err_set(e, text.err, "the numbers are too long")
			: play_expand(p, ret, text.p, e);
}

static int pull_begin(struct cps_ask *ask, struct err *e)
{
	const struct cps_step *step = ask->step;
	struct play *p = ask->p;
	BUF_AUTO struct buf url = BUF(CPS_URL_MAX);
	char base[CPS_URL_MAX / 2];
	struct https_request req = {
		.method = "PUT",
		.timeout_ms = (uint64_t)(p->b->sut->answer_ms + step->wait_ms),
		.max_response = VECTOR_TEXT_MAX - 1,
	};
	int err = bench_at(p->b, "private", base, sizeof(base), e);

	if (!err)
		err = play_sign(p, e);
	(void)buf_addz(&url, base);
	if (!err)
		err = cps_calls_path(p, step, &url, e);
	req.url = url.p;
	return err ? err : send_request(ask, (enum bench_client)step->client, &req, e);
}

/* In a way that sut.json names: it is over when it returns */
static int own_pull(struct cps_ask *ask, struct err *e)
{
	BUF_AUTO struct buf orig = BUF(64), dest = BUF(64);
	struct play *p = ask->p;
	struct retrieval_call call = {.b = p->b, .call = p->call_id};
	struct env_shift shift = {0};
	struct env env = env_system(&shift);
	int err = play_sign(p, e);

	env_uuid(&env, p->call_id);
	if (!err)
		err = play_expand(p, &orig, ask->step->orig, e);
	if (!err)
		err = play_expand(p, &dest, ask->step->dest, e);
	call.orig = orig.p;
	call.dest = dest.p;
	if (!err)
		err = retrieval_fetch(&call, &ask->answer, e);
	ask->done = true;
	ask->took_ms = (mono_us() - ask->since_us) / 1000;
	if (!err && !ask->answer.err)
		(void)snprintf(ask->outcome, sizeof(ask->outcome), "%u", ask->answer.status);
	return err;
}

/* --- what is under way --- */

int cps_ask_begin(struct play *p, const struct cps_step *step, struct cps_ask **ret, struct err *e)
{
	struct cps_play *cp = p->state;
	struct cps_ask *ask = calloc(1, sizeof(*ask));

	if (!ask)
		return err_set(e, ENOMEM, "out of memory");
	*ask = (struct cps_ask){.p = p, .step = step, .at = p->at, .outcome = "none"};
	ask->answer.body = BUF(CPS_ANSWER_MAX);
	ask->retry_after_s = -1;
	ask->since_us = mono_us();
	DL_APPEND(cp->asks, ask);
	*ret = ask;
	switch (step->kind) {
	case CPS_POST:
		return post_begin(ask, e);
	case CPS_PULL:
		return retrieval_own(p->b->sut) ? own_pull(ask, e) : pull_begin(ask, e);
	default:
		return cps_raw_begin(ask, e);
	}
}

void cps_ask_free(struct cps_ask *ask)
{
	struct cps_play *cp = ask->p->state;

	if (ask->https && !ask->done)
		https_cancel(ask->https, ask);
	raw_client_free(ask->raw);
	buf_free(&ask->answer.body);
	buf_free(&ask->got);
	DL_DELETE(cp->asks, ask);
	free(ask);
}

static bool is_done(const void *arg)
{
	return ((const struct cps_ask *)arg)->done;
}

int cps_ask_end(struct cps_ask *ask)
{
	struct bench *b = ask->p->b;
	int err = cps_run_until(b, is_done, ask, (uint64_t)b->sut->answer_ms + 60000);

	if (!err && !ask->done) { /* it ended with its process */
		ask->answer.err = ECONNRESET;
		(void)snprintf(ask->answer.text, sizeof(ask->answer.text), "it ended");
	}
	if (!err)
		(void)cps_judge(ask);
	cps_ask_free(ask);
	return err;
}
