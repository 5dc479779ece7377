/** @file mapping_in.h  What mapping.c (one list) and map_set.c (those in force) share; nobody else
 * includes it. */
#ifndef STIR_MAPPING_IN_H
#define STIR_MAPPING_IN_H

#include "lib/stir/list.h"
#include "lib/stir/mapping.h"

/** Name of the member with the mappings of a kind of key */
const char *map_member(enum map_key by);

/** Is each key such a key, and each value an https URL? @return 0, EBADMSG */
int map_check_entries(enum map_key by, const json_t *entries, struct fault *fault);

/** Parse a list, form only. @return 0; EBADMSG + fault, ret then holds nothing; ENOMEM */
int map_parse(struct signed_list *ret, struct sv jwt, struct fault *fault);

#endif
