/* All cases of a role, with as few starts of the implementation as their surroundings allow. */
#include <errno.h>
#include <string.h>

#include "sim/oobsim/conform.h"

/* It crashes at each case in turn: no more starts than this in one run of cases with the same surroundings */
#define RESTARTS_MAX 20

static void unsupported(const struct sut *sut, struct conform_result *r)
{
	char *const *needs = r->c->needs.v;

	for (size_t i = 0; i < r->c->needs.n; i++) {
		if (sut_can(sut, needs[i]))
			continue;
		r->verdict = CONFORM_UNSUPPORTED;
		(void)snprintf(r->expected, sizeof(r->expected), "capability %s", needs[i]);
		(void)snprintf(r->actual, sizeof(r->actual), "%s does not declare it", sut->name);
		return;
	}
}

static bool in_group(const struct conform_result *r, const char *trust)
{
	return r->verdict != CONFORM_UNSUPPORTED && strcmp(r->c->trust, trust) == 0;
}

/* It did not come up: nothing is known about these cases, unless it said that it cannot what it had declared */
static void not_started(struct conform_result *r, int err, const struct err *e)
{
	r->verdict = err == ENOTSUP ? CONFORM_FAIL : CONFORM_ERROR;
	(void)snprintf(r->expected, sizeof(r->expected), "it starts");
	(void)snprintf(r->actual, sizeof(r->actual), "%s", e->s);
}

struct group {
	struct bench *b;
	const struct sut *sut;
	const char *trust;
	const json_t *fault;
	unsigned starts;
};

static int run_one(struct group *g, struct conform_result *r, struct err *e)
{
	struct err why = {""};
	int err = 0;

	if (g->b->proc && proc_ended(g->b->proc))
		(void)bench_stop(g->b, NULL);
	if (!g->b->proc && g->starts++ < RESTARTS_MAX)
		err = bench_start(g->b, g->sut, g->trust, g->fault, &why);
	else if (!g->b->proc)
		err = err_set(&why, EIO, "%s has ended %d times", g->sut->name, RESTARTS_MAX);
	if (err == EINTR)
		return err_set(e, EINTR, "interrupted");
	if (err) {
		g->starts = RESTARTS_MAX + 1; /* it would not come up for the next case either */
		not_started(r, err, &why);
		return 0;
	}
	return case_run(g->b, r->c, r) ? err_set(e, EINTR, "interrupted") : 0;
}

static int run_group(struct group *g, struct conform_result *results, size_t n, struct err *e)
{
	struct err why = {""};
	int err = 0;
	size_t last = n;

	for (size_t i = 0; i < n && !err; i++) {
		if (!in_group(&results[i], g->trust))
			continue;
		err = run_one(g, &results[i], e);
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

static bool seen_before(const struct conform_result *results, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (in_group(&results[k], results[i].c->trust))
			return true;
	return false;
}

int conform_run(struct bench *b, const struct sut *sut, const json_t *fault,
		struct conform_result *results, size_t n, struct err *e)
{
	int err = 0;

	for (size_t i = 0; i < n; i++) {
		results[i] = (struct conform_result){.c = results[i].c};
		unsupported(sut, &results[i]);
	}
	for (size_t i = 0; i < n && !err; i++) {
		struct group g = {b, sut, results[i].c->trust, fault, 0};

		if (in_group(&results[i], g.trust) && !seen_before(results, i))
			err = run_group(&g, results, n, e);
	}
	for (size_t i = 0; i < n; i++)
		results[i].known = results[i].verdict == CONFORM_FAIL &&
				   sut_known_failure(sut, results[i].c->id) != NULL;
	return err;
}
