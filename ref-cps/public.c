/* Where STI-ASs publish (5.1, 5.4): one request goes through admit, parse, verify, store. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "lib/net/https_server.h"
#include "lib/net/loop.h"
#include "lib/stir/bundle.h"
#include "lib/trace/trace.h"
#include "ref-cps/cps.h"
#include "ref-cps/name_set.h"
#include "ref-cps/problem.h"

#define PATH  "/cps/company/"
#define CTYPE "application/passport"

struct cps_public {
	const struct cps *cps;
	struct https_server *server;
	struct name_set *companies;
	struct post *posts;
};

/* Verification of one PASSporT of a request */
struct check {
	struct post *post;
	int err;
	struct fault fault;
	struct passport *pp;
};

/* A request whose PASSporTs are being verified, or whose answer is held back on purpose */
struct post {
	struct cps_public *pub;
	struct https_req *req; /* NULL once answered, or when the peer has gone */
	struct bundle bundle;
	struct problem problem; /* status 0: accepted */
	struct passport *first; /* for the trace; NULL when it cannot be parsed */
	struct timer *delay;
	struct post *prev, *next;
	size_t pending; /* checks under way */
	struct check v[BUNDLE_MAX];
};

static void post_free(struct post *post)
{
	struct verifier *verifier = trust_feed_verifier(post->pub->cps->feed);

	DL_DELETE(post->pub->posts, post);
	for (size_t i = 0; i < post->bundle.n; i++) {
		if (post->pending)
			verify_cancel(verifier, &post->v[i]);
		passport_unref(post->v[i].pp);
	}
	passport_unref(post->first);
	bundle_clear(&post->bundle);
	timer_free(post->delay);
	free(post);
}

/* --- refusals --- */

static void note_refused(const struct problem *p, const struct passport *pp)
{
	json_t *data = json_pack("{ss ss ss si ss}", "reason", p->reason, "check", p->check,
				 "clause", p->clause, "status", (int)p->status, "text", p->detail);

	if (p->index >= 0)
		(void)json_object_set_new(data, "index", json_integer(p->index));
	cps_note("cps.refused", pp, data);
}

/* Headers that a status asks for (RFC 9110 §10.2.1, §10.2.3); ret has room for two */
static const struct https_header *headers_for(const struct cps_public *pub, unsigned status,
					      struct https_header ret[2], char seconds[24])
{
	memset(ret, 0, 2 * sizeof(*ret));
	if (status == 405) {
		ret[0] = (struct https_header){"Allow", "POST"};
	} else if (status == 503) {
		(void)snprintf(seconds, 24, "%lld",
			       (long long)passport_store_retry_s(pub->cps->store));
		ret[0] = (struct https_header){"Retry-After", seconds};
	}
	return ret;
}

static void refuse(struct cps_public *pub, struct https_req *req, const struct fault *fault)
{
	struct https_header headers[2];
	struct problem p;
	char seconds[24];

	problem_fault(&p, fault, PROBLEM_WHOLE);
	note_refused(&p, NULL);
	problem_reply(req, &p, headers_for(pub, p.status, headers, seconds));
}

/* --- answer --- */

static void post_answer(void *arg)
{
	struct post *post = arg;

	if (post->req && post->problem.status) {
		struct https_header headers[2];
		char seconds[24];

		problem_reply(post->req, &post->problem,
			      headers_for(post->pub, post->problem.status, headers, seconds));
	} else if (post->req) {
		https_reply(post->req, 201, NULL, (struct sv){0}, NULL);
	}
	post_free(post);
}

static void post_gone(void *arg)
{
	struct post *post = arg;

	post->req = NULL; /* what was received goes its way all the same */
	if (!post->pending)
		post_free(post);
}

/* The faults are here, behind all the work: what they delay is the answer alone */
static void post_finish(struct post *post)
{
	const struct cps_faults_conf *faults = &post->pub->cps->conf->faults;

	if (post->problem.status)
		note_refused(&post->problem, post->first);
	if (post->req && faults->never_answer)
		return; /* until the peer goes away */
	if (post->req && faults->answer_delay_ms)
		timer_start(post->delay, (uint64_t)faults->answer_delay_ms);
	else
		post_answer(post);
}

static void post_refuse(struct post *post, const struct fault *fault, int index)
{
	problem_fault(&post->problem, fault, index);
	post_finish(post);
}

/* --- store --- */

