/** @file sip_text.h  Header values that a back-to-back user agent takes from one message and writes
 * into another. Pure text. */
#ifndef NET_SIP_TEXT_H
#define NET_SIP_TEXT_H

#include "lib/base/buf.h"
#include "lib/base/sv.h"

/** Append a value on one line (folds become blanks) and without any verstat parameter: what a
 * network has verified is said inside it, never to another one (3GPP TS 24.229 §7.2A.20) */
void sip_text_clean(struct buf *b, struct sv value);

/** The same of a From or To value, and without its tag: as it begins a dialog of our own */
void sip_text_address(struct buf *b, struct sv value);

/**
 * The header lines of a message, one by one: as sip_rx_head() gives them.
 *
 * @param lines      What is left of them; moved on
 * @param ret_name   Full name, also of a compact one (RFC 3261 §7.3.3)
 * @param ret_value  Octets as they stand, with the folds inside, without the blanks around
 *
 * @return false at the end
 */
bool sip_text_line(struct sv *lines, struct sv *ret_name, struct sv *ret_value);

#endif
