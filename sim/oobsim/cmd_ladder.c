#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "lib/net/app.h"
#include "sim/oobsim/report/ladder.h"
#include "sim/oobsim/scenario/result.h"
#include "sim/oobsim/proc/terminal.h"

static const char help[] =
	"usage: oobsim ladder [--format text|mermaid] [--call N] [--no-times] DIR|trace.jsonl\n"
	"\n"
	"Draws a kept run again: a report directory, or the trace.jsonl in it.\n"
	"\n"
	"  --format F   text (default) or mermaid\n"
	"  --call N     which call of the run, from 1 (default 1)\n"
	"  --no-times   every run of a scenario looks alike: no times, and what happens beside the "
	"call\n"
	"               in one place\n"
	"  --help       this text\n";

struct options {
	bool mermaid, stable;
	unsigned long long call;
	const char *path;
};

/* @return -1 to go on, else the exit code */
static int options_read(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		{"format", required_argument, NULL, 'f'},
		{"call", required_argument, NULL, 'c'},
		{"no-times", no_argument, NULL, 'n'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int c;

	*o = (struct options){.call = 1};
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'h')
			return fputs(help, stdout) == EOF ? EXIT_ENV : 0;
		if (c == 'n') {
			o->stable = true;
			continue;
		}
		if (c == 'f' && (strcmp(optarg, "mermaid") == 0 || strcmp(optarg, "text") == 0)) {
			o->mermaid = *optarg == 'm';
		} else if (c == 'f') {
			(void)fprintf(
				stderr,
				"oobsim ladder: --format: expected text or mermaid, got \"%s\"\n",
				optarg);
			return EXIT_USAGE;
		} else if (c != 'c' || !sv_u64(sv_from(optarg), SIZE_MAX, &o->call) || !o->call) {
			(void)fprintf(stderr, "oobsim ladder: see oobsim ladder --help\n");
			return EXIT_USAGE;
		}
	}
	if (optind + 1 != argc) {
		(void)fprintf(stderr,
			      "oobsim ladder: expected one report directory or trace.jsonl\n%s",
			      help);
		return EXIT_USAGE;
	}
	o->path = argv[optind];
	return -1;
}

static int ladder_draw(FILE *f, const struct events *evs, const struct options *o, bool colour)
{
	struct ladder ladder;
	int err = ladder_make(&ladder, evs, (size_t)o->call - 1, o->stable);

	if (!err)
		err = o->mermaid ? ladder_mermaid(f, &ladder) : ladder_text(f, &ladder, colour);
	ladder_free(&ladder);
	return err;
}

int ladder_print(FILE *f, const struct events *evs, size_t call, bool colour)
{
	struct options o = {.call = call + 1};

	return ladder_draw(f, evs, &o, colour);
}

int cmd_ladder(int argc, char **argv)
{
	struct events *evs = NULL;
	struct options o;
	struct err e = {""};
	int exit_code = options_read(&o, argc, argv);

	if (exit_code >= 0)
		return exit_code;
	if (events_load(&evs, o.path, &e)) {
		(void)fprintf(stderr, "oobsim ladder: %s\n", e.s);
		return EXIT_USAGE;
	}
	exit_code = 0;
	switch (ladder_draw(stdout, evs, &o, terminal_colour(stdout))) {
	case 0:
		break;
	case ENOENT:
		(void)fprintf(stderr, "oobsim ladder: %s: expected a call %llu, it holds %zu\n",
			      o.path, o.call, events_calls(evs));
		exit_code = EXIT_USAGE;
		break;
	default:
		(void)fprintf(stderr, "oobsim ladder: %s: could not be drawn\n", o.path);
		exit_code = EXIT_ENV;
	}
	events_free(evs);
	return exit_code;
}
