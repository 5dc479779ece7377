/* POST /stir/v1/signing of ATIS-1000082. Beyond its members:
 * signingRequest:  "div": {"tn": …} the number that the call was for before (RFC 8946); "passports":
 *                  the PASSporTs that the call brings; "rn", "cic" of its Request-URI (AS-16);
 *                  "attest" and "origid" may be left to the STI-AS.
 * signingResponse: "identities": all of ours when they are several; "reasondesc": why there is none.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "lib/base/log.h"
#include "lib/stir/passport.h"
#include "ref-as/front.h"

#define IDENTITY_MAX (PASSPORT_MAX_LEN + 4096)

struct http_front {
	struct core *core;
	struct atis82 *server;
	struct http_question *questions;
};

struct http_question {
	struct question q;
	struct http_front *front;
	struct atis82_req *req; /* NULL once it is ended */
	struct http_question *prev, *next;
};

static void question_free(struct http_question *hq)
{
	DL_DELETE(hq->front->questions, hq);
	core_forget(hq->front->core, &hq->q);
	bundle_clear(&hq->q.s.bundle);
	free(hq);
}

/* --- reading; each returns the name of the member that it cannot use, or NULL --- */

/* What a question is short of, and in which way */
struct flaw {
	enum atis82_error error;
	const char *member;
};

static bool flaw(struct flaw *ret, enum atis82_error error, const char *member)
{
	*ret = (struct flaw){error, member};
	return false;
}

static bool read_tn(struct tn *ret, const json_t *body, const char *member, struct flaw *f)
{
	int err = atis82_tn(ret, body, member);

	return err ? flaw(f, err == ENOENT ? ATIS82_MISSING : ATIS82_INVALID, member) : true;
}

/* A string that may be absent; the view dies with the body */
static bool read_text(struct sv *ret, const json_t *body, const char *member, struct flaw *f)
{
	const json_t *v = json_object_get(body, member);

	if (v && !json_is_string(v))
		return flaw(f, ATIS82_INVALID, member);
	*ret = sv_from(json_string_value(v));
	return true;
}

/* The claim iat: not signed when it is off by more than local policy allows (RFC 8224 §6.1) */
static bool read_iat(struct http_question *hq, const json_t *body, struct flaw *f)
{
	const struct core *core = hq->front->core;
	const json_t *v = json_object_get(body, "iat");
	int64_t now_s = env_now_s(core_signer(core)->env);

	if (!v)
		return flaw(f, ATIS82_MISSING, "iat");
	hq->q.s.iat_s = json_integer_value(v);
	if (!json_is_integer(v) || hq->q.s.iat_s <= 0 ||
	    llabs(now_s - hq->q.s.iat_s) > core_conf(core)->freshness_s)
		return flaw(f, ATIS82_INVALID, "iat");
	return true;
}

static bool read_claims(struct signing *s, const json_t *body, struct flaw *f)
{
	if (!read_text(&s->attestation_info, body, "attest", f) ||
	    !read_text(&s->origination_id, body, "origid", f))
		return false;
	if (s->attestation_info.p &&
	    (s->attestation_info.l != 1 || !strchr("ABC", *s->attestation_info.p)))
		return flaw(f, ATIS82_INVALID, "attest");
	if (s->origination_id.p && !policy_is_origid(s->origination_id))
		return flaw(f, ATIS82_INVALID, "origid");
	return true;
}

static bool read_div(struct signing *s, const json_t *body, struct flaw *f)
{
	if (!json_object_get(body, "div"))
		return true;
	s->before_count = 1;
	return read_tn(&s->before[0], body, "div", f);
}

static bool read_passports(struct signing *s, const json_t *body, struct flaw *f)
{
	const json_t *list = json_object_get(body, "passports"), *v;
	size_t i;

	if (list && !json_is_array(list))
		return flaw(f, ATIS82_INVALID, "passports");
	json_array_foreach (list, i, v) {
		int err = EINVAL;

		if (json_string_length(v))
			err = bundle_add_token(&s->bundle, sv_from(json_string_value(v)),
					       VIA_IN_BAND);
		if (err)
			return flaw(f, err == ENOMEM ? ATIS82_TROUBLE : ATIS82_INVALID,
				    "passports");
	}
	return true;
}

