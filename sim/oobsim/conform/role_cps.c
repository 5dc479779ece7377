/* Role cps: what a CPS must do for STI-ASs (public interface) and for its STI-VS (private interface; docs/interfaces.md). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/env.h"
#include "sim/oobsim/conform/role.h"

#define COMPANY "5678"
#define URL_MAX 512

/* --- steps --- */

enum cps_do { CPS_POST, CPS_PULL };
enum cps_answer { CPS_ACCEPTED, CPS_REFUSED };

struct cps_step {
	int kind;                /**< enum cps_do */
	char *method;            /**< post: "POST" */
	char *path;              /**< post: "/cps/company/5678" */
	char *type;              /**< post: media type; "" for none */
	char *body;              /**< post: a text with names of tokens; also `$x5000` */
	int client;              /**< pull: enum bench_client */
	bool again;              /**< pull: the same request as the last one, a repetition */
	int64_t wait_ms;         /**< pull: how long it waits for what is not there yet */
	struct conf_list brings; /**< char *: tokens that a pull must bring, in any order */
	int answer;              /**< enum cps_answer */
	struct conf_list
		reasons; /**< char *: any of these, when it is refused; empty: not looked at */
};

#define MEMBER(type_, member_, kind_, ...)                                               \
	{                                                                                \
		.name = #member_, .off = offsetof(struct type_, member_), .type = kind_, \
		__VA_ARGS__                                                              \
	}

static const char *const kinds[] = {[CPS_POST] = "post", [CPS_PULL] = "pull", NULL};
static const char *const answers[] = {[CPS_ACCEPTED] = "accepted", [CPS_REFUSED] = "refused", NULL};

static const struct conf_member step_members[] = {
	{.name = "do",
	 .off = offsetof(struct cps_step, kind),
	 .type = CONF_ENUM,
	 .required = true,
	 .words = kinds,
	 .doc = "post: as an STI-AS publishes; pull: as the STI-VS retrieves"},
	MEMBER(cps_step, method, CONF_STR, .def = "\"POST\"", .doc = "of a post"),
	MEMBER(cps_step, path, CONF_STR, .def = "\"/cps/company/5678\"", .doc = "of a post"),
	MEMBER(cps_step, type, CONF_STR, .def = "\"application/passport\"",
	       .doc = "media type of a post; empty: none"),
	MEMBER(cps_step, body, CONF_STR, .def = "\"$a\"",
	       .doc = "body of a post: text with names of tokens"),
	MEMBER(cps_step, client, CONF_ENUM, .words = bench_client_words,
	       .doc = "certificate that a pull shows: of the provider's STI-VS, none, of another "
		      "provider's"),
	MEMBER(cps_step, again, CONF_BOOL, .doc = "a pull that repeats the last one"),
	MEMBER(cps_step, wait_ms, CONF_INT, .max = 10000, .def = "0",
	       .doc = "how long a pull waits for what is not there"),
	MEMBER(cps_step, brings, CONF_STRS, .max = 16,
	       .doc = "tokens that a pull must bring, in any order; none: nothing may come"),
	MEMBER(cps_step, answer, CONF_ENUM, .words = answers,
	       .doc = "accepted: 201 for a post, tokens or nothing for a pull; refused: 4xx or "
		      "5xx"),
	MEMBER(cps_step, reasons, CONF_STRS, .max = 16,
	       .doc = "why it is refused: one of these; empty: whatever it is"),
	{0},
};
static const struct conf_table step_table = {"step of a case", sizeof(struct cps_step),
					     step_members};

static int check_step(const struct case_place *at, const struct conform_case *c, size_t i)
{
	const struct cps_step *s = (const struct cps_step *)c->steps.v + i;
	int err = case_check_tokens(at, c, i, "brings", &s->brings);

	return err ? err : case_check_reasons(at, i, "reasons", &s->reasons);
}

/* A step under way */
struct stage {
	struct play *p;
	const struct cps_step *step;
	struct answer answer;
};

static const char *word_of(const struct stage *s)
{
	return kinds[s->step->kind];
}

/* --- what must come --- */

