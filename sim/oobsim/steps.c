#include <string.h>

#include "sim/oobsim/steps.h"

/* One row a message of clause 5.3: step, wire, method, is it the (final) response, from whom, to
 * whom. */
static const struct {
	unsigned step;
	enum event_kind kind;
	const char *what;
	bool response;
	const char *from, *to;
} rows[] = {
	{1, EVENT_SIP, "INVITE", false, "phone", "switch"},
	{2, EVENT_SIP, "INVITE", false, "switch", "as"},
	{3, EVENT_HTTPS, "POST", false, "as", "cps"},
	{3, EVENT_SIP, "INVITE", true, "as", "switch"},
	{4, EVENT_SIP, "INVITE", false, "switch", "gw"},
	{5, EVENT_HTTPS, "POST", true, "cps", "as"},
	{6, EVENT_ISUP, "IAM", false, "gw", "gw"},
	{6, EVENT_SIP, "INVITE", false, "gw", "gw"},
	{7, EVENT_SIP, "INVITE", false, "gw", "switch"},
	{8, EVENT_SIP, "INVITE", false, "switch", "vs"},
	{9, EVENT_HTTPS, "PUT", false, "vs", "cps"},
	{9, EVENT_HTTPS, "PUT", true, "cps", "vs"},
	{10, EVENT_SIP, "INVITE", true, "vs", "switch"},
	{11, EVENT_SIP, "INVITE", false, "switch", "phone"},
};

static const char *const texts[STEP_LAST + 1] = {
	"",
	"phone to CSCF: the call begins",
	"CSCF asks the STI-AS for a PASSporT",
	"STI-AS answers, and at the same time publishes the PASSporT to the CPS",
	"CSCF to IBCF/MGCF",
	"CPS to STI-AS: stored",
	"call setup between the providers",
	"MGCF to CSCF",
	"CSCF asks the STI-VS for the result",
	"STI-VS takes the PASSporT from its CPS",
	"STI-VS answers with result and PASSporT",
	"CSCF to phone: the call arrives",
};

const char *element_kind(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot ? dot + 1 : name;
}

unsigned event_step(const struct event *ev)
{
	if (ev->kind == EVENT_NOTE || (ev->status && ev->status < 200))
		return 0;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].kind == ev->kind && rows[i].response == (ev->status != 0) &&
		    strcmp(rows[i].what, ev->what) == 0 &&
		    strcmp(rows[i].from, element_kind(ev->from)) == 0 &&
		    strcmp(rows[i].to, element_kind(ev->to)) == 0)
			return rows[i].step;
	}
	return 0;
}

const char *step_text(unsigned step)
{
	return step <= STEP_LAST ? texts[step] : "";
}
