/** @file invite.h  INVITEs that the switch makes of the one that came: as a question to a service, and the one that
 * goes on. */
#ifndef SWITCH_INVITE_H
#define SWITCH_INVITE_H

#include "lib/base/buf.h"

struct sw_call;

struct sw_invite {
	struct buf uri, from, to, ctype, lines;
};

/** The call as a service is to see it: its Request-URI, From and To, and the PASSporTs so far. @return 0; EMSGSIZE */
int sw_invite_question(struct sw_invite *ret, const struct sw_call *call);

/** The call as the next hop is to see it. @return 0; EMSGSIZE */
int sw_invite_onward(struct sw_invite *ret, const struct sw_call *call);

void sw_invite_free(struct sw_invite *o);

#endif
