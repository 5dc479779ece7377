/* Expectations about what messages carry. */
#include <string.h>

#include "lib/base/b64url.h"
#include "sim/oobsim/scenario/judge.h"
#include "sim/oobsim/events/pattern.h"

/* A run of a token is found when it is at least twice as long as this: chance does not make that */
#define PIECE 12
/* The same for the signature's octets */
#define OCTETS_PIECE 8

/* The message as it arrived; NULL, and MISSING, when it never came, or UNSEEN */
static const struct event *get(const char *name, const struct events *evs, size_t call,
			       struct outcome *o)
{
	struct pattern p;
	struct seen s;

	(void)pattern_read(&p, sv_from(name));
	if (pattern_unseen(&p, evs)) {
		outcome_unseen(o, name);
		return NULL;
	}
	if (!pattern_find(&p, evs, call, &s)) {
		o->state = OUTCOME_MISSING;
		(void)buf_printf(&o->actual, "%sno %s", o->actual.l ? ", " : "", name);
		return NULL;
	}
	outcome_add(o, seen_got(&s));
	return events_at(evs, seen_got(&s));
}

bool judge_is_message(const struct scn_expect *x)
{
	return x->message;
}

void judge_message_expected(const struct scn_expect *x, struct buf *ret)
{
	char *const *types = x->carries.v;
	const struct conf_pair *has = x->has.v, *claims = x->claims.v;

	if (x->identity == IDENTITY_PRESENT)
		(void)buf_printf(ret, "%s with an Identity header that holds a PASSporT",
				 x->message);
	else if (x->identity == IDENTITY_ABSENT)
		(void)buf_printf(ret,
				 "%s without an Identity header, and no part of the call's "
				 "PASSporT in its octets",
				 x->message);
	else
		(void)buf_printf(ret, "%s", x->message);
	for (size_t i = 0; i < x->carries.n; i++)
		(void)buf_printf(ret, "%s%s", i ? ", " : ", with PASSporTs of types ", types[i]);
	for (size_t i = 0; i < x->claims.n; i++)
		(void)buf_printf(ret, "%s %s \"%s\"", i ? "," : ", with a PASSporT of",
				 claims[i].name, claims[i].value);
	for (size_t i = 0; i < x->has.n; i++)
		(void)buf_printf(ret, *has[i].value ? ", with %s of \"%s\"" : ", without %s",
				 has[i].name, has[i].value);
}

/* Is any piece of `of` in the octets? Pieces follow one another, so each run of 2 * size - 1 octets
 * holds a whole one */
static bool has_piece(struct sv octets, struct sv of, size_t size)
{
	for (size_t i = 0; i + size <= of.l; i += size)
		if (memmem(octets.p, octets.l, of.p + i, size))
			return true;
	return false;
}

/* The token as text, or its signature as octets */
static bool holds_token(struct sv octets, struct sv token)
{
	BUF_AUTO struct buf sig = BUF(1024);
	struct sv rest = token, part = {NULL, 0};

	if (!octets.l || has_piece(octets, token, PIECE))
		return octets.l;
	while (rest.p)
		part = sv_cut(&rest, '.');
	return b64url_decode(&sig, part) == 0 && has_piece(octets, buf_sv(&sig), OCTETS_PIECE);
}

/* Nothing of any PASSporT that was seen in this call, anywhere. Each message of the call that
 * carries one tells it */
static bool holds_any_token(const struct events *evs, size_t call, struct sv octets)
{
	struct sv seen = {NULL, 0}, token;

	for (size_t i = events_call(evs, call)->first; i < events_count(evs);
	     i = events_next(evs, i)) {
		const struct event *ev = events_at(evs, i);

		for (unsigned k = 0; event_token(ev, k, &token); k++) {
			if (sv_eq(token, seen))
				continue;
			seen = token;
			if (holds_token(octets, token))
				return true;
		}
	}
	return false;
}

static void judge_identity(const struct scn_expect *x, const struct events *evs, size_t call,
			   const struct event *ev, struct outcome *o)
{
	struct sv octets = event_octets(ev), token;
	unsigned headers = event_headers(ev, "Identity");
	bool there = headers && event_token(ev, 0, &token) && token.l;

	if (x->identity == IDENTITY_PRESENT) {
		o->state = there ? OUTCOME_HOLDS : OUTCOME_BROKEN;
		(void)buf_printf(&o->actual, "%u Identity header%s", headers,
				 headers == 1 ? "" : "s");
	} else if (x->identity == IDENTITY_ABSENT && headers) {
		o->state = OUTCOME_BROKEN;
		(void)buf_printf(&o->actual, "%u Identity header%s", headers,
				 headers == 1 ? "" : "s");
	} else if (x->identity == IDENTITY_ABSENT && holds_any_token(evs, call, octets)) {
		o->state = OUTCOME_BROKEN;
		(void)buf_addz(&o->actual, "octets of the call's PASSporT are in it");
	} else {
		(void)buf_printf(&o->actual, "%zu octets%s", octets.l,
				 x->identity == IDENTITY_ABSENT
					 ? ", nothing of the PASSporT among them"
					 : "");
	}
}

