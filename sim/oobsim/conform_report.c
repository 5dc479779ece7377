/* What `conform` says: JSON, and text for people. */
#include <string.h>

#include "lib/net/app.h"
#include "sim/oobsim/cmdline.h"
#include "sim/oobsim/conform.h"

const char *conform_verdict_name(enum conform_verdict v)
{
	static const char *const names[CONFORM_VERDICTS] = {"pass", "fail", "unsupported", "error"};

	return names[v];
}

static const char *verdict_of(int code)
{
	return code == 0 ? "pass" : code == EXIT_FAILED ? "fail" : "error";
}

/* What failed, or passed though it is known to fail */
bool conform_failed(const struct sut *sut, const struct conform_result *r)
{
	return (r->verdict == CONFORM_FAIL && !r->known) ||
	       (r->verdict == CONFORM_PASS && sut_known_failure(sut, r->c->id));
}

int conform_code(const struct sut *sut, const struct conform_result *r, size_t n)
{
	int code = 0;

	for (size_t i = 0; i < n; i++) {
		if (r[i].verdict == CONFORM_ERROR)
			return EXIT_ENV;
		if (conform_failed(sut, &r[i]))
			code = EXIT_FAILED;
	}
	return code;
}

static size_t count(const struct conform_result *r, size_t n, enum conform_verdict v,
		    const char *level)
{
	size_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += r[i].verdict == v && (!level || strcmp(r[i].c->level, level) == 0);
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

json_t *conform_case_json(const char *role, const struct conform_case *c)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "id", c->id, "role", role, "title",
			 c->title, "clause", c->clause, "level", c->level, "proves",
			 strings(&c->proves), "needs", strings(&c->needs));
}

static json_t *one_json(const struct sut *sut, const char *role, const struct conform_result *r)
{
	const struct sut_known *known = sut_known_failure(sut, r->c->id);
	json_t *v = conform_case_json(role, r->c);

	(void)json_object_set_new(v, "verdict", json_string(conform_verdict_name(r->verdict)));
	(void)json_object_set_new(v, "expected", json_string(r->expected));
	(void)json_object_set_new(v, "actual", json_string(r->actual));
	if (r->unreadable)
		(void)json_object_set_new(v, "reason", json_string("unreadable"));
	if (known)
		(void)json_object_set_new(v, "known", json_string(known->reason));
	return v;
}

static size_t count_flag(const struct conform_result *r, size_t n, bool known)
{
	size_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += known ? r[i].known : r[i].unreadable;
	return sum;
}

json_t *conform_json(const struct sut *sut, const char *role, const struct conform_result *r,
		     size_t n, double duration_s)
{
	json_t *cases = json_array();

	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(cases, one_json(sut, role, &r[i]));
	return json_pack("{s:s, s:s, s:s, s:f, s:{s:I, s:I, s:I, s:I, s:I, s:I}, s:o}", "verdict",
			 verdict_of(conform_code(sut, r, n)), "sut", sut->name, "role", role,
			 "duration_s", duration_s, "summary", "passed",
			 (json_int_t)count(r, n, CONFORM_PASS, NULL), "failed",
			 (json_int_t)count(r, n, CONFORM_FAIL, NULL), "unsupported",
			 (json_int_t)count(r, n, CONFORM_UNSUPPORTED, NULL), "error",
			 (json_int_t)count(r, n, CONFORM_ERROR, NULL), "unreadable",
			 (json_int_t)count_flag(r, n, false), "known",
			 (json_int_t)count_flag(r, n, true), "cases", cases);
}

static void print_levels(const char *role, const struct conform_result *r, size_t n)
{
	static const char *const levels[] = {"M", "D", "S", "O"};

	(void)printf("%-6s level  passed  failed  unsupported  error\n", "role");
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		size_t sums[CONFORM_VERDICTS], all = 0;

		for (int v = 0; v < CONFORM_VERDICTS; v++) {
			sums[v] = count(r, n, (enum conform_verdict)v, levels[i]);
			all += sums[v];
		}
		if (all)
			(void)printf("%-6s %-5s  %6zu  %6zu  %11zu  %5zu\n", role, levels[i],
				     sums[CONFORM_PASS], sums[CONFORM_FAIL],
				     sums[CONFORM_UNSUPPORTED], sums[CONFORM_ERROR]);
	}
}

static void print_one(const struct sut *sut, const char *role, const struct conform_result *r)
{
	const struct sut_known *known = sut_known_failure(sut, r->c->id);

	if (r->verdict == CONFORM_UNSUPPORTED) {
		(void)printf("\nunsupported %s: %s\n", r->c->id, r->expected);
		return;
	}
	if (r->verdict == CONFORM_PASS && !known)
		return;
	(void)printf("\n%s %s: %s\n  clause    %s\n  expected  %s\n  came      %s\n  again     "
		     "oobsim conform %s --case %s\n",
		     conform_verdict_name(r->verdict), r->c->id, r->c->title, r->c->clause,
		     r->expected, r->actual, role, r->c->id);
	if (known)
		(void)printf("  %s  %s\n",
			     r->known ? "known to fail:"
				      : "is listed as known to fail, and does not:",
			     known->reason);
}

void conform_print(const struct sut *sut, const char *role, const struct conform_result *r,
		   size_t n, double duration_s)
{
	print_levels(role, r, n);
	for (size_t i = 0; i < n; i++)
		print_one(sut, role, &r[i]);
	(void)printf("\n%s: %s, %zu cases in %.1f s; why it refused could not be read in %zu\n",
		     sut->name, verdict_of(conform_code(sut, r, n)), n, duration_s,
		     count_flag(r, n, false));
}
