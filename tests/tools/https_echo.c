/* An element for tests of lib/net: answers with what it got, now or later, and asks others when
 * told to. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/base/buf.h"
#include "lib/net/app.h"
#include "lib/net/https_server.h"
#include "lib/net/loop.h"
#include "lib/trace/trace.h"

DEFINE_AUTO(json_t, json_decref)

struct conf {
	char *addr;
	int64_t port, max_body, max_conns, idle_timeout_s;
	struct tls_conf tls;
};

static const struct conf_member members[] = {
	{.name = "addr",
	 .type = CONF_STR,
	 .off = offsetof(struct conf, addr),
	 .required = true,
	 .doc = "address"},
	{.name = "port",
	 .type = CONF_INT,
	 .off = offsetof(struct conf, port),
	 .def = "8443",
	 .min = 1,
	 .max = 65535,
	 .doc = "port"},
	{.name = "max_body",
	 .type = CONF_INT,
	 .off = offsetof(struct conf, max_body),
	 .def = "65536",
	 .min = 0,
	 .max = 1 << 24,
	 .doc = "octets of a request's body"},
	{.name = "max_conns",
	 .type = CONF_INT,
	 .off = offsetof(struct conf, max_conns),
	 .def = "100",
	 .min = 1,
	 .max = 10000,
	 .doc = "connections at once"},
	{.name = "idle_timeout_s",
	 .type = CONF_INT,
	 .off = offsetof(struct conf, idle_timeout_s),
	 .def = "30",
	 .min = 1,
	 .max = 3600,
	 .doc = "seconds until an idle connection is closed"},
	{.name = "tls",
	 .type = CONF_OBJ,
	 .off = offsetof(struct conf, tls),
	 .sub = &tls_conf_table,
	 .required = true,
	 .doc = "TLS identity"},
	{.name = NULL		     },
};
static const struct conf_table table = {"configuration of https_echo", sizeof(struct conf),
					members};

struct echo {
	struct https_server *srv;
};

/* A request that is answered after a while */
struct later {
	struct https_req *req;
	struct timer *timer;
};

static void reply_json(struct https_req *req, unsigned status, json_t *body)
{
	static const struct https_header headers[] = {
		{"X-Echo", "yes"},
		   {NULL,	  NULL }
	       };
	char *text = json_dumps(body, JSON_COMPACT);

	https_reply(req, status, "application/json", sv_from(text), headers);
	free(text);
}

static void reply_echo(struct https_req *req)
{
	char client[256] = "";
	struct err e = {""};
	struct sv path = https_req_path(req), method = https_req_method(req),
		  body = https_req_body(req);
	struct sv a = https_req_query(req, "a"), ctype = https_req_header(req, "content-type");
	int err = https_req_client(req, client, sizeof(client), &e);
	AUTO(json_decref)
	json_t *obj = json_pack("{s:s%,s:s%,s:s%,s:s%,s:s%,s:s,s:s,s:i,s:s}", "method", method.p,
				method.l, "path", path.p, path.l, "a", a.p ? a.p : "", a.l, "ctype",
				ctype.p ? ctype.p : "", ctype.l, "body", body.p ? body.p : "",
				body.l, "peer", https_req_peer(req), "client", client, "client_err",
				err, "client_text", e.s);

	reply_json(req, https_req_too_large(req) ? 413 : obj ? 200 : 500, obj);
}

static void later_free(struct later *later)
{
	timer_free(later->timer);
	free(later);
}

static void later_due(void *arg)
{
	struct later *later = arg;

	reply_echo(later->req);
	later_free(later);
}

static void later_gone(void *arg)
{
	trace_note("echo.gone", NULL, NULL, NULL);
	later_free(arg);
}

static void got_request(struct https_req *req, void *arg)
{
	unsigned long long ms;
	struct later *later;

	(void)arg;
	if (sv_eqz(https_req_path(req), "/nothing")) {
		https_reply(req, 204, NULL, SV(""), NULL);
		return;
	}
	if (!sv_u64(https_req_query(req, "delay_ms"), 60000, &ms)) {
		reply_echo(req);
		return;
	}
	later = calloc(1, sizeof(*later));
	if (!later || timer_alloc(&later->timer, later_due, later))
		abort();
	later->req = req;
	https_req_on_gone(req, later_gone, later);
	timer_start(later->timer, ms);
}

static int start(void **ret, const void *conf_arg, const struct env *env, json_t *ready,
		 struct err *e)
{
	const struct conf *conf = conf_arg;
	struct echo *echo = calloc(1, sizeof(*echo));
	struct https_server_opts opts = {.addr = conf->addr,
					 .port = (uint16_t)conf->port,
					 .tls = &conf->tls,
					 .max_body = (size_t)conf->max_body,
					 .max_conns = (unsigned)conf->max_conns,
					 .idle_timeout_s = (unsigned)conf->idle_timeout_s};
	int err;

	(void)env;
	if (!echo)
		return ENOMEM;
	err = https_server_alloc(&echo->srv, &opts, got_request, echo, e);
	if (err) {
		free(echo);
		return err;
	}
	json_object_set_new(ready, "addr", json_string(conf->addr));
	*ret = echo;
	return 0;
}

static int reload(void *arg, struct err *e)
{
	struct echo *echo = arg;

	return https_server_reload(echo->srv, e);
}

static void stop(void *arg)
{
	struct echo *echo = arg;

	https_server_free(echo->srv);
	free(echo);
}

int main(int argc, char **argv)
{
	static const struct app_def def = {.program = "https_echo",
					   .summary = "answers with what it got",
					   .conf = &table,
					   .start = start,
					   .reload = reload,
					   .stop = stop};

	return app_main(&def, argc, argv);
}
