/* `conform --expected`: a list of failures that are known. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/auto.h"
#include "sim/oobsim/conform/report.h"

DEFINE_AUTO(char, free)
DEFINE_AUTO(json_t, json_decref)

#define LIST_MAX ((size_t)4 << 20)

static const char *text_of(const json_t *v, const char *name)
{
	return json_string_value(json_object_get(v, name));
}

/* Where an entry stands, for an error about it */
struct place {
	const char *path;
	struct sv text;
	size_t i;
	struct err *e;
};

static int refuse(const struct place *at, const char *member, const char *want)
{
	unsigned line = 1, column = 1;
	char pointer[96];

	(void)snprintf(pointer, sizeof(pointer), "/%zu%s", at->i, member);
	if (conf_locate(at->text, pointer, &line, &column)) {
		(void)snprintf(pointer, sizeof(pointer), "/%zu", at->i);
		(void)conf_locate(at->text, pointer, &line, &column);
	}
	return err_set(at->e, EBADMSG, "%s:%u:%u: /%zu%s: expected %s", at->path, line, column,
		       at->i, member, want);
}

static int check_entry(const struct place *at, const json_t *entry)
{
	const char *name;
	json_t *value;

	if (!json_is_object(entry))
		return refuse(at, "", "an object with case, reason and perhaps ticket");
	if (!text_of(entry, "case"))
		return refuse(at, "/case", "the id of a case");
	if (!text_of(entry, "reason"))
		return refuse(at, "/reason", "why it fails, for people");
	json_object_foreach ((json_t *)(uintptr_t)entry, name, value) {
		char member[64];

		(void)snprintf(member, sizeof(member), "/%.60s", name);
		if (strcmp(name, "case") != 0 && strcmp(name, "reason") != 0 &&
		    strcmp(name, "ticket") != 0)
			return refuse(at, member, "case, reason or ticket");
		if (!json_is_string(value))
			return refuse(at, member, "a string");
	}
	return 0;
}

static bool has_case(const struct session_role *sr, const char *id)
{
	for (size_t i = 0; i < sr->cases.nitems; i++)
		if (strcmp(sr->cases.items[i].id, id) == 0)
			return true;
	return false;
}

static int add_known(struct conf_list *known, const json_t *entry)
{
	const char *ticket = text_of(entry, "ticket");
	struct sut_known *v = reallocarray(known->v, known->n + 1, sizeof(*v));

	if (!v)
		return ENOMEM;
	known->v = v;
	v[known->n] = (struct sut_known){.id = strdup(text_of(entry, "case")),
					 .reason = strdup(text_of(entry, "reason")),
					 .ticket = ticket ? strdup(ticket) : NULL};
	known->n++;
	return v[known->n - 1].id && v[known->n - 1].reason ? 0 : ENOMEM;
}

static int take_entry(struct session *s, const struct place *at, const json_t *entry)
{
	int err = check_entry(at, entry);
	bool found = false;

	for (size_t i = 0; i < s->nroles && !err; i++) {
		struct session_role *sr = &s->roles[i];

		if (!has_case(sr, text_of(entry, "case")))
			continue;
		found = true;
		if (!sut_known_failure(&sr->sut, text_of(entry, "case")) &&
		    add_known(&sr->sut.known, entry))
			err = err_set(at->e, ENOMEM, "out of memory");
	}
	if (err || found)
		return err;
	return refuse(at, "/case", "the id of a case of these roles: see oobsim conform --list");
}

int session_expect(struct session *s, const char *path, struct err *e)
{
	AUTO(json_decref) json_t *list = NULL;
	AUTO(free) char *text = NULL;
	const json_t *entry;
	json_error_t je;
	size_t len, i;
	int err = file_read(&text, &len, path, LIST_MAX, e);

	if (err)
		return err;
	list = json_loadb(text, len, JSON_REJECT_DUPLICATES, &je);
	if (!list)
		return err_set(e, EBADMSG, "%s:%d:%d: %s", path, je.line, je.column, je.text);
	if (!json_is_array(list))
		return err_set(e, EBADMSG, "%s:1:1: expected a list of known failures", path);
	json_array_foreach (list, i, entry) {
		const struct place at = {path, {text, len}, i, e};

		if (!err)
			err = take_entry(s, &at, entry);
	}
	return err;
}
