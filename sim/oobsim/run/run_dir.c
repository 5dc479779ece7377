/* Where a run writes. */
#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/env.h"
#include "sim/oobsim/run/run.h"

#define FTW_FDS 16

static int make_all(char *path)
{
	for (char *p = path + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(path, 0755) && errno != EEXIST)
			return errno;
		*p = '/';
	}
	return mkdir(path, 0755) && errno != EEXIST ? errno : 0;
}

/* Two runs of one second differ by their process */
static void default_dir(char *ret, size_t size, const char *id)
{
	struct env_shift shift = {0};
	struct env env = env_system(&shift);
	time_t now = env_now_s(&env);
	struct tm tm;
	char stamp[32];

	(void)localtime_r(&now, &tm);
	(void)strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm);
	(void)snprintf(ret, size, "build/runs/%s-%s-%d", id ? id : "run", stamp, (int)getpid());
}

int run_dir(char *ret, size_t size, const char *report, const char *id, struct err *e)
{
	char path[WORLD_DIR_MAX - 16], *real;
	int err;

	if (report)
		(void)snprintf(path, sizeof(path), "%s", report);
	else
		default_dir(path, sizeof(path), id);
	err = *path ? make_all(path) : ENOENT;
	real = err ? NULL : realpath(path, NULL);
	if (!real)
		return err_set(e, err ? err : errno, "cannot make the report's directory %s: %s",
			       path, strerror(err ? err : errno));
	err = strlen(real) < size ? 0 : ENAMETOOLONG;
	(void)snprintf(ret, size, "%s", real);
	free(real);
	return err ? err_set(e, err, "the path of %s is too long", path) : 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void run_remove(const char *dir)
{
	(void)nftw(dir, remove_one, FTW_FDS, FTW_DEPTH | FTW_PHYS);
}
