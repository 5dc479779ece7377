/* Reading the cases of a role, and what their table cannot say. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/stir/reason.h"
#include "sim/oobsim/case.h"
#include "sim/oobsim/scenario.h"
#include "sim/oobsim/vector_passport.h"

DEFINE_AUTO(char, free)

#define CASES_MAX_LEN (4u << 20)

/* Where a case stands, for its error */
struct place {
	const char *file;
	struct sv text;
	size_t i;
	struct err *e;
};

static int refuse(const struct place *at, const char *member, const char *want, const char *got)
{
	unsigned line = 1, column = 1;
	char pointer[256];

	(void)snprintf(pointer, sizeof(pointer), "/cases/%zu%s", at->i, member);
	while (conf_locate(at->text, pointer, &line, &column) && *pointer)
		*strrchr(pointer, '/') = '\0';
	return err_set(at->e, EBADMSG, "%s:%u:%u: /cases/%zu%s: expected %s, got \"%s\"", at->file,
		       line, column, at->i, member, want, got);
}

static bool has_row(const char *id)
{
	for (size_t i = 0; i < vector_passport_rows_n; i++)
		if (strcmp(vector_passport_rows[i].id, id) == 0)
			return true;
	return false;
}

static bool has_trust(const char *id)
{
	for (size_t i = 0; i < vector_trust_rows_n; i++)
		if (strcmp(vector_trust_rows[i].id, id) == 0)
			return true;
	return false;
}

static bool has_token(const struct conform_case *c, const char *name)
{
	const struct case_token *t = c->tokens.v;

	for (size_t i = 0; i < c->tokens.n; i++)
		if (strcmp(t[i].name, name) == 0)
			return true;
	return c->tokens.n == 0 && strcmp(name, "a") == 0;
}

static int check_tokens(const struct place *at, const struct conform_case *c)
{
	const struct case_token *t = c->tokens.v;
	char member[160];

	for (size_t i = 0; i < c->tokens.n; i++) {
		(void)snprintf(member, sizeof(member), "/tokens/%.64s/row", t[i].name);
		if (!has_row(t[i].row))
			return refuse(at, member, "the name of a PASSporT vector", t[i].row);
		(void)snprintf(member, sizeof(member), "/tokens/%.64s/cred", t[i].name);
		if (t[i].cred && !vector_cred_find(t[i].cred))
			return refuse(at, member, "the name of a credential", t[i].cred);
	}
	return 0;
}

static int check_step(const struct place *at, const struct conform_case *c, size_t i)
{
	const struct case_step *s = (const struct case_step *)c->steps.v + i;
	char *const *brings = s->brings.v, *const *reasons = s->reasons.v;
	char member[64];
	enum reason reason;

	for (size_t k = 0; k < s->brings.n; k++) {
		(void)snprintf(member, sizeof(member), "/steps/%zu/brings/%zu", i, k);
		if (!has_token(c, brings[k]))
			return refuse(at, member, "a PASSporT of the case", brings[k]);
	}
	for (size_t k = 0; k < s->reasons.n; k++) {
		(void)snprintf(member, sizeof(member), "/steps/%zu/reasons/%zu", i, k);
		if (!reason_from_name(&reason, sv_from(reasons[k])))
			return refuse(at, member, "the name of a reason", reasons[k]);
	}
	return 0;
}

static int check_case(const struct place *at, const struct case_file *f)
{
	const struct conform_case *cases = f->cases.v, *c = &cases[at->i];
	int err;

	for (size_t k = 0; k < at->i; k++)
		if (strcmp(cases[k].id, c->id) == 0)
			return refuse(at, "/id", "an id of its own", c->id);
	if (!has_trust(c->trust))
		return refuse(at, "/trust", "the name of what is in force", c->trust);
	if (!json_is_object(c->fault) || json_object_size(c->fault) == 0)
		return refuse(at, "/fault", "an object of paths and values", "something else");
	err = check_tokens(at, c);
	for (size_t i = 0; i < c->steps.n && !err; i++)
		err = check_step(at, c, i);
	return err;
}

int cases_load(struct case_file *ret, const char *role, struct err *e)
{
	char dir[PATH_MAX], path[PATH_MAX + 64];
	AUTO(free) char *text = NULL;
	size_t len;
	int err = scenario_dir(dir, sizeof(dir), e);

	if (err)
		return err;
	(void)snprintf(path, sizeof(path), "%s/cases/%.32s.json", dir, role);
	err = file_read(&text, &len, path, CASES_MAX_LEN, e);
	if (!err)
		err = conf_parse(&case_file_table, ret, (struct sv){text, len}, path, e);
	if (err)
		return err;
	for (size_t i = 0; i < ret->cases.n && !err; i++) {
		const struct place at = {path, {text, len}, i, e};

		err = check_case(&at, ret);
	}
	if (err)
		cases_free(ret);
	return err;
}

void cases_free(struct case_file *f)
{
	conf_free(&case_file_table, f);
}
