/* Role as: the CPS that a STI-AS posts to. It keeps what comes, and answers as the case says. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "lib/base/auto.h"
#include "lib/base/b64url.h"
#include "lib/base/env.h"
#include "lib/net/loop.h"
#include "sim/oobsim/roles/role_as.h"

DEFINE_AUTO(json_t, json_decref)

#define BODY_MAX (1u << 18)

struct as_held {
	struct as_bench *a;
	struct https_req *req;
	struct as_post *post; /* NULL: of no interest */
	struct as_cps_answer answer;
	struct timer *timer;
	struct as_held *prev, *next;
};

/* --- whose call it is --- */

static bool ends_with(const char *number, const char *digits)
{
	size_t n = number ? strlen(number) : 0, l = strlen(digits);

	return l && n >= l && strcmp(number + n - l, digits) == 0;
}

/* Claims of the first PASSporT, as far as they can be read. @return New reference, NULL */
static json_t *claims_of(struct sv body)
{
	BUF_AUTO struct buf text = BUF(BODY_MAX);
	struct sv token = sv_cut(&body, '\n');

	(void)sv_cut(&token, '.');
	if (b64url_decode(&text, sv_cut(&token, '.')) || !text.l)
		return NULL;
	return json_loadb(text.p, text.l, 0, NULL);
}

enum whose { OURS, CONTROL, LATE };

/* What cannot be read is of the case under way, since nothing else can be wrong. Late are repetitions for a case before */
static enum whose whose(const struct as_bench *a, struct sv body)
{
	AUTO(json_decref) json_t *claims = claims_of(body);
	const json_t *to = json_object_get(json_object_get(claims, "dest"), "tn");
	const char *from = json_string_value(
			   json_object_get(json_object_get(claims, "orig"), "tn")),
		   *dest = json_string_value(json_is_array(to) ? json_array_get(to, 0) : to);
	const bool mine = !claims || ends_with(from, a->digits) || ends_with(dest, a->digits);

	if (!a->p || !mine)
		return LATE;
	return dest && strncmp(dest, AS_CONTROL, strlen(AS_CONTROL)) == 0 ? CONTROL : OURS;
}

/* --- answering --- */

static void reply(struct https_req *req, const struct as_cps_answer *answer, struct as_post *post)
{
	char retry_after[24];
	const struct https_header headers[] = {{"Retry-After", retry_after}, {NULL, NULL}};

	(void)snprintf(retry_after, sizeof(retry_after), "%lld", (long long)answer->retry_after_s);
	if (post)
		post->answered_us = mono_us();
	https_reply(req, (unsigned)answer->status, NULL, (struct sv){NULL, 0},
		    answer->retry_after_s >= 0 ? headers : NULL);
}

static void held_free(struct as_held *h)
{
	DL_DELETE(h->a->held, h);
	timer_free(h->timer);
	free(h);
}

static void held_answer(void *arg)
{
	struct as_held *h = arg;

	reply(h->req, &h->answer, h->post);
	held_free(h);
}

static void held_gone(void *arg)
{
	held_free(arg);
}

static int hold(struct as_bench *a, struct https_req *req, const struct as_cps_answer *answer,
		struct as_post *post)
{
	struct as_held *h = calloc(1, sizeof(*h));

	if (!h || timer_alloc(&h->timer, held_answer, h)) {
		free(h);
		return ENOMEM;
	}
	h->a = a;
	h->req = req;
	h->post = post;
	h->answer = *answer;
	DL_APPEND(a->held, h);
	https_req_on_gone(req, held_gone, h);
	if (!answer->never)
		timer_start(h->timer, (uint64_t)answer->delay_ms);
	return 0;
}

static const struct as_cps_answer *next_answer(struct as_bench *a)
{
	static const struct as_cps_answer usual = {.status = 201, .retry_after_s = -1};
	size_t i = a->answered++;

	if (!a->does)
		return &usual;
	if (i >= a->does->answers.n)
		i = a->does->answers.n - 1;
	return (const struct as_cps_answer *)a->does->answers.v + i;
}

/* --- what comes --- */

static void keep_text(char *ret, size_t size, struct sv text)
{
	(void)snprintf(ret, size, "%.*s", SV_ARG(text));
}

static struct as_post *keep(struct as_bench *a, const struct https_req *req)
{
	struct as_post *post = calloc(1, sizeof(*post));

	if (!post)
		return NULL;
	post->at_us = mono_us();
	post->body = BUF(BODY_MAX + 1);
	keep_text(post->method, sizeof(post->method), https_req_method(req));
	keep_text(post->path, sizeof(post->path), https_req_path(req));
	keep_text(post->type, sizeof(post->type), https_req_header(req, "Content-Type"));
	keep_text(post->length, sizeof(post->length), https_req_header(req, "Content-Length"));
	keep_text(post->host, sizeof(post->host), https_req_header(req, "Host"));
	(void)buf_addsv(&post->body, https_req_body(req));
	DL_APPEND(a->posts, post);
	return post;
}

static void on_request(struct https_req *req, void *arg)
{
	static const struct as_cps_answer stored = {.status = 201, .retry_after_s = -1};
	struct as_bench *a = arg;
	const struct as_cps_answer *answer = &stored;
	struct as_post *post = NULL;
	enum whose who = whose(a, https_req_body(req));

	if (who == OURS) {
		post = keep(a, req);
		answer = next_answer(a);
	} else if (who == CONTROL) {
		a->control = true;
	}
	loop_stop(); /* a step may wait for it */
	if ((!answer->never && !answer->delay_ms) || hold(a, req, answer, post))
		reply(req, answer, post);
}

const struct as_post *as_post_next(const struct as_bench *a)
{
	return a->read ? a->read->next : a->posts;
}

/* --- life --- */

void as_cps_reset(struct as_bench *a)
{
	struct as_post *post, *next;

	while (a->held)
		held_answer(a->held); /* NOLINT(clang-analyzer-unix.Malloc): moves the head on */
	DL_FOREACH_SAFE (a->posts, post, next) {
		DL_DELETE(a->posts, post);
		buf_free(&post->body);
		free(post);
	}
	a->read = NULL;
	a->does = NULL;
	a->answered = 0;
	a->control = false;
}

static int serve(struct as_bench *a, struct err *e)
{
	char addr[ADDR_MAX];
	struct https_server_opts opts = {.addr = addr,
					 .port = HTTPS_PORT,
					 .tls = &a->tls,
					 .max_body = BODY_MAX,
					 .max_conns = 256,
					 .idle_timeout_s = 60};

	bench_addr(a->b, addr, 2, 1);
	return https_server_alloc(&a->cps, &opts, on_request, a, e);
}

int as_cps_open(struct as_bench *a, struct err *e)
{
	a->tls.cert = bench_tls_file(a->b, AS_CPS, "");
	a->tls.key = bench_tls_file(a->b, AS_CPS, "-key");
	if (!a->tls.cert || !a->tls.key)
		return err_set(e, ENOMEM, "out of memory");
	return serve(a, e);
}

int as_cps_cut(struct as_bench *a, struct err *e)
{
	while (a->held)
		held_free(a->held); /* NOLINT(clang-analyzer-unix.Malloc): moves the head on */
	https_server_free(a->cps);
	a->cps = NULL;
	return serve(a, e);
}

void as_cps_close(struct as_bench *a)
{
	as_cps_reset(a);
	https_server_free(a->cps);
	free(a->tls.cert);
	free(a->tls.key);
}
