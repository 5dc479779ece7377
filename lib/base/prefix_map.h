/** @file prefix_map.h  Longest prefix of a telephone number → value: for number ranges of any
 * depth.
 *
 * A lookup costs one hash lookup for each prefix length that is in use (15 at the most), all of them
 * asked for from memory at once, whatever the number of rows is: some 0.3 us in a million rows
 * (tests/tools/prefix_bench.c).
 */
#ifndef BASE_PREFIX_MAP_H
#define BASE_PREFIX_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/sv.h"

struct prefix_map;

/** Can v be a prefix: 1 to TN_MAX of the digits 0-9? */
bool prefix_map_key_ok(struct sv v);

/** @return 0, ENOMEM */
int prefix_map_alloc(struct prefix_map **ret);
/** Values are not touched. Accepts NULL */
void prefix_map_free(struct prefix_map *map);

/**
 * Add a row.
 *
 * @param value  Borrowed; not NULL
 *
 * @return 0; EINVAL (not a prefix); EEXIST (there is a row of the same prefix: it stays); ENOMEM
 */
int prefix_map_add(struct prefix_map *map, struct sv prefix, const void *value);

/**
 * Value of the longest prefix of a number.
 *
 * @param number   Canonical digits; `#` and `*` end what can fit
 * @param ret_len  Length of the prefix that fitted; may be NULL
 *
 * @return The value; NULL when no prefix fits
 */
const void *prefix_map_find(const struct prefix_map *map, struct sv number, size_t *ret_len);

#endif
