/* Where scenario files are. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "sim/oobsim/proc/proc.h"
#include "sim/oobsim/scenario/scenario.h"

#define SUFFIX    ".json"
#define FILES_MAX 1000

static bool is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int scenario_dir(char *ret, size_t size, struct err *e)
{
	char self[PATH_MAX], path[2 * PATH_MAX], real[PATH_MAX];
	/* the source tree with build/bin in it; an installation; any other build tree is used from
	 * the source tree */
	static const char *const beside[] = {"../../scenarios", "../share/oobsim/scenarios"};

	if (proc_self_dir(self, sizeof(self)) == 0)
		for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++) {
			(void)snprintf(path, sizeof(path), "%s/%s", self, beside[i]);
			if (is_dir(path) && realpath(path, real) && strlen(real) < size)
				return snprintf(ret, size, "%s", real) < 0 ? EINVAL : 0;
		}
	(void)snprintf(ret, size, "scenarios");
	if (is_dir(ret))
		return 0;
	return err_set(e, ENOENT,
		       "there is no folder of scenarios: not %s/../../scenarios, not "
		       "%s/../share/oobsim/scenarios, not ./scenarios",
		       self, self);
}

/* Scenarios end in .json; the schema lies beside them */
static int is_scenario(const struct dirent *d)
{
	size_t l = strlen(d->d_name);

	return l > strlen(SUFFIX) && strcmp(d->d_name + l - strlen(SUFFIX), SUFFIX) == 0 &&
	       strcmp(d->d_name, "schema.json") != 0 && strcmp(d->d_name, "requirements.json") != 0;
}

void scenario_all_free(char **all, size_t n)
{
	for (size_t i = 0; all && i < n; i++)
		free(all[i]);
	free(all);
}

int scenario_all(char ***ret, size_t *n, struct err *e)
{
	char dir[PATH_MAX], path[PATH_MAX + NAME_MAX + 2];
	struct dirent **list = NULL;
	int count, err = scenario_dir(dir, sizeof(dir), e);
	char **all;

	if (err)
		return err;
	count = scandir(dir, &list, is_scenario, versionsort);
	if (count < 0)
		return err_set(e, errno, "cannot read %s: %s", dir, strerror(errno));
	all = calloc((size_t)count + 1, sizeof(*all));
	for (int i = 0; i < count; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, list[i]->d_name);
		if (all)
			all[i] = strdup(path);
		if (!all || !all[i])
			err = ENOMEM;
		free(list[i]);
	}
	free(list);
	if (err) {
		scenario_all_free(all, (size_t)count);
		return err_set(e, err, "out of memory");
	}
	*ret = all;
	*n = (size_t)count;
	return 0;
}

/* "there are A1, A2" */
static void known_ids(struct buf *ret)
{
	char **all = NULL;
	size_t n = 0;

	if (scenario_all(&all, &n, NULL))
		return;
	for (size_t i = 0; i < n; i++) {
		const char *name = strrchr(all[i], '/') + 1;

		(void)buf_printf(ret, "%s%.*s", i ? ", " : "", (int)(strlen(name) - strlen(SUFFIX)),
				 name);
	}
	scenario_all_free(all, n);
}

int scenario_find(char *ret, size_t size, const char *id_or_file, struct err *e)
{
	BUF_AUTO struct buf known = BUF(300);
	char dir[PATH_MAX];
	int err;

	(void)snprintf(ret, size, "%s", id_or_file);
	if (strchr(id_or_file, '/') || strstr(id_or_file, SUFFIX))
		return 0;
	err = scenario_dir(dir, sizeof(dir), e);
	if (err)
		return err;
	(void)snprintf(ret, size, "%s/%s%s", dir, id_or_file, SUFFIX);
	if (access(ret, R_OK) == 0)
		return 0;
	known_ids(&known);
	return err_set(e, ENOENT, "there is no scenario \"%.60s\" in %.200s: there are %s",
		       id_or_file, dir, known.p ? known.p : "none");
}
