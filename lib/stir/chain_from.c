#include <errno.h>
#include <stdio.h>

#include "lib/stir/chain_int.h"
#include "lib/stir/verify_checks.h"

/* One chain: which way it takes, and whether it holds. */

/* --- the checks --- */

/* What the checks of a single PASSporT look at, which verify.c has left to us */
struct lone {
	struct verify_opts opts;
	struct verify_call call;
	struct verify_ctx ctx;
};

static const struct verify_ctx *lone(struct lone *ret, const struct chain_graph *g, size_t i,
				     int64_t freshness_s)
{
	*ret = (struct lone){.opts = {.role = VERIFY_VS, .freshness_s = freshness_s},
			     .call = {.orig = g->call->orig, .dest = g->call->called}};
	ret->ctx = (struct verify_ctx){.opts = &ret->opts,
				       .now_s = g->call->now_s,
				       .call = &ret->call,
				       .pp = g->items[i].pp};
	return &ret->ctx;
}

static int fails(struct chain *c, size_t at, const char *check)
{
	c->err = EBADMSG;
	c->at = at;
	c->fault.check = check;
	return EBADMSG;
}

static int check_link(const struct chain_graph *g, struct chain *c, size_t i,
		      enum chain_start start)
{
	struct sv number = g->items[i].pp->div_tn;
	char want[120];

	if (start == START_ORIGINAL || !chain_wants(g, "div-link"))
		return 0;
	(void)snprintf(want, sizeof(want), "a PASSporT with %.*s in dest",
		       SV_ARG(number.l ? number : SV("the URI of div")));
	if (start == START_NONE)
		(void)fault_set(&c->fault, REASON_DIV_BROKEN, want, "none");
	else
		(void)fault_set(&c->fault, REASON_DIV_LOOP, want,
				"only div PASSporTs that follow from this one");
	return fails(c, i, "div-link");
}

static int check_start_orig(const struct chain_graph *g, struct chain *c, size_t i,
			    enum chain_start start)
{
	struct lone l;

	/* RFC 8224 6.2: the caller is who the signalling says */
	if (!chain_wants(g, start == START_ORIGINAL ? "orig" : "div-orig") ||
	    !verify_check_orig(lone(&l, g, i, 0), &c->fault))
		return 0;
	if (start == START_ORIGINAL)
		return fails(c, i, "orig");
	c->fault.reason = REASON_DIV_ORIG;
	return fails(c, i, "div-orig");
}

static bool keeps_orig(const struct chain_graph *g, size_t first, size_t i)
{
	return sv_eq(g->items[first].pp->orig_tn, g->items[i].pp->orig_tn);
}

static int check_orig(const struct chain_graph *g, struct chain *c, size_t i)
{
	size_t first = c->item[0];
	char want[120];

	if (!chain_wants(g, "div-orig") || keeps_orig(g, first, i))
		return 0;
	(void)snprintf(want, sizeof(want), "orig %.*s as at the beginning of the chain",
		       SV_ARG(g->items[first].pp->orig_tn));
	(void)fault_set(&c->fault, REASON_DIV_ORIG, want, "orig %.*s",
			SV_ARG(g->items[i].pp->orig_tn));
	return fails(c, i, "div-orig");
}

static int check_right(const struct chain_graph *g, struct chain *c, size_t i)
{
	const struct chain_item *item = &g->items[i];
	struct tn number;
	char want[120];

	if (!(g->divs & CHAIN_BIT(i)) || g->right[i] != RIGHT_NO || !chain_wants(g, "div-right"))
		return 0;
	(void)tn_canonical(&number, item->pp->div_tn);
	(void)snprintf(want, sizeof(want), "SPC %s, which has the number %s",
		       g->opts->owner(&number, g->opts->owner_arg), number.s);
	(void)fault_set(&c->fault, REASON_DIV_RIGHT, want, "a certificate for SPC %s",
			item->spc ? item->spc : "");
	return fails(c, i, "div-right");
}

static int check_length(const struct chain_graph *g, struct chain *c)
{
	if (c->divs <= CHAIN_DIVS_MAX || !chain_wants(g, "div-length"))
		return 0;
	(void)fault_set(&c->fault, REASON_DIV_LONG,
			"at most " TEXT_OF(CHAIN_DIVS_MAX) " div PASSporTs", "%zu", c->divs);
	return fails(c, c->item[c->n - 1], "div-length");
}

static int check_dest(const struct chain_graph *g, struct chain *c)
{
	size_t last = c->item[c->n - 1];
	const char *row = c->divs ? "div-dest" : "dest";
	struct lone l;

	if (!chain_wants(g, row) || !verify_check_dest(lone(&l, g, last, 0), &c->fault))
		return 0;
	if (c->divs)
		c->fault.reason = REASON_DIV_DEST;
	return fails(c, last, row);
}

static int check_fresh(const struct chain_graph *g, struct chain *c, size_t i, int64_t freshness_s)
{
	const char *row = c->divs ? "div-fresh" : "fresh";
	struct lone l;

	if (!chain_wants(g, row) || !verify_check_fresh(lone(&l, g, i, freshness_s), &c->fault))
		return 0;
	return fails(c, i, row);
}

