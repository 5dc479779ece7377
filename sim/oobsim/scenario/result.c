#include <stdlib.h>
#include <string.h>

#include "sim/oobsim/scenario/result.h"

static void free_strings(char **v, size_t n)
{
	for (size_t i = 0; v && i < n; i++)
		free(v[i]);
	free(v);
}

void run_result_free(struct run_result *r)
{
	for (size_t i = 0; i < r->nchecks; i++) {
		struct check *c = &r->checks[i];

		free(c->id);
		free(c->title);
		free(c->expected);
		free(c->actual);
		free(c->evidence);
		json_decref(c->seen);
		free_strings(c->proves, c->nproves);
	}
	free(r->checks);
	free(r->id);
	free(r->title);
	json_decref(r->with);
	free(r->report_dir);
	free_strings(r->proves, r->nproves);
	*r = (struct run_result){0};
}
