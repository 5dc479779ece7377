/* What a message is, and whose call: from its own numbers, or from what was learned of its Call-ID,
 * connection or circuit. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/net/sip.h"
#include "lib/stir/passport.h"
#include "lib/tdm/map.h"
#include "sim/oobsim/events/events_int.h"

DEFINE_AUTO(struct passport, passport_unref)

/* Call-IDs and the like are longer than we keep only in nonsense; the key is then cut, which is
 * harmless */
#define KEY_MAX 320

static int name_it(struct events *evs, struct event *ev, struct sv what)
{
	const char *word = evs_word(evs, what);

	ev->what = word ? word : "";
	return word ? 0 : ENOMEM;
}

/* "SIP/2.0 200 OK", "HTTP/1.1 201 Created": the status; 0 for a request line */
static unsigned first_line(struct sv text, struct sv *ret_method)
{
	struct sv rest = text, line = sv_trim(sv_cut(&rest, '\n')), word = sv_cut(&line, ' ');
	unsigned long long status = 0;

	*ret_method = word;
	if (sv_starts(word, "SIP/") || sv_starts(word, "HTTP/")) {
		(void)sv_u64(sv_cut(&line, ' '), 999, &status);
		*ret_method = (struct sv){NULL, 0};
	}
	return (unsigned)status;
}

/* Take the call that the key stands for, or let the key stand for the call that the event has */
static int settle(struct events *evs, struct event *ev, const char *key)
{
	const struct link *known = evs_linked(evs, key);

	if (known) {
		ev->call = known->call;
		return 0;
	}
	return ev->call == EVENT_NO_CALL ? 0 : evs_link(evs, key, ev->call, NULL);
}

static bool request_uri(struct sv text, struct sv *ret)
{
	(void)sv_cut(&text, ' ');
	*ret = sv_cut(&text, ' ');
	return text.p != NULL;
}

/* Caller and called of an INVITE: as the switch sees them, the Request-URI being where it goes */
static size_t invite_call(struct events *evs, struct sv text)
{
	struct tn orig, dest;
	struct sv v;

	if (!(msg_header(text, "P-Asserted-Identity", 0, &v) && sip_tn(&orig, v) == 0) &&
	    !(msg_header(text, "From", 0, &v) && sip_tn(&orig, v) == 0))
		return EVENT_NO_CALL;
	if (!(request_uri(text, &v) && sip_tn(&dest, v) == 0) &&
	    !(msg_header(text, "To", 0, &v) && sip_tn(&dest, v) == 0))
		return EVENT_NO_CALL;
	return evs_call(evs, &orig, &dest);
}

static int place_sip(struct events *evs, struct event *ev, struct sv text)
{
	struct sv method, cseq, id;
	char key[KEY_MAX];
	int err;

	ev->status = first_line(text, &method);
	if (ev->status && msg_header(text, "CSeq", 0, &cseq)) {
		(void)sv_cut(&cseq, ' ');
		method = sv_trim(cseq);
	}
	err = name_it(evs, ev, method);
	if (err || !msg_header(text, "Call-ID", 0, &id))
		return err;
	(void)snprintf(key, sizeof(key), "C%.*s", SV_ARG(id));
	if (!ev->status && sv_eqz(method, "INVITE") && !evs_linked(evs, key))
		ev->call = invite_call(evs, text);
	return settle(evs, ev, key);
}

/* PUT /calls/<id>?orig=…&dest=… */
static bool query_tn(struct sv uri, const char *name, struct tn *ret)
{
	struct sv rest = uri;

	(void)sv_cut(&rest, '?');
	while (rest.p && rest.l) {
		struct sv value = sv_cut(&rest, '&'), field = sv_cut(&value, '=');

		if (sv_eqz(field, name))
			return tn_canonical(ret, value) == 0;
	}
	return false;
}

/* {"tn": "1201…"} or {"tn": ["1903…"]} */
static bool json_tn(const json_t *party, struct tn *ret)
{
	const json_t *tn = json_object_get(party, "tn");
	const char *s = json_string_value(json_is_array(tn) ? json_array_get(tn, 0) : tn);

	return s && tn_canonical(ret, sv_from(s)) == 0;
}

