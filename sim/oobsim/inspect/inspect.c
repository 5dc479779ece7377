#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/conf.h"
#include "lib/base/env.h"
#include "lib/net/app.h"
#include "lib/stir/verify.h"
#include "sim/oobsim/inspect/inspect.h"
#include "sim/oobsim/inspect/inspect_list.h"
#include "sim/oobsim/scenario/result.h"
#include "sim/oobsim/proc/terminal.h"

/* A bundle with its Identity parameters, and then some */
#define INPUT_MAX (16u << 20)

#define EXIT_REFUSED 1

static const char help[] =
	"usage: oobsim inspect [OPTION…] TOKEN|HEADER|FILE|-\n"
	"\n"
	"Shows what is in a PASSporT, in an Identity header (with or without \"Identity:\") or in "
	"a\n"
	"bundle of them, one a line: each member with its meaning and its clause, and its age.\n"
	"Of a call that was retargeted it draws the chain, and says which link is missing.\n"
	"Of a CPS mapping, or a master file of them, it shows what leads where, and who vouches "
	"for it.\n"
	"\n"
	"  --trust DIR   verify it, as a CPS does: DIR is a directory of sti-pki (or pa/root.pem "
	"in it);\n"
	"                the certificate is looked up there by the last part of x5u\n"
	"  --cert FILE   the signer's certificate chain (PEM), instead of looking it up\n"
	"  --at TIME     verify as of this moment, seconds since 1970 (default: now)\n"
	"  --called TN   the number where the call arrived: there its chain must end\n"
	"  --json        one JSON object, for programs\n"
	"  --help        this text\n"
	"\n"
	"Exit codes: 0 shown (and verified, with --trust), 1 refused, 2 usage or unreadable.\n";

/* One line of what was given, and its PASSporTs */
struct inspection {
	char *text;
	struct bundle bundle;
	struct inspected v[BUNDLE_MAX];
	size_t n;
	bool has_chain;
	struct inspect_chain chain;
};

static int usage(const char *what)
{
	(void)fprintf(stderr, "oobsim inspect: %s; see oobsim inspect --help\n", what);
	return EXIT_USAGE;
}

/* @return NULL, or what is wrong with the value */
static const char *value_read(struct inspect_opts *o, int option, const char *value)
{
	unsigned long long at;

	if (option == 'a' && !sv_u64(sv_from(value), INT32_MAX * 4ull, &at))
		return "--at: expected seconds since 1970";
	if (option == 'a')
		o->has_at = true, o->at_s = (int64_t)at;
	if (option == 'd' && tn_canonical(&o->called, sv_from(value)))
		return "--called: expected a telephone number";
	if (option == 'd')
		o->has_called = true;
	return NULL;
}

/* @return -1 to go on, else the exit code */
static int options_read(struct inspect_opts *o, int argc, char **argv)
{
	static const struct option longs[] = {
		{"trust", required_argument, NULL, 't'},
		{"cert", required_argument, NULL, 'c'},
		{"at", required_argument, NULL, 'a'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{"called", required_argument, NULL, 'd'},
		{NULL, 0, NULL, 0},
	};
	const char *wrong;
	int c;

	*o = (struct inspect_opts){0};
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'h')
			return fputs(help, stdout) == EOF ? EXIT_ENV : 0;
		if (c == 't')
			o->trust = optarg;
		else if (c == 'c')
			o->cert = optarg;
		else if (c == 'j')
			o->json = true;
		else if (c == '?')
			return usage("wrong option");
		else if ((wrong = value_read(o, c, optarg)))
			return usage(wrong);
	}
	if (optind + 1 != argc)
		return usage("expected one PASSporT, Identity header or file");
	if (o->cert && !o->trust)
		return usage("--cert is for verifying, so it wants --trust too");
	o->input = argv[optind];
	return -1;
}

/* The text itself, or what is in the file of that name */
static int input_read(char **ret, const char *input, struct err *e)
{
	struct sv text = sv_from(input);
	bool dots = sv_find(text, '.') != text.l;
	size_t len;
	int err;

	if (strcmp(input, "-") != 0 && access(input, F_OK) != 0) {
		if (!dots || strchr(input, '/') == input)
			return err_set(e, ENOENT, "%.100s: neither a file nor a PASSporT", input);
		*ret = sv_dup(text);
		return *ret ? 0 : ENOMEM;
	}
	err = file_read(ret, &len, input, INPUT_MAX, e);
	if (!err && strlen(*ret) != len)
		return err_set(e, EBADMSG, "%s: expected text, got an octet of zero", input);
	return err;
}

/* RFC 3261 7.3.1: a line that begins with a blank belongs to the line before */
static void unfold(char *text)
{
	for (char *p = text; *p; p++)
		if (*p == '\n' && (p[1] == ' ' || p[1] == '\t') && p != text) {
			*p = ' ';
			if (p[-1] == '\r')
				p[-1] = ' ';
		}
}

/* "Identity: value", or value; false: a bare token */
static bool is_header(struct sv *line)
{
	struct sv rest = *line, name = sv_trim(sv_cut(&rest, ':'));

	if (rest.p && (sv_ieqz(name, "Identity") || sv_ieqz(name, "y"))) {
		*line = sv_trim(rest);
		return true;
	}
	return sv_find(*line, ';') < line->l;
}

static int refused(struct inspected *i, const struct fault *fault)
{
	i->verdict = INSPECT_REFUSED;
	i->fault = *fault;
	return 0;
}

