/* PASSporTs fetched by an HTTPS GET, or by a command. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/base/env.h"
#include "sim/oobsim/conform/retrieval.h"

DEFINE_AUTO(json_t, json_decref)
DEFINE_AUTO(char, free)

#define URL_MAX  1024
#define SLICE_MS 5
#define ARGS_MAX 32

bool retrieval_own(const struct sut *sut)
{
	const struct sut_retrieval *r = &sut->retrieval;

	return r->url || r->command.n || r->vs;
}

/* A JSON array of strings, or one a line: a line each */
static void take_text(struct answer *ret, struct sv text)
{
	AUTO(json_decref) json_t *list = text.l ? json_loadb(text.p, text.l, 0, NULL) : NULL;
	const json_t *v;
	size_t i;

	if (json_is_array(list)) {
		json_array_foreach (list, i, v)
			(void)buf_printf(&ret->body, "%s\n", json_string_value(v));
	} else {
		(void)buf_addsv(&ret->body, text);
	}
	ret->status = sv_trim(buf_sv(&ret->body)).l ? 200 : 204;
}

/* --- HTTPS --- */

void retrieval_fill(const struct retrieval_call *c, char *ret, size_t size, const char *template)
{
	char conf[PATH_MAX];
	const struct {
		const char *name, *value;
	} names[] = {{"{orig}", c->orig},
		     {"{dest}", c->dest},
		     {"{call}", c->call},
		     {"{addr}", c->b->sut_addr},
		     {"{config}", conf}};
	const size_t n = sizeof(names) / sizeof(names[0]);
	size_t at = 0;

	world_path(&c->b->w, conf, "config/sut-%u.json", c->b->started);
	while (*template && at < size - 1) {
		size_t i = 0;

		while (i < n && strncmp(template, names[i].name, strlen(names[i].name)) != 0)
			i++;
		if (i == n) {
			ret[at++] = *template ++;
			continue;
		}
		at += (size_t)snprintf(ret + at, size - at, "%s", names[i].value);
		template += strlen(names[i].name);
	}
	ret[at < size ? at : size - 1] = '\0';
}

static int get(const struct retrieval_call *c, struct answer *ret)
{
	struct bench *b = c->b;
	char url[URL_MAX];
	const struct https_request req = {
		.method = "GET",
		.url = url,
		.timeout_ms = (uint64_t)b->sut->answer_ms,
		.max_response = VECTOR_TEXT_MAX - 1,
	};
	struct buf body;
	int err;

	retrieval_fill(c, url, sizeof(url), b->sut->retrieval.url);
	err = bench_ask(b, CLIENT_PEER, &req, ret);
	if (err || ret->err)
		return err;
	body = ret->body;
	ret->body = BUF(VECTOR_TEXT_MAX);
	if (ret->status == 200)
		take_text(ret, buf_sv(&body));
	else if (ret->status == 404) /* nothing is there for the call */
		ret->status = 204;
	buf_free(&body);
	return 0;
}

/* --- a command --- */

static int start(const struct retrieval_call *c, const char *out, struct proc **ret, struct err *e)
{
	struct bench *b = c->b;
	char *const *command = b->sut->retrieval.command.v;
	const size_t n = b->sut->retrieval.command.n;
	char program[PATH_MAX], log[PATH_MAX], words[ARGS_MAX][URL_MAX];
	const char *argv[ARGS_MAX + 3] = {NULL};
	const struct proc_opts opts = {.name = command[0], .argv = argv, .log = log, .out = out};
	int err = sut_argv(&b->sut->retrieval.command, program, argv, e);

	world_path(&b->w, log, "log/retrieval.log");
	for (size_t i = 1; i < n; i++) {
		retrieval_fill(c, words[i], sizeof(words[i]), command[i]);
		argv[i] = words[i];
	}
	argv[n] = c->orig;
	argv[n + 1] = c->dest;
	if (!err)
		err = procs_start(b->ps, ret, &opts, e);
	if (!err)
		proc_may_end(*ret);
	return err;
}

/* @return 0; EINTR */
static int wait_end(struct bench *b, struct proc *p, struct answer *ret)
{
	const uint64_t until = mono_us() + (uint64_t)b->sut->answer_ms * 1000;
	BUF_AUTO struct buf why = BUF(ERR_MAX);

	while (!proc_ended(p)) {
		if (procs_poll(b->ps, 0))
			return EINTR;
		if (!ret->err && mono_us() > until) {
			ret->err = ETIMEDOUT;
			(void)snprintf(ret->text, sizeof(ret->text), "%s did not end in its time",
				       proc_name(p));
			proc_stop(p, true);
		}
		bench_wait(b, SLICE_MS); /* it may ask us for something */
	}
	if (ret->err || proc_code(p) == 0)
		return 0;
	ret->err = EIO;
	proc_text(p, &why);
	(void)snprintf(ret->text, sizeof(ret->text), "%.150s", why.p ? why.p : "it failed");
	return 0;
}

static int run(const struct retrieval_call *c, struct answer *ret, struct err *e)
{
	struct bench *b = c->b;
	AUTO(free) char *text = NULL;
	char out[PATH_MAX];
	struct proc *p;
	size_t len;
	int err;

	ret->body = BUF(VECTOR_TEXT_MAX);
	world_path(&b->w, out, "log/retrieval.out");
	err = start(c, out, &p, e);
	if (err)
		return err;
	err = wait_end(b, p, ret);
	if (proc_ended(p))
		procs_forget(b->ps, p);
	if (!err && !ret->err)
		err = file_read(&text, &len, out, VECTOR_TEXT_MAX - 1, e);
	if (!err && text)
		take_text(ret, (struct sv){text, len});
	return err;
}

int retrieval_fetch(const struct retrieval_call *call, struct answer *ret, struct err *e)
{
	const struct sut_retrieval *r = &call->b->sut->retrieval;

	*ret = (struct answer){.err = 0};
	if (r->url)
		return get(call, ret);
	return r->command.n ? run(call, ret, e) : retrieval_ask_vs(call, ret, e);
}

int retrieval_check(struct bench *b, struct err *e)
{
	const struct retrieval_call call = {b, "12010000000", "19030000000",
					    "8a6e2c40-1b9d-4f3e-9c57-0d1e2f3a4b5c"};
	struct answer answer;
	int err = retrieval_fetch(&call, &answer, e);

	if (!err && answer.err)
		err = err_set(e, EIO, "retrieval: no answer: %s", answer.text);
	else if (!err)
		(void)printf("retrieval: answers (%u)\n", answer.status);
	buf_free(&answer.body);
	return err;
}
