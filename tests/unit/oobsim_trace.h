/** @file oobsim_trace.h  A trace made line by line, for the units of oobsim: its sources are taken in, since they are part of a
 * program, not of a library. */
#ifndef UNIT_OOBSIM_TRACE_H
#define UNIT_OOBSIM_TRACE_H

#include "sim/oobsim/events/event_call.c"
#include "sim/oobsim/events/event_ends.c"
#include "sim/oobsim/events/event_foreign.c"
#include "sim/oobsim/events/event_msg.c"
#include "sim/oobsim/events/event_read.c"
#include "sim/oobsim/events/events.c"
#include "sim/oobsim/events/steps.c"
#include "tests/unit/test.h"

DEFINE_AUTO(struct events, events_free)

static struct events *begin(void)
{
	struct events *evs = NULL;
	static const char *const names[][2] = {
		{"127.9.1.2", "osp.phone"}, {"127.9.1.1", "osp.switch"},
		{"127.9.1.3", "osp.as"},    {"127.9.1.4", "osp.gw"},
		{"127.9.2.4", "tsp.gw"},    {"127.9.2.1", "tsp.switch"},
		{"127.9.2.5", "tsp.vs"},    {"127.9.2.6", "tsp.cps"},
		{"127.9.2.2", "tsp.phone"},
	};

	CHECK_INT(0, events_alloc(&evs));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		CHECK_INT(0, events_name(evs, names[i][0], names[i][1]));
	return evs;
}

static void add(struct events *evs, const char *line)
{
	struct err e = {""};

	CHECK_INT(0, events_add(evs, sv_from(line), &e));
	CHECK_STR("", e.s);
}

#define INVITE(t, at, dir, src, dst, id)                                                           \
	"{\"t\":" #t ",\"at\":\"" at "\",\"kind\":\"sip\",\"dir\":\"" dir "\",\"src\":\"" src      \
	":5060\",\"dst\":\"" dst ":5060\",\"raw\":\"INVITE sip:+19032469103@x SIP/2.0\\r\\nFrom: " \
	"<sip:+12013776051@x>\\r\\nTo: <sip:+19032469103@x>\\r\\nCall-ID: " id                     \
	"\\r\\nCSeq: 1 INVITE\\r\\n\\r\\n\"}"
#define NOTE(t, at, what)                                                    \
	"{\"t\":" #t ",\"at\":\"" at "\",\"kind\":\"note\",\"what\":\"" what \
	"\",\"orig\":\"12013776051\",\"dest\":\"19032469103\"}"
#define RESPONSE(t, src, dst, id, first, cseq)                                           \
	"{\"t\":" #t ",\"at\":\"x\",\"kind\":\"sip\",\"dir\":\"tx\",\"src\":\"" src      \
	":5060\",\"dst\":\"" dst ":5060\",\"raw\":\"SIP/2.0 " first "\\r\\nCall-ID: " id \
	"\\r\\nCSeq: " cseq "\\r\\n\\r\\n\"}"

/* M3UA DATA with the IAM of 2013776051 to 9032469103 on circuit 100, and a REL on it */
#define IAM                                                        \
	"01000101000000380210003000010101000202020502000064000100" \
	"60010a03060d038090a207031009236419300a070313023177061500"
#define IAM_LINE(t)                                                                             \
	"{\"t\":" #t ",\"at\":\"osp.gw\",\"kind\":\"isup\",\"dir\":\"tx\",\"src\":\"127.9.1.4:" \
	"2905\",\"dst\":\"127.9.2.4:2905\",\"hex\":\"" IAM "\"}"

#endif
