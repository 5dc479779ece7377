/** @file conf_in.h  What the parts of conf share; not for others. */
#ifndef BASE_CONF_IN_H
#define BASE_CONF_IN_H

#include "lib/base/buf.h"
#include "lib/base/conf.h"

DEFINE_AUTO(json_t, json_decref)

/** Place of a member in its struct */
static inline void *conf_field(const void *s, const struct conf_member *m)
{
	return (char *)(uintptr_t)s + m->off;
}

/** The i-th element of a list whose elements have `size` octets */
static inline void *conf_at(const struct conf_list *list, size_t i, size_t size)
{
	return (char *)list->v + i * size;
}

/** In the struct of a CONF_MAP the first member holds the name, which is no member of the JSON
 * object */
static inline bool conf_is_name(const struct conf_member *m, bool in_map)
{
	return in_map && m->off == 0;
}

/** Does the member have bounds? */
static inline bool conf_bounded(const struct conf_member *m)
{
	return m->min || m->max;
}

/** Append what the member takes: "an integer from 1 to 100", "an array of 1 to 4 strings" */
void conf_expected(struct buf *ret, const struct conf_member *m);

/**
 * Is `name` unknown to the table? Then append what it may have been: the nearest member, or all of
 * them.
 *
 * @return true when there is no such member
 */
bool conf_suggest(struct buf *ret, const struct conf_table *t, const char *name, bool in_map);

#endif
