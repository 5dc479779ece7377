/* Role as: judging an answer. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/stir/passport.h"
#include "sim/oobsim/roles/role_as.h"

DEFINE_AUTO(json_t, json_decref)
DEFINE_AUTO(struct passport, passport_unref)
DEFINE_AUTO(char, free)

#define WORD "ask"

static int64_t within(const struct play *p, const struct as_step *s)
{
	return s->within_ms ? s->within_ms : p->b->sut->answer_ms;
}

static bool is_http(const struct play *p)
{
	return strcmp(as_over(p->state), "http") == 0;
}

/* --- what is expected --- */

void as_tell_ask(struct play *p, const struct as_step *s)
{
	BUF_AUTO struct buf words = BUF(sizeof(p->ret->expected));

	switch ((enum as_answer)s->answer) {
	case AS_SIGNED:
		(void)buf_addz(&words, "answered with PASSporTs of type ");
		play_words(&words, &s->types, ", ");
		break;
	case AS_REFUSED:
		(void)buf_addz(&words, "refused");
		break;
	case AS_UNSIGNED:
		(void)buf_addz(&words, "refused, or answered without a PASSporT");
		break;
	}
	if (s->codes.n)
		(void)buf_addz(&words, "; status ");
	play_words(&words, &s->codes, " or ");
	if (s->claims)
		(void)buf_printf(&words, "; %.100s", s->claims);
	if (s->checks.n)
		(void)buf_addz(&words, "; ");
	play_words(&words, &s->checks, ", ");
	if (s->within_ms)
		(void)buf_printf(&words, "; within %" PRId64 " ms", s->within_ms);
	play_expects(p, "%s", words.p ? words.p : "");
}

/* --- the status --- */

static bool is_success(const struct play *p, const struct as_said *said)
{
	unsigned status = said->status;

	return is_http(p) ? status == 200 || status == 201
			  : said->forwarded || (status >= 300 && status < 400);
}

static bool is_among(const struct conf_list *codes, unsigned status)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%u", status);
	return play_has_word(codes, text);
}

static int judge_status(struct play *p, const struct as_step *s, const struct as_said *said)
{
	const bool good = is_success(p, said), refused = said->status >= 400;

	if (s->codes.n && !is_among(&s->codes, said->status))
		return play_fails(p, WORD, "the status is %u%s%s", said->status,
				  said->why[0] ? ", " : "", said->why);
	if (s->answer == AS_SIGNED && !good)
		return play_fails(p, WORD, "not answered: %u %s", said->status, said->why);
	if (s->answer == AS_REFUSED && !refused)
		return play_fails(p, WORD, "not refused: %u", said->status);
	if (s->answer == AS_UNSIGNED && !refused && !good)
		return play_fails(p, WORD, "neither refused nor answered: %u", said->status);
	if (s->answer != AS_SIGNED && said->n)
		return play_fails(p, WORD, "%u, with %zu PASSporTs", said->status, said->n);
	if (s->answer != AS_SIGNED && refused && play_has_word(&s->checks, "reason") &&
	    !said->reason)
		return play_fails(p, WORD, "%u, and it does not say why", said->status);
	return 0;
}

/* --- the PASSporTs --- */

/* The octets before the parameters, whatever these are */
static void keep_tokens(struct as_bench *a, const struct as_said *said)
{
	a->ntokens = said->n;
	for (size_t i = 0; i < said->n; i++) {
		struct sv rest = buf_sv(&said->identities[i]);

		buf_reset(&a->tokens[i]);
		(void)buf_addsv(&a->tokens[i], sv_trim(sv_cut(&rest, ';')));
	}
}

