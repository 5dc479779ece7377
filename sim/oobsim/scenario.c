/* Reading a scenario: its tables, then what the tables cannot say. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/tn.h"
#include "sim/oobsim/element.h"
#include "sim/oobsim/expect.h"
#include "sim/oobsim/scenario.h"

#define SCENARIO_MAX_LEN (1u << 20)

static char *const *strings(const struct conf_list *list)
{
	return list->v;
}

int scenario_refuse(const struct scenario *scn, const char *pointer, struct err *e, const char *fmt,
		    ...)
{
	unsigned line = 1, column = 1;
	char text[ERR_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void)conf_locate(sv_from(scn->text), pointer, &line, &column);
	return err_set(e, EBADMSG, "%s:%u:%u: %s: %s", scn->file, line, column, pointer, text);
}

const struct scn_provider *scenario_provider(const struct scenario *scn, const char *name)
{
	const struct scn_provider *providers = scn->providers.v;

	for (size_t i = 0; i < scn->providers.n; i++)
		if (strcmp(providers[i].name, name) == 0)
			return &providers[i];
	return NULL;
}

/* The elements of issue's direct flow: one OSP, a TDM leg, one TSP. Longer paths are refused as
 * long as there is nothing to carry them */
static int check_path(const struct scenario *scn, struct err *e)
{
	char *const *path = strings(&scn->path);
	char at[32];

	for (size_t i = 0; i < scn->path.n; i++) {
		const struct scn_provider *p = scenario_provider(scn, path[i]);

		(void)snprintf(at, sizeof(at), "/path/%zu", i);
		if (i % 2 == 0 && !p)
			return scenario_refuse(scn, at, e,
					       "expected the name of a provider, got \"%.40s\"",
					       path[i]);
		if (i % 2 && strcmp(path[i], "tdm") != 0)
			return scenario_refuse(scn, at, e, "expected a leg: \"tdm\", got \"%.40s\"",
					       path[i]);
		if (i == 0 && p && p->kind != PROVIDER_OSP)
			return scenario_refuse(
				scn, at, e,
				"expected a provider of kind osp at the beginning, got \"%.40s\"",
				path[i]);
		if (i == 2 && p && p->kind != PROVIDER_TSP)
			return scenario_refuse(
				scn, at, e,
				"expected a provider of kind tsp at the end, got \"%.40s\"",
				path[i]);
	}
	if (scn->path.n != 3 || scn->providers.n != 2)
		return scenario_refuse(scn, "/path", e,
				       "expected provider, leg, provider, and both providers in "
				       "it, got %zu elements",
				       scn->path.n);
	return 0;
}

static bool owns(const struct scn_provider *p, const char *number)
{
	struct tn tn, prefix;

	if (tn_canonical(&tn, sv_from(number)))
		return false;
	for (size_t i = 0; i < p->numbers.n; i++)
		if (tn_canonical(&prefix, sv_from(strings(&p->numbers)[i])) == 0 &&
		    sv_starts(tn_sv(&tn), prefix.s))
			return true;
	return false;
}

static int check_calls(const struct scenario *scn, struct err *e)
{
	const struct scn_provider *osp = scenario_provider(scn, strings(&scn->path)[0]);
	const struct scn_provider *tsp =
		scenario_provider(scn, strings(&scn->path)[scn->path.n - 1]);
	const struct scn_call *calls = scn->calls.v;
	char at[48];

	for (size_t i = 0; i < scn->calls.n; i++) {
		(void)snprintf(at, sizeof(at), "/calls/%zu/to", i);
		if (!owns(tsp, calls[i].to))
			return scenario_refuse(scn, at, e,
					       "expected a number of provider %s, got \"%s\"",
					       tsp->name, calls[i].to);
		if (owns(osp, calls[i].to))
			return scenario_refuse(scn, at, e,
					       "expected a number of provider %s alone, got "
					       "\"%s\", which is one of %s too",
					       tsp->name, calls[i].to, osp->name);
	}
	return 0;
}

static int check_without(const struct scenario *scn, struct err *e)
{
	char at[32];

	for (size_t i = 0; i < scn->without.n; i++) {
		(void)snprintf(at, sizeof(at), "/without/%zu", i);
		if (!element_exists(scn, sv_from(strings(&scn->without)[i])))
			return scenario_refuse(scn, at, e,
					       "expected an element of this world, like "
					       "\"tsp.cps\", got \"%.40s\"",
					       strings(&scn->without)[i]);
	}
	return 0;
}

static int check_set(const struct scenario *scn, struct err *e)
{
	const char *path;
	json_t *value;

	if (!scn->set)
		return 0;
	if (!json_is_object(scn->set))
		return scenario_refuse(scn, "/set", e, "expected an object of paths and values");
	json_object_foreach (scn->set, path, value)
		if (!element_setting(scn, sv_from(path), NULL))
			return scenario_refuse(scn, "/set", e,
					       "expected members like "
					       "\"tsp.cps.faults.answer_delay_ms\", got \"%.80s\"",
					       path);
	return 0;
}

static int check(const struct scenario *scn, struct err *e)
{
	int err = check_path(scn, e);

	if (!err)
		err = check_calls(scn, e);
	if (!err)
		err = check_without(scn, e);
	if (!err)
		err = check_set(scn, e);
	for (size_t i = 0; i < scn->expect.n && !err; i++)
		err = expect_check(scn, i, e);
	return err;
}

int scenario_load(struct scenario *ret, const char *path, struct err *e)
{
	struct scenario scn = {0};
	char *text = NULL;
	size_t len;
	int err = file_read(&text, &len, path, SCENARIO_MAX_LEN, e);

	if (err)
		return err;
	err = conf_parse(&scenario_table, &scn, (struct sv){text, len}, path, e);
	if (err) {
		free(text);
		return err;
	}
	scn.text = text;
	scn.file = strdup(path);
	err = scn.file ? check(&scn, e) : err_set(e, ENOMEM, "out of memory");
	if (err) {
		scenario_free(&scn);
		return err;
	}
	*ret = scn;
	return 0;
}

void scenario_free(struct scenario *scn)
{
	free(scn->file);
	free(scn->text);
	scn->file = scn->text = NULL;
	conf_free(&scenario_table, scn);
}
