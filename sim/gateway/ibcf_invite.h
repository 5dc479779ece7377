/** @file ibcf_invite.h  The INVITE that leaves for another network, made of the one that came. */
#ifndef GATEWAY_IBCF_INVITE_H
#define GATEWAY_IBCF_INVITE_H

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/net/sip.h"

/** Most octets of header lines that go on */
#define IBCF_LINES_MAX 49152

/** As sip_leg_dial() wants it */
struct ibcf_invite {
	struct buf uri, to, from, ctype, lines;
	unsigned identities; /**< number of Identity headers among the lines */
};

/** Write it. identity: with its Identity headers. @return 0; EBADMSG (Max-Forwards is no number); ELOOP (it is 0); EMSGSIZE, ENOMEM.
 * Free it in any case */
int ibcf_invite_write(struct ibcf_invite *ret, const struct sip_rx *invite, bool identity);
void ibcf_invite_free(struct ibcf_invite *inv);

/** Append the headers of a name as lines, without verstat */
void ibcf_add_lines(struct buf *b, const struct sip_rx *rx, const char *name);

#endif
