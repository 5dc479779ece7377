/* One case: its steps one by one, what was expected, what came, why something was refused. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/base/env.h"
#include "lib/stir/reason.h"
#include "sim/oobsim/conform/role.h"

DEFINE_AUTO(json_t, json_decref)

/* From the end of a crashed program's connections to its own */
#define CRASH_MS       300
#define CRASH_SLICE_MS 10

/* --- what is expected, what came --- */

void play_words(struct buf *ret, const struct conf_list *words, const char *between)
{
	char *const *v = words->v;

	for (size_t i = 0; i < words->n; i++)
		(void)buf_printf(ret, "%s%s", i ? between : "", v[i]);
}

bool play_has_word(const struct conf_list *words, const char *word)
{
	char *const *v = words->v;

	for (size_t i = 0; i < words->n; i++)
		if (strcmp(v[i], word) == 0)
			return true;
	return false;
}

void play_expects(struct play *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(p->ret->expected, sizeof(p->ret->expected), fmt, ap);
	va_end(ap);
}

int play_fails(struct play *p, const char *word, const char *fmt, ...)
{
	char *actual = p->ret->actual;
	const size_t size = sizeof(p->ret->actual);
	int n = snprintf(actual, size, "step %zu (%s): ", p->at + 1, word);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(actual + n, size - (size_t)n, fmt, ap);
	va_end(ap);
	p->ret->verdict = CONFORM_FAIL;
	p->ret->failed_us = mono_us();
	return 0;
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

const char *play_reason(const struct play *p, const struct answer *a)
{
	const struct sut *sut = p->b->sut;
	AUTO(json_decref)
	json_t *problem = a->body.l ? json_loadb(a->body.p, a->body.l, 0, NULL) : NULL;
	const char *word = json_string_value(json_object_get(problem, "reason")), *ours;
	char status[16];

	ours = word ? sut_reason(sut, sv_from(word)) : NULL;
	if (ours)
		return ours;
	(void)snprintf(status, sizeof(status), "%u", a->status);
	ours = sut_reason(sut, sv_from(status));
	return ours ? ours : reason_of_status(a->status);
}

int play_refused(struct play *p, const char *word, const struct answer *a,
		 const struct conf_list *reasons)
{
	const char *reason;

	if (a->err)
		return play_fails(p, word, "no answer: %s", a->text);
	if (a->status < 400 || a->status > 599)
		return play_fails(p, word, "not refused: %u", a->status);
	reason = play_reason(p, a);
	if (!reason && reasons->n)
		p->ret->unreadable = true;
	if (reason && reasons->n && !play_has_word(reasons, reason))
		return play_fails(p, word, "refused for another reason: %u %s", a->status, reason);
	return 0;
}

/* --- the case --- */

static bool is_up(const struct bench *b)
{
	return b->proc ? !bench_died(b)
		       : b->sut->kind == SUT_ADDRESS && bench_reachable(b, false, NULL) == 0;
}

/* Its connections end before it does */
static int see_end(struct bench *b)
{
	int err = procs_poll(b->ps, 0);

	for (unsigned i = 0; i < CRASH_MS && !err && is_up(b); i += CRASH_SLICE_MS)
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

static int in_trouble(struct conform_result *ret, const struct err *e)
{
	ret->verdict = CONFORM_ERROR;
	(void)snprintf(ret->actual, sizeof(ret->actual), "the bench: %s", e->s);
	return 0;
}

/* @return 0; EINTR */
static int run_steps(struct play *p)
{
	const struct role *role = p->b->role;
	struct err e = {""};
	int err = role->begin ? role->begin(p, &e) : 0;

	for (p->at = 0; p->at < p->c->steps.n && !err && p->ret->verdict == CONFORM_PASS; p->at++)
		err = role->step(p, (const char *)p->c->steps.v + p->at * role->step_table->size,
				 &e);
	if (role->end)
		role->end(p);
	return err && err != EINTR ? in_trouble(p->ret, &e) : err;
}

int case_run(struct bench *b, struct conform_result *ret)
{
	struct play p;
	int err;

	play_begin(&p, b, ret->item);
	p.ret = ret;
	ret->verdict = CONFORM_PASS;
	ret->part = b->part;
	ret->from_us = mono_us();
	err = run_steps(&p);
	ret->to_us = mono_us();
	if (!err)
		err = p.cut_off ? see_end(b) : procs_poll(b->ps, 0);
	if (!err && bench_died(b))
		tell_end(b, ret);
	else if (!err && ret->verdict == CONFORM_PASS && !ret->actual[0])
		(void)snprintf(ret->actual, sizeof(ret->actual), "%.200s%s", ret->expected,
			       ret->unreadable ? " (its reason cannot be read)" : "");
	play_end(&p);
	return err;
}
