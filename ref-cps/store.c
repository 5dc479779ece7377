#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>
#include <utlist.h>

#include "lib/stir/bundle.h"
#include "ref-cps/pair.h"
#include "ref-cps/store.h"

/* Requests for the same two numbers that one take looks at: keeps it O(1) when thousands wait */
#define LOOK_MAX 32

struct place;

/* That a PASSporT can be found in a place */
struct link {
	struct entry *entry;
	struct place *place;
	struct link *prev, *next;
};

/* All that can be found by one pair, in order of arrival */
struct place {
	struct pair pair;
	struct link *links;
	UT_hash_handle hh;
};

/* What came in one request */
struct group {
	struct entry *entries;
	size_t n;
};

struct entry {
	struct passport *pp;
	struct group *group;
	struct entry *prev, *next; /* in its group */
	int64_t due_s;             /* deleted when the clock shows this */
	struct entry *due_prev, *due_next;
	UT_hash_handle hh; /* by signing input: ECDSA signatures are malleable, so not by token */
	size_t nlinks;
	struct link links[];
};

/* Entries that are due in one second */
struct slot {
	struct entry *entries;
};

/*
 * Entries that are due in the same second share a slot of a ring, so that keeping, deleting and the
 * sweep are O(1) for an entry, in whatever order the iat values come. The ring is longer than the
 * furthest due time (iat may lie one freshness ahead of the clock).
 */
struct store {
	struct store_opts opts;
	const struct env *env;
	struct entry *by_input;
	struct place *places;
	size_t size;
	int64_t swept_s;   /* the sweep has been here */
	int64_t soonest_s; /* nothing is due earlier; INT64_MAX when empty */
	size_t nslots;
	struct slot slots[];
};

int store_alloc(struct store **ret, const struct store_opts *opts, const struct env *env)
{
	size_t nslots = (size_t)(2 * opts->freshness_s + 3);
	struct store *st = calloc(1, sizeof(*st) + nslots * sizeof(struct slot));

	if (!st)
		return ENOMEM;
	st->opts = *opts;
	st->env = env;
	st->nslots = nslots;
	st->swept_s = env_now_s(env);
	st->soonest_s = INT64_MAX;
	*ret = st;
	return 0;
}

size_t store_size(const struct store *st)
{
	return st->size;
}

/* CPS-11: the policy is to refuse what comes last, which its sender can try again while it is fresh
 */
size_t store_room(const struct store *st)
{
	return st->opts.max - st->size;
}

int64_t store_retry_s(const struct store *st)
{
	int64_t in = st->size ? st->soonest_s - env_now_s(st->env) : 1;

	return in < 1 ? 1 : in;
}

/* --- places --- */

static struct place *place_find(struct store *st, const struct pair *pair)
{
	struct place *pl;

	HASH_FIND(hh, st->places, pair, sizeof(*pair), pl);
	return pl;
}

static struct place *place_get(struct store *st, const struct pair *pair)
{
	struct place *pl = place_find(st, pair);

	if (pl)
		return pl;
	pl = calloc(1, sizeof(*pl));
	if (!pl)
		return NULL;
	pl->pair = *pair;
	HASH_ADD(hh, st->places, pair, sizeof(pl->pair), pl);
	if (!pl->hh.tbl) {
		free(pl);
		return NULL;
	}
	return pl;
}

static void unlink_all(struct store *st, struct entry *e)
{
	for (size_t i = 0; i < e->nlinks; i++) {
		struct place *pl = e->links[i].place;

		DL_DELETE(pl->links, &e->links[i]);
		if (!pl->links) {
			/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): pl is in the table */
			HASH_DEL(st->places, pl);
			free(pl);
		}
	}
	e->nlinks = 0;
}

/* A number without canonical form, or a URI, gives no place: the token is then found by the others
 * of its request only */
static int link_all(struct store *st, struct entry *e, size_t dests)
{
	for (size_t i = 0; i < dests; i++) {
		struct link *l = &e->links[e->nlinks];
		struct pair pair;

		if (!pair_make(&pair, e->pp->orig_tn, passport_dest(e->pp, i)))
			continue;
		l->entry = e;
		l->place = place_get(st, &pair);
		if (!l->place)
			return ENOMEM;
		if (l->place->links && l->place->links->prev->entry == e)
			continue; /* the same number twice */
		DL_APPEND(l->place->links, l);
		e->nlinks++;
	}
	return 0;
}

