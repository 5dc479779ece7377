/* Requests to the implementation, one after the other. */
#include <errno.h>
#include <string.h>

#include "lib/base/env.h"
#include "lib/net/loop.h"
#include "sim/oobsim/conform/conform.h"

#define ANSWER_MAX (1u << 20)
/* So often the processes are looked at while something is waited for */
#define SLICE_MS 20

struct waiting {
	struct answer *ret;
	bool done;
};

static void on_answer(const struct https_response *res, void *arg)
{
	struct waiting *w = arg;

	w->done = true;
	w->ret->err = res->err;
	w->ret->status = res->status;
	(void)snprintf(w->ret->text, sizeof(w->ret->text), "%s", res->text);
	(void)snprintf(w->ret->ctype, sizeof(w->ret->ctype), "%.*s", SV_ARG(res->content_type));
	(void)snprintf(w->ret->etag, sizeof(w->ret->etag), "%.*s", SV_ARG(res->etag));
	w->ret->max_age_s = res->max_age_s;
	(void)buf_addsv(&w->ret->body, res->body);
	loop_stop();
}

void bench_wait(struct bench *b, uint64_t ms)
{
	timer_start(b->tick, ms);
	(void)loop_run();
	timer_stop(b->tick);
}

int bench_ask(struct bench *b, enum bench_client client, const struct https_request *req,
	      struct answer *ret)
{
	struct waiting w = {.ret = ret};
	int err;

	*ret = (struct answer){.body = BUF(ANSWER_MAX)};
	err = https_request(b->clients[client], req, on_answer, &w);
	if (err) {
		ret->err = err;
		(void)snprintf(ret->text, sizeof(ret->text), "it cannot be sent: %s",
			       strerror(err));
		return 0;
	}
	while (!w.done) {
		bench_wait(b, SLICE_MS);
		if (procs_poll(b->ps, 0)) {
			https_cancel(b->clients[client], &w);
			return EINTR;
		}
	}
	return 0;
}
