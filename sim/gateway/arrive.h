/** @file arrive.h  An INVITE has arrived: from whom, and where does it go? */
#ifndef GATEWAY_ARRIVE_H
#define GATEWAY_ARRIVE_H

#include "lib/net/sip_leg.h"

/** A sip_call_h; arg: struct gw. From the switch to the trunk of its number, from the peer of a sip
 * trunk to the switch; anybody else is refused */
void arrive(struct sip_leg *leg, struct sip_rx *invite, void *arg);

#endif
