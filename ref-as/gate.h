/** @file gate.h  CPSs that have asked for a pause: until when nothing is sent to a URL (AS-15).
 *
 * 429 and 503 with Retry-After concern the CPS, not the one request that was answered so: the next
 * calls' POSTs wait too.
 */
#ifndef REF_AS_GATE_H
#define REF_AS_GATE_H

#include <stdint.h>

struct gates;

/** @return 0, ENOMEM */
int gates_alloc(struct gates **ret);
/** Accepts NULL */
void gates_free(struct gates *gates);

/** Nothing to this URL for so many milliseconds from now; a longer pause that is under way stays */
void gate_close(struct gates *gates, const char *url, uint64_t ms);

/** Milliseconds until this URL may be sent to; 0: now */
uint64_t gate_wait_ms(struct gates *gates, const char *url);

#endif
