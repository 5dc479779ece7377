/* Where the STI-VS says that a call has arrived (5.2: private): PUT
 * /calls/<call-id>?orig=…&dest=…&wait_ms=… */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>
#include <utlist.h>

#include "lib/base/buf.h"
#include "lib/net/https_server.h"
#include "lib/net/passport_room.h"
#include "lib/stir/bundle.h"
#include "lib/trace/trace.h"
#include "ref-cps/calls.h"
#include "ref-cps/cps.h"
#include "ref-cps/name_set.h"
#include "ref-cps/problem.h"
#include "ref-cps/question.h"

#define CTYPE "application/passport"

/* A request has no body to speak of */
#define MAX_BODY 4096

/* The same call may ask again while it waits, over another connection: all get the one answer */
struct asker {
	struct asking *asking;
	struct https_req *req;
	struct asker *prev, *next;
};

/* A call that has arrived and is not answered yet */
struct asking {
	struct cps_private *priv;
	char id[CALL_ID_MAX + 1];
	struct tn_pair pair;
	uint64_t since_us;
	uint64_t wait_ms;
	struct passport_wait *wait;
	struct asker *askers;
	UT_hash_handle hh;
};

struct cps_private {
	const struct cps *cps;
	struct https_server *server;
	struct name_set *clients;
	struct calls *calls;
	struct asking *askings; /* by call-id */
};

/* --- who asks --- */

static void asking_free(struct asking *a)
{
	struct asker *er, *tmp;

	HASH_DEL(a->priv->askings, a);
	DL_FOREACH_SAFE (a->askers, er, tmp) {
		free(er);
	}
	passport_wait_cancel(a->wait);
	free(a);
}

/* Its answer is not given, so nothing is taken or lost: the same call may ask again */
static void asker_gone(void *arg)
{
	struct asker *er = arg;
	struct asking *a = er->asking;

	DL_DELETE(a->askers, er);
	free(er);
	if (!a->askers && !a->priv->cps->conf->faults.lose_to_gone)
		asking_free(a);
}

static int asker_add(struct asking *a, struct https_req *req)
{
	struct asker *er = calloc(1, sizeof(*er));

	if (!er)
		return ENOMEM;
	er->asking = a;
	er->req = req;
	DL_APPEND(a->askers, er);
	https_req_on_gone(req, asker_gone, er);
	return 0;
}

/* --- refusals --- */

