/* Where the STI-VS says that a call has arrived (5.2: private): PUT
 * /calls/<call-id>?orig=…&dest=…&wait_ms=… */

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>
#include <utlist.h>

#include "lib/base/buf.h"
#include "lib/net/https_server.h"
#include "lib/net/loop.h"
#include "lib/stir/bundle.h"
#include "lib/trace/trace.h"
#include "ref-cps/calls.h"
#include "ref-cps/cps.h"
#include "ref-cps/name_set.h"
#include "lib/base/tn_pair.h"
#include "ref-cps/problem.h"

#define PATH  "/calls/"
#define CTYPE "application/passport"

/* A request has no body to speak of */
#define MAX_BODY 4096
/* Longest wait that is understood; what is above max_wait_ms is cut to that */
#define WAIT_MAX 3600000

/* All that wait for PASSporTs of one (orig, dest), in order of arrival */
struct crowd {
	struct tn_pair pair;
	struct waiter *waiters;
	UT_hash_handle hh;
};

/* A request that is being answered */
struct waiter {
	struct cps_private *priv;
	struct https_req *req; /* NULL when the peer has gone */
	char id[CALL_ID_MAX + 1];
	struct tn_pair pair;
	uint64_t since_us;
	uint64_t wait_ms; /* what is left when it is looked at first; 0 when its time is over */
	struct timer *timer;
	struct crowd *crowd; /* NULL as long as it does not wait */
	struct waiter *prev, *next;
};

struct cps_private {
	const struct cps *cps;
	struct https_server *server;
	struct name_set *clients;
	struct calls *calls;
	struct crowd *crowds;
};

/* --- waiters --- */

static void leave_crowd(struct waiter *w)
{
	struct crowd *c = w->crowd;

	if (!c)
		return;
	DL_DELETE(c->waiters, w);
	w->crowd = NULL;
	if (c->waiters)
		return;
	HASH_DEL(w->priv->crowds, c);
	free(c);
}

static void waiter_free(struct waiter *w)
{
	leave_crowd(w);
	timer_free(w->timer);
	free(w);
}

static struct crowd *crowd_find(struct cps_private *priv, const struct tn_pair *pair)
{
	struct crowd *c;

	HASH_FIND(hh, priv->crowds, pair, sizeof(*pair), c);
	return c;
}

static int join_crowd(struct waiter *w)
{
	struct crowd *c = crowd_find(w->priv, &w->pair);

	if (!c) {
		c = calloc(1, sizeof(*c));
		if (!c)
			return ENOMEM;
		c->pair = w->pair;
		HASH_ADD(hh, w->priv->crowds, pair, sizeof(c->pair), c);
		if (!c->hh.tbl) {
			free(c);
			return ENOMEM;
		}
	}
	DL_APPEND(c->waiters, w);
	w->crowd = c;
	return 0;
}

/* Its answer is not given, so nothing is taken or lost: the same call may ask again */
static void waiter_gone(void *arg)
{
	waiter_free(arg);
}

/* --- refusals --- */

static void refuse(struct https_req *req, const struct problem *p)
{
	static const struct https_header allow[] = {{"Allow", "PUT"}, {NULL, NULL}};

	trace_note("cps.refused", NULL, NULL,
		   json_pack("{ss ss ss si ss}", "reason", p->reason, "check", p->check, "clause",
			     p->clause, "status", (int)p->status, "text", p->detail));
	problem_reply(req, p, p->status == 405 ? allow : NULL);
}

static void refuse_internal(struct https_req *req, int err)
{
	struct fault fault;
	struct problem p;

	(void)fault_set(&fault, REASON_INTERNAL, NULL, "%s", strerror(err));
	problem_fault(&p, &fault, PROBLEM_WHOLE);
	refuse(req, &p);
}

/* --- answers --- */

static uint64_t waited_ms(const struct waiter *w)
{
	return (mono_us() - w->since_us) / 1000;
}

static void answer(struct waiter *w, const struct call *call)
{
	static const struct https_header no_store[] = {{"Cache-Control", "no-store"}, {NULL, NULL}};

	if (call->count) {
		trace_note("cps.handed_over", &w->pair.orig, &w->pair.dest,
			   json_pack("{sI sI}", "count", (json_int_t)call->count, "waited_ms",
				     (json_int_t)waited_ms(w)));
		https_reply(w->req, 200, CTYPE, call->body, no_store);
	} else {
		https_reply(w->req, 204, NULL, (struct sv){0}, no_store);
	}
	waiter_free(w);
}

/* Remembered before it leaves: should it be lost on the way, the STI-VS asks again and gets the
 * same */
