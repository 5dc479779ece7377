/* Implementations that run somewhere already: the world's elements are told where. */
#include <errno.h>
#include <netdb.h>
#include <string.h>

#include "lib/net/addr.h"
#include "sim/oobsim/world/world_sut.h"

#define HOST_MAX 256

/* Interfaces of elements, as `address.at` names them; of a provider with the kind before them: "cps.public" */
static const struct {
	enum element_kind kind;
	const char *name;
	enum port port;
	bool must;
} interfaces[] = {
	{ELEMENT_SWITCH, "sip", PORT_SIP, true},   {ELEMENT_AS, "sip", PORT_SIP, true},
	{ELEMENT_AS, "http", PORT_HTTPS, false},   {ELEMENT_GW, "sip", PORT_SIP, true},
	{ELEMENT_GW, "m3ua", PORT_M3UA, false},    {ELEMENT_VS, "sip", PORT_SIP, true},
	{ELEMENT_VS, "http", PORT_HTTPS, false},   {ELEMENT_VS, "push", PORT_PRIVATE, false},
	{ELEMENT_CPS, "public", PORT_HTTPS, true}, {ELEMENT_CPS, "private", PORT_PRIVATE, true},
};

#define INTERFACES (sizeof(interfaces) / sizeof(interfaces[0]))

/* Host and port of "https://host:8443", "sip:host:5060;transport=tcp", "[::1]:2905" */
static bool read_place(const char *text, char host[HOST_MAX], uint16_t *ret_port)
{
	struct sv rest = sv_from(text), port;
	unsigned long long n;
	size_t end;

	if (sv_starts(rest, "https://"))
		rest = (struct sv){rest.p + 8, rest.l - 8};
	else if (sv_starts(rest, "sip:"))
		rest = (struct sv){rest.p + 4, rest.l - 4};
	rest.l = strcspn(rest.p, "/;");
	end = rest.l && rest.p[0] == '[' ? sv_find(rest, ']') : sv_find(rest, ':');
	if (end >= rest.l)
		return false;
	port = rest.p[0] == '[' ? (struct sv){rest.p + end + 2, rest.l - end - 2}
				: (struct sv){rest.p + end + 1, rest.l - end - 1};
	(void)snprintf(host, HOST_MAX, "%.*s", (int)(end - (rest.p[0] == '[')),
		       rest.p + (rest.p[0] == '['));
	if ((rest.p[0] == '[' && end + 2 > rest.l) || !sv_u64(port, UINT16_MAX, &n) || !n)
		return false;
	*ret_port = (uint16_t)n;
	return true;
}

/* By the description's own table, as it stands, or as the machine resolves names */
static bool find_addr(const struct sut *sut, const char *host, char ret[ADDR_MAX])
{
	const char *known = conf_pair_value(&sut->address.resolve, host);
	struct sockaddr_storage sa;
	struct addrinfo *info = NULL;
	socklen_t len;
	bool ok;

	(void)snprintf(ret, ADDR_MAX, "%.*s", ADDR_MAX - 1, known ? known : host);
	if (addr_make(&sa, &len, ret, 1, NULL) == 0)
		return true;
	ok = getaddrinfo(host, NULL, &(struct addrinfo){.ai_socktype = SOCK_STREAM}, &info) == 0 &&
	     getnameinfo(info->ai_addr, info->ai_addrlen, ret, ADDR_MAX, NULL, 0, NI_NUMERICHOST) ==
		     0;
	if (info)
		freeaddrinfo(info);
	return ok;
}

static int place_one(struct element *el, size_t i, const char *name, const char *text,
		     struct err *e)
{
	char host[HOST_MAX], addr[ADDR_MAX];
	uint16_t port;

	if (!read_place(text, host, &port))
		return err_set(
			e, EINVAL,
			"%s: /address/at/%s: expected a URL or SIP URI with a port, got \"%s\"",
			el->sut->file, name, text);
	if (!find_addr(el->sut, host, addr))
		return err_set(e, EINVAL,
			       "%s: /address/at/%s: the host %s has no address: add it to "
			       "/address/resolve",
			       el->sut->file, name, host);
	(void)snprintf(el->addr, sizeof(el->addr), "%s", addr);
	el->ports[interfaces[i].port] = port;
	return 0;
}

static int place(struct element *el, struct err *e)
{
	bool whole = el->of && el->of->sut;
	int err = 0;

	for (size_t i = 0; i < INTERFACES && !err; i++) {
		const char *text;
		char name[64];

		if (interfaces[i].kind != el->kind)
			continue;
		(void)snprintf(name, sizeof(name), "%s%s%s",
			       whole ? element_infos[el->kind].name : "", whole ? "." : "",
			       interfaces[i].name);
		text = conf_pair_value(&el->sut->address.at, name);
		if (text)
			err = place_one(el, i, name, text, e);
		else if (interfaces[i].must && !whole)
			err = err_set(
				e, EINVAL,
				"%s: /address/at/%s: expected its URL or SIP URI, got nothing",
				el->sut->file, name);
	}
	return err;
}

int world_sut_place(struct world *w, struct err *e)
{
	int err = 0;

	for (size_t i = 0; i < w->nelements && !err; i++)
		if (w->elements[i].elsewhere)
			err = place(&w->elements[i], e);
	return err;
}
