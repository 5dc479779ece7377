/* `conform --check`: is the implementation attached rightly? Before any case. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/net/app.h"
#include "sim/oobsim/run/cmdline.h"
#include "sim/oobsim/conform/judge.h"

/* A member that no implementation knows */
#define UNKNOWN "x-unknown"

static const struct surroundings usual = {.trust = CASE_USUAL, .published = CASE_USUAL};

static const char *how_up(const struct sut *sut)
{
	return sut->kind == SUT_ADDRESS                ? "takes connections"
	       : sut->process.ready == SUT_READY_PORTS ? "starts, and its ports take connections"
						       : "starts, and prints READY";
}

static int check_usual(struct bench *b, const struct sut *sut, struct err *e)
{
	struct err why = {""};
	int err = bench_start(b, sut, &usual, e), end;

	if (err)
		return err;
	(void)printf("%s: %s\n", sut->name, how_up(sut));
	err = b->role->check ? b->role->check(b, e) : 0;
	end = bench_stop(b, err ? &why : e);
	if (!err && !end && sut->kind == SUT_PROCESS)
		(void)printf("%s: ends with code 0 after SIGTERM\n", sut->name);
	return err ? err : end;
}

/* Does it know how to say that it cannot? No mistake, but good to know: without it, cases fail that would be unsupported */
static int check_cannot(struct bench *b, const struct sut *sut, struct err *e)
{
	json_t *config = json_pack("{s:b}", UNKNOWN, true);
	struct surroundings in = usual;
	struct err why = {""};
	int err;

	in.config = config;
	err = bench_start(b, sut, &in, &why);
	if (!err)
		(void)bench_stop(b, NULL);
	json_decref(config);
	if (err == EINTR)
		return err_set(e, EINTR, "interrupted");
	if (err == ENOTSUP)
		(void)printf("%s: ends with code %d when it is asked for what it does not know\n",
			     sut->name, SUT_CANNOT);
	else
		(void)printf("remark: asked for \"" UNKNOWN
			     "\", which nobody knows, it %s; code %d would say that it cannot\n",
			     err ? "does not end with 77" : "serves all the same", SUT_CANNOT);
	return 0;
}

static int check_judge(struct bench *b, const struct sut *sut, const struct case_item *first,
		       struct err *e)
{
	struct conform_result r = {.item = first};
	int err = judge_batch(b, sut, NULL, &r, 1, e);

	if (err)
		return err;
	if (r.verdict != CONFORM_PASS)
		return err_set(e, EIO, "%s: %s: expected %s, got %s", sut->name, first->id,
			       r.expected, r.actual);
	(void)printf("%s: starts, and answers\n%s: ends with code 0 when its input ends\n",
		     sut->name, sut->name);
	return 0;
}

/* It starts and ends in a world of its own */
static int check_alone(struct bench *b, const struct sut *sut, struct err *e)
{
	int err;

	if (!b->role->check)
		return err_set(e, ENOTSUP, "there is no check of the role %s", b->role->name);
	b->sut = sut;
	err = b->role->check(b, e);
	b->sut = NULL;
	return err;
}

int conform_check(struct bench *b, const struct sut *sut, const struct case_item *first,
		  struct err *e)
{
	int err = 0;

	if (b->role->batch)
		err = check_judge(b, sut, first, e);
	else if (b->role->run)
		err = check_alone(b, sut, e);
	else
		err = check_usual(b, sut, e);
	if (!err && sut->kind == SUT_PROCESS && !b->role->run)
		err = check_cannot(b, sut, e);
	return err ? EXIT_FAILED : 0;
}