static void answer_new(struct waiter *w, struct sv body, size_t count)
{
	struct call call = {
		.orig = w->pair.orig, .dest = w->pair.dest, .body = body, .count = count};
	int err;

	memcpy(call.id, w->id, sizeof(call.id));
	err = calls_keep(w->priv->calls, &call);
	if (err) {
		refuse_internal(w->req, err);
		waiter_free(w);
		return;
	}
	answer(w, &call);
}

static void wait_for_it(struct waiter *w)
{
	int err;

	if (w->crowd)
		return; /* another one was quicker; its timer runs */
	err = join_crowd(w);
	if (err) {
		refuse_internal(w->req, err);
		waiter_free(w);
		return;
	}
	trace_note("cps.waiting", &w->pair.orig, &w->pair.dest,
		   json_pack("{sI}", "wait_ms", (json_int_t)w->wait_ms));
	timer_start(w->timer, w->wait_ms);
}

static void taken(const struct passport_taken *res, void *arg)
{
	BUF_AUTO struct buf body = BUF((size_t)BUNDLE_MAX * (PASSPORT_MAX_LEN + 1));
	struct waiter *w = arg;

	if (res->err) {
		refuse_internal(w->req, res->err);
		waiter_free(w);
		return;
	}
	if (!res->n && w->wait_ms) {
		wait_for_it(w);
		return;
	}
	for (size_t i = 0; i < res->n; i++) {
		(void)buf_addz(&body, i ? "\n" : "");
		(void)buf_addsv(&body, res->pp[i]->token);
	}
	if (res->n)
		trace_note("cps.deleted", &w->pair.orig, &w->pair.dest,
			   json_pack("{ss sI sI}", "why", "call", "count", (json_int_t)res->n,
				     "size", (json_int_t)res->size));
	if (body.err) {
		refuse_internal(w->req, body.err);
		waiter_free(w);
		return;
	}
	answer_new(w, buf_sv(&body), res->n);
}

/* The same call again gets the same answer; else the store is asked. May free the waiter */
static void waiter_try(struct waiter *w)
{
	const struct call *call = calls_find(w->priv->calls, sv_from(w->id));
	struct problem p;

	if (!call) {
		struct passport_ask ask = {.orig = w->pair.orig, .dest = w->pair.dest};

		passport_store_take(w->priv->cps->store, &ask, taken, w);
		return;
	}
	if (tn_eq(&call->orig, &w->pair.orig) && tn_eq(&call->dest, &w->pair.dest)) {
		answer(w, call);
		return;
	}
	problem_request(&p, 400, "call-id", "this call-id was used for a call from %s to %s",
			call->orig.s, call->dest.s);
	refuse(w->req, &p);
	waiter_free(w);
}

static void wait_over(void *arg)
{
	struct waiter *w = arg;

	w->wait_ms = 0;
	waiter_try(w);
}

void cps_private_arrived(struct cps_private *priv, const struct tn *orig, const struct tn *dest)
{
	struct crowd *c = NULL;
	struct waiter *w, *tmp;
	struct tn_pair pair;

	if (tn_pair_make(&pair, tn_sv(orig), tn_sv(dest)))
		c = crowd_find(priv, &pair);
	if (!c)
		return;
	DL_FOREACH_SAFE (c->waiters, w, tmp) {
		waiter_try(w); /* frees no other than itself, and the crowd with the last */
	}
}

/* --- requests --- */

/* CPS-08: only the provider's own STI-VS, shown by its certificate */
static int admit_client(const struct cps_private *priv, const struct https_req *req,
			struct fault *fault)
{
	char name[256];
	struct err e = {""};

	switch (https_req_client(req, name, sizeof(name), &e)) {
	case 0:
		break;
	case ENOENT:
		return fault_set(fault, REASON_CLIENT_CERT, NULL, "none");
	default:
		return fault_set(fault, REASON_CLIENT_CERT, NULL, "%s", e.s);
	}
	if (name_set_has(priv->clients, sv_from(name)))
		return 0;
	return fault_set(fault, REASON_CLIENT_CERT, NULL, "one of \"%s\"", name);
}

static int admit(const struct cps_private *priv, const struct https_req *req, struct fault *fault)
{
	struct sv method = https_req_method(req);

	if (admit_client(priv, req, fault)) {
		fault->check = "client";
		return EBADMSG;
	}
	fault->check = "request";
	if (!sv_eqz(method, "PUT"))
		(void)fault_set(fault, REASON_METHOD, "PUT", "\"%.*s\"", SV_ARG(method));
	else if (https_req_too_large(req))
		(void)fault_set(fault, REASON_TOO_LARGE, NULL, "more than %d octets", MAX_BODY);
	else
		return 0;
	fault->check = "request";
	return EBADMSG;
}

