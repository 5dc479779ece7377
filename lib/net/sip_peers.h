/** @file sip_peers.h  Who sends a request: neighbours by the sent-by of the top Via (RFC 3261 §18.1.1), a host and a port.
 * Connections come from any port, so theirs says nothing. */
#ifndef NET_SIP_PEERS_H
#define NET_SIP_PEERS_H

#include <stdint.h>

#include "lib/net/sip.h"

struct sip_peers;

/** @return 0, ENOMEM */
int sip_peers_alloc(struct sip_peers **ret);
/** Accepts NULL */
void sip_peers_free(struct sip_peers *p);

/**
 * Make a neighbour known.
 *
 * @param host  Host name, or IP address without brackets
 * @param port  Tells neighbours of one host apart; 0: all of the host that have no port of their own here
 * @param who   What is found; borrowed, not NULL
 *
 * @return 0; EEXIST (host and port are known); ENAMETOOLONG; ENOMEM
 */
int sip_peers_add(struct sip_peers *p, struct sv host, uint16_t port, const void *who);

/** Who sent it: by host and port; else by the host, when a neighbour is there alone or has no port. NULL: nobody known */
const void *sip_peers_find(const struct sip_peers *p, const struct sip_rx *rx);

#endif
