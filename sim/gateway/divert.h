/** @file divert.h  The diversions of a call: History-Info headers, and what an IAM can hold of them
 * (RFC 7044, RFC 7544). */
#ifndef GATEWAY_DIVERT_H
#define GATEWAY_DIVERT_H

#include "lib/base/buf.h"
#include "lib/net/sip.h"
#include "lib/tdm/map.h"

/**
 * Read how often the call was diverted, and from where the first and the last time. An entry that
 * cannot be read ends the reading.
 *
 * @param all_private  The message asks that none of it is shown (Privacy: history)
 *
 * @return true when the call was diverted; else the setup is as it was
 */
bool divert_read(struct call_setup *setup, const struct sip_rx *invite, bool all_private);

/**
 * Append a History-Info line for each target: the first, those between, which nobody knows any more
 * (sip:unknown@unknown.invalid), the last that diverted, the called number. Nothing when the call
 * was not diverted.
 */
void divert_write(struct buf *b, const struct call_setup *setup, const char *domain);

#endif
