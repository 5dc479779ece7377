/* oobsim conform: implementations of roles against their cases. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/env.h"
#include "lib/net/app.h"
#include "sim/oobsim/run/cmdline.h"
#include "sim/oobsim/conform/profile.h"
#include "sim/oobsim/conform/given.h"
#include "sim/oobsim/conform/report.h"
#include "sim/oobsim/scenario/result.h"
#include "sim/oobsim/run/run.h"

static const char help[] =
	"usage: oobsim conform ROLE|--all [--sut FILE] [--case ID]… [--json]\n"
	"       oobsim conform ROLE|--all --prove [--json]\n"
	"       oobsim conform ROLE --check [--sut FILE]\n"
	"       oobsim conform ROLE --provision DIR [--at ADDR] [--listen ADDR]… [--serve]\n"
	"       oobsim conform --list [ROLE] [--json]\n"
	"       oobsim conform --failed DIR\n"
	"\n"
	"Runs the cases of a role (as, cps, vs, pki, osp, tsp, judge) against an implementation\n"
	"(docs/plug-in.md); without --sut against the reference.\n"
	"\n"
	"  --all        all roles: of the implementation those that it plays\n"
	"  --sut FILE   describes the implementation\n"
	"  --case ID    only this one; may be said several times\n"
	"  --failed DIR only what failed in the run whose report is there, asked for alike\n"
	"  --expected F a list of known failures: [{\"case\": …, \"reason\": …, \"ticket\": …}]; "
	"one of\n"
	"               them that passes is told, and fails the run\n"
	"  --profile P  which status may stand for a reason, where standards differ: rfc8224\n"
	"               (default), atis-1000074, lenient\n"
	"  --check      try the attachment only: it starts, answers and ends\n"
	"  --provision DIR  for an implementation that runs somewhere: write what it is to be "
	"given\n"
	"  --at ADDR    … where it is (default: an address of this machine alone)\n"
	"  --listen A   … address of the bench that it can reach; as often as the bench needs one\n"
	"  --serve      … keep up what it is told of, until Ctrl-C, so that it can start\n"
	"  --report DIR where the report goes: report.json, report.html, junit.xml, "
	"capture.pcapng,\n"
	"               and ladder and octets of each case that did not pass (default:\n"
	"               build/runs/conform-ROLE-TIME, kept only when something did not)\n"
	"  --junit F    write the verdicts into a file as JUnit\n"
	"  --prove      show that each case fails on its fault, switched on in the reference\n"
	"  --list       show the cases\n"
	"  --seed N     what keys and UUIDs are made from (default 1)\n"
	"  --jobs N     so many processes at a time, 1 to 64 (default: one for each processor)\n"
	"  --shuffle N  in another order, drawn from the number\n"
	"  --keep       leave the report, and configurations and logs, whatever the verdict\n"
	"  --json       as one JSON object\n"
	"  --help       this text\n"
	"\n"
	"Exit codes: 0 nothing failed, 1 a case failed, 2 usage or a mistake in a file, 3 a case "
	"could not\n"
	"be tried.\n";

#define IDS_MAX    64
#define LISTEN_MAX (sizeof((struct given_opts){0}.listen) / sizeof(char *))

struct conform_args {
	const char *role, *sut, *junit, *report, *failed, *expected, *profile;
	const char *ids[IDS_MAX];
	size_t nids;
	bool all, prove, check, list, json, keep, seeded;
	unsigned long long seed, jobs, shuffle;
	struct given_opts provision;
};

static int say(const char *text)
{
	(void)fprintf(stderr, "oobsim conform: %s\n", text);
	return EXIT_USAGE;
}

static int list_cases(const struct session *s, bool json)
{
	json_t *all = json_array();

	for (size_t i = 0; i < s->n; i++) {
		const struct case_item *item = s->r[i].item;

		(void)json_array_append_new(all, conform_case_json(item));
		if (!json)
			(void)printf("%-4s %s  %-34s %s (%s)\n", item->role->name, item->c->level,
				     item->id, item->c->title, item->c->clause);
	}
	if (json) {
		all = json_pack("{s:o}", "cases", all);
		(void)json_dumpf(all, stdout, REPORT_JSON);
		(void)printf("\n");
	}
	json_decref(all);
	return ferror(stdout) ? EXIT_ENV : 0;
}

static int check(const struct conform_args *a, struct session *s, const char *dir, struct err *e)
{
	struct bench b = {.provision = s->roles[0].given};
	int code = EXIT_ENV;

	if (bench_open(&b, s->roles[0].role, dir, a->seed, e) == 0) {
		*e = (struct err){""};
		code = conform_check(&b, &s->roles[0].sut, s->r[0].item, e);
	}
	bench_close(&b);
	return code;
}

static int tell(const struct conform_args *a, const struct conform_report *report, struct err *e)
{
	json_t *v;

	if (a->junit && conform_junit(a->junit, report, e))
		return EXIT_ENV;
	if (!a->json) {
		conform_print(stdout, report);
		return conform_code(report);
	}
	v = conform_json(report);
	(void)json_dumpf(v, stdout, REPORT_JSON);
	(void)printf("\n");
	json_decref(v);
	return conform_code(report);
}

/* What an implementation was given was made from a seed of its own */
static uint64_t seed_of(const struct conform_args *a, const struct session *s)
{
	const struct given *p = s->roles[0].given;

	return p ? (uint64_t)p->seed : a->seed;
}

