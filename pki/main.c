/* sti-pki: makes and runs the toy PKI of the world (STI-PA, STI-CAs, STI-CR). */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/net/app.h"
#include "pki/cmds.h"

static const struct cmd *const cmds[] = {
	&cmd_init, &cmd_issue,      &cmd_sign_csr, &cmd_csr,         &cmd_tls,  &cmd_revoke,
	&cmd_crl,  &cmd_trust_list, &cmd_map,      &cmd_map_request, &cmd_show,
};

#define CMDS (sizeof(cmds) / sizeof(cmds[0]))

static void help(FILE *f)
{
	(void)fprintf(f, "sti-pki: the PKI of a world: STI-PA, STI-CAs, certificate repository\n\n"
			 "usage: sti-pki COMMAND …\n\n");
	for (size_t i = 0; i < CMDS; i++)
		(void)fprintf(f, "  %-12s %-16s %s\n", cmds[i]->name, cmds[i]->operands,
			      cmds[i]->summary);
	(void)fprintf(f, "  %-12s %-16s %s\n", "serve", "--config FILE",
		      "serve certificates, list and CRL over HTTPS");
	(void)fprintf(
		f,
		"\n`sti-pki COMMAND --help` tells more. Exit codes: 0 done, 2 usage or bad input, "
		"3 environment.\n");
}

static bool wants(int argc, char **argv, const char *option)
{
	for (int i = 0; i < argc; i++)
		if (strcmp(argv[i], option) == 0)
			return true;
	return false;
}

/* What a person did wrong, against what the machine refused. */
static int exit_code(int err)
{
	switch (err) {
	case EINVAL:
	case EEXIST:
	case ENOENT:
	case EBADMSG:
	case EFBIG:
	case ENAMETOOLONG:
		return EXIT_USAGE;
	default:
		return EXIT_ENV;
	}
}

static int run(const struct cmd *cmd, int argc, char **argv)
{
	struct err e = {""};
	int err;

	if (wants(argc, argv, "--help")) {
		args_help("sti-pki", cmd);
		return 0;
	}
	err = cmd->run(cmd, argc, argv, &e);
	if (!err)
		return 0;
	(void)fprintf(stderr, "sti-pki %s: %s\n", cmd->name, *e.s ? e.s : strerror(err));
	if (err == EINVAL)
		(void)fprintf(stderr, "sti-pki: try sti-pki %s --help\n", cmd->name);
	return exit_code(err);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	if (strcmp(name, "--help") == 0) {
		help(stdout);
		return 0;
	}
	if (strcmp(name, "--version") == 0) {
		(void)printf("sti-pki %s\n", OOB_VERSION);
		return 0;
	}
	if (strcmp(name, "serve") == 0)
		return serve_main(argc - 1, argv + 1);
	for (size_t i = 0; i < CMDS; i++)
		if (strcmp(name, cmds[i]->name) == 0)
			return run(cmds[i], argc - 1, argv + 1);
	if (*name)
		(void)fprintf(stderr, "sti-pki: there is no command \"%s\"\n\n", name);
	help(stderr);
	return EXIT_USAGE;
}
