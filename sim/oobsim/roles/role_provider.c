/* Roles osp and tsp: a whole provider, which takes part in scenarios, and is judged by what is seen of it from outside. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/auto.h"
#include "sim/oobsim/roles/role_provider.h"
#include "sim/oobsim/run/run.h"

DEFINE_AUTO(char, free)

#define SETTINGS_MAX 32

#define MEMBER(member_, ...)                                                      \
	{                                                                         \
		.name = #member_, .off = offsetof(struct provider_step, member_), \
		.type = CONF_ANY, __VA_ARGS__                                     \
	}

static const struct conf_member step_members[] = {
	MEMBER(scenario, .required = true,
	       .doc = "id of a scenario file, or a scenario (oobsim schema)"),
	MEMBER(with, .doc = "members of the scenario that are others here; null takes one away"),
	MEMBER(expect, .required = true,
	       .doc = "array of what must be true: ids of its expectations, or others"),
	{0},
};
static const struct conf_table step_table = {"step of a case", sizeof(struct provider_step),
					     step_members};

static int check_step(const struct case_place *at, const struct conform_case *c, size_t i)
{
	const struct provider_step *step = (const struct provider_step *)c->steps.v + i;
	struct scenario scn;
	const char *member;
	struct err why = {""};
	char where[64];
	AUTO(free) char *text = provider_scene(c, step, &member, &why);

	if (text && scenario_read(&scn, text, c->id, &why) == 0) {
		scenario_free(&scn);
		return 0;
	}
	(void)snprintf(where, sizeof(where), "/steps/%zu/%s", i, member);
	return case_refuse(at, where, "a scenario", why.s);
}

/* --- settings of the implementation, "as.faults.publish" --- */

struct settings {
	struct setting v[SETTINGS_MAX];
	char *texts[2 * SETTINGS_MAX];
	size_t n;
};

static int add_settings(struct settings *s, const char *provider, const json_t *of, struct err *e)
{
	const char *path;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)of, path, value) {
		char *name = NULL, *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

		if (s->n == SETTINGS_MAX || !text || asprintf(&name, "%s.%s", provider, path) < 0) {
			free(text);
			return err_set(e, ENOSPC, "more than %d settings, or out of memory",
				       SETTINGS_MAX);
		}
		s->texts[2 * s->n] = name;
		s->texts[2 * s->n + 1] = text;
		s->v[s->n++] = (struct setting){name, text};
	}
	return 0;
}

static void free_settings(struct settings *s)
{
	for (size_t i = 0; i < 2 * s->n; i++)
		free(s->texts[i]);
}

/* --- one run --- */

/* The first that does not hold. What cannot be seen from outside has no place in a case */
static void judge(const struct run_result *res, const struct events *evs, struct conform_result *r)
{
	const struct check *bad = NULL;

	for (size_t i = 0; i < res->nchecks && !bad; i++)
		if (res->checks[i].verdict != VERDICT_PASS)
			bad = &res->checks[i];
	for (size_t i = 0; i < res->nchecks && bad && bad->verdict != VERDICT_FAIL; i++)
		if (res->checks[i].verdict == VERDICT_FAIL)
			bad = &res->checks[i];
	if (!bad)
		return;
	r->verdict = bad->verdict == VERDICT_FAIL ? CONFORM_FAIL : CONFORM_ERROR;
	(void)snprintf(r->expected, sizeof(r->expected), "%s", bad->expected);
	(void)snprintf(r->actual, sizeof(r->actual), "%s: %s", bad->id, bad->actual);
	if (bad->nevidence)
		r->failed_us = events_at(evs, bad->evidence[0])->t_us;
}

/* A run that was none: of an implementation that does not come up nothing is known, unless it says that it cannot */
static void not_run(const struct run_result *res, int err, struct conform_result *r)
{
	r->verdict = err == ENOTSUP ? CONFORM_FAIL : CONFORM_ERROR;
	(void)snprintf(r->expected, sizeof(r->expected), "a run");
	(void)snprintf(r->actual, sizeof(r->actual), "%s", res->error);
}

static int run_scene(struct bench *b, const struct sut *sut, const struct scenario *scn,
		     const struct settings *s, struct run_result *res, struct events **ret_evs)
{
	const struct world_sut place = {provider_place(b->role, scn)->name, sut};
	char report[PATH_MAX];
	const struct run_opts opts = {
		.report = report,
		.world = {.settings = s->v, .nsettings = s->n, .suts = &place, .nsuts = 1},
	};

	if (sut->kind != SUT_PROCESS) {
		(void)snprintf(
			res->error, sizeof(res->error),
			"%s: expected a process: each case has a world of its own, with other "
			"certificates and settings",
			sut->file);
		return EINVAL;
	}
	(void)snprintf(report, sizeof(report), "%.*s/%u-%s", PATH_MAX - 128, b->w.dir, b->calls++,
		       scn->id);
	return run_scenario(res, ret_evs, scn, &opts);
}

