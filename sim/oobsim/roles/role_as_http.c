/* Role as: asking over HTTP, as ATIS-1000082 has it (docs/interfaces.md 4). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/auto.h"
#include "sim/oobsim/roles/role_as.h"

DEFINE_AUTO(json_t, json_decref)
DEFINE_AUTO(char, free)

#define SIGNING "/stir/v1/signing"
#define URL_MAX 512

/* --- the question --- */

static void set_text(struct as_bench *a, json_t *request, const char *name, const char *text,
		     struct err *e)
{
	BUF_AUTO struct buf v = BUF(VECTOR_TEXT_MAX);

	if (text && as_expand(a, &v, text, e) == 0)
		(void)json_object_set_new(request, name, json_stringn(v.p ? v.p : "", v.l));
}

static void set_number(struct as_bench *a, json_t *request, const char *name, const char *text,
		       struct err *e)
{
	json_t *tn = json_object();

	set_text(a, tn, "tn", text, e);
	(void)json_object_set_new(request, name, tn);
}

/* The usual one, before it is patched */
static json_t *make_request(struct as_bench *a, const struct as_step *s, struct err *e)
{
	char *const *before = s->before.v, *const *brings = s->brings.v;
	json_t *v = json_object(), *passports = json_array(), *dest = json_object(),
	       *list = json_array();

	set_number(a, v, "orig", s->caller, e);
	set_text(a, dest, "tn", s->called, e);
	(void)json_array_append(list, json_object_get(dest, "tn"));
	(void)json_object_set_new(dest, "tn", list);
	(void)json_object_set_new(v, "dest", dest);
	set_text(a, v, "attest", s->attest, e);
	set_text(a, v, "origid", s->origid, e);
	set_text(a, v, "rn", s->rn, e);
	set_text(a, v, "cic", s->cic, e);
	if (s->before.n)
		set_number(a, v, "div", before[s->before.n - 1], e);
	for (size_t i = 0; i < s->brings.n; i++) {
		struct sv token = play_token(a->p, brings[i]);

		(void)json_array_append_new(passports, json_stringn(token.p, token.l));
	}
	if (s->brings.n)
		(void)json_object_set(v, "passports", passports);
	json_decref(passports);
	return v;
}

static int set_iat(struct as_bench *a, json_t *request, const struct as_step *s, struct err *e)
{
	BUF_AUTO struct buf v = BUF(256);
	unsigned long long iat;
	int err = as_expand(a, &v, s->date ? s->date : "$now", e);

	if (err)
		return err;
	if (sv_u64(buf_sv(&v), 1ull << 40, &iat))
		(void)json_object_set_new(request, "iat", json_integer((json_int_t)iat));
	else
		(void)json_object_set_new(request, "iat", json_stringn(v.p, v.l));
	return 0;
}

/* RFC 7396 by vector_patched(), which takes texts */
static int patch(struct as_bench *a, json_t **request, const struct as_step *s, struct err *e)
{
	BUF_AUTO struct buf change = BUF(VECTOR_TEXT_MAX);
	AUTO(free) char *base = NULL;
	json_t *v;

	if (!s->members)
		return 0;
	base = json_dumps(*request, JSON_COMPACT);
	if (!base || as_expand(a, &change, s->members, e))
		return EINVAL;
	v = vector_patched(base, change.p, &(struct vector_vars){NULL, 0, NULL}, e);
	if (!v)
		return EINVAL;
	json_decref(*request);
	*request = v;
	return 0;
}

/* --- the answer --- */

static void read_error(struct as_said *said, const json_t *answer)
{
	const json_t *error = json_object_get(answer, "requestError"), *inner;
	const char *id;

	inner = json_object_get(error, "serviceException");
	if (!inner)
		inner = json_object_get(error, "policyException");
	id = json_string_value(json_object_get(inner, "messageId"));
	said->reason = id != NULL;
	(void)snprintf(said->why, sizeof(said->why), "%s", id ? id : "");
}

static void read_answer(struct as_said *said, const struct answer *answer)
{
	AUTO(json_decref)
	json_t *body = answer->body.l ? json_loadb(answer->body.p, answer->body.l, 0, NULL) : NULL;
	const json_t *response = json_object_get(body, "signingResponse");
	json_t *all = json_object_get(response, "identities"),
	       *one = json_object_get(response, "identity"), *v;
	size_t i;

	said->err = answer->err;
	said->status = answer->status;
	memcpy(said->text, answer->text, sizeof(said->text));
	read_error(said, body);
	json_array_foreach (all, i, v) {
		as_said_add(said, (struct sv){json_string_value(v), json_string_length(v)});
	}
	if (!said->n && json_is_string(one))
		as_said_add(said, (struct sv){json_string_value(one), json_string_length(one)});
}

int as_ask_http(struct as_bench *a, const struct as_step *s, struct as_said *said, struct err *e)
{
	AUTO(json_decref) json_t *request = make_request(a, s, e);
	AUTO(json_decref) json_t *whole = NULL;
	AUTO(free) char *body = NULL;
	char base[URL_MAX / 2], url[URL_MAX];
	struct answer answer;
	struct https_request req = {
		.method = "POST",
		.url = url,
		.ctype = "application/json",
		.timeout_ms = (uint64_t)(s->within_ms ? s->within_ms : a->b->sut->answer_ms),
		.max_response = VECTOR_TEXT_MAX - 1,
	};
	int err = bench_at(a->b, as_over(a), base, sizeof(base), e);

	if (!err)
		err = set_iat(a, request, s, e);
	if (!err)
		err = patch(a, &request, s, e);
	if (err)
		return err;
	whole = json_pack("{s:O}", "signingRequest", request);
	body = json_dumps(whole, JSON_COMPACT);
	if (!body)
		return err_set(e, ENOMEM, "out of memory");
	req.body = sv_from(body);
	(void)snprintf(url, sizeof(url), "%s" SIGNING, base);
	err = bench_ask(a->b, CLIENT_NONE, &req, &answer);
	if (!err)
		read_answer(said, &answer);
	buf_free(&answer.body);
	return err;
}
