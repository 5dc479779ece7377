/** @file cmdline.h  What the commands of oobsim have in common: options about the world, numbers, exit codes. */
#ifndef OOBSIM_CMDLINE_H
#define OOBSIM_CMDLINE_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>

#include "sim/oobsim/world/world.h"

#define EXIT_FAILED 1

#define SETTINGS_MAX 64

/** --set, --without, --world, --listen, --pki */
struct world_args {
	struct setting settings[SETTINGS_MAX];
	const char *without[ELEMENT_KINDS * 2];
	struct world_opts opts; /**< points into the arrays above */
};

/* values of getopt_long for the options of world_args */
enum { OPT_SET = 256, OPT_WITHOUT, OPT_WORLD, OPT_LISTEN, OPT_PKI, OPT_HELP, OPT_OTHERS };

#define WORLD_OPTIONS                                              \
	{"set", required_argument, NULL, OPT_SET},                 \
		{"without", required_argument, NULL, OPT_WITHOUT}, \
		{"world", required_argument, NULL, OPT_WORLD},     \
		{"listen", required_argument, NULL, OPT_LISTEN},   \
		{"pki", required_argument, NULL, OPT_PKI},         \
	{                                                          \
		"help", no_argument, NULL, OPT_HELP                \
	}

#define WORLD_HELP                                                                                 \
	"  --set PATH=VALUE  a member of an element's configuration, over everything else:\n"      \
	"                    --set tsp.cps.faults.answer_delay_ms=2000; VALUE is JSON, or else a " \
	"string\n"                                                                                 \
	"  --without NAME    an element that is dead: --without tsp.cps; the others do not know "  \
	"it\n"                                                                                     \
	"  --world N         addresses 127.N.*.*, 2 to 199, in place of any that are free\n"       \
	"  --listen ADDR     all elements at this address of the machine's (IPv4 or IPv6), each "  \
	"with ports of its\n"                                                                      \
	"                    own: those of world N begin at 10000 + 100 N\n"                       \
	"  --pki DIR         the PKI is kept there, so that what was provisioned once stays "      \
	"good; "                                                                                   \
	"it wants\n"                                                                               \
	"                    the same --world and --listen each time\n"

void world_args_init(struct world_args *a);

/**
 * Take one of these options.
 *
 * @return true when it was one of them, and *ret_bad is set to true (with a line on standard error) when its value is wrong
 */
bool world_args_take(struct world_args *a, const char *command, int c, char *value, bool *ret_bad);

/** A number from min to max, or a line on standard error that says so. @return false when it is none */
bool number_arg(const char *command, const char *option, const char *text, unsigned long long min,
		unsigned long long max, unsigned long long *ret);

/** Exit code for an error of run.h or world.h */
int exit_code_of(int err);

/* the commands: argv[0] is the command's name; result: exit code */
int cmd_run(int argc, char **argv);
int cmd_up(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_provider(int argc, char **argv);
int cmd_schema(int argc, char **argv);

#endif
