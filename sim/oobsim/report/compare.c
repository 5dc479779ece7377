#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/auto.h"
#include "lib/base/conf.h"
#include "sim/oobsim/report/compare.h"

DEFINE_AUTO(json_t, json_decref)

/* A report of many cases with their evidence */
#define REPORT_MAX ((size_t)256 << 20)

const char *change_name(enum change change)
{
	static const char *const names[CHANGES] = {"broke", "mended", "changed",
						   "new",   "gone",   "same"};

	return names[change];
}

/* --- reading --- */

struct reading {
	json_t *checks;   /* what is returned */
	json_t *seen;     /* names → how often */
	const char *path; /* of the file that is being read */
	struct err *e;
};

static int no_report(const struct reading *r, const char *what)
{
	return err_set(r->e, EBADMSG, "%s: no report: %s", r->path, what);
}

/* Under a name of its own, if need be with a number */
static int append(struct reading *r, const char *scenario, const char *check, json_t *o)
{
	char key[1024], name[512];
	json_int_t n;

	(void)snprintf(key, sizeof(key), "%s\n%s", scenario, check);
	n = json_integer_value(json_object_get(r->seen, key)) + 1;
	(void)snprintf(name, sizeof(name), n > 1 ? "%s#%lld" : "%s", check, (long long)n);
	if (!o || json_object_set_new(r->seen, key, json_integer(n)) ||
	    json_object_set_new(o, "scenario", json_string(scenario)) ||
	    json_object_set_new(o, "check", json_string(name)) || json_array_append(r->checks, o)) {
		json_decref(o);
		return ENOMEM;
	}
	json_decref(o);
	return 0;
}

static int add_check(struct reading *r, const char *scenario, const json_t *v)
{
	static const char *const members[] = {"verdict", "title", "expected", "actual"};
	const char *id = json_string_value(json_object_get(v, "id"));
	json_t *o;

	if (!id || !json_is_string(json_object_get(v, "verdict")))
		return no_report(r, "expected id and verdict of each check");
	o = json_object();
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		json_t *value = json_object_get(v, members[i]);

		if (json_is_string(value))
			(void)json_object_set(o, members[i], value);
	}
	return append(r, scenario, id, o);
}

static int add_scenario(struct reading *r, const json_t *v)
{
	const char *id = json_string_value(json_object_get(v, "id"));
	const char *verdict = json_string_value(json_object_get(v, "verdict"));
	const char *error = json_string_value(json_object_get(v, "error"));
	const json_t *checks = json_object_get(v, "checks"), *check;
	bool failed = verdict && strcmp(verdict, "error") == 0;
	size_t i;
	int err;

	if (!id || !verdict || !json_is_array(checks))
		return no_report(r, "expected id, verdict and checks of each scenario");
	err = append(r, id, "run",
		     json_pack("{s:s, s:s, s:s, s:s}", "verdict", failed ? "error" : "pass",
			       "title", "The scenario can be run", "expected", "a run", "actual",
			       error ? error : "a run"));
	json_array_foreach (checks, i, check)
		if (!err)
			err = add_check(r, id, check);
	return err;
}

static int add_report(struct reading *r, const json_t *v)
{
	const json_t *scenarios = json_object_get(v, "scenarios");
	const json_t *cases = json_object_get(v, "cases"), *one;
	size_t i;
	int err = 0;

	if (!json_is_array(scenarios) && !json_is_array(cases))
		return no_report(r, "expected an array \"scenarios\" or \"cases\"");
	json_array_foreach (scenarios, i, one)
		if (!err)
			err = add_scenario(r, one);
	json_array_foreach (cases, i, one) {
		const char *role = json_string_value(json_object_get(one, "role"));

		if (!err)
			err = add_check(r, role ? role : "", one);
	}
	return err;
}

static int read_file(struct reading *r, const char *path)
{
	AUTO(json_decref) json_t *v = NULL;
	json_error_t je;
	char *text;
	size_t len;
	int err = file_read(&text, &len, path, REPORT_MAX, r->e);

	if (err)
		return err;
	v = json_loadb(text, len, JSON_REJECT_DUPLICATES, &je);
	free(text);
	if (!v)
		return err_set(r->e, EBADMSG, "%s:%d:%d: %s", path, je.line, je.column, je.text);
	r->path = path;
	err = add_report(r, v);
	r->path = NULL;
	return err;
}

