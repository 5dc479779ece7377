/* Whose number is whose, where calls go on to, and whether each call gets along the path to its end. */
#include <errno.h>
#include <string.h>

#include "lib/base/tn.h"
#include "sim/oobsim/scenario/element.h"
#include "sim/oobsim/scenario/scenario_int.h"

/* Digits of the prefix when the number begins so, else 0 */
static size_t begins(const struct tn *tn, const char *prefix)
{
	struct tn p;

	return tn_canonical(&p, sv_from(prefix)) == 0 && sv_starts(tn_sv(tn), p.s) ? strlen(p.s)
										   : 0;
}

/* Digits of a provider's longest prefix of the number, 0 when it has none */
static size_t owns(const struct scn_provider *p, const struct tn *tn)
{
	char *const *numbers = p->numbers.v;
	size_t longest = 0;

	for (size_t i = 0; i < p->numbers.n; i++)
		if (begins(tn, numbers[i]) > longest)
			longest = begins(tn, numbers[i]);
	return longest;
}

/* The row of a ported number with the longest prefix, NULL when it is not ported */
static const struct scn_lnp *ported(const struct scenario *scn, const struct tn *tn)
{
	const struct scn_lnp *rows = scn->lnp.v, *best = NULL;
	size_t longest = 0;

	for (size_t i = 0; i < scn->lnp.n; i++)
		if (begins(tn, rows[i].number) > longest) {
			longest = begins(tn, rows[i].number);
			best = &rows[i];
		}
	return best;
}

const struct scn_provider *scenario_owner(const struct scenario *scn, const struct tn *tn,
					  const struct scn_provider **ret_both)
{
	const struct scn_provider *all = scn->providers.v, *best = NULL, *other = NULL;
	const struct scn_lnp *row = ported(scn, tn);
	struct tn number = *tn;
	size_t longest = 0;

	if (row)
		(void)tn_canonical(&number, sv_from(row->rn));
	for (size_t i = 0; i < scn->providers.n; i++) {
		size_t l = owns(&all[i], &number);

		if (l && l == longest)
			other = &all[i];
		if (l <= longest)
			continue;
		longest = l;
		best = &all[i];
		other = NULL;
	}
	if (ret_both)
		*ret_both = other ? best : NULL;
	return other ? NULL : best;
}

const struct scn_retarget *scenario_retarget(const struct scenario *scn, const struct tn *tn)
{
	const struct scn_provider *all = scn->providers.v;

	for (size_t i = 0; i < scn->providers.n; i++) {
		const struct scn_retarget *rows = all[i].retarget.v;

		for (size_t k = 0; k < all[i].retarget.n; k++) {
			struct tn number;

			if (tn_canonical(&number, sv_from(rows[k].number)) == 0 &&
			    tn_eq(&number, tn))
				return &rows[k];
		}
	}
	return NULL;
}

static bool same_number(const char *a, const char *b)
{
	struct tn x, y;

	return tn_canonical(&x, sv_from(a)) == 0 && tn_canonical(&y, sv_from(b)) == 0 &&
	       tn_eq(&x, &y);
}

/* No two retargetings are for one number, and none leads where another one does: behind a TDM leg the
 * numbers are all by which a call is told from others */
static bool is_repeated(const struct scenario *scn, const struct scn_retarget *row, bool to)
{
	const struct scn_provider *all = scn->providers.v;

	for (size_t i = 0; i < scn->providers.n; i++) {
		const struct scn_retarget *rows = all[i].retarget.v;

		for (size_t k = 0; k < all[i].retarget.n; k++) {
			if (&rows[k] == row)
				return false;
			if (same_number(to ? rows[k].to : rows[k].number,
					to ? row->to : row->number))
				return true;
		}
	}
	return false;
}

static int check_retarget(const struct scenario *scn, const struct scn_provider *p, size_t i,
			  struct err *e)
{
	const struct scn_retarget *row = (const struct scn_retarget *)p->retarget.v + i;
	const struct scn_provider *owner;
	struct tn tn;
	char at[96];

	(void)snprintf(at, sizeof(at), "/providers/%s/retarget/%zu/number", p->name, i);
	(void)tn_canonical(&tn, sv_from(row->number));
	if (scenario_owner(scn, &tn, NULL) != p)
		return scenario_refuse(scn, at, e, "expected a number of provider %s, got \"%s\"",
				       p->name, row->number);
	if (is_repeated(scn, row, false))
		return scenario_refuse(scn, at, e,
				       "expected one retargeting of a number, got \"%s\" again",
				       row->number);
	(void)snprintf(at, sizeof(at), "/providers/%s/retarget/%zu/to", p->name, i);
	(void)tn_canonical(&tn, sv_from(row->to));
	owner = scenario_owner(scn, &tn, NULL);
	if (!owner || scenario_hop(scn, owner) <= scenario_hop(scn, p))
		return scenario_refuse(scn, at, e,
				       "expected a number of a provider behind %s on the path, got "
				       "\"%s\"",
				       p->name, row->to);
	if (is_repeated(scn, row, true))
		return scenario_refuse(scn, at, e,
				       "expected a number that no other retargeting leads to, got "
				       "\"%s\"",
				       row->to);
	return 0;
}

