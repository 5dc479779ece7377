/* Where an implementation is reached: at the addresses that we gave it, or at those that sut.json names. */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/net/addr.h"
#include "sim/oobsim/conform/role.h"

#define CONNECT_MS 2000

/* The format has at most one %s, the address */
static void fill(char *ret, size_t size, const char *format, const char *addr)
{
	const char *at = strstr(format, "%s");
	const bool six = at && strchr(addr, ':') != NULL;

	if (at)
		(void)snprintf(ret, size, "%.*s%s%s%s%s", (int)(at - format), format,
			       six ? "[" : "", addr, six ? "]" : "", at + 2);
	else
		(void)snprintf(ret, size, "%s", format);
}

int bench_at(const struct bench *b, const char *interface, char *ret, size_t size, struct err *e)
{
	const struct role_interface *at = b->role->at;
	const char *url = conf_pair_value(&b->sut->address.at, interface);

	if (url) {
		(void)snprintf(ret, size, "%s", url);
		return 0;
	}
	for (; b->sut->kind == SUT_PROCESS && at->name; at++) {
		if (strcmp(at->name, interface) != 0)
			continue;
		fill(ret, size, at->format, b->sut_addr);
		return 0;
	}
	return err_set(e, ENOENT, "%s: /address/at/%s: expected its URL or SIP URI, got nothing",
		       b->sut->file ? b->sut->file : b->sut->name, interface);
}

/* Host and port of what stands behind the scheme: "cps.tsp.example:8443/path", "[::1]:5060;transport=tcp" */
static bool split(struct sv rest, struct sv *host, unsigned long long *port)
{
	if (rest.l && *rest.p == '[') { /* RFC 3986 §3.2.2 */
		rest = (struct sv){rest.p + 1, rest.l - 1};
		*host = sv_cut(&rest, ']');
		(void)sv_cut(&rest, ':');
	} else {
		*host = sv_cut(&rest, ':');
	}
	return host->l && host->l <= BENCH_HOST_MAX && (!rest.l || sv_u64(rest, UINT16_MAX, port));
}

static struct sv until(struct sv text, char end)
{
	return sv_cut(&text, end);
}

int bench_where(const struct bench *b, const char *url, char host[BENCH_HOST_MAX + 1],
		char addr[BENCH_HOST_MAX + 1], uint16_t *port, struct err *e)
{
	const struct sv all = sv_from(url);
	const bool https = sv_starts(all, "https://"), sip = sv_starts(all, "sip:");
	struct sv rest = {url + (https ? 8 : 4), all.l - (https ? 8 : 4)}, name;
	unsigned long long n = https ? 443 : 5060;
	const char *known;

	if (!https && !sip)
		return err_set(e, EINVAL, "%s: expected an https URL or a SIP URI", url);
	rest = until(until(until(rest, '/'), ';'), '?');
	if (sip && sv_find(rest, '@') < rest.l)
		(void)sv_cut(&rest, '@');
	if (!split(rest, &name, &n))
		return err_set(e, EINVAL, "%s: expected host and port", url);
	(void)snprintf(host, BENCH_HOST_MAX + 1, "%.*s", SV_ARG(name));
	known = conf_pair_value(&b->resolve, host);
	(void)snprintf(addr, BENCH_HOST_MAX + 1, "%s", known ? known : host);
	*port = (uint16_t)n;
	return 0;
}

/* --- does it take connections? --- */

/* A literal address, or as names are usually resolved */
static int make_address(const char *addr, uint16_t port, struct sockaddr_storage *sa,
			socklen_t *len, struct err *e)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	char service[8];
	int err = addr_make(sa, len, addr, port, NULL);

	if (!err)
		return 0;
	(void)snprintf(service, sizeof(service), "%u", port);
	err = getaddrinfo(addr, service, &hints, &list);
	if (err)
		return err_set(e, EHOSTUNREACH,
			       "the name %s is not known (%s): add it to /address/resolve", addr,
			       gai_strerror(err));
	memcpy(sa, list->ai_addr, list->ai_addrlen);
	*len = list->ai_addrlen;
	freeaddrinfo(list);
	return 0;
}

/* @return 0: it takes connections there */
static int try_connect(const struct sockaddr_storage *sa, socklen_t len)
{
	int fd = socket(sa->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), err = 0;
	struct pollfd poller = {.fd = fd, .events = POLLOUT};
	socklen_t size = sizeof(err);

	if (fd < 0)
		return errno;
	if (connect(fd, (const struct sockaddr *)sa, len))
		err = errno;
	if (err == EINPROGRESS) {
		err = poll(&poller, 1, CONNECT_MS) > 0 ? 0 : ETIMEDOUT;
		if (!err)
			(void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &size);
	}
	(void)close(fd);
	return err;
}

static int look_at(const struct bench *b, const char *url, struct err *e)
{
	char host[BENCH_HOST_MAX + 1], addr[BENCH_HOST_MAX + 1] = "", text[ADDR_TEXT_MAX];
	struct sockaddr_storage sa;
	socklen_t len = 0;
	uint16_t port = 0;
	int err = bench_where(b, url, host, addr, &port, e);

	if (!err)
		err = make_address(addr, port, &sa, &len, e);
	if (err)
		return err;
	err = try_connect(&sa, len);
	addr_text((const struct sockaddr *)&sa, text);
	return err ? err_set(e, err, "%s (%s): no connection: %s", url, text, strerror(err)) : 0;
}

/* Is the interface one that this implementation says it has? */
static bool has(const struct bench *b, const char *interface)
{
	const struct role_option *o = b->role->options;

	if (b->sut->kind == SUT_ADDRESS)
		return conf_pair_value(&b->sut->address.at, interface) != NULL;
	for (; o && o->interface; o++)
		if (strcmp(o->interface, interface) == 0)
			return sut_can(b->sut, o->capability);
	return true;
}

int bench_reachable(const struct bench *b, bool any, struct err *e)
{
	char url[512];

	for (const struct role_interface *at = b->role->at; at->name; at++) {
		struct err why = {""};
		int err;

		if (!has(b, at->name) || bench_at(b, at->name, url, sizeof(url), &why))
			continue;
		if (strstr(url, ";transport=udp"))
			continue;
		err = look_at(b, url, &why);
		if (any && !err)
			return err_set(e, 0, "%s", url);
		if (!any && err)
			return err_set(e, err, "%s", why.s);
	}
	return any ? ECONNREFUSED : 0;
}
