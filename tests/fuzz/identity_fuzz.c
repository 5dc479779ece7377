/* An Identity header with any number of values. What is read from it must print and read back the same. */
#include <errno.h>
#include <stdlib.h>

#include "lib/stir/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_back(const struct identity *id)
{
	BUF_AUTO struct buf text = BUF(1 << 20);
	struct identity again;
	struct sv rest;

	if (identity_print(&text, id->token, id->info, id->ppt))
		abort();
	rest = buf_sv(&text);
	if (identity_next(&rest, &again, NULL) || !sv_eq(id->token, again.token) ||
	    !sv_eq(id->info, again.info) || !sv_eq(id->ppt, again.ppt) || rest.l)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bundle b = {0};
	struct fault fault;
	int err = bundle_add_identity(&b, (struct sv){(const char *)data, size}, &fault);

	if (err == EBADMSG && fault.reason == REASON_OK)
		abort();
	for (size_t i = 0; i < b.n; i++)
		read_back(&b.v[i].id);
	bundle_clear(&b);
	return 0;
}
