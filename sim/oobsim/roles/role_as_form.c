/* Role as: checks of one answered PASSporT and of the header that it came in, by their words. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/base/b64url.h"
#include "lib/base/env.h"
#include "lib/stir/identity.h"
#include "lib/stir/passport.h"
#include "sim/oobsim/roles/role_as.h"

DEFINE_AUTO(json_t, json_decref)
DEFINE_AUTO(struct passport, passport_unref)

/* A call takes so long at the most, and clocks of two machines differ */
#define NOW_S 5

/* One answered PASSporT */
struct view {
	struct as_bench *a;
	const struct as_step *step;
	const struct as_said *said;
	size_t i;
	const struct passport *pp;
	struct err *text; /* what is wrong */
};

static int64_t now_s(void)
{
	struct env_shift shift = {0};
	struct env env = env_system(&shift);

	return env_now_s(&env);
}

/* --- the PASSporT --- */

/* All that its verdict rests on: docs/vectors.md */
static json_t *vector_of(const struct view *v)
{
	const struct bench *b = v->a->b;
	json_t *fetch = json_object();
	char dest[64];

	(void)snprintf(dest, sizeof(dest), "%.*s", SV_ARG(passport_dest(v->pp, 0)));
	if (vector_fetch_add(fetch, b->scene, AS_CRED, AS_X5U, v->text)) {
		json_decref(fetch);
		return NULL;
	}
	return json_pack("{s:s, s:I, s:{s:s%, s:{s:s%, s:s}}, s:o, s:O}", "kind", "passport", "now",
			 (json_int_t)now_s(), "input", "token", v->pp->token.p, v->pp->token.l,
			 "call", "orig", v->pp->orig_tn.p ? v->pp->orig_tn.p : "", v->pp->orig_tn.l,
			 "dest", dest, "fetch", fetch, "trust", vector_trust(b->scene, CASE_USUAL));
}

/* By the checks of an STI-VS; of types that it does not know the signature alone */
static bool verifies(const struct view *v)
{
	bool known = sv_eqz(v->pp->ppt, "shaken") || sv_eqz(v->pp->ppt, "div");
	AUTO(json_decref) json_t *vector = NULL;
	struct vector_verdict verdict;
	char why[FAULT_TEXT_MAX];

	if (!known &&
	    key_verify(vector_key(v->a->b->scene, AS_CRED), v->pp->signing_input, v->pp->sig) == 0)
		return true;
	if (!known)
		return err_set(v->text, 0, "its signature does not verify");
	vector = vector_of(v);
	if (!vector || vector_judge(vector, "vs", &verdict, v->text))
		return false;
	if (verdict.fault.reason == REASON_OK)
		return true;
	fault_text(&verdict.fault, why);
	return err_set(v->text, 0, "it does not verify: %s", why);
}

static bool is_canonical(const struct view *v)
{
	static const char *const names[] = {"header", "payload"};
	struct sv rest = v->pp->token;

	for (size_t i = 0; i < 2; i++) {
		BUF_AUTO struct buf text = BUF(PASSPORT_MAX_LEN), want = BUF(PASSPORT_MAX_LEN);
		struct sv part = sv_cut(&rest, '.');

		(void)json_canonical(&want, i ? v->pp->claims : v->pp->header);
		(void)b64url_decode(&text, part);
		if (!sv_eq(buf_sv(&text), buf_sv(&want)))
			return err_set(v->text, 0, "its %s is %.60s…, expected %.60s…", names[i],
				       text.p ? text.p : "", want.p ? want.p : "");
	}
	return true;
}

static bool member_is(const struct view *v, const char *name, struct sv came, const char *want)
{
	if (came.p && sv_eqz(came, want))
		return true;
	return err_set(v->text, 0, "%s is \"%.*s\", expected \"%s\"", name, SV_ARG(came), want);
}

static bool has_alg(const struct view *v)
{
	return member_is(v, "alg", v->pp->alg, "ES256");
}

static bool has_typ(const struct view *v)
{
	return member_is(v, "typ", v->pp->typ, "passport");
}

static bool has_x5u(const struct view *v)
{
	return member_is(v, "x5u", v->pp->x5u, AS_X5U);
}

/* The date of the question when it has one, or the moment (RFC 8224 4.1) */
static bool has_iat(const struct view *v)
{
	BUF_AUTO struct buf date = BUF(256);
	unsigned long long asked = 0;
	int64_t now = now_s();

	if (!v->pp->has_iat)
		return err_set(v->text, 0, "iat is no number");
	if (v->step->date && as_expand(v->a, &date, v->step->date, v->text) == 0 &&
	    sv_u64(buf_sv(&date), 1ull << 40, &asked) &&
	    llabs(v->pp->iat_s - (int64_t)asked) <= NOW_S)
		return true;
	if (llabs(v->pp->iat_s - now) <= NOW_S)
		return true;
	return err_set(v->text, 0, "iat is %" PRId64 ", %" PRId64 " s from now", v->pp->iat_s,
		       v->pp->iat_s - now);
}

