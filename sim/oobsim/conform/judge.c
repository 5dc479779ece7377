/* A batch of vectors through one judge: several are under way at a time, answers come in any order; after a crash or a hang those
 * that were under way are tried again one by one, so that it is known which of them it was. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/base/env.h"
#include "sim/oobsim/conform/judge.h"
#include "sim/oobsim/conform/profile.h"

DEFINE_AUTO(json_t, json_decref)

/* Vectors under way at once */
#define WINDOW 16
/* It crashes or hangs again and again: no more starts than this in one batch */
#define RESTARTS_MAX 20
/* Each start begins with a vector of this id: that it is answered says that the program is up */
#define READY_ID "ready"

enum state { WAITS, SUSPECT, UNDER_WAY, DONE };

struct judging {
	struct bench *b;
	const struct sut *sut;
	const json_t *fault;
	const struct judge_lines *lines;
	struct conform_result *r;
	enum state *state;
	size_t n;
	struct judge_proc *proc; /* NULL: none runs */
	char *ready;             /* the line of READY_ID */
	bool up;                 /* and it has been answered */
	unsigned starts;
	uint64_t since_us; /* when it last answered, or began to wait */
	char stray[120];   /* of what it wrote and is no answer, the first */
};

static size_t count(const struct judging *j, enum state state)
{
	size_t n = 0;

	for (size_t i = 0; i < j->n; i++)
		n += j->state[i] == state;
	return n;
}

static void end_case(struct judging *j, size_t i, enum conform_verdict verdict)
{
	j->state[i] = DONE;
	j->r[i].verdict = verdict;
	j->r[i].to_us = mono_us();
}

static void fails(struct judging *j, size_t i, const char *text)
{
	end_case(j, i, CONFORM_FAIL);
	(void)snprintf(j->r[i].actual, sizeof(j->r[i].actual), "%s%s%s%s", text,
		       j->stray[0] ? "; it wrote \"" : "", j->stray, j->stray[0] ? "\"" : "");
}

/* --- answers --- */

static void keep_stray(struct judging *j, struct sv line)
{
	if (j->stray[0])
		return;
	for (size_t i = 0; i < line.l && i + 1 < sizeof(j->stray); i++) {
		const char c = line.p[i];

		j->stray[i] = c;
		if (c < ' ' || c > '~')
			j->stray[i] = '?';
	}
}

/* It is refused as it must be: also for the right reason? */
static void judge_reason(struct judging *j, size_t i, const char *want, const char *word)
{
	const char *ours = word ? sut_reason(j->sut, sv_from(word)) : NULL;
	const bool other = ours && strcmp(ours, want) != 0;
	struct conform_result *r = &j->r[i];

	r->unreadable = !ours;
	(void)snprintf(r->actual, sizeof(r->actual), "refused%s%.80s%s", word ? ": " : "",
		       ours   ? ours
		       : word ? word
			      : "",
		       !ours   ? " (its reason cannot be read)"
		       : other ? ": another reason"
			       : "");
	end_case(j, i, other && j->b->profile != PROFILE_LENIENT ? CONFORM_FAIL : CONFORM_PASS);
}

static void judge_answer(struct judging *j, size_t i, const json_t *answer)
{
	const struct judge_line *line = judge_line_find(j->lines, j->r[i].item->id);
	const char *verdict = json_string_value(json_object_get(answer, "verdict"));
	const char *reason = json_string_value(json_object_get(answer, "reason"));
	struct conform_result *r = &j->r[i];
	char text[160];

	if (verdict && strcmp(verdict, line->refused ? "refused" : "accepted") == 0) {
		if (line->refused) {
			judge_reason(j, i, line->reason, reason);
			return;
		}
		(void)snprintf(r->actual, sizeof(r->actual), "accepted");
		end_case(j, i, CONFORM_PASS);
		return;
	}
	(void)snprintf(text, sizeof(text), "%s%.60s%s%.60s",
		       verdict ? "" : "an answer without a verdict", verdict ? verdict : "",
		       verdict && reason ? ": " : "", verdict && reason ? reason : "");
	fails(j, i, text);
}

static void on_line(struct sv line, void *arg)
{
	struct judging *j = arg;
	AUTO(json_decref) json_t *answer = json_loadb(line.p, line.l, 0, NULL);
	const char *id = json_string_value(json_object_get(answer, "id"));

	for (size_t i = 0; id && i < j->n; i++) {
		if (strcmp(j->r[i].item->id, id) != 0 || j->state[i] == WAITS ||
		    j->state[i] == SUSPECT || j->r[i].verdict == CONFORM_UNSUPPORTED)
			continue;
		if (j->state[i] == DONE)
			fails(j, i, "it was answered twice");
		else
			judge_answer(j, i, answer);
		j->since_us = mono_us();
		return;
	}
	if (id && strcmp(id, READY_ID) == 0 && !j->up) {
		j->up = true;
		j->since_us = mono_us();
		return;
	}
	keep_stray(j, line);
}

/* --- questions --- */

/* Which comes next; n when none may: those of which one is to blame go alone */
static size_t next_of(const struct judging *j)
{
	const size_t suspects = count(j, SUSPECT), under_way = count(j, UNDER_WAY);
	const enum state wanted = suspects ? SUSPECT : WAITS;
	size_t i = 0;

	if (under_way >= (suspects ? 1 : WINDOW))
		return j->n;
	while (i < j->n && j->state[i] != wanted)
		i++;
	return i;
}

