/** @file redirect.h  What STI-AS and STI-VS have in common as SIP redirect servers: each takes an
 * INVITE as a question and answers it 302 with what it found out, or refuses it. The CSCF goes on
 * with the call (5.3 steps 2, 3, 8, 10).
 */
#ifndef NET_REDIRECT_H
#define NET_REDIRECT_H

#include <stdbool.h>

#include "lib/base/tn.h"
#include "lib/net/sip.h"

/** A refusal: status and phrase of the answer, and why, for its Reason header and the trace. Static
 * strings */
struct redirect_refusal {
	unsigned status;
	const char *phrase;
	const char *why;
};

/**
 * Answer what is no question: OPTIONS with 200, so that a CSCF can see whether we live; anything
 * else with 405.
 *
 * @return true when rx was answered, false when it is an INVITE
 */
bool redirect_not_invite(struct sip_ep *ep, struct sip_rx *rx);

/**
 * Caller and called number of the question.
 *
 * @param ret  Filled on EBADMSG: 484 Address Incomplete, 400 Bad Request
 *
 * @return 0, EBADMSG
 */
int redirect_numbers(const struct sip_rx *rx, struct tn *orig, struct tn *dest,
		     struct redirect_refusal *ret);

/** 302 Moved Temporarily with `Contact: <Request-URI>` and further header lines. @return 0 or errno
 */
int redirect_answer(struct sip_ep *ep, struct sip_rx *rx, const char *headers);

/** Answer a refusal, with a Reason header that tells why */
int redirect_refuse(struct sip_ep *ep, struct sip_rx *rx, const struct redirect_refusal *refusal);

/** Longest host name (RFC 1035 §2.3.4) */
#define SIP_HOST_MAX 253

/** What is wrong with a host that is written into, or compared with, a SIP URI ("a host name or an IP
 * address"), or NULL: check function for conf tables */
const char *check_sip_host(struct sv host);

#endif
