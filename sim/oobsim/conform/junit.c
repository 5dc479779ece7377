/* `conform --junit`: for CI. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sim/oobsim/conform/role.h"

static void put_xml(FILE *f, const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '&' || c == '<' || c == '>' || c == '"')
			(void)fprintf(f, "&#%u;", c);
		else if (c >= 0x20)
			(void)fputc(c, f);
	}
}

static void put_text(FILE *f, const char *tag, const struct conform_result *r)
{
	(void)fprintf(f, "><%s message=\"", tag);
	put_xml(f, r->item->c->title);
	(void)fputs("\">expected: ", f);
	put_xml(f, r->expected);
	(void)fputs("\nactual: ", f);
	put_xml(f, r->actual);
	(void)fprintf(f, "\nclause: %s</%s></testcase>\n", r->item->c->clause, tag);
}

static void put_case(FILE *f, const struct conform_result *r)
{
	(void)fprintf(f, "<testcase classname=\"conform.%s\" name=\"", r->item->role->name);
	put_xml(f, r->item->id);
	(void)fputc('"', f);
	if (r->verdict == CONFORM_ERROR)
		put_text(f, "error", r);
	else if (conform_failed(r))
		put_text(f, "failure", r);
	else if (r->verdict != CONFORM_PASS)
		(void)fputs("><skipped/></testcase>\n", f);
	else
		(void)fputs("/>\n", f);
}

int conform_junit(const char *path, const struct conform_report *report, struct err *e)
{
	const struct conform_result *r = report->r;
	const size_t n = report->n;
	size_t failures = 0, errors = 0, skipped = 0;
	FILE *f = fopen(path, "w");

	if (!f)
		return err_set(e, errno, "%s: cannot be written: %s", path, strerror(errno));
	for (size_t i = 0; i < n; i++) {
		bool failed = conform_failed(&r[i]), error = r[i].verdict == CONFORM_ERROR;

		failures += failed;
		errors += error;
		skipped += !failed && !error && r[i].verdict != CONFORM_PASS;
	}
	(void)fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"",
		    f);
	put_xml(f, report->sut);
	(void)fprintf(f,
		      "\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" "
		      "time=\"%.3f\">\n",
		      n, failures, errors, skipped, report->duration_s);
	for (size_t i = 0; i < n; i++)
		put_case(f, &r[i]);
	(void)fputs("</testsuite>\n</testsuites>\n", f);
	return fclose(f) ? err_set(e, EIO, "%s: cannot be written", path) : 0;
}
