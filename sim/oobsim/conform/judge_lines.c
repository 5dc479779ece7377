/* The test vectors as lines for a judge, and as cases. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/oobsim/conform/judge.h"

static struct judge_lines made;
static uint64_t made_of;

/* What a kind of vector proves */
static const struct {
	const char *kind, *proves, *level;
} kinds[] = {
	{"passport", "CPS-04", "M"}, {"identity", "VS-05", "M"}, {"certificate", "PKI-02", "M"},
	{"list", "DISC-10", "M"},    {"body", "CPS-03", "M"},    {"call", "VS-08", "D"},
};

static size_t kind_of(const struct vector *v)
{
	size_t i = 0;

	while (strcmp(kinds[i].kind, v->kind) != 0)
		i++;
	return i;
}

/* Who ignores one reason accepts what is refused for it; who refuses all of a kind refuses what is good */
static json_t *fault_of(const struct vector *v)
{
	return v->reason ? json_pack("{s:s}", "accept", reason_info(v->reason)->name)
			 : json_pack("{s:s}", "refuse", v->kind);
}

/* What a library judges at the least is PASSporTs: the other kinds are declared */
static json_t *case_of(const struct vector *v, const json_t *vector)
{
	const size_t kind = kind_of(v);
	json_t *needs = json_array();

	if (kind > 0)
		(void)json_array_append_new(needs, json_string(v->kind));
	return json_pack("{s:O, s:O, s:[s], s:O, s:s, s:o, s:o, s:[{s:s}]}", "id",
			 json_object_get(vector, "id"), "title", json_object_get(vector, "title"),
			 "proves", kinds[kind].proves, "clause", json_object_get(vector, "clause"),
			 "level", kinds[kind].level, "needs", needs, "fault", fault_of(v), "steps",
			 "reason", reason_info(v->reason)->name);
}

/* Its verdict, and what tells it */
static void hide_verdict(json_t *vector)
{
	static const char *const members[] = {"verdict", "reason", "status",
					      "index",   "title",  "clause"};

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		(void)json_object_del(vector, members[i]);
}

static int take(struct vector_sink *sink, const struct vector *v, struct err *e)
{
	struct judge_lines *lines = sink->arg;
	json_t *vector = vector_json(sink->scene, v), *c = vector ? case_of(v, vector) : NULL;
	struct judge_line *more = realloc(lines->v, (lines->n + 1) * sizeof(*more)), *line;

	if (more)
		lines->v = more;
	if (!more || !c || json_array_append_new(lines->cases, c)) {
		json_decref(vector);
		return err_set(e, ENOMEM, "out of memory");
	}
	line = &lines->v[lines->n++];
	*line = (struct judge_line){.refused = v->reason != REASON_OK,
				    .reason = reason_info(v->reason)->name};
	line->id = strdup(json_string_value(json_object_get(vector, "id")));
	hide_verdict(vector);
	line->text = json_dumps(vector, JSON_COMPACT);
	line->len = line->text ? strlen(line->text) : 0;
	json_decref(vector);
	return line->id && line->text ? 0 : err_set(e, ENOMEM, "out of memory");
}

static void forget(void)
{
	for (size_t i = 0; i < made.n; i++) {
		free(made.v[i].id);
		free(made.v[i].text);
	}
	free(made.v);
	json_decref(made.cases);
	made = (struct judge_lines){0};
}

static int make(uint64_t seed, struct err *e)
{
	static vector_maker_h *const makers[] = {vector_passports,    vector_identities,
						 vector_certificates, vector_lists,
						 vector_bodies,       vector_calls};
	struct vector_scene *scene = NULL;
	struct vector_sink sink = {.take = take, .arg = &made};
	struct err why = {""};
	int err;

	forget();
	made.cases = json_array();
	made_of = seed;
	err = vector_scene_alloc(&scene, seed, VECTOR_NOW, &why);
	sink.scene = scene;
	for (size_t i = 0; !err && i < sizeof(makers) / sizeof(makers[0]); i++)
		err = makers[i](&sink, &why);
	vector_scene_free(scene);
	if (!err)
		return 0;
	forget();
	return err_set(e, err, "%s", why.s);
}

int judge_lines_get(const struct judge_lines **ret, uint64_t seed, struct err *e)
{
	int err = made.n && made_of == seed ? 0 : make(seed, e);

	*ret = err ? NULL : &made;
	return err;
}

const struct judge_line *judge_line_find(const struct judge_lines *lines, const char *id)
{
	for (size_t i = 0; i < lines->n; i++)
		if (strcmp(lines->v[i].id, id) == 0)
			return &lines->v[i];
	return NULL;
}

char *judge_cases(struct err *e)
{
	const struct judge_lines *lines;
	json_t *file;
	char *text;

	/* what a case says is the same for each seed */
	if (judge_lines_get(&lines, made.n ? made_of : 1, e))
		return NULL;
	file = json_pack("{s:s, s:O}", "role", "judge", "cases", lines->cases);
	text = file ? json_dumps(file, JSON_COMPACT) : NULL;
	json_decref(file);
	if (!text)
		(void)err_set(e, ENOMEM, "out of memory");
	return text;
}
