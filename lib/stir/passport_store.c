#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/stir/passport_store_in.h"

int passport_store_alloc(struct passport_store **ret, const struct passport_store_opts *opts,
			 const struct env *env)
{
	size_t nslots = (size_t)(2 * opts->freshness_s + 3);
	struct passport_store *st = calloc(1, sizeof(*st) + nslots * sizeof(struct slot));

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

size_t passport_store_size(const struct passport_store *st)
{
	return st->size;
}

/* CPS-11: the policy is to refuse what comes last, which its sender can try again while it is fresh
 */
size_t passport_store_room(const struct passport_store *st)
{
	return st->opts.max - st->size;
}

int64_t passport_store_retry_s(const struct passport_store *st)
{
	int64_t in = st->size ? st->soonest_s - env_now_s(st->env) : 1;

	return in < 1 ? 1 : in;
}

/* --- places --- */

struct place *store_place(const struct passport_store *st, const struct tn_pair *pair)
{
	struct place *pl;

	HASH_FIND(hh, st->places, pair, sizeof(*pair), pl);
	return pl;
}

static struct place *place_get(struct passport_store *st, const struct tn_pair *pair)
{
	struct place *pl = store_place(st, pair);

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

static void place_leave(struct passport_store *st, struct place *pl)
{
	if (pl->links || pl->refs)
		return;
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): pl is in the table */
	HASH_DEL(st->places, pl);
	free(pl);
}

static void unlink_all(struct passport_store *st, struct entry *e)
{
	struct place *refers = e->ref.place;

	if (refers) {
		DL_DELETE(refers->refs, &e->ref);
		place_leave(st, refers);
	}
	e->ref.place = NULL;
	for (size_t i = 0; i < e->nlinks; i++) {
		struct place *pl = e->links[i].place;

		DL_DELETE(pl->links, &e->links[i]);
		place_leave(st, pl);
	}
	e->nlinks = 0;
}

/* Oldest iat first, so that calls between the same numbers share fairly; looks back a bounded way */
static void insert(struct place *pl, struct link *l)
{
	struct link *at = pl->links ? pl->links->prev : NULL;

	for (size_t n = 0; at && n < LOOK_MAX && at->entry->pp->iat_s > l->entry->pp->iat_s; n++)
		at = at == pl->links ? NULL : at->prev;
	DL_APPEND_ELEM(pl->links, at, l); /* behind it, or at the head when there is none */
}

static bool is_linked(const struct entry *e, const struct place *pl)
{
	for (size_t i = 0; i < e->nlinks; i++)
		if (e->links[i].place == pl)
			return true;
	return false;
}

/* A number without canonical form, or a URI, gives no place: the token is then found by the others
 * of its request only */
static int link_dests(struct passport_store *st, struct entry *e, size_t dests)
{
	for (size_t i = 0; i < dests; i++) {
		struct link *l = &e->links[e->nlinks];
		struct tn_pair pair;
		struct place *pl;

		if (!tn_pair_make(&pair, e->pp->orig_tn, passport_dest(e->pp, i)))
			continue;
		pl = place_get(st, &pair);
		if (!pl)
			return ENOMEM;
		if (is_linked(e, pl))
			continue; /* the same number twice */
		l->entry = e;
		l->place = pl;
		insert(pl, l);
		e->nlinks++;
	}
	return 0;
}

static int link_ref(struct passport_store *st, struct entry *e)
{
	struct place *pl;

	if (e->kind != SAYS_DIV)
		return 0;
	pl = place_get(st, &e->refers);
	if (!pl)
		return ENOMEM;
	e->ref.entry = e;
	e->ref.place = pl;
	DL_APPEND(pl->refs, &e->ref);
	return 0;
}

/* --- entries --- */

static struct entry **slot_of(struct passport_store *st, int64_t due_s)
{
	return &st->slots[(uint64_t)due_s % st->nslots].entries;
}

static int64_t due_time(const struct passport_store *st, const struct passport *pp)
{
	int64_t now = env_now_s(st->env), fresh = st->opts.freshness_s;

	if (!pp->has_iat || pp->iat_s < now - fresh)
		return now;
	if (pp->iat_s > now + fresh)
		return now + 2 * fresh + 1;
	return pp->iat_s + fresh + 1; /* an age of exactly the freshness is fresh */
}

static void schedule(struct passport_store *st, struct entry *e)
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

static void entry_remove(struct passport_store *st, struct entry *e)
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

static enum entry_kind kind_of(const struct passport *pp, struct tn_pair *refers)
{
	const json_t *div = json_object_get(json_object_get(pp->claims, "div"), "tn");

	if (!pp->ppt.l || sv_eqz(pp->ppt, "shaken") || sv_eqz(pp->ppt, "div-o"))
		return SAYS_WHO;
	if (sv_eqz(pp->ppt, "div") &&
	    tn_pair_make(refers, pp->orig_tn, sv_from(json_string_value(div))))
		return SAYS_DIV;
	return SAYS_MORE;
}

static int entry_add(struct passport_store *st, struct passport *pp, struct group *g,
		     struct entry **ret)
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
	e->kind = kind_of(pp, &e->refers);
	if (link_dests(st, e, dests) || link_ref(st, e)) {
		unlink_all(st, e);
		HASH_DEL(st->by_input, e);
		free(e);
		return ENOMEM;
	}
	(void)passport_ref(pp);
	e->group = g;
	DL_APPEND(g->entries, e);
	g->n++;
	e->came_ms = env_now_ms(st->env);
	e->due_s = due_time(st, pp);
	schedule(st, e);
	st->size++;
	*ret = e;
	return 0;
}

