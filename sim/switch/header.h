/** @file header.h  Header values that the switch takes from one message and writes into another. Pure text. */
#ifndef SWITCH_HEADER_H
#define SWITCH_HEADER_H

#include "lib/base/buf.h"
#include "lib/net/sip.h"

/** Result of verification (3GPP TS 24.229 §7.2A.20); SW_VERSTAT_NONE: not verified, or a value that we do not know */
enum sw_verstat { SW_VERSTAT_NONE, SW_VERSTAT_PASSED, SW_VERSTAT_FAILED, SW_VERSTAT_NOT };

/** "TN-Validation-Passed", …; "" for SW_VERSTAT_NONE */
const char *sw_verstat_name(enum sw_verstat v);
enum sw_verstat sw_verstat_of(struct sv name);

/** Append a value without any verstat parameter in it, on one line */
void sw_add_without_verstat(struct buf *b, struct sv value);

/** Append a From or To value without its tag and without verstat */
void sw_add_address(struct buf *b, struct sv value);

/** Append an address with verstat behind its number. The number must be `tn`: nothing is said of another one */
void sw_add_address_verstat(struct buf *b, struct sv value, const struct tn *tn, enum sw_verstat v);

/** Append "P-Asserted-Identity: <sip:+…;verstat=…@domain;user=phone>" as a line */
void sw_add_asserted(struct buf *b, const struct tn *tn, enum sw_verstat v, const char *domain);

/** Append every header of a name as lines. @return how many */
unsigned sw_add_lines(struct buf *b, const struct sip_rx *rx, const char *name);

/** As above, each without verstat */
void sw_add_lines_without_verstat(struct buf *b, const struct sip_rx *rx, const char *name);

/** Append "Identity: value" unless such a line is among the lines already. @return was it added? */
bool sw_add_identity(struct buf *b, struct sv value);

/** The same for all Identity headers of a message. @return how many were added */
unsigned sw_add_identities(struct buf *b, const struct sip_rx *rx);

/** The same for Identity lines. @return how many were added */
unsigned sw_add_identity_lines(struct buf *b, struct sv lines);

/** Value of the next one of header lines, which is taken off; p == NULL when none is left */
struct sv sw_next_value(struct sv *lines);

/** Append the headers that a call keeps on its way through the switch, beside those that it decides on itself */
void sw_add_kept(struct buf *b, const struct sip_rx *invite);

/** Request-URI for a phone: its URI, with the called number as user when it has none */
void sw_add_phone_uri(struct buf *b, const char *phone, const struct tn *called);

/** Does the caller ask that the number is kept from the called person (RFC 3325 §7)? */
bool sw_wants_privacy(const struct sip_rx *invite);

#endif
