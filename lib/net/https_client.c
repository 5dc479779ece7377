#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "lib/net/https_out.h"

#define PEM_MAX_LEN (4u << 20)
/* One certificate or list: peers that need longer are as good as dead to a call that waits */
#define FETCH_TIMEOUT_MS 5000

/* --- exchanges --- */

static CURL *easy_get(struct https_client *c)
{
	return c->nidle ? c->idle[--c->nidle] : curl_easy_init();
}

static void easy_put(struct https_client *c, CURL *easy)
{
	curl_easy_reset(easy);
	if (c->nidle < c->conf->max_in_flight)
		c->idle[c->nidle++] = easy;
	else
		curl_easy_cleanup(easy);
}

/* Out of lists and multi handle: from now on nobody finds it */
static void take_out(struct https_xfer *x)
{
	struct https_client *c = x->client;

	if (!x->running) {
		DL_DELETE(c->queue, x);
		c->nqueue--;
		return;
	}
	DL_DELETE(c->active, x);
	c->nactive--;
	(void)curl_multi_remove_handle(c->multi, x->easy);
}

static void drop(struct https_xfer *x)
{
	struct https_client *c = x->client;
	CURL *easy = x->easy;

	xfer_free(x);
	if (easy)
		easy_put(c, easy);
}

static void tell(const struct https_xfer *x, const struct https_response *res)
{
	int err = res->err;
	char text[ERR_MAX];

	if (!x->fetch_done) {
		x->done(res, x->arg);
		return;
	}
	(void)snprintf(text, sizeof(text), "%s", res->text);
	if (!err && res->status != 200) {
		err = EPROTO;
		(void)snprintf(text, sizeof(text), "expected status 200, got %u", res->status);
	}
	x->fetch_done(err == EMSGSIZE ? EFBIG : err, err ? SV("") : res->body, res->max_age_s,
		      err ? text : NULL, x->arg);
}

static void run_queue(struct https_client *c);

/* x is out of the lists */
static void finish(struct https_xfer *x, const struct https_outcome *out)
{
	struct https_client *c = x->client;

	tell(x, &out->res);
	drop(x);
	run_queue(c);
}

static void too_late(void *arg)
{
	struct https_xfer *x = arg;
	struct https_outcome out;

	xfer_outcome_late(x, &out);
	take_out(x);
	finish(x, &out);
}

static int begin(struct https_xfer *x)
{
	struct https_client *c = x->client;
	int err;

	if (!x->easy)
		x->easy = easy_get(c);
	if (!x->easy)
		return ENOMEM;
	err = xfer_prepare(x);
	if (!err && curl_multi_add_handle(c->multi, x->easy) != CURLM_OK)
		err = ENOMEM;
	if (err)
		return err;
	DL_DELETE(c->queue, x);
	c->nqueue--;
	x->running = true;
	DL_APPEND(c->active, x);
	c->nactive++;
	return 0;
}

static void run_queue(struct https_client *c)
{
	while (c->queue && c->nactive < c->conf->max_in_flight) {
		struct https_xfer *x = c->queue;

		if (begin(x) == 0)
			continue;
		/* no memory: told by the timer, as handlers are not called from inside
		 * https_request() */
		timer_start(x->deadline, 0);
		return;
	}
}

static void drain(struct https_client *c)
{
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(c->multi, &left))) {
		struct https_outcome out;
		struct https_xfer *x;
		CURLcode code = msg->data.result;

		if (msg->msg != CURLMSG_DONE)
			continue;
		if (curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&x) != CURLE_OK)
			continue;
		xfer_outcome(x, code, &out);
		take_out(x);
		finish(x, &out);
	}
}

/* --- curl on the loop --- */

static void socket_ready(int fd, unsigned events, void *arg)
{
	struct https_client *c = arg;
	int running;

	(void)curl_multi_socket_action(c->multi, fd,
				       (events & LOOP_READ ? CURL_CSELECT_IN : 0) |
					       (events & LOOP_WRITE ? CURL_CSELECT_OUT : 0) |
					       (events & LOOP_ERROR ? CURL_CSELECT_ERR : 0),
				       &running);
	drain(c);
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *sock_arg)
{
	unsigned events =
		(what & CURL_POLL_IN ? LOOP_READ : 0) | (what & CURL_POLL_OUT ? LOOP_WRITE : 0);

	(void)easy;
	(void)sock_arg;
	if (what == CURL_POLL_REMOVE) {
		loop_unwatch(fd);
		return 0;
	}
	return loop_watch_for(fd, events, socket_ready, arg) ? -1 : 0;
}

