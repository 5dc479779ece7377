#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "lib/base/prefix_map.h"
#include "lib/base/tn.h"

struct row {
	uint64_t key;
	const void *value;
	UT_hash_handle hh;
};

struct prefix_map {
	struct row *rows;
	uint32_t lengths; /**< bit n: there is a prefix of n digits */
};

/* "0012" and "12" must differ: the key is the digits as a decimal number behind a leading 1 */
#define KEY_EMPTY 1u

static uint64_t key_push(uint64_t key, char digit)
{
	return key * 10 + (uint64_t)(digit - '0');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool prefix_map_key_ok(struct sv v)
{
	for (size_t i = 0; i < v.l; i++)
		if (!is_digit(v.p[i]))
			return false;
	return v.l >= 1 && v.l <= TN_MAX;
}

int prefix_map_alloc(struct prefix_map **ret)
{
	struct prefix_map *map = calloc(1, sizeof(*map));

	if (!map)
		return ENOMEM;
	*ret = map;
	return 0;
}

void prefix_map_free(struct prefix_map *map)
{
	struct row *row, *next;

	if (!map)
		return;
	row = map->rows;
	HASH_CLEAR(hh, map->rows); /* the table; its elements stay linked */
	for (; row; row = next) {
		next = row->hh.next;
		free(row);
	}
	free(map);
}

static struct row *row_find(const struct prefix_map *map, uint64_t key)
{
	struct row *row;

	HASH_FIND(hh, map->rows, &key, sizeof(key), row);
	return row;
}

int prefix_map_add(struct prefix_map *map, struct sv prefix, const void *value)
{
	uint64_t key = KEY_EMPTY;
	struct row *row;

	if (!prefix_map_key_ok(prefix) || !value)
		return EINVAL;
	for (size_t i = 0; i < prefix.l; i++)
		key = key_push(key, prefix.p[i]);
	if (row_find(map, key))
		return EEXIST;
	row = calloc(1, sizeof(*row));
	if (!row)
		return ENOMEM;
	row->key = key;
	row->value = value;
	HASH_ADD(hh, map->rows, key, sizeof(row->key), row);
	if (!row->hh.tbl) {
		free(row);
		return ENOMEM;
	}
	map->lengths |= 1u << prefix.l;
	return 0;
}

const void *prefix_map_find(const struct prefix_map *map, struct sv number, size_t *ret_len)
{
	const struct row *best = NULL;
	uint64_t key = KEY_EMPTY;

	for (size_t i = 0; i < number.l && i < TN_MAX && is_digit(number.p[i]); i++) {
		const struct row *row;

		key = key_push(key, number.p[i]);
		if (!(map->lengths & (1u << (i + 1))))
			continue;
		row = row_find(map, key);
		if (!row)
			continue;
		best = row;
		if (ret_len)
			*ret_len = i + 1;
	}
	return best ? best->value : NULL;
}
