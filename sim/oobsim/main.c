/* oobsim: the one command that people type. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/net/app.h"
#include "sim/oobsim/run/cmdline.h"
#include "sim/oobsim/conform/conform.h"
#include "sim/oobsim/scenario/result.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *operands, *what;
} commands[] = {
	{"run", cmd_run, "ID|FILE…", "run scenarios: worlds, calls, verdicts, reports"},
	{"list", cmd_list, "", "show the scenarios, and what each proves"},
	{"up", cmd_up, "ID|FILE",
	 "keep a scenario's world up, and print its endpoints, until Ctrl-C"},
	{"provider", cmd_provider, "", "run the elements of one provider as one program"},
	{"ladder", cmd_ladder, "DIR|FILE", "draw a kept run again"},
	{"inspect", cmd_inspect, "TOKEN|FILE|-", "decode, explain and verify PASSporTs"},
	{"coverage", cmd_coverage, "", "show the requirements, and what proves each"},
	{"compare", cmd_compare, "OLD NEW", "tell two reports apart: what broke, what was mended"},
	{"conform", cmd_conform, "ROLE", "test an implementation of one role, case by case"},
	{"vectors", cmd_vectors, "DIR", "write test vectors for libraries"},
	{"judge", cmd_judge, "", "judge test vectors, a line each, as a library would"},
	{"schema", cmd_schema, "", "print the JSON Schema of scenario files"},
};

static int print_help(FILE *f)
{
	(void)fprintf(
		f,
		"oobsim: plays calls through real elements of Out-of-Band SHAKEN, and judges them\n"
		"\n"
		"usage: oobsim COMMAND [options] [operands]\n"
		"\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		(void)fprintf(f, "  %-8s %-14s %s\n", commands[i].name, commands[i].operands,
			      commands[i].what);
	(void)fprintf(f, "\n"
			 "oobsim COMMAND --help tells more. --version shows the version.\n"
			 "Exit codes: 0 pass, 1 failed, 2 usage or a mistake in a file, 3 the "
			 "environment.\n");
	return ferror(f) ? EXIT_ENV : 0;
}

/* What we open must not become the standard input, output or error of a child */
static void open_standard(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		(void)close(fd);
}

int main(int argc, char **argv)
{
	open_standard();
	if (argc < 2) {
		(void)print_help(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
		return print_help(stdout);
	if (strcmp(argv[1], "--version") == 0)
		return printf("oobsim %s\n", OOB_VERSION) < 0 ? EXIT_ENV : 0;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	(void)fprintf(stderr, "oobsim: there is no command \"%s\": see oobsim --help\n", argv[1]);
	return EXIT_USAGE;
}
