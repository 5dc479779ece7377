#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/log.h"
#include "lib/net/addr.h"
#include "lib/net/https_server.h"
#include "lib/net/loop.h"
#include "lib/stir/bundle.h"
#include "lib/trace/trace.h"
#include "ref-vs/push.h"

#define PATH     "/passports"
#define CTYPE    "application/passport"
#define BODY_MAX ((size_t)BUNDLE_MAX * (PASSPORT_MAX_LEN + 2))

struct push {
	const struct vs_push *conf;
	bool takes_anything; /* a fault */
	struct passport_store *store;
	struct passport_room *room;
	struct timer *sweep;
	struct https_server *server;
};

/* --- notes: which call it is about is told by the first PASSporT --- */

static void note(const char *what, const struct passport *pp, json_t *data)
{
	struct tn orig, dest;
	bool has_orig = pp && tn_canonical(&orig, pp->orig_tn) == 0;
	bool has_dest =
		pp && passport_dest_count(pp) && tn_canonical(&dest, passport_dest(pp, 0)) == 0;

	trace_note(what, has_orig ? &orig : NULL, has_dest ? &dest : NULL, data);
}

static void refuse(const struct push *push, struct https_req *req, const struct fault *fault)
{
	const struct reason_info *info = reason_info(fault->reason);
	unsigned status = info->http_status ? info->http_status : 400;
	struct https_header headers[] = {{"Allow", "POST"}, {NULL, NULL}};
	char text[FAULT_TEXT_MAX], *body;
	json_t *problem;

	if (push->takes_anything) {
		https_reply(req, 201, NULL, (struct sv){NULL, 0}, NULL);
		return;
	}
	fault_text(fault, text);
	log_warn("push-refused status=%u why=\"%s\"", status, text);
	note("vs.push_refused", NULL,
	     json_pack("{s:s, s:i, s:s}", "reason", info->name, "status", (int)status, "text",
		       text));
	problem = json_pack("{s:s, s:i, s:s, s:s}", "title", info->text, "status", (int)status,
			    "detail", text, "reason", info->name);
	body = json_dumps(problem, JSON_COMPACT);
	https_reply(req, status, "application/problem+json", sv_from(body),
		    status == 405 ? headers : NULL);
	free(body);
	json_decref(problem);
}

/* --- one request --- */

struct arrival {
	struct passport *pp[BUNDLE_MAX];
	size_t n;
	struct passport_put put;
};

static int parse(struct arrival *a, struct sv body, struct fault *fault)
{
	struct bundle bundle = {.n = 0};
	int err = bundle_add_body(&bundle, body, VIA_OUT_OF_BAND, fault);

	for (size_t i = 0; i < bundle.n && !err; i++) {
		err = passport_parse(&a->pp[i], bundle.v[i].id.token, fault);
		a->n += err == 0;
	}
	bundle_clear(&bundle);
	if (err && err != EBADMSG)
		(void)fault_set(fault, REASON_INTERNAL, NULL, "%s", strerror(err));
	return err;
}

static void on_put(const struct passport_put *res, void *arg)
{
	((struct arrival *)arg)->put = *res;
}

static int keep(struct push *push, struct arrival *a, struct fault *fault)
{
	passport_store_put(push->store, a->pp, a->n, on_put, a);
	switch (a->put.err) {
	case 0:
		return 0;
	case ENOSPC:
		return fault_set(fault, REASON_OVERLOAD, NULL, "%zu PASSporTs kept", a->put.size);
	case E2BIG:
		return fault_set(fault, REASON_CLAIM,
				 "at most " TEXT_OF(STORE_DESTS_MAX) " numbers in dest", NULL);
	default:
		return fault_set(fault, REASON_INTERNAL, NULL, "%s", strerror(a->put.err));
	}
}

static void receive(struct push *push, struct https_req *req)
{
	struct arrival a = {.n = 0};
	struct fault fault = {.check = ""};

	if (parse(&a, https_req_body(req), &fault) || keep(push, &a, &fault)) {
		refuse(push, req, &fault);
	} else {
		note("vs.pushed", a.pp[0],
		     json_pack("{s:I, s:I}", "count", (json_int_t)a.put.kept, "size",
			       (json_int_t)a.put.size));
		https_reply(req, 201, NULL, (struct sv){NULL, 0}, NULL);
	}
	for (size_t i = 0; i < a.n; i++)
		passport_unref(a.pp[i]);
}

static bool is_client(const struct push *push, const struct https_req *req, char name[256],
		      struct err *e)
{
	char *const *clients = push->conf->clients.v;

	if (https_req_client(req, name, 256, e))
		return false;
	for (size_t i = 0; i < push->conf->clients.n; i++)
		if (strcmp(clients[i], name) == 0)
			return true;
	return false;
}

