/** @file framed.h  Length-framed messages over TCP (M3UA, RFC 4666 §1.4.7 runs over any stream when framed by its own
 * length field). A listener and outgoing connections that are made again when lost. */
#ifndef NET_FRAMED_H
#define NET_FRAMED_H

#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/sv.h"

/** @return length of the message that begins at p when l octets are at hand; 0: not yet known; -1: not a message */
typedef long(framed_len_h)(const uint8_t *p, size_t l);

struct framed_conn;
struct framed_handlers {
	framed_len_h *len;
	size_t max_len;
	void (*up)(struct framed_conn *c, void *arg);               /**< connected, or accepted */
	void (*message)(struct framed_conn *c, struct sv msg, void *arg);
	void (*down)(struct framed_conn *c, int err, void *arg);    /**< lost; an accepted one is gone afterwards */
};

struct framed_listener;
int framed_listen(struct framed_listener **ret, const char *addr, uint16_t port, const struct framed_handlers *h, void *arg,
		  struct err *e);
void framed_listener_free(struct framed_listener *l);

/** Connect from local address `from`; tried again every second until it is freed */
int framed_connect(struct framed_conn **ret, const char *from, const char *addr, uint16_t port,
		   const struct framed_handlers *h, void *arg, struct err *e);
/** "a.b.c.d:port" of the peer */
const char *framed_peer(const struct framed_conn *c);
/** @return 0; ENOTCONN; ENOSPC (send queue full); ENOMEM */
int framed_send(struct framed_conn *c, struct sv msg);
void framed_conn_free(struct framed_conn *c);

#endif
