/** @file route.h  Which trunk a number goes to, and who an INVITE comes from. Tables: they decide,
 * they do nothing. */
#ifndef GATEWAY_ROUTE_H
#define GATEWAY_ROUTE_H

#include "lib/base/tn.h"
#include "lib/net/sip.h"
#include "sim/gateway/trunk.h"

struct routes;

/** @param conf, trunks  Borrowed for its life
 * @return 0; EINVAL with text (a prefix twice, two sip trunks with one peer, a peer that is the
 * switch); ENOMEM */
int routes_alloc(struct routes **ret, const struct gw_conf *conf, struct trunks *trunks,
		 struct err *e);
/** Accepts NULL */
void routes_free(struct routes *r);

/** The trunk of the longest prefix, else the one of prefix ""; NULL: none */
struct trunk *routes_find(const struct routes *r, const struct tn *number);

enum sender { SENDER_SWITCH, SENDER_TRUNK, SENDER_STRANGER };

/**
 * Who sent it, by the sent-by of its top Via (lib/net/sip_peers.h).
 *
 * @param ret  The sip trunk whose peer it is; only with SENDER_TRUNK
 */
enum sender routes_sender(const struct routes *r, const struct sip_rx *rx, struct trunk **ret);

#endif
