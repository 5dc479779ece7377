/* Whatever x5u gives, or an outsider asks to be signed: chains, TNAuthLists, requests. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/stir/cert.h"
#include "lib/stir/certgen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_chain(struct sv text)
{
	struct cert_chain *chain;
	struct cert_info info;
	struct fault fault;

	if (cert_chain_parse(&chain, text, &fault))
		return;
	for (size_t i = 0; i < cert_chain_count(chain); i++)
		if (cert_chain_info(chain, i, &info))
			abort();
	if (!cert_chain_check_profile(chain, &fault) &&
	    (!*cert_chain_spc(chain) || !cert_chain_key(chain)))
		abort(); /* a profile that holds has an SPC and a key */
	cert_chain_unref(chain);
}

static void try_tnauth(const uint8_t *data, size_t size)
{
	BUF_AUTO struct buf again = BUF(65536);
	struct tnauth v[TNAUTH_MAX];
	int n = tnauth_decode(v, data, size);

	/* DER has one form: what was read is written as it was */
	if (n > 0 && (tnauth_encode(&again, v, (size_t)n) || again.l != size ||
		      memcmp(again.p, data, size) != 0))
		abort();
}

static void try_request(struct sv text)
{
	char spc[SPC_MAX + 1], organization[65];
	struct stir_key *key;
	struct err e;

	if (!csr_read(&key, spc, organization, sizeof(organization), text, &e))
		key_unref(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sv text = {(const char *)data, size};

	try_chain(text);
	try_tnauth(data, size);
	try_request(text);
	return 0;
}
