/* What must come of a step of a CPS's case, and whether it did. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/oobsim/roles/role_cps.h"

/* --- endings --- */

static bool word_matches(struct sv want, struct sv got)
{
	if (want.l == 3 && want.p[1] == 'x')
		return got.l == 3 && got.p[0] == want.p[0];
	return sv_eq(want, got);
}

/* The wanted words are those that came; where nothing is said about the connection's end, either will do. 1xx that is not
 * asked for may stand before any answer (RFC 9110 §15.2) */
static bool ending_is(const char *is, const char *outcome)
{
	struct sv want = sv_from(is), got = sv_from(outcome), w = sv_cut(&want, ' ');

	while (got.l) {
		struct sv g = sv_cut(&got, ' ');

		if (w.l && word_matches(w, g))
			w = sv_cut(&want, ' ');
		else if (!(g.l == 3 && g.p[0] == '1') && !(sv_eqz(g, "closed") && !w.l))
			return false;
	}
	return !w.l;
}

bool cps_ends_well(const struct conf_list *endings, const char *outcome, bool *merely)
{
	const struct cps_ending *v = endings->v;

	for (size_t i = 0; i < endings->n; i++) {
		*merely = v[i].merely;
		if (ending_is(v[i].is, outcome))
			return true;
	}
	return false;
}

static void tell_endings(struct buf *ret, const struct conf_list *endings)
{
	const struct cps_ending *v = endings->v;

	for (size_t i = 0; i < endings->n; i++)
		(void)buf_printf(ret, "%s%s%s", i ? " or " : "", v[i].is,
				 v[i].merely ? " (merely allowed)" : "");
}

/* --- what is expected --- */

static void tell_brings(struct play *p, const struct cps_step *s)
{
	const struct conf_list *list = s->some.n ? &s->some : &s->brings;
	BUF_AUTO struct buf words = BUF(sizeof(p->ret->expected));

	play_words(&words, list, ", ");
	play_expects(p, "%s%s%s",
		     s->some.n     ? (s->maybe ? "none but the PASSporTs "
					       : "one at least of the PASSporTs ")
		     : s->brings.n ? "exactly the PASSporTs "
				   : "no PASSporT",
		     words.l ? words.p : "", s->rest ? " that did not come before" : "");
}

void cps_tell_expected(struct play *p, const struct cps_step *s)
{
	BUF_AUTO struct buf words = BUF(sizeof(p->ret->expected));

	if (s->kind == CPS_NEVER) {
		play_words(&words, &s->of, " and ");
		play_expects(p, "no %s within %lld ms", words.p, (long long)s->ms);
	} else if (s->answers.n) {
		tell_endings(&words, &s->answers);
		play_expects(p, "%s", words.p);
	} else if (s->kind == CPS_RAW && (s->end == RAW_CLOSE || s->end == RAW_RESET)) {
		play_expects(p, "a connection that breaks off");
	} else if (s->answer == CPS_REFUSED) {
		play_words(&words, &s->reasons, " or ");
		play_expects(p, "refused%s%s", words.l ? ": " : "", words.l ? words.p : "");
	} else if (s->kind == CPS_POST || s->kind == CPS_RAW) {
		play_expects(p, "accepted with 201");
	} else if (s->kind == CPS_PULL || s->kind == CPS_GOT) {
		tell_brings(p, s);
	}
}

/* --- PASSporTs --- */

bool cps_take_line(struct buf *came, struct sv token)
{
	struct sv rest = buf_sv(came);

	while (rest.l) {
		size_t at = (size_t)(rest.p - came->p);
		struct sv line = sv_cut(&rest, '\n');

		if (!sv_eq(sv_trim(line), token))
			continue;
		memset(came->p + at, '\n', line.l);
		return true;
	}
	return false;
}

/* By the place of a name among the case's PASSporTs; 0 for "a" of a case that names none */
static size_t token_number(const struct play *p, const char *name)
{
	const struct case_token *t = p->c->tokens.v;
	size_t i = 0;

	while (i < p->c->tokens.n && strcmp(t[i].name, name) != 0)
		i++;
	return i < CASE_TOKENS ? i : 0;
}

static int judge_left(struct cps_ask *ask)
{
	struct sv left = buf_sv(&ask->answer.body);

	while (left.l) {
		struct sv line = sv_trim(sv_cut(&left, '\n'));

		if (line.l)
			return play_fails(ask->p, cps_word(ask),
					  "a PASSporT came that must not: %.60s…", line.p);
	}
	return 0;
}

