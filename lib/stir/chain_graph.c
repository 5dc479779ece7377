#include <errno.h>
#include <string.h>

#include "lib/stir/chain_int.h"

/* Which PASSporT may follow which, and the ways through them. */

bool chain_wants(const struct chain_graph *g, const char *row)
{
	return !(g->opts->skip & verify_check_bit(sv_from(row)));
}

static bool is_unknown_type(const struct chain_item *item)
{
	return item->err == EBADMSG && item->fault.reason == REASON_PPT;
}

/* RFC 8946 4.2: the signer has the authority over the number that it says was retargeted */
static enum chain_right right_of(const struct chain_graph *g, const struct chain_item *item)
{
	struct tn number;
	const char *owner;

	if (!g->opts->owner || !tn_is_canonical(item->pp->div_tn) ||
	    tn_canonical(&number, item->pp->div_tn))
		return RIGHT_UNKNOWN;
	owner = g->opts->owner(&number, g->opts->owner_arg);
	if (!owner)
		return RIGHT_UNKNOWN;
	return item->spc && strcmp(owner, item->spc) == 0 ? RIGHT_YES : RIGHT_NO;
}

static void add_item(struct chain_graph *g, size_t i)
{
	const struct chain_item *item = &g->items[i];
	unsigned ways = g->call->ways;

	if (ways && !(ways & 1u << item->via))
		return;
	g->present |= CHAIN_BIT(i);
	if (!item->pp)
		return;
	if (passport_dest_has(item->pp, &g->call->called))
		g->called |= CHAIN_BIT(i);
	if (is_unknown_type(item)) {
		g->unknown |= CHAIN_BIT(i);
	} else if (sv_eqz(item->pp->ppt, "div")) {
		g->divs |= CHAIN_BIT(i);
		g->right[i] = right_of(g, item);
	} else if (sv_eqz(item->pp->ppt, "rph") || sv_eqz(item->pp->ppt, "rcd")) {
		g->aside |= CHAIN_BIT(i);
	}
}

static chain_set followers(const struct chain_graph *g, size_t i)
{
	chain_set ret = 0;

	if (!g->items[i].pp || !(g->present & CHAIN_BIT(i)))
		return 0;
	for (size_t j = 0; j < g->n; j++)
		if (j != i && g->divs & CHAIN_BIT(j) &&
		    passport_leads_to(g->items[i].pp, g->items[j].pp))
			ret |= CHAIN_BIT(j);
	return ret;
}

void chain_graph_make(struct chain_graph *g, const struct chain_opts *opts,
		      const struct chain_call *call, const struct chain_item *items, size_t n)
{
	*g = (struct chain_graph){.opts = opts, .call = call, .items = items, .n = n};
	for (size_t i = 0; i < n; i++)
		add_item(g, i);
	for (size_t i = 0; i < n; i++)
		g->next[i] = followers(g, i);
}

void chain_walk(const struct chain_graph *g, struct chain_walk *ret, size_t from, chain_set through,
		size_t max_depth)
{
	chain_set edge = CHAIN_BIT(from);

	*ret = (struct chain_walk){.reached = edge};
	ret->before[from] = from;
	for (size_t depth = 1; edge && depth <= max_depth; depth++) {
		chain_set found = 0;

		for (size_t i = 0; i < g->n; i++) {
			chain_set more = g->next[i] & through & ~(ret->reached | found);

			if (!(edge & CHAIN_BIT(i)))
				continue;
			found |= more;
			for (size_t j = 0; j < g->n; j++) {
				if (!(more & CHAIN_BIT(j)))
					continue;
				ret->depth[j] = depth;
				ret->before[j] = i;
			}
		}
		ret->reached |= found;
		edge = found;
	}
}
