/* The CPS beside a STI-VS under test: it is asked for the PASSporTs of a call (5.3 step 9), or pushes them. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/net/loop.h"
#include "sim/oobsim/roles/role_vs.h"

#define ANSWER_MAX (1u << 16)
#define URL_MAX    512

/* --- it is asked --- */

static void bad(struct vs_around *vs, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void bad(struct vs_around *vs, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(vs->bad, sizeof(vs->bad), fmt, ap);
	va_end(ap);
}

/* Is it a question as docs/interfaces.md has it? What is wrong with it is kept for the case */
static bool is_question(struct vs_around *vs, const struct https_req *req)
{
	struct sv method = https_req_method(req), path = https_req_path(req);
	char client[256] = "none";
	struct err e = {""};

	if (https_req_client(req, client, sizeof(client), &e) || strcmp(client, VS_SELF) != 0)
		bad(vs, "the client certificate is of %s%s%s", client, e.s[0] ? ": " : "", e.s);
	else if (!sv_eqz(method, "PUT"))
		bad(vs, "method %.*s", SV_ARG(method));
	else if (!sv_starts(path, "/calls/") || path.l <= sizeof("/calls/") - 1)
		bad(vs, "path %.*s", SV_ARG(path));
	else if (!https_req_query(req, "orig").p || !https_req_query(req, "dest").p)
		bad(vs, "orig or dest is missing");
	else
		return true;
	return false;
}

/* A question about another call is left from a case before: it was only told */
static bool is_of_this_call(const struct vs_around *vs, const struct https_req *req)
{
	return vs->p && sv_eqz(https_req_query(req, "orig"), vs->p->orig) &&
	       sv_eqz(https_req_query(req, "dest"), vs->p->dest);
}

static void reply(struct vs_around *vs, struct https_req *req)
{
	const struct sv body = buf_sv(&vs->hand_over);
	int64_t status = vs->step ? vs->step->cps_status : 0;

	if (status)
		https_reply(req, (unsigned)status, body.l ? "application/passport" : NULL, body,
			    NULL);
	else if (body.l)
		https_reply(req, 200, "application/passport", body, NULL);
	else
		https_reply(req, 204, NULL, body, NULL);
}

static void on_gone(void *arg)
{
	struct vs_around *vs = ((struct bench *)arg)->role_state;

	vs->waiting = NULL;
	timer_stop(vs->late);
}

static void on_late(void *arg)
{
	struct vs_around *vs = ((struct bench *)arg)->role_state;
	struct https_req *req = vs->waiting;

	vs->waiting = NULL;
	if (req)
		reply(vs, req);
}

static void on_request(struct https_req *req, void *arg)
{
	struct bench *b = arg;
	struct vs_around *vs = vs_around(b);

	if (!is_question(vs, req)) {
		https_reply(req, 400, NULL, (struct sv){NULL, 0}, NULL);
		return;
	}
	if (!is_of_this_call(vs, req)) {
		https_reply(req, 204, NULL, (struct sv){NULL, 0}, NULL);
		return;
	}
	vs->asked++;
	if (vs->step->cps == VS_CPS_MUTE)
		return;
	if (!vs->step->cps_after_ms || vs->waiting) {
		reply(vs, req);
		return;
	}
	vs->waiting = req;
	https_req_on_gone(req, on_gone, b);
	timer_start(vs->late, (uint64_t)vs->step->cps_after_ms);
}

static int listen_again(struct bench *b, struct err *e)
{
	struct vs_around *vs = vs_around(b);
	char addr[ADDR_MAX];
	const struct https_server_opts opts = {.addr = addr,
					       .port = PRIVATE_PORT,
					       .tls = &vs->cps_tls,
					       .max_body = 4096,
					       .max_conns = 64,
					       .idle_timeout_s = 60};

	if (vs->cps)
		return 0;
	bench_addr(b, addr, VS_NET, VS_CPS_HOST);
	return https_server_alloc(&vs->cps, &opts, on_request, b, e);
}

static void be_gone(struct vs_around *vs)
{
	timer_stop(vs->late);
	vs->waiting = NULL;
	https_server_free(vs->cps);
	vs->cps = NULL;
}

static timer_h on_push_time;

int vs_cps_open(struct bench *b, struct err *e)
{
	struct vs_around *vs = vs_around(b);

	vs->cps_tls = (struct tls_conf){.cert = bench_tls_file(b, VS_CPS, ""),
					.key = bench_tls_file(b, VS_CPS, "-key"),
					.client_ca = bench_tls_file(b, "root", "")};
	vs->hand_over = BUF(VECTOR_TEXT_MAX);
	if (timer_alloc(&vs->late, on_late, b) || timer_alloc(&vs->push, on_push_time, b))
		return err_set(e, ENOMEM, "out of memory");
	return listen_again(b, e);
}

void vs_cps_close(struct bench *b)
{
	struct vs_around *vs = vs_around(b);

	be_gone(vs);
	timer_free(vs->late);
	timer_free(vs->push);
	buf_free(&vs->hand_over);
	free(vs->cps_tls.cert);
	free(vs->cps_tls.key);
	free(vs->cps_tls.client_ca);
}

int vs_cps_expect(struct play *p, const struct vs_step *s, struct err *e)
{
	struct vs_around *vs = vs_around(p->b);
	int err = 0;

	vs->p = p;
	vs->step = s;
	vs->asked = 0;
	vs->bad[0] = '\0';
	vs->waiting = NULL;
	buf_reset(&vs->hand_over);
	if (s->cps == VS_CPS_GONE)
		be_gone(vs);
	else
		err = listen_again(p->b, e);
	if (!err && s->out_of_band && !s->push_after_ms)
		err = vs_expand(p, &vs->hand_over, s->out_of_band, e);
	else if (!err && !s->empty && p->over && strcmp(p->over, "out-of-band") == 0)
		vs_all_tokens(p, &vs->hand_over);
	return err;
}

/* --- it pushes --- */

int vs_peer_is_cps(struct bench *b, struct err *e)
{
	struct https_client_conf *conf = &b->client_confs[CLIENT_PEER];
	char addr[ADDR_MAX];

	https_client_free(b->clients[CLIENT_PEER]);
	b->clients[CLIENT_PEER] = NULL;
	free(conf->cert);
	free(conf->key);
	conf->cert = bench_tls_file(b, VS_CPS, "");
	conf->key = bench_tls_file(b, VS_CPS, "-key");
	bench_addr(b, addr, VS_NET, VS_CPS_HOST);
	return https_client_alloc(&b->clients[CLIENT_PEER], conf, addr, e);
}

/* What is pushed, and to where. Body and URL are the caller's: req borrows them */
static int make_push(const struct play *p, const struct vs_step *s, struct https_request *req,
		     struct buf *body, char url[URL_MAX], struct err *e)
{
	char base[URL_MAX / 2];
	int err = bench_at(p->b, "push", base, sizeof(base), e);

	if (!err && s->out_of_band)
		err = vs_expand(p, body, s->out_of_band, e);
	else if (!err)
		vs_all_tokens(p, body);
	(void)snprintf(url, URL_MAX, "%s%.200s", err ? "" : base, s->path);
	*req = (struct https_request){.method = s->method,
				      .url = url,
				      .ctype = *s->type ? s->type : NULL,
				      .body = buf_sv(body),
				      .timeout_ms = (uint64_t)p->b->sut->answer_ms,
				      .max_response = ANSWER_MAX};
	return err;
}

int vs_push(struct play *p, const struct vs_step *s, struct answer *ret, struct err *e)
{
	BUF_AUTO struct buf body = BUF(VECTOR_TEXT_MAX);
	struct https_request req;
	char url[URL_MAX];
	int err = make_push(p, s, &req, &body, url, e);

	return err ? err : bench_ask(p->b, (enum bench_client)s->client, &req, ret);
}

/* --- it pushes while the call waits --- */

static void on_pushed(const struct https_response *res, void *arg)
{
	if (res->err)
		bad(arg, "the push is not answered: %s", res->text);
	else if (res->status != 201)
		bad(arg, "the push is answered %u", res->status);
}

static void on_push_time(void *arg)
{
	struct bench *b = arg;
	struct vs_around *vs = vs_around(b);
	const struct play *p = vs->p;
	BUF_AUTO struct buf body = BUF(VECTOR_TEXT_MAX);
	struct https_request req;
	char url[URL_MAX];
	struct err e = {""};

	if (!p)
		return;
	if (make_push(p, vs->step, &req, &body, url, &e) ||
	    https_request(b->clients[CLIENT_PEER], &req, on_pushed, vs))
		bad(vs, "the bench cannot push: %s", e.s);
}

void vs_push_later(struct play *p, const struct vs_step *s)
{
	timer_start(vs_around(p->b)->push, (uint64_t)s->push_after_ms);
}

void vs_push_forget(struct bench *b)
{
	timer_stop(vs_around(b)->push);
	https_cancel(b->clients[CLIENT_PEER], vs_around(b));
}
