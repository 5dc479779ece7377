/* Which PASSporTs belong to a call: the requests that are about its numbers, and what their divs refer
 * to (RFC 8946 §4.2). */

#include <string.h>

#include "lib/stir/passport_store_in.h"

/* Places that one search visits: bounds it when many chains that lead nowhere meet */
#define VISITS_MAX 128

struct search {
	const struct passport_store *st;
	struct found found;
	struct tn_pair
		way[BUNDLE_MAX]; /* places that are being visited: a loop comes back to one */
	size_t depth;
	size_t visits;
};

static bool pair_eq(const struct tn_pair *a, const struct tn_pair *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static bool about(const struct entry *e, const struct tn_pair *pair)
{
	for (size_t i = 0; i < e->nlinks; i++)
		if (pair_eq(&e->links[i].place->pair, pair))
			return true;
	return false;
}

/* Two PASSporTs of one kind do not belong to one call, unless they came in one request */
static bool same_kind(const struct passport *a, const struct passport *b)
{
	static const char *const claims[] = {"dest", "div"};

	if (!sv_eq(a->ppt, b->ppt) || !sv_eq(a->x5u, b->x5u))
		return false;
	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
		const json_t *va = json_object_get(a->claims, claims[i]);
		const json_t *vb = json_object_get(b->claims, claims[i]);

		if ((va || vb) && !json_equal(va, vb))
			return false;
	}
	return true;
}

static bool group_fits(const struct group *g, const struct found *f)
{
	const struct entry *e;

	if (f->n + g->n > BUNDLE_MAX)
		return false;
	DL_FOREACH (g->entries, e) {
		for (size_t i = 0; i < f->n; i++)
			if (f->v[i]->group == g || same_kind(e->pp, f->v[i]->pp))
				return false;
	}
	return true;
}

static void add_group(struct found *f, const struct group *g)
{
	struct entry *e;

	DL_FOREACH (g->entries, e) {
		f->v[f->n++] = e;
	}
}

/* The one of a request that tells how the call came to this number; NULL when none does */
static const struct entry *group_anchor(const struct group *g, const struct tn_pair *pair)
{
	const struct entry *e, *div = NULL;

	DL_FOREACH (g->entries, e) {
		if (e->kind == SAYS_MORE || !about(e, pair))
			continue;
		if (e->kind == SAYS_WHO)
			return e;
		div = div ? div : e;
	}
	return div;
}

/* Does it say that the call was retargeted from this number? */
static bool diverts_from(const struct entry *e, const struct tn_pair *pair)
{
	return e->kind == SAYS_DIV && pair_eq(&e->refers, pair);
}

/* Has the call of this request gone on from the number? */
static bool group_leaves(const struct group *g, const struct tn_pair *pair)
{
	const struct entry *e;

	DL_FOREACH (g->entries, e) {
		if (diverts_from(e, pair))
			return true;
	}
	return false;
}

static bool visit(struct search *s, const struct tn_pair *pair);

/* All that the divs of what was found since `from` refer to. A div of another caller leads nowhere:
 * its orig would have to be the same (§4.2), and what it refers to is another call's */
static bool follow(struct search *s, size_t from)
{
	struct tn_pair call = s->way[0];
	size_t to = s->found.n;
	bool whole = true;

	for (size_t i = from; i < to; i++) {
		const struct entry *e = s->found.v[i];

		if (e->kind == SAYS_DIV && tn_eq(&e->refers.orig, &call.orig))
			whole &= visit(s, &e->refers);
	}
	return whole;
}

static const struct entry *anchor_found(const struct found *f, const struct tn_pair *pair)
{
	const struct entry *div = NULL;

	for (size_t i = 0; i < f->n; i++) {
		const struct entry *e = f->v[i];

		if (e->kind == SAYS_MORE || !about(e, pair))
			continue;
		if (e->kind == SAYS_WHO)
			return e;
		div = div ? div : e;
	}
	return div;
}

/* First the calls that came straight to the number, then retargeted ones, at last those that have
 * gone on from it */
enum pass { PASS_WHO, PASS_DIV, PASS_GONE_ON, PASSES };

static enum pass pass_of(const struct group *g, const struct entry *anchor,
			 const struct tn_pair *pair)
{
	if (group_leaves(g, pair))
		return PASS_GONE_ON;
	return anchor->kind == SAYS_WHO ? PASS_WHO : PASS_DIV;
}

/* The first request that tells how the call came here, with all that it takes to know who called; or
 * else the first that leads anywhere */
