/* Diversion: History-Info on one side, original called number, redirecting number and redirection
 * information on the other (ITU-T Q.763 §3.39, §3.44, §3.45). */
#include <string.h>

#include "lib/tdm/map_in.h"

#define INDICATOR_DIVERTED   3
#define INDICATOR_RESTRICTED 4 /* diverted, and all of it is not to be shown */
#define COUNTER              0x07
#define RESTRICTED           1 /* presentation of a number */

/* RFC 4458 §2 and RFC 7544 §6.1; a cause without a row is DIVERT_UNKNOWN */
static const struct {
	unsigned cause;
	enum divert_reason reason;
} reasons[] = {
	{404, DIVERT_UNKNOWN},       {486, DIVERT_BUSY},           {408, DIVERT_NO_REPLY},
	{302, DIVERT_UNCONDITIONAL}, {487, DIVERT_WHILE_ALERTING}, {480, DIVERT_IMMEDIATE},
	{503, DIVERT_NOT_REACHABLE},
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum divert_reason map_cause_to_divert(unsigned cause)
{
	for (size_t i = 0; i < COUNT(reasons); i++)
		if (reasons[i].cause == cause)
			return reasons[i].reason;
	return DIVERT_UNKNOWN;
}

unsigned map_divert_to_cause(unsigned reason)
{
	for (size_t i = 0; i < COUNT(reasons); i++)
		if (reasons[i].reason == reason)
			return reasons[i].cause;
	return reasons[0].cause;
}

static void to_number(struct isup_number *ret, const struct diversion *d, const char *what)
{
	/* one that does not fit is left out: no reason to refuse the call */
	if (d->from.s[0] && map_to_number(ret, &d->from, what, NULL) == 0)
		ret->presentation = d->restricted ? RESTRICTED : 0;
}

void map_to_diversions(struct isup_iam *iam, const struct call_setup *s)
{
	unsigned n = s->diversions < MAP_DIVERSIONS_MAX ? s->diversions : MAP_DIVERSIONS_MAX;
	bool hidden = s->first.restricted && s->last.restricted;

	if (!n)
		return;
	to_number(&iam->original_called, &s->first, "original called number");
	to_number(&iam->redirecting, &s->last, "redirecting number");
	iam->has_redirection = true;
	iam->redirection[0] = (uint8_t)((hidden ? INDICATOR_RESTRICTED : INDICATOR_DIVERTED) |
					s->first.reason << 4);
	iam->redirection[1] = (uint8_t)(n | s->last.reason << 4);
}

static struct diversion from_number(const struct isup_number *n, const char *what, unsigned reason)
{
	struct diversion d = {.reason = reason <= DIVERT_NOT_REACHABLE ? reason : DIVERT_UNKNOWN};

	if (n->present && map_from_number(&d.from, n, what, NULL) == 0)
		d.restricted = n->presentation != 0;
	return d;
}

/* How often, as far as the numbers alone say */
static unsigned least_count(const struct isup_number *first, const struct isup_number *last)
{
	if (!first->present && !last->present)
		return 0;
	return first->present && last->present && strcmp(first->digits, last->digits) != 0 ? 2 : 1;
}

void map_from_diversions(struct call_setup *s, const struct isup_iam *iam)
{
	unsigned told = iam->has_redirection ? iam->redirection[1] & COUNTER : 0;
	unsigned least = least_count(&iam->original_called, &iam->redirecting);

	s->diversions = told > least ? told : least;
	s->first = from_number(&iam->original_called, "original called number",
			       iam->redirection[0] >> 4);
	s->last = from_number(&iam->redirecting, "redirecting number", iam->redirection[1] >> 4);
	if (s->diversions != 1)
		return;
	/* it is one and the same: what one parameter lacks the other has */
	if (!s->last.from.s[0]) {
		s->last.from = s->first.from;
		s->last.restricted = s->first.restricted;
	}
	s->first = s->last;
}
