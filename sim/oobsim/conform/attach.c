/* Where an implementation is reached: at the addresses that we gave it, or at those that sut.json names. */
#include <errno.h>
#include <string.h>

#include "sim/oobsim/conform/role.h"

static const char *given(const struct sut *sut, const char *interface)
{
	const struct conf_pair *pairs = sut->address.at.v;

	for (size_t i = 0; i < sut->address.at.n; i++)
		if (strcmp(pairs[i].name, interface) == 0)
			return pairs[i].value;
	return NULL;
}

/* The format has at most one %s, the address */
static void fill(char *ret, size_t size, const char *format, const char *addr)
{
	const char *at = strstr(format, "%s");

	if (at)
		(void)snprintf(ret, size, "%.*s%s%s", (int)(at - format), format, addr, at + 2);
	else
		(void)snprintf(ret, size, "%s", format);
}

int bench_at(const struct bench *b, const char *interface, char *ret, size_t size, struct err *e)
{
	const struct role_interface *at = b->role->at;
	const char *url = given(b->sut, interface);

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
