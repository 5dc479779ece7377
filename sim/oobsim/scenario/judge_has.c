/* What else a message carries: types of PASSporTs, headers, fields of an IAM. */
#include <stdlib.h>
#include <string.h>

#include "lib/stir/passport.h"
#include "lib/tdm/isup.h"
#include "sim/oobsim/scenario/judge.h"

/* Parts of a header that are shown */
#define SHOWN 100

void judge_carries(const struct scn_expect *x, const struct event *ev, struct outcome *o)
{
	char *const *want = x->carries.v;
	struct sv token;
	unsigned n = 0;
	bool same = true;

	if (!x->carries.n)
		return;
	(void)buf_addz(&o->actual, ", PASSporTs");
	for (; event_token(ev, n, &token); n++) {
		struct passport *pp = NULL;
		struct sv ppt = passport_parse(&pp, token, NULL) ? SV("?") : pp->ppt;

		(void)buf_printf(&o->actual, " %.*s", SV_ARG(ppt));
		same = same && n < x->carries.n && sv_eqz(ppt, want[n]);
		passport_unref(pp);
	}
	if (!n)
		(void)buf_addz(&o->actual, " none");
	if (!same || n != x->carries.n)
		o->state = OUTCOME_BROKEN;
}

/* The claim at a path like "dest.tn.0" */
static const json_t *claim_at(const json_t *v, struct sv path)
{
	while (v && path.p) {
		struct sv part = sv_cut(&path, '.');
		unsigned long long i = 0;

		if (json_is_array(v))
			v = sv_u64(part, SIZE_MAX, &i) ? json_array_get(v, i) : NULL;
		else
			v = json_object_getn(v, part.p, part.l);
	}
	return v;
}

static void judge_claim(const json_t *claims, const struct conf_pair *want, struct outcome *o)
{
	const json_t *v = claim_at(claims, sv_from(want->name));
	char *text = json_is_string(v) ? strdup(json_string_value(v))
		     : v               ? json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY)
				       : NULL;

	(void)buf_printf(&o->actual, text ? ", %s \"%.80s\"" : ", no %s", want->name, text);
	if (!text || strcmp(text, want->value) != 0)
		o->state = OUTCOME_BROKEN;
	free(text);
}

void judge_claims(const struct scn_expect *x, const struct event *ev, struct outcome *o)
{
	const struct conf_pair *want = x->claims.v;
	struct passport *pp = NULL;
	struct sv token;

	if (!x->claims.n)
		return;
	if (!event_token(ev, 0, &token) || passport_parse(&pp, token, NULL)) {
		o->state = OUTCOME_BROKEN;
		(void)buf_addz(&o->actual, ", no PASSporT");
		return;
	}
	for (size_t i = 0; i < x->claims.n; i++)
		judge_claim(pp->claims, &want[i], o);
	passport_unref(pp);
}

/* Fields of an IAM by name; a number as its digits, an indicator as 0 or 1 */
static const struct {
	const char *name;
	size_t number; /* offset of a struct isup_number, or */
	size_t text;   /* of a string, or */
	uint8_t bit;   /* of the second octet of the forward call indicators */
} fields[] = {
	{"called", offsetof(struct isup_iam, called), 0, 0},
	{"calling", offsetof(struct isup_iam, calling), 0, 0},
	{"original-called", offsetof(struct isup_iam, original_called), 0, 0},
	{"redirecting", offsetof(struct isup_iam, redirecting), 0, 0},
	{"ported", offsetof(struct isup_iam, generic), 0, 0},
	{"tns", 0, offsetof(struct isup_iam, tns), 0},
	{"cip", 0, offsetof(struct isup_iam, cip), 0},
	{"m-bit", 0, 0, 0x10},
};

bool judge_has_field(struct sv name)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (sv_eqz(name, fields[i].name))
			return true;
	return false;
}

static struct sv iam_field(const struct isup_iam *iam, const char *name)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const char *p = (const char *)iam;
		const struct isup_number *n = (const void *)(p + fields[i].number);

		if (strcmp(name, fields[i].name) != 0)
			continue;
		if (fields[i].bit)
			return iam->forward[1] & fields[i].bit ? SV("1") : SV("0");
		return sv_from(fields[i].text ? p + fields[i].text : n->present ? n->digits : "");
	}
	return (struct sv){NULL, 0};
}

/* The i-th value under that name; of a SIP or HTTP message also its first line */
static bool value_of(const struct event *ev, const struct isup_msg *msg, const char *name,
		     unsigned i, struct sv *ret)
{
	struct sv rest;

	if (ev->kind == EVENT_ISUP) {
		*ret = i ? (struct sv){NULL, 0} : iam_field(&msg->iam, name);
		return ret->l;
	}
	if (strcmp(name, "first-line") != 0)
		return event_header(ev, name, i, ret);
	rest = event_octets(ev);
	*ret = sv_trim(sv_cut(&rest, '\n'));
	return i == 0;
}

static void judge_one(const struct event *ev, const struct isup_msg *msg,
		      const struct conf_pair *want, struct outcome *o)
{
	struct sv v, last = {NULL, 0};
	unsigned n = 0;

	for (; value_of(ev, msg, want->name, n, &v); n++) {
		last = v;
		if (*want->value && memmem(v.p, v.l, want->value, strlen(want->value)))
			break;
	}
	last.l = last.l > SHOWN ? SHOWN : last.l;
	(void)buf_printf(&o->actual, n || last.l ? ", %s \"%.*s\"" : ", no %s", want->name,
			 SV_ARG(last));
	if (*want->value ? !value_of(ev, msg, want->name, n, &v) : n > 0)
		o->state = OUTCOME_BROKEN;
}

void judge_has(const struct scn_expect *x, const struct event *ev, struct outcome *o)
{
	const struct conf_pair *has = x->has.v;
	struct isup_msg msg = {0};

	if (ev->kind == EVENT_ISUP &&
	    (isup_decode(&msg, event_isup(ev), NULL) || msg.type != ISUP_IAM))
		msg = (struct isup_msg){0};
	for (size_t i = 0; i < x->has.n; i++)
		judge_one(ev, &msg, &has[i], o);
}