static void ask_next(struct judging *j)
{
	const struct judge_line *line;
	size_t i;

	if (!j->up || !judge_taken(j->proc))
		return;
	i = next_of(j);
	if (i == j->n)
		return;
	line = judge_line_find(j->lines, j->r[i].item->id);
	if (!count(j, UNDER_WAY))
		j->since_us = mono_us();
	j->state[i] = UNDER_WAY;
	j->r[i].part = j->b->part;
	j->r[i].from_us = mono_us();
	judge_give(j->proc, line->text, line->len);
}

static int start(struct judging *j, struct err *e)
{
	int err = judge_start(&j->proc, j->b, j->sut, j->fault, e);

	j->up = false;
	j->stray[0] = '\0';
	j->since_us = mono_us();
	if (!err)
		judge_give(j->proc, j->ready, strlen(j->ready));
	return err;
}

static bool too_late(const struct judging *j)
{
	const int64_t ms = j->up ? j->sut->answer_ms : j->sut->judge.start_ms;

	return (!j->up || count(j, UNDER_WAY)) && mono_us() > j->since_us + (uint64_t)ms * 1000;
}

/* Until it has answered all, or there is trouble. @return 0; ETIMEDOUT, EPIPE, EINTR */
static int ask_all(struct judging *j)
{
	while (count(j, DONE) < j->n) {
		int err;

		ask_next(j);
		err = judge_go_on(j->proc, on_line, j);
		if (err)
			return err;
		if (too_late(j))
			return ETIMEDOUT;
	}
	return 0;
}

/* --- trouble --- */

static void not_up(struct judging *j, int err, const char *text)
{
	for (size_t i = 0; i < j->n; i++) {
		if (j->state[i] == DONE)
			continue;
		end_case(j, i, err == ENOTSUP ? CONFORM_FAIL : CONFORM_ERROR);
		(void)snprintf(j->r[i].actual, sizeof(j->r[i].actual), "%s%s%s%s", text,
			       j->stray[0] ? "; it wrote \"" : "", j->stray,
			       j->stray[0] ? "\"" : "");
	}
}

/* One was under way: it is to blame. Several: they are suspects */
static void blame(struct judging *j, const char *text)
{
	const bool one = count(j, UNDER_WAY) == 1;

	for (size_t i = 0; i < j->n; i++) {
		if (j->state[i] != UNDER_WAY)
			continue;
		j->state[i] = SUSPECT;
		if (one)
			fails(j, i, text);
	}
}

static void take_trouble(struct judging *j, int trouble)
{
	struct err why = {""};
	int err = judge_end(j->proc, trouble == ETIMEDOUT, &why);

	j->proc = NULL;
	if (trouble == ETIMEDOUT)
		(void)err_set(&why, 0, "no answer within %lld ms",
			      (long long)(j->up ? j->sut->answer_ms : j->sut->judge.start_ms));
	else if (!err)
		(void)err_set(&why, 0, "%s ended before its input did", j->sut->name);
	if (j->up)
		blame(j, why.s);
	else
		not_up(j, trouble == ETIMEDOUT ? trouble : err, why.s);
}

/* @return 0; EINTR */
static int run(struct judging *j)
{
	struct err why = {""};
	int err = 0;

	while (!err && count(j, DONE) < j->n) {
		if (j->starts++ == RESTARTS_MAX) {
			(void)err_set(&why, 0, "%s has crashed or hung %d times", j->sut->name,
				      RESTARTS_MAX);
			not_up(j, 0, why.s);
		} else if (start(j, &why)) {
			not_up(j, 0, why.s);
		} else {
			err = ask_all(j);
			if (err && err != EINTR) {
				take_trouble(j, err);
				err = 0;
			}
		}
	}
	return err;
}

/* That it ends with its input belongs to every vector; the last one says it */
static void see_end(struct judging *j)
{
	struct err why = {""};
	size_t last = j->n;

	if (!j->proc || judge_end(j->proc, false, &why) == 0)
		return;
	while (last > 0 && j->r[last - 1].verdict != CONFORM_PASS)
		last--;
	if (!last)
		return;
	(void)snprintf(j->r[last - 1].expected, sizeof(j->r[last - 1].expected),
		       "it ends with code 0 when its input ends");
	fails(j, last - 1, why.s);
}

static char *ready_line(const struct judge_lines *lines)
{
	const struct judge_line *usual = judge_line_find(lines, "passport/usual");
	AUTO(json_decref) json_t *v = json_loadb(usual->text, usual->len, 0, NULL);

	(void)json_object_set_new(v, "id", json_string(READY_ID));
	return json_dumps(v, JSON_COMPACT);
}

static void begin(struct judging *j)
{
	for (size_t i = 0; i < j->n; i++) {
		const struct judge_line *line = judge_line_find(j->lines, j->r[i].item->id);

		j->state[i] = j->r[i].verdict == CONFORM_UNSUPPORTED ? DONE : WAITS;
		if (j->state[i] == WAITS)
			(void)snprintf(j->r[i].expected, sizeof(j->r[i].expected), "%s%s",
				       line->refused ? "refused: " : "accepted",
				       line->refused ? line->reason : "");
	}
}

int judge_batch(struct bench *b, const struct sut *sut, const json_t *fault,
		struct conform_result *r, size_t n, struct err *e)
{
	struct judging j = {.b = b, .sut = sut, .fault = fault, .r = r, .n = n};
	int err = judge_lines_get(&j.lines, b->seed, e);

	if (err)
		return err;
	j.state = calloc(n, sizeof(*j.state));
	j.ready = ready_line(j.lines);
	if (!j.state || !j.ready) {
		err = err_set(e, ENOMEM, "out of memory");
	} else {
		begin(&j);
		err = run(&j);
		if (err)
			(void)err_set(e, err, "interrupted");
		see_end(&j);
	}
	free(j.state);
	free(j.ready);
	return err;
}