static void post_stored(const struct passport_put *res, void *arg)
{
	struct post *post = arg;
	struct fault fault;

	switch (res->err) {
	case 0:
		cps_note("cps.stored", post->first,
			 json_pack("{sI sI}", "count", (json_int_t)res->kept, "size",
				   (json_int_t)res->size));
		post_finish(post);
		return;
	case ENOSPC:
		(void)fault_set(&fault, REASON_OVERLOAD, NULL, "%zu PASSporTs kept", res->size);
		fault.check = "store";
		post_refuse(post, &fault, PROBLEM_WHOLE);
		return;
	case E2BIG:
		(void)fault_set(&fault, REASON_CLAIM,
				"at most " TEXT_OF(STORE_DESTS_MAX) " numbers in dest", "%zu",
				passport_dest_count(post->v[res->at].pp));
		fault.check = "store";
		post_refuse(post, &fault, (int)res->at);
		return;
	default:
		(void)fault_set(&fault, REASON_INTERNAL, NULL, "%s", strerror(res->err));
		fault.check = "store";
		post_refuse(post, &fault, PROBLEM_WHOLE);
	}
}

/* --- verify --- */

static void checks_done(struct post *post)
{
	struct passport *pp[BUNDLE_MAX];

	for (size_t i = 0; i < post->bundle.n; i++) {
		struct check *c = &post->v[i];

		if (c->err) {
			post_refuse(post, &c->fault, (int)i);
			return;
		}
		pp[i] = c->pp;
	}
	passport_store_put(post->pub->cps->store, pp, post->bundle.n, post_stored, post);
}

static void check_failed(struct check *c, int err, const struct fault *fault)
{
	c->err = err;
	if (err == EBADMSG) {
		c->fault = *fault;
		return;
	}
	/* our own trouble never becomes "invalid" */
	(void)fault_set(&c->fault, err == ENOSPC ? REASON_OVERLOAD : REASON_INTERNAL, NULL, "%s",
			strerror(err));
	c->fault.check = "verify";
}

static void check_done(const struct verify_result *res, void *arg)
{
	struct check *c = arg;
	struct post *post = c->post;

	if (res->err)
		check_failed(c, res->err, &res->fault);
	else
		cps_note("cps.verified", res->pp,
			 json_pack("{sI ss}", "index", (json_int_t)(c - post->v), "spc", res->spc));
	if (res->pp)
		c->pp = passport_ref(res->pp);
	if (--post->pending == 0)
		checks_done(post);
}

/* All at once, since each may have to wait for a certificate of its own (CPS-04: none is kept
 * before all hold) */
static void post_verify(struct post *post)
{
	struct verifier *verifier = trust_feed_verifier(post->pub->cps->feed);
	size_t n = post->bundle.n;

	post->pending = n;
	for (size_t i = 0; i < n; i++) {
		struct check *c = &post->v[i];
		int err;

		c->post = post;
		err = verify_run(verifier, &post->bundle.v[i], NULL, check_done, c);
		if (!err)
			continue; /* the last one may have freed post */
		check_done(&(struct verify_result){.err = err}, c);
	}
}

/* --- parse --- */

/* Which call it is about: known only after parsing, which verification does again; so for the trace
 * alone */
static struct passport *peek(const struct bundle *b)
{
	struct passport *pp = NULL;

	for (size_t i = 0; trace_on() && i < b->n && !pp; i++)
		(void)passport_parse(&pp, b->v[i].id.token, NULL);
	return pp;
}

static int post_parse(struct post *post, struct sv body, struct fault *fault)
{
	size_t most = (size_t)post->pub->cps->conf->max_passports;
	int err = bundle_add_body(&post->bundle, body, VIA_OUT_OF_BAND, fault);

	if (!err && post->bundle.n > most) {
		err = fault_set(fault, REASON_TOO_MANY, NULL, "%zu, the limit is %zu",
				post->bundle.n, most);
	} else if (err && err != EBADMSG) {
		(void)fault_set(fault, REASON_INTERNAL, NULL, "%s", strerror(err));
	}
	if (err && !*fault->check)
		fault->check = "body";
	return err;
}

static int post_alloc(struct post **ret, struct cps_public *pub, struct https_req *req)
{
	struct post *post = calloc(1, sizeof(*post));

	if (!post)
		return ENOMEM;
	if (timer_alloc(&post->delay, post_answer, post)) {
		free(post);
		return ENOMEM;
	}
	post->pub = pub;
	post->req = req;
	DL_APPEND(pub->posts, post);
	https_req_on_gone(req, post_gone, post);
	*ret = post;
	return 0;
}

