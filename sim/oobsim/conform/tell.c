/* Who is who in the bench's own trace, for ladders and captures (docs/trace.md): `sut.cps` the implementation, `pki.cr` and
 * others what surrounds it, `bench` whoever asks. */
#include <stdio.h>
#include <string.h>

#include "lib/trace/trace.h"
#include "sim/oobsim/conform/role.h"

#define ELEMENT_NAME_MAX 64

/* "sti-as.osp.example" plays the kind "as" of provider "osp": "osp.as", as worlds name it */
static void element_name(char ret[ELEMENT_NAME_MAX], const char *provider, const char *host)
{
	static const char sti[] = "sti-";
	size_t kind;
	const char *rest;

	host += strncmp(host, sti, sizeof(sti) - 1) == 0 ? sizeof(sti) - 1 : 0;
	kind = strcspn(host, ".");
	rest = host[kind] ? host + kind + 1 : host;

	if (provider)
		(void)snprintf(ret, ELEMENT_NAME_MAX, "%s.%.*s", provider, (int)kind, host);
	else
		(void)snprintf(ret, ELEMENT_NAME_MAX, "%.*s.%.*s", (int)strcspn(rest, "."), rest,
			       (int)kind, host);
}

static void tell(const char *name, const char *addr, const char *is)
{
	trace_note("world.element", NULL, NULL,
		   json_pack("{s:s, s:s, s:s}", "name", name, "addr", addr, "is", is));
}

/* It may connect from wherever it likes: nobody else is there */
static void tell_sut(const char *name, const char *addr)
{
	trace_note("world.element", NULL, NULL,
		   json_pack("{s:s, s:s, s:s, s:b, s:b}", "name", name, "addr", addr, "is",
			     "the implementation under test", "foreign", true, "rest", true));
}

/* It has the address of one before it, whose name counts */
static bool is_told(const struct role_host *hosts, const struct role_host *h)
{
	for (; hosts != h; hosts++)
		if (hosts->of == h->of && hosts->element == h->element)
			return true;
	return false;
}

void bench_tell(const struct bench *b)
{
	const struct role_host *h = b->role->hosts;
	char name[ELEMENT_NAME_MAX], addr[ADDR_MAX + 8];

	tell("bench", b->pki_addr, "the bench");
	(void)snprintf(addr, sizeof(addr), "%s:%d", b->pki_addr, HTTPS_PORT);
	tell("pki.cr", addr, "certificates and lists");
	for (; h && h->name; h++) {
		if (strcmp(h->name, BENCH_PEER) == 0 || strcmp(h->name, BENCH_FOREIGN) == 0 ||
		    is_told(b->role->hosts, h))
			continue; /* the first two ask from the bench's own address */
		element_name(name, NULL, h->name);
		bench_addr(b, addr, h->of, h->element);
		tell(name, addr, h->name);
	}
	element_name(name, "sut", b->role->self.name);
	tell_sut(name, b->sut_addr);
}
