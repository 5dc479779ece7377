/* An element for tests of lib/net: answers with what it got, now or later, and asks others when
 * told to. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "lib/base/auto.h"
#include "lib/base/buf.h"
#include "lib/net/app.h"
#include "lib/net/https_client.h"
#include "lib/net/https_server.h"
#include "lib/net/loop.h"
#include "lib/trace/trace.h"

DEFINE_AUTO(json_t, json_decref)

struct conf {
	char *addr;
	int64_t port, max_body, max_conns, idle_timeout_s;
	struct tls_conf tls;
	struct https_client_conf client;
	struct https_faults_conf faults;
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
	{.name = "client",
	 .type = CONF_OBJ,
	 .off = offsetof(struct conf, client),
	 .sub = &https_client_conf_table,
	 .doc = "how it asks others"},
	{.name = "faults",
	 .type = CONF_OBJ,
	 .off = offsetof(struct conf, faults),
	 .sub = &https_faults_conf_table,
	 .doc = "what it does wrong on purpose"},
	{0},
};
static const struct conf_table table = {"configuration of https_echo", sizeof(struct conf),
					members};

/* A request that is answered after a while */
struct later {
	struct echo *echo;
	struct https_req *req;
	struct timer *timer;
	struct later *next, *prev;
};

struct echo {
	struct https_server *srv;
	struct https_client *client;
	struct later *laters;
};

static void reply_json(struct https_req *req, unsigned status, json_t *body)
{
	static const struct https_header headers[] = {{"X-Echo", "yes"}, {NULL, NULL}};
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
	DL_DELETE(later->echo->laters, later);
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

/* --- asking others: /ask?url=…&method=…&timeout_ms=…&max=…, answered with what came of it --- */

static void asked(const struct https_response *res, void *arg)
{
	AUTO(json_decref)
	json_t *obj = json_pack(
		"{s:i,s:s,s:s,s:i,s:s%,s:s%,s:I,s:I,s:s%}", "err", res->err, "errname",
		res->err ? strerrorname_np(res->err) : "", "text", res->text, "status",
		(int)res->status, "body", res->body.p ? res->body.p : "", res->body.l, "ctype",
		res->content_type.p ? res->content_type.p : "", res->content_type.l,
		"retry_after_s", (json_int_t)res->retry_after_s, "max_age_s",
		(json_int_t)res->max_age_s, "etag", res->etag.p ? res->etag.p : "", res->etag.l);

	reply_json(arg, obj ? 200 : 500, obj);
}

static void fetched(int err, struct sv body, int64_t max_age_s, const char *text, void *arg)
{
	AUTO(json_decref)
	json_t *obj = json_pack("{s:s,s:s,s:s%,s:I}", "errname", err ? strerrorname_np(err) : "",
				"text", text ? text : "", "body", body.p ? body.p : "", body.l,
				"max_age_s", (json_int_t)max_age_s);

	reply_json(arg, obj ? 200 : 500, obj);
}

static void ask(struct echo *echo, struct https_req *req)
{
	struct sv url = https_req_query(req, "url"), method = https_req_query(req, "method"),
		  accept = https_req_query(req, "accept");
	char *url_z = sv_dup(url), *method_z = sv_dup(method.l ? method : SV("GET")),
	     *accept_z = accept.l ? sv_dup(accept) : NULL,
	     *ctype_z = sv_dup(https_req_header(req, "content-type"));
	unsigned long long ms = 5000, max = 65536;
	struct https_request out = {.method = method_z,
				    .url = url_z,
				    .ctype = ctype_z[0] ? ctype_z : NULL,
				    .body = https_req_body(req),
				    .accept = accept_z};
	struct fetcher fetcher = https_fetcher(echo->client);
	int err;

	(void)sv_u64(https_req_query(req, "timeout_ms"), 60000, &ms);
	(void)sv_u64(https_req_query(req, "max"), 1 << 24, &max);
	out.timeout_ms = ms;
	out.max_response = (size_t)max;
	err = sv_eqz(https_req_path(req), "/fetch")
		      ? fetcher.get(fetcher.ctx, url_z, out.max_response, fetched, req)
		      : https_request(echo->client, &out, asked, req);
	if (err)
		asked(&(struct https_response){.err = err, .text = "not asked"}, req);
	free(url_z);
	free(method_z);
	free(accept_z);
	free(ctype_z);
}

/* /status?status=…: an answer with headers for the client to read */
static void reply_status(struct https_req *req)
{
	char *retry = sv_dup(https_req_query(req, "retry"));
	char *cache = sv_dup(https_req_query(req, "cache"));
	struct https_header headers[4] = {{"ETag", "\"7\""}};
	unsigned long long status = 200;
	size_t n = 1;

	if (retry[0])
		headers[n++] = (struct https_header){"Retry-After", retry};
	if (cache[0])
		headers[n++] = (struct https_header){"Cache-Control", cache};
	(void)sv_u64(https_req_query(req, "status"), 599, &status);
	https_reply(req, (unsigned)status, "text/x-test", SV("status\n"), headers);
	free(retry);
	free(cache);
}

static void got_request(struct https_req *req, void *arg)
{
	struct echo *echo = arg;
	unsigned long long ms;
	struct later *later;

	if (sv_eqz(https_req_path(req), "/ask") || sv_eqz(https_req_path(req), "/fetch")) {
		ask(echo, req);
		return;
	}
	if (sv_eqz(https_req_path(req), "/status")) {
		reply_status(req);
		return;
	}
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
	later->echo = echo;
	later->req = req;
	DL_APPEND(echo->laters, later);
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
					 .idle_timeout_s = (unsigned)conf->idle_timeout_s,
					 .faults = &conf->faults};
	int err;

	(void)env;
	if (!echo)
		return ENOMEM;
	err = https_client_alloc(&echo->client, &conf->client, conf->addr, e);
	if (!err)
		err = https_server_alloc(&echo->srv, &opts, got_request, echo, e);
	if (err) {
		https_client_free(echo->client);
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

	int err = https_server_reload(echo->srv, e);

	return err ? err : https_client_reload(echo->client, e);
}

static void stop(void *arg)
{
	struct echo *echo = arg;
	struct later *later, *next;

	DL_FOREACH_SAFE (echo->laters, later, next) {
		later_free(later);
	}
	https_client_free(echo->client);
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