/* Run, and leave a report in the directory, or nothing of it */
static int run_cases(const struct conform_args *a, struct session *s, const struct work_opts *opts,
		     struct err *e)
{
	struct conform_report report = {
		.sut = a->sut || !a->all ? s->roles[0].sut.name : "reference",
		.role = a->all ? "all" : a->role,
		.sut_file = a->sut,
		.expected_file = a->expected,
		.profile = a->profile,
		.seed = seed_of(a, s),
		.r = s->r,
		.n = s->n,
	};
	uint64_t began_us = mono_us();
	int code = EXIT_ENV, told, err = session_run(s, opts, a->shuffle, e);
	char *version = NULL;

	if (err == EINTR || err == ENOMEM) {
		if (!a->keep)
			report_abandon(opts->dir, a->report);
		return EXIT_ENV;
	}
	if (err) /* what was not tried says so */
		(void)fprintf(stderr, "oobsim conform: %s\n", e->s);
	report.duration_s = (double)(mono_us() - began_us) / 1e6;
	if (a->sut && sut_version(&version, &s->roles[0].sut, opts->dir, e))
		(void)fprintf(stderr, "oobsim conform: %s\n", e->s);
	*e = (struct err){""};
	report.version = version;
	if (report_open(&report, e) == 0) {
		code = report_keep(&report, opts->dir, a->report, a->keep, e) ? EXIT_ENV : 0;
		told = tell(a, &report, e);
		code = code ? code : told;
	}
	report_free(&report);
	free(version);
	return code;
}

static int with_dir(const struct conform_args *a, struct session *s, struct err *e)
{
	struct work_opts opts = {.seed = a->seed, .jobs = session_alone(s) ? 1 : (unsigned)a->jobs};
	char dir[WORLD_DIR_MAX], name[64];
	enum profile profile;
	int code = EXIT_ENV;

	if (!profile_from_name(&profile, sv_from(a->profile)))
		return say("--profile: expected rfc8224, atis-1000074 or lenient");
	(void)snprintf(name, sizeof(name), "conform-%s", a->all ? "all" : a->role);
	if (run_dir(dir, sizeof(dir), a->report, name, e) || report_clear(dir, e))
		return EXIT_ENV;
	opts.dir = dir;
	opts.profile = (int)profile;
	if (!a->check && !a->prove)
		return run_cases(a, s, &opts, e);
	if (a->check)
		code = check(a, s, dir, e);
	else if (session_prove(s, &opts, a->json, &code, e))
		code = EXIT_ENV;
	if (a->keep)
		(void)fprintf(stderr, "configurations and logs are in %s\n", dir);
	else
		run_remove(dir);
	return code;
}

