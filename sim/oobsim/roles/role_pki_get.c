/* Role pki: what is published, read; and the same tried in ways that must be refused. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/env.h"
#include "lib/net/http_split.h"
#include "lib/net/loop.h"
#include "lib/net/raw_client.h"
#include "sim/oobsim/roles/role_pki.h"

#define ANSWER_MAX (1u << 20)
#define AGAIN_MS   10
#define RAW_MAX    65536
/* So long a server may think about what is no TLS, or an old one, before it is taken for refused */
#define RAW_MS   1000
#define SLICE_MS 20

/* --- requests --- */

static int ask(struct play *p, const char *method, const char *url, const char *if_none_match,
	       struct answer *ret)
{
	char line[160];
	const char *const headers[] = {line, NULL};
	const struct https_request req = {
		.method = method,
		.url = url,
		.headers = if_none_match ? headers : NULL,
		.timeout_ms = (uint64_t)p->b->sut->answer_ms,
		.max_response = ANSWER_MAX - 1,
	};
	int err;

	(void)snprintf(line, sizeof(line), "If-None-Match: %s", if_none_match ? if_none_match : "");
	err = bench_ask(p->b, CLIENT_NONE, &req, ret);
	p->cut_off = ret->err && ret->err != ETIMEDOUT && ret->err != EPROTONOSUPPORT;
	return err;
}

int pki_get(struct play *p, const char *url, struct answer *ret)
{
	return ask(p, "GET", url, NULL, ret);
}

/* https://host:port of what it serves, and a path */
static int other_path(struct buf *ret, const char *url, const char *path)
{
	const char *host = strstr(url, "://");
	const char *slash = host ? strchr(host + 3, '/') : NULL;

	return buf_printf(ret, "%.*s%s", (int)(slash ? (size_t)(slash - url) : strlen(url)), url,
			  path);
}

/* --- get --- */

const struct pki_check *pki_check_find(const char *name)
{
	static const struct pki_check *const tables[] = {pki_list_checks, pki_map_checks,
							 pki_cert_checks};

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (const struct pki_check *c = tables[i]; c->name; c++)
			if (strcmp(c->name, name) == 0)
				return c;
	return NULL;
}

static void tell_expected(struct play *p, const struct pki_step *step)
{
	BUF_AUTO struct buf text = BUF(sizeof(p->ret->expected) - 1);
	char *const *names = step->checks.v;

	(void)buf_printf(&text, "%s of %s: ", step->method,
			 step->path ? step->path : pki_what_words[step->what]);
	if (step->status.n)
		play_words(&text, &step->status, " or ");
	else
		(void)buf_printf(&text, "200");
	for (size_t i = 0; i < step->checks.n; i++)
		(void)buf_printf(&text, ", %s", pki_check_find(names[i])->doc);
	play_expects(p, "%s", text.p ? text.p : "");
}

static bool is_expected(const struct pki_step *step, unsigned status)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%u", status);
	return step->status.n ? play_has_word(&step->status, text) : status == 200;
}

/* @return 0: all is well; EBADMSG with look->why; EINTR; others with look->why */
static int look_at(struct pki_look *look)
{
	char *const *names = look->step->checks.v;
	const struct answer *a = look->a;

	if (a->err)
		return err_set(&look->why, EBADMSG, "no answer: %s", a->text);
	if (!is_expected(look->step, a->status))
		return err_set(&look->why, EBADMSG, "status %u", a->status);
	for (size_t i = 0; i < look->step->checks.n; i++) {
		int err = pki_check_find(names[i])->run(look);

		if (err)
			return err;
	}
	return 0;
}

/* *pending: what is wrong may be right a moment later */
static int get_once(struct play *p, const struct pki_step *step, const char *url, struct err *why,
		    bool *pending)
{
	struct pki_case *c = p->state;
	struct answer a = {.body = BUF(0)};
	struct pki_look look = {.p = p, .step = step, .what = (enum pki_what)step->what, .a = &a};
	const char *tag = NULL;
	int err;

	if (step->etag != PKI_ETAG_NONE)
		tag = step->etag == PKI_ETAG_SAME ? c->etag : "\"another\"";
	err = ask(p, step->method, url, tag, &a);
	if (!err)
		err = look_at(&look);
	if (!a.err && a.etag[0])
		(void)snprintf(c->etag, sizeof(c->etag), "%s", a.etag);
	*why = look.why;
	*pending = look.is_pending;
	buf_free(&a.body);
	return err;
}

