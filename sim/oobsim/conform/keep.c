/* The directory of a report: what stays there when a run is over. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "sim/oobsim/conform/report.h"
#include "sim/oobsim/scenario/result.h"
#include "sim/oobsim/run/run.h"

/* "cps-0", "cps-12": what a bench writes */
static bool is_part(const char *name)
{
	const char *dash = strrchr(name, '-');
	char role[32];

	if (!dash || !dash[1] || strspn(dash + 1, "0123456789") != strlen(dash + 1))
		return false;
	(void)snprintf(role, sizeof(role), "%.*s", (int)(dash - name), name);
	return role_find(role) != NULL;
}

/* Something that an earlier run has left: "cps-0", "cases" */
static bool is_left(const char *name, bool cases)
{
	return is_part(name) || (cases && strcmp(name, "cases") == 0);
}

static int remove_left(const char *dir, bool cases, struct err *e)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	char path[PATH_MAX];

	if (!d)
		return err_set(e, errno, "%s: %s", dir, strerror(errno));
	while ((entry = readdir(d)) != NULL) {
		if (!is_left(entry->d_name, cases))
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		run_remove(path);
	}
	(void)closedir(d);
	return 0;
}

/* Whatever looks like ours in a directory without a report is somebody else's */
static int refuse_left(const char *dir, struct err *e)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	int err = 0;

	while (d && !err && (entry = readdir(d)) != NULL)
		if (is_left(entry->d_name, true))
			err = err_set(e, EEXIST,
				      "%s: expected an empty directory or one with a report, got "
				      "\"%s\" and no report.json",
				      dir, entry->d_name);
	if (d)
		(void)closedir(d);
	return err;
}

int report_clear(const char *dir, struct err *e)
{
	struct again a;

	if (again_load(&a, dir, NULL))
		return refuse_left(dir, e);
	again_free(&a);
	return remove_left(dir, true, e);
}

void report_abandon(const char *dir, bool asked)
{
	if (asked)
		(void)remove_left(dir, true, NULL);
	else
		run_remove(dir);
}

static int write_json(const char *path, const struct conform_report *report, struct err *e)
{
	json_t *v = conform_json(report);
	char *text = v ? json_dumps(v, REPORT_JSON) : NULL;
	int err = text ? file_write(path, sv_from(text), e) : err_set(e, ENOMEM, "out of memory");

	free(text);
	json_decref(v);
	return err;
}

static int write_all(struct conform_report *report, struct err *e)
{
	static const struct {
		const char *name;
		int (*write)(const char *path, const struct conform_report *report, struct err *e);
	} files[] = {{"report.json", write_json},
		     {"junit.xml", conform_junit},
		     {"report.html", conform_html}};
	int err = report_evidence(report, e);

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]) && !err; i++) {
		char path[PATH_MAX];

		(void)snprintf(path, sizeof(path), "%s/%s", report->dir, files[i].name);
		err = files[i].write(path, report, e);
	}
	return err;
}

int report_keep(struct conform_report *report, const char *dir, bool asked, bool keep,
		struct err *e)
{
	bool noted = false;
	int err;

	for (size_t i = 0; i < report->n && !noted; i++)
		noted = conform_noted(&report->r[i]) || conform_failed(&report->r[i]);
	if (!noted && !asked && !keep) {
		run_remove(dir);
		return 0;
	}
	report->dir = dir;
	err = write_all(report, e);
	return err || noted || keep ? err : remove_left(dir, false, e);
}
