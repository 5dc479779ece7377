/* Wrong on purpose (https_faults.h): plain HTTP on the port of TLS. The first octet of a connection says which of two daemons
 * gets it. */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utlist.h>

#include "lib/net/https_in.h"

/* First octet of a TLS record of the handshake (RFC 8446 §5.1) */
#define HANDSHAKE 22

struct https_peek {
	struct https_server *srv;
	int fd;
	struct sockaddr_storage peer;
	socklen_t peer_len;
	struct https_peek *prev, *next;
};

static void forget(struct https_peek *p)
{
	loop_unwatch(p->fd);
	DL_DELETE(p->srv->peeks, p);
	free(p);
}

static void first_octet(int fd, void *arg)
{
	struct https_peek *p = arg;
	struct https_server *srv = p->srv;
	unsigned char octet = 0;
	ssize_t n = recv(fd, &octet, 1, MSG_PEEK);
	struct sockaddr_storage peer = p->peer;
	socklen_t len = p->peer_len;

	if (n < 0 && errno == EAGAIN)
		return;
	forget(p);
	if (n < 1) {
		(void)close(fd);
		return;
	}
	/* the daemon takes the descriptor, also when it fails */
	(void)MHD_add_connection(octet == HANDSHAKE ? srv->mhd : srv->plain, fd,
				 (struct sockaddr *)&peer, len);
	https_server_kick(srv);
}

static void on_connection(int listen_fd, void *arg)
{
	struct https_server *srv = arg;
	struct https_peek *p = calloc(1, sizeof(*p));

	if (!p)
		return;
	p->srv = srv;
	p->peer_len = sizeof(p->peer);
	p->fd = accept4(listen_fd, (struct sockaddr *)&p->peer, &p->peer_len,
			SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (p->fd < 0 || loop_watch(p->fd, first_octet, p)) {
		if (p->fd >= 0)
			(void)close(p->fd);
		free(p);
		return;
	}
	DL_APPEND(srv->peeks, p);
}

int https_plain_start(struct https_server *srv, int fd)
{
	const union MHD_DaemonInfo *info = NULL;
	int err;

	srv->listen_fd = fd;
	srv->plain = https_daemon_start(srv, -1, false);
	if (srv->plain)
		info = MHD_get_daemon_info(srv->plain, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info)
		return EIO;
	err = loop_watch(info->epoll_fd, https_run_on_fd, srv);
	return err ? err : loop_watch(fd, on_connection, srv);
}

void https_plain_stop(struct https_server *srv)
{
	struct https_peek *p, *tmp;

	DL_FOREACH_SAFE (srv->peeks, p, tmp) {
		int fd = p->fd;

		forget(p);
		(void)close(fd);
	}
	if (srv->listen_fd < 0)
		return;
	loop_unwatch(srv->listen_fd);
	(void)close(srv->listen_fd);
	if (!srv->plain)
		return;
	loop_unwatch(MHD_get_daemon_info(srv->plain, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd);
	MHD_stop_daemon(srv->plain);
}