/* One role, or all: of an implementation those that it plays */
static int add_roles(struct session *s, const struct conform_args *a, struct err *e)
{
	const struct role *role;
	struct sut sut = {0};
	int err = 0;

	if (a->role) {
		role = role_find(a->role);
		return role ? session_add(s, role, a->sut, e)
			    : err_set(e, EINVAL, "there is no role \"%s\"", a->role);
	}
	if (a->sut)
		err = sut_load(&sut, a->sut, e);
	for (size_t i = 0; (role = role_at(i)) != NULL && !err; i++)
		if (!a->sut || sut_has_role(&sut, role->name))
			err = session_add(s, role, a->sut, e);
	sut_free(&sut);
	return err ? err : s->nroles ? 0 : err_set(e, EINVAL, "%s plays no role", a->sut);
}

static int provide(const struct conform_args *a, const struct session *s, struct err *e)
{
	struct given_opts opts = a->provision;
	int err;

	opts.seed = a->seed;
	err = given_provide(&opts, s->roles[0].role, &s->roles[0].sut, e);
	return err ? exit_code_of(err) : 0;
}

static int conform(const struct conform_args *a, const char *const *ids, size_t nids)
{
	struct session s = {0};
	struct err e = {""};
	int code = EXIT_USAGE;

	if (add_roles(&s, a, &e) == 0 &&
	    (!a->expected || session_expect(&s, a->expected, &e) == 0) &&
	    session_want(&s, ids, nids, &e) == 0)
		code = a->list            ? list_cases(&s, a->json)
		       : a->provision.dir ? provide(a, &s, &e)
					  : with_dir(a, &s, &e);
	if (*e.s)
		(void)fprintf(stderr, "oobsim conform: %s\n", e.s);
	session_free(&s);
	return code;
}

/* What failed, as it was asked for; what is said anew counts */
static int repeat(struct conform_args *a)
{
	struct again again;
	struct err e = {""};
	int code = 0;

	if (again_load(&again, a->failed, &e)) {
		(void)fprintf(stderr, "oobsim conform: %s\n", e.s);
		return EXIT_USAGE;
	}
	a->role = again.role;
	a->all = !again.role;
	a->sut = a->sut ? a->sut : again.sut;
	a->expected = a->expected ? a->expected : again.expected;
	a->profile = a->profile ? a->profile : again.profile;
	a->seed = a->seeded ? a->seed : again.seed;
	if (again.n)
		code = conform(a, again.ids, again.n);
	else
		(void)printf("nothing failed in %s\n", a->failed);
	again_free(&again);
	return code;
}

/* Where the value of an option goes that is a text; NULL: it is none */
static const char **text_of(struct conform_args *a, int c)
{
	switch (c) {
	case 's':
		return &a->sut;
	case 'u':
		return &a->junit;
	case 'r':
		return &a->report;
	case 'f':
		return &a->failed;
	case 'e':
		return &a->expected;
	case 'P':
		return &a->profile;
	case 'd':
		return &a->provision.dir;
	case 't':
		return &a->provision.at;
	default:
		return NULL;
	}
}

/* … that is said or not */
static bool *flag_of(struct conform_args *a, int c)
{
	switch (c) {
	case 'p':
		return &a->prove;
	case 'x':
		return &a->check;
	case 'l':
		return &a->list;
	case 'j':
		return &a->json;
	case 'k':
		return &a->keep;
	case 'a':
		return &a->all;
	case 'v':
		return &a->provision.serve;
	default:
		return NULL;
	}
}

