#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/tdm/map_in.h"

#define PLAN_E164       1
#define NANP_LEN        10
#define CODE_MAX        6    /* a service code is shorter than any E.164 number */
#define PRESENTATION_NO 2    /* address not available */
#define FORWARD_M       0x10 /* in the second octet: number translated */
#define ALL_ISUP \
	0x60 /* no interworking, ISUP all the way, ISUP not required (RFC 3398 §7.2.1.1) \
	      */
#define CATEGORY_COMMON 0x0a

int map_to_number(struct isup_number *ret, const struct tn *tn, const char *what, struct err *e)
{
	size_t l = strlen(tn->s);
	const char *digits = tn->s;

	if (!l || strspn(digits, "0123456789") != l)
		return err_set(e, EINVAL, "%s: expected digits, got \"%s\"", what, digits);
	ret->present = true;
	ret->plan = PLAN_E164;
	ret->noa = NOA_INTERNATIONAL;
	if (l <= CODE_MAX) {
		ret->noa = NOA_SUBSCRIBER;
	} else if (l == NANP_LEN + 1 && digits[0] == '1') {
		ret->noa = NOA_NATIONAL;
		digits++;
	}
	(void)snprintf(ret->digits, sizeof(ret->digits), "%s", digits);
	return 0;
}

int map_from_number(struct tn *ret, const struct isup_number *n, const char *what, struct err *e)
{
	const char *country = n->noa == NOA_NATIONAL ? "1" : "";
	size_t l = strlen(n->digits);
	bool fits = l > 0 && l + strlen(country) <= TN_MAX && strspn(n->digits, "0123456789") == l;

	if (n->noa == NOA_NATIONAL)
		fits = fits && l == NANP_LEN;
	else if (n->noa == NOA_SUBSCRIBER)
		fits = fits && l <= CODE_MAX;
	else
		fits = fits && n->noa == NOA_INTERNATIONAL;
	if (!fits)
		return err_set(e, EINVAL,
			       "%s: expected 10 digits of nature 3 (national), up to %d of nature "
			       "4 (international) "
			       "or up to %d of nature 1, got \"%s\" of nature %u",
			       what, TN_MAX, CODE_MAX, n->digits, n->noa);
	memcpy(ret->s, country, strlen(country));
	memcpy(ret->s + strlen(country), n->digits, l + 1);
	return 0;
}

static int to_calling(struct isup_iam *iam, const struct call_setup *s, struct err *e)
{
	int err;

	if (!s->calling.s[0])
		return 0; /* no number: no parameter */
	err = map_to_number(&iam->calling, &s->calling, "calling number", e);
	/* restricted or not, the digits go along: hiding them is up to the last network */
	iam->calling.presentation = s->restricted;
	iam->calling.screening =
		s->calling_verified ? 3 : 0; /* network provided; else not verified */
	return err;
}

/* The carrier selects the transit network of an international call, else it only says who it is */
static int to_carrier(struct isup_iam *iam, const struct call_setup *s, struct err *e)
{
	size_t l = strnlen(s->cic, sizeof(s->cic));
	bool international = iam->called.noa == NOA_INTERNATIONAL;

	if (!l)
		return 0;
	if ((l != 3 && l != 4) || strspn(s->cic, "0123456789") != l)
		return err_set(e, EINVAL, "carrier: expected 3 or 4 digits, got \"%.*s\"", (int)l,
			       s->cic);
	memcpy(international ? iam->tns : iam->cip, s->cic, l + 1);
	return 0;
}

int map_to_iam(struct isup_iam *ret, const struct call_setup *s, struct err *e)
{
	bool ported = s->rn.s[0] != '\0';
	int err;

	*ret = (struct isup_iam){.forward = {ALL_ISUP},
				 .category = CATEGORY_COMMON,
				 .usi = {0x80, 0x90, 0xa2}, /* speech, 64 kbit/s, G.711 mu-law */
				 .usi_len = 3};
	err = map_to_number(&ret->called, ported ? &s->rn : &s->called,
			    ported ? "routing number" : "called number", e);
	if (!err && ported)
		err = map_to_number(&ret->generic, &s->called, "called number", e);
	if (ported || s->npdi)
		ret->forward[1] |= FORWARD_M;
	if (!err)
		err = to_calling(ret, s, e);
	map_to_diversions(ret, s);
	return err ? err : to_carrier(ret, s, e);
}

int map_from_iam(struct call_setup *ret, const struct isup_iam *iam, struct err *e)
{
	bool translated = iam->forward[1] & FORWARD_M, ported = translated && iam->generic.present;
	int err;

	memset(ret, 0, sizeof(*ret));
	ret->npdi = translated;
	if (ported) {
		err = map_from_number(&ret->rn, &iam->called, "routing number", e);
		if (!err)
			err = map_from_number(&ret->called, &iam->generic, "ported number", e);
	} else {
		err = map_from_number(&ret->called, &iam->called, "called number", e);
	}
	if (err)
		return err;
	if (iam->calling.present && iam->calling.presentation != PRESENTATION_NO &&
	    !map_from_number(&ret->calling, &iam->calling, "calling number", NULL)) {
		ret->restricted = iam->calling.presentation != 0;
		ret->calling_verified = iam->calling.screening & 1; /* 1 passed, 3 network */
	}
	map_from_diversions(ret, iam);
	(void)snprintf(ret->cic, sizeof(ret->cic), "%s", iam->tns[0] ? iam->tns : iam->cip);
	return 0;
}
