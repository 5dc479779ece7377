/* oobsim coverage: which requirements are proven, and by what. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/net/app.h"
#include "sim/oobsim/run/cmdline.h"
#include "sim/oobsim/scenario/requirement.h"
#include "sim/oobsim/scenario/result.h"
#include "sim/oobsim/scenario/scenario.h"
#include "sim/oobsim/proc/terminal.h"

/* Mistakes that are told at once */
#define FAULTS_MAX (1u << 20)

static const char help[] =
	"usage: oobsim coverage [--json|--html [FILE]]\n"
	"\n"
	"Shows each requirement of the specification, and what proves it: scenarios, by "
	"\"proves\"\n"
	"of the whole or of an expectation, cases of the roles of conform, by their \"proves\",\n"
	"and tests, by a comment of its own line in the test or above it: # proves: AS-06 AS-07 "
	"in\n"
	"Python, /* proves: AS-06 */ in C.\n"
	"\n"
	"Levels: M shall or must, D described design, S should, O option or example.\n"
	"\n"
	"  --json         as one JSON object\n"
	"  --html [FILE]  as a page: requirements, and the scenarios, cases and tests of each\n"
	"  --help         this text\n"
	"\n"
	"Exit codes: 0 complete; 1 a requirement of level M or D that is built has no proof; 2 an\n"
	"unknown id, or another mistake in a file; 3 the environment. Tests are counted where the\n"
	"source tree is beside the program.\n";

/* The requirements that one list of a scenario names. `pointer`: where it is, for errors */
static int take_proves(struct requirements *reqs, const struct scenario *scn,
		       const struct conf_list *proves, const char *pointer, struct sv check,
		       struct buf *faults)
{
	char *const *ids = proves->v;
	int err = 0;

	for (size_t i = 0; i < proves->n && !err; i++) {
		struct requirement *req = requirements_find(reqs, sv_from(ids[i]));
		char place[96];
		struct err e;

		if (req) {
			err = proofs_add(&req->scenarios, scn->id, check, 0);
			continue;
		}
		(void)snprintf(place, sizeof(place), "%s/%zu", pointer, i);
		(void)scenario_refuse(scn, place, &e,
				      "expected the id of a requirement in requirements.json, got "
				      "\"%s\"",
				      ids[i]);
		err = buf_printf(faults, "%s\n", e.s);
	}
	return err;
}

static int take_scenario(struct requirements *reqs, const struct scenario *scn, struct buf *faults)
{
	const struct scn_expect *x = scn->expect.v;
	int err = take_proves(reqs, scn, &scn->proves, "/proves", (struct sv){0}, faults);

	for (size_t i = 0; i < scn->expect.n && !err; i++) {
		char pointer[64], nameless[48];

		(void)snprintf(pointer, sizeof(pointer), "/expect/%zu/proves", i);
		(void)snprintf(nameless, sizeof(nameless), "/expect/%zu", i);
		err = take_proves(reqs, scn, &x[i].proves, pointer,
				  sv_from(x[i].id ? x[i].id : nameless), faults);
	}
	return err;
}

/* A scenario that cannot be read is a mistake like others */
static int take_scenarios(struct requirements *reqs, struct buf *faults, struct err *e)
{
	char **paths = NULL;
	size_t n = 0;
	int err = scenario_all(&paths, &n, e);

	for (size_t i = 0; i < n && !err; i++) {
		struct scenario scn;
		struct err why;

		if (scenario_load(&scn, paths[i], &why)) {
			err = buf_printf(faults, "%s\n", why.s);
			continue;
		}
		err = take_scenario(reqs, &scn, faults);
		scenario_free(&scn);
	}
	if (n && err)
		(void)err_set(e, err, "%s", strerror(err));
	scenario_all_free(paths, n);
	return err;
}

/* The tests lie beside the scenarios; an installation has none */
static bool find_tests(char ret[PATH_MAX], const char *scenarios)
{
	char path[PATH_MAX + 16];

	(void)snprintf(path, sizeof(path), "%s/../tests", scenarios);
	if (!realpath(path, ret))
		return false;
	(void)snprintf(path, sizeof(path), "%s/unit", ret);
	return access(path, R_OK | X_OK) == 0;
}

/* How it is shown */
enum form { FORM_TEXT, FORM_JSON, FORM_HTML };

struct output {
	enum form form;
	const char *path; /* of a page; NULL: standard output */
};

static bool write_to(FILE *f, const struct requirements *reqs, bool tests, enum form form,
		     const json_t *v)
{
	if (form == FORM_JSON)
		return json_dumpf(v, f, JSON_INDENT(2)) == 0 && fputc('\n', f) != EOF;
	if (form == FORM_HTML)
		coverage_html(f, reqs, tests);
	else
		coverage_print(f, reqs, tests, terminal_colour(f));
	return !fflush(f) && !ferror(f);
}

static int print(const struct requirements *reqs, bool tests, const struct output *out)
{
	json_t *v = coverage_json(reqs, tests);
	bool complete = json_is_true(json_object_get(v, "complete")), written;
	FILE *f = out->path ? fopen(out->path, "w") : stdout;

	written = v && f && write_to(f, reqs, tests, out->form, v);
	if (!written || fflush(f))
		(void)fprintf(stderr, "oobsim coverage: %s: cannot be written: %s\n",
			      out->path ? out->path : "standard output", strerror(errno));
	if (out->path && f && fclose(f))
		written = false;
	json_decref(v);
	return !written ? EXIT_ENV : complete ? 0 : EXIT_FAILED;
}

static int told(const struct buf *faults)
{
	struct sv rest = buf_sv(faults);

	while (rest.l) {
		struct sv line = sv_cut(&rest, '\n');

		(void)fprintf(stderr, "oobsim coverage: %.*s\n", SV_ARG(line));
	}
	return EXIT_USAGE;
}

static int cover(const struct output *out)
{
	BUF_AUTO struct buf faults = BUF(FAULTS_MAX);
	char dir[PATH_MAX - 32], path[PATH_MAX], tests_dir[PATH_MAX];
	struct requirements reqs = {0};
	bool tests = false;
	struct err e = {""};
	int code, err = scenario_dir(dir, sizeof(dir), &e);

	(void)snprintf(path, sizeof(path), "%s/requirements.json", dir);
	if (!err)
		err = requirements_load(&reqs, path, &e);
	if (!err)
		err = take_scenarios(&reqs, &faults, &e);
	if (!err)
		err = coverage_cases(&reqs, dir, &faults, &e);
	if (!err) {
		tests = find_tests(tests_dir, dir);
		err = tests ? coverage_marks(&reqs, tests_dir, &faults, &e) : 0;
	}
	if (err)
		(void)fprintf(stderr, "oobsim coverage: %s\n", e.s);
	code = err ? exit_code_of(err) : faults.l ? told(&faults) : print(&reqs, tests, out);
	requirements_free(&reqs);
	return code;
}

int cmd_coverage(int argc, char **argv)
{
	struct output out = {FORM_TEXT, NULL};

	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return fputs(help, stdout) == EOF ? EXIT_ENV : 0;
	if (argc == 2 && strcmp(argv[1], "--json") == 0) {
		out.form = FORM_JSON;
	} else if (argc >= 2 && argc <= 3 && strcmp(argv[1], "--html") == 0) {
		out = (struct output){FORM_HTML, argv[2]};
	} else if (argc > 1) {
		(void)fputs(help, stderr);
		return EXIT_USAGE;
	}
	return cover(&out);
}
