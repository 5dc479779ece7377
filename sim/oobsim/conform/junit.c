/* `conform --junit`, junit.xml: for CI. A suite for each role, its properties what a run depends on. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sim/oobsim/conform/report.h"

#define TEXT_MAX 8192

static void put_xml(FILE *f, const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '&' || c == '<' || c == '>' || c == '"')
			(void)fprintf(f, "&#%u;", c);
		else if ((c >= 0x20 && c != 0x7f) || c == '\n')
			(void)fputc(c, f);
	}
}

static void put_line(FILE *f, const char *word, const char *text)
{
	(void)fprintf(f, "%s: ", word);
	put_xml(f, text);
	(void)fputc('\n', f);
}

/* The same lines that the terminal has */
static void put_text(FILE *f, const char *tag, const struct conform_report *report, size_t i)
{
	const struct conform_result *r = &report->r[i];
	const struct evidence *ev = report->evidence ? &report->evidence[i] : NULL;
	BUF_AUTO struct buf clause = BUF(TEXT_MAX), again = BUF(TEXT_MAX);

	report_clause(report, r->item->c, &clause);
	report_again(report, r, &again);
	(void)fprintf(f, "><%s message=\"", tag);
	put_xml(f, r->item->c->title);
	(void)fputs("\">", f);
	put_line(f, "clause", clause.p ? clause.p : "");
	put_line(f, "expected", r->expected);
	put_line(f, "actual", r->actual);
	if (ev && ev->ladder)
		(void)fprintf(f, "ladder: %s:%u\n", ev->ladder, ev->line);
	if (ev && ev->messages)
		put_line(f, "bytes", ev->messages);
	put_line(f, "again", again.p ? again.p : "");
	if (r->listed)
		put_line(f, "listed as known to fail", r->listed->reason);
	(void)fprintf(f, "</%s></testcase>\n", tag);
}

static void put_skipped(FILE *f, const char *before, const char *why)
{
	(void)fprintf(f, "><skipped message=\"%s", before);
	put_xml(f, why);
	(void)fputs("\"/></testcase>\n", f);
}

static void put_case(FILE *f, const struct conform_report *report, size_t i)
{
	const struct conform_result *r = &report->r[i];

	(void)fprintf(f, "<testcase classname=\"conform.%s\" name=\"", r->item->role->name);
	put_xml(f, r->item->id);
	(void)fprintf(f, "\" time=\"%.6f\"", (double)(r->to_us - r->from_us) / 1e6);
	if (r->verdict == CONFORM_ERROR)
		put_text(f, "error", report, i);
	else if (conform_failed(r))
		put_text(f, "failure", report, i);
	else if (r->verdict == CONFORM_FAIL)
		put_skipped(f, "known to fail: ", r->listed->reason);
	else if (r->verdict == CONFORM_UNSUPPORTED)
		put_skipped(f, "unsupported: ", r->expected);
	else
		(void)fputs("/>\n", f);
}

static void put_property(FILE *f, const char *name, const char *value)
{
	if (!value)
		return;
	(void)fprintf(f, "<property name=\"%s\" value=\"", name);
	put_xml(f, value);
	(void)fputs("\"/>\n", f);
}

static void put_properties(FILE *f, const struct conform_report *report)
{
	char seed[32];

	(void)snprintf(seed, sizeof(seed), "%llu", (unsigned long long)report->seed);
	(void)fputs("<properties>\n", f);
	put_property(f, "sut", report->sut);
	put_property(f, "version", report->version);
	put_property(f, "seed", seed);
	put_property(f, "profile", report->profile);
	(void)fputs("</properties>\n", f);
}

static void put_suite(FILE *f, const struct conform_report *report, const struct role *role)
{
	size_t n = 0, failures = 0, errors = 0, skipped = 0;
	double time = 0;

	for (size_t i = 0; i < report->n; i++) {
		const struct conform_result *r = &report->r[i];
		bool failed = conform_failed(r), error = r->verdict == CONFORM_ERROR;

		if (r->item->role != role)
			continue;
		n++;
		failures += failed;
		errors += error;
		skipped += !failed && !error && r->verdict != CONFORM_PASS;
		time += (double)(r->to_us - r->from_us) / 1e6;
	}
	if (!n)
		return;
	(void)fprintf(f,
		      "<testsuite name=\"conform.%s\" tests=\"%zu\" failures=\"%zu\" "
		      "errors=\"%zu\" skipped=\"%zu\" time=\"%.6f\">\n",
		      role->name, n, failures, errors, skipped, time);
	put_properties(f, report);
	for (size_t i = 0; i < report->n; i++)
		if (report->r[i].item->role == role)
			put_case(f, report, i);
	(void)fputs("</testsuite>\n", f);
}

int conform_junit(const char *path, const struct conform_report *report, struct err *e)
{
	const struct role *role;
	FILE *f = fopen(path, "w");

	if (!f)
		return err_set(e, errno, "%s: cannot be written: %s", path, strerror(errno));
	(void)fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"", f);
	put_xml(f, report->sut);
	(void)fprintf(f, "\" time=\"%.3f\">\n", report->duration_s);
	for (size_t i = 0; (role = role_at(i)) != NULL; i++)
		put_suite(f, report, role);
	(void)fputs("</testsuites>\n", f);
	return fclose(f) ? err_set(e, EIO, "%s: cannot be written", path) : 0;
}
