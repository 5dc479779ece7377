/* oobsim judge: our own verdict on vectors, as a program that a library's harness can be compared with. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/net/app.h"
#include "sim/oobsim/run/cmdline.h"
#include "sim/oobsim/scenario/result.h"
#include "sim/oobsim/vector/vector.h"

DEFINE_AUTO(json_t, json_decref)

static const char help[] =
	"usage: oobsim judge [--accept REASON] [--refuse KIND]\n"
	"\n"
	"Reads test vectors from standard input, one JSON object a line (docs/vectors.md), and "
	"answers\n"
	"each with a line {\"id\", \"verdict\", \"reason\"}: the reference of oobsim conform "
	"judge.\n"
	"\n"
	"  --accept REASON  wrong on purpose: what is refused for that reason is accepted\n"
	"  --refuse KIND    wrong on purpose: what is good is refused, of that kind of vectors\n"
	"  --help           this text\n"
	"\n"
	"Exit codes: 0 each line was a vector, 1 one was none, 2 usage, 3 the environment.\n";

struct judge_faults {
	const char *accept, *refuse;
};

static bool is(const char *word, const json_t *v)
{
	const char *text = json_string_value(v);

	return word && text && strcmp(word, text) == 0;
}

static const char *verdict_of(const json_t *vector, const struct judge_faults *faults,
			      struct err *e)
{
	const char *by = json_string_value(json_array_get(json_object_get(vector, "by"), 0));
	struct vector_verdict v;
	const char *reason;

	if (vector_judge(vector, by ? by : "cps", &v, e))
		return NULL;
	reason = reason_info(v.fault.reason)->name;
	if (v.fault.reason == REASON_OK)
		return is(faults->refuse, json_object_get(vector, "kind")) ? "form" : reason;
	return faults->accept && strcmp(faults->accept, reason) == 0 ? "ok" : reason;
}

/* @return false: it is no vector, or cannot be answered */
static bool answer(const char *line, const struct judge_faults *faults)
{
	AUTO(json_decref) json_t *vector = json_loads(line, 0, NULL);
	AUTO(json_decref) json_t *said = NULL;
	const json_t *id = json_object_get(vector, "id");
	struct err e = {""};
	const char *reason;

	if (!json_is_string(id)) {
		(void)fprintf(stderr,
			      "oobsim judge: expected a vector, a JSON object with an id\n");
		return false;
	}
	reason = verdict_of(vector, faults, &e);
	if (!reason) {
		(void)fprintf(stderr, "oobsim judge: %s: %s\n", json_string_value(id), e.s);
		return false;
	}
	said = json_pack("{s:O, s:s, s:s}", "id", id, "verdict",
			 strcmp(reason, "ok") == 0 ? "accepted" : "refused", "reason", reason);
	return said && json_dumpf(said, stdout, JSON_COMPACT) == 0 && puts("") >= 0 &&
	       fflush(stdout) == 0;
}

static int judge_lines(const struct judge_faults *faults)
{
	char *line = NULL;
	size_t size = 0;
	int code = 0;

	while (getline(&line, &size, stdin) > 0)
		if (!answer(line, faults))
			code = EXIT_FAILED;
	free(line);
	return ferror(stdin) || ferror(stdout) ? EXIT_ENV : code;
}

int cmd_judge(int argc, char **argv)
{
	static const struct option longs[] = {
		{"accept", required_argument, NULL, 'a'},
		{"refuse", required_argument, NULL, 'r'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct judge_faults faults = {NULL, NULL};
	enum reason reason;
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'h')
			return fputs(help, stdout) == EOF ? EXIT_ENV : 0;
		if (c == 'a' && reason_from_name(&reason, sv_from(optarg)))
			faults.accept = optarg;
		else if (c == 'r')
			faults.refuse = optarg;
		else
			return fprintf(stderr, "oobsim judge: see oobsim judge --help\n") < 0
				       ? EXIT_ENV
				       : EXIT_USAGE;
	}
	if (optind != argc) {
		(void)fprintf(stderr, "oobsim judge: expected no operand\n%s", help);
		return EXIT_USAGE;
	}
	return judge_lines(&faults);
}
