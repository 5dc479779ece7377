/** @file raw_tls.h  TLS of a version that is told, over a socket that is there (inside lib/net only: raw_client.c). */
#ifndef NET_RAW_TLS_H
#define NET_RAW_TLS_H

#include "lib/net/raw_client.h"

struct raw_tls;

/** @return 0; EINVAL, EBADMSG with text that names the file; ENOMEM */
int raw_tls_alloc(struct raw_tls **ret, const struct raw_client_opts *opts, int fd, struct err *e);
/** Accepts NULL */
void raw_tls_free(struct raw_tls *t);

/** "TLSv1.3"; NULL as long as the handshake is not over */
const char *raw_tls_version(const struct raw_tls *t);

/**
 * Go on with the handshake, read, write. None blocks.
 *
 * @return 0, or octets read or written (0: the peer has closed); else negative errno: -EAGAIN; -ECONNRESET; -EPROTO with text.
 *         *want_write says what -EAGAIN waits for
 */
long raw_tls_handshake(struct raw_tls *t, bool *want_write, struct err *e);
long raw_tls_read(struct raw_tls *t, void *ret, size_t size, bool *want_write, struct err *e);
long raw_tls_write(struct raw_tls *t, const void *p, size_t l, bool *want_write, struct err *e);
/** Say that nothing more will be sent (close_notify) */
void raw_tls_bye(struct raw_tls *t);

#endif
