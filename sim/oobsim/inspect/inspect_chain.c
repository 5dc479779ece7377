#include <errno.h>
#include <string.h>

#include "sim/oobsim/inspect/inspect.h"

/* The chains of a bundle (RFC 8946 4.2): judged as an STI-VS judges them, and drawn. */

/* --- found --- */

static bool is_div(const struct inspected *i)
{
	return i->pp && sv_eqz(i->pp->ppt, "div");
}

static bool is_followed(const struct inspected *v, size_t n, size_t i)
{
	for (size_t k = 0; k < n; k++)
		if (k != i && v[k].pp && passport_leads_to(v[i].pp, v[k].pp))
			return true;
	return false;
}

/* The first div that no other follows, or the first at all: its dest is where the call arrived */
static void guess_called(struct tn *ret, const struct inspected *v, size_t n)
{
	const struct passport *end = NULL;

	for (size_t i = n; i-- > 0;)
		if (is_div(&v[i]) && (!end || !is_followed(v, n, i)))
			end = v[i].pp;
	if (end && passport_dest_count(end))
		(void)tn_canonical(ret, passport_dest(end, 0));
}

/* An original's, where there is one */
static void guess_orig(struct tn *ret, const struct inspected *v, size_t n)
{
	const struct passport *pp = NULL;

	for (size_t i = n; i-- > 0;)
		if (v[i].pp && (!pp || !is_div(&v[i])))
			pp = v[i].pp;
	if (pp)
		(void)tn_canonical(ret, pp->orig_tn);
}

/* Without trust: what can be seen of the token itself */
static void judge_link_form(const struct inspected *i, struct chain_item *ret)
{
	static const struct verify_opts how = {.role = VERIFY_CPS};
	struct verifier *verifier;
	int err = verifier_alloc(&verifier, &how, NULL, NULL);

	if (!err) {
		err = verify_form(verifier, &i->item, i->pp, &ret->fault);
		verifier_free(verifier);
	}
	ret->err = err;
}

static void add_item(struct inspect_chain *c, size_t k, const struct inspected *i,
		     struct inspect_judge *judge)
{
	struct verify_call call = {.orig = c->call.orig, .dest = c->call.called, .chained = true};
	struct chain_item *item = &c->items[k];

	*item = (struct chain_item){.pp = i->pp, .spc = i->spc, .via = i->item.via};
	if (!i->pp) {
		item->err = i->err ? i->err : EBADMSG;
		item->fault = i->fault;
	} else if (judge) {
		inspect_judge_link(judge, i, &call, item);
	} else {
		judge_link_form(i, item);
	}
}

static bool is_refused(const struct inspect_chain *c)
{
	const struct chain *best = chain_best(&c->chains);

	if (!c->is_guess)
		return !best || best->err;
	for (size_t i = 0; i < c->chains.n; i++)
		if (c->chains.v[i].state == CHAIN_FAILS)
			return true;
	return false;
}

bool inspect_chain_find(struct inspect_chain *ret, const struct inspect_opts *opts,
			const struct inspected *v, size_t n, struct inspect_judge *judge,
			int64_t now_s)
{
	struct chain_opts how = {.freshness_s = FRESHNESS_S, .original_freshness_s = FRESHNESS_S};
	bool has_div = false;

	for (size_t i = 0; i < n; i++)
		has_div = has_div || is_div(&v[i]);
	if (!has_div && !opts->has_called)
		return false;
	*ret = (struct inspect_chain){.call = {.called = opts->called, .now_s = now_s},
				      .is_guess = !opts->has_called,
				      .is_judged = judge != NULL};
	if (ret->is_guess)
		guess_called(&ret->call.called, v,
			     n); /* else "": no dest has it, every chain fails */
	guess_orig(&ret->call.orig, v, n);
	for (size_t i = 0; i < n; i++)
		add_item(ret, i, &v[i], judge);
	if (!judge)
		how.skip = verify_check_bit(SV("fresh")) | verify_check_bit(SV("div-fresh"));
	(void)chain_judge(&ret->chains, &how, &ret->call, ret->items, n);
	ret->is_refused = is_refused(ret);
	return true;
}

/* --- in words --- */

static void numbers(FILE *f, const struct passport *pp)
{
	size_t n = passport_dest_count(pp);

	for (size_t i = 0; i < n; i++)
		(void)fprintf(f, "%s%.*s", i ? ", " : "", SV_ARG(passport_dest(pp, i)));
	if (!n)
		(void)fprintf(f, "no number");
}

