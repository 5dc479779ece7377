#include <errno.h>

#include "ref-vs/choose.h"

#define PASSED "TN-Validation-Passed"
#define FAILED "TN-Validation-Failed"
#define NONE   "No-TN-Validation"

#define WAY(via) (1u << (via))

/* What speaks of the caller: among all PASSporTs, and among those that came one way alone. NULL: none
 * does */
struct choice {
	const struct chain *all, *in, *out;
	const char *why; /* set by the policy */
};

static bool holds(const struct chain *chain)
{
	return chain->state == CHAIN_HOLDS;
}

/* --- policies: both in and out are there --- */

typedef const struct chain *policy_h(struct choice *c);

static const struct chain *verified_first(struct choice *c)
{
	if (holds(c->in)) {
		c->why = "in-band verifies, and comes first";
		return c->in;
	}
	if (holds(c->out)) {
		c->why = "in-band does not verify, out-of-band does";
		return c->out;
	}
	c->why = "neither in-band nor out-of-band verifies";
	return c->in;
}

static const struct chain *prefer_in_band(struct choice *c)
{
	c->why = "policy: in-band counts where it is there";
	return c->in;
}

static const struct chain *prefer_out_of_band(struct choice *c)
{
	c->why = "policy: out-of-band counts where it is there";
	return c->out;
}

static const struct chain *must_both(struct choice *c)
{
	if (!holds(c->in)) {
		c->why = "policy: both must verify, in-band does not";
		return c->in;
	}
	c->why = holds(c->out) ? "both verify" : "policy: both must verify, out-of-band does not";
	return holds(c->out) ? c->in : c->out;
}

/* name, function, wants what came out-of-band also when something came in-band */
#define POLICIES(X)                                \
	X("verified-first", verified_first, false) \
	X("in-band", prefer_in_band, false)        \
	X("out-of-band", prefer_out_of_band, true) \
	X("both", must_both, true)

#define X(name, policy, both) name,
const char *const choose_words[] = {POLICIES(X) NULL};
#undef X

#define X(name, policy, both) {policy, both},
static const struct {
	policy_h *policy;
	bool both;
} policies[] = {POLICIES(X)};
#undef X

bool choose_wants_both(int choose)
{
	return policies[choose].both;
}

const char *choose_via_word(enum bundle_via via)
{
	return via == VIA_IN_BAND ? "in-band" : "out-of-band";
}

/* --- chains --- */

static struct chain_item item_of(const struct checked *c)
{
	return (struct chain_item){
		.pp = c->pp, .spc = c->spc, .err = c->err, .fault = c->fault, .via = c->via};
}

/* Only a shaken PASSporT validates a number: the caller's provider says that it knows it (RFC 8588
 * §3) */
static bool is_shaken(const struct chain *chain, const struct chain_item *items)
{
	const struct passport *pp = items[chain->item[0]].pp;

	return chain->divs < chain->n && pp && sv_eqz(pp->ppt, "shaken");
}

/* The chain that decides: one that holds, else one that fails */
static const struct chain *decisive(const struct chains *chains, const struct chain_item *items)
{
	for (size_t i = 0; i < chains->n; i++) {
		const struct chain *chain = &chains->v[i];

		if (chain->state == CHAIN_FAILS || (holds(chain) && is_shaken(chain, items)))
			return chain;
	}
	return NULL;
}

static const struct chain *judge(struct chains *ret, const struct choose_opts *opts,
				 const struct chain_call *call, unsigned ways,
				 const struct chain_item *items, size_t n)
{
	struct chain_call one_way = *call;

	one_way.ways = ways;
	if (chain_judge(ret, &opts->chain, &one_way, items, n))
		return NULL;
	return decisive(ret, items);
}

static bool came_both_ways(const struct chain_item *items, size_t n)
{
	unsigned ways = 0;

	for (size_t i = 0; i < n; i++)
		ways |= WAY(items[i].via);
	return ways == (WAY(VIA_IN_BAND) | WAY(VIA_OUT_OF_BAND));
}

/* What is there, when nothing speaks of the caller */
static const char *why_none(const struct chains *chains, size_t n)
{
	for (size_t i = 0; i < chains->n; i++)
		if (chains->v[i].state == CHAIN_HOLDS || chains->v[i].state == CHAIN_ASIDE)
			return "only a shaken PASSporT validates a number, there is none";
	return n ? "types that are not known here count for nothing" : "there is no PASSporT";
}

static const char *why_one_way(const struct chain *by, const struct chain_item *items)
{
	bool in = chain_uses(by, items, VIA_IN_BAND), out = chain_uses(by, items, VIA_OUT_OF_BAND);

	if (in && out)
		return "the chain came partly in-band, partly out-of-band";
	return in ? "it came in-band only" : "it came out-of-band only";
}

