/** @file names.h  A set of names from the configuration, looked up once a request. */
#ifndef REF_CPS_NAMES_H
#define REF_CPS_NAMES_H

#include <stdbool.h>

#include "lib/base/conf.h"
#include "lib/base/sv.h"

struct names;

/** @param list  conf_list of char *, borrowed for the life of the set. @return 0, ENOMEM */
int names_alloc(struct names **ret, const struct conf_list *list);
/** Accepts NULL */
void names_free(struct names *names);

bool names_has(const struct names *names, struct sv name);

#endif
