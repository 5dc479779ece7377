/* What `conform` says to people: levels, then each failure in five lines, and how it is repeated. */
#include <stdlib.h>
#include <string.h>

#include "sim/oobsim/conform/report.h"

#define LINE_MAX_LEN 8192
#define WIDTH        118 /* of a list of ids */

static void print_levels(FILE *f, const struct conform_report *report, const struct role *role)
{
	for (size_t i = 0; report_levels[i]; i++) {
		size_t sums[CONFORM_VERDICTS];

		if (report_row(report, role, report_levels[i], sums))
			(void)fprintf(f, "%-6s %-5s  %6zu  %6zu  %11zu  %5zu\n", role->name,
				      report_levels[i], sums[CONFORM_PASS], sums[CONFORM_FAIL],
				      sums[CONFORM_UNSUPPORTED], sums[CONFORM_ERROR]);
	}
}

static void print_line(FILE *f, const char *word, const char *text)
{
	(void)fprintf(f, "  %-9s %s\n", word, text);
}

static void print_path(FILE *f, const struct conform_report *report, const char *word,
		       const char *path, unsigned line)
{
	BUF_AUTO struct buf b = BUF(LINE_MAX_LEN);

	report_path(report, path, &b);
	if (line)
		(void)buf_printf(&b, ":%u", line);
	print_line(f, word, b.p ? b.p : "");
}

static void print_evidence(FILE *f, const struct conform_report *report, const struct evidence *ev)
{
	if (ev->ladder)
		print_path(f, report, "ladder", ev->ladder, ev->line);
	if (ev->messages)
		print_path(f, report, "bytes", ev->messages, 0);
	if (ev->log && !ev->ladder) /* nothing was sent: what it said is all there is */
		print_path(f, report, "log", ev->log, 0);
}

static void print_known(FILE *f, const struct conform_result *r)
{
	(void)fprintf(f, "  %s  %s%s%s\n",
		      r->verdict == CONFORM_FAIL ? "known to fail:"
						 : "is listed as known to fail, and does not:",
		      r->listed->reason, r->listed->ticket ? ", " : "",
		      r->listed->ticket ? r->listed->ticket : "");
}

static void print_one(FILE *f, const struct conform_report *report, size_t i)
{
	const struct conform_result *r = &report->r[i];
	BUF_AUTO struct buf clause = BUF(LINE_MAX_LEN), again = BUF(LINE_MAX_LEN);

	if (!conform_noted(r) && !conform_failed(r))
		return;
	report_clause(report, r->item->c, &clause);
	report_again(report, r, &again);
	(void)fprintf(f, "\n%s %s: %s\n",
		      r->verdict == CONFORM_PASS ? "passes" : conform_verdict_name(r->verdict),
		      r->item->id, r->item->c->title);
	print_line(f, "clause", clause.p ? clause.p : "");
	print_line(f, "expected", r->expected);
	print_line(f, "came", r->actual);
	if (report->evidence)
		print_evidence(f, report, &report->evidence[i]);
	print_line(f, "again", again.p ? again.p : "");
	if (r->listed)
		print_known(f, r);
}

static bool wants_alike(const struct conform_result *a, const struct conform_result *b)
{
	return a->verdict == CONFORM_UNSUPPORTED && b->verdict == CONFORM_UNSUPPORTED &&
	       strcmp(a->expected, b->expected) == 0;
}

/* Their ids, as many to a line as there is room for */
static void print_alike(FILE *f, const struct conform_report *report, size_t first)
{
	size_t column = WIDTH;

	for (size_t k = first; k < report->n; k++) {
		const char *id = report->r[k].item->id;
		bool wraps = column + 1 + strlen(id) > WIDTH;

		if (!wants_alike(&report->r[k], &report->r[first]))
			continue;
		(void)fprintf(f, "%s%s", wraps ? "\n  " : " ", id);
		column = (wraps ? 2 : column + 1) + strlen(id);
	}
	(void)fputs("\n", f);
}

static void print_unsupported(FILE *f, const struct conform_report *report)
{
	for (size_t i = 0; i < report->n; i++) {
		bool first = report->r[i].verdict == CONFORM_UNSUPPORTED;

		for (size_t k = 0; k < i && first; k++)
			first = !wants_alike(&report->r[k], &report->r[i]);
		if (!first)
			continue;
		(void)fprintf(f, "\nunsupported, for they need the %s:", report->r[i].expected);
		print_alike(f, report, i);
	}
}

static void print_end(FILE *f, const struct conform_report *report)
{
	size_t unreadable = report_count_unreadable(report), known = report_count_known(report);

	(void)fprintf(f, "\n%s%s%s: %s, %zu cases in %.1f s", report->sut,
		      report->version ? " " : "", report->version ? report->version : "",
		      conform_code_name(conform_code(report)), report->n, report->duration_s);
	if (known)
		(void)fprintf(f, "; %zu are known to fail", known);
	if (unreadable)
		(void)fprintf(f, "; why it refused could not be read in %zu", unreadable);
	(void)fprintf(f, "\nseed %llu, profile %s\n", (unsigned long long)report->seed,
		      report->profile);
	if (report->dir)
		print_path(f, report, "report", "report.html", 0);
}

void conform_print(FILE *f, const struct conform_report *report)
{
	const struct role *role;

	(void)fprintf(f, "%-6s level  passed  failed  unsupported  error\n", "role");
	for (size_t i = 0; (role = role_at(i)) != NULL; i++)
		print_levels(f, report, role);
	print_unsupported(f, report);
	for (size_t i = 0; i < report->n; i++)
		print_one(f, report, i);
	print_end(f, report);
}
