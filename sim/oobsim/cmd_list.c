/* oobsim list and oobsim schema: what there is to run, and how it is written. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/net/app.h"
#include "sim/oobsim/run/cmdline.h"
#include "sim/oobsim/scenario/scenario.h"
#include "sim/oobsim/conform/report.h"

static const char list_help[] = "usage: oobsim list [--json]\n"
				"\n"
				"Shows the scenarios, and what each proves.\n"
				"\n"
				"  --json   as one JSON object\n"
				"  --help   this text\n";

static const char schema_help[] =
	"usage: oobsim schema [--cases ROLE|--sut|--report]\n"
	"\n"
	"Prints the JSON Schema of scenario files (its copy is scenarios/schema.json).\n"
	"\n"
	"  --cases ROLE  of the file of cases of a role: scenarios/cases/ROLE.json\n"
	"  --sut         of the description of an implementation under test\n"
	"  --report      of report.json and of the output of conform --json\n"
	"  --help   this text\n";

/* Everything that it proves: as a whole and by its expectations, each once */
static json_t *proved(const struct scenario *scn)
{
	const struct scn_expect *expects = scn->expect.v;
	json_t *list = json_array(), *seen = json_object();

	for (size_t i = 0; i <= scn->expect.n; i++) {
		const struct conf_list *from = i ? &expects[i - 1].proves : &scn->proves;
		char *const *ids = from->v;

		for (size_t k = 0; k < from->n; k++) {
			if (json_object_get(seen, ids[k]))
				continue;
			(void)json_object_set_new(seen, ids[k], json_true());
			(void)json_array_append_new(list, json_string(ids[k]));
		}
	}
	json_decref(seen);
	return list;
}

static void print_one(const struct scenario *scn, const json_t *proves)
{
	json_t *id;
	size_t i;

	(void)printf("%-8s %s\n         proves ", scn->id, scn->title);
	json_array_foreach (proves, i, id)
		(void)printf("%s%s", i ? ", " : "", json_string_value(id));
	(void)printf("\n         file %s\n", scn->file);
}

static int list_one(const char *path, json_t *all)
{
	struct scenario scn;
	struct err e;
	json_t *proves;

	if (scenario_load(&scn, path, &e)) {
		(void)fprintf(stderr, "oobsim list: %s\n", e.s);
		return EXIT_USAGE;
	}
	proves = proved(&scn);
	if (all)
		(void)json_array_append_new(all,
					    json_pack("{s:s, s:s, s:O, s:s}", "id", scn.id, "title",
						      scn.title, "proves", proves, "file", path));
	else
		print_one(&scn, proves);
	json_decref(proves);
	scenario_free(&scn);
	return 0;
}

int cmd_list(int argc, char **argv)
{
	bool json = argc == 2 && strcmp(argv[1], "--json") == 0;
	json_t *all = NULL;
	char **paths = NULL;
	size_t n = 0;
	struct err e;
	int code = 0;

	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return fputs(list_help, stdout) == EOF ? EXIT_ENV : 0;
	if (argc > 1 && !json) {
		(void)fputs(list_help, stderr);
		return EXIT_USAGE;
	}
	if (scenario_all(&paths, &n, &e)) {
		(void)fprintf(stderr, "oobsim list: %s\n", e.s);
		return EXIT_ENV;
	}
	all = json ? json_array() : NULL;
	for (size_t i = 0; i < n; i++) {
		int one = list_one(paths[i], all);

		code = one ? one : code;
	}
	if (json) {
		json_t *v = json_pack("{s:o}", "scenarios", all);

		(void)json_dumpf(v, stdout, JSON_INDENT(2));
		(void)printf("\n");
		json_decref(v);
	}
	scenario_all_free(paths, n);
	return code;
}

/* @return New reference; NULL: there is no such schema */
static json_t *schema_of(int argc, char **argv)
{
	const struct role *role;

	if (argc == 1)
		return conf_schema(&scenario_table);
	if (argc == 2 && strcmp(argv[1], "--sut") == 0)
		return conf_schema(&sut_table);
	if (argc == 2 && strcmp(argv[1], "--report") == 0)
		return conform_schema();
	role = argc == 3 && strcmp(argv[1], "--cases") == 0 ? role_find(argv[2]) : NULL;
	return role ? cases_schema(role) : NULL;
}

int cmd_schema(int argc, char **argv)
{
	json_t *v;
	int code = 0;

	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return fputs(schema_help, stdout) == EOF ? EXIT_ENV : 0;
	v = schema_of(argc, argv);
	if (!v) {
		(void)fputs(schema_help, stderr);
		return EXIT_USAGE;
	}
	if (json_dumpf(v, stdout, JSON_INDENT(2)) || printf("\n") < 0)
		code = EXIT_ENV;
	json_decref(v);
	return code;
}
