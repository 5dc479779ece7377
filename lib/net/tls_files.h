/** @file tls_files.h  The TLS identity of a server, loaded from files, and whom it accepts (inside lib/net only).
 *
 * One set is loaded, used by all connections that are made while it is in force, and freed with the last of them: so a
 * reload touches no connection that is open. TLS judges certificates by the system's clock, not by the element's shifted one:
 * the transport must work while the expiry of PASSporTs is tested.
 */
#ifndef NET_TLS_FILES_H
#define NET_TLS_FILES_H

#include <gnutls/gnutls.h>

#include "lib/net/https_server.h"

/** TLS 1.2 and 1.3 (RFC 8446, RFC 9325 §3.1.1), nothing older */
#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

struct tls_files;

/** @return 0 (a new reference); ENOENT, EACCES … or EBADMSG with text that names the file; ENOMEM */
int tls_files_load(struct tls_files **ret, const struct tls_conf *conf, struct err *e);
struct tls_files *tls_files_ref(struct tls_files *files);
/** Accepts NULL */
void tls_files_unref(struct tls_files *files);

/** Use them for a session whose handshake has not begun; the caller's reference must outlive the session. @return 0, EIO */
int tls_files_attach(const struct tls_files *files, gnutls_session_t session);

/** As https_req_client() */
int tls_client_name(gnutls_session_t session, char *ret, size_t size, struct err *e);

#endif
