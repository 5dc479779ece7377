/* All roles. */
#include <string.h>

#include "sim/oobsim/conform/role.h"

/* In the order of `conform --all` */
static const struct role *const roles[] = {&role_as,  &role_cps, &role_vs,   &role_pki,
					   &role_osp, &role_tsp, &role_judge};

const struct role *role_at(size_t i)
{
	return i < sizeof(roles) / sizeof(roles[0]) ? roles[i] : NULL;
}

const struct role *role_find(const char *name)
{
	const struct role *r;

	for (size_t i = 0; (r = role_at(i)) != NULL; i++)
		if (strcmp(r->name, name) == 0)
			return r;
	return NULL;
}