static int admit(const struct push *push, const struct https_req *req, struct fault *fault)
{
	struct sv method = https_req_method(req), path = https_req_path(req);
	struct sv ctype = https_req_header(req, "Content-Type"), type = ctype;
	struct err e = {"none was shown"};
	char name[256] = "";

	if (!is_client(push, req, name, &e))
		return fault_set(fault, REASON_CLIENT_CERT, "that of our CPS", "%s",
				 name[0] ? name : e.s);
	if (!sv_eqz(path, PATH))
		return fault_set(fault, REASON_WRONG_COMPANY, PATH, "\"%.*s\"", SV_ARG(path));
	if (!sv_eqz(method, "POST"))
		return fault_set(fault, REASON_METHOD, "POST", "\"%.*s\"", SV_ARG(method));
	if (!sv_ieqz(sv_trim(sv_cut(&type, ';')), CTYPE))
		return fault_set(fault, REASON_MEDIA_TYPE, CTYPE, "\"%.*s\"", SV_ARG(ctype));
	if (https_req_too_large(req))
		return fault_set(fault, REASON_TOO_LARGE, NULL, "more than %zu octets", BODY_MAX);
	return 0;
}

static void on_request(struct https_req *req, void *arg)
{
	struct fault fault = {.check = ""};

	if (admit(arg, req, &fault) == 0) {
		receive(arg, req);
		return;
	}
	fault.check = "request";
	refuse(arg, req, &fault);
}

/* --- the store's events --- */

static void on_arrived(const struct tn *orig, const struct tn *dest, void *arg)
{
	passport_room_arrived(((struct push *)arg)->room, orig, dest);
}

static void on_stale(const struct passport *pp, size_t size, void *arg)
{
	(void)arg;
	note("vs.dropped", pp,
	     json_pack("{s:s, s:i, s:I}", "why", "stale", "count", 1, "size", (json_int_t)size));
}

static void on_wake_in(uint64_t ms, void *arg)
{
	timer_start(((struct push *)arg)->sweep, ms);
}

static void on_sweep(void *arg)
{
	passport_store_sweep(((struct push *)arg)->store);
}

/* --- life --- */

static int push_open(struct push *push, int64_t freshness_s, const struct env *env, struct err *e)
{
	const struct vs_push *conf = push->conf;
	struct passport_store_opts opts = {
		.max = (size_t)conf->max,
		.freshness_s = freshness_s,
		.arrived = on_arrived,
		.stale = on_stale,
		.wake_in = on_wake_in,
		.arg = push,
	};
	struct https_server_opts server = {
		.addr = conf->addr,
		.port = (uint16_t)conf->port,
		.tls = &conf->tls,
		.max_body = BODY_MAX,
		.max_conns = (unsigned)conf->max_conns,
		.idle_timeout_s = (unsigned)conf->idle_timeout_s,
	};
	int err = timer_alloc(&push->sweep, on_sweep, push);

	if (!err)
		err = passport_store_alloc(&push->store, &opts, env);
	if (!err)
		err = passport_room_alloc(&push->room, push->store, conf->settle_ms);
	if (err)
		return err_set(e, err, "out of memory");
	return https_server_alloc(&push->server, &server, on_request, push, e);
}

int push_alloc(struct push **ret, const struct vs_conf *conf, const struct env *env, struct err *e)
{
	struct push *push;
	int err;

	*ret = NULL;
	if (!conf->push.addr)
		return 0;
	push = calloc(1, sizeof(*push));
	if (!push)
		return err_set(e, ENOMEM, "out of memory");
	push->conf = &conf->push;
	push->takes_anything = conf->faults.answer_anything;
	err = push_open(push, conf->trust.freshness_s, env, e);
	if (err) {
		push_free(push);
		return err;
	}
	*ret = push;
	return 0;
}

void push_free(struct push *push)
{
	if (!push)
		return;
	https_server_free(push->server);
	passport_room_free(push->room);
	passport_store_free(push->store);
	timer_free(push->sweep);
	free(push);
}

int push_reload(struct push *push, struct err *e)
{
	return push ? https_server_reload(push->server, e) : 0;
}

struct passport_room *push_room(const struct push *push)
{
	return push ? push->room : NULL;
}

char *push_url(const struct push *push)
{
	BUF_AUTO struct buf url = BUF(ADDR_TEXT_MAX + 16);
	char at[ADDR_TEXT_MAX];

	if (!push)
		return NULL;
	addr_join(push->conf->addr, (uint16_t)push->conf->port, at);
	(void)buf_printf(&url, "https://%s", at);
	return buf_take(&url);
}
