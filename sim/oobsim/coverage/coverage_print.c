/* The matrix of requirements and what proves them. */
#include <string.h>

#include "sim/oobsim/report/ladder.h"
#include "sim/oobsim/scenario/requirement.h"

#define WIDTH    118
#define INDENT   28 /* the text's column */
#define HANGING  11 /* "scenarios  " */
#define NO_PROOF "no proof"

/* Columns that it takes: octets that do not continue a character of UTF-8 */
static size_t width_of(struct sv text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.l; i++)
		n += ((unsigned char)text.p[i] & 0xc0) != 0x80;
	return n;
}

/* Where the next word goes; lines are broken between words */
struct writer {
	FILE *f;
	size_t column, indent;
};

static void write_words(struct writer *w, const char *text)
{
	struct sv rest = sv_from(text);

	while (rest.p) {
		struct sv word = sv_cut(&rest, ' ');
		size_t width = width_of(word);

		if (w->column + 1 + width > WIDTH) {
			(void)fprintf(w->f, "\n%*s", (int)w->indent, "");
			w->column = w->indent;
		} else if (w->column != w->indent) {
			(void)fputc(' ', w->f);
			w->column++;
		}
		(void)fprintf(w->f, "%.*s", SV_ARG(word));
		w->column += width;
	}
}

/* A scenario is named once; the checks are in the JSON form and in the scenario's own report */
static void print_scenarios(FILE *f, const struct proofs *proofs)
{
	struct writer w = {f, INDENT + HANGING, INDENT + HANGING};

	if (!proofs->n)
		return;
	(void)fprintf(f, "%*s%-*s", INDENT, "", HANGING, "scenarios");
	for (size_t i = 0; i < proofs->n; i++)
		if (!i || strcmp(proofs->v[i].in, proofs->v[i - 1].in) != 0)
			write_words(&w, proofs->v[i].in);
	(void)fputc('\n', f);
}

/* How many of each role: "cps: 210, vs: 33"; which they are is in the other forms */
static void print_cases(FILE *f, const struct proofs *proofs)
{
	struct writer w = {f, INDENT + HANGING, INDENT + HANGING};

	if (!proofs->n)
		return;
	(void)fprintf(f, "%*s%-*s", INDENT, "", HANGING, "cases");
	for (size_t i = 0, from; i < proofs->n;) {
		char word[64];

		for (from = i; i < proofs->n && strcmp(proofs->v[i].in, proofs->v[from].in) == 0;)
			i++;
		(void)snprintf(word, sizeof(word), "%s: %zu%s", proofs->v[from].in, i - from,
			       i < proofs->n ? "," : "");
		write_words(&w, word);
	}
	(void)fputc('\n', f);
}

/* A line a file: "test_as.py: test_one, test_two" */
static void print_tests(FILE *f, const struct proofs *proofs)
{
	for (size_t i = 0; i < proofs->n;) {
		const char *in = proofs->v[i].in;
		struct writer w = {f, INDENT + HANGING, INDENT + HANGING};
		char word[320];

		(void)fprintf(f, "%*s%-*s", INDENT, "", HANGING, i ? "" : "tests");
		(void)snprintf(word, sizeof(word), "%s:", in);
		write_words(&w, word);
		for (; i < proofs->n && strcmp(proofs->v[i].in, in) == 0; i++) {
			bool more = i + 1 < proofs->n && strcmp(proofs->v[i + 1].in, in) == 0;

			(void)snprintf(word, sizeof(word), "%s%s", proofs->v[i].what,
				       more ? "," : "");
			write_words(&w, word);
		}
		(void)fputc('\n', f);
	}
}

static void print_row(FILE *f, const struct requirement *req, bool colour)
{
	struct writer w = {f, INDENT, INDENT};

	(void)fprintf(f, "%-8s %-3s %-14s ", req->id, requirement_level_name(req->level),
		      req->clause);
	write_words(&w, req->text);
	(void)fputc('\n', f);
	print_scenarios(f, &req->scenarios);
	print_cases(f, &req->cases);
	print_tests(f, &req->tests);
	if (!req->built)
		(void)fprintf(f, "%*snot built\n", INDENT, "");
	else if (!requirement_is_proven(req))
		(void)fprintf(
			f, "%*s%s%s%s%s\n", INDENT, "",
			tone_colour(requirement_binds(req) ? TONE_LOST : TONE_TROUBLE, colour),
			NO_PROOF, tone_end(colour),
			requirement_binds(req) ? "" : " (none is required)");
}

