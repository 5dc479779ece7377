/* The number of a world, and addresses that nobody else has. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/net/addr.h"
#include "sim/oobsim/world/world.h"

/* Port of the socket that claims a world; nobody ever sends to it */
#define LOCK_PORT 5999

/* What each kind of element listens on */
static const struct {
	enum element_kind kind;
	enum port port;
} listens[] = {
	{ELEMENT_PKI, PORT_HTTPS}, {ELEMENT_SWITCH, PORT_SIP},  {ELEMENT_AS, PORT_SIP},
	{ELEMENT_AS, PORT_HTTPS},  {ELEMENT_GW, PORT_SIP},      {ELEMENT_GW, PORT_M3UA},
	{ELEMENT_VS, PORT_SIP},    {ELEMENT_VS, PORT_HTTPS},    {ELEMENT_VS, PORT_PRIVATE},
	{ELEMENT_CPS, PORT_HTTPS}, {ELEMENT_CPS, PORT_PRIVATE}, {ELEMENT_PHONE, PORT_SIP},
};

#define LISTENS (sizeof(listens) / sizeof(listens[0]))

/* SIP is taken over UDP too */
static const uint16_t standard_ports[PORTS] = {[PORT_SIP] = SIP_PORT,
					       [PORT_HTTPS] = HTTPS_PORT,
					       [PORT_PRIVATE] = PRIVATE_PORT,
					       [PORT_M3UA] = M3UA_PORT};

static int bind_to(const char *addr, uint16_t port, int type, int *ret_fd)
{
	struct sockaddr_storage sa;
	socklen_t len = 0;
	int fd, on = 1, err = addr_make(&sa, &len, addr, port, NULL);

	if (err)
		return err;
	fd = socket(sa.ss_family, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno;
	/* connections of an earlier world that linger are no obstacle, a listener is */
	if (type == SOCK_STREAM)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&sa, len) || (type == SOCK_STREAM && listen(fd, 1)))
		err = errno;
	if (!err && ret_fd)
		*ret_fd = fd;
	else
		(void)close(fd);
	return err;
}

/* An address of its own, with the usual ports; or the one address, with the next ports of the world's */
static void give_addresses(struct world *w)
{
	uint16_t next = (uint16_t)WORLD_PORT(w->number);

	for (size_t i = 0; i < w->nelements; i++) {
		struct element *el = &w->elements[i];

		if (w->listen[0])
			(void)snprintf(el->addr, sizeof(el->addr), "%s", w->listen);
		else
			(void)snprintf(el->addr, sizeof(el->addr), "127.%d.%u.%u", w->number,
				       el->of ? el->of->number : 0, element_infos[el->kind].octet);
		for (size_t k = 0; k < LISTENS; k++)
			if (listens[k].kind == el->kind)
				el->ports[listens[k].port] =
					w->listen[0] ? next++ : standard_ports[listens[k].port];
	}
}

/* In the form in which it stands in Via headers: "::1", not "0:0:0:0:0:0:0:1". @return 0, EINVAL */
static int write_usual(char addr[ADDR_MAX])
{
	uint8_t octets[sizeof(struct in6_addr)];
	int family = strchr(addr, ':') ? AF_INET6 : AF_INET;

	return inet_pton(family, addr, octets) == 1 && inet_ntop(family, octets, addr, ADDR_MAX)
		       ? 0
		       : EINVAL;
}

/* An address that others can be told: one of this machine's */
static int check_listen(struct world *w, struct err *e)
{
	size_t ports = 0;
	int err = write_usual(w->listen);

	if (err || strspn(w->listen, "0.:") == strlen(w->listen))
		return err_set(e, EINVAL,
			       "--listen: expected an IPv4 or IPv6 address that others can connect "
			       "to, got \"%s\"",
			       w->listen);
	err = bind_to(w->listen, 0, SOCK_STREAM, NULL);
	if (err == EADDRNOTAVAIL)
		return err_set(e, EINVAL,
			       "--listen: this machine has no address %s (\"ip address\" shows "
			       "those that it has)",
			       w->listen);
	if (err)
		return err_set(e, err, "--listen: %s: %s", w->listen, strerror(err));
	for (size_t i = 0; i < w->nelements; i++)
		for (size_t k = 0; k < LISTENS; k++)
			ports += listens[k].kind == w->elements[i].kind;
	return ports <= WORLD_PORTS
		       ? 0
		       : err_set(e, EINVAL,
				 "--listen: this world needs %zu ports, and has %d at one address",
				 ports, WORLD_PORTS);
}

static int probe(const struct element *el, uint16_t port, int type, struct err *e)
{
	int err = bind_to(el->addr, port, type, NULL);
	char at[ADDR_TEXT_MAX];

	if (!err)
		return 0;
	addr_join(el->addr, port, at);
	return err_set(e, err,
		       "%s (%s, for %s): %s: end the program that has it (\"ss -lntup\" shows "
		       "which), or take another world by --world N",
		       at, type == SOCK_STREAM ? "TCP" : "UDP", el->name,
		       err == EADDRINUSE ? "the address is occupied" : strerror(err));
}

static int probe_element(const struct element *el, struct err *e)
{
	int err = 0;

	for (int i = 0; i < PORTS && !el->dead && !el->elsewhere && !err; i++) {
		if (!el->ports[i])
			continue;
		err = probe(el, el->ports[i], SOCK_STREAM, e);
		if (!err && i == PORT_SIP)
			err = probe(el, el->ports[i], SOCK_DGRAM, e);
	}
	return err;
}

static int try_number(struct world *w, int number, struct err *e)
{
	char addr[ADDR_MAX];
	int err;

	(void)snprintf(addr, sizeof(addr), "127.%d.0.1", number);
	err = bind_to(addr, LOCK_PORT, SOCK_DGRAM, &w->lock_fd);
	if (err)
		return err_set(e, err, "world %d (%s:%d): %s", number, addr, LOCK_PORT,
			       err == EADDRINUSE ? "another run has it" : strerror(err));
	w->number = number;
	give_addresses(w);
	for (size_t i = 0; i < w->nelements && !err; i++)
		err = probe_element(&w->elements[i], e);
	if (err) {
		(void)close(w->lock_fd);
		w->lock_fd = -1;
	}
	return err;
}

int world_claim(struct world *w, int number, struct err *e)
{
	const int n = WORLD_LAST - WORLD_FIRST + 1;
	int err = w->listen[0] ? check_listen(w, e) : 0, first = w->listen[0] ? 0 : getpid();

	if (err || number)
		return err ? err : try_number(w, number, e);
	/* from a place of our own on, so that a world is not taken again while its connections still linger; where
	 * others are told the ports, the first that are free: the same ones each time */
	err = EADDRINUSE;
	for (int i = 0; i < n && err; i++)
		err = try_number(w, WORLD_FIRST + (first + i) % n, e);
	if (err)
		err_prefix(e, "no world from %d to %d is free, the last one because of ",
			   WORLD_FIRST, WORLD_LAST);
	return err;
}
