/* Role as: what its steps are made of. */
#include <string.h>

#include "sim/oobsim/roles/role_as.h"

#define MEMBER(type_, member_, kind_, ...)                                               \
	{                                                                                \
		.name = #member_, .off = offsetof(struct type_, member_), .type = kind_, \
		__VA_ARGS__                                                              \
	}

static const char *const kinds[] = {[AS_ASK] = "ask",
				    [AS_POSTED] = "posted",
				    [AS_CPS_DOES] = "cps",
				    [AS_CPS_CUTS] = "cut",
				    [AS_PUBLISH] = "publish",
				    [AS_FETCHED] = "fetched",
				    NULL};
static const char *const answers[] = {
	[AS_SIGNED] = "signed", [AS_REFUSED] = "refused", [AS_UNSIGNED] = "unsigned", NULL};
static const char *const requests[] = {
	[AS_ANY] = "any", [AS_ONE] = "one", [AS_EACH] = "each", NULL};

static const struct conf_member cps_members[] = {
	MEMBER(as_cps_answer, status, CONF_INT, .min = 200, .max = 599, .def = "201",
	       .doc = "status"),
	MEMBER(as_cps_answer, retry_after_s, CONF_INT, .min = -1, .max = 3600, .def = "-1",
	       .doc = "Retry-After; -1: none"),
	MEMBER(as_cps_answer, delay_ms, CONF_INT, .max = 10000, .def = "0",
	       .doc = "it comes so much later"),
	MEMBER(as_cps_answer, never, CONF_BOOL, .doc = "it does not come"),
	{0},
};
static const struct conf_table cps_table = {"answer of the bench's CPS",
					    sizeof(struct as_cps_answer), cps_members};

static const struct conf_member step_members[] = {
	{.name = "do",
	 .off = offsetof(struct as_step, kind),
	 .type = CONF_ENUM,
	 .required = true,
	 .words = kinds,
	 .doc = "ask: as a call control function; posted: what has come to the CPS; cps: what it "
		"answers from now on; cut: it ends all connections; publish: another CPS mapping; "
		"fetched: that has been read"},
	MEMBER(as_step, caller, CONF_STR, .def = "\"$orig\"",
	       .doc = "of an ask: calling number; texts may hold $orig, $dest, $n (the last seven "
		      "digits of both), $now, $x5u and PASSporTs"),
	MEMBER(as_step, called, CONF_STR, .def = "\"$dest\"", .doc = "called number"),
	MEMBER(as_step, host, CONF_STR, .def = "\"osp.example\"", .doc = "host of the From URI"),
	MEMBER(as_step, from, CONF_STR, .doc = "SIP: the whole From"),
	MEMBER(as_step, pai, CONF_STR, .doc = "SIP: P-Asserted-Identity"),
	MEMBER(as_step, uri, CONF_STR, .doc = "SIP: the whole Request-URI"),
	MEMBER(as_step, date, CONF_STR,
	       .doc = "date of the call in seconds since 1970, over SIP also any text; absent: "
		      "none, "
		      "over HTTP now"),
	MEMBER(as_step, attest, CONF_STR, .doc = "attestation that the call control says"),
	MEMBER(as_step, origid, CONF_STR, .doc = "origination identifier that it says"),
	MEMBER(as_step, rn, CONF_STR, .doc = "routing number"),
	MEMBER(as_step, cic, CONF_STR, .doc = "carrier"),
	MEMBER(as_step, brings, CONF_STRS, .max = 16, .doc = "PASSporTs that the call has already"),
	MEMBER(as_step, before, CONF_STRS, .max = 4,
	       .doc = "numbers that the call was for before; over HTTP the last one"),
	MEMBER(as_step, headers, CONF_STR, .doc = "SIP: further header lines"),
	MEMBER(as_step, members, CONF_STR,
	       .doc = "HTTP: merge patch (RFC 7396) of the signingRequest"),
	MEMBER(as_step, answer, CONF_ENUM, .words = answers,
	       .doc = "signed; refused: with a status from 400 on; unsigned: refused, or answered "
		      "without a PASSporT"),
	MEMBER(as_step, codes, CONF_STRS, .max = 16, .doc = "statuses that it may have"),
	MEMBER(as_step, types, CONF_STRS, .max = 16, .def = "[\"shaken\"]",
	       .doc = "ppt of each PASSporT that is answered"),
	MEMBER(as_step, claims, CONF_STR,
	       .doc = "what the first one says, as a JSON object; null: what it does not say"),
	MEMBER(as_step, checks, CONF_STRS, .max = 16,
	       .doc = "what else must hold of the answer, or of the POST"),
	MEMBER(as_step, path, CONF_STR, .doc = "posted: path that it must have"),
	MEMBER(as_step, posts, CONF_STRS, .max = 16, .def = "[\"1\"]",
	       .doc = "posted: these octets in this order: \"1\" the first PASSporT of the answer, "
		      "…, or names of PASSporTs"),
	MEMBER(as_step, requests, CONF_ENUM, .words = requests,
	       .doc = "posted: in how many requests; each: one for each, in any order"),
	MEMBER(as_step, not_before_ms, CONF_INT, .max = 10000, .def = "0",
	       .doc = "posted: so long after the answer to the request before it at the earliest"),
	MEMBER(as_step, at_most, CONF_INT, .max = 100, .def = "0",
	       .doc = "posted: so many requests within within_ms at the most, whatever they bring"),
	MEMBER(as_step, never, CONF_BOOL,
	       .doc = "posted: nothing, within within_ms; without that until a later call's "
		      "PASSporT has come"),
	MEMBER(as_step, within_ms, CONF_INT, .max = 20000, .def = "0",
	       .doc = "until then; 0: 1000 for what is posted or fetched, answer_ms for an answer"),
	MEMBER(as_step, answers, CONF_LIST, .max = 16, .sub = &cps_table,
	       .doc = "cps: one for each request, the last one for all further ones"),
	MEMBER(as_step, lists, CONF_STR, .doc = "publish: as the case's member published"),
	MEMBER(as_step, times, CONF_INT, .max = 100, .def = "1", .doc = "fetched: so often"),
	{0},
};
const struct conf_table as_step_table = {"step of a case", sizeof(struct as_step), step_members};

