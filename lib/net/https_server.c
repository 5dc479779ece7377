#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <gnutls/abstract.h>
#include <utlist.h>

#include "lib/base/env.h"
#include "lib/base/log.h"
#include "lib/net/https_in.h"
#include "lib/net/https_trace.h"

#define LISTEN_BACKLOG 1024
/* Request line and headers of one request; more is answered by 431 */
#define CONN_MEMORY (32u << 10)
#define SWEEP_MS    1000
/* Times that the daemon is run before the loop goes on */
#define RUNS_MAX 4
/* Sockets looked at in one go when peers leave */
#define GONE_EVENTS 64

void https_server_kick(struct https_server *srv)
{
	srv->kicked = true;
	timer_start(srv->timer, 0);
}

/* --- connections --- */

static struct https_conn *conn_open(struct https_server *srv, struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info;
	struct https_conn *conn = calloc(1, sizeof(*conn));

	if (!conn)
		return NULL;
	conn->srv = srv;
	conn->mhd = mhd;
	conn->id = https_conn_id();
	conn->since_us = mono_us();
	info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	addr_text(info->client_addr, conn->peer);
	info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
	conn->fd = info->connect_fd;
	info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	conn->session = info ? info->tls_session : NULL; /* none: plain HTTP, a fault */
	conn->tls = tls_files_ref(srv->tls);
	/* The session of the daemon has no certificate of its own: when this fails its handshake
	 * does */
	if (conn->session && tls_files_attach(conn->tls, conn->session))
		log_warn("https: connection from %s has no TLS identity", conn->peer);
	DL_APPEND(srv->conns, conn);
	srv->nconns++;
	return conn;
}

static void conn_close(struct https_conn *conn)
{
	struct https_server *srv = conn->srv;

	https_fault_conn_closed(conn);
	DL_DELETE(srv->conns, conn);
	/* the daemon stops listening when it is full, and begins again no sooner than it is run anew */
	if (srv->nconns-- >= srv->opts.max_conns)
		https_server_kick(srv);
	tls_files_unref(conn->tls);
	free(conn);
}

static void connection(void *cls, struct MHD_Connection *mhd, void **ctx,
		       enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		*ctx = conn_open(cls, mhd);
	else if (*ctx)
		conn_close(*ctx);
}

/*
 * The daemon's time-out starts anew with each octet. One that sends an octet now and then would
 * keep its connection for ever, and max_conns of them the whole server: a request must be whole
 * within two idle time-outs.
 */
static void sweep(void *arg)
{
	struct https_server *srv = arg;
	uint64_t now = mono_us(), limit = (uint64_t)srv->opts.idle_timeout_s * 2000000u;

	for (struct https_conn *conn = srv->conns; conn; conn = conn->next)
		if (conn->since_us && now - conn->since_us > limit)
			(void)shutdown(conn->fd, SHUT_RDWR);
	timer_start(srv->sweep, SWEEP_MS);
}

/* A waiting request's socket is not watched by the daemon: that its peer leaves is seen here */
static void peers_gone(int fd, void *arg)
{
	struct epoll_event ev[GONE_EVENTS];
	int n = epoll_wait(fd, ev, GONE_EVENTS, 0);

	(void)arg;
	for (int i = 0; i < n; i++)
		https_req_gone(ev[i].data.ptr);
}

/* --- the daemon on the loop --- */

static void run(struct https_server *srv)
{
	MHD_UNSIGNED_LONG_LONG ms = 0;
	bool timed = true;

	/* at once again while there is something to do, but not for ever: others wait for the loop */
	for (int i = 0; i < RUNS_MAX && timed && ms == 0; i++) {
		srv->kicked = false;
		if (srv->plain)
			(void)MHD_run(srv->plain);
		(void)MHD_run(srv->mhd);
		timed = MHD_get_timeout(srv->mhd, &ms) == MHD_YES || srv->kicked;
		if (srv->kicked)
			ms = 0;
	}
	if (timed)
		timer_start(srv->timer, ms);
	else
		timer_stop(srv->timer);
}

void https_run_on_fd(int fd, void *arg)
{
	(void)fd;
	run(arg);
}

static void log_mhd(void *arg, const char *fmt, va_list ap)
{
	char line[512];

	(void)arg;
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	line[strcspn(line, "\n")] = '\0';
	log_debug("https: %s", line);
}

/* Never asked: each session gets its identity in conn_open(). The daemon wants to be told one to
 * speak TLS at all */
static int no_identity(gnutls_session_t session, const gnutls_datum_t *ca, int nca,
		       const gnutls_pk_algorithm_t *algos, int nalgos, gnutls_pcert_st **pcert,
		       unsigned *npcert, gnutls_privkey_t *key)
{
	(void)session;
	(void)ca;
	(void)nca;
	(void)algos;
	(void)nalgos;
	(void)pcert;
	(void)key;
	*npcert = 0;
	return -1;
}

/* The target stays as it came: what is signed or routed on is not decoded on the way */
static size_t no_unescape(void *cls, struct MHD_Connection *mhd, char *s)
{
	(void)cls;
	(void)mhd;
	return strlen(s);
}

