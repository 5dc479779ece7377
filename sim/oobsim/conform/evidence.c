/* What a case leaves behind: its stretch of the bench's trace as ladder, messages and octets; and one capture of all. */
#include <errno.h>
#include <fts.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/env.h"
#include "sim/oobsim/conform/evidence.h"
#include "sim/oobsim/report/ladder.h"
#include "sim/oobsim/report/pcapng.h"

#define TRACES_MAX 4096

/* The traces below a report's directory: of each bench, and of each world that a case ran in */
struct traces {
	struct {
		char *path; /* relative to the report: "cps-0/trace.jsonl" */
		struct events *evs;
	} v[TRACES_MAX];
	size_t n;
};

static void traces_free(struct traces *t)
{
	for (size_t i = 0; t && i < t->n; i++) {
		free(t->v[i].path);
		events_free(t->v[i].evs);
	}
	free(t);
}

static int trace_add(struct traces *t, const char *path, const char *relative, struct err *e)
{
	int err;

	if (t->n == TRACES_MAX)
		return 0;
	err = events_load(&t->v[t->n].evs, path, e);
	if (err)
		return err;
	t->v[t->n].path = strdup(relative);
	return t->v[t->n++].path ? 0 : err_set(e, ENOMEM, "out of memory");
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int traces_load(struct traces *t, const char *dir, struct err *e)
{
	char *const paths[] = {(char *)(uintptr_t)dir, NULL};
	FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	FTSENT *entry;
	int err = 0;

	if (!fts)
		return err_set(e, errno, "%s: %s", dir, strerror(errno));
	while (!err && (entry = fts_read(fts)) != NULL)
		if (entry->fts_info == FTS_F && strcmp(entry->fts_name, "trace.jsonl") == 0)
			err = trace_add(t, entry->fts_path, entry->fts_path + strlen(dir) + 1, e);
	(void)fts_close(fts);
	return err;
}

/* --- the capture --- */

static int write_capture(const struct conform_report *report, const struct traces *t, struct err *e)
{
	const struct events *evs[TRACES_MAX];
	struct env_shift shift = {0};
	struct env env = env_system(&shift);
	char path[PATH_MAX];
	FILE *f;
	int err;

	for (size_t i = 0; i < t->n; i++)
		evs[i] = t->v[i].evs;
	(void)snprintf(path, sizeof(path), "%s/capture.pcapng", report->dir);
	f = fopen(path, "w");
	if (!f)
		return err_set(e, errno, "%s: cannot be written: %s", path, strerror(errno));
	err = pcapng_write_all(f, evs, t->n, env_now_ms(&env) * 1000 - mono_us());
	if (fclose(f) && !err)
		err = errno;
	return err ? err_set(e, err, "%s: cannot be written: %s", path, strerror(err)) : 0;
}

/* --- one case --- */

/* Does the trace belong to the bench that ran the case? */
static bool is_of(const char *path, const struct conform_result *r)
{
	char part[64];
	int l = snprintf(part, sizeof(part), "%s-%u/", r->item->role->name, r->part);

	return strncmp(path, part, (size_t)l) == 0;
}

/* @return false: nothing of it is in this trace */
static bool find_stretch(struct stretch *ret, const struct events *evs,
			 const struct conform_result *r)
{
	size_t first = 0, end, n = events_count(evs);
	bool message = false;

	while (first < n && events_at(evs, first)->t_us < r->from_us)
		first++;
	for (end = first; end < n && events_at(evs, end)->t_us <= r->to_us; end++)
		message = message || events_at(evs, end)->kind != EVENT_NOTE;
	*ret = (struct stretch){evs, first, end, r->failed_us};
	return message;
}

static int make_folder(const struct conform_report *report, const struct conform_result *r,
		       char *ret, size_t size, struct err *e)
{
	char path[PATH_MAX];

	(void)snprintf(ret, size, "cases/%s/%s", r->item->role->name, r->item->id);
	(void)snprintf(path, sizeof(path), "%s/%s/", report->dir, ret);
	for (char *p = path + strlen(report->dir) + 1; (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		if (mkdir(path, 0755) && errno != EEXIST)
			return err_set(e, errno, "%s: %s", path, strerror(errno));
		*p = '/';
	}
	return 0;
}

/* What it printed: beside the bench's configurations, or in the world that the trace is of. trace: NULL, there is none */
static int find_log(struct evidence *ev, const struct conform_report *report,
		    const struct conform_result *r, const char *trace)
{
	const char *role = r->item->role->name;
	char path[PATH_MAX], log[PATH_MAX - 256];
	struct stat st;

	if (r->item->role->run && trace)
		(void)snprintf(log, sizeof(log), "%.*sworld/log/%s.log",
			       (int)(strrchr(trace, '/') + 1 - trace), trace, role);
	else
		(void)snprintf(log, sizeof(log), "%s-%u/log/sut-%u.log", role, r->part, r->started);
	(void)snprintf(path, sizeof(path), "%s/%s", report->dir, log);
	if (stat(path, &st))
		return 0;
	ev->log = strdup(log);
	return ev->log ? 0 : ENOMEM;
}

static int keep_case(struct conform_report *report, size_t i, const struct traces *t, struct err *e)
{
	const struct conform_result *r = &report->r[i];
	struct evidence *ev = &report->evidence[i];
	struct sv given = {NULL, 0};
	struct stretch stretch;
	char folder[256];
	size_t k = 0;
	int err;

	if (r->item->role->given)
		given = r->item->role->given(r->item, report->seed);
	while (k < t->n && !(is_of(t->v[k].path, r) && find_stretch(&stretch, t->v[k].evs, r)))
		k++;
	if (find_log(ev, report, r, k < t->n ? t->v[k].path : NULL))
		return err_set(e, ENOMEM, "out of memory");
	if (!given.l && (k == t->n || !r->from_us))
		return 0;
	err = make_folder(report, r, folder, sizeof(folder), e);
	if (err)
		return err;
	return given.l ? evidence_write_given(ev, report, r, given, folder, e)
		       : evidence_write(ev, report, r, &stretch, folder, e);
}

static int keep_all(struct conform_report *report, struct traces *t, struct err *e)
{
	int err = traces_load(t, report->dir, e);

	if (!err)
		err = write_capture(report, t, e);
	for (size_t i = 0; i < report->n && !err; i++)
		if (conform_noted(&report->r[i]) || conform_failed(&report->r[i]))
			err = keep_case(report, i, t, e);
	return err;
}

int report_evidence(struct conform_report *report, struct err *e)
{
	struct traces *t = calloc(1, sizeof(*t));
	int err = ENOMEM;

	report->evidence = calloc(report->n, sizeof(*report->evidence));
	if (t && report->evidence)
		err = keep_all(report, t, e);
	else
		(void)err_set(e, ENOMEM, "out of memory");
	traces_free(t);
	return err;
}
