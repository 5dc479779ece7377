/* What the cases of conform prove: `proves` of scenarios/cases/<role>.json. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sim/oobsim/conform/role.h"
#include "sim/oobsim/scenario/requirement.h"

/* Where in the file, for whoever mends it */
static int unknown(struct buf *faults, const char *path, size_t i, size_t k, const char *id)
{
	unsigned line = 1, column = 1;
	char pointer[64], *text = NULL;
	size_t len;

	(void)snprintf(pointer, sizeof(pointer), "/cases/%zu/proves/%zu", i, k);
	if (file_read(&text, &len, path, CONF_FILE_MAX, NULL) == 0)
		(void)conf_locate((struct sv){text, len}, pointer, &line, &column);
	free(text);
	return buf_printf(faults,
			  "%s:%u:%u: %s: expected the id of a requirement in requirements.json, "
			  "got \"%s\"\n",
			  path, line, column, pointer, id);
}

static int take_cases(struct requirements *reqs, const struct case_file *f, const char *path,
		      struct buf *faults)
{
	const struct conform_case *c = f->cases.v;
	int err = 0;

	for (size_t i = 0; i < f->cases.n; i++) {
		char *const *ids = c[i].proves.v;

		for (size_t k = 0; k < c[i].proves.n && !err; k++) {
			struct requirement *req = requirements_find(reqs, sv_from(ids[k]));

			err = req ? proofs_add(&req->cases, f->role->name, sv_from(c[i].id), 0)
				  : unknown(faults, path, i, k, ids[k]);
		}
	}
	return err;
}

int coverage_cases(struct requirements *reqs, const char *dir, struct buf *faults, struct err *e)
{
	const struct role *role;
	int err = 0;

	for (size_t i = 0; (role = role_at(i)) != NULL && !err; i++) {
		struct case_file f = {0};
		char path[PATH_MAX];
		struct err why;

		(void)snprintf(path, sizeof(path), "%s/cases/%s.json", dir, role->name);
		if (access(path, F_OK))
			continue;
		err = cases_load(&f, role, &why) ? buf_printf(faults, "%s\n", why.s)
						 : take_cases(reqs, &f, path, faults);
		cases_free(&f);
	}
	return err ? err_set(e, err, "%s", strerror(err)) : 0;
}