static int add_line(struct inspection *in, struct sv line, struct err *e)
{
	size_t before = in->bundle.n;
	struct fault fault = {.check = ""};
	bool header = is_header(&line);
	int err = header ? bundle_add_identity(&in->bundle, line, &fault)
			 : bundle_add_token(&in->bundle, line, VIA_OUT_OF_BAND);

	if (in->n + in->bundle.n - before + (err == EBADMSG) > BUNDLE_MAX)
		err = ENOSPC;
	if (err && err != EBADMSG)
		return err_set(e, err,
			       err == ENOSPC ? "more than %d PASSporTs" : "out of memory (%d)",
			       BUNDLE_MAX);
	for (size_t i = before; i < in->bundle.n; i++)
		in->v[in->n++] = (struct inspected){.item = in->bundle.v[i]};
	if (err == EBADMSG) {
		fault.check = "identity";
		in->v[in->n] = (struct inspected){.item = {.via = VIA_IN_BAND}};
		return refused(&in->v[in->n++], &fault);
	}
	return 0;
}

static int split(struct inspection *in, struct err *e)
{
	struct sv rest = sv_from(in->text);
	int err = 0;

	unfold(in->text);
	while (rest.p && !err) {
		struct sv line = sv_trim(sv_cut(&rest, '\n'));

		if (line.l)
			err = add_line(in, line, e);
	}
	if (!err && !in->n)
		return err_set(e, EBADMSG, "expected a PASSporT, got blank lines");
	return err;
}

/* What can be said of a token without any trust: its form */
static void judge_form(struct inspected *i)
{
	static const struct verify_opts how = {.role = VERIFY_CPS, .accept_unknown_ppt = true};
	struct verifier *verifier;
	struct fault fault = {.check = ""};
	int err = verifier_alloc(&verifier, &how, NULL, NULL);

	if (!err)
		err = verify_form(verifier, &i->item, i->pp, &fault);
	if (err == EBADMSG)
		(void)refused(i, &fault);
	else
		i->err = err;
	verifier_free(verifier);
}

static void judge(struct inspected *i, struct inspect_judge *judge)
{
	struct fault fault = {.check = ""};
	int err;

	if (i->verdict == INSPECT_REFUSED)
		return; /* its Identity header could not be read */
	err = passport_parse(&i->pp, i->item.id.token, &fault);
	if (err) {
		fault.check = "form";
		i->err = err == EBADMSG ? 0 : err;
		(void)refused(i, &fault);
		return;
	}
	if (judge)
		inspect_judge_run(judge, i);
	else
		judge_form(i);
}

static int print(const struct inspection *in, const struct inspect_opts *o, int64_t now_s)
{
	enum inspect_verdict worst = o->trust ? INSPECT_VERIFIED : INSPECT_SHOWN;
	json_t *list = json_array(), *all;

	for (size_t i = 0; i < in->n; i++) {
		if (in->v[i].verdict == INSPECT_REFUSED || in->v[i].err)
			worst = INSPECT_REFUSED;
		if (o->json)
			(void)json_array_append_new(list, inspect_json(&in->v[i], now_s));
		else
			inspect_text(stdout, &in->v[i], i, in->n, now_s, terminal_colour(stdout));
	}
	if (in->has_chain && in->chain.is_refused)
		worst = INSPECT_REFUSED;
	if (in->has_chain && !o->json)
		inspect_chain_text(stdout, &in->chain, terminal_colour(stdout));
	all = json_pack("{s:s, s:I, s:o, s:o*}", "verdict", inspect_verdict_name(worst), "at",
			(json_int_t)now_s, "passports", list, "chains",
			in->has_chain ? inspect_chain_json(&in->chain) : NULL);
	if (o->json && (!all || json_dumpf(all, stdout, JSON_INDENT(2)) || puts("") == EOF))
		worst = INSPECT_REFUSED;
	json_decref(all);
	return worst == INSPECT_REFUSED ? EXIT_REFUSED : 0;
}

static int inspect_list(const struct inspect_opts *o, const char *text, int64_t now_s,
			struct err *e)
{
	static struct inspected_lists lists;
	struct inspect_judge *judge = NULL;
	int code;

	if ((o->trust && inspect_judge_alloc(&judge, o, now_s, e)) ||
	    inspect_lists_read(&lists, text, judge, e))
		code = EXIT_USAGE;
	else
		code = inspect_lists_print(&lists, o, now_s);
	inspect_judge_free(judge);
	inspect_lists_clear(&lists);
	return code;
}

static int inspect(struct inspection *in, const struct inspect_opts *o, struct err *e)
{
	struct env_shift shift = {0};
	struct env env = env_system(&shift);
	int64_t now_s = o->has_at ? o->at_s : env_now_s(&env);
	struct inspect_judge *trust = NULL;
	int err = input_read(&in->text, o->input, e);

	if (!err && inspect_is_list(in->text))
		return inspect_list(o, in->text, now_s, e);
	if (!err)
		err = split(in, e);
	if (!err && o->trust)
		err = inspect_judge_alloc(&trust, o, now_s, e);
	if (err)
		return EXIT_USAGE;
	for (size_t i = 0; i < in->n; i++)
		judge(&in->v[i], trust);
	in->has_chain = inspect_chain_find(&in->chain, o, in->v, in->n, trust, now_s);
	inspect_judge_free(trust);
	return print(in, o, now_s);
}

int cmd_inspect(int argc, char **argv)
{
	static struct inspection in;
	struct inspect_opts o;
	struct err e = {{0}};
	int code = options_read(&o, argc, argv);

	if (code >= 0)
		return code;
	code = inspect(&in, &o, &e);
	if (code == EXIT_USAGE)
		(void)fprintf(stderr, "oobsim inspect: %s\n", e.s[0] ? e.s : "out of memory");
	for (size_t i = 0; i < in.n; i++)
		passport_unref(in.v[i].pp);
	bundle_clear(&in.bundle);
	free(in.text);
	return code;
}