/* A chain of which each way brought a part is no case for a policy: the ways do not differ */
static const struct chain *choose(struct choice *c, int policy, const struct chain_item *items)
{
	bool needs_both = c->all && holds(c->all) && chain_uses(c->all, items, VIA_IN_BAND) &&
			  chain_uses(c->all, items, VIA_OUT_OF_BAND) && !(c->in && holds(c->in)) &&
			  !(c->out && holds(c->out));

	if (c->in && c->out && !needs_both)
		return policies[policy].policy(c);
	if (c->all)
		c->why = why_one_way(c->all, items);
	return c->all;
}

/* --- verdict --- */

/* The specification leaves it open which failures are "failed" and which "not validated".
 * "signature" keeps TN-Validation-Failed for what speaks of forgery: a signature, a chain of
 * certificates or a right that does not hold, a caller who changes on the way */
static const char *failure_word(const struct vs_policy *policy, enum reason reason)
{
	static const enum reason forged[] = {REASON_SIGNATURE, REASON_CERT_UNTRUSTED,
					     REASON_CERT_CHAIN, REASON_DIV_RIGHT, REASON_DIV_ORIG};

	if (policy->failed_means == VS_FAILED_ANY)
		return FAILED;
	for (size_t i = 0; i < sizeof(forged) / sizeof(forged[0]); i++)
		if (reason == forged[i])
			return FAILED;
	return NONE;
}

static const char *used_word(const struct chain *by, const struct chain_item *items)
{
	bool in = chain_uses(by, items, VIA_IN_BAND);

	if (in && chain_uses(by, items, VIA_OUT_OF_BAND))
		return "both";
	return choose_via_word(in ? VIA_IN_BAND : VIA_OUT_OF_BAND);
}

static void conclude(struct verdict *ret, const struct vs_policy *policy, const struct chain *by)
{
	if (holds(by)) {
		ret->verstat = PASSED;
		ret->reason = REASON_OK;
	} else if (by->err == EBADMSG) {
		ret->fault = by->fault;
		ret->reason = by->fault.reason;
		ret->verstat = failure_word(policy, ret->reason);
		ret->refuse = policy->on_failure == VS_REFUSE &&
			      reason_info(ret->reason)->sip_status != 0;
	} else { /* our own trouble is never "invalid", and never refuses a call */
		ret->verstat = NONE;
		ret->reason = REASON_INTERNAL;
	}
}

static bool is_in_one_that_holds(const struct chains *chains, size_t item)
{
	for (size_t i = 0; i < chains->n && holds(&chains->v[i]); i++)
		for (size_t k = 0; k < chains->v[i].n; k++)
			if (chains->v[i].item[k] == item)
				return true;
	return false;
}

/* What a chain found wrong with a PASSporT is now wrong with it */
static void take_faults(struct checked *v, const struct chains *chains)
{
	for (size_t i = 0; i < chains->n; i++) {
		const struct chain *chain = &chains->v[i];
		struct checked *c = &v[chain->at];

		if ((chain->state != CHAIN_FAILS && chain->state != CHAIN_ASIDE) || !chain->err ||
		    c->err || is_in_one_that_holds(chains, chain->at))
			continue;
		c->err = chain->err;
		c->fault = chain->fault;
	}
}

void choose_verdict(struct verdict *ret, const struct choose_opts *opts,
		    const struct chain_call *call, struct checked *v, size_t n)
{
	struct chain_item items[CHAIN_ITEMS_MAX] = {{.pp = NULL}};
	struct choice choice = {.why = NULL};
	struct chains in, out;
	const struct chain *by;

	*ret = (struct verdict){.verstat = NONE, .used = "none", .reason = REASON_NO_IDENTITY};
	if (n > CHAIN_ITEMS_MAX) /* what cannot be read stands last */
		n = CHAIN_ITEMS_MAX;
	for (size_t i = 0; i < n; i++)
		items[i] = item_of(&v[i]);
	choice.all = judge(&ret->chains, opts, call, 0, items, n);
	if (came_both_ways(items, n)) {
		choice.in = judge(&in, opts, call, WAY(VIA_IN_BAND), items, n);
		choice.out = judge(&out, opts, call, WAY(VIA_OUT_OF_BAND), items, n);
	}
	by = choose(&choice, opts->policy->choose, items);
	take_faults(v, &ret->chains);
	if (!by) { /* none, or only types that are ignored: RFC 8224 §6.2 step 1 wants 428 then */
		ret->why = why_none(&ret->chains, n);
		ret->refuse = opts->policy->on_missing == VS_REFUSE;
		return;
	}
	ret->why = choice.why;
	ret->used = used_word(by, items);
	ret->by = &v[holds(by) ? by->item[0] : by->at];
	conclude(ret, opts->policy, by);
}
