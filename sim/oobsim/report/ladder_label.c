/* What the rungs of a ladder say. */
#include <stdarg.h>
#include <string.h>

#include "lib/net/sip.h"
#include "lib/stir/passport.h"
#include "sim/oobsim/report/ladder_int.h"
#include "sim/oobsim/events/steps.h"

DEFINE_AUTO(struct passport, passport_unref)

/* Longest list of types of PASSporTs */
#define TYPES_MAX 80

/* Did the gateway that sends this IAM have an Identity header for which there is no field? */
static bool iam_loses_identity(const struct events *evs, const struct event *iam)
{
	size_t i =
		iam->call == EVENT_NO_CALL ? events_count(evs) : events_call(evs, iam->call)->first;

	for (; i < events_count(evs); i = events_next(evs, i)) {
		const struct event *ev = events_at(evs, i);
		json_t *data, *name;
		bool hit = false;
		size_t k;

		if (strcmp(ev->what, "gw.iam") != 0 || strcmp(ev->at, iam->from) != 0)
			continue;
		data = event_data(ev);
		json_array_foreach (json_object_get(data, "lost"), k, name) {
			const char *text = json_string_value(name);

			hit = hit || (text && strcmp(text, "Identity") == 0);
		}
		json_decref(data);
		if (hit)
			return true;
	}
	return false;
}

static bool verstat_of(const struct event *ev, struct sv *ret)
{
	struct sv value;

	return (event_header(ev, "P-Asserted-Identity", 0, &value) &&
		sip_uri_param(value, "verstat", ret)) ||
	       (event_header(ev, "From", 0, &value) && sip_uri_param(value, "verstat", ret));
}

