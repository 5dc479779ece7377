#include <errno.h>

#include "lib/base/conf_in.h"

static json_t *struct_json(const struct conf_table *t, const void *s, bool in_map);

/* An optional object that was not in the file: it lacks what would be required of it, and written
 * as an empty object it could not be read again. */
static bool is_absent(const struct conf_member *m, const void *field)
{
	if (m->type != CONF_OBJ || m->required)
		return false;
	for (const struct conf_member *i = m->sub->members; i->name; i++) {
		bool is_pointer = i->type == CONF_STR || i->type == CONF_ANY;

		if (i->required && is_pointer && !*(void **)conf_field(field, i))
			return true;
	}
	return false;
}

static json_t *list_json(const struct conf_member *m, const struct conf_list *list)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < list->n; i++) {
		json_t *v = m->type == CONF_STRS
				    ? json_string(*(char **)conf_at(list, i, sizeof(char *)))
				    : struct_json(m->sub, conf_at(list, i, m->sub->size), false);

		if (json_array_append_new(array, v)) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *map_json(const struct conf_member *m, const struct conf_list *list)
{
	json_t *object = json_object();

	for (size_t i = 0; object && i < list->n; i++) {
		bool flat = m->type == CONF_STRMAP;
		size_t size = flat ? sizeof(struct conf_pair) : m->sub->size;
		const struct conf_pair *pair = conf_at(list, i, size);
		json_t *v = flat ? json_string(pair->value) : struct_json(m->sub, pair, true);

		/* the name is the first member of either struct */
		if (json_object_set_new(object, pair->name, v)) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

static json_t *value_json(const struct conf_member *m, const void *field)
{
	switch (m->type) {
	case CONF_STR:
		return json_string(*(char *const *)field);
	case CONF_BOOL:
		return json_boolean(*(const bool *)field);
	case CONF_INT:
		return json_integer(*(const int64_t *)field);
	case CONF_ENUM:
		return json_string(m->words[*(const int *)field]);
	case CONF_OBJ:
		return struct_json(m->sub, field, false);
	case CONF_LIST:
	case CONF_STRS:
		return list_json(m, field);
	case CONF_MAP:
	case CONF_STRMAP:
		return map_json(m, field);
	case CONF_ANY:
		return json_incref(*(json_t *const *)field);
	}
	return NULL;
}

static json_t *struct_json(const struct conf_table *t, const void *s, bool in_map)
{
	json_t *object = json_object();

	for (const struct conf_member *m = t->members; object && m->name; m++) {
		const void *field = conf_field(s, m);
		bool is_pointer = m->type == CONF_STR || m->type == CONF_ANY;

		if (conf_is_name(m, in_map) || (is_pointer && !*(void *const *)field) ||
		    is_absent(m, field))
			continue;
		if (json_object_set_new(object, m->name, value_json(m, field))) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

json_t *conf_json(const struct conf_table *t, const void *s)
{
	return struct_json(t, s, false);
}

int conf_print(const struct conf_table *t, const void *s, FILE *f)
{
	AUTO(json_decref) json_t *v = conf_json(t, s);

	if (!v)
		return ENOMEM;
	if (json_dumpf(v, f, JSON_INDENT(2)) || fputc('\n', f) == EOF || fflush(f))
		return EIO;
	return 0;
}
