/* Expectations that contradict each other are a mistake of who wrote them, not of what is tried. */
#include <errno.h>
#include <string.h>

#include "sim/oobsim/scenario/expect.h"

static bool same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

static bool differs(const char *a, const char *b)
{
	return a && b && strcmp(a, b) != 0;
}

static bool among(const struct conf_list *list, const char *event)
{
	char *const *v = list->v;

	for (size_t i = 0; i < list->n; i++)
		if (same(v[i], event))
			return true;
	return false;
}

/* Must this event happen for x to hold? */
static bool needs(const struct scn_expect *x, const char *event)
{
	char note[128];

	(void)snprintf(note, sizeof(note), "%s %s", x->at ? x->at : "", x->what ? x->what : "");
	return same(x->first, event) || same(x->message, event) || among(&x->order, event) ||
	       among(&x->same_token, event) || among(&x->new_call_id, event) ||
	       (x->at && x->what && same(note, event));
}

/* What a and b, of the same element, say otherwise of it; NULL: nothing. Of several notes of one kind
 * each may be another, so only those facts count of which a call has one */
static const char *other_fact(const struct scn_expect *a, const struct scn_expect *b)
{
	if (!same(a->at, b->at) || a->what || b->what)
		return NULL;
	if (a->stored != STORED_UNSAID && b->stored != STORED_UNSAID && a->stored != b->stored)
		return "stored";
	return differs(a->verstat, b->verstat) ? "verstat"
	       : differs(a->used, b->used)     ? "used"
	       : differs(a->attest, b->attest) ? "attest"
					       : NULL;
}

/* Of a call that is placed again each may show another fact */
static bool calls_again(const struct scenario *scn)
{
	const struct scn_call *calls = scn->calls.v;

	for (size_t i = 0; i < scn->calls.n; i++)
		if (calls[i].again)
			return true;
	return false;
}

/* Against one that stands before it */
static int check_pair(const struct scenario *scn, size_t i, size_t k, struct err *e)
{
	const struct scn_expect *all = scn->expect.v, *x = &all[i], *old = &all[k];
	char *const *never = x->never.v, *const *old_never = old->never.v;
	const char *fact = calls_again(scn) ? NULL : other_fact(x, old);
	char at[64];

	(void)snprintf(at, sizeof(at), "/expect/%zu", i);
	for (size_t n = 0; n < x->never.n; n++)
		if (needs(old, never[n]))
			return scenario_refuse(scn, at, e,
					       "expected nothing that /expect/%zu rules out, got "
					       "never \"%s\", which must happen there",
					       k, never[n]);
	for (size_t n = 0; n < old->never.n; n++)
		if (needs(x, old_never[n]))
			return scenario_refuse(scn, at, e,
					       "expected nothing that /expect/%zu rules out, got "
					       "\"%s\", which never happens there",
					       k, old_never[n]);
	if (same(x->message, old->message) && x->identity != old->identity &&
	    x->identity != IDENTITY_UNSAID && old->identity != IDENTITY_UNSAID)
		return scenario_refuse(scn, at, e,
				       "expected nothing that /expect/%zu rules out, got the "
				       "contrary of its \"identity\"",
				       k);
	if (fact)
		return scenario_refuse(scn, at, e,
				       "expected nothing that /expect/%zu rules out, got another "
				       "\"%s\" of %s",
				       k, fact, x->at);
	return 0;
}

/* Against itself and the members of the scenario */
static int check_alone(const struct scenario *scn, size_t i, struct err *e)
{
	const struct scn_expect *x = (const struct scn_expect *)scn->expect.v + i;
	char at[64];

	(void)snprintf(at, sizeof(at), "/expect/%zu", i);
	if (same(x->first, x->then))
		return scenario_refuse(scn, at, e,
				       "expected two events, got \"%s\" as \"first\" and \"then\"",
				       x->first);
	if (x->identity == IDENTITY_ABSENT && x->carries.n)
		return scenario_refuse(scn, at, e,
				       "expected nothing in \"carries\" beside \"identity\": "
				       "\"absent\"");
	for (size_t k = 0; k < i; k++)
		if (same(x->id, ((const struct scn_expect *)scn->expect.v)[k].id))
			return scenario_refuse(
				scn, at, e,
				"expected an \"id\" of its own, got \"%s\", which is "
				"that of /expect/%zu",
				x->id, k);
	return 0;
}

int expect_check_all(const struct scenario *scn, struct err *e)
{
	int err = 0;

	for (size_t i = 0; i < scn->expect.n && !err; i++) {
		err = check_alone(scn, i, e);
		for (size_t k = 0; k < i && !err; k++)
			err = check_pair(scn, i, k, e);
	}
	return err;
}