/* What one PASSporT of the chain brings. No pp: it could not be parsed, so it has a fault */
static int check_item(const struct chain_graph *g, struct chain *c, size_t k,
		      enum chain_start start)
{
	size_t i = c->item[k];
	int err = g->items[i].err;

	if (err) {
		c->err = err;
		c->fault = g->items[i].fault;
		c->at = i;
		return err;
	}
	err = k ? check_orig(g, c, i) : check_link(g, c, i, start);
	if (!err && !k)
		err = check_start_orig(g, c, i, start);
	return err ? err : check_right(g, c, i);
}

static void judge(const struct chain_graph *g, struct chain *c, enum chain_start start)
{
	const struct chain_opts *opts = g->opts;
	bool is_retargeted = c->n > 1;

	for (size_t k = 0; k < c->n; k++)
		if (check_item(g, c, k, start))
			return;
	if (check_length(g, c) || check_dest(g, c) ||
	    check_fresh(g, c, c->item[c->n - 1], opts->freshness_s))
		return;
	if (is_retargeted && opts->original_freshness_s >= 0)
		(void)check_fresh(g, c, c->item[0], opts->original_freshness_s);
}

/* --- the way --- */

static bool is_fresh(const struct chain_graph *g, size_t i, int64_t freshness_s)
{
	struct lone l;

	return g->items[i].pp && !verify_check_fresh(lone(&l, g, i, freshness_s), NULL);
}

/* The divs that a chain from here may go through */
static chain_set good_divs(const struct chain_graph *g, size_t from)
{
	chain_set ret = 0;

	for (size_t i = 0; i < g->n; i++) {
		if (!(g->divs & CHAIN_BIT(i)) || g->items[i].err)
			continue;
		if (!keeps_orig(g, from, i) && chain_wants(g, "div-orig"))
			continue;
		if (g->right[i] == RIGHT_NO && chain_wants(g, "div-right"))
			continue;
		ret |= CHAIN_BIT(i);
	}
	return ret;
}

/* The called PASSporTs where a good way may end as far as the time goes */
static chain_set fresh_ends(const struct chain_graph *g, size_t from)
{
	const struct chain_opts *opts = g->opts;
	chain_set ret = 0;

	for (size_t i = 0; i < g->n; i++)
		if (g->called & CHAIN_BIT(i) &&
		    (!chain_wants(g, i == from ? "fresh" : "div-fresh") ||
		     is_fresh(g, i, opts->freshness_s)))
			ret |= CHAIN_BIT(i);
	if (chain_wants(g, "div-fresh") && opts->original_freshness_s >= 0 &&
	    !is_fresh(g, from, opts->original_freshness_s))
		ret &= CHAIN_BIT(from);
	return ret;
}

/* Of the ends that were reached the farthest, then the earliest. @return false: none was */
static bool farthest(const struct chain_walk *walk, chain_set ends, size_t *ret)
{
	bool found = false;

	for (size_t i = 0; i < CHAIN_ITEMS_MAX; i++) {
		if (!(walk->reached & ends & CHAIN_BIT(i)))
			continue;
		if (!found || walk->depth[i] > walk->depth[*ret])
			*ret = i;
		found = true;
	}
	return found;
}

/* One that can hold; else one that is good but for length and time; else one that leads to the called
 * number; else the longest */
static size_t choose_end(const struct chain_graph *g, struct chain_walk *walk, size_t from)
{
	size_t max = chain_wants(g, "div-length") ? CHAIN_DIVS_MAX : CHAIN_ITEMS_MAX, end = from;

	if (g->items[from].pp && !g->items[from].err) {
		chain_set good = good_divs(g, from);

		chain_walk(g, walk, from, good, max);
		if (farthest(walk, fresh_ends(g, from), &end))
			return end;
		chain_walk(g, walk, from, good, CHAIN_ITEMS_MAX);
		if (farthest(walk, g->called, &end))
			return end;
	}
	chain_walk(g, walk, from, g->divs, CHAIN_ITEMS_MAX);
	if (!farthest(walk, g->called, &end))
		(void)farthest(walk, walk->reached, &end);
	return end;
}

void chain_from(const struct chain_graph *g, struct chain *ret, size_t from, enum chain_start start)
{
	struct chain_walk walk;
	size_t i = choose_end(g, &walk, from);

	*ret = (struct chain){
		.at = from, .n = walk.depth[i] + 1, .to_called = g->called & CHAIN_BIT(i)};
	for (size_t k = ret->n; k-- > 0; i = walk.before[i]) {
		ret->item[k] = i;
		if (!(g->divs & CHAIN_BIT(i)))
			continue;
		ret->divs++;
		ret->right_unknown += g->right[i] == RIGHT_UNKNOWN;
	}
	judge(g, ret, start);
	ret->state = ret->err ? CHAIN_FAILS : CHAIN_HOLDS;
	if (g->unknown & CHAIN_BIT(from))
		ret->state = CHAIN_IGNORED;
	else if (g->aside & CHAIN_BIT(from))
		ret->state = CHAIN_ASIDE;
}
