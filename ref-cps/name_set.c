#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "ref-cps/name_set.h"

struct name {
	UT_hash_handle hh;
};

struct name_set {
	struct name *table;
	struct name v[];
};

int name_set_alloc(struct name_set **ret, const struct conf_list *list)
{
	struct name_set *ns = calloc(1, sizeof(*ns) + list->n * sizeof(ns->v[0]));

	if (!ns)
		return ENOMEM;
	for (size_t i = 0; i < list->n; i++) {
		const char *z = ((char *const *)list->v)[i];

		if (name_set_has(ns, sv_from(z)))
			continue;
		HASH_ADD_KEYPTR(hh, ns->table, z, strlen(z), &ns->v[i]);
		if (!ns->v[i].hh.tbl) {
			name_set_free(ns);
			return ENOMEM;
		}
	}
	*ret = ns;
	return 0;
}

void name_set_free(struct name_set *ns)
{
	if (!ns)
		return;
	HASH_CLEAR(hh, ns->table);
	free(ns);
}

bool name_set_has(const struct name_set *ns, struct sv name)
{
	const struct name *found;

	if (!name.l)
		return false;
	HASH_FIND(hh, ns->table, name.p, name.l, found);
	return found != NULL;
}