int pki_step_get(struct play *p, const struct pki_step *step, struct err *e)
{
	const struct pki_case *c = p->state;
	BUF_AUTO struct buf told = BUF(PKI_TOLD_MAX);
	BUF_AUTO struct buf url = BUF(PKI_TOLD_MAX);
	uint64_t until = mono_us() + (uint64_t)step->within_ms * 1000;
	struct err why = {""};
	bool pending = false;
	int err = pki_told(p, pki_what_words[step->what], &told, e);

	if (!err)
		err = step->path ? other_path(&url, told.p, step->path) : buf_addz(&url, told.p);
	if (err)
		return err;
	tell_expected(p, step);
	if (step->etag == PKI_ETAG_SAME && !c->etag[0])
		return 0; /* it offers none */
	err = get_once(p, step, url.p, &why, &pending);
	while (err == EBADMSG && pending && mono_us() < until) {
		bench_wait(p->b, AGAIN_MS);
		err = get_once(p, step, url.p, &why, &pending);
	}
	if (err == EBADMSG)
		return play_fails(p, "get", "%s", why.s);
	return err && err != EINTR ? err_set(e, err, "%s", why.s) : err;
}

/* --- raw --- */

struct raw_try {
	bool done;
	int err;
	char text[160];
	struct buf got;
};

static bool raw_got(struct sv got, void *arg)
{
	struct http_message msg;

	(void)arg;
	return http_split(&msg, got, false) == 0;
}

static void raw_done(const struct raw_result *res, void *arg)
{
	struct raw_try *t = arg;

	t->done = true;
	t->err = res->err;
	(void)snprintf(t->text, sizeof(t->text), "%s", res->text);
	(void)buf_addsv(&t->got, res->got);
	loop_stop();
}

static int raw_try(struct play *p, const struct pki_step *step, const char *url, struct raw_try *t,
		   struct err *e)
{
	char host[BENCH_HOST_MAX + 1], addr[BENCH_HOST_MAX + 1], request[PKI_TOLD_MAX + 320];
	struct raw_client_opts opts = {.addr = addr,
				       .self = p->b->proc ? p->b->pki_addr : NULL,
				       .host = host,
				       .plain = !step->tls,
				       .tls_min = (int)step->tls,
				       .tls_max = (int)step->tls,
				       .max = RAW_MAX,
				       .timeout_ms = RAW_MS};
	struct raw_send send = {.end = RAW_STAY};
	struct raw_client *client = NULL;
	int err = bench_where(p->b, url, host, addr, &opts.port, e);
	int n;

	if (err)
		return err;
	n = snprintf(request, sizeof(request),
		     "GET %s HTTP/1.1\r\nHost: %s:%u\r\nConnection: close\r\n\r\n",
		     strchr(url + 8, '/') ? strchr(url + 8, '/') : "/", host, (unsigned)opts.port);
	send.octets = (struct sv){request, (size_t)n};
	err = raw_client_alloc(&client, &opts, &send, raw_got, raw_done, t, e);
	while (!err && !t->done) {
		bench_wait(p->b, SLICE_MS);
		err = procs_poll(p->b->ps, 0) ? EINTR : 0;
	}
	raw_client_free(client);
	return err;
}

/* Plain HTTP may be answered by where it is to be had, or by what is wrong; never by the thing itself */
static int judge_raw(struct play *p, const struct pki_step *step, const struct raw_try *t)
{
	struct http_message msg = {.status = 0};
	bool is_http = t->got.l && http_split(&msg, buf_sv(&t->got), true) == 0;

	if (step->may)
		return is_http && msg.status == 200 ? 0
						    : play_fails(p, "raw", "not answered: %s",
								 t->err ? t->text : "no 200");
	if (is_http && msg.status < 300)
		return play_fails(p, "raw", "answered with %u", msg.status);
	if (is_http && step->tls)
		return play_fails(p, "raw", "the handshake succeeds, answered with %u", msg.status);
	return 0;
}

static const char *const tls_words[] = {"TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"};

int pki_step_raw(struct play *p, const struct pki_step *step, struct err *e)
{
	BUF_AUTO struct buf url = BUF(PKI_TOLD_MAX);
	struct raw_try t = {.got = BUF(RAW_MAX)};
	int err = pki_told(p, pki_what_words[step->what], &url, e);

	play_expects(p, "%s over %s: %s", pki_what_words[step->what],
		     step->tls ? tls_words[step->tls - 10] : "plain HTTP",
		     step->may ? "answered" : "refused");
	if (!err)
		err = raw_try(p, step, url.p, &t, e);
	if (!err)
		err = judge_raw(p, step, &t);
	buf_free(&t.got);
	return err;
}