/* --- entries --- */

static struct entry **slot_of(struct store *st, int64_t due_s)
{
	return &st->slots[(uint64_t)due_s % st->nslots].entries;
}

static int64_t due_time(const struct store *st, const struct passport *pp)
{
	int64_t now = env_now_s(st->env), fresh = st->opts.freshness_s;

	if (!pp->has_iat || pp->iat_s < now - fresh)
		return now;
	if (pp->iat_s > now + fresh)
		return now + 2 * fresh + 1;
	return pp->iat_s + fresh + 1; /* an age of exactly the freshness is fresh */
}

static void schedule(struct store *st, struct entry *e)
{
	struct entry **slot = slot_of(st, e->due_s);

	DL_APPEND2(*slot, e, due_prev, due_next);
	if (e->due_s >= st->soonest_s)
		return;
	st->soonest_s = e->due_s;
	if (st->opts.wake_in) {
		int64_t ms = e->due_s * 1000 - (int64_t)env_now_ms(st->env);

		st->opts.wake_in(ms < 0 ? 0 : (uint64_t)ms, st->opts.arg);
	}
}

static void entry_remove(struct store *st, struct entry *e)
{
	struct entry **slot = slot_of(st, e->due_s);
	struct group *g = e->group;

	DL_DELETE2(*slot, e, due_prev, due_next);
	HASH_DEL(st->by_input, e);
	unlink_all(st, e);
	DL_DELETE(g->entries, e);
	if (--g->n == 0)
		free(g);
	st->size--;
	passport_unref(e->pp);
	free(e);
}

static int entry_add(struct store *st, struct passport *pp, struct group *g, struct entry **ret)
{
	size_t dests = passport_dest_count(pp);
	struct entry *e;

	if (dests > STORE_DESTS_MAX)
		return E2BIG;
	e = calloc(1, sizeof(*e) + dests * sizeof(e->links[0]));
	if (!e)
		return ENOMEM;
	e->pp = pp;
	HASH_ADD_KEYPTR(hh, st->by_input, pp->signing_input.p, pp->signing_input.l, e);
	if (!e->hh.tbl) {
		free(e);
		return ENOMEM;
	}
	if (link_all(st, e, dests)) {
		unlink_all(st, e);
		HASH_DEL(st->by_input, e);
		free(e);
		return ENOMEM;
	}
	(void)passport_ref(pp);
	e->group = g;
	DL_APPEND(g->entries, e);
	g->n++;
	e->due_s = due_time(st, pp);
	schedule(st, e);
	st->size++;
	*ret = e;
	return 0;
}

void store_free(struct store *st)
{
	struct entry *e, *tmp;

	if (!st)
		return;
	HASH_ITER (hh, st->by_input, e, tmp) {
		entry_remove(st, e);
	}
	free(st);
}

/* --- put --- */

/* The group of a token that is there already: what comes beside it now belongs to the same call */
static struct entry *known(struct store *st, const struct passport *pp)
{
	struct entry *e;

	HASH_FIND(hh, st->by_input, pp->signing_input.p, pp->signing_input.l, e);
	return e;
}

static struct group *group_for(struct store *st, struct passport *const *pp, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct entry *e = known(st, pp[i]);

		if (e && e->group->n + n <= BUNDLE_MAX)
			return e->group;
	}
	return calloc(1, sizeof(struct group));
}

static int put_all(struct store *st, struct passport *const *pp, size_t n, struct store_put *res)
{
	struct entry *added[BUNDLE_MAX];
	struct group *g = group_for(st, pp, n);
	int err = g ? 0 : ENOMEM;

	for (size_t i = 0; i < n && !err; i++) {
		if (known(st, pp[i]))
			continue;
		res->at = i;
		err = store_room(st) ? entry_add(st, pp[i], g, &added[res->kept]) : ENOSPC;
		res->kept += !err;
	}
	if (!err) {
		if (!g->n)
			free(g); /* all were there, in a group that is full */
		return 0;
	}
	if (g && !g->n)
		free(g);
	while (res->kept)
		entry_remove(st, added[--res->kept]); /* the last of a new group frees it */
	return err;
}

