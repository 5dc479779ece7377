/* Vectors as files: one JSON object each, an index, and how to read them. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/auto.h"
#include "lib/base/conf.h"
#include "sim/oobsim/vector/vector.h"

DEFINE_AUTO(json_t, json_decref)

/* What the sink writes into */
struct writing {
	const char *dir;
	json_t *index; /* array */
};

/* --- judging --- */

static int disagree(const struct vector *v, const char *by, const struct vector_verdict *got,
		    struct err *e)
{
	char text[FAULT_TEXT_MAX];

	fault_text(&got->fault, text);
	return err_set(e, EINVAL, "by %s: expected %s (index %d), got %s (index %d): %.200s", by,
		       reason_info(v->reason)->name, v->index, reason_info(got->fault.reason)->name,
		       got->index, got->fault.reason ? text : "accepted");
}

/* By all who are said to judge so */
static int check(const struct vector *v, const json_t *json, struct err *e)
{
	const json_t *word;
	size_t i;

	json_array_foreach (json_object_get(json, "by"), i, word) {
		const char *by = json_string_value(word);
		struct vector_verdict got;
		int err = vector_judge(json, by, &got, e);

		if (err)
			return err;
		if (got.fault.reason != v->reason || got.index != v->index)
			return disagree(v, by, &got, e);
	}
	return 0;
}

/* --- writing --- */

static int make_dir(const char *path, struct err *e)
{
	if (mkdir(path, 0755) == 0 || errno == EEXIST)
		return 0;
	return err_set(e, errno, "%s: cannot be made: %s", path, strerror(errno));
}

static int write_json(const char *path, const json_t *v, struct err *e)
{
	char *text = json_dumps(v, JSON_INDENT(1));
	BUF_AUTO struct buf all = BUF(SIZE_MAX / 2);
	int err;

	if (!text)
		return err_set(e, ENOMEM, "%s: out of memory", path);
	(void)buf_addz(&all, text);
	(void)buf_addz(&all, "\n");
	free(text);
	err = all.err ? err_set(e, all.err, "%s: out of memory", path)
		      : file_write(path, buf_sv(&all), e);
	return err;
}

static int write_one(struct vector_sink *sink, const struct vector *v, struct err *e)
{
	struct writing *w = sink->arg;
	AUTO(json_decref) json_t *json = vector_json(sink->scene, v);
	char path[PATH_MAX], file[160];
	int err = json ? check(v, json, e) : err_set(e, ENOMEM, "out of memory");

	if (err)
		return err;
	(void)snprintf(path, sizeof(path), "%s/%s", w->dir, v->kind);
	err = make_dir(path, e);
	(void)snprintf(file, sizeof(file), "%s/%s.json", v->kind, v->name);
	(void)snprintf(path, sizeof(path), "%s/%s", w->dir, file);
	if (!err)
		err = write_json(path, json, e);
	if (!err &&
	    json_array_append_new(w->index, json_pack("{s:O, s:s, s:O, s:O}", "id",
						      json_object_get(json, "id"), "file", file,
						      "verdict", json_object_get(json, "verdict"),
						      "reason", json_object_get(json, "reason"))))
		err = err_set(e, ENOMEM, "out of memory");
	return err;
}

static int write_index(const struct writing *w, uint64_t seed, struct err *e)
{
	AUTO(json_decref)
	json_t *v = json_pack("{s:I, s:I, s:I, s:O}", "seed", (json_int_t)seed, "now",
			      (json_int_t)VECTOR_NOW, "count",
			      (json_int_t)json_array_size(w->index), "vectors", w->index);
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/index.json", w->dir);
	return v ? write_json(path, v, e) : err_set(e, ENOMEM, "%s: out of memory", path);
}

static int write_readme(const struct writing *w, uint64_t seed, struct err *e)
{
	BUF_AUTO struct buf text = BUF(1u << 20);
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/README.md", w->dir);
	vector_readme(&text, json_array_size(w->index), seed);
	for (enum reason r = 0; r < REASON_MAX; r++) {
		const struct reason_info *info = reason_info(r);
		size_t n = 0, i;
		const json_t *v;

		json_array_foreach (w->index, i, v)
			n += sv_eqz(sv_from(json_string_value(json_object_get(v, "reason"))),
				    info->name);
		if (n)
			(void)buf_printf(&text, "| `%s` | %zu | %s | %s |\n", info->name, n,
					 info->text, info->clause);
	}
	return text.err ? err_set(e, text.err, "%s: out of memory", path)
			: file_write(path, buf_sv(&text), e);
}

/* New or empty: what an older program wrote does not belong to these */
static int open_dir(const char *path, struct err *e)
{
	int err = make_dir(path, e);
	DIR *dir = err ? NULL : opendir(path);
	const struct dirent *entry;

	if (!dir)
		return err ? err : err_set(e, errno, "%s: %s", path, strerror(errno));
	while (!err && (entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			err = err_set(e, EEXIST, "%s: expected a new or an empty directory", path);
	(void)closedir(dir);
	return err;
}

int vectors_write(const char *dir, uint64_t seed, size_t *ret_n, struct err *e)
{
	static vector_maker_h *const makers[] = {vector_passports,    vector_identities,
						 vector_certificates, vector_lists,
						 vector_bodies,       vector_calls};
	struct vector_scene *scene = NULL;
	struct writing w = {.dir = dir, .index = json_array()};
	struct vector_sink sink = {.take = write_one, .arg = &w};
	int err = open_dir(dir, e);

	if (!err)
		err = vector_scene_alloc(&scene, seed, VECTOR_NOW, e);
	sink.scene = scene;
	for (size_t i = 0; !err && i < sizeof(makers) / sizeof(makers[0]); i++)
		err = makers[i](&sink, e);
	if (!err)
		err = write_index(&w, seed, e);
	if (!err)
		err = write_readme(&w, seed, e);
	*ret_n = json_array_size(w.index);
	json_decref(w.index);
	vector_scene_free(scene);
	return err;
}
