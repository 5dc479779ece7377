/* What a STI-VS answered: is it refused at all, and for the right reason? */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/env.h"
#include "sim/oobsim/conform/profile.h"
#include "sim/oobsim/roles/role_vs.h"

#define PASSED "TN-Validation-Passed"
#define FAILED "TN-Validation-Failed"
#define NONE   "No-TN-Validation"

#define SLICE_MS 5

/* --- what is expected --- */

static void add_reasons(struct buf *ret, const struct play *p, const struct conf_list *reasons)
{
	char *const *v = reasons->v;

	for (size_t i = 0; i < reasons->n; i++) {
		enum reason reason;

		(void)buf_printf(ret, "%s%s", i ? ", or " : " because of ", v[i]);
		if (!reason_from_name(&reason, sv_from(v[i])))
			continue;
		(void)buf_addz(ret, " (");
		profile_print(ret, (enum profile)p->b->profile, reason);
		(void)buf_addz(ret, ")");
	}
}

void vs_tell_expected(struct play *p, const struct vs_step *s)
{
	static const char *const words[] = {[VS_PASSED] = PASSED,
					    [VS_REFUSED] = FAILED " or " NONE,
					    [VS_REJECTED] = "no call",
					    [VS_NONE] = NONE};
	BUF_AUTO struct buf text = BUF(sizeof(p->ret->expected));

	if (s->kind == VS_PUSH)
		(void)buf_addz(&text, s->answer == VS_PASSED ? "taken with 201" : "refused");
	else
		(void)buf_addz(&text, s->verstat ? s->verstat : words[s->answer]);
	add_reasons(&text, p, &s->reasons);
	if (s->brings.n) {
		(void)buf_addz(&text, ", hands on ");
		play_words(&text, &s->brings, ", ");
	}
	if (s->within_ms)
		(void)buf_printf(&text, ", within %lld ms", (long long)s->within_ms);
	if (s->status)
		(void)buf_printf(&text, ", status %lld", (long long)s->status);
	play_expects(p, "%s", text.p ? text.p : "");
}

/* --- what came --- */

static void add_came(struct buf *ret, const struct vs_said *said)
{
	(void)buf_printf(ret, "%u%s%s", said->status, said->verstat[0] ? " " : "", said->verstat);
	for (size_t i = 0; i < said->ncauses; i++)
		(void)buf_printf(ret, "%s%u", i ? ", " : ", because of ", said->cause[i]);
	if (said->why[0])
		(void)buf_printf(ret, " %s", said->why);
}

static int fails(struct play *p, const struct vs_said *said, const char *what)
{
	BUF_AUTO struct buf came = BUF(1024);

	add_came(&came, said);
	return play_fails(p, "call", "%s: %s", what, came.p ? came.p : "");
}

static bool is(const struct vs_said *said, const char *verstat)
{
	return strcmp(said->verstat, verstat) == 0;
}

static bool is_refusal(unsigned status)
{
	return (status >= 400 && status <= 499) || (status >= 600 && status <= 699);
}

/* --- the reason --- */

/* Our name for its words (the map's word is somewhere in them) or its status; NULL */
static const char *mapped(const struct sut *sut, const struct vs_said *said)
{
	const struct conf_pair *pairs = sut->reasons.v;

	for (size_t i = 0; i < sut->reasons.n; i++) {
		char *end;
		unsigned long status = strtoul(pairs[i].name, &end, 10);

		if (*end && strstr(said->why, pairs[i].name))
			return pairs[i].value;
		for (size_t k = 0; !*end && k < said->ncauses; k++)
			if (said->cause[k] == status)
				return pairs[i].value;
	}
	return NULL;
}

static bool is_allowed(const struct play *p, const struct conf_list *reasons, unsigned status)
{
	char *const *v = reasons->v;
	enum reason reason;

	for (size_t i = 0; i < reasons->n; i++)
		if (reason_from_name(&reason, sv_from(v[i])) &&
		    profile_allows((enum profile)p->b->profile, reason, status))
			return true;
	return false;
}

/* Refused it is; now why: what its map makes of it, else a status that the profile allows. Of several PASSporTs each that failed
 * has a reason of its own (RFC 9410 §5): one of them must be right */
static int judge_reason(struct play *p, const struct vs_step *s, const struct vs_said *said)
{
	const char *ours = mapped(p->b->sut, said);

	if (!s->reasons.n)
		return 0;
	if (ours && !play_has_word(&s->reasons, ours))
		return fails(p, said, "refused for another reason");
	if (ours)
		return 0;
	for (size_t i = 0; i < said->ncauses; i++)
		if (is_allowed(p, &s->reasons, said->cause[i]))
			return 0;
	if (said->ncauses)
		return fails(p, said, "refused for another reason");
	if (s->told)
		return fails(p, said, "it does not say why");
	p->ret->unreadable = true;
	return 0;
}

/* --- the result --- */

static int judge_passed(struct play *p, const struct vs_said *said)
{
	if (!said->goes_on)
		return fails(p, said, "it does not let the call go on");
	if (!is(said, PASSED))
		return fails(p, said, "not verified");
	return said->ncauses ? fails(p, said, "verified, and it gives a reason why not") : 0;
}

/* Whether a call that is not verified goes on is local policy, unless the case says which result it goes on with; what must not
 * be is that it counts as verified */
static int judge_refused(struct play *p, const struct vs_step *s, const struct vs_said *said)
{
	bool refused = s->verstat ? said->goes_on && is(said, s->verstat)
				  : is_refusal(said->status) || is(said, FAILED) || is(said, NONE);

	if (is(said, PASSED))
		return fails(p, said, "not refused");
	if (!refused)
		return fails(p, said, said->verstat[0] ? "another result" : "no such result");
	return judge_reason(p, s, said);
}

