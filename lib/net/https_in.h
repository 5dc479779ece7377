/** @file https_in.h  What https_server.c (daemon, connections) and https_req.c (requests) share; nobody else includes it. */
#ifndef NET_HTTPS_IN_H
#define NET_HTTPS_IN_H

#include <microhttpd.h>

#include "lib/base/buf.h"
#include "lib/net/addr.h"
#include "lib/net/https_server.h"
#include "lib/net/loop.h"
#include "lib/net/tls_files.h"

/** Arguments of one query that are kept; further ones are not seen */
#define QUERY_ARGS_MAX 16

struct https_server {
	struct https_server_opts opts;
	char addr[ADDR_TEXT_MAX]; /* where it listens, as traces say it */
	https_request_h *h;
	void *arg;
	struct tls_files *tls; /* for new connections */
	struct MHD_Daemon *mhd;
	int mhd_fd;          /* its epoll descriptor */
	int gone_fd;         /* epoll of the sockets whose requests wait for their answer */
	struct timer *timer; /* time-outs of the daemon */
	bool kicked;         /* a connection is resumed: the daemon's descriptor does not tell */
	struct timer *sweep; /* ends connections that dribble */
	struct https_conn *conns;
	unsigned nconns;
	struct https_req *waiting;
	bool stopping;

	struct MHD_Daemon *plain; /* faults: without TLS */
	int listen_fd;
	struct https_peek *peeks;
	struct timer *look;
};

struct https_conn {
	struct https_server *srv;
	struct MHD_Connection *mhd;
	struct tls_files *tls; /* what its session uses */
	gnutls_session_t session;
	int fd;
	uint64_t id;
	char peer[ADDR_TEXT_MAX];
	uint64_t since_us;  /* since when we wait for a whole request; 0: we have one */
	uint64_t coming_us; /* since when a request is coming; 0: none is */
	bool any;           /* a request has begun on it */
	bool client_known; /* client_err and client_name hold the verdict on the client certificate */
	int client_err;
	char client_name[256];
	struct err client_text;
	struct https_conn *next, *prev;
};

struct query_arg {
	struct sv name, value;
};

struct https_req {
	struct https_conn *conn;
	char *target; /* request-target as it came */
	const char *method, *version;
	struct sv path;
	char *query; /* decoded in place */
	struct query_arg args[QUERY_ARGS_MAX];
	size_t nargs;
	struct buf body;
	size_t seen; /* octets of body that came, kept or not */
	bool begun, too_large, delivered;
	bool waiting; /* suspended, in srv->waiting */
	bool dropped; /* no answer: close the connection */
	bool held;    /* faults: not told to the handler yet */
	struct MHD_Response *res;
	unsigned status;
	void (*gone)(void *arg);
	void *gone_arg;
	struct https_req *next, *prev;
};

/* Handlers of the daemon that concern one request */
void *https_req_new(void *cls, const char *uri, struct MHD_Connection *mhd);
enum MHD_Result https_req_access(void *cls, struct MHD_Connection *mhd, const char *url,
				 const char *method, const char *version, const char *data,
				 size_t *size, void **ctx);
void https_req_completed(void *cls, struct MHD_Connection *mhd, void **ctx,
			 enum MHD_RequestTerminationCode why);

/** Must its head be refused? @return Status and text of the answer; 0: no */
unsigned https_req_framing(const struct https_req *req, const char **text);
/** Tell the handler */
void https_req_deliver(struct https_req *req);

/* What is wrong on purpose; nothing without faults */
const char *https_fault_priorities(const struct https_server *srv);
int https_fault_start(struct https_server *srv);
void https_fault_conn_closed(const struct https_conn *conn);
/** It is over, with an answer or cut off */
void https_fault_completed(struct https_req *req);
/** Is it held back? It is then told later */
bool https_fault_holds(struct https_req *req);
/** Take connections from fd, which belongs to the server from here on. @return 0 or errno */
int https_plain_start(struct https_server *srv, int fd);
void https_plain_stop(struct https_server *srv);

/** Start the daemon on a socket that listens; fd < 0: connections are handed to it. @return NULL on failure */
struct MHD_Daemon *https_daemon_start(struct https_server *srv, int fd, bool tls);
/** Run both daemons: what their epoll descriptors are watched with */
void https_run_on_fd(int fd, void *arg);

/** Run the daemon soon */
void https_server_kick(struct https_server *srv);

/** The peer of a waiting request has gone: tell whom it concerns, then close */
void https_req_gone(struct https_req *req);
/** Close without an answer */
void https_req_drop(struct https_req *req);

#endif
