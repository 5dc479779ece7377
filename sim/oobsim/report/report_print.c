/* A result for people. */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "sim/oobsim/report/ladder.h"
#include "sim/oobsim/scenario/result.h"

static const char *verdict_colour(enum verdict verdict, bool colour)
{
	return tone_colour(verdict == VERDICT_PASS          ? TONE_PRESENT
			   : verdict == VERDICT_FAIL        ? TONE_LOST
			   : verdict == VERDICT_UNSUPPORTED ? TONE_PLAIN
							    : TONE_TROUBLE,
			   colour);
}

static void print_proves(FILE *f, const struct check *c)
{
	for (size_t i = 0; i < c->nproves; i++)
		(void)fprintf(f, "%s%s", i ? " " : "  [", c->proves[i]);
	(void)fputs(c->nproves ? "]\n" : "\n", f);
}

static void print_check(FILE *f, const struct check *c, const struct events *evs, bool colour)
{
	(void)fprintf(f, "%s%-5s%s %s", verdict_colour(c->verdict, colour),
		      verdict_name(c->verdict), tone_end(colour), c->title ? c->title : c->id);
	print_proves(f, c);
	if (c->verdict == VERDICT_PASS)
		return;
	if (c->verdict == VERDICT_UNSUPPORTED) {
		(void)fprintf(f, "      %s\n", c->actual);
		return;
	}
	(void)fprintf(f, "      expected  %s\n      came      %s\n", c->expected, c->actual);
	for (size_t i = 0; i < c->nevidence && i < 4; i++) {
		const struct event *ev = events_at(evs, c->evidence[i]);

		(void)fprintf(f, "      seen      %.1f ms  %s%s%s  %s",
			      (double)(ev->t_us - events_at(evs, 0)->t_us) / 1000.0,
			      *ev->to ? ev->from : ev->at, *ev->to ? " -> " : "", ev->to, ev->what);
		if (ev->status)
			(void)fprintf(f, " %u", ev->status);
		(void)fputc('\n', f);
	}
}

/* A path as short as it can be pasted: from the present folder where it lies below it */
static const char *from_here(const char *path)
{
	char here[PATH_MAX];
	size_t l = getcwd(here, sizeof(here)) ? strlen(here) : 0;

	return l && strncmp(path, here, l) == 0 && path[l] == '/' ? path + l + 1 : path;
}

void report_print(FILE *f, const struct run_result *r, const struct events *evs, bool colour)
{
	const char *name;
	json_t *value;

	for (size_t i = 0; i < r->nchecks; i++)
		print_check(f, &r->checks[i], evs, colour);
	if (r->error[0])
		(void)fprintf(f, "%serror%s %s\n", verdict_colour(VERDICT_ERROR, colour),
			      tone_end(colour), r->error);
	(void)fprintf(f, "%s%s %s%s  %zu placed, %zu completed, %zu verified",
		      verdict_colour(r->verdict, colour), r->id, verdict_name(r->verdict),
		      tone_end(colour), r->placed, r->completed, r->verified);
	if (r->placed > 1)
		(void)fprintf(f, "  %.0f calls/s", r->calls_per_s);
	(void)fprintf(f, "  %.1f s\n", r->duration_s);
	json_object_foreach (r->with, name, value)
		(void)fprintf(f, "with    %s: %s\n", name, json_string_value(value));
	if (r->report_dir)
		(void)fprintf(f, "report  %s\n", from_here(r->report_dir));
}
