/** @file gateway.h  The gateway as an element: SIP on one side, trunks on the other. */
#ifndef GATEWAY_GATEWAY_H
#define GATEWAY_GATEWAY_H

#include "lib/net/app.h"
#include "lib/net/sip_leg.h"
#include "sim/gateway/ibcf.h"
#include "sim/gateway/route.h"

struct gw {
	const struct gw_conf *conf;
	struct sip_ep *ep;
	struct trunks *trunks;
	struct routes *routes;
	struct ibcf ibcf;
	char sdp[256]; /**< the same in every answer and offer: no media flows */
};

/** For struct app_def */
int gw_start(void **ret, const void *conf, const struct env *env, json_t *ready, struct err *e);
void gw_stop(void *app);

#endif
