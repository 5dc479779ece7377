/* The tables of files of cases: also their schema. */
#include "sim/oobsim/case.h"

#define MEMBER(type_, member_, kind_, ...)                                               \
	{                                                                                \
		.name = #member_, .off = offsetof(struct type_, member_), .type = kind_, \
		__VA_ARGS__                                                              \
	}

static const struct conf_member token_members[] = {
	MEMBER(case_token, name, CONF_STR, .doc = "its name in bodies: `$name`"),
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

static const char *const kinds[] = {[CASE_POST] = "post", [CASE_PULL] = "pull", NULL};
static const char *const clients[] = {[CASE_CLIENT_VS] = "vs",
				      [CASE_CLIENT_NONE] = "none",
				      [CASE_CLIENT_FOREIGN] = "foreign",
				      NULL};
static const char *const answers[] = {
	[CASE_ACCEPTED] = "accepted", [CASE_REFUSED] = "refused", NULL};

static const struct conf_member step_members[] = {
	{.name = "do",
	 .off = offsetof(struct case_step, kind),
	 .type = CONF_ENUM,
	 .required = true,
	 .words = kinds,
	 .doc = "post: as an STI-AS publishes; pull: as the STI-VS retrieves"},
	MEMBER(case_step, method, CONF_STR, .def = "\"POST\"", .doc = "of a post"),
	MEMBER(case_step, path, CONF_STR, .def = "\"/cps/company/5678\"", .doc = "of a post"),
	MEMBER(case_step, type, CONF_STR, .def = "\"application/passport\"",
	       .doc = "media type of a post; empty: none"),
	MEMBER(case_step, body, CONF_STR, .def = "\"$a\"",
	       .doc = "body of a post: text with names of tokens"),
	MEMBER(case_step, client, CONF_ENUM, .words = clients,
	       .doc = "certificate that a pull shows: of the provider's STI-VS, none, of another "
		      "provider's"),
	MEMBER(case_step, again, CONF_BOOL, .doc = "a pull that repeats the last one"),
	MEMBER(case_step, wait_ms, CONF_INT, .max = 10000, .def = "0",
	       .doc = "how long a pull waits for what is not there"),
	MEMBER(case_step, brings, CONF_STRS, .max = 16,
	       .doc = "tokens that a pull must bring, in any order; none: nothing may come"),
	MEMBER(case_step, answer, CONF_ENUM, .words = answers,
	       .doc = "accepted: 201 for a post, tokens or nothing for a pull; refused: 4xx or "
		      "5xx"),
	MEMBER(case_step, reasons, CONF_STRS, .max = 16,
	       .doc = "why it is refused: one of these; empty: whatever it is"),
	{0},
};
static const struct conf_table step_table = {"step of a case", sizeof(struct case_step),
					     step_members};

static const struct conf_member case_members[] = {
	MEMBER(conform_case, id, CONF_STR, .required = true,
	       .doc = "requirement and name, for ever the same: CPS-04/alg-none"),
	MEMBER(conform_case, title, CONF_STR, .required = true, .doc = "what is peculiar to it"),
	MEMBER(conform_case, proves, CONF_STRS, .required = true, .min = 1, .max = 16,
	       .doc = "requirement ids"),
	MEMBER(conform_case, clause, CONF_STR, .required = true, .doc = "where it is said"),
	MEMBER(conform_case, level, CONF_STR, .required = true,
	       .doc = "M mandatory, D recommended, O optional"),
	MEMBER(conform_case, needs, CONF_STRS, .max = 16,
	       .doc = "capabilities; without them it is unsupported"),
	MEMBER(conform_case, trust, CONF_STR, .def = "\"usual\"",
	       .doc = "list of approved STI-CAs and CRL that are in force: docs/vectors.md"),
	MEMBER(conform_case, fault, CONF_ANY, .required = true,
	       .doc = "what a reference is configured with to make this case fail: path to value"),
	MEMBER(conform_case, tokens, CONF_MAP, .max = 16, .sub = &token_table,
	       .doc = "PASSporTs; without it there is \"a\", the usual one"),
	MEMBER(conform_case, steps, CONF_LIST, .required = true, .min = 1, .max = 64,
	       .sub = &step_table, .doc = "one behind the other"),
	{0},
};
static const struct conf_table case_table = {"case", sizeof(struct conform_case), case_members};

static const struct conf_member file_members[] = {
	{.name = "$schema",
	 .off = offsetof(struct case_file, schema),
	 .type = CONF_STR,
	 .doc = "schema of this file, for editors"},
	MEMBER(case_file, role, CONF_STR, .required = true, .doc = "whose cases these are"),
	MEMBER(case_file, cases, CONF_LIST, .required = true, .min = 1, .max = 1000,
	       .sub = &case_table, .doc = "the cases"),
	{0},
};
const struct conf_table case_file_table = {"cases of one role", sizeof(struct case_file),
					   file_members};
