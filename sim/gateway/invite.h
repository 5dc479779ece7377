/** @file invite.h  What an INVITE says to an IAM, and the INVITE that is made of an IAM and of
 * nothing else. */
#ifndef GATEWAY_INVITE_H
#define GATEWAY_INVITE_H

#include <jansson.h>

#include "lib/net/sip.h"
#include "lib/tdm/map.h"

/**
 * Read what an IAM has a place for. History-Info counts as read when the call was diverted.
 *
 * @param ret_lost  New reference: array of the names of the headers that were there and were not
 * read, each once
 *
 * @return 0; EBADMSG with text (the Request-URI is no number, a parameter of it is none); ENOMEM
 */
int invite_read(struct call_setup *ret, json_t **ret_lost, const struct sip_rx *invite,
		struct err *e);

/**
 * Names of the header lines of a message that are not among those that were read. Compact names are
 * written out.
 *
 * @param lines  Header lines as received, with their CRLF; ends at an empty line or with the view
 * @param read   Names, NULL terminated
 *
 * @return New reference to an array of strings, each once, in the order of the message; NULL when
 * out of memory
 */
json_t *invite_lost(struct sv lines, const char *const *read);

/** "+" when it is a number with country code, "" for a service code */
const char *invite_plus(const struct tn *tn);

/** A new INVITE, as sip_leg_dial() wants it */
struct invite {
	struct buf uri, to, from, headers;
};

/** Write it: calling number into From, and into P-Asserted-Identity when the network vouches for
 * it; restricted: From is anonymous, Privacy: id; diverted: To is the number that was dialled first,
 * and History-Info tells the rest. @return 0, ENOMEM, EMSGSIZE; free it in any case
 */
int invite_write(struct invite *ret, const struct call_setup *setup, const char *domain);
void invite_free(struct invite *inv);

#endif
