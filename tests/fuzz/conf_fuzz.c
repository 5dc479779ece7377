/* A configuration file. What is read must print, and read back the same. */
#include <stdlib.h>

#include "lib/base/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct part {
	char *name;
	int64_t n;
	struct conf_list words;
};

struct whole {
	char *name;
	bool on;
	int mode;
	struct part part;
	struct conf_list list, map, pairs;
	json_t *any;
};

static const char *const modes[] = {"a", "b", NULL};

static const struct conf_member part_members[] = {
	{.name = "n",
	 .type = CONF_INT,
	 .off = offsetof(struct part, n),
	 .def = "3",
	 .min = 1,
	 .max = 9},
	{.name = "words", .type = CONF_STRS, .off = offsetof(struct part, words)},
	{.name = NULL},
};
static const struct conf_table part_table = {"part", sizeof(struct part), part_members};

static const struct conf_member members[] = {
	{.name = "name", .type = CONF_STR, .off = offsetof(struct whole, name), .required = true},
	{.name = "on", .type = CONF_BOOL, .off = offsetof(struct whole, on), .def = "true"},
	{.name = "mode", .type = CONF_ENUM, .off = offsetof(struct whole, mode), .words = modes},
	{.name = "part", .type = CONF_OBJ, .off = offsetof(struct whole, part), .sub = &part_table},
	{.name = "list",
	 .type = CONF_LIST,
	 .off = offsetof(struct whole, list),
	 .sub = &part_table},
	{.name = "map", .type = CONF_MAP, .off = offsetof(struct whole, map), .sub = &part_table},
	{.name = "pairs", .type = CONF_STRMAP, .off = offsetof(struct whole, pairs)},
	{.name = "any", .type = CONF_ANY, .off = offsetof(struct whole, any)},
	{.name = NULL},
};
static const struct conf_table table = {"fuzz", sizeof(struct whole), members};

static void read_back(const struct whole *w)
{
	json_t *a = conf_json(&table, w), *b;
	char *text = json_dumps(a, 0);
	struct whole again;

	if (conf_parse(&table, &again, sv_from(text), "again", NULL))
		abort();
	b = conf_json(&table, &again);
	if (!json_equal(a, b))
		abort();
	conf_free(&table, &again);
	json_decref(a);
	json_decref(b);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv text = {(const char *)data, size};
	struct whole w;
	struct err e = {{0}};

	if (conf_parse(&table, &w, text, "fuzz", &e)) {
		if (!e.s[0])
			abort();
		return 0;
	}
	read_back(&w);
	conf_free(&table, &w);
	return 0;
}
