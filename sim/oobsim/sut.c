/* Descriptions of implementations. */
#include <errno.h>
#include <string.h>

#include "lib/stir/reason.h"
#include "sim/oobsim/sut.h"

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

static const struct conf_member members[] = {
	{.name = "$schema",
	 .off = offsetof(struct sut, schema),
	 .type = CONF_STR,
	 .doc = "schema of this file, for editors"},
	MEMBER(sut, name, CONF_STR, .required = true, .doc = "what it is called in reports"),
	MEMBER(sut, roles, CONF_STRS, .required = true, .min = 1, .max = 8,
	       .doc = "roles that it can play: cps"),
	MEMBER(sut, command, CONF_STRS, .required = true, .min = 1, .max = 64,
	       .doc = "program and arguments; the path of its configuration is put behind them"),
	MEMBER(sut, start_ms, CONF_INT, .min = 1, .max = 600000, .def = "10000",
	       .doc = "how long it may take to print READY"),
	MEMBER(sut, stop_ms, CONF_INT, .min = 1, .max = 600000, .def = "3000",
	       .doc = "how long it may take to end after SIGTERM"),
	MEMBER(sut, answer_ms, CONF_INT, .min = 1, .max = 600000, .def = "5000",
	       .doc = "how long one answer may take"),
	MEMBER(sut, capabilities, CONF_STRS, .max = 64,
	       .doc = "what it can do beyond its role's bare minimum: retrieval"),
	MEMBER(sut, reasons, CONF_STRMAP,
	       .doc = "its word or status for a refusal, to the name of our reason"),
	MEMBER(sut, known, CONF_LIST, .max = 1000, .sub = &known_table,
	       .doc = "cases that are known to fail"),
	{0},
};
const struct conf_table sut_table = {"implementation under test", sizeof(struct sut), members};

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

int sut_load(struct sut *ret, const char *path, struct err *e)
{
	int err = conf_load(&sut_table, ret, path, e);

	if (!err) {
		err = check_reasons(ret, path, e);
		if (err)
			sut_free(ret);
	}
	return err;
}

static const struct {
	const char *role, *text;
} references[] = {
	{"cps", "{\"name\":\"ref-cps\",\"roles\":[\"cps\"],\"command\":[\"ref-cps\",\"--config\"],"
		"\"capabilities\":[\"retrieval\"]}"},
};

int sut_reference(struct sut *ret, const char *role, struct err *e)
{
	for (size_t i = 0; i < sizeof(references) / sizeof(references[0]); i++) {
		int err;

		if (strcmp(references[i].role, role) != 0)
			continue;
		err = conf_parse(&sut_table, ret, sv_from(references[i].text), "reference", e);
		ret->reference = true;
		return err;
	}
	return err_set(e, ENOENT, "there is no reference for the role \"%s\"", role);
}

void sut_free(struct sut *s)
{
	conf_free(&sut_table, s);
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