static bool read_question(struct http_question *hq, const json_t *body, struct flaw *f)
{
	struct question *q = &hq->q;
	struct signing *s = &q->s;

	return read_tn(&s->orig, body, "orig", f) && read_tn(&s->dest, body, "dest", f) &&
	       read_iat(hq, body, f) && read_claims(s, body, f) && read_div(s, body, f) &&
	       read_passports(s, body, f) && read_text(&q->rn, body, "rn", f) &&
	       read_text(&q->cic, body, "cic", f);
}

/* --- answering --- */

static json_t *identity(const struct http_question *hq, size_t i)
{
	BUF_AUTO struct buf value = BUF(IDENTITY_MAX);

	if (sign_identity(core_signer(hq->front->core), &hq->q.s, i, &value))
		return NULL;
	return json_stringn(value.p, value.l);
}

static json_t *response(const struct http_question *hq)
{
	const struct as_faults *faults = &core_conf(hq->front->core)->faults;
	const struct signing *s = &hq->q.s;
	json_t *ret = json_object(), *all = json_array();

	for (size_t i = s->first; i < s->bundle.n && !fault_skips(faults, "identity"); i++)
		(void)json_array_append_new(all, identity(hq, i));
	if (json_array_size(all))
		(void)json_object_set(ret, "identity", json_array_get(all, 0));
	else
		(void)json_object_set_new(ret, "reasondesc", json_string(s->unsigned_why));
	if (json_array_size(all) > 1)
		(void)json_object_set(ret, "identities", all);
	json_decref(all);
	return ret;
}

static void answer(struct question *q)
{
	struct http_question *hq = (struct http_question *)q;
	unsigned status = (unsigned)core_conf(hq->front->core)->http.answer_status;

	if (q->refusal.status == 400) { /* more PASSporTs than can go together */
		atis82_fail(hq->req, ATIS82_INVALID, "passports");
		core_note_answered(q, 400, q->refusal.why);
	} else if (q->refusal.status) {
		atis82_fail(hq->req, ATIS82_TROUBLE, NULL);
		core_note_answered(q, 500, q->refusal.why);
	} else {
		atis82_answer(hq->req, response(hq));
		core_note_answered(q, status, q->s.unsigned_why);
	}
	question_free(hq);
}

/* --- requests --- */

static void on_request(struct atis82_req *req, const json_t *body, void *arg)
{
	struct http_front *front = arg;
	struct http_question *hq = calloc(1, sizeof(*hq));
	struct flaw f;

	if (!hq) {
		atis82_fail(req, ATIS82_TROUBLE, NULL);
		return;
	}
	*hq = (struct http_question){
		.q = {.front = "http", .answer = answer}, .front = front, .req = req};
	DL_APPEND(front->questions, hq);
	if (read_question(hq, body, &f) ||
	    fault_overlooks(&core_conf(front->core)->faults, f.member)) {
		core_ask(front->core, &hq->q);
		return;
	}
	log_info("refused orig=%s dest=%s member=\"%s\"", hq->q.s.orig.s, hq->q.s.dest.s, f.member);
	atis82_fail(req, f.error, f.member);
	core_note_answered(&hq->q, f.error == ATIS82_TROUBLE ? 500 : 400, f.member);
	question_free(hq);
}

/* --- life --- */

int http_front_alloc(struct http_front **ret, struct core *core, struct err *e)
{
	struct http_front *front;
	int err;

	*ret = NULL;
	if (!core_conf(core)->http.addr)
		return 0;
	front = calloc(1, sizeof(*front));
	if (!front)
		return ENOMEM;
	front->core = core;
	err = atis82_alloc(&front->server,
			   &(struct atis82_opts){.conf = &core_conf(core)->http,
						 .path = "/stir/v1/signing",
						 .request = "signingRequest",
						 .response = "signingResponse",
						 .h = on_request,
						 .arg = front},
			   e);
	if (err) {
		free(front);
		return err;
	}
	*ret = front;
	return 0;
}

void http_front_free(struct http_front *front)
{
	struct http_question *hq, *next;

	if (!front)
		return;
	DL_FOREACH_SAFE (front->questions, hq, next) {
		atis82_drop(hq->req);
		question_free(hq);
	}
	atis82_free(front->server);
	free(front);
}

int http_front_reload(struct http_front *front, struct err *e)
{
	return front ? atis82_reload(front->server, e) : 0;
}

char *http_front_url(const struct http_front *front)
{
	return front ? atis82_url(front->server) : NULL;
}