void judge_message(const struct scn_expect *x, const struct events *evs, size_t call,
		   struct outcome *o)
{
	const struct event *ev = get(x->message, evs, call, o);

	if (!ev)
		return;
	o->state = OUTCOME_HOLDS;
	judge_identity(x, evs, call, ev, o);
	judge_carries(x, ev, o);
	judge_claims(x, ev, o);
	judge_has(x, ev, o);
}

bool judge_is_same_token(const struct scn_expect *x)
{
	return x->same_token.n;
}

void judge_same_token_expected(const struct scn_expect *x, struct buf *ret)
{
	char *const *v = x->same_token.v;

	(void)buf_addz(ret, "the same PASSporTs, octet for octet, in ");
	for (size_t i = 0; i < x->same_token.n; i++)
		(void)buf_printf(ret, "%s%s", i ? ", " : "", v[i]);
}

/* Do both carry the same, one by one? Counts them */
static bool same_tokens(const struct event *a, const struct event *b, unsigned *n, size_t *octets)
{
	struct sv ta, tb;

	*octets = 0;
	for (*n = 0;; (*n)++) {
		bool more_a = event_token(a, *n, &ta), more_b = event_token(b, *n, &tb);

		if (!more_a && !more_b)
			return true;
		if (more_a != more_b || !sv_eq(ta, tb))
			return false;
		*octets += ta.l;
	}
}

void judge_same_token(const struct scn_expect *x, const struct events *evs, size_t call,
		      struct outcome *o)
{
	char *const *names = x->same_token.v;
	const struct event *first = NULL;
	size_t octets = 0, compared = 0;
	unsigned n = 0;

	o->state = OUTCOME_HOLDS;
	for (size_t i = 0; i < x->same_token.n; i++) {
		const struct event *ev = get(names[i], evs, call, o);

		compared += ev && first;
		if (!ev || !first || same_tokens(first, ev, &n, &octets)) {
			first = first ? first : ev;
			continue;
		}
		o->state = OUTCOME_BROKEN;
		(void)buf_printf(&o->actual, "%sPASSporT %u of %s differs from that of the first",
				 o->actual.l ? ", " : "", n + 1, names[i]);
	}
	if ((o->state == OUTCOME_HOLDS || o->state == OUTCOME_UNSEEN) && compared && n == 0) {
		o->state = OUTCOME_BROKEN;
		(void)buf_addz(&o->actual, "no PASSporT in any of them");
	}
	if (o->state == OUTCOME_HOLDS || (o->state == OUTCOME_UNSEEN && n))
		(void)buf_printf(&o->actual, "%sthe same %u PASSporT%s, %zu octets",
				 o->actual.l ? "; " : "", n, n == 1 ? "" : "s", octets);
}

bool judge_is_new_call_id(const struct scn_expect *x)
{
	return x->new_call_id.n;
}

void judge_new_call_id_expected(const struct scn_expect *x, struct buf *ret)
{
	char *const *v = x->new_call_id.v;

	(void)buf_addz(ret, "a Call-ID of its own in each of ");
	for (size_t i = 0; i < x->new_call_id.n; i++)
		(void)buf_printf(ret, "%s%s", i ? ", " : "", v[i]);
}

void judge_new_call_id(const struct scn_expect *x, const struct events *evs, size_t call,
		       struct outcome *o)
{
	char *const *names = x->new_call_id.v;
	struct sv ids[8];
	size_t n = 0;

	o->state = OUTCOME_HOLDS;
	for (size_t i = 0; i < x->new_call_id.n; i++) {
		const struct event *ev = get(names[i], evs, call, o);

		if (!ev)
			continue;
		if (!event_header(ev, "Call-ID", 0, &ids[n])) {
			o->state = OUTCOME_BROKEN;
			(void)buf_printf(&o->actual, "no Call-ID in %s", names[i]);
			return;
		}
		for (size_t k = 0; k < n; k++)
			if (sv_eq(ids[k], ids[n]))
				o->state = OUTCOME_BROKEN;
		n++;
	}
	if (n < x->new_call_id.n)
		return;
	for (size_t i = 0; i < n; i++)
		(void)buf_printf(&o->actual, "%s\"%.*s\"", i ? ", " : "",
				 ids[i].l > 80 ? 80 : (int)ids[i].l, ids[i].p);
}