static int judge_brought(struct cps_ask *ask)
{
	const struct cps_step *s = ask->step;
	struct cps_play *cp = ask->p->state;
	const struct conf_list *list = s->some.n ? &s->some : &s->brings;
	char *const *names = list->v;
	struct buf *came = &ask->answer.body;
	size_t any = 0;

	for (size_t i = 0; i < list->n; i++) {
		bool *before = &cp->brought[token_number(ask->p, names[i])];
		bool wanted = !(s->rest && *before);

		if (wanted && cps_take_line(came, play_token(ask->p, names[i])))
			*before = ++any > 0;
		else if (wanted && !s->some.n)
			return play_fails(ask->p, cps_word(ask), "PASSporT %s did not come; %s",
					  names[i], came->l ? "others did" : "nothing did");
	}
	if (s->some.n && !any && !s->maybe)
		return play_fails(ask->p, cps_word(ask), "none of them came");
	return judge_left(ask);
}

/* --- the answer --- */

static int judge_ending(struct cps_ask *ask)
{
	bool merely = false;

	if (!cps_ends_well(&ask->step->answers, ask->outcome, &merely))
		return play_fails(ask->p, cps_word(ask), "%s%s%s", ask->outcome,
				  ask->answer.err ? ": " : "", ask->answer.text);
	if (merely || !*ask->p->ret->actual)
		(void)snprintf(ask->p->ret->actual, sizeof(ask->p->ret->actual),
			       "step %zu (%s): %s%s", ask->at + 1, cps_word(ask), ask->outcome,
			       merely ? ": merely allowed" : "");
	if (ask->step->reasons.n && ask->answer.status >= 400)
		return play_refused(ask->p, cps_word(ask), &ask->answer, &ask->step->reasons);
	return 0;
}

static int judge_refused(struct cps_ask *ask)
{
	const struct answer *a = &ask->answer;

	/* a peer without the right certificate may be turned away by TLS itself */
	if (a->err && ask->step->kind == CPS_PULL && ask->step->client != CLIENT_PEER &&
	    (a->err == EPROTO || a->err == ECONNRESET))
		return 0;
	return play_refused(ask->p, cps_word(ask), a, &ask->step->reasons);
}

static int judge_accepted(struct cps_ask *ask)
{
	const struct answer *a = &ask->answer;
	const char *reason = play_reason(ask->p, a);
	bool pull = ask->step->kind == CPS_PULL;

	if (a->err)
		return play_fails(ask->p, cps_word(ask), "no answer: %s", a->text);
	if (pull ? a->status != 200 && a->status != 204 : a->status != 201)
		return play_fails(ask->p, cps_word(ask), "%u %s", a->status, reason ? reason : "");
	return pull ? judge_brought(ask) : 0;
}

/* Header lines and octets of a raw; Retry-After of a post */
static int judge_more(struct cps_ask *ask)
{
	const struct cps_step *s = ask->step;
	char *const *headers = s->headers.v, *const *tokens = s->without.v;
	const struct http_message msg = {.fields = ask->fields};

	for (size_t i = 0; i < s->headers.n; i++)
		if (!http_header(&msg, headers[i]).p)
			return play_fails(ask->p, cps_word(ask), "%s without %s", ask->outcome,
					  headers[i]);
	for (size_t i = 0; i < s->without.n; i++) {
		struct sv token = play_token(ask->p, tokens[i]);

		if (ask->got.l && token.l && memmem(ask->got.p, ask->got.l, token.p, token.l))
			return play_fails(ask->p, cps_word(ask), "PASSporT %s came", tokens[i]);
	}
	if (s->retry_after && ask->answer.status >= 400 && ask->retry_after_s < 0)
		return play_fails(ask->p, cps_word(ask), "%s without Retry-After", ask->outcome);
	return 0;
}

static bool breaks_off(const struct cps_step *s)
{
	return s->kind == CPS_RAW && !s->answers.n && (s->end == RAW_CLOSE || s->end == RAW_RESET);
}

int cps_judge(struct cps_ask *ask)
{
	const struct cps_step *s = ask->step;
	struct conform_result *ret = ask->p->ret;

	if (breaks_off(s))
		return 0;
	if (s->answers.n)
		(void)judge_ending(ask);
	else
		(void)(s->answer == CPS_REFUSED ? judge_refused(ask) : judge_accepted(ask));
	if (ret->verdict == CONFORM_PASS && s->answers.n && (s->brings.n || s->some.n) &&
	    ask->answer.status == 200)
		(void)judge_brought(ask);
	if (ret->verdict == CONFORM_PASS)
		(void)judge_more(ask);
	if (ret->verdict == CONFORM_PASS && s->within_ms && s->kind != CPS_RAW &&
	    ask->took_ms > (uint64_t)s->within_ms)
		(void)play_fails(ask->p, cps_word(ask), "%s after %llu ms", ask->outcome,
				 (unsigned long long)ask->took_ms);
	/* a program that crashed ends a moment after its connections */
	ask->p->cut_off |=
		ret->verdict == CONFORM_FAIL && ask->answer.err && ask->answer.err != ETIMEDOUT;
	return 0;
}
