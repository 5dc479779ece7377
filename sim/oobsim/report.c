#include <errno.h>
#include <math.h>
#include <string.h>

#include "lib/base/auto.h"
#include "sim/oobsim/ladder.h"
#include "sim/oobsim/result.h"

/* Octets of one message that report.json shows: a whole INVITE with several Identity headers fits
 */
#define EVIDENCE_MAX 8192

DEFINE_AUTO(json_t, json_decref)

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[] = {"pass", "fail", "error"};

	return names[verdict];
}

static double round_to(double v, double unit)
{
	return round(v / unit) * unit;
}

static json_t *strings(char *const *v, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(list, json_string(v[i]));
	return list;
}

static json_t *check_json(const struct check *c)
{
	return json_pack("{s:s, s:s*, s:o, s:s, s:s, s:s}", "id", c->id, "title", c->title,
			 "proves", strings(c->proves, c->nproves), "verdict",
			 verdict_name(c->verdict), "expected", c->expected ? c->expected : "",
			 "actual", c->actual ? c->actual : "");
}

/* An event as evidence: who, when, what, and its octets or facts as they were on the wire */
static json_t *evidence_json(const struct events *evs, size_t i)
{
	const struct event *ev = events_at(evs, i);
	struct sv octets = event_octets(ev), isup = event_isup(ev);
	json_t *o =
		json_pack("{s:f, s:s, s:s}", "t_ms",
			  round_to((double)(ev->t_us - events_at(evs, 0)->t_us) / 1000.0, 0.001),
			  "at", ev->at, "what", ev->what);

	if (ev->kind == EVENT_NOTE) {
		(void)json_object_set_new(o, "data", event_data(ev));
		return o;
	}
	(void)json_object_set_new(o, "from", json_string(ev->from));
	(void)json_object_set_new(o, "to", json_string(ev->to));
	if (ev->status)
		(void)json_object_set_new(o, "status", json_integer(ev->status));
	if (ev->kind == EVENT_ISUP) {
		char hex[2 * 512 + 1];
		size_t n = isup.l < 512 ? isup.l : 512;

		for (size_t k = 0; k < n; k++)
			(void)snprintf(hex + 2 * k, 3, "%02x", (unsigned char)isup.p[k]);
		(void)json_object_set_new(o, "isup", json_stringn(hex, 2 * n));
	} else {
		(void)json_object_set_new(
			o, "octets",
			json_stringn(octets.p, octets.l < EVIDENCE_MAX ? octets.l : EVIDENCE_MAX));
	}
	return o;
}

static json_t *result_json(const struct run_result *r, const struct events *evs)
{
	json_t *checks = json_array();
	json_t *o =
		json_pack("{s:s, s:s*, s:o, s:s, s:{s:I, s:I, s:I}, s:f, s:f, s:s*}", "id", r->id,
			  "title", r->title, "proves", strings(r->proves, r->nproves), "verdict",
			  verdict_name(r->verdict), "calls", "placed", (json_int_t)r->placed,
			  "completed", (json_int_t)r->completed, "verified",
			  (json_int_t)r->verified, "calls_per_s", round_to(r->calls_per_s, 0.1),
			  "duration_s", round_to(r->duration_s, 0.001), "report", r->report_dir);

	for (size_t i = 0; i < r->nchecks; i++) {
		json_t *c = check_json(&r->checks[i]);

		if (evs) {
			json_t *list = json_array();

			for (size_t k = 0; k < r->checks[i].nevidence; k++)
				(void)json_array_append_new(
					list, evidence_json(evs, r->checks[i].evidence[k]));
			(void)json_object_set_new(c, "evidence", list);
		}
		(void)json_array_append_new(checks, c);
	}
	if (r->error[0])
		(void)json_object_set_new(o, "error", json_string(r->error));
	(void)json_object_set_new(o, "checks", checks);
	return o;
}

json_t *report_json(const struct run_result *results, size_t n, double duration_s)
{
	enum verdict worst = VERDICT_PASS;
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		if (results[i].verdict > worst)
			worst = results[i].verdict;
		(void)json_array_append_new(list, result_json(&results[i], NULL));
	}
	return json_pack("{s:s, s:f, s:o}", "verdict", verdict_name(worst), "duration_s",
			 round_to(duration_s, 0.001), "scenarios", list);
}

/* ---- files ---- */

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
		failed += r->checks[i].verdict != VERDICT_PASS;
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
	AUTO(json_decref) json_t *one = result_json(r, evs);
	AUTO(json_decref)
	json_t *o = json_pack("{s:s, s:f, s:[O]}", "verdict", verdict_name(r->verdict),
			      "duration_s", round_to(r->duration_s, 0.001), "scenarios", one);

	return !o || json_dumpf(o, f, JSON_INDENT(2)) || fputc('\n', f) == EOF ? EIO : 0;
}

/* The call to draw: that of the first failed check's evidence, else the first */
static size_t call_to_draw(const struct run_result *r, const struct events *evs)
{
	for (size_t i = 0; i < r->nchecks; i++) {
		const struct check *c = &r->checks[i];

		for (size_t k = 0; c->verdict != VERDICT_PASS && k < c->nevidence; k++) {
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
	int err = ladder_make(&ladder, evs, call_to_draw(r, evs));

	if (!err)
		err = mermaid ? ladder_mermaid(f, &ladder) : ladder_text(f, &ladder, evs, false);
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

int report_write(const struct run_result *r, const struct events *evs, struct err *e)
{
	static const struct {
		const char *name;
		int (*write)(FILE *f, const struct run_result *r, const struct events *evs);
	} files[] = {
		{"ladder.txt", write_ladder_text},
		{"ladder.mmd", write_ladder_mermaid},
		{"report.json", write_json},
		{"junit.xml", write_junit},
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

/* ---- for people ---- */

static const char *verdict_colour(enum verdict verdict, bool colour)
{
	return tone_colour(verdict == VERDICT_PASS   ? TONE_PRESENT
			   : verdict == VERDICT_FAIL ? TONE_LOST
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
	(void)fprintf(f, "      expected  %s\n      came      %s\n", c->expected, c->actual);
	for (size_t i = 0; i < c->nevidence && i < 4; i++) {
		const struct event *ev = events_at(evs, c->evidence[i]);

		(void)fprintf(f, "      seen      %.1f ms  %s  %s%s%s\n",
			      (double)(ev->t_us - events_at(evs, 0)->t_us) / 1000.0, ev->at,
			      ev->what, *ev->to ? " to " : "", ev->to);
	}
}

void report_print(FILE *f, const struct run_result *r, const struct events *evs, bool colour)
{
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
	if (r->report_dir)
		(void)fprintf(f, "report  %s\n", r->report_dir);
}
