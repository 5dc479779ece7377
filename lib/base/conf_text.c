#include <inttypes.h>
#include <string.h>

#include "lib/base/conf_in.h"

/* Longest name that a misspelt one is compared with */
#define NAME_MAX_LEN 64

/* " of 1 to 4 strings", " of strings" */
static void add_bounds(struct buf *ret, const struct conf_member *m, const char *things)
{
	if (conf_bounded(m))
		(void)buf_printf(ret, " of %" PRId64 " to %" PRId64 " %s", m->min, m->max, things);
	else
		(void)buf_printf(ret, " of %s", things);
}

static void add_words(struct buf *ret, const char *const *words)
{
	for (size_t i = 0; words[i]; i++) {
		const char *glue = words[i + 1] ? ", " : " or ";

		(void)buf_printf(ret, "%s\"%s\"", i ? glue : "", words[i]);
	}
}

void conf_expected(struct buf *ret, const struct conf_member *m)
{
	const char *want = m->check ? m->check(sv_from("")) : NULL;

	switch (m->type) {
	case CONF_STR:
		(void)buf_addz(ret, want ? want : "a string");
		break;
	case CONF_BOOL:
		(void)buf_addz(ret, "true or false");
		break;
	case CONF_INT:
		(void)buf_addz(ret, "an integer");
		if (conf_bounded(m))
			(void)buf_printf(ret, " from %" PRId64 " to %" PRId64, m->min, m->max);
		break;
	case CONF_ENUM:
		add_words(ret, m->words);
		break;
	case CONF_OBJ:
		(void)buf_addz(ret, "an object");
		break;
	case CONF_LIST:
	case CONF_STRS:
		(void)buf_addz(ret, "an array");
		add_bounds(ret, m, m->type == CONF_STRS ? "strings" : "objects");
		break;
	case CONF_MAP:
	case CONF_STRMAP:
		(void)buf_addz(ret, "an object");
		add_bounds(ret, m, m->type == CONF_STRMAP ? "strings" : "objects");
		break;
	case CONF_ANY:
		(void)buf_addz(ret, "a value");
		break;
	}
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

/* Levenshtein distance; too long names are infinitely far */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[NAME_MAX_LEN + 1];
	size_t la = strlen(a), lb = strlen(b);

	if (la > NAME_MAX_LEN || lb > NAME_MAX_LEN)
		return UINT32_MAX;
	for (unsigned j = 0; j <= lb; j++)
		row[j] = j;
	for (unsigned i = 1; i <= la; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			unsigned cost = a[i - 1] != b[j - 1], above = row[j];

			row[j] = min3(above + 1, row[j - 1] + 1, diagonal + cost);
			diagonal = above;
		}
	}
	return row[lb];
}

bool conf_suggest(struct buf *ret, const struct conf_table *t, const char *name, bool in_map)
{
	const char *nearest = NULL;
	unsigned best = 3; /* a slip is at most two letters */
	size_t n = 0;

	for (const struct conf_member *m = t->members; m->name; m++) {
		unsigned d;

		if (conf_is_name(m, in_map))
			continue;
		if (strcmp(m->name, name) == 0)
			return false;
		d = distance(m->name, name);
		if (d < best && d < strlen(m->name)) {
			best = d;
			nearest = m->name;
		}
	}
	if (nearest) {
		(void)buf_printf(ret, "a known member (\"%s\"?)", nearest);
		return true;
	}
	(void)buf_addz(ret, "one of the members ");
	for (const struct conf_member *m = t->members; m->name; m++)
		if (!conf_is_name(m, in_map))
			(void)buf_printf(ret, "%s%s", n++ ? ", " : "", m->name);
	return true;
}
