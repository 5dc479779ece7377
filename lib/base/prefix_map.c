#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "lib/base/prefix_map.h"
#include "lib/base/tn.h"

/* Rows lie in one array without pointers between them, so that a million of them are few pages, are
 * filled fast, and that all places of a lookup can be asked for from memory at once. */

struct row {
	uint64_t key; /* 0: free */
	const void *value;
};

struct prefix_map {
	struct row *rows;
	size_t size; /* a power of two, at least twice the number of rows */
	size_t used;
	uint32_t lengths; /* bit n: there is a prefix of n digits */
};

#define SIZE_MIN 64

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
	if (!map)
		return;
	free(map->rows);
	free(map);
}

/* Where a key's search begins: neighbouring numbers far apart (the finalizer of SplitMix64) */
static size_t place_of(const struct prefix_map *map, uint64_t key)
{
	key = (key ^ (key >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	key = (key ^ (key >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (size_t)(key ^ (key >> 31)) & (map->size - 1);
}

/* The row of a key, else the free one where it would stand. At least half of the rows are free */
static struct row *row_at(const struct prefix_map *map, uint64_t key, size_t place)
{
	while (map->rows[place].key && map->rows[place].key != key)
		place = (place + 1) & (map->size - 1);
	return &map->rows[place];
}

static int grow(struct prefix_map *map)
{
	struct prefix_map bigger = *map;

	bigger.size = map->size ? 2 * map->size : SIZE_MIN;
	bigger.rows = calloc(bigger.size, sizeof(*bigger.rows));
	if (!bigger.rows)
		return ENOMEM;
	for (size_t i = 0; i < map->size; i++) {
		uint64_t key = map->rows[i].key;

		if (key)
			*row_at(&bigger, key, place_of(&bigger, key)) = map->rows[i];
	}
	free(map->rows);
	*map = bigger;
	return 0;
}

int prefix_map_add(struct prefix_map *map, struct sv prefix, const void *value)
{
	uint64_t key = KEY_EMPTY;
	struct row *row;

	if (!prefix_map_key_ok(prefix) || !value)
		return EINVAL;
	for (size_t i = 0; i < prefix.l; i++)
		key = key_push(key, prefix.p[i]);
	if (2 * (map->used + 1) > map->size && grow(map))
		return ENOMEM;
	row = row_at(map, key, place_of(map, key));
	if (row->key)
		return EEXIST;
	*row = (struct row){key, value};
	map->used++;
	map->lengths |= 1u << prefix.l;
	return 0;
}

const void *prefix_map_find(const struct prefix_map *map, struct sv number, size_t *ret_len)
{
	uint64_t keys[TN_MAX + 1], key = KEY_EMPTY;
	size_t places[TN_MAX + 1], lens[TN_MAX + 1], n = 0;

	for (size_t i = 0; i < number.l && i < TN_MAX && is_digit(number.p[i]); i++) {
		key = key_push(key, number.p[i]);
		if (!(map->lengths & (1u << (i + 1))))
			continue;
		keys[n] = key;
		lens[n] = i + 1;
		places[n] = place_of(map, key);
		__builtin_prefetch(&map->rows[places[n++]]);
	}
	while (n--) { /* the longest first */
		const struct row *row = row_at(map, keys[n], places[n]);

		if (!row->key)
			continue;
		if (ret_len)
			*ret_len = lens[n];
		return row->value;
	}
	return NULL;
}
