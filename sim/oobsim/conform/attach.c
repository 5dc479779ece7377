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

static const char *address_of(const struct bench *b, const char *host)
{
	const struct conf_list *lists[] = {&b->sut->address.resolve, &b->resolve};

	for (size_t k = 0; k < sizeof(lists) / sizeof(lists[0]); k++) {
		const struct conf_pair *v = lists[k]->v;

		for (size_t i = 0; i < lists[k]->n; i++)
			if (strcmp(v[i].name, host) == 0)
				return v[i].value;
	}
	return host;
}

int bench_where(const struct bench *b, const char *url, char host[BENCH_HOST_MAX + 1],
		char addr[BENCH_HOST_MAX + 1], uint16_t *port, struct err *e)
{
	static const char scheme[] = "https://";
	unsigned long long n = 443;
	struct sv rest, name;

	if (!sv_starts(sv_from(url), scheme))
		return err_set(e, EINVAL, "%s: expected an https URL", url);
	rest = sv_from(url + sizeof(scheme) - 1);
	rest = sv_cut(&rest, '/');
	if (rest.l && *rest.p == '[') { /* RFC 3986 §3.2.2 */
		rest = (struct sv){rest.p + 1, rest.l - 1};
		name = sv_cut(&rest, ']');
		(void)sv_cut(&rest, ':');
	} else {
		name = sv_cut(&rest, ':');
	}
	if (!name.l || name.l > BENCH_HOST_MAX || (rest.l && !sv_u64(rest, UINT16_MAX, &n)))
		return err_set(e, EINVAL, "%s: expected host and port", url);
	(void)snprintf(host, BENCH_HOST_MAX + 1, "%.*s", SV_ARG(name));
	(void)snprintf(addr, BENCH_HOST_MAX + 1, "%s", address_of(b, host));
	*port = (uint16_t)n;
	return 0;
}