static void tell_arrived(struct store *st, const struct passport *pp)
{
	size_t dests = passport_dest_count(pp);

	for (size_t i = 0; i < dests; i++) {
		struct pair pair;

		if (pair_make(&pair, pp->orig_tn, passport_dest(pp, i)))
			st->opts.arrived(&pair.orig, &pair.dest, st->opts.arg);
	}
}

void store_put(struct store *st, struct passport *const *pp, size_t n, store_put_h *done, void *arg)
{
	struct passport *mine[BUNDLE_MAX];
	struct store_put res = {0};

	/* the caller's references may go with its handler, those of the store with the first that
	 * takes */
	for (size_t i = 0; i < n; i++)
		mine[i] = passport_ref(pp[i]);
	res.err = put_all(st, pp, n, &res);
	res.size = st->size;
	done(&res, arg);
	for (size_t i = 0; i < n; i++) {
		if (!res.err && st->opts.arrived)
			tell_arrived(st, mine[i]);
		passport_unref(mine[i]);
	}
}

/* --- take --- */

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

static bool group_fits(const struct group *g, struct entry *const *have, size_t n)
{
	const struct entry *e;

	if (n + g->n > BUNDLE_MAX)
		return false;
	DL_FOREACH (g->entries, e) {
		for (size_t i = 0; i < n; i++)
			if (same_kind(e->pp, have[i]->pp))
				return false;
	}
	return true;
}

static size_t gather(const struct place *pl, struct entry *ret[BUNDLE_MAX])
{
	struct entry *e;
	struct link *l;
	size_t n = 0, looked = 0;

	DL_FOREACH (pl->links, l) {
		if (looked++ == LOOK_MAX)
			break;
		if (!group_fits(l->entry->group, ret, n))
			continue;
		DL_FOREACH (l->entry->group->entries, e) {
			ret[n++] = e;
		}
	}
	return n;
}

void store_take(struct store *st, const struct tn *orig, const struct tn *dest, store_take_h *done,
		void *arg)
{
	struct passport *pp[BUNDLE_MAX];
	struct entry *found[BUNDLE_MAX];
	struct store_taken res = {.pp = pp};
	struct place *pl;
	struct pair pair;

	pl = pair_make(&pair, tn_sv(orig), tn_sv(dest)) ? place_find(st, &pair) : NULL;
	if (pl)
		res.n = gather(pl, found);
	for (size_t i = 0; i < res.n; i++) {
		pp[i] = passport_ref(found[i]->pp);
		entry_remove(st, found[i]);
	}
	res.size = st->size;
	done(&res, arg);
	for (size_t i = 0; i < res.n; i++)
		passport_unref(pp[i]);
}

/* --- sweep --- */

static void sweep_slot(struct store *st, struct entry *head, int64_t now)
{
	struct entry *e, *tmp;

	DL_FOREACH_SAFE2(head, e, tmp, due_next)
	{
		struct passport *pp;

		if (e->due_s > now)
			continue;
		pp = passport_ref(e->pp);
		entry_remove(st, e);
		if (st->opts.stale)
			st->opts.stale(pp, st->size, st->opts.arg);
		passport_unref(pp);
	}
}

/* The first slot in use from now on; a due time in it that the clock has left behind counts as well
 */
static void find_soonest(struct store *st, int64_t now)
{
	st->soonest_s = INT64_MAX;
	for (size_t i = 0; st->size && i < st->nslots; i++) {
		struct entry *e = *slot_of(st, now + (int64_t)i);

		if (!e)
			continue;
		st->soonest_s = e->due_s;
		if (st->opts.wake_in)
			st->opts.wake_in((uint64_t)(e->due_s * 1000) - env_now_ms(st->env),
					 st->opts.arg);
		return;
	}
}

void store_sweep(struct store *st)
{
	int64_t now = env_now_s(st->env);
	int64_t from = st->swept_s;

	if (from > now || now - from >= (int64_t)st->nslots)
		from = now - (int64_t)st->nslots + 1; /* the clock was set: look at all of them */
	for (int64_t s = from; s <= now; s++)
		sweep_slot(st, *slot_of(st, s), now);
	st->swept_s = now;
	find_soonest(st, now);
}
