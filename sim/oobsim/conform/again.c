/* `conform --failed`: the report of a run that is to be repeated. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/auto.h"
#include "sim/oobsim/conform/report.h"

DEFINE_AUTO(char, free)

#define REPORT_MAX ((size_t)256 << 20)

static const char *text_of(const json_t *v, const char *name)
{
	return json_string_value(json_object_get(v, name));
}

/* What counted against the implementation, or could not be tried */
static bool is_failed(const json_t *one)
{
	const char *verdict = text_of(one, "verdict");
	bool known = json_object_get(one, "known") != NULL;

	return verdict &&
	       (strcmp(verdict, "error") == 0 || (strcmp(verdict, "fail") == 0 && !known) ||
		(strcmp(verdict, "pass") == 0 && known));
}

static int take_report(struct again *ret, const char *path, struct err *e)
{
	const json_t *cases = json_object_get(ret->json, "cases"), *one;
	const char *role = text_of(ret->json, "role");
	size_t i;

	if (!role || !json_is_array(cases) || !text_of(ret->json, "profile"))
		return err_set(e, EBADMSG, "%s: expected a report of oobsim conform", path);
	ret->role = strcmp(role, "all") == 0 ? NULL : role;
	ret->sut = text_of(ret->json, "sut_file");
	ret->expected = text_of(ret->json, "expected_file");
	ret->profile = text_of(ret->json, "profile");
	ret->seed = (uint64_t)json_integer_value(json_object_get(ret->json, "seed"));
	ret->ids = calloc(json_array_size(cases) + 1, sizeof(*ret->ids));
	if (!ret->ids)
		return err_set(e, ENOMEM, "out of memory");
	json_array_foreach (cases, i, one) {
		const char *id = text_of(one, "id");

		if (id && is_failed(one))
			ret->ids[ret->n++] = id;
	}
	return 0;
}

int again_load(struct again *ret, const char *path, struct err *e)
{
	AUTO(free) char *text = NULL;
	char file[PATH_MAX];
	json_error_t je;
	struct stat st;
	size_t len;
	int err;

	*ret = (struct again){0};
	(void)snprintf(file, sizeof(file), "%s%s", path,
		       stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? "/report.json" : "");
	err = file_read(&text, &len, file, REPORT_MAX, e);
	if (err)
		return err;
	ret->json = json_loadb(text, len, 0, &je);
	err = ret->json ? take_report(ret, file, e)
			: err_set(e, EBADMSG, "%s:%d:%d: %s", file, je.line, je.column, je.text);
	if (err)
		again_free(ret);
	return err;
}

void again_free(struct again *a)
{
	free(a->ids);
	json_decref(a->json);
	*a = (struct again){0};
}