/* @return 0; ENOENT when the folder itself has none */
static int read_folder(struct reading *r, const char *folder)
{
	char path[PATH_MAX];
	struct stat st;

	if (snprintf(path, sizeof(path), "%s/report.json", folder) >= (int)sizeof(path))
		return err_set(r->e, ENAMETOOLONG, "%s: the path is too long", folder);
	if (stat(path, &st))
		return err_set(r->e, ENOENT, "%s: there is no report.json in it", folder);
	return read_file(r, path);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* What `run` wrote for several scenarios: a folder each */
static int read_folders(struct reading *r, const char *folder)
{
	struct dirent **entries = NULL;
	int n = scandir(folder, &entries, NULL, by_name);
	bool found = false;
	int err = 0;

	for (int i = 0; i < n; i++) {
		char path[PATH_MAX];
		int one;

		(void)snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		one = entries[i]->d_name[0] == '.' ? ENOENT : read_folder(r, path);
		found = found || !one;
		if (one && one != ENOENT && !err)
			err = one;
		free(entries[i]);
	}
	free((void *)entries);
	if (err || found)
		return err;
	return err_set(r->e, ENOENT, "%s: there is no report.json in it, nor in its folders",
		       folder);
}

int compare_read(json_t **ret, const char *path, struct err *e)
{
	AUTO(json_decref) json_t *seen = json_object();
	struct reading r = {.checks = json_array(), .seen = seen, .e = e};
	struct stat st;
	int err;

	err_set(e, 0, "out of memory");
	if (strcmp(path, "-") == 0 || stat(path, &st) || !S_ISDIR(st.st_mode)) {
		err = read_file(&r, path);
	} else {
		err = read_folder(&r, path);
		if (err == ENOENT)
			err = read_folders(&r, path);
	}
	if (err)
		json_decref(r.checks);
	else
		*ret = r.checks;
	return err;
}

/* --- comparing --- */

static const char *text_of(const json_t *check, const char *name)
{
	return json_string_value(json_object_get(check, name));
}

static bool passes(const json_t *check)
{
	const char *verdict = text_of(check, "verdict");

	return strcmp(verdict, "pass") == 0 || strcmp(verdict, "passed") == 0;
}

static enum change change_of(const json_t *before, const json_t *after)
{
	if (!before)
		return CHANGE_NEW;
	if (!after)
		return CHANGE_GONE;
	if (passes(before) != passes(after))
		return passes(before) ? CHANGE_BROKE : CHANGE_MENDED;
	if (passes(before) || strcmp(text_of(before, "verdict"), text_of(after, "verdict")) == 0)
		return CHANGE_NONE;
	return CHANGE_OTHER;
}

/* Checks by scenario and name */
static json_t *index_of(const json_t *checks)
{
	json_t *ret = json_object(), *check;
	size_t i;

	json_array_foreach (checks, i, check) {
		char key[1024];

		(void)snprintf(key, sizeof(key), "%s\n%s", text_of(check, "scenario"),
			       text_of(check, "check"));
		if (json_object_set(ret, key, check)) {
			json_decref(ret);
			return NULL;
		}
	}
	return ret;
}

/* One row of the result; what it is like now goes before what it was like */
static json_t *row_of(const json_t *before, const json_t *after)
{
	const json_t *from = after ? after : before;

	return json_pack("{s:s, s:s, s:s*, s:s*, s:s*, s:s*, s:s*}", "scenario",
			 text_of(from, "scenario"), "check", text_of(from, "check"), "title",
			 text_of(from, "title"), "old", before ? text_of(before, "verdict") : NULL,
			 "new", after ? text_of(after, "verdict") : NULL, "expected",
			 text_of(from, "expected"), "actual", text_of(from, "actual"));
}

static int sort_in(json_t *ret, const json_t *before, const json_t *after)
{
	enum change change = change_of(before, after);
	const char *name = change_name(change);

	if (change != CHANGE_NONE)
		return json_array_append_new(json_object_get(ret, name), row_of(before, after));
	return json_object_set_new(
		ret, name, json_integer(json_integer_value(json_object_get(ret, name)) + 1));
}

json_t *compare_reports(const json_t *before, const json_t *after)
{
	AUTO(json_decref) json_t *old = index_of(before);
	AUTO(json_decref) json_t *new = index_of(after);
	json_t *ret = json_object(), *check;
	const char *key;
	int err = old && new &&ret ? 0 : ENOMEM;

	for (enum change c = 0; !err && c < CHANGES; c++)
		err = json_object_set_new(ret, change_name(c),
					  c == CHANGE_NONE ? json_integer(0) : json_array());
	json_object_foreach (new, key, check)
		if (!err)
			err = sort_in(ret, json_object_get(old, key), check);
	json_object_foreach (old, key, check)
		if (!err && !json_object_get(new, key))
			err = sort_in(ret, check, NULL);
	if (!err)
		return ret;
	json_decref(ret);
	return NULL;
}
