/* What came of many runs: for people, and for programs. */
#include <string.h>

#include "sim/oobsim/run/batch.h"
#include "sim/oobsim/report/ladder.h"
#include "sim/oobsim/scenario/result.h"

static const char *member(const json_t *v, const char *name)
{
	const char *s = json_string_value(json_object_get(v, name));

	return s ? s : "";
}

static const char *verdict_of(const struct batch_run *r)
{
	return r->result ? member(r->result, "verdict") : verdict_name(VERDICT_ERROR);
}

static bool passes(const struct batch_run *r)
{
	return strcmp(verdict_of(r), verdict_name(VERDICT_PASS)) == 0;
}

json_t *batch_json(const struct batch_run *runs, size_t n, double duration_s)
{
	const char *worst = verdict_name(VERDICT_PASS);
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		json_t *v = runs[i].result
				    ? json_incref(runs[i].result)
				    : json_pack("{s:s, s:s*, s:s, s:s}", "id", runs[i].scn->id,
						"variant", runs[i].variant, "verdict",
						verdict_of(&runs[i]), "error", runs[i].error);

		if (strcmp(worst, verdict_name(VERDICT_ERROR)) != 0 && !passes(&runs[i]))
			worst = verdict_of(&runs[i]);
		(void)json_array_append_new(list, v);
	}
	return json_pack("{s:s, s:f, s:o}", "verdict", worst, "duration_s", duration_s, "scenarios",
			 list);
}

/* The checks that do not hold */
static void print_why(FILE *f, const struct batch_run *r)
{
	const json_t *c;
	size_t i;

	json_array_foreach (json_object_get(r->result, "checks"), i, c) {
		if (strcmp(member(c, "verdict"), verdict_name(VERDICT_FAIL)) != 0)
			continue;
		(void)fprintf(f, "      %s  %s\n        expected  %s\n        came      %s\n",
			      member(c, "id"), member(c, "title"), member(c, "expected"),
			      member(c, "actual"));
	}
	if (*member(r->result, "error") || r->error[0])
		(void)fprintf(f, "      %s\n", r->error[0] ? r->error : member(r->result, "error"));
	if (*member(r->result, "report"))
		(void)fprintf(f, "      report  %s\n", member(r->result, "report"));
}

void batch_print(FILE *f, const struct batch_run *runs, size_t n, double duration_s,
		 const char *report, bool colour)
{
	size_t passed = 0, checks = 0;

	for (size_t i = 0; i < n; i++) {
		const struct batch_run *r = &runs[i];
		const json_t *took = json_object_get(r->result, "duration_s");

		(void)fprintf(f, "%s%-5s%s %-8s %-13s %5.1f s  %s\n",
			      tone_colour(passes(r) ? TONE_PRESENT : TONE_LOST, colour),
			      verdict_of(r), tone_end(colour), r->scn->id,
			      r->variant ? r->variant : "", json_number_value(took), r->scn->title);
		passed += passes(r);
		checks += json_array_size(json_object_get(r->result, "checks"));
		if (!passes(r))
			print_why(f, r);
	}
	(void)fprintf(f, "\n%zu of %zu runs pass, %zu checks  %.1f s\nreport  %s\n", passed, n,
		      checks, duration_s, report);
}
