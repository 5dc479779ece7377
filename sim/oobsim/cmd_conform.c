/* oobsim conform: an implementation of one role against its cases. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/env.h"
#include "lib/net/app.h"
#include "sim/oobsim/cmdline.h"
#include "sim/oobsim/conform.h"
#include "sim/oobsim/result.h"
#include "sim/oobsim/run.h"

static const char help[] =
	"usage: oobsim conform cps [--sut FILE] [--case ID]… [--json]\n"
	"       oobsim conform cps --prove [--json]\n"
	"       oobsim conform cps --check [--sut FILE]\n"
	"       oobsim conform --list [--json]\n"
	"\n"
	"Runs the cases of a role against an implementation, which is started as a process\n"
	"(docs/plug-in.md); without --sut against the reference.\n"
	"\n"
	"  --sut FILE  describes the implementation\n"
	"  --case ID   only this one; may be said several times\n"
	"  --check     try the attachment only: it starts, answers and ends\n"
	"  --junit F   write the verdicts into a file as JUnit\n"
	"  --prove     show that each case fails on its fault, switched on in the reference\n"
	"  --list      show the cases\n"
	"  --seed N    what keys and UUIDs are made from (default 1)\n"
	"  --keep      leave the directory of configurations and logs, and say where it is\n"
	"  --json      as one JSON object\n"
	"  --help      this text\n"
	"\n"
	"Exit codes: 0 nothing failed, 1 a case failed, 2 usage or a mistake in a file, 3 a case "
	"could not\n"
	"be tried.\n";

#define IDS_MAX 64

struct conform_args {
	const char *role, *sut, *junit;
	const char *ids[IDS_MAX];
	size_t nids;
	bool prove, check, list, json, keep;
	unsigned long long seed;
};

static int say(const char *text)
{
	(void)fprintf(stderr, "oobsim conform: %s\n", text);
	return EXIT_USAGE;
}

static int list_cases(const struct case_file *f, bool json)
{
	const struct conform_case *c = f->cases.v;
	json_t *all = json_array();

	for (size_t i = 0; i < f->cases.n; i++) {
		(void)json_array_append_new(all, conform_case_json(f->role, &c[i]));
		if (!json)
			(void)printf("%-4s %s  %-34s %s (%s)\n", f->role, c[i].level, c[i].id,
				     c[i].title, c[i].clause);
	}
	if (json) {
		all = json_pack("{s:o}", "cases", all);
		(void)json_dumpf(all, stdout, REPORT_JSON);
		(void)printf("\n");
	}
	json_decref(all);
	return ferror(stdout) ? EXIT_ENV : 0;
}

static bool wanted(const struct conform_args *a, const char *id)
{
	for (size_t i = 0; i < a->nids; i++)
		if (strcmp(a->ids[i], id) == 0)
			return true;
	return a->nids == 0;
}

static bool has_case(const struct case_file *f, const char *id)
{
	const struct conform_case *c = f->cases.v;

	for (size_t i = 0; i < f->cases.n; i++)
		if (strcmp(c[i].id, id) == 0)
			return true;
	return false;
}

/* What names a case must name one that there is */
static int check_ids(const struct conform_args *a, const struct case_file *f, const struct sut *sut,
		     struct err *e)
{
	const struct sut_known *known = sut->known.v;

	for (size_t i = 0; i < a->nids; i++)
		if (!has_case(f, a->ids[i]))
			return err_set(e, EINVAL,
				       "there is no case \"%s\": see oobsim conform --list",
				       a->ids[i]);
	for (size_t i = 0; i < sut->known.n; i++)
		if (!has_case(f, known[i].id))
			return err_set(e, EINVAL, "%s: /known/%zu/case: there is no case \"%s\"",
				       a->sut, i, known[i].id);
	return sut_has_role(sut, f->role)
		       ? 0
		       : err_set(e, EINVAL, "%s does not play the role %s", sut->name, f->role);
}

static int carry_out(const struct conform_args *a, struct bench *b, const struct sut *sut,
		     struct conform_result *results, size_t n, struct err *e)
{
	uint64_t began_us = mono_us();
	double took_s;
	json_t *v;