/* A question to STI-AS or STI-VS (ATIS-1000082): {"signingRequest": {"orig": …, "dest": …}},
 * {"verificationRequest": {"from": …, "to": …}} */
static size_t question_call(struct events *evs, struct sv text)
{
	struct sv body = msg_body(text);
	json_t *v = body.l ? json_loadb(body.p, body.l, 0, NULL) : NULL, *member, *from, *to;
	size_t call = EVENT_NO_CALL;
	struct tn orig, dest;
	const char *name;

	json_object_foreach (v, name, member) {
		from = json_object_get(member, "orig");
		to = json_object_get(member, "dest");
		if (json_tn(from ? from : json_object_get(member, "from"), &orig) &&
		    json_tn(to ? to : json_object_get(member, "to"), &dest))
			call = evs_call(evs, &orig, &dest);
	}
	json_decref(v);
	return call;
}

static size_t https_call(struct events *evs, struct sv text)
{
	AUTO(passport_unref) struct passport *pp = NULL;
	struct tn orig, dest;
	struct sv v;

	if (request_uri(text, &v) && query_tn(v, "orig", &orig) && query_tn(v, "dest", &dest))
		return evs_call(evs, &orig, &dest);
	if (msg_header(text, "Content-Type", 0, &v) && sv_starts(v, "application/json"))
		return question_call(evs, text);
	if (!msg_token(text, 0, &v) || passport_parse(&pp, v, NULL))
		return EVENT_NO_CALL;
	if (tn_canonical(&orig, pp->orig_tn) || tn_canonical(&dest, passport_dest(pp, 0)))
		return EVENT_NO_CALL;
	return evs_call(evs, &orig, &dest);
}

/* A response belongs to the request before it on its connection (HTTP/1.1 without pipelining) */
static int place_https(struct events *evs, struct event *ev, struct sv text)
{
	const struct link *request;
	struct sv method;
	char key[KEY_MAX];
	int err;

	(void)snprintf(key, sizeof(key), "H%s/%lu", ev->at, ev->conn);
	ev->status = first_line(text, &method);
	if (ev->status) {
		request = evs_linked(evs, key);
		if (request) {
			ev->what = request->text;
			ev->call = request->call;
		}
		return 0;
	}
	err = name_it(evs, ev, method);
	if (err)
		return err;
	ev->call = https_call(evs, text);
	return evs_link(evs, key, ev->call, ev->what);
}

/* A circuit carries one call after the other: an IAM begins one. The pair of ends, in either
 * direction, has its own circuits */
static int place_isup(struct events *evs, struct event *ev, struct sv octets)
{
	struct sv user = msg_isup(octets);
	struct isup_msg msg;
	struct call_setup setup;
	char key[KEY_MAX];
	bool swap = strcmp(ev->src, ev->dst) > 0;

	if (!user.l || isup_decode(&msg, user, NULL))
		return name_it(evs, ev, user.l ? SV("ISUP") : SV("M3UA"));
	if (name_it(evs, ev, sv_from(isup_type_name(msg.type))))
		return ENOMEM;
	(void)snprintf(key, sizeof(key), "T%s/%s/%s/%u", ev->at, swap ? ev->to : ev->from,
		       swap ? ev->from : ev->to, msg.cic);
	if (msg.type != ISUP_IAM)
		return settle(evs, ev, key);
	/* of a ported number the called party number is the routing number: the dialled one counts */
	if (map_from_iam(&setup, &msg.iam, NULL) == 0 && setup.calling.s[0])
		ev->call = evs_call(evs, &setup.calling, &setup.called);
	return evs_link(evs, key, ev->call, NULL);
}

int event_place(struct events *evs, struct event *ev)
{
	static int (*const place[])(struct events *, struct event *, struct sv) = {
		[EVENT_SIP] = place_sip, [EVENT_HTTPS] = place_https, [EVENT_ISUP] = place_isup};
	char *p = malloc(ev->octets_.l + 1);
	struct sv octets = {p, 0};
	int err;

	if (!p)
		return ENOMEM;
	octets.l = ev->hex_ ? msg_unhex(p, ev->octets_) : msg_unescape(p, ev->octets_);
	err = place[ev->kind](evs, ev, octets);
	free(p);
	return err;
}
