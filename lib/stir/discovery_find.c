#include <errno.h>
#include <string.h>

#include "lib/stir/discovery_in.h"

const char *const discovery_source_words[DISCOVERY_SOURCES + 1] = {"sti-pa", "sti-ca", "policy",
								   NULL};
const char *const discovery_conflict_words[] = {"first", "refuse", "newest", NULL};

/* Who vouches for the rules of local policy */
#define LOCAL "local"

/* What a call is looked up by in a list: its carrier before its provider (6.2) */
struct key {
	enum map_key by;
	const char *value;
};

static const char *key_name(enum map_key by)
{
	return by == MAP_CIC ? "cic" : "ocn";
}

static size_t keys_of(struct key ret[2], const struct discovery_route *route)
{
	size_t n = 0;

	if (route->cic[0])
		ret[n++] = (struct key){MAP_CIC, route->cic};
	if (route->ocn)
		ret[n++] = (struct key){MAP_OCN, route->ocn};
	return n;
}

static bool found(struct discovery_route *ret, enum discovery_source source, const char *authority,
		  const char *url)
{
	ret->source = discovery_source_words[source];
	ret->authority = authority;
	ret->url = url;
	return true;
}

static bool by_rule(struct discovery_route *ret, const char *what, const char *key, const char *url)
{
	(void)snprintf(ret->rule, sizeof(ret->rule), "%s%s%s", what, *key ? " " : "", key);
	return found(ret, DISCOVERY_POLICY, LOCAL, url);
}

static bool find_policy(const struct discovery *d, const struct discovery_query *query,
			const struct provider *provider, struct discovery_route *ret)
{
	const struct keyed_rule *r = prefix_map_find(d->ranges, tn_sv(query->called), NULL);

	if (r)
		return by_rule(ret, "number", r->key, r->url);
	HASH_FIND(hh, d->by_cic, ret->cic, strlen(ret->cic), r);
	if (r)
		return by_rule(ret, "cic", r->key, r->url);
	if (provider && provider->url)
		return by_rule(ret, "ocn", provider->ocn, provider->url);
	return false;
}

/* All that the lists say of a key, those that are asked first first */
static size_t ask_lists(const struct discovery *d, const struct key *key,
			struct map_entry ret[2 * MAP_AUTHORITIES_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < d->opts.order_count; i++)
		if (d->opts.order[i] != DISCOVERY_POLICY)
			n += map_set_find(d->maps,
					  d->opts.order[i] == DISCOVERY_STI_PA ? MAP_STI_PA
									       : MAP_STI_CA,
					  key->by, key->value, ret + n);
	return n;
}

/* The first of another URL than that of v[0]; NULL: all agree */
static const struct map_entry *disagrees(const struct map_entry *v, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (strcmp(v[i].url, v[0].url) != 0)
			return &v[i];
	return NULL;
}

static const struct map_entry *newest(const struct map_entry *v, size_t n)
{
	const struct map_entry *best = v;

	for (size_t i = 1; i < n; i++)
		if (v[i].exp_s > best->exp_s)
			best = &v[i];
	return best;
}

/* What of several answers counts, and that they differ */
static void decide(const struct discovery *d, const struct map_entry *v, size_t n,
		   struct discovery_route *ret)
{
	const struct map_entry *other = disagrees(v, n), *chosen = v;

	if (other && d->opts.conflict == CONFLICT_NEWEST)
		chosen = newest(v, n);
	if (other && strcmp(other->url, chosen->url) == 0)
		other = v;
	ret->authority = chosen->authority;
	ret->url = other && d->opts.conflict == CONFLICT_REFUSE ? NULL : chosen->url;
	if (!other)
		return;
	ret->first_url = chosen->url;
	ret->other_authority = other->authority;
	ret->other_url = other->url;
}

static bool find_lists(const struct discovery *d, enum discovery_source source,
		       struct discovery_route *ret)
{
	struct map_entry v[2 * MAP_AUTHORITIES_MAX];
	struct key keys[2];
	size_t n = keys_of(keys, ret);

	for (size_t i = 0; d->maps && i < n; i++) {
		if (!map_set_find(d->maps, source == DISCOVERY_STI_PA ? MAP_STI_PA : MAP_STI_CA,
				  keys[i].by, keys[i].value, v))
			continue;
		ret->source = discovery_source_words[source];
		(void)snprintf(ret->rule, sizeof(ret->rule), "%s %s", key_name(keys[i].by),
			       keys[i].value);
		decide(d, v, ask_lists(d, &keys[i], v), ret);
		return true;
	}
	return false;
}

static bool search(const struct discovery *d, const struct discovery_query *query,
		   const struct provider *provider, struct discovery_route *ret)
{
	for (size_t i = 0; i < d->opts.order_count; i++) {
		enum discovery_source source = d->opts.order[i];

		if (source == DISCOVERY_POLICY ? find_policy(d, query, provider, ret)
					       : find_lists(d, source, ret))
			return true;
	}
	return d->default_url && by_rule(ret, "default", "", d->default_url);
}

static int not_found(const struct discovery_query *query, const struct discovery_route *r,
		     struct err *e)
{
	if (r->other_url)
		return err_set(e, ENOENT, "authorities disagree on %s: %s says %s, %s says %s",
			       r->rule, r->authority, r->first_url, r->other_authority,
			       r->other_url);
	if (r->cic[0] && r->ocn)
		return err_set(e, ENOENT, "no CPS is known for CIC %s nor for OCN %s", r->cic,
			       r->ocn);
	if (r->cic[0])
		return err_set(e, ENOENT, "no CPS is known for CIC %s", r->cic);
	if (r->ocn)
		return err_set(e, ENOENT, "no CPS is known for OCN %s", r->ocn);
	if (!r->number.s[0])
		return err_set(e, ENOENT, "expected a routing number, got \"%.*s\"",
			       SV_ARG(query->rn));
	return err_set(e, ENOENT, "no OCN is known for %s", r->number.s);
}

int discovery_find(const struct discovery *d, const struct discovery_query *query,
		   struct discovery_route *ret, struct err *e)
{
	const struct provider *provider = NULL;

	*ret = (struct discovery_route){0};
	/* of a ported number, its own range belongs to the provider that it was ported away from */
	if (!query->rn.l)
		ret->number = *query->called;
	else
		(void)tn_canonical(&ret->number, query->rn);
	if (ret->number.s[0])
		provider = prefix_map_find(d->numbers, tn_sv(&ret->number), NULL);
	if (provider)
		ret->ocn = provider->ocn;
	if (query->cic.l && cic_canonical(ret->cic, query->cic))
		ret->cic[0] = '\0';
	if (search(d, query, provider, ret) && ret->url)
		return 0;
	return not_found(query, ret, e);
}