/* @return 0, or an exit code with *ret_done */
static int take(struct conform_args *a, int c, bool *ret_done)
{
	const char **text = text_of(a, c);
	bool *flag = flag_of(a, c);

	*ret_done = false;
	if (text)
		*text = optarg;
	if (flag)
		*flag = true;
	if (text || flag)
		return 0;
	switch (c) {
	case 'c':
		*ret_done = a->nids == IDS_MAX;
		if (*ret_done)
			return say("at most 64 --case");
		a->ids[a->nids++] = optarg;
		return 0;
	case 'L':
		*ret_done = a->provision.nlisten == LISTEN_MAX;
		if (*ret_done)
			return say("at most 8 --listen");
		a->provision.listen[a->provision.nlisten++] = optarg;
		return 0;
	case 'J':
		*ret_done = !number_arg("conform", "--jobs", optarg, 1, 64, &a->jobs);
		return EXIT_USAGE;
	case 'o':
		*ret_done = !number_arg("conform", "--shuffle", optarg, 1, INT64_MAX, &a->shuffle);
		return EXIT_USAGE;
	case 'n':
		a->seeded = true;
		*ret_done = !number_arg("conform", "--seed", optarg, 0, INT64_MAX, &a->seed);
		return EXIT_USAGE;
	case 'h':
		*ret_done = true;
		return fputs(help, stdout) == EOF ? EXIT_ENV : 0;
	default:
		*ret_done = true;
		return say("see oobsim conform --help");
	}
}

/* Which words do not go together; NULL: they do */
static const char *check_words(const struct conform_args *a, int operands)
{
	const struct given_opts *p = &a->provision;
	const int alone = a->prove + a->check + a->list + (p->dir != NULL);

	if (operands > 1 || (operands && a->all) ||
	    (!operands && !a->all && !a->list && !a->failed))
		return "expected one role, or --all";
	if (alone > 1 || (alone && (a->junit || a->report)))
		return "--prove, --check, --list and --provision stand alone, without --junit and "
		       "--report";
	if (a->prove && a->sut)
		return "--prove switches faults on in the reference: it takes no --sut";
	if ((a->check || p->dir) && a->all)
		return "--check and --provision take one role";
	if (a->failed && (operands || a->all || a->nids || alone))
		return "--failed takes no role and no --case";
	if (!p->dir && (p->at || p->nlisten || p->serve))
		return "--at, --listen and --serve belong to --provision";
	return NULL;
}

int cmd_conform(int argc, char **argv)
{
	static const struct option longs[] = {
		{"sut", required_argument, NULL, 's'},
		{"case", required_argument, NULL, 'c'},
		{"prove", no_argument, NULL, 'p'},
		{"list", no_argument, NULL, 'l'},
		{"json", no_argument, NULL, 'j'},
		{"keep", no_argument, NULL, 'k'},
		{"seed", required_argument, NULL, 'n'},
		{"help", no_argument, NULL, 'h'},
		{"check", no_argument, NULL, 'x'},
		{"junit", required_argument, NULL, 'u'},
		{"all", no_argument, NULL, 'a'},
		{"jobs", required_argument, NULL, 'J'},
		{"shuffle", required_argument, NULL, 'o'},
		{"report", required_argument, NULL, 'r'},
		{"failed", required_argument, NULL, 'f'},
		{"expected", required_argument, NULL, 'e'},
		{"profile", required_argument, NULL, 'P'},
		{"provision", required_argument, NULL, 'd'},
		{"at", required_argument, NULL, 't'},
		{"listen", required_argument, NULL, 'L'},
		{"serve", no_argument, NULL, 'v'},
		{NULL, 0, NULL, 0},
	};
	const long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct conform_args a = {.seed = SEED_USUAL,
				 .jobs = cpus > 0 && cpus < 64 ? (unsigned long long)cpus : 1};
	const char *wrong;
	bool done;
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		int code = take(&a, c, &done);

		if (done)
			return code;
	}
	if (argc > optind)
		a.role = argv[optind];
	wrong = check_words(&a, argc - optind);
	if (wrong)
		return say(wrong);
	if (a.failed)
		return repeat(&a);
	a.profile = a.profile ? a.profile : PROFILE_USUAL;
	return conform(&a, a.ids, a.nids);
}
