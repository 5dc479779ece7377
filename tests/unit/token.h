/** @file token.h  Tokens for tests, right and wrong ones, signed with a key that everybody may
 * know. */
#ifndef UNIT_TOKEN_H
#define UNIT_TOKEN_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/b64url.h"
#include "lib/base/buf.h"
#include "lib/stir/key.h"
#include "tests/unit/vectors.h"

#define TOKEN_BUF_MAX 65536

/** The key of RFC 8946 Appendix A; new reference */
static inline struct stir_key *token_key(void)
{
	struct stir_key *key = NULL;

	if (key_parse_private(&key, SV(RFC8946_KEY), NULL))
		abort();
	return key;
}

/** base64url of the text; to be freed */
static inline char *token_part(const char *text)
{
	struct buf b = BUF(TOKEN_BUF_MAX);

	if (b64url_encode(&b, text, strlen(text)))
		abort();
	return buf_take(&b);
}

/** A token over exactly these octets of header and payload; to be freed */
static inline char *token_of(const char *header, const char *payload)
{
	struct buf b = BUF(TOKEN_BUF_MAX);
	struct stir_key *key = token_key();
	char *h = token_part(header), *p = token_part(payload);
	uint8_t sig[ES256_SIG_LEN];

	(void)buf_printf(&b, "%s.%s", h, p);
	if (key_sign(key, buf_sv(&b), sig))
		abort();
	(void)buf_addz(&b, ".");
	(void)b64url_encode(&b, sig, sizeof(sig));
	free(h);
	free(p);
	key_unref(key);
	return buf_take(&b);
}

/** A token that nobody signed: well formed, with a signature of zeros; to be freed. For what comes
 * after the verification of the single token */
static inline char *token_unsigned(const char *header, const char *payload)
{
	struct buf b = BUF(TOKEN_BUF_MAX);
	char *h = token_part(header), *p = token_part(payload);
	const uint8_t sig[ES256_SIG_LEN] = {0};

	(void)buf_printf(&b, "%s.%s.", h, p);
	(void)b64url_encode(&b, sig, sizeof(sig));
	free(h);
	free(p);
	return buf_take(&b);
}

#endif
