/** @file raw_client.h  A client that sends octets as it is told, over TLS of a chosen version or over plain TCP: for tests of
 * servers, which must also stand what no library would send them.
 *
 * It sends in pieces with pauses between them, breaks off where it is told, and collects what comes. It knows no HTTP, but
 * for the trace, in which requests and responses stand as those of the HTTPS client do; what is no whole message stands there
 * as it is. On the event loop; one connection each.
 */
#ifndef NET_RAW_CLIENT_H
#define NET_RAW_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/sv.h"

struct raw_client;

/** What follows the last octet */
enum raw_end {
	RAW_STAY,  /**< the connection stays open */
	RAW_HALF,  /**< nothing more is sent (close_notify and FIN); what comes is read */
	RAW_CLOSE, /**< it is closed, as by a program that ends: FIN, no close_notify */
	RAW_RESET, /**< it is reset: RST */
};

struct raw_send {
	struct sv octets;  /**< copied; may be empty */
	size_t pieces;     /**< of about equal length, each a TLS record of its own; 0 as 1 */
	uint64_t pause_ms; /**< between two pieces, and before an end */
	enum raw_end end;
};

struct raw_client_opts {
	const char *addr; /**< literal, IPv4 or IPv6 */
	uint16_t port;
	const char *self; /**< own address; NULL: the routing table's choice */
	const char *host; /**< name for SNI, for the check of the certificate, and for the trace */
	bool plain;       /**< TCP without TLS */
	/** Versions of TLS offered: 10, 11, 12, 13. Those below 12 with what they need (SHA-1) */
	int tls_min, tls_max;
	const char *ca;         /**< PEM file; NULL: the server's certificate is not judged */
	const char *cert, *key; /**< PEM files: client certificate; NULL without */
	size_t max;             /**< octets collected at the most */
	uint64_t timeout_ms;    /**< until all is sent, and then again until all has come */
};

/** How it ended */
struct raw_result {
	/** 0: it was enough, or the peer has closed, or we have; else errno: ETIMEDOUT, ECONNREFUSED …: no connection;
	 * EPROTO: TLS refused the peer, or the peer us, during the handshake or by an alert behind it; EMSGSIZE: more came
	 * than opts.max */
	int err;
	const char *text;    /**< what went wrong, for people; "" when err is 0 */
	const char *version; /**< of TLS, as "TLSv1.3"; NULL: no handshake was completed */
	bool closed;         /**< by the peer */
	bool reset;          /**< … by RST */
	struct sv got;       /**< dies with the client */
	uint64_t took_ms;    /**< from the beginning to here */
};

/** Something came. @return true: it is enough; the connection is then closed */
typedef bool(raw_got_h)(struct sv got, void *arg);
/** It is over. Called exactly once, on the loop, never from inside raw_client_alloc() or raw_client_send(); may free the client */
typedef void(raw_done_h)(const struct raw_result *res, void *arg);

/**
 * Connect, and send.
 *
 * @param opts  Its texts are borrowed for the life of the client
 *
 * @return 0; EINVAL, ENOENT, EBADMSG, EADDRNOTAVAIL … with text; ENOMEM. done is then not called
 */
int raw_client_alloc(struct raw_client **ret, const struct raw_client_opts *opts,
		     const struct raw_send *send, raw_got_h *got, raw_done_h *done, void *arg,
		     struct err *e);

/** Send more, also from inside got. @return 0; EALREADY (the last is not sent yet), ENOTCONN (it is over), ENOMEM */
int raw_client_send(struct raw_client *c, const struct raw_send *send);

/** Drop it; done is not called any more. Accepts NULL */
void raw_client_free(struct raw_client *c);

#endif
