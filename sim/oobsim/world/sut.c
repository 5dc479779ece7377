/* Descriptions of implementations. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/stir/reason.h"
#include "sim/oobsim/proc/proc.h"
#include "sim/oobsim/world/sut.h"

#define MEMBER(type_, member_, kind_, ...)                                               \
	{                                                                                \
		.name = #member_, .off = offsetof(struct type_, member_), .type = kind_, \
		__VA_ARGS__                                                              \
	}

static const struct conf_member known_members[] = {
	{.name = "case",
	 .off = offsetof(struct sut_known, id),
	 .type = CONF_STR,
	 .required = true,
	 .doc = "id of the case"},
	MEMBER(sut_known, reason, CONF_STR, .required = true, .doc = "why it fails, for people"),
	MEMBER(sut_known, ticket, CONF_STR, .doc = "where it is being mended"),
	{0},
};
static const struct conf_table known_table = {"failure that is known", sizeof(struct sut_known),
					      known_members};

static const char *const ready_words[] = {
	[SUT_READY_LINE] = "line", [SUT_READY_PORTS] = "ports", NULL};

static const struct conf_member process_members[] = {
	MEMBER(sut_process, command, CONF_STRS, .required = true, .min = 1, .max = 64,
	       .doc = "program and arguments; the path of its configuration is put behind them"),
	MEMBER(sut_process, ready, CONF_ENUM, .words = ready_words,
	       .doc = "it serves when it prints a line READY {...}, or when its ports take "
		      "connections"),
	MEMBER(sut_process, start_ms, CONF_INT, .min = 1, .max = 600000, .def = "10000",
	       .doc = "how long it may take until it serves"),
	MEMBER(sut_process, stop_ms, CONF_INT, .min = 1, .max = 600000, .def = "3000",
	       .doc = "how long it may take to end after SIGTERM"),
	{0},
};
static const struct conf_table process_table = {"attachment: a program that is started",
						sizeof(struct sut_process), process_members};

static const struct conf_member address_members[] = {
	MEMBER(sut_address, at, CONF_STRMAP, .required = true,
	       .doc = "name of an interface to its URL or SIP URI"),
	MEMBER(sut_address, resolve, CONF_STRMAP,
	       .doc = "host name in these URLs to address; others are resolved as usual"),
	MEMBER(sut_address, ca, CONF_STR,
	       .doc = "PEM file with the CA of its TLS certificate; absent: the CA of the world"),
	MEMBER(sut_address, provisioned, CONF_STR,
	       .doc = "folder that oobsim conform --provision wrote, and whose files it was given"),
	{0},
};
static const struct conf_table address_table = {"attachment: it runs somewhere",
						sizeof(struct sut_address), address_members};

static const struct conf_member judge_members[] = {
	MEMBER(sut_judge, command, CONF_STRS, .required = true, .min = 1, .max = 64,
	       .doc = "program and arguments: reads a vector a line, answers a verdict a line"),
	MEMBER(sut_judge, start_ms, CONF_INT, .min = 1, .max = 600000, .def = "10000",
	       .doc = "how long it may take until its first answer"),
	MEMBER(sut_judge, stop_ms, CONF_INT, .min = 1, .max = 600000, .def = "3000",
	       .doc = "how long it may take to end after the end of its input"),
	{0},
};
static const struct conf_table judge_table = {"attachment: a judge of vectors",
					      sizeof(struct sut_judge), judge_members};

static const struct conf_member retrieval_members[] = {
	MEMBER(sut_retrieval, url, CONF_STR,
	       .doc = "https URL with {orig}, {dest} and {call}: GET brings the PASSporTs, one a "
		      "line or as a JSON array"),
	MEMBER(sut_retrieval, command, CONF_STRS, .max = 32,
	       .doc = "program and arguments; orig and dest follow; it prints the PASSporTs, one a "
		      "line"),
	MEMBER(sut_retrieval, vs, CONF_STR,
	       .doc = "SIP URI: CPS and STI-VS are one box, whose answer is looked at"),
	{0},
};
static const struct conf_table retrieval_table = {"how PASSporTs are fetched",
						  sizeof(struct sut_retrieval), retrieval_members};

static const struct conf_member members[] = {
	{.name = "$schema",
	 .off = offsetof(struct sut, schema),
	 .type = CONF_STR,
	 .doc = "schema of this file, for editors"},
	MEMBER(sut, name, CONF_STR, .required = true, .doc = "what it is called in reports"),
	MEMBER(sut, version, CONF_STRS, .max = 64,
	       .doc = "program and arguments that print its version in a line"),
	MEMBER(sut, roles, CONF_STRS, .required = true, .min = 1, .max = 8,
	       .doc = "roles that it can play: as, cps, vs, pki, osp, tsp, judge"),
	MEMBER(sut, process, CONF_OBJ, .sub = &process_table,
	       .doc = "how it is attached: the bench starts it"),
	MEMBER(sut, address, CONF_OBJ, .sub = &address_table,
	       .doc = "how it is attached: it runs already"),
	MEMBER(sut, judge, CONF_OBJ, .sub = &judge_table,
	       .doc = "how it is attached: a judge of vectors, for oobsim conform judge"),
	MEMBER(sut, answer_ms, CONF_INT, .min = 1, .max = 600000, .def = "5000",
	       .doc = "how long one answer may take"),
	MEMBER(sut, capabilities, CONF_STRS, .max = 64,
	       .doc = "what it can do beyond its role's bare minimum"),
	MEMBER(sut, retrieval, CONF_OBJ, .sub = &retrieval_table,
	       .doc = "cps: how PASSporTs are fetched; absent: PUT /calls as the reference has it"),
	MEMBER(sut, reasons, CONF_STRMAP,
	       .doc = "its word or status for a refusal, to the name of our reason"),
	MEMBER(sut, known, CONF_LIST, .max = 1000, .sub = &known_table,
	       .doc = "cases that are known to fail"),
	{0},
};
const struct conf_table sut_table = {"implementation under test", sizeof(struct sut), members};

static int take_kind(struct sut *s, const char *path, struct err *e)
{
	const bool is[] = {[SUT_PROCESS] = s->process.command.n > 0,
			   [SUT_ADDRESS] = s->address.at.n > 0,
			   [SUT_JUDGE] = s->judge.command.n > 0};

	s->kind = is[SUT_PROCESS] ? SUT_PROCESS : is[SUT_ADDRESS] ? SUT_ADDRESS : SUT_JUDGE;
	if (is[SUT_PROCESS] + is[SUT_ADDRESS] + is[SUT_JUDGE] == 1)
		return 0;
	return err_set(e, EBADMSG,
		       "%s: expected exactly one of the members process, address and judge, got %s",
		       path, is[s->kind] ? "several" : "none");
}

static int check_reasons(const struct sut *s, const char *path, struct err *e)
{
	const struct conf_pair *pairs = s->reasons.v;
	enum reason reason;

	for (size_t i = 0; i < s->reasons.n; i++)
		if (!reason_from_name(&reason, sv_from(pairs[i].value)))
			return err_set(e, EBADMSG,
				       "%s: /reasons/%s: expected the name of one of our reasons, "
				       "got \"%s\"",
				       path, pairs[i].name, pairs[i].value);
	return 0;
}

static int check_retrieval(const struct sut *s, const char *path, struct err *e)
{
	const struct sut_retrieval *r = &s->retrieval;

	if ((r->url != NULL) + (r->command.n > 0) + (r->vs != NULL) <= 1)
		return 0;
	return err_set(
		e, EBADMSG,
		"%s: /retrieval: expected one of the members url, command and vs, got several",
		path);
}

static int complete(struct sut *s, const char *path, struct err *e)
{
	int err = check_reasons(s, path, e);

	if (!err)
		err = check_retrieval(s, path, e);
	if (!err)
		err = take_kind(s, path, e);
	if (err)
		sut_free(s);
	return err;
}

int sut_load(struct sut *ret, const char *path, struct err *e)
{
	int err = conf_load(&sut_table, ret, path, e);

	if (!err)
		err = complete(ret, path, e);
	if (err)
		return err;
	ret->file = strdup(path);
	if (ret->file)
		return 0;
	sut_free(ret);
	return err_set(e, ENOMEM, "out of memory");
}

int sut_reference(struct sut *ret, const char *text, struct err *e)
{
	int err = conf_parse(&sut_table, ret, sv_from(text), "reference", e);

	if (!err)
		err = complete(ret, "reference", e);
	ret->reference = true;
	return err;
}

void sut_free(struct sut *s)
{
	free(s->file);
	s->file = NULL;
	conf_free(&sut_table, s);
}

int sut_argv(const struct conf_list *command, char program[PATH_MAX], const char **argv,
	     struct err *e)
{
	char *const *v = command->v;

	argv[0] = program;
	for (size_t i = 1; i < command->n; i++)
		argv[i] = v[i];
	if (!strchr(v[0], '/'))
		return proc_find(program, PATH_MAX, v[0], e);
	(void)snprintf(program, PATH_MAX, "%s", v[0]);
	return 0;
}

static bool in_list(const struct conf_list *list, const char *word)
{
	char *const *v = list->v;

	for (size_t i = 0; i < list->n; i++)
		if (strcmp(v[i], word) == 0)
			return true;
	return false;
}

bool sut_has_role(const struct sut *s, const char *role)
{
	return in_list(&s->roles, role);
}

bool sut_can(const struct sut *s, const char *capability)
{
	return in_list(&s->capabilities, capability);
}

const struct sut_known *sut_known_failure(const struct sut *s, const char *id)
{
	const struct sut_known *v = s->known.v;

	for (size_t i = 0; i < s->known.n; i++)
		if (strcmp(v[i].id, id) == 0)
			return &v[i];
	return NULL;
}

const char *sut_reason(const struct sut *s, struct sv word)
{
	const struct conf_pair *pairs = s->reasons.v;
	enum reason reason;

	for (size_t i = 0; i < s->reasons.n; i++)
		if (sv_eqz(word, pairs[i].name))
			return pairs[i].value;
	return reason_from_name(&reason, word) ? reason_info(reason)->name : NULL;
}