static int run_step(struct bench *b, const struct sut *sut, const json_t *fault,
		    struct conform_result *r, size_t i, struct err *e)
{
	const struct conform_case *c = r->item->c;
	const struct provider_step *step = (const struct provider_step *)c->steps.v + i;
	const char *member;
	AUTO(free) char *text = provider_scene(c, step, &member, e);
	struct run_result res = {.id = NULL};
	struct events *evs = NULL;
	struct settings s = {.n = 0};
	struct scenario scn;
	int err = text ? scenario_read(&scn, text, c->id, e) : EBADMSG;

	if (err)
		return err;
	if (fault)
		scn.wait_ms = PROVIDER_FAULT_WAIT_MS;
	err = add_settings(&s, provider_place(b->role, &scn)->name, c->config, e);
	if (!err)
		err = add_settings(&s, provider_place(b->role, &scn)->name, fault, e);
	if (!err) {
		err = run_scene(b, sut, &scn, &s, &res, &evs);
		if (err && err != EINTR)
			not_run(&res, err, r);
		else if (!err)
			judge(&res, evs, r);
		err = err == EINTR ? EINTR : 0;
	}
	events_free(evs);
	run_result_free(&res);
	free_settings(&s);
	scenario_free(&scn);
	return err;
}

static int run(struct bench *b, const struct sut *sut, const json_t *fault,
	       struct conform_result *r, struct err *e)
{
	int err = 0;

	for (size_t i = 0; i < r->item->c->steps.n && !err && r->verdict == CONFORM_PASS; i++)
		err = run_step(b, sut, fault, r, i, e);
	return err;
}

/* --- trying the attachment --- */

/* One call, whatever becomes of its PASSporT */
static int check(struct bench *b, struct err *e)
{
	struct run_result res = {.id = NULL};
	struct events *evs = NULL;
	const struct settings none = {.n = 0};
	struct conform_case c = {.id = "check", .title = "attachment"};
	struct provider_step step = {
		.scenario = json_string("A1"),
		.expect = json_pack("[{s:[s]}]", "never", "osp.phone -> tsp.phone INVITE")};
	const char *member;
	AUTO(free) char *text = provider_scene(&c, &step, &member, e);
	struct scenario scn;
	int err = text ? scenario_read(&scn, text, "A1", e) : EBADMSG;

	if (!err) {
		err = run_scene(b, b->sut, &scn, &none, &res, &evs);
		if (err)
			(void)err_set(e, err, "%s", res.error);
		scenario_free(&scn);
	}
	if (!err)
		(void)printf("%s: starts, and serves\n", b->sut->name);
	for (size_t i = 0; i < res.nchecks && !err; i++)
		if (res.checks[i].verdict == VERDICT_FAIL)
			err = err_set(e, EIO, "%s: %s", res.checks[i].title, res.checks[i].actual);
	if (!err)
		(void)printf("a call goes through; %s: ends with code 0 after SIGTERM\n",
			     b->sut->name);
	events_free(evs);
	run_result_free(&res);
	json_decref(step.scenario);
	json_decref(step.expect);
	return err;
}

#define REFERENCE(can)                                                      \
	"{\"name\":\"reference\",\"roles\":[\"osp\",\"tsp\"],"              \
	"\"process\":{\"command\":[\"oobsim\",\"provider\",\"--config\"]}," \
	"\"capabilities\":[" can "]}"

static const char *const osp_capabilities[] = {"tdm",       "sip",         "lnp",
					       "toll-free", "cps-mapping", NULL};
static const char *const tsp_capabilities[] = {"tdm", "sip", "div", NULL};

const struct role role_osp = {
	.name = "osp",
	.what = "a whole originating provider",
	.reference = REFERENCE("\"tdm\",\"sip\",\"lnp\",\"toll-free\",\"cps-mapping\""),
	.step_table = &step_table,
	.check_step = check_step,
	.capabilities = osp_capabilities,
	.check = check,
	.run = run,
};

const struct role role_tsp = {
	.name = "tsp",
	.what = "a whole terminating provider",
	.reference = REFERENCE("\"tdm\",\"sip\",\"div\""),
	.step_table = &step_table,
	.check_step = check_step,
	.capabilities = tsp_capabilities,
	.check = check,
	.run = run,
};
