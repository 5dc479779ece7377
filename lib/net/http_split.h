/** @file http_split.h  Where a message of HTTP/1.1 ends in a stream of octets (RFC 9112 §6.3), and what its head says: for
 * those who see the stream itself, not a library's idea of it. */
#ifndef NET_HTTP_SPLIT_H
#define NET_HTTP_SPLIT_H

#include <stdbool.h>

#include "lib/base/sv.h"

/** Views into the stream */
struct http_message {
	struct sv start;  /**< request line or status line, without its line end */
	unsigned status;  /**< of a response; 0: a request */
	struct sv fields; /**< header lines, without the empty line behind them */
	struct sv body;   /**< as it was framed: chunks are not put together */
	struct sv whole;
};

/**
 * Take the first message.
 *
 * @param octets  The stream from where a message begins
 * @param ended   Nothing more comes: a response without a length is then whole. A request without one has no body
 *
 * @return 0; EAGAIN: there is not enough yet (`whole` is then empty; the head is there when `start` is);
 *         EBADMSG: it is not HTTP, or its framing is broken
 */
int http_split(struct http_message *ret, struct sv octets, bool ended);

/** First header of that name, trimmed; p NULL when there is none */
struct sv http_header(const struct http_message *msg, const char *name);

#endif
