/* Expectations that make no sense are refused when the scenario is read, not when it has run. */
#include <errno.h>
#include <string.h>

#include "lib/base/buf.h"
#include "sim/oobsim/scenario/element.h"
#include "sim/oobsim/scenario/expect.h"
#include "sim/oobsim/scenario/judge.h"
#include "sim/oobsim/events/pattern.h"

const char *expect_check_pattern(struct sv v)
{
	struct pattern p;

	return pattern_read(&p, v);
}

const char *expect_check_steps(struct sv v)
{
	return sv_eqz(v, "5.3") ? NULL : "\"5.3\"";
}

static int check_element(const struct scenario *scn, const char *at, const char *name,
			 struct err *e)
{
	if (element_exists(scn, sv_from(name)))
		return 0;
	return scenario_refuse(scn, at, e,
			       "expected an element of this world, like \"osp.as\", got \"%.60s\"",
			       name);
}

static int check_pattern(const struct scenario *scn, const char *at, const char *text,
			 struct err *e)
{
	struct pattern p;
	int err;

	if (!text || pattern_read(&p, sv_from(text)))
		return 0;
	err = check_element(scn, at, p.from, e);
	return err || !*p.to ? err : check_element(scn, at, p.to, e);
}

static int check_patterns(const struct scenario *scn, const char *at, const struct conf_list *list,
			  struct err *e)
{
	char *const *v = list->v;
	int err = 0;

	for (size_t i = 0; i < list->n && !err; i++) {
		char where[128];

		(void)snprintf(where, sizeof(where), "%s/%zu", at, i);
		err = check_pattern(scn, where, v[i], e);
		for (size_t k = 0; k < i && !err; k++)
			if (strcmp(v[k], v[i]) == 0)
				err = scenario_refuse(scn, where, e,
						      "expected each event once, got \"%s\" again",
						      v[i]);
	}
	return err;
}

/* Members that only mean something beside another one */
static int check_company(const struct scenario *scn, const struct scn_expect *x, const char *at,
			 struct err *e)
{
	bool facts = x->verstat || x->used || x->attest || x->what || x->is.n;

	if (!x->first != !x->then)
		return scenario_refuse(scn, at, e, "expected both \"first\" and \"then\"");
	if ((x->identity != IDENTITY_UNSAID || x->carries.n || x->claims.n || x->has.n) &&
	    !x->message)
		return scenario_refuse(scn, at, e,
				       "expected \"message\" beside \"identity\", \"carries\", "
				       "\"claims\" and \"has\"");
	if ((facts || x->stored != STORED_UNSAID) && !x->at)
		return scenario_refuse(scn, at, e, "expected \"at\", the element that says so");
	if (x->is.n && !x->what)
		return scenario_refuse(scn, at, e,
				       "expected \"what\", the note that \"is\" tells of");
	if (x->at && !facts && x->stored == STORED_UNSAID)
		return scenario_refuse(
			scn, at, e,
			"expected a fact beside \"at\": verstat, used, attest, stored or what");
	if (facts && x->stored != STORED_UNSAID)
		return scenario_refuse(scn, at, e, "expected \"stored\" alone beside \"at\"");
	return 0;
}

/* verstat and the like are told by elements of a few kinds only */
static int check_teller(const struct scenario *scn, const struct scn_expect *x, const char *parent,
			struct err *e)
{
	enum element_kind kind;
	char at[64];

	if (!x->at)
		return 0;
	(void)snprintf(at, sizeof(at), "%s/at", parent);
	if (check_element(scn, at, x->at, e))
		return EBADMSG;
	(void)element_kind_of(sv_from(x->at), &kind);
	if (x->stored != STORED_UNSAID && kind != ELEMENT_CPS)
		return scenario_refuse(scn, at, e, "expected a CPS beside \"stored\", got \"%s\"",
				       x->at);
	if (!x->what && x->used && kind != ELEMENT_VS)
		return scenario_refuse(scn, at, e, "expected a STI-VS beside \"used\", got \"%s\"",
				       x->at);
	if (!x->what && x->verstat && kind != ELEMENT_VS && kind != ELEMENT_PHONE)
		return scenario_refuse(
			scn, at, e, "expected a phone or a STI-VS beside \"verstat\", got \"%s\"",
			x->at);
	if (!x->what && x->attest && kind != ELEMENT_VS && kind != ELEMENT_AS)
		return scenario_refuse(
			scn, at, e, "expected a STI-AS or a STI-VS beside \"attest\", got \"%s\"",
			x->at);
	return 0;
}

/* What "has" names of an IAM is a field that we read */
static int check_has(const struct scenario *scn, const struct scn_expect *x, const char *parent,
		     struct err *e)
{
	const struct conf_pair *has = x->has.v;
	struct pattern p;
	char at[128];

	if (!x->has.n)
		return 0;
	(void)pattern_read(&p, sv_from(x->message));
	for (size_t i = 0; i < x->has.n && strcmp(p.what, "IAM") == 0; i++) {
		(void)snprintf(at, sizeof(at), "%s/has/%.60s", parent, has[i].name);
		if (!judge_has_field(sv_from(has[i].name)))
			return scenario_refuse(scn, at, e,
					       "expected a field of an IAM: called, calling, "
					       "original-called, redirecting, ported, tns, cip or "
					       "m-bit");
	}
	return 0;
}

static int check_one_kind(const struct scenario *scn, const struct scn_expect *x, const char *at,
			  struct err *e)
{
	BUF_AUTO struct buf all = BUF(300);
	size_t n = 0;

	for (const struct judge_kind *k = judge_kinds; k->member; k++) {
		n += k->is(x);
		/* "stored" stands beside "at" */
		if (!k->world)
			(void)buf_printf(&all, "%s%s", all.l ? ", " : "", k->member);
	}
	if (n == 1)
		return 0;
	return scenario_refuse(scn, at, e, "expected exactly one of %s, got %zu of them", all.p, n);
}

int expect_check(const struct scenario *scn, size_t i, struct err *e)
{
	const struct scn_expect *x = (const struct scn_expect *)scn->expect.v + i;
	const struct {
		const char *member;
		const char *text;
	} ones[] = {{"first", x->first}, {"then", x->then}, {"message", x->message}};
	const struct {
		const char *member;
		const struct conf_list *list;
	} many[] = {{"order", &x->order},
		    {"same-token", &x->same_token},
		    {"new-call-id", &x->new_call_id},
		    {"never", &x->never}};
	char at[48], where[96];
	int err;

	(void)snprintf(at, sizeof(at), "/expect/%zu", i);
	err = check_company(scn, x, at, e);
	if (!err)
		err = check_one_kind(scn, x, at, e);
	if (!err)
		err = check_teller(scn, x, at, e);
	if (!err)
		err = check_has(scn, x, at, e);
	for (size_t k = 0; k < sizeof(ones) / sizeof(ones[0]) && !err; k++) {
		(void)snprintf(where, sizeof(where), "%s/%s", at, ones[k].member);
		err = check_pattern(scn, where, ones[k].text, e);
	}
	for (size_t k = 0; k < sizeof(many) / sizeof(many[0]) && !err; k++) {
		(void)snprintf(where, sizeof(where), "%s/%s", at, many[k].member);
		err = check_patterns(scn, where, many[k].list, e);
	}
	return err;
}
