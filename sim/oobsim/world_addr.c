/* The number of a world, and addresses that nobody else has. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim/oobsim/world.h"

/* Port of the socket that claims a world; nobody ever sends to it */
#define LOCK_PORT 5999

/* What each kind of element listens on */
static const struct {
	enum element_kind kind;
	int type;
	uint16_t port;
} listens[] = {
	{ELEMENT_PKI, SOCK_STREAM, HTTPS_PORT},   {ELEMENT_SWITCH, SOCK_STREAM, SIP_PORT},
	{ELEMENT_SWITCH, SOCK_DGRAM, SIP_PORT},   {ELEMENT_AS, SOCK_STREAM, SIP_PORT},
	{ELEMENT_AS, SOCK_DGRAM, SIP_PORT},       {ELEMENT_GW, SOCK_STREAM, SIP_PORT},
	{ELEMENT_GW, SOCK_DGRAM, SIP_PORT},       {ELEMENT_GW, SOCK_STREAM, M3UA_PORT},
	{ELEMENT_VS, SOCK_STREAM, SIP_PORT},      {ELEMENT_VS, SOCK_DGRAM, SIP_PORT},
	{ELEMENT_AS, SOCK_STREAM, HTTPS_PORT},    {ELEMENT_VS, SOCK_STREAM, HTTPS_PORT},
	{ELEMENT_VS, SOCK_STREAM, PRIVATE_PORT},  {ELEMENT_CPS, SOCK_STREAM, HTTPS_PORT},
	{ELEMENT_CPS, SOCK_STREAM, PRIVATE_PORT}, {ELEMENT_PHONE, SOCK_STREAM, SIP_PORT},
	{ELEMENT_PHONE, SOCK_DGRAM, SIP_PORT},
};

static int bind_to(const char *addr, uint16_t port, int type, int *ret_fd)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), on = 1, err = 0;

	if (fd < 0)
		return errno;
	(void)inet_pton(AF_INET, addr, &sin.sin_addr);
	/* connections of an earlier world that linger are no obstacle, a listener is */
	if (type == SOCK_STREAM)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) ||
	    (type == SOCK_STREAM && listen(fd, 1)))
		err = errno;
	if (!err && ret_fd)
		*ret_fd = fd;
	else
		(void)close(fd);
	return err;
}

static void give_addresses(struct world *w)
{
	for (size_t i = 0; i < w->nelements; i++) {
		struct element *el = &w->elements[i];

		(void)snprintf(el->addr, sizeof(el->addr), "127.%d.%u.%u", w->number,
			       el->of ? el->of->number : 0, element_infos[el->kind].octet);
	}
}

static int probe_element(const struct element *el, struct err *e)
{
	for (size_t i = 0; i < sizeof(listens) / sizeof(listens[0]); i++) {
		int err;

		if (listens[i].kind != el->kind || el->dead)
			continue;
		err = bind_to(el->addr, listens[i].port, listens[i].type, NULL);
		if (err)
			return err_set(e, err,
				       "%s:%u (%s, for %s): %s: end the program that has it (\"ss "
				       "-lntup\" shows which), or take another world by --world N",
				       el->addr, listens[i].port,
				       listens[i].type == SOCK_STREAM ? "TCP" : "UDP", el->name,
				       err == EADDRINUSE ? "the address is occupied"
							 : strerror(err));
	}
	return 0;
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
	int err = EADDRINUSE;

	if (number)
		return try_number(w, number, e);
	/* from a place of our own on, so that a world is not taken again while its connections still linger */
	for (int i = 0; i < n && err; i++)
		err = try_number(w, WORLD_FIRST + (getpid() + i) % n, e);
	if (err)
		err_prefix(e, "no world from %d to %d is free, the last one because of ",
			   WORLD_FIRST, WORLD_LAST);
	return err;
}
