#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/net/sip.h"
#include "sim/oobsim/ladder.h"
#include "sim/oobsim/steps.h"

/* Order of a provider's lanes: the caller's provider has its phone at the left, the others at the
 * right. */
static const char *const kinds_first[] = {"phone", "switch", "as", "vs", "cps", "gw", NULL};
static const char *const kinds_other[] = {"gw", "switch", "as", "vs", "cps", "phone", NULL};

static int lane_of(const struct ladder *l, const char *name)
{
	for (int i = 0; i < l->lanes; i++) {
		if (strcmp(l->lane[i], name) == 0)
			return i;
	}
	return -1;
}

static void lane_add(struct ladder *l, const char *name)
{
	if (*name && lane_of(l, name) < 0 && l->lanes < LADDER_LANES)
		l->lane[l->lanes++] = name;
}

static bool same_provider(const char *a, const char *b)
{
	size_t l = (size_t)(element_kind(a) - a);

	return l == (size_t)(element_kind(b) - b) && strncmp(a, b, l) == 0;
}

/* Providers as the call meets them; within one, by kind. Ten kinds at the most, so one number
 * orders all. */
static int lane_key(const char *const *met, int n, const char *name)
{
	const char *const *kinds;
	int provider = 0, kind = 0;

	while (provider < n && !same_provider(met[provider], name))
		provider++;
	kinds = provider == 0 ? kinds_first : kinds_other;
	while (kinds[kind] && strcmp(kinds[kind], element_kind(name)) != 0)
		kind++;
	return provider * 10 + kind;
}

static void lanes_order(struct ladder *l)
{
	const char *met[LADDER_LANES];

	memcpy(met, l->lane, sizeof(met));
	for (int i = 1; i < l->lanes; i++) {
		const char *name = l->lane[i];
		int at = i;

		while (at > 0 &&
		       lane_key(met, l->lanes, l->lane[at - 1]) > lane_key(met, l->lanes, name)) {
			l->lane[at] = l->lane[at - 1];
			at--;
		}
		l->lane[at] = name;
	}
}

/* ---- messages ---- */

/* Did the gateway that sends this IAM have an Identity header for which there is no field? */
static bool iam_loses_identity(const struct events *evs, const struct event *iam)
{
	size_t i = events_call(evs, iam->call)->first;

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

static void label_invite(struct rung *r, const struct event *ev)
{
	unsigned n = event_headers(ev, "Identity");
	const char *to = element_kind(ev->to);
	struct sv verstat;

	if (strcmp(to, "as") == 0)
		label(r, TONE_PLAIN, "INVITE: sign this call");
	else if (strcmp(to, "vs") == 0)
		label(r, TONE_PLAIN, "INVITE: validate this call (%s)",
		      n ? "Identity present" : "no Identity came in-band");
	else if (verstat_of(ev, &verstat))
		label(r, TONE_RESTORED, "INVITE  verstat=%.*s", SV_ARG(verstat));
	else if (n)
		label(r, TONE_PRESENT, "INVITE  Identity present%s", n > 1 ? " (several)" : "");
	else
		label(r, TONE_PLAIN,
		      strcmp(element_kind(ev->from), "phone") == 0 ? "INVITE"
								   : "INVITE  no Identity");
}

static void label_sip(struct rung *r, const struct event *ev)
{
	unsigned n = event_headers(ev, "Identity");
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
		label(r, TONE_PRESENT, "%u  Identity", ev->status);
	} else if (ev->status >= 400 && event_header(ev, "Reason", 0, &reason)) {
		label(r, TONE_TROUBLE, "%u  %.*s", ev->status, SV_ARG(reason));
	} else {
		label(r, ev->status >= 400 ? TONE_TROUBLE : TONE_PLAIN, "%u", ev->status);
	}
}

static void label_https(struct rung *r, const struct event *ev)
{
	struct sv token;
	unsigned n = 0;

	while (event_token(ev, n, &token))
		n++;
	if (n)
		label(r, TONE_COPIED, "%s  PASSporT%s %s", ev->status ? "200" : ev->what,
		      n > 1 ? "s" : "", ev->status ? "handed over" : "copied out-of-band");
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

static bool label_note(struct rung *r, const struct event *ev)
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

/* ---- making ---- */

/* A message is drawn once: as it was sent, or as it was received when its sender keeps no trace (a
 * phone). */
static bool drawn_elsewhere(const struct event *ev)
{
	return ev->dir == EVENT_RX && ev->twin != EVENT_NO_TWIN;
}

/* Noise of the transport: 100 Trying, and ACK towards a redirect server. */
static bool is_noise(const struct event *ev)
{
	const char *to = element_kind(ev->to);

	return ev->status == 100 ||
	       (ev->kind == EVENT_SIP && !ev->status && strcmp(ev->what, "ACK") == 0 &&
		(strcmp(to, "as") == 0 || strcmp(to, "vs") == 0));
}

static bool rung_make(struct rung *r, const struct events *evs, size_t i)
{
	const struct event *ev = events_at(evs, i);

	*r = (struct rung){.event = i, .step = event_step(ev)};
	if (ev->kind == EVENT_NOTE)
		return label_note(r, ev);
	if (drawn_elsewhere(ev) || is_noise(ev))
		return false;
	if (ev->kind == EVENT_SIP)
		label_sip(r, ev);
	else if (ev->kind == EVENT_HTTPS)
		label_https(r, ev);
	else
		label_isup(r, evs, ev);
	return true;
}

static void lanes_make(struct ladder *l, const struct events *evs)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct event *ev = events_at(evs, l->rungs[i].event);

		lane_add(l, ev->kind == EVENT_NOTE ? ev->at : ev->from);
		lane_add(l, ev->kind == EVENT_NOTE ? "" : ev->to);
	}
	lanes_order(l);
	for (size_t i = 0; i < l->n; i++) {
		const struct event *ev = events_at(evs, l->rungs[i].event);

		l->rungs[i].from = lane_of(l, ev->kind == EVENT_NOTE ? ev->at : ev->from);
		l->rungs[i].to = ev->kind == EVENT_NOTE ? l->rungs[i].from : lane_of(l, ev->to);
	}
}

int ladder_make(struct ladder *ret, const struct events *evs, size_t call)
{
	const struct event_call *c;

	*ret = (struct ladder){0};
	if (call >= events_calls(evs))
		return ENOENT;
	c = events_call(evs, call);
	ret->rungs = calloc(c->n + 1, sizeof(*ret->rungs));
	if (!ret->rungs)
		return ENOMEM;
	for (size_t i = c->first; i < events_count(evs); i = events_next(evs, i)) {
		if (rung_make(&ret->rungs[ret->n], evs, i))
			ret->n++;
	}
	if (ret->n)
		ret->start_us = events_at(evs, ret->rungs[0].event)->t_us;
	lanes_make(ret, evs);
	return 0;
}

void ladder_free(struct ladder *ladder)
{
	free(ladder->rungs);
	*ladder = (struct ladder){0};
}
