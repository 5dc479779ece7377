/** @file trunk.h  A trunk to another provider: circuits and their signalling link, or the address of
 * a SIP peer. */
#ifndef GATEWAY_TRUNK_H
#define GATEWAY_TRUNK_H

#include "lib/net/addr.h"
#include "sim/gateway/circuit.h"
#include "sim/gateway/link.h"

struct gw;

struct trunk {
	struct gw *gw;
	const struct gw_conf_trunk *conf;
	struct link *link;                                           /**< tdm, else NULL */
	struct circuits *circuits;                                   /**< tdm, else NULL */
	char next_hop[ADDR_TEXT_MAX + sizeof("sip:;transport=tcp")]; /**< sip, else "" */
};

struct trunks {
	size_t n;
	struct trunk v[];
};

/** One for each of the configuration, in its order; links begin to work. @return 0; EADDRINUSE …
 * with text; ENOMEM */
int trunks_open(struct trunks **ret, struct gw *gw, const struct gw_conf *conf, struct err *e);
/** Accepts NULL */
void trunks_free(struct trunks *t);

#endif
