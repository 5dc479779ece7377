/* A token, then what every reader of a parsed one does: the checks of verify.h that need no credential. */
#include <errno.h>
#include <stdlib.h>

#include "lib/stir/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct verifier *verifier(void)
{
	static struct env_fixed clock = {.now_ms = 1584983402000, .seed = 1};
	static const struct verify_opts opts = {
		.role = VERIFY_CPS, .freshness_s = FRESHNESS_S, .accept_unknown_ppt = true};
	static struct env env;
	static struct verifier *v;

	env = env_fixed(&clock);
	if (!v && verifier_alloc(&v, &opts, NULL, &env))
		abort();
	return v;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv token = {(const char *)data, size};
	struct passport *pp;
	struct fault fault;
	char text[FAULT_TEXT_MAX];

	if (passport_parse(&pp, token, &fault)) {
		fault_text(&fault, text);
		return 0;
	}
	if (!sv_eq(pp->token, token) || pp->signing_input.l >= pp->token.l)
		abort();
	if (verify_form(verifier(), NULL, pp, &fault) == EBADMSG)
		fault_text(&fault, text);
	passport_unref(pp);
	return 0;
}
