#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/net/addr.h"

int addr_make(struct sockaddr_storage *ret, socklen_t *ret_len, const char *addr, uint16_t port,
	      struct err *e)
{
	struct sockaddr_in *in4 = (struct sockaddr_in *)ret;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;

	memset(ret, 0, sizeof(*ret));
	if (inet_pton(AF_INET, addr, &in4->sin_addr) == 1) {
		in4->sin_family = AF_INET;
		in4->sin_port = htons(port);
		*ret_len = sizeof(*in4);
		return 0;
	}
	if (inet_pton(AF_INET6, addr, &in6->sin6_addr) == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		*ret_len = sizeof(*in6);
		return 0;
	}
	return err_set(e, EINVAL, "expected an IPv4 or IPv6 address, got \"%s\"", addr);
}

void addr_text(const struct sockaddr *sa, char ret[ADDR_TEXT_MAX])
{
	char host[INET6_ADDRSTRLEN] = "";

	if (sa->sa_family == AF_INET) {
		const struct sockaddr_in *in4 = (const struct sockaddr_in *)sa;

		(void)inet_ntop(AF_INET, &in4->sin_addr, host, sizeof(host));
		addr_join(host, ntohs(in4->sin_port), ret);
		return;
	}
	if (sa->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)sa;

		(void)inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
		addr_join(host, ntohs(in6->sin6_port), ret);
		return;
	}
	(void)snprintf(ret, ADDR_TEXT_MAX, "?");
}

void addr_join(const char *addr, uint16_t port, char ret[ADDR_TEXT_MAX])
{
	(void)snprintf(ret, ADDR_TEXT_MAX, strchr(addr, ':') ? "[%s]:%u" : "%s:%u", addr, port);
}

/* What a person can do about it */
static const char *listen_hint(int err)
{
	switch (err) {
	case EADDRINUSE:
		return "; another program listens there: end it, or configure another address or "
		       "port";
	case EADDRNOTAVAIL:
		return "; this machine has no such address";
	case EACCES:
		return "; ports below 1024 need privileges: configure a higher one";
	default:
		return "";
	}
}

int addr_listen_tcp(int *ret, const char *addr, uint16_t port, int backlog, struct err *e)
{
	struct sockaddr_storage sa;
	char text[ADDR_TEXT_MAX];
	socklen_t len = 0;
	int fd, on = 1, err = addr_make(&sa, &len, addr, port, e);

	if (err)
		return err;
	fd = socket(sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_set(e, errno, "cannot open a socket: %s", strerror(errno));
	/* so that an element can start again while connections of its last run are in TIME_WAIT */
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (sa.ss_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)&sa, len) == 0 && listen(fd, backlog) == 0) {
		*ret = fd;
		return 0;
	}
	err = errno;
	(void)close(fd);
	addr_join(addr, port, text);
	return err_set(e, err, "cannot listen on %s: %s%s", text, strerror(err), listen_hint(err));
}
