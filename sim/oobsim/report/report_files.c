/* The files of a report: ladder.txt, ladder.mmd, report.json, junit.xml, capture.pcapng. */
#include <errno.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/base/env.h"
#include "sim/oobsim/report/ladder.h"
#include "sim/oobsim/report/pcapng.h"
#include "sim/oobsim/scenario/result.h"

DEFINE_AUTO(json_t, json_decref)

static void put_xml(FILE *f, const char *s)
{
	for (; s && *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '&' || c == '<' || c == '>' || c == '"')
			(void)fprintf(f, "&#%u;", c);
		else if (c >= 0x20 || c == '\n' || c == '\t')
			(void)fputc(c, f);
	}
}

static int write_junit(FILE *f, const struct run_result *r, const struct events *evs)
{
	size_t failed = 0;

	(void)evs;
	for (size_t i = 0; i < r->nchecks; i++)
		failed += r->checks[i].verdict == VERDICT_FAIL;
	(void)fprintf(f,
		      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite "
		      "name=\"oobsim %s\" tests=\"%zu\" "
		      "failures=\"%zu\" errors=\"%d\" time=\"%.3f\">\n",
		      r->id, r->nchecks + (r->verdict == VERDICT_ERROR), failed,
		      r->verdict == VERDICT_ERROR, r->duration_s);
	for (size_t i = 0; i < r->nchecks; i++) {
		const struct check *c = &r->checks[i];

		(void)fprintf(f, "<testcase classname=\"%s\" name=\"", r->id);
		put_xml(f, c->id);
		if (c->verdict == VERDICT_PASS) {
			(void)fputs("\"/>\n", f);
			continue;
		}
		if (c->verdict == VERDICT_UNSUPPORTED) {
			(void)fputs("\"><skipped message=\"", f);
			put_xml(f, c->actual);
			(void)fputs("\"/></testcase>\n", f);
			continue;
		}
		(void)fputs("\"><failure message=\"", f);
		put_xml(f, c->title);
		(void)fputs("\">expected: ", f);
		put_xml(f, c->expected);
		(void)fputs("\nactual: ", f);
		put_xml(f, c->actual);
		(void)fputs("</failure></testcase>\n", f);
	}
	if (r->verdict == VERDICT_ERROR) {
		(void)fprintf(f, "<testcase classname=\"%s\" name=\"run\"><error message=\"",
			      r->id);
		put_xml(f, r->error);
		(void)fputs("\"/></testcase>\n", f);
	}
	return fputs("</testsuite>\n</testsuites>\n", f) == EOF ? EIO : 0;
}

static int write_json(FILE *f, const struct run_result *r, const struct events *evs)
{
	AUTO(json_decref) json_t *v = report_json(r, 1, r->duration_s);

	(void)evs;
	return !v || json_dumpf(v, f, REPORT_JSON) || fputc('\n', f) == EOF ? EIO : 0;
}

/* The call to draw: that of the first failed check's evidence, else the first */
static size_t call_to_draw(const struct run_result *r, const struct events *evs)
{
	for (size_t i = 0; i < r->nchecks; i++) {
		const struct check *c = &r->checks[i];

		for (size_t k = 0; c->verdict == VERDICT_FAIL && k < c->nevidence; k++) {
			size_t call = events_at(evs, c->evidence[k])->call;

			if (call != EVENT_NO_CALL)
				return call;
		}
	}
	return 0;
}

static int write_ladder(FILE *f, const struct run_result *r, const struct events *evs, bool mermaid)
{
	struct ladder ladder;
	int err = ladder_make(&ladder, evs, call_to_draw(r, evs), false);

	if (!err)
		err = mermaid ? ladder_mermaid(f, &ladder) : ladder_text(f, &ladder, false);
	ladder_free(&ladder);
	return err == ENOENT ? 0 : err; /* no call at all: an empty file */
}

static int write_ladder_text(FILE *f, const struct run_result *r, const struct events *evs)
{
	return write_ladder(f, r, evs, false);
}

static int write_ladder_mermaid(FILE *f, const struct run_result *r, const struct events *evs)
{
	return write_ladder(f, r, evs, true);
}

/* The run was just now, so the two clocks tell when the trace's began */
static int write_capture(FILE *f, const struct run_result *r, const struct events *evs)
{
	struct env_shift shift = {0};
	struct env env = env_system(&shift);

	(void)r;
	return pcapng_write(f, evs, env_now_ms(&env) * 1000 - mono_us());
}

int report_write(const struct run_result *r, const struct events *evs, struct err *e)
{
	static const struct {
		const char *name;
		int (*write)(FILE *f, const struct run_result *r, const struct events *evs);
	} files[] = {
		{"ladder.txt", write_ladder_text}, {"ladder.mmd", write_ladder_mermaid},
		{"report.json", write_json},       {"junit.xml", write_junit},
		{"capture.pcapng", write_capture},
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char path[4096];
		FILE *f;
		int err;

		(void)snprintf(path, sizeof(path), "%s/%s", r->report_dir, files[i].name);
		f = fopen(path, "w");
		if (!f)
			return err_set(e, errno, "%s: cannot be written: %s", path,
				       strerror(errno));
		err = files[i].write(f, r, evs);
		if (fclose(f) && !err)
			err = errno;
		if (err)
			return err_set(e, err, "%s: cannot be written: %s", path, strerror(err));
	}
	return 0;
}
