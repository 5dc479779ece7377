/** @file ibcf.h  Calls between the switch and a sip trunk, either way: two legs joined (RFC 7092: a
 * back-to-back user agent).
 *
 * A new dialog; what belongs to the call goes through unchanged, Identity to the octet and in its
 * order. What verifies a number inside one network (verstat) never crosses.
 */
#ifndef GATEWAY_IBCF_H
#define GATEWAY_IBCF_H

#include "lib/net/sip_leg.h"
#include "sim/gateway/trunk.h"

struct ibcf_call;

/** Calls of a gateway; zero at the start */
struct ibcf {
	struct ibcf_call *calls;
	int64_t n;
};

enum ibcf_way { IBCF_TO_TRUNK, IBCF_TO_SWITCH };

/** Send an INVITE on, or refuse it: 400, 483, 500, 503, 513 */
void ibcf_start(struct trunk *t, enum ibcf_way way, struct sip_leg *leg, struct sip_rx *invite);

/** Forget all calls; their legs go with the endpoint */
void ibcf_stop(struct ibcf *ibcf);

#endif