static void refuse(struct https_req *req, struct problem *p)
{
	if (p->status == 405)
		p->allow = "PUT";
	trace_note("cps.refused", NULL, NULL,
		   json_pack("{ss ss ss si ss}", "reason", p->reason, "check", p->check, "clause",
			     p->clause, "status", (int)p->status, "text", p->detail));
	problem_reply(req, p);
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

static void reply(struct https_req *req, const struct call *call)
{
	static const struct https_header no_store[] = {{"Cache-Control", "no-store"}, {NULL, NULL}};

	if (call->count)
		https_reply(req, 200, CTYPE, call->body, no_store);
	else
		https_reply(req, 204, NULL, (struct sv){0}, no_store);
}

static void note_handed_over(const struct call *call, uint64_t waited_ms)
{
	if (call->count)
		trace_note("cps.handed_over", &call->orig, &call->dest,
			   json_pack("{sI sI}", "count", (json_int_t)call->count, "waited_ms",
				     (json_int_t)waited_ms));
}

/* Frees it */
static void fail(struct asking *a, int err)
{
	struct asker *er;

	DL_FOREACH (a->askers, er) {
		refuse_internal(er->req, err);
	}
	asking_free(a);
}

/* Wrong on purpose */
static bool is_forgotten(const struct asking *a)
{
	const struct cps_faults_conf *faults = &a->priv->cps->conf->faults;

	return faults->forget_calls || (faults->lose_to_gone && !a->askers);
}

/* Remembered before it leaves: should it be lost on the way, the STI-VS asks again and gets the
 * same. Frees it */
static void answer(struct asking *a, struct sv body, size_t count)
{
	struct call call = {
		.orig = a->pair.orig, .dest = a->pair.dest, .body = body, .count = count};
	struct asker *er;
	int err;

	memcpy(call.id, a->id, sizeof(call.id));
	err = is_forgotten(a) ? 0 : calls_keep(a->priv->calls, &call);
	if (err) {
		fail(a, err);
		return;
	}
	DL_FOREACH (a->askers, er) {
		note_handed_over(&call, (mono_us() - a->since_us) / 1000);
		reply(er->req, &call);
	}
	asking_free(a);
}

/* Wrong on purpose: it could be handed over again */
static void put_back(const struct passport_put *res, void *arg)
{
	(void)res;
	(void)arg;
}

static void hand_over(const struct cps *cps, const struct passport *pp, struct buf *body)
{
	bool twice = cps->conf->faults.hand_twice && cps_memory_times(cps->memory, pp) > 1;

	for (int i = 0; i < 1 + twice; i++) {
		(void)buf_addz(body, body->l ? "\n" : "");
		(void)buf_addsv(body, pp->token);
	}
}

static void taken(const struct passport_taken *res, void *arg)
{
	BUF_AUTO struct buf body = BUF((size_t)BUNDLE_MAX * (PASSPORT_MAX_LEN + 1));
	struct asking *a = arg;

	a->wait = NULL;
	if (res->err) {
		fail(a, res->err);
		return;
	}
	for (size_t i = 0; i < res->n; i++)
		hand_over(a->priv->cps, res->pp[i], &body);
	if (res->n)
		trace_note("cps.deleted", &a->pair.orig, &a->pair.dest,
			   json_pack("{ss sI sI}", "why", "call", "count", (json_int_t)res->n,
				     "size", (json_int_t)res->size));
	if (res->n && a->priv->cps->conf->faults.keep_taken)
		passport_store_put(a->priv->cps->store, res->pp, res->n, put_back, NULL);
	if (body.err)
		fail(a, body.err);
	else
		answer(a, buf_sv(&body), res->n);
}

static void note_waiting(const struct asking *a, size_t there)
{
	json_t *data = json_pack("{sI}", "wait_ms", (json_int_t)a->wait_ms);

	if (there) /* a chain that is not whole */
		(void)json_object_set_new(data, "there", json_integer((json_int_t)there));
	trace_note("cps.waiting", &a->pair.orig, &a->pair.dest, data);
}

static void waiting(size_t there, void *arg)
{
	note_waiting(arg, there);
}

/* May free it */
static void begin(struct asking *a)
{
	struct passport_wait_opts opts = {
		.orig = a->pair.orig,
		.dest = a->pair.dest,
		.wait_ms = a->wait_ms,
		.waiting = waiting,
		.done = taken,
		.arg = a,
	};
	int err = passport_room_wait(a->priv->cps->room, &opts, &a->wait);

	if (err)
		fail(a, err);
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

	if (!priv->cps->conf->faults.any_client && admit_client(priv, req, fault)) {
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

static int asking_new(struct cps_private *priv, struct https_req *req, const struct question *q)
{
	struct asking *a = calloc(1, sizeof(*a));

	if (!a)
		return ENOMEM;
	a->priv = priv;
	memcpy(a->id, q->id, sizeof(a->id));
	a->pair = q->pair;
	a->wait_ms = q->wait_ms;
	a->since_us = mono_us();
	HASH_ADD_STR(priv->askings, id, a);
	if (!a->hh.tbl) {
		free(a);
		return ENOMEM;
	}
	if (asker_add(a, req)) {
		asking_free(a);
		return ENOMEM;
	}
	begin(a);
	return 0;
}

static int join(struct asking *a, struct https_req *req)
{
	int err = asker_add(a, req);

	if (!err)
		note_waiting(a, 0);
	return err;
}

static void refuse_other_call(struct https_req *req, const struct tn *orig, const struct tn *dest)
{
	struct problem p;

	problem_request(&p, 400, "call-id", "this call-id was used for a call from %s to %s",
			orig->s, dest->s);
	refuse(req, &p);
}

/* The same call again gets the same answer; else the store is asked */
static void ask(struct cps_private *priv, struct https_req *req, const struct question *q)
{
	const struct call *call = calls_find(priv->calls, sv_from(q->id));
	const struct tn *orig = call ? &call->orig : NULL, *dest = call ? &call->dest : NULL;
	struct asking *a;
	int err = 0;

	HASH_FIND_STR(priv->askings, q->id, a);
	if (a) {
		orig = &a->pair.orig;
		dest = &a->pair.dest;
	}
	if (orig && (!tn_eq(orig, &q->pair.orig) || !tn_eq(dest, &q->pair.dest))) {
		refuse_other_call(req, orig, dest);
	} else if (call) {
		note_handed_over(call, 0);
		reply(req, call);
	} else {
		err = a ? join(a, req) : asking_new(priv, req, q);
	}
	if (err)
		refuse_internal(req, err);
}

void cps_private_serve(struct cps_private *priv, struct https_req *req)
{
	const struct cps_faults_conf *faults = &priv->cps->conf->faults;
	struct question q = {.wait_ms = 0};
	struct problem p;

	if (!question_read(&q, req, (uint64_t)priv->cps->conf->max_wait_ms, &p)) {
		refuse(req, &p);
	} else {
		if (faults->by_numbers)
			(void)snprintf(q.id, sizeof(q.id), "%s-%s", q.pair.orig.s, q.pair.dest.s);
		ask(priv, req, &q);
	}
}

static void on_request(struct https_req *req, void *arg)
{
	struct cps_private *priv = arg;
	struct fault fault;
	struct problem p;

	if (admit(priv, req, &fault)) {
		problem_fault(&p, &fault, PROBLEM_WHOLE);
		refuse(req, &p);
	} else {
		cps_private_serve(priv, req);
	}
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
		.faults = &cps->conf->faults.http,
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
	struct asking *a, *tmp;

	if (!priv)
		return;
	https_server_free(priv->server);
	HASH_ITER (hh, priv->askings, a, tmp) {
		asking_free(a);
	}
	calls_free(priv->calls);
	name_set_free(priv->clients);
	free(priv);
}

int cps_private_reload(struct cps_private *priv, struct err *e)
{
	return https_server_reload(priv->server, e);
}
