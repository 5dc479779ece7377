/* The report for programs: `conform --json`, report.json. */
#include <math.h>
#include <string.h>

#include "sim/oobsim/conform/report.h"

#define TEXT_MAX 4096

static json_t *strings(const struct conf_list *list)
{
	char *const *v = list->v;
	json_t *a = json_array();

	for (size_t i = 0; i < list->n; i++)
		(void)json_array_append_new(a, json_string(v[i]));
	return a;
}

static double milliseconds(const struct conform_result *r)
{
	return r->from_us ? round((double)(r->to_us - r->from_us)) / 1000.0 : 0;
}

json_t *conform_case_json(const struct case_item *item)
{
	const struct conform_case *c = item->c;

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "id", item->id, "role",
			 item->role->name, "title", c->title, "clause", c->clause, "level",
			 c->level, "proves", strings(&c->proves), "needs", strings(&c->needs));
}

static json_t *evidence_json(const struct evidence *ev)
{
	json_t *v = json_pack("{s:s*, s:s*, s:s*, s:s*}", "ladder", ev->ladder, "messages",
			      ev->messages, "octets", ev->octets, "log", ev->log);

	if (ev->line)
		(void)json_object_set_new(v, "line", json_integer((json_int_t)ev->line));
	return v;
}

static json_t *one_json(const struct conform_report *report, size_t i)
{
	const struct conform_result *r = &report->r[i];
	BUF_AUTO struct buf again = BUF(TEXT_MAX);
	json_t *v = conform_case_json(r->item);

	(void)json_object_set_new(v, "verdict", json_string(conform_verdict_name(r->verdict)));
	(void)json_object_set_new(v, "expected", json_string(r->expected));
	(void)json_object_set_new(v, "actual", json_string(r->actual));
	(void)json_object_set_new(v, "duration_ms", json_real(milliseconds(r)));
	if (r->unreadable)
		(void)json_object_set_new(v, "reason", json_string("unreadable"));
	if (r->listed)
		(void)json_object_set_new(v, "known", json_string(r->listed->reason));
	if (r->listed && r->listed->ticket)
		(void)json_object_set_new(v, "ticket", json_string(r->listed->ticket));
	if (!conform_noted(r) && !conform_failed(r))
		return v;
	report_again(report, r, &again);
	(void)json_object_set_new(v, "again", json_string(again.p));
	if (report->evidence)
		(void)json_object_set_new(v, "evidence", evidence_json(&report->evidence[i]));
	return v;
}

static json_t *summary(const struct conform_report *report)
{
	static const char *const names[CONFORM_VERDICTS] = {"passed", "failed", "unsupported",
							    "error"};
	json_t *v = json_object();

	for (int i = 0; i < CONFORM_VERDICTS; i++)
		(void)json_object_set_new(v, names[i],
					  json_integer((json_int_t)report_count(
						  report, (enum conform_verdict)i, NULL, NULL)));
	(void)json_object_set_new(v, "unreadable",
				  json_integer((json_int_t)report_count_unreadable(report)));
	(void)json_object_set_new(v, "known", json_integer((json_int_t)report_count_known(report)));
	return v;
}

json_t *conform_json(const struct conform_report *report)
{
	json_t *cases = json_array();

	for (size_t i = 0; i < report->n; i++)
		(void)json_array_append_new(cases, one_json(report, i));
	return json_pack("{s:s, s:s, s:s*, s:s, s:s*, s:s*, s:s, s:f, s:I, s:s*, s:o, s:o}",
			 "verdict", conform_code_name(conform_code(report)), "sut", report->sut,
			 "version", report->version, "role", report->role, "sut_file",
			 report->sut_file, "expected_file", report->expected_file, "profile",
			 report->profile, "duration_s", round(report->duration_s * 1000) / 1000,
			 "seed", (json_int_t)report->seed, "report", report->dir, "summary",
			 summary(report), "cases", cases);
}
