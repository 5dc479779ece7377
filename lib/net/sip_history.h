/** @file sip_history.h  History-Info (RFC 7044): the targets that a request had, in their order. */
#ifndef NET_SIP_HISTORY_H
#define NET_SIP_HISTORY_H

#include "lib/net/sip.h"

/** Entries that are kept; further ones are left out */
#define SIP_HISTORY_MAX 32

struct sip_history_entry {
	struct tn tn;    /**< number of its URI; "" when it is none */
	struct sv index; /**< "1.1"; empty when there is none */
	struct sv from;  /**< index of the entry it was made of: mp, or else rc; else empty */
	bool diverted;   /**< another user than before: its URI has a cause, or it has mp */
	unsigned cause;  /**< of the URI (RFC 4458): 302, 486 …; 0: none */
	bool restricted; /**< it asks for privacy (RFC 7044 §10.1.2) */
};

/** Views into the message */
struct sip_history {
	size_t n;
	bool cut; /**< there were more entries than fit */
	struct sip_history_entry v[SIP_HISTORY_MAX];
};

/** Of all History-Info headers of a message */
void sip_history_read(struct sip_history *ret, const struct sip_rx *rx);
/** Add the entries of one header value; for sip_history_read() and tests */
void sip_history_add(struct sip_history *h, struct sv value);

/** The entry that the i-th one was made of: as mp or rc says, else the one before; NULL for the
 * first */
const struct sip_history_entry *sip_history_from(const struct sip_history *h, size_t i);

#endif
