#include <string.h>

#include "lib/trace/trace.h"
#include "ref-cps/cps.h"

void cps_note(const char *what, const struct passport *pp, json_t *data)
{
	struct tn orig, dest;
	bool has_orig = pp && tn_canonical(&orig, pp->orig_tn) == 0;
	bool has_dest =
		pp && passport_dest_count(pp) && tn_canonical(&dest, passport_dest(pp, 0)) == 0;

	trace_note(what, has_orig ? &orig : NULL, has_dest ? &dest : NULL, data);
}
