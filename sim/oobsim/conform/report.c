/* What `conform` says: JSON, and text for people. */
#include <string.h>

#include "lib/net/app.h"
#include "sim/oobsim/cmdline.h"
#include "sim/oobsim/conform/role.h"

const char *conform_verdict_name(enum conform_verdict v)
{
	static const char *const names[CONFORM_VERDICTS] = {"pass", "fail", "unsupported", "error"};

	return names[v];
}

static const char *verdict_of(int code)
{
	return code == 0 ? "pass" : code == EXIT_FAILED ? "fail" : "error";
}

bool conform_failed(const struct conform_result *r)
{
	return (r->verdict == CONFORM_FAIL && !r->listed) ||
	       (r->verdict == CONFORM_PASS && r->listed);
}

int conform_code(const struct conform_report *report)
{
	int code = 0;

	for (size_t i = 0; i < report->n; i++) {
		if (report->r[i].verdict == CONFORM_ERROR)
			return EXIT_ENV;
		if (conform_failed(&report->r[i]))
			code = EXIT_FAILED;
	}
	return code;
}

/* role, level NULL: any */
static size_t count(const struct conform_report *report, enum conform_verdict v,
		    const struct role *role, const char *level)
{
	size_t sum = 0;

	for (size_t i = 0; i < report->n; i++) {
		const struct conform_result *r = &report->r[i];

		sum += r->verdict == v && (!role || r->item->role == role) &&
		       (!level || strcmp(r->item->c->level, level) == 0);
	}
	return sum;
}

static json_t *strings(const struct conf_list *list)
{
	char *const *v = list->v;
	json_t *a = json_array();

	for (size_t i = 0; i < list->n; i++)
		(void)json_array_append_new(a, json_string(v[i]));
	return a;
}

json_t *conform_case_json(const struct case_item *item)
{
	const struct conform_case *c = item->c;

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "id", item->id, "role",
			 item->role->name, "title", c->title, "clause", c->clause, "level",
			 c->level, "proves", strings(&c->proves), "needs", strings(&c->needs));
}

static json_t *one_json(const struct conform_result *r)
{
	json_t *v = conform_case_json(r->item);

	(void)json_object_set_new(v, "verdict", json_string(conform_verdict_name(r->verdict)));
	(void)json_object_set_new(v, "expected", json_string(r->expected));
	(void)json_object_set_new(v, "actual", json_string(r->actual));
	if (r->unreadable)
		(void)json_object_set_new(v, "reason", json_string("unreadable"));
	if (r->listed)
		(void)json_object_set_new(v, "known", json_string(r->listed->reason));
	return v;
}

static size_t count_known(const struct conform_report *report)
{
	size_t sum = 0;

	for (size_t i = 0; i < report->n; i++)
		sum += report->r[i].verdict == CONFORM_FAIL && report->r[i].listed;
	return sum;
}

static size_t count_unreadable(const struct conform_report *report)
{
	size_t sum = 0;

	for (size_t i = 0; i < report->n; i++)
		sum += report->r[i].unreadable;
	return sum;
}

static json_t *summary(const struct conform_report *report)
{
	static const char *const names[CONFORM_VERDICTS] = {"passed", "failed", "unsupported",
							    "error"};
	json_t *v = json_object();

	for (int i = 0; i < CONFORM_VERDICTS; i++)
		(void)json_object_set_new(v, names[i],
					  json_integer((json_int_t)count(
						  report, (enum conform_verdict)i, NULL, NULL)));
	(void)json_object_set_new(v, "unreadable",
				  json_integer((json_int_t)count_unreadable(report)));
	(void)json_object_set_new(v, "known", json_integer((json_int_t)count_known(report)));
	return v;
}

json_t *conform_json(const struct conform_report *report)
{
	json_t *cases = json_array(), *v;

	for (size_t i = 0; i < report->n; i++)
		(void)json_array_append_new(cases, one_json(&report->r[i]));
	v = json_pack("{s:s, s:s, s:s, s:s, s:f, s:I, s:o, s:o}", "verdict",
		      verdict_of(conform_code(report)), "sut", report->sut, "role", report->role,
		      "profile", report->profile, "duration_s", report->duration_s, "seed",
		      (json_int_t)report->seed, "summary", summary(report), "cases", cases);
	if (report->version)
		(void)json_object_set_new(v, "version", json_string(report->version));
	return v;
}

static void print_levels(const struct conform_report *report, const struct role *role)
{
	static const char *const levels[] = {"M", "D", "S", "O"};

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		size_t sums[CONFORM_VERDICTS], all = 0;

		for (int v = 0; v < CONFORM_VERDICTS; v++) {
			sums[v] = count(report, (enum conform_verdict)v, role, levels[i]);
			all += sums[v];
		}
		if (all)
			(void)printf("%-6s %-5s  %6zu  %6zu  %11zu  %5zu\n", role->name, levels[i],
				     sums[CONFORM_PASS], sums[CONFORM_FAIL],
				     sums[CONFORM_UNSUPPORTED], sums[CONFORM_ERROR]);
	}
}

static void print_one(const struct conform_report *report, const struct conform_result *r)
{
	const struct case_item *item = r->item;

	if (r->verdict == CONFORM_UNSUPPORTED) {
		(void)printf("\nunsupported %s: %s\n", item->id, r->expected);
		return;
	}
	if (r->verdict == CONFORM_PASS && !r->listed)
		return;
	(void)printf("\n%s %s: %s\n  clause    %s\n  expected  %s\n  came      %s\n  again     "
		     "oobsim conform %s%s --case %s\n",
		     conform_verdict_name(r->verdict), item->id, item->c->title, item->c->clause,
		     r->expected, r->actual, item->role->name, report->options, item->id);
	if (r->listed)
		(void)printf("  %s  %s\n",
			     r->verdict == CONFORM_FAIL
				     ? "known to fail:"
				     : "is listed as known to fail, and does not:",
			     r->listed->reason);
}

void conform_print(const struct conform_report *report)
{
	const struct role *role;

	(void)printf("%-6s level  passed  failed  unsupported  error\n", "role");
	for (size_t i = 0; (role = role_at(i)) != NULL; i++)
		print_levels(report, role);
	for (size_t i = 0; i < report->n; i++)
		print_one(report, &report->r[i]);
	(void)printf("\n%s: %s, %zu cases in %.1f s; why it refused could not be read in %zu\n"
		     "seed %llu\n",
		     report->sut, verdict_of(conform_code(report)), report->n, report->duration_s,
		     count_unreadable(report), (unsigned long long)report->seed);
}
