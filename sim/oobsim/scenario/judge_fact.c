/* Facts at an element: members of a note that it makes. */
#include <string.h>

#include "lib/stir/passport.h"
#include "sim/oobsim/scenario/element.h"
#include "sim/oobsim/scenario/judge.h"

#define FACTS_MAX 16

struct fact {
	const char *member, *value;
};

/* What an expectation says of one note of one element */
struct facts {
	const char *what;
	struct fact v[FACTS_MAX];
	size_t n;
};

/* In which note an element of a kind tells it */
static const struct {
	enum element_kind kind;
	const char *what;
} tells[] = {{ELEMENT_PHONE, "phone.called"}, {ELEMENT_VS, "vs.result"}, {ELEMENT_AS, "as.attest"}};

static void add_fact(struct facts *f, const char *member, const char *value)
{
	if (value && f->n < FACTS_MAX)
		f->v[f->n++] = (struct fact){member, value};
}

static void facts_of(const struct scn_expect *x, struct facts *f)
{
	const struct conf_pair *is = x->is.v;
	enum element_kind kind;

	*f = (struct facts){.what = x->what};
	add_fact(f, "verstat", x->verstat);
	add_fact(f, "used", x->used);
	add_fact(f, "attest", x->attest);
	for (size_t i = 0; i < x->is.n; i++)
		add_fact(f, is[i].name, is[i].value);
	if (f->what || !element_kind_of(sv_from(x->at), &kind))
		return;
	for (size_t i = 0; i < sizeof(tells) / sizeof(tells[0]); i++)
		if (tells[i].kind == kind)
			f->what = tells[i].what;
}

bool judge_is_fact(const struct scn_expect *x)
{
	return x->at && x->stored == STORED_UNSAID;
}

void judge_fact_expected(const struct scn_expect *x, struct buf *ret)
{
	struct facts f;

	facts_of(x, &f);
	(void)buf_printf(ret, "%s %s", x->at, f.what ? f.what : "?");
	for (size_t i = 0; i < f.n; i++)
		(void)buf_printf(ret, "%s %s \"%s\"", i ? "," : ":", f.v[i].member, f.v[i].value);
}

/* A scenario names the usual ports; where all elements have one address they have others, behind the same names */
static bool same_url(struct sv got, struct sv want)
{
	struct sv a = got, b = want;

	if (!sv_starts(want, "https://"))
		return false;
	for (int i = 0; i < 2; i++)
		if (!sv_eq(sv_cut(&a, ':'), sv_cut(&b, ':')))
			return false;
	(void)sv_cut(&a, '/');
	(void)sv_cut(&b, '/');
	return sv_eq(a, b);
}

static bool same(const struct events *evs, const char *got, const char *want)
{
	return strcmp(got, want) == 0 ||
	       (events_shared(evs) && same_url(sv_from(got), sv_from(want)));
}

/* Several that will do have a "|" between them */
static bool will_do(const struct events *evs, const char *got, const char *wanted)
{
	struct sv rest = sv_from(wanted);
	char one[256];

	while (rest.p) {
		struct sv word = sv_cut(&rest, '|');

		(void)snprintf(one, sizeof(one), "%.*s", SV_ARG(word));
		if (same(evs, got, one))
			return true;
	}
	return false;
}

/* Does the note say it all? Tells what it does say */
static bool note_fits(const struct events *evs, const struct event *ev, const struct facts *f,
		      struct buf *actual)
{
	char got[256];
	bool fits = true;

	buf_reset(actual);
	(void)buf_printf(actual, "%s %s", ev->at, ev->what);
	for (size_t i = 0; i < f->n; i++) {
		bool there = event_fact(ev, f->v[i].member, got, sizeof(got));

		(void)buf_printf(actual, there ? "%s %s \"%s\"" : "%s no %s", i ? "," : ":",
				 f->v[i].member, got);
		fits = fits && there && will_do(evs, got, f->v[i].value);
	}
	return fits;
}

/* Of no call: what the element fetches, it uses for all of them */
static bool is_of_element(const char *what)
{
	return sv_starts(sv_from(what), "map.") || sv_starts(sv_from(what), "trust.");
}

/* Attestation of the first PASSporT that is seen of the call */
static bool attest_seen(const struct events *evs, size_t call, char ret[8], size_t *ret_event)
{
	struct sv token;

	for (size_t i = events_call(evs, call)->first; i < events_count(evs);
	     i = events_next(evs, i)) {
		struct passport *pp = NULL;
		bool found = event_token(events_at(evs, i), 0, &token) &&
			     passport_parse(&pp, token, NULL) == 0 && sv_eqz(pp->ppt, "shaken");

		if (found)
			(void)snprintf(ret, 8, "%.*s", SV_ARG(pp->attest));
		passport_unref(pp);
		*ret_event = i;
		if (found)
			return true;
	}
	return false;
}

/* Does the first provider give a PASSporT to anybody of ours? */
static bool shows_passports(const struct events *evs)
{
	char switch_[64], as[64], cps[64];
	const char *first = events_hop(evs, 0), *last = events_hop(evs, events_hops(evs) - 1);

	(void)snprintf(switch_, sizeof(switch_), "%.50s.switch", first);
	(void)snprintf(as, sizeof(as), "%.50s.as", first);
	(void)snprintf(cps, sizeof(cps), "%.50s.cps", last);
	return events_see(evs, switch_, as) || events_see(evs, as, cps);
}

