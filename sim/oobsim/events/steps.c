#include <string.h>

#include "sim/oobsim/events/steps.h"

/* Which messages a row means */
enum says {
	REQUEST,
	RESPONSE, /* final */
	REDIRECT, /* a final response that is none of the call: a service's own answer */
};

/* One row a message of clause 5.3: step, wire, method, from whom, to whom */
static const struct {
	unsigned step;
	enum event_kind kind;
	const char *what;
	enum says says;
	const char *from, *to;
} rows[] = {
	{1, EVENT_SIP, "INVITE", REQUEST, "phone", "switch"},
	{2, EVENT_SIP, "INVITE", REQUEST, "switch", "as"},
	{2, EVENT_HTTPS, "POST", REQUEST, "switch", "as"},
	{3, EVENT_HTTPS, "POST", REQUEST, "as", "cps"},
	{3, EVENT_SIP, "INVITE", REDIRECT, "as", "switch"},
	{3, EVENT_SIP, "INVITE", REQUEST, "as", "switch"},
	{3, EVENT_HTTPS, "POST", RESPONSE, "as", "switch"},
	{4, EVENT_SIP, "INVITE", REQUEST, "switch", "gw"},
	{5, EVENT_HTTPS, "POST", RESPONSE, "cps", "as"},
	{6, EVENT_ISUP, "IAM", REQUEST, "gw", "gw"},
	{6, EVENT_SIP, "INVITE", REQUEST, "gw", "gw"},
	{7, EVENT_SIP, "INVITE", REQUEST, "gw", "switch"},
	{8, EVENT_SIP, "INVITE", REQUEST, "switch", "vs"},
	{8, EVENT_HTTPS, "POST", REQUEST, "switch", "vs"},
	{9, EVENT_HTTPS, "PUT", REQUEST, "vs", "cps"},
	{9, EVENT_HTTPS, "PUT", RESPONSE, "cps", "vs"},
	{9, EVENT_HTTPS, "POST", REQUEST, "cps", "vs"},
	{9, EVENT_HTTPS, "POST", RESPONSE, "vs", "cps"},
	{10, EVENT_SIP, "INVITE", REDIRECT, "vs", "switch"},
	{10, EVENT_SIP, "INVITE", REQUEST, "vs", "switch"},
	{10, EVENT_HTTPS, "POST", RESPONSE, "vs", "switch"},
	{11, EVENT_SIP, "INVITE", REQUEST, "switch", "phone"},
};

const char *element_kind(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot ? dot + 1 : name;
}

static bool is_said(const struct event *ev, enum says says)
{
	return says == REQUEST ? !ev->status : ev->status >= (says == REDIRECT ? 300 : 200);
}

unsigned event_step(const struct event *ev)
{
	if (ev->kind == EVENT_NOTE)
		return 0;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].kind == ev->kind && is_said(ev, rows[i].says) &&
		    strcmp(rows[i].what, ev->what) == 0 &&
		    strcmp(rows[i].from, element_kind(ev->from)) == 0 &&
		    strcmp(rows[i].to, element_kind(ev->to)) == 0)
			return ev->transit && (rows[i].step == 4 || rows[i].step == 7)
				       ? STEP_SETUP
				       : rows[i].step;
	}
	return 0;
}

const char *event_step_peer(const struct event *ev)
{
	bool rx = ev->dir == EVENT_RX;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && ev->kind != EVENT_NOTE; i++)
		if (rows[i].kind == ev->kind && is_said(ev, rows[i].says) &&
		    strcmp(rows[i].what, ev->what) == 0 &&
		    strcmp(rx ? rows[i].to : rows[i].from, element_kind(ev->at)) == 0)
			return rx ? rows[i].from : rows[i].to;
	return NULL;
}

bool event_asks(const struct event *ev)
{
	unsigned step = event_step(ev);

	return step == 2 || step == 8;
}

bool event_answers(const struct event *ev)
{
	unsigned step = event_step(ev);

	return (step == 3 || step == 10) && strcmp(element_kind(ev->to), "switch") == 0;
}
