/** @file framed.h  Length-framed messages over TCP (M3UA, RFC 4666 §1.4.7 runs over any stream when
 * framed by its own length field). A listener and outgoing connections that are made again when
 * lost.
 *
 * Handlers may free any connection, the one that they are called for too. Bounds: one message of
 * max_len octets is buffered on the way in, FRAMED_QUEUE_MAX octets on the way out.
 */
#ifndef NET_FRAMED_H
#define NET_FRAMED_H

#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/sv.h"

/** Octets that may wait to be sent on one connection */
#define FRAMED_QUEUE_MAX (256u << 10)
/** Accepted connections of one listener; further ones are closed at once */
#define FRAMED_CONNS_MAX 16

/** @return length of the message that begins at p when l octets are at hand; 0: not yet known; -1:
 * not a message */
typedef long(framed_len_h)(const uint8_t *p, size_t l);

struct framed_conn;
struct framed_handlers {
	framed_len_h *len;
	size_t max_len;
	/** Connected, or accepted */
	void (*up)(struct framed_conn *c, void *arg);
	void (*message)(struct framed_conn *c, struct sv msg, void *arg);
	/** Lost: 0 closed by the peer, EBADMSG what came is no message, EMSGSIZE it is too long, or
	 * the socket's error. Also for an outgoing connection that could not be made. An accepted
	 * one is gone afterwards */
	void (*down)(struct framed_conn *c, int err, void *arg);
};

struct framed_listener;
/** @return 0; EADDRINUSE, EADDRNOTAVAIL, EINVAL … with text that names address and port; ENOMEM */
int framed_listen(struct framed_listener **ret, const char *addr, uint16_t port,
		  const struct framed_handlers *h, void *arg, struct err *e);
/** Accepted connections are closed too, without a call of down. Accepts NULL */
void framed_listener_free(struct framed_listener *l);

/** Connect from local address `from`; tried again after 16 ms, 32 ms … 1 s, 1 s … until it is freed. @return 0; EINVAL
 * with text (not an address); ENOMEM */
int framed_connect(struct framed_conn **ret, const char *from, const char *addr, uint16_t port,
		   const struct framed_handlers *h, void *arg, struct err *e);
/** "a.b.c.d:port" of the peer */
const char *framed_peer(const struct framed_conn *c);
/** @return 0; ENOTCONN; ENOSPC (send queue full); ENOMEM */
int framed_send(struct framed_conn *c, struct sv msg);
/** Close and forget it; down is not called. Accepts NULL */
void framed_conn_free(struct framed_conn *c);

#endif
