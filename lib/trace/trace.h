/** @file trace.h  One machine-readable event for each message on the wire and each decision: JSON Lines.
 *
 * Ladders, expectations, reports and captures are all drawn from this one trace, never from log text. An event:
 *
 *   {"t":<CLOCK_MONOTONIC µs>,"at":"osp.as","kind":"sip","dir":"tx","src":"127.9.1.2:5060","dst":"127.9.1.1:5060","raw":"…"}
 *   {"t":…,"at":"osp.as","kind":"https","dir":"tx","conn":7,"msg":"request","src":…,"dst":…,"host":"cps.tsp.example","raw":"POST /… HTTP/1.1\r\n…"}
 *   {"t":…,"at":"osp.gw","kind":"isup","dir":"tx","src":…,"dst":…,"hex":"0100…"}       (whole M3UA message)
 *   {"t":…,"at":"tsp.vs","kind":"note","what":"vs.result","orig":"1201…","dest":"1903…","data":{…}}
 *
 * `raw` is the message as text; octets that are not UTF-8, or a NUL among them, make it `hex`; ISUP is always `hex`. Addresses are those of the elements
 * themselves: an outgoing connection carries the element's own listening address, not the ephemeral one.
 */
#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H

#include <jansson.h>

#include "lib/base/err.h"
#include "lib/base/sv.h"
#include "lib/base/tn.h"

/** Open the process's trace.
 * @param path  File to append to, "-" for standard output, "fd:N" for an inherited descriptor; NULL: no trace
 * @param at    Name of the element, as it appears in ladders ("tsp.cps") */
int trace_open(const char *path, const char *at, struct err *e);
void trace_close(void);
bool trace_on(void);

enum trace_dir { TRACE_RX, TRACE_TX };

/** A message on the wire. kind: "sip", "https", "isup". src, dst: "a.b.c.d:port". `more`: further members (borrowed), or NULL */
void trace_message(const char *kind, enum trace_dir dir, const char *src, const char *dst,
		   struct sv octets, json_t *more);

/**
 * A decision. `what` is "<element kind>.<verb>", e.g. "as.attest", "cps.stored", "vs.result".
 *
 * @param orig, dest  The call it belongs to, either may be NULL
 * @param data        Facts; the reference is taken (stolen); NULL for none
 */
void trace_note(const char *what, const struct tn *orig, const struct tn *dest, json_t *data);

#endif
