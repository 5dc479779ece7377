/** @file refuse.h  An INVITE that goes nowhere: final response, Reason header, note. */
#ifndef GATEWAY_REFUSE_H
#define GATEWAY_REFUSE_H

#include "lib/net/sip_leg.h"

/** "Reason: Q.850;cause=17;text=\"User busy\"\r\n" and its NUL */
#define REASON_MAX 128

/** Reason header line of a cause (RFC 3326) */
void reason_line(char ret[REASON_MAX], unsigned cause);

/** Refuse with the status that a cause stands for (RFC 3398 §7.2.4.1), and note why. orig, dest: ""
 * when not known. The leg is gone afterwards */
void refuse_cause(struct sip_leg *leg, const struct tn *orig, const struct tn *dest, unsigned cause,
		  const char *why);
/** Refuse with a status; its cause by RFC 3398 §8.2.6.1 */
void refuse_status(struct sip_leg *leg, const struct tn *orig, const struct tn *dest,
		   unsigned status, const char *phrase, const char *why);

#endif