static bool choose(struct search *s, const struct place *pl, enum pass pass, struct found *partial)
{
	struct found before = s->found;
	const struct link *l;
	size_t looked = 0;

	DL_FOREACH (pl->links, l) {
		const struct group *g = l->entry->group;
		const struct entry *anchor = group_anchor(g, &pl->pair);

		if (looked++ == LOOK_MAX || s->visits >= VISITS_MAX)
			break;
		if (!anchor || pass_of(g, anchor, &pl->pair) != pass || !group_fits(g, &s->found))
			continue;
		add_group(&s->found, g);
		if (follow(s, before.n))
			return true;
		if (partial->n == before.n)
			*partial = s->found;
		s->found = before;
	}
	return false;
}

static bool choose_any(struct search *s, const struct place *pl)
{
	struct found partial = s->found;
	/* what went on to another number is that call's; but it is found by this one, when called */
	enum pass end = s->depth == 1 ? PASSES : PASS_GONE_ON;

	for (enum pass pass = PASS_WHO; pass < end; pass++)
		if (choose(s, pl, pass, &partial))
			return true;
	s->found = partial;
	return false;
}

/* Does all of a request that is about this number say what the anchor says of how the call came here? */
static bool agrees(const struct group *g, const struct entry *anchor, const struct tn_pair *pair)
{
	const struct entry *e;

	DL_FOREACH (g->entries, e) {
		if (e->kind == SAYS_MORE || !about(e, pair))
			continue;
		if (!anchor || e->kind != anchor->kind)
			return false;
		if (e->kind == SAYS_DIV && !pair_eq(&e->refers, &anchor->refers))
			return false;
	}
	return true;
}

/* Other requests of the same call */
static void add_others(struct search *s, const struct place *pl, const struct entry *anchor)
{
	const struct link *l;
	size_t looked = 0;

	DL_FOREACH (pl->links, l) {
		const struct group *g = l->entry->group;
		size_t n = s->found.n;

		if (looked++ == LOOK_MAX)
			break;
		if (group_leaves(g, &pl->pair) || !agrees(g, anchor, &pl->pair) ||
		    !group_fits(g, &s->found))
			continue;
		add_group(&s->found, g);
		(void)follow(s, n);
	}
}

static bool on_the_way(const struct search *s, const struct tn_pair *pair)
{
	for (size_t i = 0; i < s->depth; i++)
		if (pair_eq(&s->way[i], pair))
			return true;
	return false;
}

/* @return Is it known who called this number? */
static bool visit(struct search *s, const struct tn_pair *pair)
{
	const struct entry *anchor = anchor_found(&s->found, pair);
	const struct place *pl = store_place(s->st, pair);
	bool whole = anchor && anchor->kind == SAYS_WHO;

	if (on_the_way(s, pair) || !pl || s->depth == BUNDLE_MAX || s->visits++ >= VISITS_MAX)
		return whole;
	s->way[s->depth++] = *pair;
	if (!anchor) {
		whole = choose_any(s, pl);
		anchor = anchor_found(&s->found, pair);
	} else if (!whole) {
		whole = visit(s, &anchor->refers);
	}
	add_others(s, pl, anchor);
	s->depth--;
	return whole;
}

bool store_find(const struct passport_store *st, const struct tn_pair *call, struct found *ret)
{
	struct search s = {.st = st};
	bool whole = visit(&s, call);

	*ret = s.found;
	return whole;
}

/* --- who waits --- */

static bool add_pair(struct tn_pair *ret, size_t *n, const struct tn_pair *pair)
{
	for (size_t i = 0; i < *n; i++)
		if (pair_eq(&ret[i], pair))
			return true;
	if (*n == WAKE_MAX)
		return false;
	ret[(*n)++] = *pair;
	return true;
}

/* The calls that a div to the pair would make whole */
static bool add_leading(const struct place *pl, struct tn_pair *ret, size_t *n)
{
	const struct link *l;
	size_t looked = 0;

	DL_FOREACH (pl->refs, l) {
		if (looked++ == LOOK_MAX)
			break;
		for (size_t i = 0; i < l->entry->nlinks; i++)
			if (!add_pair(ret, n, &l->entry->links[i].place->pair))
				return false;
	}
	return true;
}

size_t store_find_waiting(const struct passport_store *st, const struct tn_pair *from,
			  struct tn_pair *ret)
{
	const struct place *pl = store_place(st, from);
	size_t n = 0;

	if (pl)
		(void)add_leading(pl, ret, &n);
	for (size_t i = 0; i < n; i++) { /* n grows: breadth first, a pair once */
		pl = store_place(st, &ret[i]);
		if (pl && !add_leading(pl, ret, &n))
			break;
	}
	return n;
}
