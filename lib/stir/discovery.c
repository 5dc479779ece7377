#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "lib/base/prefix_map.h"
#include "lib/stir/cert.h"
#include "lib/stir/discovery.h"

/* A provider: made by the first row that names it, with or without a CPS */
struct provider {
	char ocn[SPC_MAX + 1];
	char *url; /**< NULL: no CPS is known */
	UT_hash_handle hh;
};

struct discovery {
	struct prefix_map *numbers; /**< → struct provider */
	struct provider *providers;
};

int discovery_alloc(struct discovery **ret)
{
	struct discovery *d = calloc(1, sizeof(*d));

	if (!d)
		return ENOMEM;
	if (prefix_map_alloc(&d->numbers)) {
		free(d);
		return ENOMEM;
	}
	*ret = d;
	return 0;
}

void discovery_free(struct discovery *d)
{
	struct provider *p, *next;

	if (!d)
		return;
	prefix_map_free(d->numbers);
	p = d->providers;
	HASH_CLEAR(hh, d->providers); /* the table; its elements stay linked */
	for (; p; p = next) {
		next = p->hh.next;
		free(p->url);
		free(p);
	}
	free(d);
}

static int provider_get(struct discovery *d, struct sv ocn, struct provider **ret, struct err *e)
{
	struct provider *p;

	if (!ocn.l || ocn.l > SPC_MAX || memchr(ocn.p, '\0', ocn.l))
		return err_set(e, EINVAL, "expected an OCN of 1 to %d characters, got \"%.*s\"",
			       SPC_MAX, SV_ARG(ocn));
	HASH_FIND(hh, d->providers, ocn.p, ocn.l, p);
	if (!p) {
		p = calloc(1, sizeof(*p));
		if (!p)
			return ENOMEM;
		memcpy(p->ocn, ocn.p, ocn.l);
		HASH_ADD_KEYPTR(hh, d->providers, p->ocn, ocn.l, p);
		if (!p->hh.tbl) {
			free(p);
			return ENOMEM;
		}
	}
	*ret = p;
	return 0;
}

int discovery_add_number(struct discovery *d, struct sv prefix, struct sv ocn, struct err *e)
{
	struct provider *p = NULL;
	int err;

	if (!prefix_map_key_ok(prefix))
		return err_set(e, EINVAL, "expected 1 to %d digits as a prefix, got \"%.*s\"",
			       TN_MAX, SV_ARG(prefix));
	err = provider_get(d, ocn, &p, e);
	if (err)
		return err;
	err = prefix_map_add(d->numbers, prefix, p);
	if (err == EEXIST) {
		const struct provider *other = prefix_map_find(d->numbers, prefix, NULL);

		return err_set(e, EINVAL, "prefix %.*s is there twice: for OCN %s and for OCN %s",
			       SV_ARG(prefix), other->ocn, p->ocn);
	}
	return err;
}

/* What ends a host, so that there is none when it stands in its place */
static bool is_delimiter(char c)
{
	return c == '/' || c == '?' || c == '#' || c == ':' || c == '@';
}

/* "https://" and a host behind it; the scheme in any case (RFC 3986 §3.1) */
static bool is_https(struct sv url)
{
	static const char scheme[] = "https://";
	size_t l = sizeof(scheme) - 1;

	return url.l > l && strncasecmp(url.p, scheme, l) == 0 && !is_delimiter(url.p[l]);
}

int discovery_add_cps(struct discovery *d, struct sv ocn, struct sv url, struct err *e)
{
	struct provider *p = NULL;
	int err;

	if (!is_https(url)) /* AS-09 */
		return err_set(e, EINVAL,
			       "expected an https URL, because the connection to a CPS must be "
			       "secured using HTTPS (5.1), got \"%.*s\"",
			       SV_ARG(url));
	err = provider_get(d, ocn, &p, e);
	if (err)
		return err;
	if (p->url)
		return err_set(e, EINVAL, "OCN %s has two CPS URLs: %s and %.*s", p->ocn, p->url,
			       SV_ARG(url));
	p->url = sv_dup(url);
	return p->url ? 0 : ENOMEM;
}

int discovery_find(const struct discovery *d, const struct discovery_query *query,
		   struct discovery_route *ret, struct err *e)
{
	const struct provider *p = prefix_map_find(d->numbers, tn_sv(query->called), NULL);

	*ret = (struct discovery_route){p ? p->ocn : NULL, p ? p->url : NULL};
	if (!p)
		return err_set(e, ENOENT, "no OCN is known for %s", query->called->s);
	if (!p->url)
		return err_set(e, ENOENT, "no CPS is known for OCN %s", p->ocn);
	return 0;
}
