/** @file history.h  History-Info (RFC 7044): the targets that a call had one after another, and which of
 * them were diverted to the next. Pure text; shared by who retargets, who signs that, and who carries
 * it over a trunk.
 *
 * An entry: `<sip:+19032469103@tsp.example;user=phone;cause=302>;index=1.1;mp=1`: the call was for entry
 * 1, was mapped from there to this target (`mp`), because it is forwarded unconditionally (`cause`, RFC
 * 4458).
 */
#ifndef NET_HISTORY_H
#define NET_HISTORY_H

#include <stdbool.h>

#include "lib/base/buf.h"
#include "lib/base/tn.h"
#include "lib/net/sip.h"

/** Entries of a call at the most */
#define HISTORY_MAX 32
/** Longest index, "1.1.1…" */
#define HISTORY_INDEX_MAX 128

/** Why a call was diverted (RFC 4458 §2): values of `cause` */
enum { HISTORY_UNCONDITIONAL = 302, HISTORY_BUSY = 486, HISTORY_NO_ANSWER = 408 };

/** Views into the header's text */
struct history_entry {
	struct sv uri;   /**< without angle brackets, with its parameters */
	struct sv index; /**< "1.1" */
	struct sv mp;    /**< index of the entry that was diverted to this one; empty: none was */
	unsigned cause;  /**< 0: not told */
	struct tn tn;    /**< number that uri stands for, canonical; "" when it is none */
};

struct history {
	unsigned n;
	struct history_entry v[HISTORY_MAX];
};

/**
 * Add the entries of one header value: one, or several separated by commas.
 *
 * @param h  Zeroed before the first value
 *
 * @return 0; EBADMSG: not of the form of RFC 7044 §5; E2BIG: more than HISTORY_MAX. Entries before the
 *         bad one are in
 */
int history_add(struct history *h, struct sv value);

/** All History-Info headers of a message. @return 0; EBADMSG, E2BIG as above */
int history_read(struct history *ret, const struct sip_rx *rx);

/** A diversion: a call for `from` went on to `to` */
struct history_diversion {
	const struct history_entry *from, *to;
	unsigned cause; /**< 0: not told */
};

/**
 * The diversions, first one first: an entry with `mp`; one with `cause` alone (RFC 4244, which had no
 * `mp`) was diverted from the entry before it.
 *
 * @return How many; fewer than h->n
 */
unsigned history_diversions(const struct history *h, struct history_diversion ret[HISTORY_MAX]);

/** Append an entry as a line. mp empty: none; cause 0: none */
void history_print(struct buf *b, struct sv uri, unsigned cause, const char *index, const char *mp);

/**
 * Append the lines that a call gets that was for `from` and goes on to `to` (RFC 7044 §10.3): an entry
 * for `from`, unless the last entry is for that number, then one for `to`.
 *
 * @param h    What the call has so far
 * @param ret_index  Index of the entry of `to`
 *
 * @return 0; EMSGSIZE: no index is left
 */
int history_divert(struct buf *b, const struct history *h, struct sv from, struct sv to,
		   unsigned cause, char ret_index[HISTORY_INDEX_MAX]);

#endif
