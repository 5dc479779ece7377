/* Reading the cases of a role, and what their table cannot say. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/stir/reason.h"
#include "sim/oobsim/conform/role.h"
#include "sim/oobsim/scenario/scenario.h"
#include "sim/oobsim/vector/vector_passport.h"

DEFINE_AUTO(char, free)

#define CASES_MAX_LEN (4u << 20)

int case_refuse(const struct case_place *at, const char *member, const char *want, const char *got)
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

bool case_has_token(const struct conform_case *c, const char *name)
{
	const struct case_token *t = c->tokens.v;

	for (size_t i = 0; i < c->tokens.n; i++)
		if (strcmp(t[i].name, name) == 0)
			return true;
	return c->tokens.n == 0 && strcmp(name, "a") == 0;
}

static int check_tokens(const struct case_place *at, const struct conform_case *c)
{
	const struct case_token *t = c->tokens.v;
	char member[160];

	for (size_t i = 0; i < c->tokens.n; i++) {
		(void)snprintf(member, sizeof(member), "/tokens/%.64s/row", t[i].name);
		if (!has_row(t[i].row))
			return case_refuse(at, member, "the name of a PASSporT vector", t[i].row);
		(void)snprintf(member, sizeof(member), "/tokens/%.64s/cred", t[i].name);
		if (t[i].cred && !vector_cred_find(t[i].cred))
			return case_refuse(at, member, "the name of a credential", t[i].cred);
	}
	return 0;
}

int case_check_tokens(const struct case_place *at, const struct conform_case *c, size_t step,
		      const char *member, const struct conf_list *words)
{
	char *const *v = words->v;
	char where[96];

	for (size_t k = 0; k < words->n; k++) {
		(void)snprintf(where, sizeof(where), "/steps/%zu/%s/%zu", step, member, k);
		if (!case_has_token(c, v[k]))
			return case_refuse(at, where, "a PASSporT of the case", v[k]);
	}
	return 0;
}

int case_check_reasons(const struct case_place *at, size_t step, const char *member,
		       const struct conf_list *words)
{
	char *const *v = words->v;
	char where[96];
	enum reason reason;

	for (size_t k = 0; k < words->n; k++) {
		(void)snprintf(where, sizeof(where), "/steps/%zu/%s/%zu", step, member, k);
		if (!reason_from_name(&reason, sv_from(v[k])))
			return case_refuse(at, where, "the name of a reason", v[k]);
	}
	return 0;
}

static bool among(const char *const *words, const char *word)
{
	for (; words && *words; words++)
		if (strcmp(*words, word) == 0)
			return true;
	return false;
}

static int check_words(const struct case_place *at, const struct role *role,
		       const struct conform_case *c)
{
	char *const *over = c->over.v, *const *needs = c->needs.v;
	char member[32];

	for (size_t i = 0; i < c->over.n; i++) {
		(void)snprintf(member, sizeof(member), "/over/%zu", i);
		if (!among(role->interfaces, over[i]))
			return case_refuse(at, member, "an interface of the role", over[i]);
	}
	for (size_t i = 0; i < c->needs.n; i++) {
		(void)snprintf(member, sizeof(member), "/needs/%zu", i);
		if (!among(role->capabilities, needs[i]))
			return case_refuse(at, member, "a capability of the role", needs[i]);
	}
	if (strcmp(c->published, CASE_USUAL) != 0 && !among(role->published, c->published))
		return case_refuse(at, "/published", "what an authority of the role publishes",
				   c->published);
	return 0;
}

static int check_case(const struct case_place *at, const struct case_file *f)
{
	const struct conform_case *cases = f->cases.v, *c = &cases[at->i];
	int err;

	for (size_t k = 0; k < at->i; k++)
		if (strcmp(cases[k].id, c->id) == 0)
			return case_refuse(at, "/id", "an id of its own", c->id);
	if (!has_trust(c->trust))
		return case_refuse(at, "/trust", "the name of what is in force", c->trust);
	if (!json_is_object(c->fault) || json_object_size(c->fault) == 0)
		return case_refuse(at, "/fault", "an object of paths and values", "something else");
	if (c->config && !json_is_object(c->config))
		return case_refuse(at, "/config", "an object of paths and values",
				   "something else");
	err = check_words(at, f->role, c);
	if (!err)
		err = check_tokens(at, c);
	for (size_t i = 0; i < c->steps.n && !err && f->role->check_step; i++)
		err = f->role->check_step(at, c, i);
	return err;
}

/* A case over several interfaces is several */
static int list_items(struct case_file *f, struct err *e)
{
	const struct conform_case *c = f->cases.v;
	size_t n = 0;

	for (size_t i = 0; i < f->cases.n; i++)
		n += c[i].over.n ? c[i].over.n : 1;
	f->items = calloc(n + 1, sizeof(*f->items));
	if (!f->items)
		return err_set(e, ENOMEM, "out of memory");
	for (size_t i = 0; i < f->cases.n; i++) {
		char *const *over = c[i].over.v;

		for (size_t k = 0; k == 0 || k < c[i].over.n; k++) {
			struct case_item *item = &f->items[f->nitems++];

			item->role = f->role;
			item->c = &c[i];
			item->over = c[i].over.n ? over[k] : NULL;
			(void)snprintf(item->id, sizeof(item->id), "%.64s%s%.24s", c[i].id,
				       item->over ? "@" : "", item->over ? item->over : "");
		}
	}
	return 0;
}

static int check_all(struct case_file *f, const char *path, struct sv text, struct err *e)
{
	int err = 0;

	if (strcmp(f->name, f->role->name) != 0)
		return err_set(e, EBADMSG, "%s: /role: expected \"%s\", got \"%s\"", path,
			       f->role->name, f->name);
	for (size_t i = 0; i < f->cases.n && !err; i++) {
		const struct case_place at = {path, text, i, e};

		err = check_case(&at, f);
	}
	return err ? err : list_items(f, e);
}

static int read_cases(const struct role *role, char **ret, size_t *len, char *path, size_t size,
		      struct err *e)
{
	char dir[PATH_MAX];
	int err;

	if (role->make_cases) {
		(void)snprintf(path, size, "cases of role %s", role->name);
		*ret = role->make_cases(e);
		*len = *ret ? strlen(*ret) : 0;
		return *ret ? 0 : EINVAL;
	}
	err = scenario_dir(dir, sizeof(dir), e);
	if (err)
		return err;
	(void)snprintf(path, size, "%s/cases/%.32s.json", dir, role->name);
	return file_read(ret, len, path, CASES_MAX_LEN, e);
}

int cases_load(struct case_file *ret, const struct role *role, struct err *e)
{
	char path[PATH_MAX + 64];
	AUTO(free) char *text = NULL;
	struct case_tables *tables;
	size_t len = 0;
	int err = read_cases(role, &text, &len, path, sizeof(path), e);

	if (err)
		return err;
	tables = case_tables_alloc(role);
	if (!tables)
		return err_set(e, ENOMEM, "out of memory");
	err = conf_parse(case_tables_file(tables), ret, (struct sv){text, len}, path, e);
	if (err) {
		free(tables);
		return err;
	}
	ret->tables = tables;
	ret->role = role;
	err = check_all(ret, path, (struct sv){text, len}, e);
	if (err)
		cases_free(ret);
	return err;
}

void cases_free(struct case_file *f)
{
	struct case_tables *tables = f->tables;

	if (!tables)
		return;
	free(f->items);
	f->items = NULL;
	conf_free(case_tables_file(tables), f);
	free(tables);
}
