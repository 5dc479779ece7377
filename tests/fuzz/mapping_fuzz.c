/* What the addresses of CPS mappings give, what providers send, and what is kept over a restart: up to the look at a
 * signature. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/stir/certgen.h"
#include "lib/stir/discovery.h"
#include "lib/stir/mapping.h"
#include "lib/stir/provision.h"

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
	struct map_set *set = NULL;
	struct map_offer offer = {.kind = MAP_STI_PA, .jwt = text, .chain_pem = buf_sv(&root)};
	struct map_entry entries[MAP_AUTHORITIES_MAX];
	struct fault fault = {.check = ""};
	char *x5u = map_x5u(text, &fault);

	if (x5u && map_check_url(sv_from(x5u)))
		abort();
	free(x5u);
	if (map_set_alloc(&set, trust, &env))
		abort();
	/* nobody holds the key of this STI-PA: whatever is taken is a mistake */
	if (!map_set_take(set, &offer, NULL, &fault))
		abort();
	if (!map_set_load(set, text, NULL) &&
	    map_set_find(set, MAP_STI_PA, MAP_OCN, "5678", entries))
		abort();
	map_set_free(set);
}

static void try_request(struct sv text)
{
	struct provision p;
	struct fault fault = {.check = ""};

	if (provision_parse(&p, text, &fault))
		return;
	if (!p.authority_count || map_check_ocn(sv_from(p.ocn)) || map_check_url(sv_from(p.url)))
		abort();
	provision_clear(&p);
}

static void try_numbers(struct sv text)
{
	struct discovery *d = NULL;
	struct discovery_route route;
	struct tn tn;

	if (discovery_alloc(&d, NULL))
		abort();
	(void)discovery_add_numbers(d, text, "fuzz", NULL);
	if (!tn_canonical(&tn, text))
		(void)discovery_find(
			d, &(struct discovery_query){.called = &tn, .rn = text, .cic = text},
			&route, NULL);
	discovery_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv text = {(const char *)data, size};
	char cic[CIC_MAX + 1];

	if (!trust)
		make_trust();
	try_list(text);
	try_request(text);
	try_numbers(text);
	if (!cic_canonical(cic, text) && (!cic[0] || strspn(cic, "0123456789") != strlen(cic)))
		abort();
	return 0;
}
