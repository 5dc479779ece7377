#include <getopt.h>
#include <stdio.h>

#include "lib/base/auto.h"
#include "lib/net/app.h"
#include "sim/oobsim/run/cmdline.h"
#include "sim/oobsim/report/compare.h"
#include "sim/oobsim/report/ladder.h"
#include "sim/oobsim/scenario/result.h"
#include "sim/oobsim/proc/terminal.h"

DEFINE_AUTO(json_t, json_decref)

static const char help[] =
	"usage: oobsim compare [--json] OLD NEW\n"
	"\n"
	"Tells two reports apart, check by check: what broke (passed, and does not any more), what "
	"was\n"
	"mended, what fails in another way, what is new and what is gone. OLD and NEW are each a\n"
	"report.json, the output of run --json or conform --json, a report's folder, or a folder "
	"of\n"
	"such folders.\n"
	"\n"
	"  --json   one JSON object, for programs\n"
	"  --help   this text\n"
	"\n"
	"Exit codes: 0 nothing broke, 1 something did, 2 usage or a file that is no report. What "
	"is "
	"new or\n"
	"gone breaks nothing.\n";

static enum rung_tone tone_of(enum change change)
{
	return change == CHANGE_BROKE    ? TONE_LOST
	       : change == CHANGE_MENDED ? TONE_PRESENT
					 : TONE_TROUBLE;
}

static const char *or_empty(const json_t *row, const char *name)
{
	const char *text = json_string_value(json_object_get(row, name));

	return text ? text : "";
}

static void print_row(enum change change, const json_t *row, bool colour)
{
	const char *scenario = or_empty(row, "scenario");
	const char *old = or_empty(row, "old"), *new = or_empty(row, "new");

	(void)printf("%s%-7s%s %s%s%s  %s%s%s  %s\n", tone_colour(tone_of(change), colour),
		     change_name(change), tone_end(colour), scenario, *scenario ? " " : "",
		     or_empty(row, "check"), old, *old && *new ? " -> " : "", new,
		     or_empty(row, "title"));
	if (change == CHANGE_BROKE || change == CHANGE_OTHER)
		(void)printf("        expected  %s\n        came      %s\n",
			     or_empty(row, "expected"), or_empty(row, "actual"));
}

static int print_text(const json_t *result)
{
	bool colour = terminal_colour(stdout);

	for (enum change c = 0; c < CHANGE_NONE; c++) {
		const json_t *row;
		size_t i;

		json_array_foreach (json_object_get(result, change_name(c)), i, row) {
			print_row(c, row, colour);
		}
	}
	for (enum change c = 0; c < CHANGE_NONE; c++)
		(void)printf("%zu %s, ", json_array_size(json_object_get(result, change_name(c))),
			     change_name(c));
	return printf("%lld the same\n",
		      (long long)json_integer_value(json_object_get(result, "same"))) < 0;
}

static int print_json(const json_t *result)
{
	return json_dumpf(result, stdout, JSON_INDENT(2)) || fputc('\n', stdout) == EOF;
}

static int compare(const char *before, const char *after, bool json)
{
	AUTO(json_decref) json_t *old = NULL;
	AUTO(json_decref) json_t *new = NULL;
	AUTO(json_decref) json_t *result = NULL;
	struct err e = {""};

	if (compare_read(&old, before, &e) || compare_read(&new, after, &e)) {
		(void)fprintf(stderr, "oobsim compare: %s\n", e.s);
		return EXIT_USAGE;
	}
	result = compare_reports(old, new);
	if (!result || (json ? print_json(result) : print_text(result)))
		return EXIT_ENV;
	return json_array_size(json_object_get(result, change_name(CHANGE_BROKE))) ? EXIT_FAILED
										   : 0;
}

int cmd_compare(int argc, char **argv)
{
	static const struct option longs[] = {
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	bool json = false;
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'h')
			return fputs(help, stdout) == EOF ? EXIT_ENV : 0;
		if (c != 'j') {
			(void)fprintf(stderr, "oobsim compare: see oobsim compare --help\n");
			return EXIT_USAGE;
		}
		json = true;
	}
	if (optind + 2 != argc) {
		(void)fprintf(stderr, "oobsim compare: expected two reports\n%s", help);
		return EXIT_USAGE;
	}
	return compare(argv[optind], argv[optind + 1], json);
}
