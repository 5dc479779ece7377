/** @file link.h  The signalling link of a trunk: ISUP messages in M3UA DATA over one TCP connection
 * to one peer.
 *
 * It comes up again by itself. Every message is a trace event; what is no ISUP message for us is
 * logged and passed over.
 */
#ifndef GATEWAY_LINK_H
#define GATEWAY_LINK_H

#include "lib/tdm/isup.h"
#include "sim/gateway/conf.h"

struct link;

struct link_handlers {
	void (*up)(void *arg);
	void (*message)(const struct isup_msg *msg, void *arg);
	void (*down)(void *arg); /**< only after up */
};

/** Listen, or connect, as the configuration says. conf and h are borrowed for its life. @return 0;
 * EADDRINUSE … with text; ENOMEM */
int link_start(struct link **ret, const struct gw_conf_trunk *conf, const struct link_handlers *h,
	       void *arg, struct err *e);
/** Handlers are not called. Accepts NULL */
void link_free(struct link *l);

bool link_is_up(const struct link *l);
/** @return 0; ENOTCONN; ENOSPC (the peer does not read); EINVAL, ENOMEM; with text */
int link_send(struct link *l, const struct isup_msg *msg, struct err *e);

#endif
