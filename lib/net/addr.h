/** @file addr.h  Socket addresses as text and back, IPv4 and IPv6. */
#ifndef NET_ADDR_H
#define NET_ADDR_H

#include <stdint.h>
#include <sys/socket.h>

#include "lib/base/err.h"

/** "[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]:65535" and its NUL */
#define ADDR_TEXT_MAX 64

/**
 * Make a socket address of a literal address; names are not resolved.
 *
 * @param ret      Filled
 * @param ret_len  Octets of it in use
 * @param addr     "127.9.1.2" or "::1"
 *
 * @return 0; EINVAL with text
 */
int addr_make(struct sockaddr_storage *ret, socklen_t *ret_len, const char *addr, uint16_t port,
	      struct err *e);

/** "a.b.c.d:port" or "[a:b::c]:port"; "?" for another family */
void addr_text(const struct sockaddr *sa, char ret[ADDR_TEXT_MAX]);

/** The same from a literal address and a port */
void addr_join(const char *addr, uint16_t port, char ret[ADDR_TEXT_MAX]);

/**
 * A TCP socket that listens, non-blocking.
 *
 * @param ret  Descriptor, to be closed by the caller
 *
 * @return 0; EADDRINUSE, EADDRNOTAVAIL, EACCES, EINVAL … with text that names the address and what to do
 */
int addr_listen_tcp(int *ret, const char *addr, uint16_t port, int backlog, struct err *e);

#endif
