/* The scenario of a step: one of the files, with other members and other expectations. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/auto.h"
#include "sim/oobsim/roles/role_provider.h"

DEFINE_AUTO(json_t, json_decref)

static json_t *load(const json_t *scenario, struct err *e)
{
	char path[PATH_MAX];
	json_error_t why;
	json_t *v;

	if (json_is_object(scenario))
		return json_deep_copy(scenario);
	if (!json_is_string(scenario)) {
		(void)err_set(e, EBADMSG, "expected the id of a scenario, or a scenario");
		return NULL;
	}
	if (scenario_find(path, sizeof(path), json_string_value(scenario), e))
		return NULL;
	v = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
	if (!v)
		(void)err_set(e, EBADMSG, "%s:%d: %s", path, why.line, why.text);
	return v;
}

/* A case looks at one thing: attestation is a check of its own only where a case names it */
static void any_attestation(json_t *scn)
{
	json_t *call;
	size_t i;

	json_array_foreach (json_object_get(scn, "calls"), i, call)
		(void)json_object_del(call, "attest");
}

static int put_with(json_t *scn, const json_t *with, struct err *e)
{
	const char *name;
	json_t *value;

	if (with && !json_is_object(with))
		return err_set(e, EBADMSG, "expected an object of a scenario's members");
	json_object_foreach ((json_t *)(uintptr_t)with, name, value) {
		if (json_is_null(value))
			(void)json_object_del(scn, name);
		else
			(void)json_object_set(scn, name, value);
	}
	return 0;
}

static json_t *find_expectation(const json_t *all, const char *id)
{
	json_t *one;
	size_t i;

	json_array_foreach (all, i, one) {
		const char *own = json_string_value(json_object_get(one, "id"));

		if (own && strcmp(own, id) == 0)
			return one;
	}
	return NULL;
}

static int put_expect(json_t *scn, const json_t *expect, struct err *e)
{
	json_t *chosen = json_array(), *one;
	size_t i;
	int err = 0;

	if (!json_array_size(expect))
		err = err_set(e, EBADMSG, "expected an array of expectations");
	json_array_foreach (expect, i, one) {
		const char *id = json_string_value(one);
		json_t *own = id ? find_expectation(json_object_get(scn, "expect"), id) : one;

		if (!err && !own)
			err = err_set(e, EBADMSG, "the scenario has no expectation \"%s\"", id);
		(void)json_array_append(chosen, own);
	}
	(void)json_object_set_new(scn, "expect", chosen);
	return err;
}

char *provider_scene(const struct conform_case *c, const struct provider_step *step,
		     const char **ret_member, struct err *e)
{
	AUTO(json_decref) json_t *scn = NULL;
	char id[65];

	*ret_member = "scenario";
	scn = load(step->scenario, e);
	if (!scn)
		return NULL;
	(void)json_object_set_new(scn, "wait_ms", json_integer(PROVIDER_WAIT_MS));
	any_attestation(scn);
	*ret_member = "with";
	if (put_with(scn, step->with, e))
		return NULL;
	*ret_member = "expect";
	if (put_expect(scn, step->expect, e))
		return NULL;
	(void)snprintf(id, sizeof(id), "%s", c->id);
	for (char *p = strchr(id, '/'); p; p = strchr(p, '/'))
		*p = '.';
	(void)json_object_set_new(scn, "id", json_string(id));
	(void)json_object_set_new(scn, "title", json_string(c->title));
	*ret_member = "with";
	return json_dumps(scn, JSON_INDENT(1));
}

const struct scn_provider *provider_place(const struct role *role, const struct scenario *scn)
{
	return scenario_at(scn, strcmp(role->name, "osp") == 0 ? 0 : scenario_hops(scn) - 1);
}
