#include <errno.h>

#include "sim/gateway/arrive.h"
#include "sim/gateway/call.h"
#include "sim/gateway/gateway.h"
#include "sim/gateway/invite.h"
#include "sim/gateway/refuse.h"

#define CAUSE_UNALLOCATED 1
#define CAUSE_NO_ROUTE    3
#define CAUSE_REJECTED    21
#define CAUSE_RESOURCES   47

/* By routing number, when a portability query has found one */
static const struct tn *routed_by(const struct call_setup *setup)
{
	return setup->rn.s[0] ? &setup->rn : &setup->called;
}

static void from_switch(struct gw *gw, struct sip_leg *leg, struct sip_rx *invite)
{
	struct call_setup setup;
	struct trunk *trunk;
	json_t *lost;
	struct err e;
	int err = invite_read(&setup, &lost, invite, &e);

	if (err) {
		refuse_cause(leg, &setup.calling, &setup.called,
			     err == ENOMEM ? CAUSE_RESOURCES : CAUSE_UNALLOCATED, e.s);
		return;
	}
	trunk = routes_find(gw->routes, routed_by(&setup));
	if (trunk && trunk->conf->kind == TRUNK_TDM) {
		call_start(trunk, leg, &setup, lost, invite);
	} else if (trunk) {
		ibcf_start(trunk, IBCF_TO_TRUNK, leg, invite);
	} else {
		(void)err_set(&e, ENOENT, "no trunk has a prefix of %s", routed_by(&setup)->s);
		refuse_cause(leg, &setup.calling, &setup.called, CAUSE_NO_ROUTE, e.s);
	}
	json_decref(lost);
}

static void from_stranger(struct sip_leg *leg, const struct sip_rx *invite)
{
	struct tn orig = {""}, dest = {""};
	struct err e;

	(void)sip_rx_caller(invite, &orig);
	(void)sip_rx_called(invite, &dest);
	(void)err_set(&e, EACCES, "%.*s is neither the switch nor the peer of a sip trunk",
		      SV_ARG(sip_rx_sent_by(invite)));
	refuse_cause(leg, &orig, &dest, CAUSE_REJECTED, e.s);
}

void arrive(struct sip_leg *leg, struct sip_rx *invite, void *arg)
{
	struct gw *gw = arg;
	struct trunk *trunk;

	switch (routes_sender(gw->routes, invite, &trunk)) {
	case SENDER_SWITCH:
		from_switch(gw, leg, invite);
		break;
	case SENDER_TRUNK:
		ibcf_start(trunk, IBCF_TO_SWITCH, leg, invite);
		break;
	case SENDER_STRANGER:
		from_stranger(leg, invite);
		break;
	}
}