/* fd < 0: connections are handed to it */
struct MHD_Daemon *https_daemon_start(struct https_server *srv, int fd, bool tls)
{
	bool lax = srv->opts.faults && srv->opts.faults->lax;
	const struct MHD_OptionItem both[] = {
		{MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)log_mhd, NULL},
		{MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)connection, srv},
		{MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)https_req_completed, srv},
		{MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)https_req_new, srv},
		{MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)no_unescape, NULL},
		{MHD_OPTION_CONNECTION_LIMIT, (intptr_t)srv->opts.max_conns, NULL},
		{MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)srv->opts.idle_timeout_s, NULL},
		{MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)CONN_MEMORY, NULL},
		{MHD_OPTION_STRICT_FOR_CLIENT, lax ? 0 : 1, NULL},
		{MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, NULL},
		{fd < 0 ? MHD_OPTION_END : MHD_OPTION_LISTEN_SOCKET, fd, NULL},
		{MHD_OPTION_END, 0, NULL},
	};
	unsigned flags = MHD_USE_EPOLL | MHD_USE_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
			 (fd < 0 ? MHD_USE_NO_LISTEN_SOCKET : 0u);

	if (!tls)
		return MHD_start_daemon(flags, 0, NULL, NULL, https_req_access, srv,
					MHD_OPTION_ARRAY, both, MHD_OPTION_END);
	return MHD_start_daemon(flags | MHD_USE_TLS, 0, NULL, NULL, https_req_access, srv,
				MHD_OPTION_ARRAY, both, MHD_OPTION_HTTPS_CERT_CALLBACK, no_identity,
				MHD_OPTION_HTTPS_PRIORITIES, https_fault_priorities(srv),
				MHD_OPTION_END);
}

static void timer_run(void *arg)
{
	run(arg);
}

static int watch_all(struct https_server *srv)
{
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(srv->mhd, MHD_DAEMON_INFO_EPOLL_FD);
	int err;

	if (!info)
		return EIO;
	srv->mhd_fd = info->epoll_fd;
	srv->gone_fd = epoll_create1(EPOLL_CLOEXEC);
	if (srv->gone_fd < 0)
		return errno;
	err = loop_watch(srv->mhd_fd, https_run_on_fd, srv);
	if (!err)
		err = loop_watch(srv->gone_fd, peers_gone, srv);
	if (!err)
		err = timer_alloc(&srv->timer, timer_run, srv);
	if (!err)
		err = timer_alloc(&srv->sweep, sweep, srv);
	if (!err)
		timer_start(srv->sweep, SWEEP_MS);
	return err ? err : https_fault_start(srv);
}

static int serve(struct https_server *srv, struct err *e)
{
	bool plain = srv->opts.faults && srv->opts.faults->plain;
	int fd, err = tls_files_load(&srv->tls, srv->opts.tls, e);

	if (!err)
		err = addr_listen_tcp(&fd, srv->opts.addr, srv->opts.port, LISTEN_BACKLOG, e);
	if (err)
		return err;
	addr_join(srv->opts.addr, srv->opts.port, srv->addr);
	srv->mhd = https_daemon_start(srv, plain ? -1 : fd, true);
	if (!srv->mhd) {
		(void)close(fd);
		return err_set(e, EIO, "cannot start the HTTPS server on %s", srv->addr);
	}
	err = plain ? https_plain_start(srv, fd) : 0;
	if (!err)
		err = watch_all(srv);
	return err ? err_set(e, err, "HTTPS server on %s: %s", srv->addr, strerror(err)) : 0;
}

int https_server_alloc(struct https_server **ret, const struct https_server_opts *opts,
		       https_request_h *h, void *arg, struct err *e)
{
	struct https_server *srv = calloc(1, sizeof(*srv));
	int err;

	if (!srv)
		return err_set(e, ENOMEM, "out of memory");
	srv->opts = *opts;
	srv->h = h;
	srv->arg = arg;
	srv->mhd_fd = srv->gone_fd = srv->listen_fd = -1;
	err = serve(srv, e);
	if (err) {
		https_server_free(srv);
		return err;
	}
	*ret = srv;
	return 0;
}

void https_server_free(struct https_server *srv)
{
	if (!srv)
		return;
	srv->stopping = true;
	/* the daemon cannot stop while a connection is suspended */
	while (srv->waiting)
		https_req_drop(srv->waiting);
	if (srv->mhd_fd >= 0)
		loop_unwatch(srv->mhd_fd);
	if (srv->gone_fd >= 0) {
		loop_unwatch(srv->gone_fd);
		(void)close(srv->gone_fd);
	}
	https_plain_stop(srv);
	if (srv->mhd)
		MHD_stop_daemon(srv->mhd);
	timer_free(srv->timer);
	timer_free(srv->sweep);
	timer_free(srv->look);
	tls_files_unref(srv->tls);
	free(srv);
}

int https_server_reload(struct https_server *srv, struct err *e)
{
	struct tls_files *files;
	int err = tls_files_load(&files, srv->opts.tls, e);

	if (err)
		return err;
	tls_files_unref(srv->tls);
	srv->tls = files;
	return 0;
}