static int judge_rejected(struct play *p, const struct vs_step *s, const struct vs_said *said)
{
	bool rejected =
		is_refusal(said->status) || (vs_over_http(p) && said->verstat[0] && !said->goes_on);

	return rejected ? judge_reason(p, s, said) : fails(p, said, "the call goes on");
}

static int judge_none(struct play *p, const struct vs_said *said)
{
	if (!said->goes_on)
		return fails(p, said, "it does not let the call go on");
	return is(said, NONE) ? 0 : fails(p, said, "another result");
}

static int judge_result(struct play *p, const struct vs_step *s, const struct vs_said *said)
{
	switch ((enum vs_answer)s->answer) {
	case VS_PASSED:
		return judge_passed(p, said);
	case VS_REFUSED:
		return judge_refused(p, s, said);
	case VS_REJECTED:
		return judge_rejected(p, s, said);
	case VS_NONE:
		return judge_none(p, said);
	}
	return 0;
}

/* --- what else --- */

/* Takes one off the list of what came. @return false when it is not there */
static bool take_line(struct buf *came, struct sv token)
{
	struct sv rest = buf_sv(came);

	while (rest.l) {
		size_t at = (size_t)(rest.p - came->p);
		struct sv line = sv_cut(&rest, '\n');

		if (!sv_eq(line, token))
			continue;
		memset(came->p + at, '\n', line.l);
		return true;
	}
	return false;
}

static int judge_brought(struct play *p, const struct vs_step *s, struct vs_said *said)
{
	char *const *names = s->brings.v;
	struct sv left;

	for (size_t i = 0; i < s->brings.n; i++)
		if (!take_line(&said->passports, play_token(p, names[i])))
			return play_fails(p, "call", "PASSporT %s is not handed on octet for octet",
					  names[i]);
	for (left = buf_sv(&said->passports); s->brings.n && left.l;) {
		struct sv line = sv_trim(sv_cut(&left, '\n'));

		if (line.l)
			return play_fails(p, "call", "another PASSporT is handed on: %.60s…",
					  line.p);
	}
	return 0;
}

static int judge_status(struct play *p, const struct vs_step *s, const struct vs_said *said)
{
	bool right = s->status ? said->status == (unsigned)s->status
			       : said->status == 200 || said->status == 201;

	if (!vs_over_http(p) || right ||
	    (!s->status && s->answer != VS_PASSED && s->answer != VS_NONE))
		return 0;
	return fails(p, said, "another status");
}

/* What it is told to do behind the answer may come later than that */
static int judge_asked(struct play *p, const struct vs_step *s)
{
	const struct vs_around *vs = vs_around(p->b);
	uint64_t until_us = mono_us() + (uint64_t)p->b->sut->answer_ms * 1000;

	if (s->cps_asked < 0)
		return 0;
	while (vs->asked < (unsigned)s->cps_asked && mono_us() < until_us) {
		bench_wait(p->b, SLICE_MS);
		if (procs_poll(p->b->ps, 0))
			return EINTR;
	}
	if (vs->asked != (unsigned)s->cps_asked)
		return play_fails(p, "call", "the CPS was asked %u times, not %lld", vs->asked,
				  (long long)s->cps_asked);
	return 0;
}

static void tell_came(struct play *p, const struct vs_said *said)
{
	BUF_AUTO struct buf came = BUF(sizeof(p->ret->actual));

	add_came(&came, said);
	(void)snprintf(p->ret->actual, sizeof(p->ret->actual), "%s%s", came.p ? came.p : "",
		       p->ret->unreadable ? " (its reason cannot be read)" : "");
}

/* Some say more than the standard, "TN-Validation-Passed-B": what the map makes of it */
static void map_verstat(const struct sut *sut, struct vs_said *said)
{
	const char *ours = sut_reason(sut, sv_from(said->verstat));

	if (ours && strcmp(ours, reason_info(REASON_OK)->name) == 0)
		(void)snprintf(said->verstat, sizeof(said->verstat), PASSED);
}

int vs_judge(struct play *p, const struct vs_step *s, struct vs_said *said)
{
	const struct conform_result *r = p->ret;
	int err = 0;

	map_verstat(p->b->sut, said);

	if (said->err)
		return play_fails(p, "call", "no answer: %s", said->text);
	if (s->within_ms && said->ms > (uint64_t)s->within_ms)
		return play_fails(p, "call", "answered after %llu ms only",
				  (unsigned long long)said->ms);
	(void)judge_result(p, s, said);
	if (r->verdict == CONFORM_PASS)
		(void)judge_status(p, s, said);
	if (r->verdict == CONFORM_PASS)
		(void)judge_brought(p, s, said);
	if (r->verdict == CONFORM_PASS)
		err = judge_asked(p, s);
	if (r->verdict == CONFORM_PASS && vs_around(p->b)->bad[0])
		return play_fails(p, "call", "it asks the CPS wrongly: %s", vs_around(p->b)->bad);
	if (r->verdict == CONFORM_PASS && !err)
		tell_came(p, said);
	return err;
}

int vs_judge_push(struct play *p, const struct vs_step *s, const struct answer *a)
{
	/* without the right certificate TLS itself may turn it away */
	if (a->err && s->answer != VS_PASSED && s->client != CLIENT_PEER &&
	    (a->err == EPROTO || a->err == ECONNRESET))
		return 0;
	if (s->answer != VS_PASSED)
		return play_refused(p, "push", a, &s->reasons);
	if (a->err)
		return play_fails(p, "push", "no answer: %s", a->text);
	return a->status == 201 || a->status == 200 ? 0 : play_fails(p, "push", "%u", a->status);
}
