#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "lib/net/app.h"
#include "sim/oobsim/run/cmdline.h"

void world_args_init(struct world_args *a)
{
	*a = (struct world_args){.opts = {.settings = a->settings, .without = a->without}};
}

bool number_arg(const char *command, const char *option, const char *text, unsigned long long min,
		unsigned long long max, unsigned long long *ret)
{
	unsigned long long n;

	if (sv_u64(sv_from(text), max, &n) && n >= min) {
		*ret = n;
		return true;
	}
	(void)fprintf(stderr, "oobsim %s: %s: expected a number from %llu to %llu, got \"%s\"\n",
		      command, option, min, max, text);
	return false;
}

static bool take_setting(struct world_args *a, const char *command, char *text)
{
	char *equals = strchr(text, '=');

	if (!equals || equals == text || a->opts.nsettings == SETTINGS_MAX) {
		(void)fprintf(
			stderr,
			"oobsim %s: --set: expected PATH=VALUE, at most %d times, got \"%s\"\n",
			command, SETTINGS_MAX, text);
		return false;
	}
	*equals = '\0';
	a->settings[a->opts.nsettings++] = (struct setting){text, equals + 1};
	return true;
}

bool world_args_take(struct world_args *a, const char *command, int c, char *value, bool *ret_bad)
{
	const size_t max = sizeof(a->without) / sizeof(a->without[0]);
	unsigned long long n = 0;

	switch (c) {
	case OPT_SET:
		*ret_bad = !take_setting(a, command, value);
		return true;
	case OPT_WITHOUT:
		*ret_bad = a->opts.nwithout == max;
		if (*ret_bad)
			(void)fprintf(stderr, "oobsim %s: --without: at most %zu times\n", command,
				      max);
		else
			a->without[a->opts.nwithout++] = value;
		return true;
	case OPT_WORLD:
		*ret_bad = !number_arg(command, "--world", value, WORLD_FIRST, WORLD_LAST, &n);
		a->opts.number = (int)n;
		return true;
	case OPT_PKI:
		a->opts.pki = value;
		return true;
	case OPT_LISTEN:
		*ret_bad = !*value;
		if (*ret_bad)
			(void)fprintf(stderr,
				      "oobsim %s: --listen: expected an address, got \"\"\n",
				      command);
		a->opts.listen = value;
		return true;
	default:
		return false;
	}
}

int exit_code_of(int err)
{
	switch (err) {
	case 0:
		return 0;
	case EINVAL:
	case EBADMSG:
		return EXIT_USAGE;
	case EINTR:
		return 128 + SIGINT;
	default:
		return EXIT_ENV;
	}
}
