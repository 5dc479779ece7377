#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/stir/discovery_in.h"

static const struct discovery_opts defaults = {
	.order = {DISCOVERY_STI_PA, DISCOVERY_STI_CA, DISCOVERY_POLICY},
	.order_count = DISCOVERY_SOURCES,
};

int discovery_alloc(struct discovery **ret, const struct discovery_opts *opts)
{
	struct discovery *d = calloc(1, sizeof(*d));

	if (!d)
		return ENOMEM;
	d->opts = opts ? *opts : defaults;
	if (prefix_map_alloc(&d->numbers) || prefix_map_alloc(&d->ranges)) {
		discovery_free(d);
		return ENOMEM;
	}
	*ret = d;
	return 0;
}

static void providers_free(struct provider *p)
{
	struct provider *all = p, *next;

	HASH_CLEAR(hh, all); /* the table; its elements stay linked */
	for (; p; p = next) {
		next = p->hh.next;
		free(p->url);
		free(p);
	}
}

static void rules_free(struct keyed_rule *r)
{
	struct keyed_rule *all = r, *next;

	HASH_CLEAR(hh, all);
	for (; r; r = next) {
		next = r->hh.next;
		free(r->url);
		free(r);
	}
}

void discovery_free(struct discovery *d)
{
	if (!d)
		return;
	prefix_map_free(d->numbers);
	prefix_map_free(d->ranges);
	providers_free(d->providers);
	rules_free(d->by_number);
	rules_free(d->by_cic);
	free(d->default_url);
	free(d);
}

void discovery_set_maps(struct discovery *d, struct map_set *maps)
{
	d->maps = maps;
}

static int provider_get(struct discovery *d, struct sv ocn, struct provider **ret, struct err *e)
{
	const char *want = map_check_ocn(ocn);
	struct provider *p;

	if (want)
		return err_set(e, EINVAL, "expected %s, got \"%.*s\"", want, SV_ARG(ocn));
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

static int not_prefix(struct sv prefix, struct err *e)
{
	return err_set(e, EINVAL, "expected 1 to %d digits as a prefix, got \"%.*s\"", TN_MAX,
		       SV_ARG(prefix));
}

int discovery_add_number(struct discovery *d, struct sv prefix, struct sv ocn, struct err *e)
{
	struct provider *p = NULL;
	int err;

	if (!prefix_map_key_ok(prefix))
		return not_prefix(prefix, e);
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

int discovery_add_numbers(struct discovery *d, struct sv csv, const char *where, struct err *e)
{
	struct sv rest = csv;

	for (size_t n = 1; rest.p; n++) {
		struct sv ocn = sv_trim(sv_cut(&rest, '\n')), prefix;
		int err;

		if (!ocn.l || ocn.p[0] == '#')
			continue;
		prefix = sv_trim(sv_cut(&ocn, ','));
		if (!ocn.p)
			err = err_set(e, EINVAL, "expected prefix,ocn, got \"%.*s\"",
				      SV_ARG(prefix));
		else
			err = discovery_add_number(d, prefix, sv_trim(ocn), e);
		if (!err)
			continue;
		if (err == EINVAL)
			err_prefix(e, "%s:%zu: ", where, n);
		return err;
	}
	return 0;
}

static int twice(const char *what, struct sv key, const char *url, struct sv other, struct err *e)
{
	return err_set(e, EINVAL, "%s%s%.*s has two CPS URLs: %s and %.*s", what, key.l ? " " : "",
		       SV_ARG(key), url, SV_ARG(other));
}

static int set_url(char **ret, struct sv url)
{
	*ret = sv_dup(url);
	return *ret ? 0 : ENOMEM;
}

/* A rule in a table of its own; *ret is its place, also for a rule that was there */
static int keyed_add(struct keyed_rule **rules, struct sv key, struct sv url, const char *what,
		     struct keyed_rule **ret, struct err *e)
{
	struct keyed_rule *r;

	HASH_FIND(hh, *rules, key.p, key.l, r);
	if (r)
		return twice(what, key, r->url, url, e);
	r = calloc(1, sizeof(*r));
	if (!r || set_url(&r->url, url)) {
		free(r);
		return ENOMEM;
	}
	memcpy(r->key, key.p, key.l);
	HASH_ADD_KEYPTR(hh, *rules, r->key, key.l, r);
	if (!r->hh.tbl) {
		free(r->url);
		free(r);
		return ENOMEM;
	}
	*ret = r;
	return 0;
}

static int add_range(struct discovery *d, struct sv key, struct sv url, struct err *e)
{
	struct keyed_rule *r = NULL;
	int err;

	if (!prefix_map_key_ok(key))
		return not_prefix(key, e);
	err = keyed_add(&d->by_number, key, url, "number", &r, e);
	return err ? err : prefix_map_add(d->ranges, key, r);
}

static int add_cic(struct discovery *d, struct sv key, struct sv url, struct err *e)
{
	struct keyed_rule *r;
	char cic[CIC_MAX + 1];

	if (cic_canonical(cic, key))
		return err_set(e, EINVAL, "expected a CIC of 1 to %d digits, got \"%.*s\"", CIC_MAX,
			       SV_ARG(key));
	return keyed_add(&d->by_cic, sv_from(cic), url, "CIC", &r, e);
}

static int add_ocn(struct discovery *d, struct sv key, struct sv url, struct err *e)
{
	struct provider *p = NULL;
	int err = provider_get(d, key, &p, e);

	if (err)
		return err;
	return p->url ? twice("OCN", key, p->url, url, e) : set_url(&p->url, url);
}

int discovery_add_rule(struct discovery *d, enum discovery_rule rule, struct sv key, struct sv url,
		       struct err *e)
{
	const char *want = map_check_url(url);

	if (want) /* AS-09 */
		return err_set(e, EINVAL,
			       "expected %s, because the connection to a CPS must be secured using "
			       "HTTPS (5.1), got \"%.*s\"",
			       want, SV_ARG(url));
	switch (rule) {
	case RULE_NUMBER:
		return add_range(d, key, url, e);
	case RULE_CIC:
		return add_cic(d, key, url, e);
	case RULE_OCN:
		return add_ocn(d, key, url, e);
	case RULE_DEFAULT:
		if (d->default_url)
			return twice("the default", key, d->default_url, url, e);
		return set_url(&d->default_url, url);
	}
	return EINVAL;
}
