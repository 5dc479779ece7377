/* POST /stir/v1/verification of ATIS-1000082. Beyond its members:
 * verificationRequest:  "identity" may be absent (nothing came in-band), one value or several; the
 *                       caller stands in "from" or "orig", the called number in "to" or "dest", since
 *                       both are met.
 * verificationResponse: "passports": those that were received out-of-band; "refuse": true where policy
 *                       does not let the call go on.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "lib/base/log.h"
#include "ref-vs/answer.h"
#include "ref-vs/front.h"
#include "ref-vs/note.h"

struct http_front {
	struct core *core;
	struct atis82 *server;
	struct http_question *questions;
};

struct http_question {
	struct question q;
	struct http_front *front;
	struct atis82_req *req;
	struct http_question *prev, *next;
};

static void question_free(struct http_question *hq)
{
	DL_DELETE(hq->front->questions, hq);
	question_clear(&hq->q);
	free(hq);
}

/* --- reading --- */

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

static bool read_tn(struct tn *ret, const json_t *body, const char *member, const char *or_else,
		    struct flaw *f)
{
	const char *name = json_object_get(body, member) ? member : or_else;
	int err = atis82_tn(ret, body, name);

	if (err == ENOENT)
		return flaw(f, ATIS82_MISSING, member);
	return err ? flaw(f, ATIS82_INVALID, name) : true;
}

static bool read_identity(struct gathered *got, const json_t *v, struct flaw *f)
{
	if (!json_is_string(v))
		return flaw(f, ATIS82_INVALID, "identity");
	if (gather_identity(got, sv_from(json_string_value(v))))
		return flaw(f, ATIS82_TROUBLE, NULL);
	return true;
}

static bool read_identities(struct gathered *got, const json_t *body, struct flaw *f)
{
	const json_t *v = json_object_get(body, "identity"), *one;
	size_t i;

	if (!v)
		return true;
	if (!json_is_array(v))
		return read_identity(got, v, f);
	json_array_foreach (v, i, one)
		if (!read_identity(got, one, f))
			return false;
	return true;
}

static bool read_question(struct http_question *hq, const json_t *body, struct flaw *f)
{
	const json_t *time = json_object_get(body, "time");
	struct question *q = &hq->q;

	if (time && !json_is_integer(time))
		return flaw(f, ATIS82_INVALID, "time");
	return read_tn(&q->orig, body, "from", "orig", f) &&
	       read_tn(&q->dest, body, "to", "dest", f) && read_identities(&q->got, body, f);
}

/* --- answering --- */

static json_t *passports(const struct question *q)
{
	json_t *ret = NULL;

	for (size_t i = 0; i < q->n; i++) {
		const struct passport *pp = q->v[i].pp;

		if (q->v[i].via != VIA_OUT_OF_BAND || !pp)
			continue;
		if (!ret)
			ret = json_array();
		(void)json_array_append_new(ret, json_stringn(pp->token.p, pp->token.l));
	}
	return ret;
}

/* Why it did not come to "passed", when a PASSporT or policy is the reason */
static void add_reason(json_t *response, const struct verdict *verdict)
{
	const struct reason_info *why = reason_info(verdict->reason);
	char text[FAULT_TEXT_MAX];

	if (!verdict->refuse && !answer_has_reason(verdict))
		return;
	if (verdict->fault.reason != REASON_OK)
		fault_text(&verdict->fault, text);
	(void)json_object_set_new(response, "reasoncode",
				  json_integer((json_int_t)why->sip_status));
	(void)json_object_set_new(response, "reasontext", json_string(why->sip_phrase));
	(void)json_object_set_new(
		response, "reasondesc",
		json_string(verdict->fault.reason != REASON_OK ? text : why->text));
}

static void answer(struct question *q, const struct verdict *verdict)
{
	struct http_question *hq = (struct http_question *)q;
	json_t *response = json_pack("{s:s, s:o*, s:o*}", "verstat", verdict->verstat, "passports",
				     passports(q), "refuse", verdict->refuse ? json_true() : NULL);

	add_reason(response, verdict);
	atis82_answer(hq->req, response);
	note_result(q, verdict, (unsigned)core_conf(hq->front->core)->http.answer_status);
	question_free(hq);
}

static void refuse(struct http_question *hq, enum atis82_error error, const char *member,
		   unsigned status, const char *why)
{
	log_info("refused orig=%s dest=%s status=%u why=\"%s\"", hq->q.orig.s, hq->q.dest.s, status,
		 why);
	atis82_fail(hq->req, error, member);
	note_refused(&hq->q, status, why);
	question_free(hq);
}

static void fail(struct question *q, int err)
{
	if (err == EBUSY)
		refuse((struct http_question *)q, ATIS82_BUSY, NULL, 503,
		       "too many calls are being verified");
	else
		refuse((struct http_question *)q, ATIS82_TROUBLE, NULL, 500, "out of memory");
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
		.q = {.front = "http", .answer = answer, .fail = fail}, .front = front, .req = req};
	DL_APPEND(front->questions, hq);
	if (read_question(hq, body, &f) ||
	    (f.error != ATIS82_TROUBLE && core_conf(front->core)->faults.answer_anything))
		core_ask(front->core, &hq->q);
	else if (f.error == ATIS82_TROUBLE)
		fail(&hq->q, ENOMEM);
	else
		refuse(hq, f.error, f.member, 400, f.member);
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
						 .path = "/stir/v1/verification",
						 .request = "verificationRequest",
						 .response = "verificationResponse",
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
