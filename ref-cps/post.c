#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "lib/net/loop.h"
#include "lib/stir/bundle.h"
#include "lib/trace/trace.h"
#include "ref-cps/post.h"
#include "ref-cps/problem.h"

/* Retry-After when the CPS to which something is sent on cannot be reached */
#define NEXT_RETRY_S 1
/* A fault: so long others are lost */
#define AT_ONCE_MS 50

/* Verification of one PASSporT of a request */
struct check {
	struct post *post;
	int err;
	struct fault fault;
	struct passport *pp;
};

/* The answer of another CPS */
struct relay {
	unsigned status;
	char *ctype, *body;
	size_t body_len;
	int64_t retry_after_s;
};

/* A request whose PASSporTs are being verified, or whose answer is held back on purpose */
struct post {
	struct posts *posts;
	struct https_req *req; /* NULL once answered, or when the peer has gone */
	struct bundle bundle;
	struct problem problem; /* status 0: accepted */
	struct relay relay;     /* … by the CPS to which it was sent on; status 0: by this one */
	char via[VIA_MAX + 1];
	const char *to; /* URL to which it is being sent on */
	uint64_t sent_us;
	struct passport *first; /* for the trace; NULL when it cannot be parsed */
	struct timer *delay;
	struct post *prev, *next;
	size_t pending; /* checks under way, or the sending on */
	struct check v[BUNDLE_MAX];
};

static void post_free(struct post *post)
{
	const struct cps *cps = post->posts->cps;
	struct verifier *verifier = trust_feed_verifier(cps->feed);

	DL_DELETE(post->posts->list, post);
	if (post->pending && post->to)
		cps_forward_cancel(cps->forward, post);
	for (size_t i = 0; i < post->bundle.n; i++) {
		if (post->pending)
			verify_cancel(verifier, &post->v[i]);
		passport_unref(post->v[i].pp);
	}
	passport_unref(post->first);
	bundle_clear(&post->bundle);
	timer_free(post->delay);
	free(post->relay.ctype);
	free(post->relay.body);
	free(post);
}

/* --- refusals --- */

void post_note_refused(const struct problem *p, const struct passport *pp)
{
	json_t *data = json_pack("{ss ss ss si ss}", "reason", p->reason, "check", p->check,
				 "clause", p->clause, "status", (int)p->status, "text", p->detail);

	if (p->index >= 0)
		(void)json_object_set_new(data, "index", json_integer(p->index));
	cps_note("cps.refused", pp, data);
}

/* --- answer --- */

static void relay_reply(struct https_req *req, const struct relay *relay)
{
	struct https_header headers[2] = {{NULL, NULL}};
	char seconds[24];

	if (relay->retry_after_s >= 0) {
		(void)snprintf(seconds, sizeof(seconds), "%lld", (long long)relay->retry_after_s);
		headers[0] = (struct https_header){"Retry-After", seconds};
	}
	https_reply(req, relay->status, relay->ctype, (struct sv){relay->body, relay->body_len},
		    headers);
}

static void post_answer(void *arg)
{
	struct post *post = arg;

	if (post->req && post->problem.status)
		problem_reply(post->req, &post->problem);
	else if (post->req && post->relay.status)
		relay_reply(post->req, &post->relay);
	else if (post->req)
		https_reply(post->req, 201, NULL, (struct sv){0}, NULL);
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
	const struct cps_faults_conf *faults = &post->posts->cps->conf->faults;

	if (post->problem.status)
		post_note_refused(&post->problem, post->first);
	if (post->req && faults->never_answer)
		return; /* until the peer goes away */
	if (post->req && (faults->answer_delay_ms || faults->lose_at_once))
		timer_start(post->delay,
			    faults->lose_at_once ? AT_ONCE_MS : (uint64_t)faults->answer_delay_ms);
	else
		post_answer(post);
}

static void post_refuse(struct post *post, const struct fault *fault, int index)
{
	if (cps_accepts_reason(&post->posts->cps->conf->faults, fault->reason)) {
		post_finish(post);
		return;
	}
	problem_fault(&post->problem, fault, index);
	if (fault->reason == REASON_OVERLOAD && !post->posts->cps->conf->faults.no_retry_after)
		post->problem.retry_after_s = passport_store_retry_s(post->posts->cps->store);
	post_finish(post);
}

/* --- send on --- */

static void post_next_failed(struct post *post, unsigned status, const char *error)
{
	cps_note("cps.forward_failed", post->first,
		 json_pack("{ss sI ss}", "url", post->to, "count", (json_int_t)post->bundle.n,
			   "error", error));
	problem_request(&post->problem, status, "next-cps", "%s: %s", post->to, error);
	if (status == 503)
		post->problem.retry_after_s = NEXT_RETRY_S;
	post_finish(post);
}

static unsigned status_of(int err)
{
	switch (err) {
	case ETIMEDOUT:
		return 504;
	case EPROTO:
	case EMSGSIZE:
		return 502;
	default:
		return 503; /* there is no connection: it may come again */
	}
}

static void post_forwarded(const struct https_response *res, void *arg)
{
	struct post *post = arg;
	struct relay *relay = &post->relay;

	post->pending = 0;
	if (res->err) {
		post_next_failed(post, status_of(res->err), res->text);
		return;
	}
	cps_note("cps.forwarded", post->first,
		 json_pack("{ss sI sI sI}", "url", post->to, "count", (json_int_t)post->bundle.n,
			   "status", (json_int_t)res->status, "ms",
			   (json_int_t)((mono_us() - post->sent_us) / 1000)));
	relay->status = res->status;
	relay->retry_after_s = res->retry_after_s;
	relay->ctype = res->content_type.l ? sv_dup(res->content_type) : NULL;
	relay->body = sv_dup(res->body); /* out of memory: the status alone still says it */
	relay->body_len = relay->body ? res->body.l : 0;
	post_finish(post);
}