static void link_text(FILE *f, const struct inspect_chain *c, const struct chain *chain, size_t k)
{
	const struct chain_item *item = &c->items[chain->item[k]];
	const struct passport *pp = item->pp;

	if (!pp) {
		(void)fprintf(f, "    cannot be read");
	} else if (!sv_eqz(pp->ppt, "div")) {
		(void)fprintf(f, "    %.*s calls ", SV_ARG(pp->orig_tn));
		numbers(f, pp);
	} else {
		(void)fprintf(f, "      %.*s retargets to ",
			      SV_ARG(pp->div_tn.l ? pp->div_tn : SV("a URI")));
		numbers(f, pp);
	}
	(void)fprintf(f, "   PASSporT %zu", chain->item[k] + 1);
	if (pp)
		(void)fprintf(f, ", %.*s%s%s, %s", SV_ARG(pp->ppt.l ? pp->ppt : SV("base")),
			      *item->spc ? ", SPC " : "", item->spc,
			      item->via == VIA_IN_BAND ? "in-band" : "out-of-band");
	(void)fprintf(f, "\n");
}

/* What leads to the first PASSporT that we have, and is not there */
static void missing_text(FILE *f, const struct inspect_chain *c, const struct chain *chain)
{
	const struct passport *first = c->items[chain->item[0]].pp;

	if (!first || !chain->err || chain->state == CHAIN_SPARE ||
	    (chain->fault.reason != REASON_DIV_BROKEN && chain->fault.reason != REASON_DIV_LOOP))
		return;
	(void)fprintf(f, "    ? missing: the PASSporT of who called or retargeted to %.*s\n",
		      SV_ARG(first->div_tn.l ? first->div_tn : SV("that URI")));
}

static void verdict_text(FILE *f, const struct inspect_chain *c, const struct chain *chain,
			 const char *red, const char *plain)
{
	char text[FAULT_TEXT_MAX];

	if (chain->err && chain->err != EBADMSG)
		(void)fprintf(f, "    could not be judged: %s\n", strerror(chain->err));
	else if (chain->err) {
		fault_text(&chain->fault, text);
		(void)fprintf(f, "    %sPASSporT %zu%s: %s\n", red, chain->at + 1, plain, text);
	} else if (chain->state == CHAIN_SPARE) {
		(void)fprintf(f, "    the same token is there before\n");
	} else {
		(void)fprintf(f, "    arrived at %s%s\n", c->call.called.s,
			      c->is_guess ? ", if that is the called number (--called says it)"
					  : "");
	}
}

static const char *state_text(const struct inspect_chain *c, const struct chain *chain)
{
	switch (chain->state) {
	case CHAIN_HOLDS:
		return c->is_judged ? "holds"
				    : "is whole; signatures and certificates not checked (--trust "
				      "does)";
	case CHAIN_FAILS:
		return "fails";
	case CHAIN_ASIDE:
		return "says nothing of the caller";
	case CHAIN_IGNORED:
		return "is ignored";
	default:
		return "does not count";
	}
}

void inspect_chain_text(FILE *f, const struct inspect_chain *c, bool colour)
{
	const char *bold = colour ? INSPECT_BOLD : "", *plain = colour ? INSPECT_PLAIN : "";
	const char *red = colour ? INSPECT_RED : "", *green = colour ? INSPECT_GREEN : "";

	for (size_t i = 0; i < c->chains.n; i++) {
		const struct chain *chain = &c->chains.v[i];
		const char *ink = chain->state == CHAIN_HOLDS   ? green
				  : chain->state == CHAIN_FAILS ? red
								: "";

		(void)fprintf(f, "\n%sChain %zu of %zu%s %s%s%s\n", bold, i + 1, c->chains.n, plain,
			      ink, state_text(c, chain), plain);
		missing_text(f, c, chain);
		for (size_t k = 0; k < chain->n; k++)
			link_text(f, c, chain, k);
		verdict_text(f, c, chain, red, plain);
	}
}

/* --- for programs --- */

static json_t *chain_json(const struct inspect_chain *c, const struct chain *chain)
{
	json_t *items = json_array(), *v;

	for (size_t k = 0; k < chain->n; k++)
		(void)json_array_append_new(items, json_integer((json_int_t)chain->item[k]));
	v = json_pack("{s:s, s:o, s:s, s:s, s:b}", "state", chain_state_word(chain->state),
		      "passports", items, "orig", c->call.orig.s, "called", c->call.called.s,
		      "called_is_guess", c->is_guess);
	if (v && chain->err == EBADMSG) {
		(void)json_object_set_new(v, "refused", inspect_fault_json(&chain->fault));
		(void)json_object_set_new(v, "at", json_integer((json_int_t)chain->at));
	}
	return v;
}

json_t *inspect_chain_json(const struct inspect_chain *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->chains.n; i++)
		(void)json_array_append_new(list, chain_json(c, &c->chains.v[i]));
	return list;
}
