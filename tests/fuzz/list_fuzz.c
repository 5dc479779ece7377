/* What the STI-PA's addresses give: signed lists and CRLs, up to the look at their signature. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "lib/stir/certgen.h"
#include "lib/stir/list.h"
#include "lib/stir/trust.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct env_fixed clock_2027 = {.now_ms = 1800000000000};
static struct env env;
static struct trust *trust;
static struct buf root = {.max = 65536};

static void make_trust(void)
{
	const struct cert_spec spec = {
		.kind = CERT_PA_ROOT,
		.organization = "Fuzz",
		.common_name = "PA ROOT",
		.not_after_s = 4000000000,
	};
	struct stir_key *key;

	env = env_fixed(&clock_2027);
	if (key_generate(&key) || cert_issue(&root, &spec, key, NULL, NULL, &env, NULL) ||
	    trust_alloc(&trust, buf_sv(&root), &env, NULL))
		abort();
	key_unref(key);
}

static void try_list(struct sv text)
{
	struct signed_list list;

	if (list_parse(&list, text, "trustList", NULL))
		return;
	if (!list.x5u || !list.content || !list.token || list.sequence < 0)
		abort();
	signed_list_clear(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv text = {(const char *)data, size};

	if (!trust)
		make_trust();
	try_list(text);
	free(trust_list_x5u(text));
	/* nobody holds the key of this STI-PA: whatever is taken is a mistake */
	if (!trust_set_ca_list(trust, text, buf_sv(&root), NULL) ||
	    !trust_set_crl(trust, text, (struct sv){0}, NULL))
		abort();
	return 0;
}