static void tell_expected(struct play *p, const struct cps_step *s)
{
	BUF_AUTO struct buf words = BUF(sizeof(p->ret->expected));

	if (s->answer == CPS_REFUSED) {
		play_words(&words, &s->reasons, " or ");
		play_expects(p, "refused%s%s", words.l ? ": " : "", words.l ? words.p : "");
	} else if (s->kind == CPS_POST) {
		play_expects(p, "accepted with 201");
	} else {
		play_words(&words, &s->brings, ", ");
		play_expects(p, "%s%s", words.l ? "exactly the PASSporTs " : "no PASSporT",
			     words.l ? words.p : "");
	}
}

static int judge_refused(struct stage *s)
{
	const struct answer *a = &s->answer;

	/* a peer without the right certificate may be turned away by TLS itself */
	if (a->err && s->step->kind == CPS_PULL && s->step->client != CLIENT_PEER &&
	    (a->err == EPROTO || a->err == ECONNRESET))
		return 0;
	return play_refused(s->p, word_of(s), a, &s->step->reasons);
}

static int judge_posted(struct stage *s)
{
	const struct answer *a = &s->answer;
	const char *reason = play_reason(s->p, a);

	if (a->err)
		return play_fails(s->p, word_of(s), "no answer: %s", a->text);
	if (a->status != 201)
		return play_fails(s->p, word_of(s), "%u %s", a->status, reason ? reason : "");
	return 0;
}

/* Takes one off the list of what came. @return false when it is not there */
static bool take_line(struct buf *came, struct sv token)
{
	struct sv rest = buf_sv(came);

	while (rest.l) {
		size_t at = (size_t)(rest.p - came->p);
		struct sv line = sv_cut(&rest, '\n');

		if (!sv_eq(sv_trim(line), token))
			continue;
		memset(came->p + at, '\n', line.l);
		return true;
	}
	return false;
}

static int judge_brought(struct stage *s)
{
	char *const *names = s->step->brings.v;
	struct buf *came = &s->answer.body;
	struct sv left;

	for (size_t i = 0; i < s->step->brings.n; i++)
		if (!take_line(came, play_token(s->p, names[i])))
			return play_fails(s->p, word_of(s), "PASSporT %s did not come; %s",
					  names[i], came->l ? "others did" : "nothing did");
	for (left = buf_sv(came); left.l;) {
		struct sv line = sv_trim(sv_cut(&left, '\n'));

		if (line.l)
			return play_fails(s->p, word_of(s), "a PASSporT came that must not: %.60s…",
					  line.p);
	}
	return 0;
}

static int judge_pulled(struct stage *s)
{
	const struct answer *a = &s->answer;

	if (a->err)
		return play_fails(s->p, word_of(s), "no answer: %s", a->text);
	if (a->status != 200 && a->status != 204)
		return play_fails(s->p, word_of(s), "%u", a->status);
	return judge_brought(s);
}

/* --- requests --- */

static int post(struct stage *s, struct err *e)
{
	const struct cps_step *step = s->step;
	BUF_AUTO struct buf body = BUF(VECTOR_TEXT_MAX);
	char url[URL_MAX];
	struct https_request req = {
		.method = step->method,
		.url = url,
		.ctype = *step->type ? step->type : NULL,
		.timeout_ms = (uint64_t)s->p->b->sut->answer_ms,
		.max_response = VECTOR_TEXT_MAX - 1,
	};
	char base[URL_MAX / 2];
	int err = bench_at(s->p->b, "public", base, sizeof(base), e);

	if (!err)
		err = play_sign(s->p, e);
	if (!err)
		err = play_expand(s->p, &body, step->body, e);
	if (err)
		return err;
	req.body = buf_sv(&body);
	(void)snprintf(url, sizeof(url), "%s%.200s", base, step->path);
	return bench_ask(s->p->b, CLIENT_NONE, &req, &s->answer);
}

