/** @file b64url.h  base64url without padding, strict both ways (RFC 7515 §2, RFC 4648 §5). */
#ifndef BASE_B64URL_H
#define BASE_B64URL_H

#include "lib/base/buf.h"
#include "lib/base/sv.h"

/** Octets that n octets of base64url decode to, when well formed */
#define B64URL_DECODED_LEN(n) ((n) / 4 * 3 + ((n) % 4 ? (n) % 4 - 1 : 0))
/** Characters that n octets encode to */
#define B64URL_ENCODED_LEN(n) (((n)*4 + 2) / 3)

/** Append the encoding of src. @return 0, ENOMEM, EMSGSIZE */
int b64url_encode(struct buf *dst, const void *src, size_t len);

/**
 * Append the octets that `src` stands for.
 *
 * @return 0; EBADMSG for padding, `+`, `/`, blanks or any other foreign octet, for a length of 1
 *         mod 4, and for trailing bits that are not zero (so each octet string has exactly one
 *         form); ENOMEM, EMSGSIZE. On failure nothing is appended.
 */
int b64url_decode(struct buf *dst, struct sv src);

#endif
