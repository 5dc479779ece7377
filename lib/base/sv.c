#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/sv.h"

struct sv sv_from(const char *z)
{
	return (struct sv){z, z ? strlen(z) : 0};
}

bool sv_eq(struct sv a, struct sv b)
{
	return a.l == b.l && (a.l == 0 || memcmp(a.p, b.p, a.l) == 0);
}

bool sv_eqz(struct sv a, const char *z)
{
	return z && sv_eq(a, sv_from(z));
}

bool sv_ieqz(struct sv a, const char *z)
{
	return z && a.l == strlen(z) && (a.l == 0 || strncasecmp(a.p, z, a.l) == 0);
}

bool sv_starts(struct sv a, const char *z)
{
	size_t l = strlen(z);

	return a.l >= l && (l == 0 || memcmp(a.p, z, l) == 0);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct sv sv_trim(struct sv a)
{
	while (a.l && is_blank(a.p[0])) {
		a.p++;
		a.l--;
	}
	while (a.l && is_blank(a.p[a.l - 1]))
		a.l--;
	return a;
}

size_t sv_find(struct sv a, char c)
{
	const char *hit = a.l ? memchr(a.p, c, a.l) : NULL;

	return hit ? (size_t)(hit - a.p) : a.l;
}

struct sv sv_cut(struct sv *rest, char sep)
{
	size_t at = sv_find(*rest, sep);
	struct sv head = {rest->p, at};

	if (at == rest->l)
		*rest = (struct sv){NULL, 0};
	else
		*rest = (struct sv){rest->p + at + 1, rest->l - at - 1};
	return head;
}

char *sv_dup(struct sv a)
{
	char *z = malloc(a.l + 1);

	if (!z)
		return NULL;
	if (a.l)
		memcpy(z, a.p, a.l);
	z[a.l] = '\0';
	return z;
}

bool sv_u64(struct sv a, unsigned long long max, unsigned long long *ret)
{
	unsigned long long v = 0;

	if (!a.l)
		return false;
	for (size_t i = 0; i < a.l; i++) {
		unsigned d = (unsigned)(unsigned char)a.p[i] - '0';

		if (d > 9 || d > max || v > (max - d) / 10)
			return false;
		v = v * 10 + d;
	}
	*ret = v;
	return true;
}
