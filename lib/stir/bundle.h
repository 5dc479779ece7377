/** @file bundle.h  The ordered PASSporTs of one call, from the STI-AS to the STI-VS.
 *
 * The body of a POST to a CPS (5.4) is a bundle written down: token, LF, token …; no LF at the end.
 */
#ifndef STIR_BUNDLE_H
#define STIR_BUNDLE_H

#include "lib/base/buf.h"
#include "lib/base/sv.h"
#include "lib/stir/identity.h"
#include "lib/stir/reason.h"

/** PASSporTs of one call at the most */
#define BUNDLE_MAX 16

enum bundle_via { VIA_IN_BAND, VIA_OUT_OF_BAND };

struct bundle_item {
	char *text;         /**< owned; the views below point into it */
	struct identity id; /**< out-of-band: only token is set */
	enum bundle_via via;
};

struct bundle {
	struct bundle_item v[BUNDLE_MAX];
	size_t n;
};

/**
 * Append the value, or the comma separated values, of one Identity header (in-band).
 *
 * @param fault  Why the first bad value is bad; the good ones beside it are appended all the same (RFC 8224 §6.2.1)
 *
 * @return 0, EBADMSG + fault; ENOSPC, ENOMEM: then the bundle is as before
 */
int bundle_add_identity(struct bundle *b, struct sv value, struct fault *fault);

/** Append a bare token. Blanks around it are dropped. @return 0, ENOSPC, ENOMEM */
int bundle_add_token(struct bundle *b, struct sv token, enum bundle_via via);

/**
 * Append the tokens of a request body: lines ended by LF or CRLF, the last one with or without; blank
 * lines are passed over.
 *
 * @param fault  REASON_BODY_EMPTY, REASON_TOO_MANY
 * @return 0, EBADMSG, ENOMEM; on failure the bundle is as before
 */
int bundle_add_body(struct bundle *b, struct sv body, enum bundle_via via, struct fault *fault);

/** Append the body of a POST: tokens as they are, one LF between them, none at the end (5.4) */
int bundle_body(const struct bundle *b, struct buf *ret);

/** Free what it holds; it is empty afterwards */
void bundle_clear(struct bundle *b);

#endif
