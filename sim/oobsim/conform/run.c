/* A batch of cases: one start of the implementation for all, unless it ends. */
#include <errno.h>
#include <string.h>

#include "lib/base/env.h"
#include "sim/oobsim/conform/role.h"

/* It crashes at each case in turn: no more starts than this in one batch */
#define RESTARTS_MAX 20

/* What it was told when it was provisioned holds for all cases */
static bool can_be_told(const struct sut *sut, const struct conform_case *c)
{
	return sut->kind != SUT_ADDRESS || (!c->config && strcmp(c->trust, CASE_USUAL) == 0 &&
					    strcmp(c->published, CASE_USUAL) == 0);
}

static bool is_capability(const struct role *role, const char *word)
{
	const char *const *v = role->capabilities;

	while (v && *v && strcmp(*v, word) != 0)
		v++;
	return v && *v;
}

/* @return true when it is declared */
static bool must_declare(const struct sut *sut, struct conform_result *r, const char *word)
{
	if (sut_can(sut, word))
		return true;
	r->verdict = CONFORM_UNSUPPORTED;
	(void)snprintf(r->expected, sizeof(r->expected), "capability %s", word);
	(void)snprintf(r->actual, sizeof(r->actual), "%s does not declare it", sut->name);
	return false;
}

/* What a case needs, and its interface when that is something that not everybody has */
static void unsupported(const struct sut *sut, struct conform_result *r)
{
	char *const *needs = r->item->c->needs.v;
	const char *over = r->item->over;

	if (!can_be_told(sut, r->item->c)) {
		r->verdict = CONFORM_UNSUPPORTED;
		(void)snprintf(r->expected, sizeof(r->expected),
			       "settings that only a start can give");
		(void)snprintf(r->actual, sizeof(r->actual),
			       "%s runs already: it cannot be restarted", sut->name);
		return;
	}
	for (size_t i = 0; i < r->item->c->needs.n; i++)
		if (!must_declare(sut, r, needs[i]))
			return;
	if (over && is_capability(r->item->role, over))
		(void)must_declare(sut, r, over);
}

/* It says that it cannot. It has declared the role, and what the case needs; of a setting beyond that nothing is known */
static enum conform_verdict cannot(const struct conform_case *c)
{
	return c->config && !c->needs.n ? CONFORM_UNSUPPORTED : CONFORM_FAIL;
}

/* It did not come up: nothing is known about these cases, unless it said so */
static void not_started(const struct sut *sut, struct conform_result *r, int err,
			const struct err *e)
{
	const char *expected = sut->kind == SUT_ADDRESS ? "it can be reached" : "it starts";

	r->verdict = err == ENOTSUP ? cannot(r->item->c) : CONFORM_ERROR;
	if (r->verdict == CONFORM_UNSUPPORTED)
		expected = "setting for which it ended with 77";
	(void)snprintf(r->expected, sizeof(r->expected), "%s", expected);
	(void)snprintf(r->actual, sizeof(r->actual), "%s", e->s);
}

struct group {
	struct bench *b;
	const struct sut *sut;
	const struct conform_case *first; /**< whose surroundings all have */
	const json_t *fault;
	unsigned starts;
};

static int run_one(struct group *g, struct conform_result *r, struct err *e)
{
	const struct conform_case *c = g->first;
	const struct surroundings in = {c->trust, c->published, c->config, g->fault};
	struct err why = {""};
	int err = 0;

	if (bench_died(g->b))
		(void)bench_stop(g->b, NULL);
	if (!g->b->sut && g->starts++ < RESTARTS_MAX)
		err = bench_start(g->b, g->sut, &in, &why);
	else if (!g->b->sut)
		err = err_set(&why, EIO, "%s has ended %d times", g->sut->name, RESTARTS_MAX);
	else if (g->sut->kind == SUT_ADDRESS) /* who ends it, or pulls a plug, is not known to us */
		err = bench_reachable(g->b, false, &why);
	if (err == EINTR)
		return err_set(e, EINTR, "interrupted");
	if (err) {
		g->starts = RESTARTS_MAX + 1; /* it would not come up for the next case either */
		not_started(g->sut, r, err, &why);
		return 0;
	}
	return case_run(g->b, r) ? err_set(e, EINTR, "interrupted") : 0;
}

static int run_group(struct group *g, struct conform_result *results, size_t n, struct err *e)
{
	struct err why = {""};
	int err = 0;
	size_t last = n;

	for (size_t i = 0; i < n && !err; i++) {
		if (results[i].verdict == CONFORM_UNSUPPORTED)
			continue;
		err = run_one(g, &results[i], e);
		results[i].part = g->b->part;
		results[i].started = g->b->started;
		last = i;
	}
	/* that it ends when it is told to belongs to every case; the last one says it */
	if (bench_stop(g->b, &why) && last < n && results[last].verdict == CONFORM_PASS) {
		results[last].verdict = CONFORM_FAIL;
		(void)snprintf(results[last].expected, sizeof(results[last].expected),
			       "it ends with code 0 after SIGTERM");
		(void)snprintf(results[last].actual, sizeof(results[last].actual), "%s", why.s);
	}
	return err;
}

static int run_alone(struct bench *b, const struct sut *sut, const json_t *fault,
		     struct conform_result *r, struct err *e)
{
	struct err why = {""};
	int err;

	r->part = b->part;
	r->from_us = mono_us();
	err = b->role->run(b, sut, fault, r, &why);
	r->to_us = mono_us();
	if (err == EINTR)
		return err_set(e, EINTR, "interrupted");
	if (err) {
		r->verdict = CONFORM_ERROR;
		(void)snprintf(r->actual, sizeof(r->actual), "the bench: %s", why.s);
	}
	return 0;
}

int conform_run(struct bench *b, const struct sut *sut, const json_t *fault,
		struct conform_result *results, size_t n, struct err *e)
{
	struct group g = {b, sut, results[0].item->c, fault, 0};
	int err = 0;

	for (size_t i = 0; i < n; i++) {
		results[i] = (struct conform_result){
			.item = results[i].item,
			.listed = sut_known_failure(sut, results[i].item->id)};
		unsupported(sut, &results[i]);
	}
	if (b->role->batch)
		return b->role->batch(b, sut, fault, results, n, e);
	if (!b->role->run)
		return run_group(&g, results, n, e);
	for (size_t i = 0; i < n && !err; i++)
		if (results[i].verdict != CONFORM_UNSUPPORTED)
			err = run_alone(b, sut, fault, &results[i], e);
	return err;
}
