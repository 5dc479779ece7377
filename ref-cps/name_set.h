/** @file name_set.h  A set of names from the configuration, looked up once a request. */
#ifndef REF_CPS_NAME_SET_H
#define REF_CPS_NAME_SET_H

#include <stdbool.h>

#include "lib/base/conf.h"
#include "lib/base/sv.h"

struct name_set;

/** @param list  conf_list of char *, borrowed for the life of the set. @return 0, ENOMEM */
int name_set_alloc(struct name_set **ret, const struct conf_list *list);
/** Accepts NULL */
void name_set_free(struct name_set *names);

bool name_set_has(const struct name_set *names, struct sv name);

#endif
