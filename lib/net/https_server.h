/** @file https_server.h  HTTPS server (libmicrohttpd, GnuTLS) on the event loop. TLS 1.2 and 1.3 only; plain HTTP is not
 * spoken (CPS-02). Keep-alive; request bodies bounded; every request and response is a trace event. */
#ifndef NET_HTTPS_SERVER_H
#define NET_HTTPS_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/conf.h"
#include "lib/base/err.h"
#include "lib/base/sv.h"
#include "lib/net/https_faults.h"

struct https_server;
struct https_req; /**< one request; belongs to the server, valid until it is answered */

/** TLS identity and, for mutual authentication, whom to accept. Files are PEM; read again by https_server_reload() */
struct tls_conf {
	char *cert; /**< certificate chain file */
	char *key;  /**< private key file */
	char *client_ca; /**< NULL: no client certificate is asked for; else CA file for client certificates */
};
extern const struct conf_table tls_conf_table; /**< members "cert", "key", "client_ca" */

struct https_server_opts {
	const char *addr; /**< IPv4 or IPv6 address to listen on */
	uint16_t port;
	const struct tls_conf *tls; /**< borrowed for the life of the server */
	size_t max_body; /**< octets; a larger one is answered by the handler's `too_large` result, see https_req_body */
	unsigned
		max_conns; /**< connections at once; more wait in the listen queue (TCP back-pressure, CPS-12) */
	unsigned idle_timeout_s; /**< close an idle connection */
	const struct https_faults_conf
		*faults; /**< wrong on purpose; borrowed for the life of the server; NULL */
};

/**
 * A whole request has arrived (or its body passed max_body, which https_req_too_large() tells). Answer at once or later,
 * exactly once, by https_reply(). Called on the loop.
 */
typedef void(https_request_h)(struct https_req *req, void *arg);

/** @return 0; EADDRINUSE, EADDRNOTAVAIL, ENOENT … with text that names address or file */
int https_server_alloc(struct https_server **ret, const struct https_server_opts *opts,
		       https_request_h *h, void *arg, struct err *e);
/** Unanswered requests are dropped. Accepts NULL */
void https_server_free(struct https_server *s);
/** Reread the TLS files: new connections use them. On failure the old ones stay */
int https_server_reload(struct https_server *s, struct err *e);

/** "POST"; path without query, as it came (not decoded); argument of the query, percent-decoded (`+` is a plus: telephone
 * numbers begin with it; the first 16 arguments count); header value by name (empty view when absent); body */
struct sv https_req_method(const struct https_req *req);
struct sv https_req_path(const struct https_req *req);
struct sv https_req_query(const struct https_req *req, const char *name);
struct sv https_req_header(const struct https_req *req, const char *name);
struct sv https_req_body(const struct https_req *req);
bool https_req_too_large(const struct https_req *req);
/** "a.b.c.d:port" of the peer */
const char *https_req_peer(const struct https_req *req);

/**
 * The verified client certificate's first DNS subjectAltName (else its CN).
 *
 * @return 0; ENOENT (none was shown); EACCES (one was shown that does not verify under client_ca) with text
 */
int https_req_client(const struct https_req *req, char *ret, size_t size, struct err *e);

/** Called when the peer goes away before the answer; the request is invalid afterwards. For long polls. Set it in the
 * request handler. https_server_free() does not call it: who keeps requests frees what belongs to them himself */
void https_req_on_gone(struct https_req *req, void (*h)(void *arg), void *arg);

struct https_header {
	const char *name;
	const char *value;
};

/**
 * Answer. The request is invalid afterwards.
 *
 * @param ctype    NULL for no body type
 * @param body     Copied
 * @param headers  Further headers, ended by a NULL name; or NULL
 */
void https_reply(struct https_req *req, unsigned status, const char *ctype, struct sv body,
		 const struct https_header *headers);

#endif
