/* Role as: judging what has come to the CPS, and what has not. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/env.h"
#include "sim/oobsim/roles/role_as.h"

#define USUAL_MS   1000
#define CONTROL_MS 300
/* From the arrival of a later call's PASSporT until what was posted before it has come too, on another connection */
#define GRACE_MS 20
/* Clocks that count in whole milliseconds */
#define ROUNDING_MS 5
#define WORD        "posted"

/* What must come, and how much of it has */
struct want {
	struct sv token[AS_TOKENS];
	const char *name[AS_TOKENS];
	bool came[AS_TOKENS];
	size_t n, seen;
};

static uint64_t within(const struct as_step *s)
{
	return s->within_ms ? (uint64_t)s->within_ms : USUAL_MS;
}

void as_tell_posted(struct play *p, const struct as_step *s)
{
	BUF_AUTO struct buf words = BUF(sizeof(p->ret->expected));
	static const char *const how[] = {
		[AS_ANY] = "", [AS_ONE] = " in one request", [AS_EACH] = " in a request each"};

	if (s->never && s->within_ms)
		play_expects(p, "nothing is posted within %" PRId64 " ms", s->within_ms);
	else if (s->never)
		play_expects(p, "nothing is posted");
	else if (s->at_most)
		play_expects(p, "%" PRId64 " requests within %" PRIu64 " ms at the most",
			     s->at_most, within(s));
	else {
		play_words(&words, &s->posts, ", ");
		play_expects(p, "PASSporTs %s are posted%s%s%s within %" PRIu64 " ms", words.p,
			     s->path ? " to " : "", s->path ? s->path : "", how[s->requests],
			     within(s));
	}
}

/* --- what must come --- */

static bool find_wanted(struct want *ret, const struct as_bench *a, const struct as_step *s)
{
	char *const *names = s->posts.v;

	*ret = (struct want){.n = s->posts.n};
	for (size_t i = 0; i < s->posts.n; i++) {
		size_t k = (size_t)(names[i][0] - '1');
		bool digit = names[i][0] >= '1' && names[i][0] <= '9';

		ret->name[i] = names[i];
		if (digit && k < a->ntokens)
			ret->token[i] = buf_sv(&a->tokens[k]);
		else if (!digit)
			ret->token[i] = play_token(a->p, names[i]);
		if (!ret->token[i].l)
			return false;
	}
	return true;
}

static bool has_next(struct as_bench *a)
{
	return as_post_next(a) != NULL;
}

/* Media types may have parameters */
static bool is_type(const char *type, const char *want)
{
	struct sv v = sv_from(type);

	return sv_ieqz(sv_trim(sv_cut(&v, ';')), want);
}

/* As far as the step looks at it: what is wrong elsewhere is for another case to say */
static int judge_frame(struct as_bench *a, const struct as_step *s, const struct as_post *post)
{
	struct play *p = a->p;
	char length[24];

	(void)snprintf(length, sizeof(length), "%zu", post->body.l);
	if (strcmp(post->method, "POST") != 0)
		return play_fails(p, WORD, "the method is %s", post->method);
	if (s->path && strcmp(post->path, s->path) != 0)
		return play_fails(p, WORD, "the path is %s, expected %s", post->path, s->path);
	if (play_has_word(&s->checks, "type") && !is_type(post->type, "application/passport"))
		return play_fails(p, WORD, "the media type is \"%s\"", post->type);
	if (play_has_word(&s->checks, "length") && strcmp(post->length, length) != 0)
		return play_fails(p, WORD, "Content-Length is \"%s\", the body has %s octets",
				  post->length, length);
	if (play_has_word(&s->checks, "host") && !sv_starts(sv_from(post->host), AS_CPS))
		return play_fails(p, WORD, "Host is \"%s\"", post->host);
	return 0;
}

static size_t differ(struct sv a, struct sv b)
{
	size_t i = 0;

	while (i < a.l && i < b.l && a.p[i] == b.p[i])
		i++;
	return i;
}

/* One line of a body: which of those wanted it is */
static int judge_line(struct as_bench *a, const struct as_step *s, struct want *w, struct sv line)
{
	for (size_t i = 0; i < w->n; i++) {
		if (w->came[i] || !sv_eq(line, w->token[i]))
			continue;
		if (i != w->seen && s->requests != AS_EACH)
			return play_fails(a->p, WORD, "PASSporT %s came before %s", w->name[i],
					  w->name[w->seen]);
		w->came[i] = true;
		w->seen++;
		return 0;
	}
	if (w->seen == w->n)
		return play_fails(a->p, WORD, "a PASSporT more than expected: %.40s…", line.p);
	return play_fails(a->p, WORD, "PASSporT %s has other octets from octet %zu on: \"%.30s…\"",
			  w->name[w->seen], differ(line, w->token[w->seen]) + 1, line.p);
}