/* Which rows a list at the end names */
static bool is_missing(const struct requirement *req)
{
	return requirement_binds(req) && !requirement_is_proven(req);
}

static bool is_free(const struct requirement *req)
{
	return req->built && !requirement_binds(req) && !requirement_is_proven(req);
}

static bool is_not_built(const struct requirement *req)
{
	return !req->built;
}

static bool is_proven(const struct requirement *req)
{
	return req->built && requirement_is_proven(req);
}

typedef bool(row_h)(const struct requirement *req);

static size_t count(const struct requirements *reqs, row_h *h)
{
	const struct requirement *v = reqs->list.v;
	size_t n = 0;

	for (size_t i = 0; i < reqs->list.n; i++)
		n += h(&v[i]);
	return n;
}

static void print_ids(FILE *f, const struct requirements *reqs, row_h *h, const char *what)
{
	const struct requirement *v = reqs->list.v;
	struct writer w = {f, strlen(what), strlen(what)};

	if (!count(reqs, h))
		return;
	(void)fputs(what, f);
	for (size_t i = 0; i < reqs->list.n; i++)
		if (h(&v[i]))
			write_words(&w, v[i].id);
	(void)fputc('\n', f);
}

void coverage_print(FILE *f, const struct requirements *reqs, bool tests, bool colour)
{
	const struct requirement *v = reqs->list.v;

	for (size_t i = 0; i < reqs->list.n; i++)
		print_row(f, &v[i], colour);
	(void)fprintf(f, "\n%s: %zu requirements, %zu proven\n", reqs->specification, reqs->list.n,
		      count(reqs, is_proven));
	print_ids(f, reqs, is_missing, "no proof, required   ");
	print_ids(f, reqs, is_free, "no proof, optional   ");
	print_ids(f, reqs, is_not_built, "not built            ");
	if (!tests)
		(void)fputs("tests are not counted: there is no source tree beside this program\n",
			    f);
}

/* [{"id": "A1", "checks": ["steps"]}], [{"role": "cps", "cases": […]}]; a scenario that proves it as a whole only has no checks */
static json_t *groups_json(const struct proofs *proofs, const char *name, const char *members)
{
	json_t *list = json_array(), *inside = NULL;

	for (size_t i = 0; i < proofs->n; i++) {
		const struct proof *p = &proofs->v[i];

		if (!i || strcmp(p->in, proofs->v[i - 1].in) != 0) {
			inside = json_array();
			(void)json_array_append_new(
				list, json_pack("{s:s, s:o}", name, p->in, members, inside));
		}
		if (p->what)
			(void)json_array_append_new(inside, json_string(p->what));
	}
	return list;
}

static json_t *tests_json(const struct proofs *proofs)
{
	json_t *list = json_array();

	for (size_t i = 0; i < proofs->n; i++) {
		const struct proof *p = &proofs->v[i];

		(void)json_array_append_new(list,
					    json_pack("{s:s+, s:s, s:i}", "file", "tests/", p->in,
						      "test", p->what, "line", (int)p->line));
	}
	return list;
}

static json_t *ids_json(const struct requirements *reqs, row_h *h)
{
	const struct requirement *v = reqs->list.v;
	json_t *list = json_array();

	for (size_t i = 0; i < reqs->list.n; i++)
		if (h(&v[i]))
			(void)json_array_append_new(list, json_string(v[i].id));
	return list;
}

json_t *coverage_json(const struct requirements *reqs, bool tests)
{
	const struct requirement *v = reqs->list.v;
	json_t *rows = json_array();

	for (size_t i = 0; i < reqs->list.n; i++)
		(void)json_array_append_new(
			rows, json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:o, s:o, s:o}", "id",
					v[i].id, "clause", v[i].clause, "level",
					requirement_level_name(v[i].level), "text", v[i].text,
					"built", v[i].built, "proven", requirement_is_proven(&v[i]),
					"scenarios", groups_json(&v[i].scenarios, "id", "checks"),
					"cases", groups_json(&v[i].cases, "role", "cases"), "tests",
					tests_json(&v[i].tests)));
	return json_pack("{s:s, s:b, s:b, s:o, s:o, s:o}", "specification", reqs->specification,
			 "complete", count(reqs, is_missing) == 0, "tests_read", tests, "missing",
			 ids_json(reqs, is_missing), "not_built", ids_json(reqs, is_not_built),
			 "requirements", rows);
}
