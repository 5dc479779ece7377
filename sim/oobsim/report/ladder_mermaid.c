#include <errno.h>

#include "sim/oobsim/report/ladder.h"

/* Mermaid reads `;` as an end of line and `#` as the start of an entity. */
static void put(FILE *f, const char *s)
{
	for (; *s; s++) {
		if (*s == ';')
			(void)fputs("#59;", f);
		else if (*s == '#')
			(void)fputs("#35;", f);
		else
			(void)fputc(*s, f);
	}
}

int ladder_mermaid(FILE *f, const struct ladder *l)
{
	if (!l->lanes)
		return ENOENT;
	(void)fputs("sequenceDiagram\n", f);
	for (int i = 0; i < l->lanes; i++)
		(void)fprintf(f, "    participant L%d as %s\n", i, l->lane[i]);
	for (size_t i = 0; i < l->n; i++) {
		const struct rung *r = &l->rungs[i];

		if (r->from == r->to) {
			(void)fprintf(f, "    Note over L%d: ", r->from);
		} else {
			(void)fprintf(f, "    L%d%sL%d: ", r->from,
				      r->tone == TONE_LOST ? "-x" : "->>", r->to);
			if (r->step)
				(void)fprintf(f, "(%u) ", r->step);
		}
		put(f, r->label);
		(void)fputc('\n', f);
	}
	return ferror(f) ? EIO : 0;
}