void passport_store_free(struct passport_store *st)
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
static struct entry *known(const struct passport_store *st, const struct passport *pp)
{
	struct entry *e;

	HASH_FIND(hh, st->by_input, pp->signing_input.p, pp->signing_input.l, e);
	return e;
}

bool passport_store_has(const struct passport_store *st, const struct passport *pp)
{
	return known(st, pp) != NULL;
}

static struct group *group_for(struct passport_store *st, struct passport *const *pp, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct entry *e = known(st, pp[i]);

		if (e && e->group->n + n <= BUNDLE_MAX)
			return e->group;
	}
	return calloc(1, sizeof(struct group));
}

static int put_all(struct passport_store *st, struct passport *const *pp, size_t n,
		   struct passport_put *res)
{
	struct entry *added[BUNDLE_MAX];
	struct group *g = group_for(st, pp, n);
	int err = g ? 0 : ENOMEM;

	for (size_t i = 0; i < n && !err; i++) {
		if (known(st, pp[i]))
			continue;
		res->at = i;
		err = passport_store_room(st) ? entry_add(st, pp[i], g, &added[res->kept]) : ENOSPC;
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

/* What is told may take, so the divs are looked at before */
static void tell(struct passport_store *st, const struct tn_pair *pair)
{
	struct tn_pair waiting[WAKE_MAX];
	size_t n = store_find_waiting(st, pair, waiting);

	st->opts.arrived(&pair->orig, &pair->dest, st->opts.arg);
	for (size_t i = 0; i < n; i++)
		st->opts.arrived(&waiting[i].orig, &waiting[i].dest, st->opts.arg);
}

static void tell_arrived(struct passport_store *st, const struct passport *pp)
{
	size_t dests = passport_dest_count(pp);

	for (size_t i = 0; i < dests; i++) {
		struct tn_pair pair;

		if (tn_pair_make(&pair, pp->orig_tn, passport_dest(pp, i)))
			tell(st, &pair);
	}
}

void passport_store_put(struct passport_store *st, struct passport *const *pp, size_t n,
			passport_put_h *done, void *arg)
{
	struct passport *mine[BUNDLE_MAX];
	struct passport_put res = {0};

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

/* What is left of the time that the last of them has to have been here */
static int64_t settles_in(const struct passport_store *st, const struct found *f, int64_t settle_ms)
{
	uint64_t now = env_now_ms(st->env);
	int64_t most = 0;

	for (size_t i = 0; i < f->n; i++) {
		uint64_t came = f->v[i]->came_ms;
		/* a clock that was set back must not make anybody wait longer */
		int64_t left = came > now ? 0 : settle_ms - (int64_t)(now - came);

		most = left > most ? left : most;
	}
	return most;
}

void passport_store_take(struct passport_store *st, const struct passport_ask *ask,
			 passport_take_h *done, void *arg)
{
	struct passport *pp[BUNDLE_MAX];
	struct passport_taken res = {.pp = pp};
	struct found found = {.n = 0};
	struct tn_pair call;
	bool whole = false;

	if (tn_pair_make(&call, tn_sv(&ask->orig), tn_sv(&ask->dest)))
		whole = store_find(st, &call, &found);
	res.there = found.n;
	if (ask->whole && whole)
		res.again_ms = settles_in(st, &found, ask->settle_ms);
	if (!ask->whole || (whole && !res.again_ms))
		res.n = found.n;
	for (size_t i = 0; i < res.n; i++) {
		pp[i] = passport_ref(found.v[i]->pp);
		entry_remove(st, found.v[i]);
	}
	res.size = st->size;
	done(&res, arg);
	for (size_t i = 0; i < res.n; i++)
		passport_unref(pp[i]);
}

/* --- sweep --- */

static void sweep_slot(struct passport_store *st, struct entry *head, int64_t now)
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
static void find_soonest(struct passport_store *st, int64_t now)
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

void passport_store_sweep(struct passport_store *st)
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
