#include <errno.h>
#include <stdlib.h>

#include "lib/stir/chain_int.h"

/* All chains of a call: where they begin, what is left over, which is the best. */

struct finder {
	struct chain_graph g;
	struct chains *ret;
	chain_set in_chain; /* items of the chains so far */
	chain_set reached;  /* items that some beginning leads to, good or bad */
};

static chain_set reach(const struct chain_graph *g, size_t from)
{
	struct chain_walk walk;

	chain_walk(g, &walk, from, g->divs, CHAIN_ITEMS_MAX);
	return walk.reached;
}

static void begin_at(struct finder *f, size_t i, enum chain_start start)
{
	struct chain *c = &f->ret->v[f->ret->n++];

	chain_from(&f->g, c, i, start);
	for (size_t k = 0; k < c->n; k++)
		f->in_chain |= CHAIN_BIT(c->item[k]);
	f->reached |= reach(&f->g, i);
}

static void begin_at_originals(struct finder *f)
{
	for (size_t i = 0; i < f->g.n; i++)
		if (f->g.present & ~f->g.divs & CHAIN_BIT(i))
			begin_at(f, i, START_ORIGINAL);
}

static void begin_at_loose_ends(struct finder *f)
{
	chain_set followed = 0;

	for (size_t i = 0; i < f->g.n; i++)
		followed |= f->g.next[i];
	for (size_t i = 0; i < f->g.n; i++)
		if (f->g.divs & ~followed & CHAIN_BIT(i))
			begin_at(f, i, START_NONE);
}

static bool is_in_ring(const struct chain_graph *g, size_t i)
{
	for (size_t j = 0; j < g->n; j++)
		if (g->next[i] & CHAIN_BIT(j) && reach(g, j) & CHAIN_BIT(i))
			return true;
	return false;
}

/* What nothing leads to so far, only rings can lead to */
static void begin_at_rings(struct finder *f)
{
	for (size_t i = 0; i < f->g.n; i++)
		if (f->g.divs & ~f->reached & CHAIN_BIT(i) && is_in_ring(&f->g, i))
			begin_at(f, i, START_RING);
}

static bool is_there_before(const struct chain_graph *g, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (g->divs & CHAIN_BIT(j) && sv_eq(g->items[j].pp->token, g->items[i].pp->token))
			return true;
	return false;
}

static void add_spare(struct finder *f, size_t i)
{
	const struct chain_item *item = &f->g.items[i];
	struct chain *c = &f->ret->v[f->ret->n++];

	*c = (struct chain){.state = CHAIN_SPARE,
			    .err = item->err,
			    .fault = item->fault,
			    .at = i,
			    .n = 1,
			    .item = {i},
			    .divs = 1,
			    .to_called = f->g.called & CHAIN_BIT(i),
			    .right_unknown = f->g.right[i] == RIGHT_UNKNOWN};
	if (item->err)
		return;
	c->fault = (struct fault){.reason = REASON_OK, .check = ""};
	if (is_there_before(&f->g, i))
		return;
	c->err = fault_set(&c->fault, REASON_DIV_FORK, NULL, "one from %.*s",
			   SV_ARG(item->pp->div_tn));
	c->fault.check = "div-link";
}

static int rank(const struct chain *c)
{
	return (int)c->state * 2 + (c->err && c->err != EBADMSG);
}

static int by_worth(const void *x, const void *y)
{
	const struct chain *a = x, *b = y;

	if (rank(a) != rank(b))
		return rank(a) - rank(b);
	if (a->to_called != b->to_called)
		return a->to_called ? -1 : 1;
	if (a->divs != b->divs)
		return a->divs > b->divs ? -1 : 1;
	return a->item[0] < b->item[0] ? -1 : 1; /* no two begin at the same item */
}

int chain_judge(struct chains *ret, const struct chain_opts *opts, const struct chain_call *call,
		const struct chain_item *items, size_t n)
{
	struct finder f = {.ret = ret};

	ret->n = 0;
	if (n > CHAIN_ITEMS_MAX)
		return E2BIG;
	chain_graph_make(&f.g, opts, call, items, n);
	begin_at_originals(&f);
	begin_at_loose_ends(&f);
	begin_at_rings(&f);
	for (size_t i = 0; i < n; i++)
		if (f.g.divs & ~f.in_chain & CHAIN_BIT(i))
			add_spare(&f, i);
	qsort(ret->v, ret->n, sizeof(ret->v[0]), by_worth);
	return 0;
}

const struct chain *chain_best(const struct chains *chains)
{
	return chains->n && chains->v[0].state <= CHAIN_FAILS ? &chains->v[0] : NULL;
}

bool chain_uses(const struct chain *chain, const struct chain_item *items, enum bundle_via via)
{
	for (size_t k = 0; k < chain->n; k++)
		if (items[chain->item[k]].via == via)
			return true;
	return false;
}

const char *chain_state_word(enum chain_state state)
{
	static const char *const words[] = {"holds", "fails", "aside", "ignored", "spare"};

	return words[state];
}