static void receive(struct cps_public *pub, struct https_req *req, struct sv company)
{
	struct fault fault = {.check = ""};
	struct post *post;

	if (post_alloc(&post, pub, req)) {
		(void)fault_set(&fault, REASON_INTERNAL, NULL, "out of memory");
		refuse(pub, req, &fault);
		return;
	}
	if (post_parse(post, https_req_body(req), &fault)) {
		post_refuse(post, &fault, PROBLEM_WHOLE);
		return;
	}
	post->first = peek(&post->bundle);
	cps_note("cps.received", post->first,
		 json_pack("{ss% sI}", "company", company.p, company.l, "count",
			   (json_int_t)post->bundle.n));
	post_verify(post);
}

/* --- admit --- */

static int admit_path(const struct cps_public *pub, struct sv path, struct sv *company,
		      struct fault *fault)
{
	if (!sv_starts(path, PATH))
		return fault_set(fault, REASON_WRONG_COMPANY, PATH "<OCN>", "\"%.*s\"",
				 SV_ARG(path));
	*company = (struct sv){path.p + sizeof(PATH) - 1, path.l - (sizeof(PATH) - 1)};
	if (!name_set_has(pub->companies, *company))
		return fault_set(fault, REASON_WRONG_COMPANY, "an OCN of this provider", "\"%.*s\"",
				 SV_ARG(*company));
	return 0;
}

/* The media type without parameters; type and subtype in any case (RFC 9110 §8.3.1) */
static bool is_passport(struct sv ctype)
{
	return sv_ieqz(sv_trim(sv_cut(&ctype, ';')), CTYPE);
}

/* In the order in which a request can be judged with the least of it (and of our work) */
static int admit(const struct cps_public *pub, const struct https_req *req, struct sv *company,
		 struct fault *fault)
{
	struct sv method = https_req_method(req), ctype = https_req_header(req, "Content-Type");

	if (!sv_eqz(method, "POST")) /* CPS-07: nothing is to be had here */
		return fault_set(fault, REASON_METHOD, "POST", "\"%.*s\"", SV_ARG(method));
	if (admit_path(pub, https_req_path(req), company, fault))
		return EBADMSG;
	if (!is_passport(ctype))
		return fault_set(fault, REASON_MEDIA_TYPE, CTYPE, ctype.p ? "\"%.*s\"" : "none%.*s",
				 SV_ARG(ctype));
	if (https_req_too_large(req))
		return fault_set(fault, REASON_TOO_LARGE, NULL, "more than %lld octets",
				 (long long)pub->cps->conf->public.max_body);
	if (!passport_store_room(pub->cps->store)) /* CPS-12: before any work is spent on it */
		return fault_set(fault, REASON_OVERLOAD, NULL, "%zu PASSporTs kept",
				 passport_store_size(pub->cps->store));
	return 0;
}

static void on_request(struct https_req *req, void *arg)
{
	struct cps_public *pub = arg;
	struct sv company = {NULL, 0};
	struct fault fault;

	if (admit(pub, req, &company, &fault)) {
		fault.check = "request";
		refuse(pub, req, &fault);
		return;
	}
	receive(pub, req, company);
}

/* --- life --- */

int cps_public_alloc(struct cps_public **ret, const struct cps *cps, struct err *e)
{
	const struct cps_public_conf *conf = &cps->conf->public;
	struct https_server_opts opts = {
		.addr = conf->addr,
		.port = (uint16_t)conf->port,
		.tls = &conf->tls,
		.max_body = (size_t)conf->max_body,
		.max_conns = (unsigned)conf->max_conns,
		.idle_timeout_s = (unsigned)conf->idle_timeout_s,
	};
	struct cps_public *pub = calloc(1, sizeof(*pub));
	int err;

	if (!pub)
		return err_set(e, ENOMEM, "out of memory");
	pub->cps = cps;
	err = name_set_alloc(&pub->companies, &cps->conf->companies);
	if (err)
		(void)err_set(e, err, "out of memory");
	else
		err = https_server_alloc(&pub->server, &opts, on_request, pub, e);
	if (err) {
		cps_public_free(pub);
		return err;
	}
	*ret = pub;
	return 0;
}

void cps_public_free(struct cps_public *pub)
{
	struct post *post, *tmp;

	if (!pub)
		return;
	https_server_free(pub->server);
	DL_FOREACH_SAFE (pub->posts, post, tmp) {
		post_free(post);
	}
	name_set_free(pub->companies);
	free(pub);
}

int cps_public_reload(struct cps_public *pub, struct err *e)
{
	return https_server_reload(pub->server, e);
}