static int judge_type(struct as_bench *a, const struct as_step *s, size_t i)
{
	AUTO(passport_unref) struct passport *pp = NULL;
	struct fault fault = {.check = ""};
	char why[FAULT_TEXT_MAX];
	const char *want = ((char *const *)s->types.v)[i];

	if (passport_parse(&pp, buf_sv(&a->tokens[i]), &fault)) {
		fault_text(&fault, why);
		return play_fails(a->p, WORD, "PASSporT %zu cannot be read: %s", i + 1, why);
	}
	if (sv_eqz(pp->ppt, want))
		return 0;
	return play_fails(a->p, WORD, "PASSporT %zu is of type \"%.*s\", expected \"%s\"", i + 1,
			  SV_ARG(pp->ppt), want);
}

static int judge_types(struct as_bench *a, const struct as_step *s)
{
	int err = 0;

	if (a->ntokens != s->types.n)
		return play_fails(a->p, WORD, "%zu PASSporTs, expected %zu", a->ntokens,
				  s->types.n);
	for (size_t i = 0; i < a->ntokens && !err && a->p->ret->verdict == CONFORM_PASS; i++)
		err = judge_type(a, s, i);
	return err;
}

/* --- claims --- */

/* The first member that is not as it must be; null: it must not be there. @return Its name; NULL: all are */
static const char *differs(const json_t *came, const json_t *want, const json_t **ret)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)want, name, value) {
		const json_t *there = json_object_get(came, name);

		*ret = there;
		if (json_is_null(value) ? there != NULL
					: !json_equal((json_t *)(uintptr_t)there, value))
			return name;
	}
	return NULL;
}

static int judge_claims(struct as_bench *a, const struct as_step *s, struct err *e)
{
	AUTO(passport_unref) struct passport *pp = NULL;
	AUTO(json_decref) json_t *want = NULL;
	AUTO(free) char *came = NULL, *expected = NULL;
	BUF_AUTO struct buf text = BUF(VECTOR_TEXT_MAX);
	const json_t *value = NULL;
	const char *name;

	if (as_expand(a, &text, s->claims, e))
		return EINVAL;
	want = json_loads(text.p, 0, NULL);
	if (!json_is_object(want))
		return err_set(e, EINVAL, "claims: expected an object, got %s", text.p);
	if (passport_parse(&pp, buf_sv(&a->tokens[0]), NULL))
		return 0; /* judge_type() has said so */
	name = differs(pp->claims, want, &value);
	if (!name)
		return 0;
	came = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
	expected = json_dumps(json_object_get(want, name), JSON_ENCODE_ANY | JSON_COMPACT);
	return play_fails(a->p, WORD, "%s is %s, expected %s", name, came ? came : "not there",
			  expected ? expected : "");
}

/* --- whole --- */

static int judge_checks(struct as_bench *a, const struct as_step *s, const struct as_said *said)
{
	char *const *words = s->checks.v;
	struct err text = {""};

	for (size_t i = 0; i < a->ntokens; i++)
		for (size_t k = 0; k < s->checks.n; k++)
			if (!as_check_token(a, s, words[k], said, i, &text))
				return play_fails(a->p, WORD, "PASSporT %zu: %s", i + 1, text.s);
	return 0;
}

static void keep_origid(struct as_bench *a)
{
	AUTO(passport_unref) struct passport *pp = NULL;

	if (a->ntokens && passport_parse(&pp, buf_sv(&a->tokens[0]), NULL) == 0)
		(void)snprintf(a->origid, sizeof(a->origid), "%.*s", SV_ARG(pp->origid));
}

int as_judge(struct as_bench *a, const struct as_step *s, const struct as_said *said, struct err *e)
{
	struct play *p = a->p;
	int err;

	if (said->err)
		return play_fails(p, WORD, "no answer within %" PRId64 " ms: %s", within(p, s),
				  said->text);
	keep_tokens(a, said);
	err = judge_status(p, s, said);
	if (err || p->ret->verdict != CONFORM_PASS || s->answer != AS_SIGNED)
		return err;
	err = judge_types(a, s);
	if (!err && p->ret->verdict == CONFORM_PASS && s->claims && a->ntokens)
		err = judge_claims(a, s, e);
	if (!err && p->ret->verdict == CONFORM_PASS)
		err = judge_checks(a, s, said);
	keep_origid(a);
	return err;
}
