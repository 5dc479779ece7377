/* The tables of files of cases: also their schema. */
#include <stdlib.h>
#include <string.h>

#include "sim/oobsim/conform/role.h"

#define MEMBER(type_, member_, kind_, ...)                                               \
	{                                                                                \
		.name = #member_, .off = offsetof(struct type_, member_), .type = kind_, \
		__VA_ARGS__                                                              \
	}

static const struct conf_member token_members[] = {
	MEMBER(case_token, name, CONF_STR, .doc = "its name in texts: `$name`"),
	MEMBER(case_token, row, CONF_STR, .def = "\"usual\"",
	       .doc = "the PASSporT vector of that name: docs/vectors.md"),
	MEMBER(case_token, cred, CONF_STR, .doc = "credential that signs it, instead of the row's"),
	MEMBER(case_token, header, CONF_STR,
	       .doc = "merge patch of its header (RFC 7396), with names like $now-63"),
	MEMBER(case_token, claims, CONF_STR, .doc = "merge patch of its claims"),
	MEMBER(case_token, shape, CONF_STR, .doc = "its text, of $h, $p and $s"),
	MEMBER(case_token, sig, CONF_STR, .doc = "change of its signature"),
	MEMBER(case_token, signer, CONF_STR, .doc = "certificate whose key signs it"),
	{0},
};
static const struct conf_table token_table = {"PASSporT of a case", sizeof(struct case_token),
					      token_members};

static const struct conf_member case_members[] = {
	MEMBER(conform_case, id, CONF_STR, .required = true,
	       .doc = "requirement and name, for ever the same: CPS-04/alg-none"),
	MEMBER(conform_case, title, CONF_STR, .required = true, .doc = "what is peculiar to it"),
	MEMBER(conform_case, proves, CONF_STRS, .required = true, .min = 1, .max = 16,
	       .doc = "requirement ids"),
	MEMBER(conform_case, clause, CONF_STR, .required = true, .doc = "where it is said"),
	MEMBER(conform_case, level, CONF_STR, .required = true,
	       .doc = "M mandatory, D described, S should, O optional"),
	MEMBER(conform_case, needs, CONF_STRS, .max = 16,
	       .doc = "capabilities; without them it is unsupported"),
	MEMBER(conform_case, over, CONF_STRS, .max = 8,
	       .doc = "interfaces; over each it is a case of its own, id@interface"),
	MEMBER(conform_case, trust, CONF_STR, .def = "\"usual\"",
	       .doc = "list of approved STI-CAs and CRL that are in force: docs/vectors.md"),
	MEMBER(conform_case, published, CONF_STR, .def = "\"usual\"",
	       .doc = "what authorities publish meanwhile, a word of the role"),
	MEMBER(conform_case, apart, CONF_STR,
	       .doc = "cases with the same word share a start, without others: slow ones, which "
		      "the "
		      "proofs of others need not wait for"),
	MEMBER(conform_case, config, CONF_ANY,
	       .doc = "members of the implementation's configuration: path to value"),
	MEMBER(conform_case, fault, CONF_ANY, .required = true,
	       .doc = "what a reference is configured with to make this case fail: path to value"),
	MEMBER(conform_case, tokens, CONF_MAP, .max = 16, .sub = &token_table,
	       .doc = "PASSporTs; without it there is \"a\", the usual one"),
	MEMBER(conform_case, steps, CONF_LIST, .required = true, .min = 1, .max = 64,
	       .doc = "one behind the other"), /* .sub: case_tables_alloc() */
	{0},
};

static const struct conf_member file_members[] = {
	{.name = "$schema",
	 .off = offsetof(struct case_file, schema),
	 .type = CONF_STR,
	 .doc = "schema of this file, for editors"},
	{.name = "role",
	 .off = offsetof(struct case_file, name),
	 .type = CONF_STR,
	 .required = true,
	 .doc = "whose cases these are"},
	MEMBER(case_file, cases, CONF_LIST, .required = true, .min = 1, .max = 1000,
	       .doc = "the cases"), /* .sub: likewise */
	{0},
};

/* Those above, with the steps of one role in them */
struct case_tables {
	struct conf_member case_members[sizeof(case_members) / sizeof(case_members[0])];
	struct conf_member file_members[sizeof(file_members) / sizeof(file_members[0])];
	struct conf_table cases, file;
};

static void put_sub(struct conf_member *m, const char *name, const struct conf_table *sub)
{
	while (strcmp(m->name, name) != 0)
		m++;
	m->sub = sub;
}

struct case_tables *case_tables_alloc(const struct role *role)
{
	struct case_tables *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	memcpy(t->case_members, case_members, sizeof(case_members));
	memcpy(t->file_members, file_members, sizeof(file_members));
	put_sub(t->case_members, "steps", role->step_table);
	t->cases = (struct conf_table){"case", sizeof(struct conform_case), t->case_members};
	put_sub(t->file_members, "cases", &t->cases);
	t->file =
		(struct conf_table){"cases of one role", sizeof(struct case_file), t->file_members};
	return t;
}

const struct conf_table *case_tables_file(const struct case_tables *t)
{
	return &t->file;
}

json_t *cases_schema(const struct role *role)
{
	struct case_tables *t = case_tables_alloc(role);
	json_t *schema = t ? conf_schema(&t->file) : NULL;

	free(t);
	return schema;
}