static bool is_uuid(struct sv s)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	for (size_t i = 0; s.l == sizeof(form) - 1 && i < s.l; i++) {
		bool hex = s.p[i] && strchr("0123456789abcdefABCDEF", s.p[i]);

		if (form[i] == 'x' ? !hex : s.p[i] != '-')
			return false;
	}
	return s.l == sizeof(form) - 1;
}

static bool has_origid(const struct view *v)
{
	if (is_uuid(v->pp->origid))
		return true;
	return err_set(v->text, 0, "origid is \"%.*s\", expected a UUID", SV_ARG(v->pp->origid));
}

static bool has_new_origid(const struct view *v)
{
	if (!sv_eqz(v->pp->origid, v->a->origid))
		return true;
	return err_set(v->text, 0, "origid is %s again", v->a->origid);
}

/* RFC 8588 4: no more than these */
static bool has_these_claims(const struct view *v)
{
	static const char *const names[] = {"attest", "dest", "iat", "orig", "origid", NULL};
	const char *name;
	json_t *value;

	json_object_foreach (v->pp->claims, name, value) {
		size_t i = 0;

		while (names[i] && strcmp(names[i], name) != 0)
			i++;
		if (!names[i])
			return err_set(v->text, 0, "it has the claim %s", name);
	}
	return true;
}

/* --- the Identity header --- */

static int read_identity(const struct view *v, struct identity *ret, struct fault *fault)
{
	struct sv rest = buf_sv(&v->said->identities[v->i]);

	*ret = (struct identity){.alg = {NULL, 0}};
	*fault = (struct fault){.check = ""};
	return identity_next(&rest, ret, fault);
}

static bool has_info(const struct view *v)
{
	char why[FAULT_TEXT_MAX];
	struct identity id;
	struct fault fault;

	if (read_identity(v, &id, &fault)) {
		fault_text(&fault, why);
		return err_set(v->text, 0, "the Identity header is wrong: %s", why);
	}
	return member_is(v, "info", id.info, AS_X5U);
}

/* May be left out; a header that cannot be read is for has_info() to say */
static bool has_parameter_alg(const struct view *v)
{
	struct identity id;
	struct fault fault;

	return read_identity(v, &id, &fault) || !id.alg.l ||
	       member_is(v, "the parameter alg", id.alg, "ES256");
}

static bool has_parameter_ppt(const struct view *v)
{
	struct identity id;
	struct fault fault;
	char ppt[64];

	(void)snprintf(ppt, sizeof(ppt), "%.*s", SV_ARG(v->pp->ppt));
	return read_identity(v, &id, &fault) || !*ppt ||
	       member_is(v, "the parameter ppt", id.ppt, ppt);
}

/* --- the answer --- */

static bool has_date(const struct view *v)
{
	if (!v->said->has_date)
		return err_set(v->text, 0, "the answer has no Date");
	if (v->said->date_s == v->pp->iat_s)
		return true;
	return err_set(v->text, 0, "Date of the answer is %" PRId64 ", iat %" PRId64,
		       v->said->date_s, v->pp->iat_s);
}

static bool has_contact(const struct view *v)
{
	char want[64];

	(void)snprintf(want, sizeof(want), "sip:+%s@", v->a->p->dest);
	if (strstr(v->said->contact, want))
		return true;
	return err_set(v->text, 0, "Contact is \"%s\", expected the Request-URI", v->said->contact);
}

static const struct {
	const char *word;
	bool (*holds)(const struct view *v);
} checks[] = {
	{"verifies", verifies},
	{"canonical", is_canonical},
	{"alg", has_alg},
	{"typ", has_typ},
	{"x5u", has_x5u},
	{"iat", has_iat},
	{"origid", has_origid},
	{"new-origid", has_new_origid},
	{"these-claims", has_these_claims},
	{"info", has_info},
	{"parameter-alg", has_parameter_alg},
	{"parameter-ppt", has_parameter_ppt},
	{"date", has_date},
	{"contact", has_contact},
};

/* Those of a PASSporT; "reason" of a refusal, role_as_judge.c; the last ones of a POST, role_as_posted.c */
const char *const as_check_words[] = {
	"verifies", "canonical",  "alg",          "typ",  "x5u",           "iat",
	"origid",   "new-origid", "these-claims", "info", "parameter-alg", "parameter-ppt",
	"date",     "contact",    "reason",       "type", "length",        "host",
	NULL};

bool as_check_token(struct as_bench *a, const struct as_step *s, const char *word,
		    const struct as_said *said, size_t i, struct err *text)
{
	AUTO(passport_unref) struct passport *pp = NULL;
	const struct view v = {a, s, said, i, NULL, text};
	struct view one = v;

	if (passport_parse(&pp, buf_sv(&a->tokens[i]), NULL))
		return err_set(text, 0, "it cannot be read");
	one.pp = pp;
	for (size_t k = 0; k < sizeof(checks) / sizeof(checks[0]); k++)
		if (strcmp(checks[k].word, word) == 0)
			return checks[k].holds(&one);
	return true;
}
