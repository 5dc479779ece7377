#include <stdlib.h>
#include <string.h>

#include "lib/base/conf_in.h"

static void free_struct(const struct conf_table *t, void *s, bool in_map);

static void free_elements(const struct conf_member *m, struct conf_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		if (m->type == CONF_STRS) {
			free(*(char **)conf_at(list, i, sizeof(char *)));
		} else if (m->type == CONF_STRMAP) {
			struct conf_pair *pair = conf_at(list, i, sizeof(*pair));

			free(pair->name);
			free(pair->value);
		} else {
			free_struct(m->sub, conf_at(list, i, m->sub->size), m->type == CONF_MAP);
		}
	}
	free(list->v);
}

static void free_struct(const struct conf_table *t, void *s, bool in_map)
{
	if (in_map)
		free(*(char **)s);
	for (const struct conf_member *m = t->members; m->name; m++) {
		void *field = conf_field(s, m);

		if (conf_is_name(m, in_map))
			continue;
		switch (m->type) {
		case CONF_STR:
			free(*(char **)field);
			break;
		case CONF_OBJ:
			free_struct(m->sub, field, false);
			break;
		case CONF_LIST:
		case CONF_MAP:
		case CONF_STRS:
		case CONF_STRMAP:
			free_elements(m, field);
			break;
		case CONF_ANY:
			json_decref(*(json_t **)field);
			break;
		case CONF_BOOL:
		case CONF_INT:
		case CONF_ENUM:
			break;
		}
	}
}

void conf_free(const struct conf_table *t, void *s)
{
	free_struct(t, s, false);
	memset(s, 0, t->size);
}
