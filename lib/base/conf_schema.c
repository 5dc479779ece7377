#include "lib/base/conf_in.h"

#define DRAFT "https://json-schema.org/draft/2020-12/schema"

static json_t *struct_schema(const struct conf_table *t, bool in_map);

static json_t *string_schema(void)
{
	return json_pack("{s:s}", "type", "string");
}

/* Elements of a list or a map, with their number */
static json_t *many_schema(const struct conf_member *m)
{
	bool is_map = m->type == CONF_MAP || m->type == CONF_STRMAP;
	bool flat = m->type == CONF_STRS || m->type == CONF_STRMAP;
	json_t *element = flat ? string_schema() : struct_schema(m->sub, is_map);
	json_t *v = json_pack("{s:s, s:o}", "type", is_map ? "object" : "array",
			      is_map ? "additionalProperties" : "items", element);

	if (!v || !conf_bounded(m))
		return v;
	(void)json_object_set_new(v, is_map ? "minProperties" : "minItems", json_integer(m->min));
	(void)json_object_set_new(v, is_map ? "maxProperties" : "maxItems", json_integer(m->max));
	return v;
}

static json_t *int_schema(const struct conf_member *m)
{
	json_t *v = json_pack("{s:s}", "type", "integer");

	if (!v || !conf_bounded(m))
		return v;
	(void)json_object_set_new(v, "minimum", json_integer(m->min));
	(void)json_object_set_new(v, "maximum", json_integer(m->max));
	return v;
}

static json_t *enum_schema(const struct conf_member *m)
{
	json_t *words = json_array();

	for (size_t i = 0; m->words[i]; i++)
		(void)json_array_append_new(words, json_string(m->words[i]));
	return json_pack("{s:o}", "enum", words);
}

static json_t *type_schema(const struct conf_member *m)
{
	switch (m->type) {
	case CONF_STR:
		return string_schema();
	case CONF_BOOL:
		return json_pack("{s:s}", "type", "boolean");
	case CONF_INT:
		return int_schema(m);
	case CONF_ENUM:
		return enum_schema(m);
	case CONF_OBJ:
		return struct_schema(m->sub, false);
	case CONF_LIST:
	case CONF_STRS:
	case CONF_MAP:
	case CONF_STRMAP:
		return many_schema(m);
	case CONF_ANY:
		return json_object();
	}
	return NULL;
}

static json_t *member_schema(const struct conf_member *m)
{
	json_t *v = type_schema(m);

	if (!v)
		return NULL;
	if (m->doc)
		(void)json_object_set_new(v, "description", json_string(m->doc));
	if (m->def)
		(void)json_object_set_new(v, "default", json_loads(m->def, JSON_DECODE_ANY, NULL));
	return v;
}

static json_t *struct_schema(const struct conf_table *t, bool in_map)
{
	json_t *properties = json_object(), *required = json_array();
	json_t *v;

	for (const struct conf_member *m = t->members; m->name; m++) {
		if (conf_is_name(m, in_map))
			continue;
		(void)json_object_set_new(properties, m->name, member_schema(m));
		if (m->required)
			(void)json_array_append_new(required, json_string(m->name));
	}
	v = json_pack("{s:s, s:o, s:b}", "type", "object", "properties", properties,
		      "additionalProperties", 0);
	if (v && json_array_size(required))
		(void)json_object_set(v, "required", required);
	json_decref(required);
	return v;
}

json_t *conf_schema(const struct conf_table *t)
{
	AUTO(json_decref) json_t *body = struct_schema(t, false);
	json_t *v = json_pack("{s:s, s:s}", "$schema", DRAFT, "title", t->name);

	if (!body || !v || json_object_update(v, body)) {
		json_decref(v);
		return NULL;
	}
	return v;
}

static void doc_struct(const struct conf_table *t, FILE *f, int depth, bool in_map)
{
	for (const struct conf_member *m = t->members; m->name; m++) {
		BUF_AUTO struct buf type = BUF(4096);

		if (conf_is_name(m, in_map))
			continue;
		conf_expected(&type, m);
		(void)fprintf(f, "%*s%s: %s", 2 * depth, "", m->name, type.p ? type.p : "");
		if (m->required)
			(void)fprintf(f, ", required");
		else if (m->def)
			(void)fprintf(f, ", default %s", m->def);
		(void)fprintf(f, "%s%s\n", m->doc ? ". " : "", m->doc ? m->doc : "");
		if (m->sub)
			doc_struct(m->sub, f, depth + 1, m->type == CONF_MAP);
	}
}

void conf_doc(const struct conf_table *t, FILE *f)
{
	doc_struct(t, f, 1, false);
}