/* What a STI-AS that is not ours attests is in what it signs */
static void judge_attest_seen(const char *want, const struct events *evs, size_t call,
			      struct outcome *o)
{
	char got[8];
	size_t i;

	o->state = OUTCOME_MISSING;
	if (!attest_seen(evs, call, got, &i)) {
		if (events_hops(evs) && !shows_passports(evs)) {
			o->state = OUTCOME_HOLDS;
			outcome_unseen(o, "the PASSporT");
			return;
		}
		(void)buf_addz(&o->actual, "no PASSporT is seen");
		return;
	}
	outcome_add(o, i);
	o->state = strcmp(got, want) == 0 ? OUTCOME_HOLDS : OUTCOME_BROKEN;
	(void)buf_printf(&o->actual, "a PASSporT with attest \"%s\"", got);
}

/* Of an element that is not ours no note is known */
static void judge_foreign(const struct scn_expect *x, const struct events *evs, size_t call,
			  struct outcome *o)
{
	enum element_kind kind;

	if (x->attest && !x->what && element_kind_of(sv_from(x->at), &kind) && kind == ELEMENT_AS)
		judge_attest_seen(x->attest, evs, call, o);
	else
		outcome_unseen(o, x->at);
}

void judge_fact(const struct scn_expect *x, const struct events *evs, size_t call,
		struct outcome *o)
{
	struct facts f;
	bool of_element;

	facts_of(x, &f);
	if (events_is_foreign(evs, x->at)) {
		judge_foreign(x, evs, call, o);
		return;
	}
	o->state = OUTCOME_MISSING;
	(void)buf_printf(&o->actual, "%s says no %s", x->at, f.what ? f.what : "such thing");
	of_element = f.what && is_of_element(f.what);
	for (size_t i = of_element ? 0 : events_call(evs, call)->first;
	     f.what && i < events_count(evs); i = of_element ? i + 1 : events_next(evs, i)) {
		const struct event *ev = events_at(evs, i);

		if (ev->kind != EVENT_NOTE || strcmp(ev->at, x->at) != 0 ||
		    strcmp(ev->what, f.what) != 0)
			continue;
		o->n = 0;
		outcome_add(o, i);
		if (note_fits(evs, ev, &f, &o->actual)) {
			o->state = OUTCOME_HOLDS;
			return;
		}
	}
}

/* Is the STI-AS of who begins the call not ours? */
static bool foreign_as(const struct events *evs)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%.50s.as", events_hop(evs, 0));
	return events_is_foreign(evs, name);
}

void judge_attest(int attest, const struct events *evs, size_t call, struct outcome *o)
{
	static const char *const levels[] = {
		[ATTEST_ANY] = NULL, [ATTEST_A] = "A", [ATTEST_B] = "B", [ATTEST_C] = "C"};

	/* the first note is the first STI-AS's; one that is not ours makes none */
	if (events_hops(evs) && foreign_as(evs)) {
		judge_attest_seen(levels[attest], evs, call, o);
		return;
	}
	o->state = OUTCOME_MISSING;
	(void)buf_addz(&o->actual, "no STI-AS says as.attest");
	for (size_t i = events_call(evs, call)->first; i < events_count(evs);
	     i = events_next(evs, i)) {
		const struct event *ev = events_at(evs, i);
		struct facts f = {"as.attest", {{"attest", levels[attest]}}, 1};

		if (ev->kind != EVENT_NOTE || strcmp(ev->what, f.what) != 0)
			continue;
		outcome_add(o, i);
		o->state = note_fits(evs, ev, &f, &o->actual) ? OUTCOME_HOLDS : OUTCOME_BROKEN;
		return;
	}
}

bool judge_is_stored(const struct scn_expect *x)
{
	return x->at && x->stored != STORED_UNSAID;
}

void judge_stored_expected(const struct scn_expect *x, struct buf *ret)
{
	(void)buf_printf(ret, "%lld PASSporTs in the store of %s at the end", (long long)x->stored,
			 x->at);
}

/* The CPS says with each change how many it holds then */
void judge_stored(const struct scn_expect *x, const struct events *evs, size_t call,
		  struct outcome *o)
{
	char size[32] = "0", want[32];

	(void)call;
	if (events_is_foreign(evs, x->at)) {
		outcome_unseen(o, x->at);
		return;
	}
	for (size_t i = 0; i < events_count(evs); i++) {
		const struct event *ev = events_at(evs, i);

		if (ev->kind != EVENT_NOTE || strcmp(ev->at, x->at) != 0 ||
		    !event_fact(ev, "size", size, sizeof(size)))
			continue;
		o->n = 0;
		outcome_add(o, i);
	}
	(void)snprintf(want, sizeof(want), "%lld", (long long)x->stored);
	o->state = strcmp(size, want) == 0 ? OUTCOME_HOLDS : OUTCOME_MISSING;
	(void)buf_printf(&o->actual, "%s%s", size, o->n ? "" : " (nothing was ever stored)");
}
