#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/sv.h"
#include "pki/args.h"

#define OPTS_MAX 16

static bool read_int(int64_t *ret, const char *text)
{
	bool negative = *text == '-';
	unsigned long long n;

	if (!sv_u64(sv_from(text + negative), INT64_MAX, &n))
		return false;
	*ret = negative ? -(int64_t)n : (int64_t)n;
	return true;
}

static bool read_time(int64_t *ret, const char *text)
{
	struct tm tm = {0};
	const char *end;

	if (read_int(ret, text))
		return true;
	end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (!end || *end)
		return false;
	*ret = timegm(&tm);
	return true;
}

static int take_int(int64_t *ret, const struct opt *opt, const char *value, struct err *e)
{
	if (read_int(ret, value) && *ret >= opt->min && *ret <= opt->max)
		return 0;
	return err_set(e, EINVAL, "--%s: expected a number from %lld to %lld, got \"%s\"",
		       opt->name, (long long)opt->min, (long long)opt->max, value);
}

static int take_list(struct opt_list *list, const struct opt *opt, const char *value, struct err *e)
{
	if (list->n == OPT_LIST_MAX)
		return err_set(e, EINVAL, "--%s: expected %d at the most in one call", opt->name,
			       OPT_LIST_MAX);
	list->v[list->n].name = opt->name;
	list->v[list->n].value = value;
	list->n++;
	return 0;
}

static int take(void *ret, const struct opt *opt, const char *value, struct err *e)
{
	void *at = (char *)ret + opt->off;

	switch (opt->type) {
	case OPT_FLAG:
		*(bool *)at = true;
		return 0;
	case OPT_STR:
		*(const char **)at = value;
		return 0;
	case OPT_INT:
		return take_int(at, opt, value, e);
	case OPT_TIME:
		if (read_time(at, value))
			return 0;
		return err_set(e, EINVAL,
			       "--%s: expected a time like 2026-01-31T23:59:59Z or seconds since "
			       "1970, got \"%s\"",
			       opt->name, value);
	case OPT_LIST:
	case OPT_MARK:
		return take_list(at, opt, value, e);
	}
	return EINVAL;
}

static bool has_value(const struct opt *opt)
{
	return opt->type != OPT_FLAG && opt->type != OPT_MARK;
}

static void long_options(struct option ret[OPTS_MAX + 1], const struct opt *opts)
{
	size_t n = 0;

	for (; n < OPTS_MAX && opts[n].name; n++)
		ret[n] = (struct option){opts[n].name,
					 has_value(&opts[n]) ? required_argument : no_argument,
					 NULL, 0};
	ret[n] = (struct option){0};
}

int args_parse(const struct cmd *cmd, void *ret, char ***ret_operands, int argc, char **argv,
	       struct err *e)
{
	struct option longs[OPTS_MAX + 1];
	int c, at, err;

	long_options(longs, cmd->opts);
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":", longs, &at)) != -1) {
		if (c == ':')
			return err_set(e, EINVAL, "%s: expected a value behind it",
				       argv[optind - 1]);
		if (c != 0)
			return err_set(e, EINVAL, "%s: there is no such option", argv[optind - 1]);
		err = take(ret, &cmd->opts[at], optarg, e);
		if (err)
			return err;
	}
	if (argc - optind < cmd->operands_min || argc - optind > cmd->operands_max)
		return err_set(e, EINVAL, "expected %s, got %d operand%s",
			       *cmd->operands ? cmd->operands : "no operand", argc - optind,
			       argc - optind == 1 ? "" : "s");
	*ret_operands = argv + optind;
	return 0;
}

void args_help(const char *program, const struct cmd *cmd)
{
	(void)printf("%s %s: %s\n\nusage: %s %s %s%s[options]\n\n", program, cmd->name,
		     cmd->summary, program, cmd->name, cmd->operands, *cmd->operands ? " " : "");
	for (const struct opt *opt = cmd->opts; opt->name; opt++) {
		char left[64];

		(void)snprintf(left, sizeof(left), "--%s%s%s", opt->name, opt->value ? " " : "",
			       opt->value ? opt->value : "");
		(void)printf("  %-22s %s\n", left, opt->doc);
	}
	(void)printf("  %-22s %s\n", "--help", "show this");
	if (cmd->notes)
		(void)printf("\n%s", cmd->notes);
}