static void label(struct rung *r, enum rung_tone tone, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void label(struct rung *r, enum rung_tone tone, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(r->label, sizeof(r->label), fmt, ap);
	va_end(ap);
	r->tone = tone;
}

/* " (shaken, div)": types of the PASSporTs of a message, when there is more to tell than that it is one of
 * the usual kind */
static const char *types_of(const struct event *ev, char ret[TYPES_MAX])
{
	size_t l = 0;
	struct sv token;
	unsigned n = 0;

	for (; event_token(ev, n, &token) && l < TYPES_MAX; n++) {
		AUTO(passport_unref) struct passport *pp = NULL;
		struct sv ppt = passport_parse(&pp, token, NULL) ? SV("?") : pp->ppt;

		l += (size_t)snprintf(ret + l, TYPES_MAX - l, "%s%.*s", n ? ", " : " (",
				      ppt.l > 12 ? 12 : (int)ppt.l, ppt.p);
	}
	if (!n || strcmp(ret, " (shaken") == 0)
		return "";
	if (l < TYPES_MAX)
		(void)snprintf(ret + l, TYPES_MAX - l, ")");
	return ret;
}

static void label_invite(struct rung *r, const struct event *ev)
{
	unsigned n = event_headers(ev, "Identity");
	const char *to = element_kind(ev->to);
	char types[TYPES_MAX];
	struct sv verstat;

	if (strcmp(to, "as") == 0)
		label(r, TONE_PLAIN, "INVITE: sign this call");
	else if (strcmp(to, "vs") == 0)
		label(r, TONE_PLAIN, "INVITE: validate this call (%s)",
		      n ? "Identity present" : "no Identity came in-band");
	else if (verstat_of(ev, &verstat))
		label(r, TONE_RESTORED, "INVITE  verstat=%.*s", SV_ARG(verstat));
	else if (n)
		label(r, TONE_PRESENT, "INVITE  Identity present%s", types_of(ev, types));
	else
		label(r, TONE_PLAIN,
		      strcmp(element_kind(ev->from), "phone") == 0 ? "INVITE"
								   : "INVITE  no Identity");
}

static void label_sip(struct rung *r, const struct event *ev)
{
	unsigned n = event_headers(ev, "Identity");
	char types[TYPES_MAX];
	struct sv verstat, reason;

	if (!ev->status) {
		if (strcmp(ev->what, "INVITE") == 0)
			label_invite(r, ev);
		else
			label(r, TONE_PLAIN, "%s", ev->what);
	} else if (strcmp(element_kind(ev->from), "vs") == 0 && verstat_of(ev, &verstat)) {
		label(r, n ? TONE_RESTORED : TONE_PLAIN, "%u  %.*s%s", ev->status, SV_ARG(verstat),
		      n ? ", Identity restored" : "");
	} else if (strcmp(element_kind(ev->from), "as") == 0 && n) {
		label(r, TONE_PRESENT, "%u  Identity%s", ev->status, types_of(ev, types));
	} else if (ev->status >= 400 && event_header(ev, "Reason", 0, &reason)) {
		label(r, TONE_TROUBLE, "%u  %.*s", ev->status, SV_ARG(reason));
	} else {
		label(r, ev->status >= 400 ? TONE_TROUBLE : TONE_PLAIN, "%u", ev->status);
	}
}

/* A question to STI-AS or STI-VS as JSON, and its answer */
static void label_question(struct rung *r, const struct event *ev, unsigned tokens)
{
	bool as = strcmp(element_kind(ev->status ? ev->from : ev->to), "as") == 0;
	struct sv body = event_body(ev);
	json_t *v = body.l ? json_loadb(body.p, body.l, 0, NULL) : NULL;
	const char *verstat = json_string_value(
		json_object_get(json_object_get(v, "verificationResponse"), "verstat"));
	char types[TYPES_MAX];

	if (!ev->status && as)
		label(r, TONE_PLAIN, "POST: sign this call");
	else if (!ev->status)
		label(r, TONE_PLAIN, "POST: validate this call (%s)",
		      tokens ? "Identity present" : "no Identity came in-band");
	else if (verstat)
		label(r, tokens ? TONE_RESTORED : TONE_PLAIN, "%u  %s%s", ev->status, verstat,
		      tokens ? ", Identity restored" : "");
	else if (tokens)
		label(r, TONE_PRESENT, "%u  Identity%s", ev->status, types_of(ev, types));
	else
		label(r, ev->status >= 400 ? TONE_TROUBLE : TONE_PLAIN, "%u", ev->status);
	json_decref(v);
}

static void label_https(struct rung *r, const struct event *ev)
{
	bool pushed = strcmp(element_kind(ev->from), "cps") == 0 &&
		      strcmp(element_kind(ev->to), "vs") == 0;
	bool forwarded = strcmp(element_kind(ev->from), element_kind(ev->to)) == 0;
	char types[TYPES_MAX];
	struct sv token;
	unsigned n = 0;

	while (event_token(ev, n, &token))
		n++;
	if (strcmp(element_kind(ev->status ? ev->to : ev->from), "switch") == 0)
		label_question(r, ev, n);
	else if (n)
		label(r, TONE_COPIED, "%s  PASSporT%s %s%s", ev->status ? "200" : ev->what,
		      n > 1 ? "s" : "",
		      ev->status  ? "handed over"
		      : pushed    ? "pushed"
		      : forwarded ? "sent on"
				  : "copied out-of-band",
		      types_of(ev, types));
	else if (!ev->status && strcmp(ev->what, "PUT") == 0)
		label(r, TONE_PLAIN, "PUT  the call has arrived");
	else if (ev->status)
		label(r, ev->status >= 400 ? TONE_TROUBLE : TONE_PLAIN, "%u%s", ev->status,
		      ev->status == 201 ? "  stored" : "");
	else
		label(r, TONE_PLAIN, "%s", ev->what);
}

static void label_isup(struct rung *r, const struct events *evs, const struct event *ev)
{
	if (strcmp(ev->what, "IAM") == 0 && iam_loses_identity(evs, ev))
		label(r, TONE_LOST, "IAM  no field for Identity: LOST HERE");
	else
		label(r, TONE_PLAIN, "%s", ev->what);
}

void ladder_label(struct rung *r, const struct events *evs, const struct event *ev)
{
	if (ev->kind == EVENT_SIP)
		label_sip(r, ev);
	else if (ev->kind == EVENT_HTTPS)
		label_https(r, ev);
	else
		label_isup(r, evs, ev);
}

/* ---- decisions that a reader wants to see ---- */

static const struct {
	const char *what;
	enum rung_tone tone;
	const char *words; /* before the facts */
	const char *facts[3];
} note_rows[] = {
	{"as.attest", TONE_PLAIN, "attest", {"attest", "why"}},
	{"as.no_cps", TONE_TROUBLE, "no CPS:", {"why"}},
	{"as.publish_failed", TONE_TROUBLE, "not published:", {"error"}},
	{"cps.refused", TONE_TROUBLE, "refused:", {"check", "text"}},
	{"cps.stored", TONE_COPIED, "verified, stored:", {"count"}},
	{"cps.waiting", TONE_PLAIN, "not here yet, waits up to ms:", {"wait_ms"}},
	{"cps.deleted", TONE_PLAIN, "deleted:", {"why"}},
	{"vs.checked", TONE_RESTORED, "verified", {"via", "check", "text"}},
	{"vs.result", TONE_TROUBLE, "nothing to verify:", {"verstat"}},
	{"as.div", TONE_PRESENT, "retargeted: div for", {"div"}},
	{"as.gave_up", TONE_TROUBLE, "publishes no more:", {"why"}},
	{"as.conflict", TONE_TROUBLE, "authorities disagree:", {"authority", "other_authority"}},
	{"cps.forward_failed", TONE_TROUBLE, "not sent on:", {"error"}},
	{"cps.push_failed", TONE_TROUBLE, "not pushed:", {"error"}},
	{"world.killed", TONE_TROUBLE, "dies", {NULL}},
	{"world.started", TONE_PLAIN, "is back", {NULL}},
	{"switch.unsigned", TONE_TROUBLE, "goes on unsigned:", {"why"}},
	{"switch.unvalidated", TONE_TROUBLE, "goes on unvalidated:", {"why"}},
};

/* What goes without saying: the answer of the STI-VS tells what it used, unless it had nothing */
static bool goes_without_saying(const struct event *ev)
{
	char used[32];

	return strcmp(ev->what, "vs.result") == 0 && event_fact(ev, "used", used, sizeof(used)) &&
	       strcmp(used, "none") != 0;
}

bool ladder_label_note(struct rung *r, const struct event *ev)
{
	if (goes_without_saying(ev))
		return false;
	for (size_t i = 0; i < sizeof(note_rows) / sizeof(note_rows[0]); i++) {
		char fact[RUNG_LABEL / 2];
		size_t at;

		if (strcmp(note_rows[i].what, ev->what) != 0)
			continue;
		label(r, note_rows[i].tone, "%s", note_rows[i].words);
		if (event_fact(ev, "ok", fact, sizeof(fact)) && strcmp(fact, "false") == 0)
			label(r, TONE_TROUBLE, "refused");
		for (int k = 0; k < 3 && note_rows[i].facts[k]; k++) {
			at = strlen(r->label);
			if (event_fact(ev, note_rows[i].facts[k], fact, sizeof(fact)) && *fact)
				(void)snprintf(r->label + at, sizeof(r->label) - at, "%s %s",
					       k ? "," : "", fact);
		}
		return true;
	}
	return false;
}