static const struct scn_provider *by_cic(const struct scenario *scn, const char *cic,
					 const struct scn_provider *but)
{
	const struct scn_provider *all = scn->providers.v;

	for (size_t i = 0; i < scn->providers.n; i++)
		if (&all[i] != but && all[i].cic && strcmp(all[i].cic, cic) == 0)
			return &all[i];
	return NULL;
}

static int check_provider(const struct scenario *scn, const struct scn_provider *p, struct err *e)
{
	char at[96];

	(void)snprintf(at, sizeof(at), "/providers/%s/cic", p->name);
	if (p->cic && by_cic(scn, p->cic, p))
		return scenario_refuse(scn, at, e,
				       "expected a cic of its own, got \"%s\", which is that of %s",
				       p->cic, by_cic(scn, p->cic, p)->name);
	(void)snprintf(at, sizeof(at), "/providers/%s/retarget", p->name);
	if (p->retarget.n && (p->kind != PROVIDER_RETARGET || scenario_hop(scn, p) < 0))
		return scenario_refuse(scn, at, e,
				       "expected it of a provider of kind retarget on the path");
	for (size_t i = 0; i < p->retarget.n; i++)
		if (check_retarget(scn, p, i, e))
			return EBADMSG;
	return 0;
}

int scenario_check_numbers(const struct scenario *scn, struct err *e)
{
	const struct scn_provider *all = scn->providers.v;
	const struct scn_lnp *lnp = scn->lnp.v;
	const struct scn_carrier *carriers = scn->carriers.v;
	char at[48];

	for (size_t i = 0; i < scn->lnp.n; i++) {
		struct tn rn;

		(void)snprintf(at, sizeof(at), "/lnp/%zu/rn", i);
		(void)tn_canonical(&rn, sv_from(lnp[i].rn));
		if (!scenario_owner(scn, &rn, NULL) || ported(scn, &rn))
			return scenario_refuse(scn, at, e,
					       "expected a number of a provider, itself not "
					       "ported, got \"%s\"",
					       lnp[i].rn);
	}
	for (size_t i = 0; i < scn->carriers.n; i++) {
		(void)snprintf(at, sizeof(at), "/carriers/%zu/cic", i);
		if (!by_cic(scn, carriers[i].cic, NULL))
			return scenario_refuse(scn, at, e,
					       "expected the cic of a provider, got \"%s\"",
					       carriers[i].cic);
	}
	for (size_t i = 0; i < scn->providers.n; i++)
		if (check_provider(scn, &all[i], e))
			return EBADMSG;
	return 0;
}

/* A call for that number, come so far on the path, must end at a phone of the last provider */
static int check_end(const struct scenario *scn, const char *at, const char *number, struct tn tn,
		     struct err *e)
{
	const struct scn_provider *last = scenario_at(scn, scenario_hops(scn) - 1), *both;
	const struct scn_provider *owner = scenario_owner(scn, &tn, &both);

	if (both)
		return scenario_refuse(
			scn, at, e,
			"expected a number of one provider alone, got \"%s\", which is "
			"one of %s and of another",
			number, both->name);
	if (owner == last)
		return 0;
	return scenario_refuse(scn, at, e, "expected a number of provider %s, got \"%s\"%s%s",
			       last->name, number, owner ? ", which is one of " : "",
			       owner ? owner->name : "");
}

static int check_call(const struct scenario *scn, size_t i, struct err *e)
{
	const struct scn_call *call = (const struct scn_call *)scn->calls.v + i;
	const char *number = call->to;
	const struct scn_retarget *row;
	struct tn tn;
	char at[48];

	(void)snprintf(at, sizeof(at), "/calls/%zu/to", i);
	for (size_t hop = 1; hop + 1 < scenario_hops(scn); hop++) {
		const struct scn_provider *p = scenario_at(scn, hop);

		if (p->kind != PROVIDER_RETARGET)
			continue;
		(void)tn_canonical(&tn, sv_from(number));
		row = scenario_retarget(scn, &tn);
		if (!row || scenario_owner(scn, &tn, NULL) != p)
			return scenario_refuse(scn, at, e,
					       "expected a number that provider %s retargets, got "
					       "\"%s\"",
					       p->name, number);
		number = row->to;
	}
	(void)tn_canonical(&tn, sv_from(number));
	return check_end(scn, at, number, tn, e);
}

/* A call that is placed again was placed before */
static int check_again(const struct scenario *scn, size_t i, struct err *e)
{
	const struct scn_call *calls = scn->calls.v;
	char at[48];

	for (size_t k = 0; k < i && calls[i].again; k++)
		if (strcmp(calls[k].from, calls[i].from) == 0 &&
		    strcmp(calls[k].to, calls[i].to) == 0)
			return 0;
	(void)snprintf(at, sizeof(at), "/calls/%zu/again", i);
	return calls[i].again ? scenario_refuse(scn, at, e,
						"expected a call from %s to %s before this one",
						calls[i].from, calls[i].to)
			      : 0;
}

int scenario_check_calls(const struct scenario *scn, struct err *e)
{
	for (size_t i = 0; i < scn->calls.n; i++)
		if (check_call(scn, i, e) || check_again(scn, i, e))
			return EBADMSG;
	return 0;
}
