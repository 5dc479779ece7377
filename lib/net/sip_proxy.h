/** @file sip_proxy.h  An INVITE that is sent on: what STI-AS and STI-VS do with one on an ISC-like
 * way, where the CSCF puts itself behind us in the Route: `<sip:us;lr>, <sip:cscf;lr;odi=…>`.
 *
 * A proxy that keeps transactions (RFC 3261 §16), for a next hop that is an IP address: 100 Trying at
 * once; then the INVITE to the next Route, with our Via, one hop less in Max-Forwards, without our
 * Route, and with header lines that the user changes; responses come back by the Via; a CANCEL goes
 * after the INVITE, also one that comes before it has left. What follows in the dialog does not come
 * here: we record no route. Where the transport loses messages they are sent again.
 */
#ifndef NET_SIP_PROXY_H
#define NET_SIP_PROXY_H

#include "lib/net/sip.h"

/** One INVITE on its way through us */
struct sip_hop;

/** Is the INVITE to be sent on: is there a Route behind the one that names us? Ours is one with our
 * address, or with a name, which nobody resolves here */
bool sip_proxy_wanted(const struct sip_ep *ep, const struct sip_rx *rx);

/** The caller has cancelled: the INVITE is answered 487, the hop is gone */
typedef void(sip_hop_gone_h)(void *arg);

/**
 * Take an INVITE; one of the functions below is to follow, once.
 *
 * @param gone  Called at most once, before that
 *
 * @return 0; ENOMEM, EPIPE …: it is not taken, answer it as any other request
 */
int sip_hop_take(struct sip_hop **ret, struct sip_ep *ep, struct sip_rx *rx, sip_hop_gone_h *gone,
		 void *arg);

/** What the INVITE that is sent on has that the one that came has not */
struct sip_hop_edit {
	const char *add;    /**< complete lines, or "" */
	const char *remove; /**< name of a header whose lines stay behind; NULL for none */
};

/** Send it on. The hop ends by itself, when the call is answered or refused: a next hop that cannot
 * be reached is answered 500, one that is silent 408 */
void sip_hop_forward(struct sip_hop *hop, const struct sip_hop_edit *edit);

/** Refuse it. headers: complete lines, or "" */
void sip_hop_refuse(struct sip_hop *hop, unsigned status, const char *phrase, const char *headers);

/** Forget it without an answer; for the end of the program. Accepts NULL */
void sip_hop_drop(struct sip_hop *hop);

#endif