static bool read_id(struct sv path, char ret[CALL_ID_MAX + 1])
{
	struct sv id;

	if (!sv_starts(path, PATH))
		return false;
	id = (struct sv){path.p + sizeof(PATH) - 1, path.l - (sizeof(PATH) - 1)};
	if (!id.l || id.l > CALL_ID_MAX)
		return false;
	for (size_t i = 0; i < id.l; i++)
		if (!isalnum((unsigned char)id.p[i]) && (!id.p[i] || !strchr("-._~", id.p[i])))
			return false;
	memcpy(ret, id.p, id.l);
	ret[id.l] = '\0';
	return true;
}

static bool read_numbers(const struct https_req *req, struct tn_pair *ret, struct problem *p)
{
	struct sv orig = https_req_query(req, "orig"), dest = https_req_query(req, "dest");

	if (tn_pair_make(ret, orig, dest))
		return true;
	problem_request(p, 400, "query",
			"expected two telephone numbers, got orig \"%.*s\" and dest \"%.*s\"",
			SV_ARG(orig), SV_ARG(dest));
	return false;
}

static bool read_request(struct waiter *w, const struct https_req *req, struct problem *p)
{
	struct sv wait = https_req_query(req, "wait_ms");
	unsigned long long most = (unsigned long long)w->priv->cps->conf->max_wait_ms, ms = 0;

	if (!read_id(https_req_path(req), w->id)) {
		problem_request(p, 404, "path", "expected " PATH "<call-id>, got \"%.*s\"",
				SV_ARG(https_req_path(req)));
		return false;
	}
	if (!read_numbers(req, &w->pair, p))
		return false;
	if (wait.p && !sv_u64(wait, WAIT_MAX, &ms)) {
		problem_request(p, 400, "query",
				"wait_ms: expected a number from 0 to %d, got \"%.*s\"", WAIT_MAX,
				SV_ARG(wait));
		return false;
	}
	w->wait_ms = ms < most ? ms : most;
	return true;
}

static void on_request(struct https_req *req, void *arg)
{
	struct cps_private *priv = arg;
	struct fault fault;
	struct problem p;
	struct waiter *w;

	if (admit(priv, req, &fault)) {
		problem_fault(&p, &fault, PROBLEM_WHOLE);
		refuse(req, &p);
		return;
	}
	w = calloc(1, sizeof(*w));
	if (!w || timer_alloc(&w->timer, wait_over, w)) {
		free(w);
		refuse_internal(req, ENOMEM);
		return;
	}
	w->priv = priv;
	w->req = req;
	w->since_us = mono_us();
	if (!read_request(w, req, &p)) {
		refuse(req, &p);
		waiter_free(w);
		return;
	}
	https_req_on_gone(req, waiter_gone, w);
	waiter_try(w);
}

/* --- life --- */

int cps_private_alloc(struct cps_private **ret, const struct cps *cps, struct err *e)
{
	const struct cps_private_conf *conf = &cps->conf->private;
	struct https_server_opts opts = {
		.addr = conf->addr,
		.port = (uint16_t)conf->port,
		.tls = &conf->tls,
		.max_body = MAX_BODY,
		.max_conns = (unsigned)conf->max_conns,
		.idle_timeout_s = (unsigned)conf->idle_timeout_s,
	};
	struct cps_private *priv = calloc(1, sizeof(*priv));
	int err;

	if (!priv)
		return err_set(e, ENOMEM, "out of memory");
	priv->cps = cps;
	err = name_set_alloc(&priv->clients, &conf->clients);
	if (!err)
		err = calls_alloc(&priv->calls, (size_t)cps->conf->calls.max,
				  cps->conf->calls.keep_s);
	if (err)
		(void)err_set(e, err, "out of memory");
	else
		err = https_server_alloc(&priv->server, &opts, on_request, priv, e);
	if (err) {
		cps_private_free(priv);
		return err;
	}
	*ret = priv;
	return 0;
}

void cps_private_free(struct cps_private *priv)
{
	struct crowd *c, *tmp;

	if (!priv)
		return;
	https_server_free(priv->server);
	HASH_ITER (hh, priv->crowds, c, tmp) {
		struct waiter *w, *next;

		DL_FOREACH_SAFE (c->waiters, w, next) {
			waiter_free(w);
		}
	}
	calls_free(priv->calls);
	name_set_free(priv->clients);
	free(priv);
}

int cps_private_reload(struct cps_private *priv, struct err *e)
{
	return https_server_reload(priv->server, e);
}
