/* One case: its requests, and what must come of each. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/stir/reason.h"
#include "sim/oobsim/conform_token.h"

DEFINE_AUTO(json_t, json_decref)

/* From the end of a crashed program's connections to its own */
#define CRASH_MS       300
#define CRASH_SLICE_MS 10
#define URL_MAX        512

/* A step under way */
struct stage {
	struct play *p;
	const struct case_step *step;
	struct answer answer;
	struct conform_result *ret;
};

static int fails(struct stage *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int fails(struct stage *s, const char *fmt, ...)
{
	size_t at = (size_t)(s->step - (const struct case_step *)s->p->c->steps.v);
	va_list ap;
	int n = snprintf(s->ret->actual, sizeof(s->ret->actual), "step %zu (%s): ", at + 1,
			 s->step->kind == CASE_POST ? "post" : "pull");

	va_start(ap, fmt);
	(void)vsnprintf(s->ret->actual + n, sizeof(s->ret->actual) - (size_t)n, fmt, ap);
	va_end(ap);
	s->ret->verdict = CONFORM_FAIL;
	return 0;
}

/* --- what is expected --- */

static void list_words(struct buf *ret, const struct conf_list *words, const char *between)
{
	char *const *v = words->v;

	for (size_t i = 0; i < words->n; i++)
		(void)buf_printf(ret, "%s%s", i ? between : "", v[i]);
}

static void tell_expected(const struct case_step *s, char *ret, size_t size)
{
	BUF_AUTO struct buf words = BUF(size);

	if (s->answer == CASE_REFUSED) {
		list_words(&words, &s->reasons, " or ");
		(void)snprintf(ret, size, "refused%s%s", words.l ? ": " : "",
			       words.l ? words.p : "");
	} else if (s->kind == CASE_POST) {
		(void)snprintf(ret, size, "accepted with 201");
	} else {
		list_words(&words, &s->brings, ", ");
		(void)snprintf(ret, size, "%s%s",
			       words.l ? "exactly the PASSporTs " : "no PASSporT",
			       words.l ? words.p : "");
	}
}

/* --- why it was refused --- */

/* A status that says one thing only */
static const char *reason_of_status(unsigned status)
{
	static const enum reason plain[] = {REASON_WRONG_COMPANY, REASON_METHOD, REASON_LENGTH,
					    REASON_TOO_LARGE, REASON_MEDIA_TYPE};

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (reason_info(plain[i])->http_status == status)
			return reason_info(plain[i])->name;
	return NULL;
}

/* What the body says ("reason" of RFC 9457's object), else the status, both as the implementation's map has them */
static const char *read_reason(const struct stage *s)
{
	const struct sut *sut = s->p->b->sut;
	AUTO(json_decref)
	json_t *problem =
		s->answer.body.l ? json_loadb(s->answer.body.p, s->answer.body.l, 0, NULL) : NULL;
	const char *word = json_string_value(json_object_get(problem, "reason")), *ours;
	char status[16];

	ours = word ? sut_reason(sut, sv_from(word)) : NULL;
	if (ours)
		return ours;
	(void)snprintf(status, sizeof(status), "%u", s->answer.status);
	ours = sut_reason(sut, sv_from(status));
	return ours ? ours : reason_of_status(s->answer.status);
}

static bool has_word(const struct conf_list *list, const char *word)
{
	char *const *v = list->v;

	for (size_t i = 0; i < list->n; i++)
		if (strcmp(v[i], word) == 0)
			return true;
	return false;
}

static int judge_refused(struct stage *s)
{
	const struct answer *a = &s->answer;
	const char *reason;

	/* a peer without the right certificate may be turned away by TLS itself */
	if (a->err && s->step->kind == CASE_PULL && s->step->client != CASE_CLIENT_VS &&
	    (a->err == EPROTO || a->err == ECONNRESET))
		return 0;
	if (a->err)
		return fails(s, "no answer: %s", a->text);
	if (a->status < 400 || a->status > 599)
		return fails(s, "not refused: %u", a->status);
	reason = read_reason(s);
	if (!reason && s->step->reasons.n) {
		s->ret->unreadable = true;
		return 0;
	}
	if (reason && s->step->reasons.n && !has_word(&s->step->reasons, reason))
		return fails(s, "refused for another reason: %u %s", a->status, reason);
	return 0;
}

/* --- what must be accepted --- */

static int judge_posted(struct stage *s)
{
	const struct answer *a = &s->answer;
	const char *reason = read_reason(s);

	if (a->err)
		return fails(s, "no answer: %s", a->text);
	if (a->status != 201)
		return fails(s, "%u %s", a->status, reason ? reason : "");
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
			return fails(s, "PASSporT %s did not come; %s", names[i],
				     came->l ? "others did" : "nothing did");
	for (left = buf_sv(came); left.l;) {
		struct sv line = sv_trim(sv_cut(&left, '\n'));

		if (line.l)
			return fails(s, "a PASSporT came that must not: %.60s…", line.p);
	}
	return 0;
}

static int judge_pulled(struct stage *s)
{
	const struct answer *a = &s->answer;

	if (a->err)
		return fails(s, "no answer: %s", a->text);
	if (a->status != 200 && a->status != 204)
		return fails(s, "%u", a->status);
	return judge_brought(s);
}

/* --- requests --- */

static int post(struct stage *s, struct err *e)
{
	const struct case_step *step = s->step;
	BUF_AUTO struct buf body = BUF(VECTOR_TEXT_MAX);
	char url[URL_MAX];
	struct https_request req = {
		.method = step->method,
		.url = url,
		.ctype = *step->type ? step->type : NULL,
		.timeout_ms = (uint64_t)s->p->b->sut->answer_ms,
		.max_response = VECTOR_TEXT_MAX - 1,
	};
	int err = play_sign(s->p, e);

	if (!err)
		err = play_expand(s->p, &body, step->body, e);
	if (err)
		return err;
	req.body = buf_sv(&body);
	(void)snprintf(url, sizeof(url), "https://" SUT_HOST ":%d%s", HTTPS_PORT, step->path);
	return bench_ask(s->p->b, CASE_CLIENT_NONE, &req, &s->answer);
}

static int pull(struct stage *s)
{
	const struct case_step *step = s->step;
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

	if (!step->again)
		env_uuid(&env, p->call_id);
	(void)snprintf(url, sizeof(url),
		       "https://" SUT_HOST ":%d/calls/%.36s?orig=%.15s&dest=%.15s&wait_ms=%lld",
		       PRIVATE_PORT, p->call_id, p->orig, p->dest, (long long)step->wait_ms);
	return bench_ask(p->b, (enum case_client)step->client, &req, &s->answer);
}

static int step_run(struct play *p, const struct case_step *step, struct conform_result *ret)
{
	struct stage s = {.p = p, .step = step, .ret = ret};
	struct err e = {""};
	int err = step->kind == CASE_POST ? post(&s, &e) : pull(&s);

	tell_expected(step, ret->expected, sizeof(ret->expected));
	if (err && err != EINTR) {
		ret->verdict = CONFORM_ERROR;
		(void)snprintf(ret->actual, sizeof(ret->actual), "the bench: %s", e.s);
		err = 0;
	} else if (!err && step->answer == CASE_REFUSED) {
		err = judge_refused(&s);
	} else if (!err) {
		err = step->kind == CASE_POST ? judge_posted(&s) : judge_pulled(&s);
	}
	p->cut_off = s.answer.err && s.answer.err != ETIMEDOUT;
	buf_free(&s.answer.body);
	return err;
}

/* Its connections end before it does */
static int see_end(struct bench *b)
{
	int err = procs_poll(b->ps, 0);

	for (unsigned i = 0; i < CRASH_MS && !err && !proc_ended(b->proc); i += CRASH_SLICE_MS)
		err = procs_poll(b->ps, CRASH_SLICE_MS);
	return err;
}

static void tell_end(struct bench *b, struct conform_result *ret)
{
	BUF_AUTO struct buf why = BUF(ERR_MAX);

	proc_text(b->proc, &why);
	ret->verdict = CONFORM_FAIL;
	(void)snprintf(ret->actual, sizeof(ret->actual), "%s", why.p ? why.p : "it ended");
}

int case_run(struct bench *b, const struct conform_case *c, struct conform_result *ret)
{
	const struct case_step *steps = c->steps.v;
	struct play p;
	int err = 0;

	play_begin(&p, b, c);
	ret->verdict = CONFORM_PASS;
	for (size_t i = 0; i < c->steps.n && !err && ret->verdict == CONFORM_PASS; i++)
		err = step_run(&p, &steps[i], ret);
	if (!err)
		err = p.cut_off ? see_end(b) : procs_poll(b->ps, 0);
	if (!err && proc_ended(b->proc))
		tell_end(b, ret);
	else if (!err && ret->verdict == CONFORM_PASS)
		(void)snprintf(ret->actual, sizeof(ret->actual), "%.200s%s", ret->expected,
			       ret->unreadable ? " (its reason cannot be read)" : "");
	play_end(&p);
	return err;
}