static void post_forward(struct post *post)
{
	BUF_AUTO struct buf body = BUF((size_t)BUNDLE_MAX * (PASSPORT_MAX_LEN + 1));
	struct cps_forward *fwd = post->posts->cps->forward;
	int err = bundle_body(&post->bundle, &body);

	post->sent_us = mono_us();
	if (post->posts->cps->conf->faults.forward_mangled)
		cps_mangle(&body);
	if (!err)
		err = cps_forward_send(fwd, post->to, buf_sv(&body), sv_from(post->via),
				       post_forwarded, post);
	if (err)
		post_next_failed(post, 503,
				 err == ENOSPC ? "too many are being sent on" : strerror(err));
	else
		post->pending = 1;
	if (!err && post->req && post->posts->cps->conf->faults.forward_blind) {
		https_reply(post->req, 201, NULL, (struct sv){0}, NULL);
		post->req = NULL;
	}
}

/* --- store --- */

static void post_push(struct post *post)
{
	struct passport *pp[BUNDLE_MAX];

	for (size_t i = 0; i < post->bundle.n; i++)
		pp[i] = post->v[i].pp;
	cps_push_send(post->posts->cps->push, pp, post->bundle.n);
	if (post->posts->cps->conf->faults.push_twice)
		cps_push_send(post->posts->cps->push, pp, post->bundle.n);
}

static void post_stored(const struct passport_put *res, void *arg)
{
	struct post *post = arg;
	struct fault fault;

	switch (res->err) {
	case 0:
		if (res->kept)
			post_push(post);
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

static void kept_wrongly(const struct passport_put *res, void *arg)
{
	(void)res;
	(void)arg;
}

/* Wrong on purpose */
static bool is_lost(const struct post *post)
{
	const struct cps *cps = post->posts->cps;
	const struct cps_faults_conf *faults = &cps->conf->faults;
	bool others = post->prev != post || post->next;
	size_t before = 0;

	for (size_t i = 0; i < post->bundle.n && (faults->hand_twice || faults->one_of_numbers);
	     i++)
		before += cps_memory_add(cps->memory, post->v[i].pp);
	return faults->lose_passports || (faults->lose_at_once && others) ||
	       (faults->one_of_numbers && before);
}

static void checks_done(struct post *post)
{
	const struct cps *cps = post->posts->cps;
	struct passport *pp[BUNDLE_MAX];

	for (size_t i = 0; i < post->bundle.n; i++) {
		struct check *c = &post->v[i];

		if (c->err) {
			post_refuse(post, &c->fault, (int)i);
			return;
		}
		pp[i] = c->pp;
	}
	post->to = cps_forward_find(cps->forward, pp, post->bundle.n);
	if (post->to && cps->conf->faults.forward_kept)
		passport_store_put(cps->store, pp, post->bundle.n, kept_wrongly, NULL);
	if (post->to)
		post_forward(post);
	else if (is_lost(post))
		post_finish(post);
	else
		passport_store_put(cps->store, pp, post->bundle.n, post_stored, post);
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
	struct verifier *verifier = trust_feed_verifier(post->posts->cps->feed);
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
	size_t most = (size_t)post->posts->cps->conf->max_passports;
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

/* Wrong on purpose */
static void push_all(const struct post *post)
{
	for (size_t i = 0; i < post->bundle.n; i++) {
		struct passport *pp = NULL;

		if (passport_parse(&pp, post->bundle.v[i].id.token, NULL) == 0)
			cps_push_send(post->posts->cps->push, &pp, 1);
		passport_unref(pp);
	}
}

static int post_alloc(struct post **ret, struct posts *posts, struct https_req *req)
{
	struct sv via = https_req_header(req, "Via");
	struct post *post = calloc(1, sizeof(*post));

	if (!post)
		return ENOMEM;
	if (timer_alloc(&post->delay, post_answer, post)) {
		free(post);
		return ENOMEM;
	}
	post->posts = posts;
	post->req = req;
	if (via.l && via.l <= VIA_MAX) /* a longer one does not come so far where it counts */
		memcpy(post->via, via.p, via.l);
	DL_APPEND(posts->list, post);
	https_req_on_gone(req, post_gone, post);
	*ret = post;
	return 0;
}

int post_receive(struct posts *posts, struct https_req *req, struct sv company)
{
	struct fault fault = {.check = ""};
	struct post *post;

	if (post_alloc(&post, posts, req))
		return ENOMEM;
	if (post_parse(post, https_req_body(req), &fault)) {
		post_refuse(post, &fault, PROBLEM_WHOLE);
		return 0;
	}
	post->first = peek(&post->bundle);
	cps_note("cps.received", post->first,
		 json_pack("{ss% sI}", "company", company.p, company.l, "count",
			   (json_int_t)post->bundle.n));
	if (posts->cps->conf->faults.push_refused)
		push_all(post);
	post_verify(post);
	return 0;
}

void posts_free(struct posts *posts)
{
	struct post *post, *tmp;

	DL_FOREACH_SAFE (posts->list, post, tmp) {
		post_free(post);
	}
}