const char *as_step_word(const struct as_step *s)
{
	return kinds[s->kind];
}

static int check_posts(const struct case_place *at, const struct conform_case *c, size_t i)
{
	const struct as_step *s = (const struct as_step *)c->steps.v + i;
	char *const *v = s->posts.v;
	char member[64];

	for (size_t k = 0; k < s->posts.n; k++) {
		(void)snprintf(member, sizeof(member), "/steps/%zu/posts/%zu", i, k);
		if (!(v[k][0] >= '1' && v[k][0] <= '9' && !v[k][1]) && !case_has_token(c, v[k]))
			return case_refuse(at, member, "\"1\" to \"9\" or a PASSporT of the case",
					   v[k]);
	}
	return 0;
}

static int check_checks(const struct case_place *at, const struct as_step *s, size_t i)
{
	char *const *v = s->checks.v;
	char member[64];

	for (size_t k = 0; k < s->checks.n; k++) {
		const char *const *word = as_check_words;

		while (*word && strcmp(*word, v[k]) != 0)
			word++;
		(void)snprintf(member, sizeof(member), "/steps/%zu/checks/%zu", i, k);
		if (!*word)
			return case_refuse(at, member, "what can be checked", v[k]);
	}
	return 0;
}

int as_check_step(const struct case_place *at, const struct conform_case *c, size_t i)
{
	const struct as_step *s = (const struct as_step *)c->steps.v + i;
	char member[64];
	int err = case_check_tokens(at, c, i, "brings", &s->brings);

	if (!err)
		err = check_posts(at, c, i);
	if (!err)
		err = check_checks(at, s, i);
	(void)snprintf(member, sizeof(member), "/steps/%zu/lists", i);
	if (!err && s->kind == AS_PUBLISH && (!s->lists || !as_lists_known(s->lists)))
		err = case_refuse(at, member, "what can be published", s->lists ? s->lists : "");
	(void)snprintf(member, sizeof(member), "/steps/%zu/answers", i);
	if (!err && s->kind == AS_CPS_DOES && !s->answers.n)
		err = case_refuse(at, member, "answers", "none");
	return err;
}