static int judge_post(struct as_bench *a, const struct as_step *s, struct want *w,
		      const struct as_post *post)
{
	struct sv rest = buf_sv(&post->body);
	size_t lines = 0;
	int err = judge_frame(a, s, post);

	/* a newline between them; one behind the last is met too */
	while (rest.l && a->p->ret->verdict == CONFORM_PASS) {
		struct sv line = sv_cut(&rest, '\n');

		if (line.l && line.p[line.l - 1] == '\r')
			line.l--;
		err = judge_line(a, s, w, line);
		lines++;
	}
	if (a->p->ret->verdict != CONFORM_PASS)
		return err;
	if (s->requests == AS_EACH && lines != 1)
		return play_fails(a->p, WORD, "%zu PASSporTs in one request", lines);
	if (s->requests == AS_ONE && lines != w->n)
		return play_fails(a->p, WORD, "%zu of %zu PASSporTs in one request", lines, w->n);
	return 0;
}

static int judge_time(struct as_bench *a, const struct as_step *s, const struct as_post *before,
		      const struct as_post *post)
{
	uint64_t from = before && before->answered_us ? before->answered_us : post->at_us;
	int64_t ms = (int64_t)((post->at_us - from) / 1000);

	if (!s->not_before_ms || ms + ROUNDING_MS >= s->not_before_ms)
		return 0;
	return play_fails(a->p, WORD,
			  "it came %" PRId64 " ms after the answer before it, expected "
			  "%" PRId64 " at the earliest",
			  ms, s->not_before_ms);
}

static int want_posts(struct as_bench *a, const struct as_step *s)
{
	uint64_t until = mono_us() + within(s) * 1000, now;
	struct want w;
	int err = 0;

	if (!find_wanted(&w, a, s))
		return play_fails(a->p, WORD, "the answer had %zu PASSporTs", a->ntokens);
	while (!err && w.seen < w.n && a->p->ret->verdict == CONFORM_PASS) {
		const struct as_post *before = a->read, *post;

		now = mono_us();
		err = as_wait(a, has_next, now < until ? (until - now) / 1000 : 0);
		post = as_post_next(a);
		if (err)
			break;
		if (!post)
			return play_fails(a->p, WORD,
					  "PASSporT %s did not come within %" PRIu64 " ms",
					  w.name[w.seen], within(s));
		a->read = (struct as_post *)(uintptr_t)post;
		if (!w.seen)
			err = judge_time(a, s, before, post);
		if (!err && a->p->ret->verdict == CONFORM_PASS)
			err = judge_post(a, s, &w, post);
	}
	return err;
}

/* --- what must not come --- */

static bool has_control(struct as_bench *a)
{
	return a->control;
}

/* A call behind it, whose PASSporT is posted in any case: what was to come has come before */
static int control_call(struct as_bench *a, struct err *e)
{
	char called[] = AS_CONTROL "$n";
	struct as_step s = {
		.caller = (char[]){"$orig"}, .called = called, .host = (char[]){"osp.example"}};
	struct as_said said;
	int err;

	a->control = false;
	err = as_ask(a, &s, &said, e);
	as_said_free(&said);
	if (!err)
		err = as_wait(a, has_control, CONTROL_MS);
	return err ? err : as_wait(a, has_next, GRACE_MS);
}

static int want_nothing(struct as_bench *a, const struct as_step *s, struct err *e)
{
	int err = s->within_ms ? as_wait(a, has_next, within(s)) : control_call(a, e);
	const struct as_post *post = as_post_next(a);

	if (err || !post)
		return err;
	return play_fails(a->p, WORD, "%s %s, %zu octets", post->method, post->path, post->body.l);
}

static int want_few(struct as_bench *a, const struct as_step *s)
{
	int err = as_wait(a, NULL, within(s));
	int64_t n = 0;

	for (const struct as_post *post = a->posts; post; post = post->next)
		n++;
	if (err || n <= s->at_most)
		return err;
	return play_fails(a->p, WORD, "%" PRId64 " requests within %" PRIu64 " ms", n, within(s));
}

int as_posted(struct as_bench *a, const struct as_step *s, struct err *e)
{
	if (s->never)
		return want_nothing(a, s, e);
	return s->at_most ? want_few(a, s) : want_posts(a, s);
}