static int pull(struct stage *s, struct err *e)
{
	const struct cps_step *step = s->step;
	struct play *p = s->p;
	struct env_shift shift = {0};
	struct env env = env_system(&shift);
	char url[URL_MAX];
	struct https_request req = {
		.method = "PUT",
		.url = url,
		.timeout_ms = (uint64_t)(p->b->sut->answer_ms + step->wait_ms),
		.max_response = VECTOR_TEXT_MAX - 1,
	};

	char base[URL_MAX / 2];
	int err = bench_at(p->b, "private", base, sizeof(base), e);

	if (err)
		return err;
	if (!step->again)
		env_uuid(&env, p->call_id);
	(void)snprintf(url, sizeof(url), "%s/calls/%.36s?orig=%.15s&dest=%.15s&wait_ms=%lld", base,
		       p->call_id, p->orig, p->dest, (long long)step->wait_ms);
	return bench_ask(p->b, (enum bench_client)step->client, &req, &s->answer);
}

static int step(struct play *p, const void *arg, struct err *e)
{
	struct stage s = {.p = p, .step = arg};
	int err;

	tell_expected(p, s.step);
	err = s.step->kind == CPS_POST ? post(&s, e) : pull(&s, e);
	if (!err && s.step->answer == CPS_REFUSED)
		err = judge_refused(&s);
	else if (!err)
		err = s.step->kind == CPS_POST ? judge_posted(&s) : judge_pulled(&s);
	p->cut_off = s.answer.err && s.answer.err != ETIMEDOUT;
	buf_free(&s.answer.body);
	return err;
}

/* --- the implementation --- */

static json_t *conf(struct bench *b, struct err *e)
{
	json_t *v = json_pack("{s:{s:s, s:i, s:o}, s:{s:s, s:i, s:o, s:[s]}, s:[s], s:o, s:o}",
			      "public", "addr", b->sut_addr, "port", HTTPS_PORT, "tls",
			      bench_conf_tls(b, role_cps.self.name, false), "private", "addr",
			      b->sut_addr, "port", PRIVATE_PORT, "tls",
			      bench_conf_tls(b, role_cps.self.name, true), "clients", BENCH_PEER,
			      "companies", COMPANY, "trust", bench_conf_trust(b), "https",
			      bench_conf_https(b, NULL));

	if (!v)
		(void)err_set(e, ENOMEM, "out of memory");
	return v;
}

/* Any answer will do: what it says is for the cases to judge */
static int any_answer(struct bench *b, const char *interface, enum bench_client client,
		      const char *method, const char *path, struct err *e)
{
	char base[URL_MAX / 2], url[URL_MAX];
	struct answer answer;
	const struct https_request req = {
		.method = method,
		.url = url,
		.timeout_ms = (uint64_t)b->sut->answer_ms,
		.max_response = VECTOR_TEXT_MAX - 1,
	};
	int err = bench_at(b, interface, base, sizeof(base), e);

	if (err)
		return err;
	(void)snprintf(url, sizeof(url), "%s%s", base, path);
	err = bench_ask(b, client, &req, &answer);
	if (!err && answer.err)
		err = err_set(e, EIO, "%s interface: no answer: %s", interface, answer.text);
	else if (!err)
		(void)printf("%s interface: answers (%u)\n", interface, answer.status);
	buf_free(&answer.body);
	return err;
}

static int check(struct bench *b, struct err *e)
{
	int err = any_answer(b, "public", CLIENT_NONE, "GET", "/cps/company/" COMPANY, e);

	if (err || !sut_can(b->sut, "retrieval"))
		return err;
	return any_answer(b, "private", CLIENT_PEER, "PUT",
			  "/calls/8a6e2c40-1b9d-4f3e-9c57-0d1e2f3a4b5c?orig=12010000000&dest="
			  "19030000000&wait_ms=0",
			  e);
}

static const char *const capabilities[] = {"retrieval", NULL};
static const struct role_interface at[] = {{"public", "https://cps.tsp.example:8443"},
					   {"private", "https://cps.tsp.example:8444"},
					   {NULL, NULL}};

const struct role role_cps = {
	.name = "cps",
	.what = "a CPS",
	.reference = "{\"name\":\"ref-cps\",\"roles\":[\"cps\"],"
		     "\"process\":{\"command\":[\"ref-cps\",\"--config\"]},"
		     "\"capabilities\":[\"retrieval\"]}",
	.step_table = &step_table,
	.check_step = check_step,
	.capabilities = capabilities,
	.self = {"cps.tsp.example", 1, 1},
	.at = at,
	.conf = conf,
	.check = check,
	.step = step,
};
