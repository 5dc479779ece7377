/* The body of a POST to a CPS: written again it must read the same. */
#include <stdlib.h>

#include "lib/stir/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bundle a = {0}, b = {0};
	BUF_AUTO struct buf body = BUF(1 << 24);
	struct fault fault;

	if (bundle_add_body(&a, (struct sv){(const char *)data, size}, VIA_OUT_OF_BAND, &fault))
		return 0;
	if (bundle_body(&a, &body) || bundle_add_body(&b, buf_sv(&body), VIA_OUT_OF_BAND, &fault) ||
	    a.n != b.n)
		abort();
	for (size_t i = 0; i < a.n; i++)
		if (!sv_eq(a.v[i].id.token, b.v[i].id.token))
			abort();
	bundle_clear(&a);
	bundle_clear(&b);
	return 0;
}