static int set_timer(CURLM *multi, long ms, void *arg)
{
	struct https_client *c = arg;

	(void)multi;
	if (ms < 0)
		timer_stop(c->timer);
	else
		timer_start(c->timer, (uint64_t)ms);
	return 0;
}

static void timer_due(void *arg)
{
	struct https_client *c = arg;
	int running;

	(void)curl_multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	drain(c);
}

static int multi_init(struct https_client *c)
{
	long n = (long)c->conf->max_in_flight;

	c->multi = curl_multi_init();
	if (!c->multi)
		return ENOMEM;
	(void)curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	(void)curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
	(void)curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	(void)curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
	(void)curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, n);
	(void)curl_multi_setopt(c->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, n);
	(void)curl_multi_setopt(c->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
	return 0;
}

/* --- life --- */

int https_client_alloc(struct https_client **ret, const struct https_client_conf *conf,
		       const char *self, struct err *e)
{
	struct https_client *c;
	int err;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(e, ENOMEM, "cannot initialise libcurl");
	c = calloc(1, sizeof(*c));
	if (!c) {
		curl_global_cleanup();
		return err_set(e, ENOMEM, "out of memory");
	}
	c->conf = conf;
	(void)snprintf(c->self, sizeof(c->self), "%s", self);
	c->idle = calloc((size_t)conf->max_in_flight, sizeof(CURL *));
	err = tls_pem_load(&c->pem, conf, e);
	if (!err)
		err = c->idle ? names_load(c, e) : ENOMEM;
	if (!err)
		err = timer_alloc(&c->timer, timer_due, c);
	if (!err)
		err = multi_init(c);
	if (err) {
		https_client_free(c);
		return err == ENOMEM ? err_set(e, ENOMEM, "out of memory") : err;
	}
	*ret = c;
	return 0;
}

void https_client_free(struct https_client *c)
{
	struct https_xfer *x;

	if (!c)
		return;
	while ((x = c->queue ? c->queue : c->active)) {
		take_out(x);
		drop(x);
	}
	while (c->idle && c->nidle)
		curl_easy_cleanup(c->idle[--c->nidle]);
	if (c->multi)
		(void)curl_multi_cleanup(c->multi);
	timer_free(c->timer);
	names_free(c);
	tls_pem_free(&c->pem);
	free(c->idle);
	free(c);
	curl_global_cleanup();
}

int https_client_reload(struct https_client *c, struct err *e)
{
	struct tls_pem pem;
	int err = tls_pem_load(&pem, c->conf, e);

	if (err)
		return err;
	tls_pem_free(&c->pem);
	c->pem = pem; /* curl keeps a connection only for requests with the same certificates */
	return 0;
}

/* --- asking --- */

static int ask(struct https_client *c, const struct https_request *req, https_done_h *done,
	       fetch_done_h *fetch_done, void *arg)
{
	struct https_xfer *x;
	int err;

	if (c->nactive >= c->conf->max_in_flight && c->nqueue >= c->conf->max_queue)
		return ENOSPC;
	err = xfer_alloc(&x, c, req);
	if (err)
		return err;
	err = timer_alloc(&x->deadline, too_late, x);
	if (err) {
		xfer_free(x);
		return err;
	}
	x->done = done;
	x->fetch_done = fetch_done;
	x->arg = arg;
	timer_start(x->deadline, req->timeout_ms);
	DL_APPEND(c->queue, x);
	c->nqueue++;
	run_queue(c);
	return 0;
}

int https_request(struct https_client *c, const struct https_request *req, https_done_h *done,
		  void *arg)
{
	return ask(c, req, done, NULL, arg);
}

static void cancel_in(struct https_xfer *list, const void *arg)
{
	struct https_xfer *next;

	for (struct https_xfer *x = list; x; x = next) {
		next = x->next;
		if (x->arg == arg) {
			take_out(x);
			drop(x);
		}
	}
}

void https_cancel(struct https_client *c, void *arg)
{
	cancel_in(c->queue, arg);
	cancel_in(c->active, arg);
	run_queue(c);
}

static int fetch_get(void *ctx, const char *url, size_t max_len, fetch_done_h *done, void *arg)
{
	struct https_request req = {.method = "GET",
				    .url = url,
				    .timeout_ms = FETCH_TIMEOUT_MS,
				    .max_response = max_len};

	return ask(ctx, &req, NULL, done, arg);
}

static void fetch_cancel(void *ctx, void *arg)
{
	https_cancel(ctx, arg);
}

struct fetcher https_fetcher(struct https_client *c)
{
	return (struct fetcher){.get = fetch_get, .ctx = c, .cancel = fetch_cancel};
}