	if (a->check)
		return conform_check(b, sut, e);
	if (a->prove)
		return conform_prove(b, sut, results, n, a->json, e);
	if (conform_run(b, sut, NULL, results, n, e))
		return EXIT_ENV;
	took_s = (double)(mono_us() - began_us) / 1e6;
	if (a->junit && conform_junit(a->junit, sut, a->role, results, n, took_s, e))
		return EXIT_ENV;
	if (!a->json) {
		conform_print(sut, a->role, results, n, took_s);
		(void)printf("seed %llu\n", a->seed);
		return conform_code(sut, results, n);
	}
	v = conform_json(sut, a->role, results, n, took_s);
	(void)json_object_set_new(v, "seed", json_integer((json_int_t)a->seed));
	(void)json_dumpf(v, stdout, REPORT_JSON);
	(void)printf("\n");
	json_decref(v);
	return conform_code(sut, results, n);
}

static int with_bench(const struct conform_args *a, const struct case_file *f,
		      const struct sut *sut, struct err *e)
{
	struct conform_result *results = calloc(f->cases.n, sizeof(*results));
	const struct conform_case *c = f->cases.v;
	struct bench b;
	char dir[WORLD_DIR_MAX];
	size_t n = 0;
	int code = EXIT_ENV;

	for (size_t i = 0; results && i < f->cases.n; i++)
		if (wanted(a, c[i].id))
			results[n++].c = &c[i];
	if (!results || run_dir(dir, sizeof(dir), NULL, "conform", e)) {
		free(results);
		return EXIT_ENV;
	}
	if (bench_open(&b, dir, a->seed, e) == 0) {
		*e = (struct err){""};
		code = carry_out(a, &b, sut, results, n, e);
	}
	bench_close(&b);
	if (a->keep)
		(void)fprintf(stderr, "configurations and logs are in %s\n", dir);
	else
		run_remove(dir);
	free(results);
	return code;
}

static int conform(const struct conform_args *a)
{
	struct case_file f;
	struct sut sut = {0};
	struct err e = {""};
	int code = EXIT_USAGE;

	if (cases_load(&f, a->role, &e))
		return say(e.s);
	if (a->list) {
		code = list_cases(&f, a->json);
	} else if ((a->sut ? sut_load(&sut, a->sut, &e) : sut_reference(&sut, a->role, &e)) == 0 &&
		   check_ids(a, &f, &sut, &e) == 0) {
		code = with_bench(a, &f, &sut, &e);
	}
	if (*e.s)
		(void)fprintf(stderr, "oobsim conform: %s\n", e.s);
	sut_free(&sut);
	cases_free(&f);
	return code;
}

/* @return 0, or an exit code with *ret_done */
static int take(struct conform_args *a, int c, bool *ret_done)
{
	*ret_done = false;
	switch (c) {
	case 's':
		a->sut = optarg;
		return 0;
	case 'c':
		*ret_done = a->nids == IDS_MAX;
		if (*ret_done)
			return say("at most 64 --case");
		a->ids[a->nids++] = optarg;
		return 0;
	case 'p':
		a->prove = true;
		return 0;
	case 'x':
		a->check = true;
		return 0;
	case 'u':
		a->junit = optarg;
		return 0;
	case 'l':
		a->list = true;
		return 0;
	case 'j':
		a->json = true;
		return 0;
	case 'k':
		a->keep = true;
		return 0;
	case 'n':
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
		{NULL, 0, NULL, 0},
	};
	struct conform_args a = {.role = "cps", .seed = 1};
	bool done;
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		int code = take(&a, c, &done);

		if (done)
			return code;
	}
	if (argc - optind > 1 || (argc == optind && !a.list))
		return say("expected one role: cps");
	if (argc > optind)
		a.role = argv[optind];
	if (a.prove + a.check + a.list > 1 || ((a.prove || a.check || a.list) && a.junit))
		return say("--prove, --check and --list stand alone, without --junit");
	if (a.prove && a.sut)
		return say("--prove switches faults on in the reference: it takes no --sut");
	return conform(&a);
}
