/* The registry of requirements. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/oobsim/scenario/requirement.h"
#include "sim/oobsim/scenario/scenario_int.h"

#define REGISTRY_MAX_LEN (1u << 20)

static const char *const levels[] = {
	[LEVEL_M] = "M", [LEVEL_D] = "D", [LEVEL_S] = "S", [LEVEL_O] = "O", NULL};

static const struct conf_member requirement_members[] = {
	{.name = "id",
	 .type = CONF_STR,
	 MEMBER(requirement, id),
	 .required = true,
	 .check = scenario_check_requirement,
	 .doc = "its name, in the \"proves\" of scenarios and in the marks of tests"},
	{.name = "clause",
	 .type = CONF_STR,
	 MEMBER(requirement, clause),
	 .required = true,
	 .doc = "where the specification says it; a letter is an appendix"},
	{.name = "level",
	 .type = CONF_ENUM,
	 MEMBER(requirement, level),
	 .required = true,
	 .words = levels,
	 .doc = "M shall or must, D described design, S should, O option or example"},
	{.name = "text",
	 .type = CONF_STR,
	 MEMBER(requirement, text),
	 .required = true,
	 .doc = "what it says, in a sentence"},
	{.name = "built",
	 .type = CONF_BOOL,
	 MEMBER(requirement, built),
	 .def = "true",
	 .doc = "false: nothing does it yet"},
	{0},
};
static const struct conf_table requirement_table = {"requirement", sizeof(struct requirement),
						    requirement_members};

static const struct conf_member members[] = {
	{.name = "specification",
	 .type = CONF_STR,
	 MEMBER(requirements, specification),
	 .required = true,
	 .doc = "what they were read out of"},
	{.name = "requirements",
	 .type = CONF_LIST,
	 MEMBER(requirements, list),
	 .required = true,
	 .min = 1,
	 .max = 1000,
	 .sub = &requirement_table,
	 .doc = "in the order in which they are shown"},
	{0},
};
static const struct conf_table requirements_table = {"registry of requirements",
						     sizeof(struct requirements), members};

const char *requirement_level_name(int level)
{
	return levels[level];
}

static void proofs_free(struct proofs *proofs)
{
	for (size_t i = 0; i < proofs->n; i++) {
		free(proofs->v[i].in);
		free(proofs->v[i].what);
	}
	free(proofs->v);
	*proofs = (struct proofs){0};
}

void requirements_free(struct requirements *reqs)
{
	struct requirement *v = reqs->list.v;

	HASH_CLEAR(hh, reqs->by_id);
	for (size_t i = 0; i < reqs->list.n; i++) {
		proofs_free(&v[i].scenarios);
		proofs_free(&v[i].cases);
		proofs_free(&v[i].tests);
	}
	conf_free(&requirements_table, reqs);
}

struct requirement *requirements_find(const struct requirements *reqs, struct sv id)
{
	struct requirement *found = NULL;

	HASH_FIND(hh, reqs->by_id, id.p, id.l, found);
	return found;
}

/* Make the hash table; an id that stands twice is told with the place of the second */
static int index_ids(struct requirements *reqs, struct sv text, const char *path, struct err *e)
{
	struct requirement *v = reqs->list.v;

	for (size_t i = 0; i < reqs->list.n; i++) {
		unsigned line = 1, column = 1;
		char pointer[64];

		if (!requirements_find(reqs, sv_from(v[i].id))) {
			HASH_ADD_KEYPTR(hh, reqs->by_id, v[i].id, strlen(v[i].id), &v[i]);
			continue;
		}
		(void)snprintf(pointer, sizeof(pointer), "/requirements/%zu/id", i);
		(void)conf_locate(text, pointer, &line, &column);
		return err_set(e, EBADMSG, "%s:%u:%u: %s: expected each id once, got \"%s\" again",
			       path, line, column, pointer, v[i].id);
	}
	return 0;
}

int requirements_load(struct requirements *ret, const char *path, struct err *e)
{
	struct requirements reqs = {0};
	char *text = NULL;
	size_t len;
	int err = file_read(&text, &len, path, REGISTRY_MAX_LEN, e);

	if (!err)
		err = conf_parse(&requirements_table, &reqs, (struct sv){text, len}, path, e);
	if (!err) {
		err = index_ids(&reqs, (struct sv){text, len}, path, e);
		if (err)
			requirements_free(&reqs);
		else
			*ret = reqs;
	}
	free(text);
	return err;
}

bool requirement_binds(const struct requirement *req)
{
	return req->built && (req->level == LEVEL_M || req->level == LEVEL_D);
}

bool requirement_is_proven(const struct requirement *req)
{
	return req->scenarios.n + req->cases.n + req->tests.n > 0;
}

int proofs_add(struct proofs *proofs, const char *in, struct sv what, unsigned line)
{
	struct proof *v = proofs->v, *p;

	for (size_t i = 0; i < proofs->n; i++)
		if (strcmp(v[i].in, in) == 0 && sv_eq(what, sv_from(v[i].what)))
			return 0;
	v = reallocarray(v, proofs->n + 1, sizeof(*v));
	if (!v)
		return ENOMEM;
	proofs->v = v;
	p = &v[proofs->n];
	*p = (struct proof){.in = strdup(in), .what = what.l ? sv_dup(what) : NULL, .line = line};
	proofs->n++;
	return p->in && (p->what || !what.l) ? 0 : ENOMEM;
}
