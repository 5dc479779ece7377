/* A result as JSON: for programs, and for report.json. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "sim/oobsim/scenario/result.h"

/* Octets of one message that report.json shows: a whole INVITE with several Identity headers fits
 */
#define EVIDENCE_MAX 8192

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[] = {"pass", "fail", "error", "unsupported"};

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
	return json_pack("{s:s, s:s*, s:o, s:s, s:s, s:s, s:O*}", "id", c->id, "title", c->title,
			 "proves", strings(c->proves, c->nproves), "verdict",
			 verdict_name(c->verdict), "expected", c->expected ? c->expected : "",
			 "actual", c->actual ? c->actual : "", "evidence", c->seen);
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

int result_seen(struct run_result *r, const struct events *evs)
{
	for (size_t i = 0; i < r->nchecks; i++) {
		struct check *c = &r->checks[i];

		c->seen = json_array();
		for (size_t k = 0; c->seen && k < c->nevidence; k++)
			(void)json_array_append_new(c->seen, evidence_json(evs, c->evidence[k]));
		if (json_array_size(c->seen) != c->nevidence)
			return ENOMEM;
	}
	return 0;
}

json_t *report_result(const struct run_result *r)
{
	json_t *checks = json_array();
	json_t *o =
		json_pack("{s:s, s:s*, s:o, s:s, s:{s:I, s:I, s:I}, s:f, s:f, s:s*}", "id", r->id,
			  "title", r->title, "proves", strings(r->proves, r->nproves), "verdict",
			  verdict_name(r->verdict), "calls", "placed", (json_int_t)r->placed,
			  "completed", (json_int_t)r->completed, "verified",
			  (json_int_t)r->verified, "calls_per_s", round_to(r->calls_per_s, 0.1),
			  "duration_s", round_to(r->duration_s, 0.001), "report", r->report_dir);

	for (size_t i = 0; i < r->nchecks; i++)
		(void)json_array_append_new(checks, check_json(&r->checks[i]));
	if (r->with)
		(void)json_object_set(o, "with", r->with);
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
		(void)json_array_append_new(list, report_result(&results[i]));
	}
	return json_pack("{s:s, s:f, s:o}", "verdict", verdict_name(worst), "duration_s",
			 round_to(duration_s, 0.001), "scenarios", list);
}
