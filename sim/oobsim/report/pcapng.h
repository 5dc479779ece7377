/** @file pcapng.h  The messages of a trace as a capture: each SIP, HTTP and ISUP message as an exported PDU
 * (LINKTYPE_WIRESHARK_UPPER_PDU), so that Wireshark opens what was inside of TLS without keys, and nobody needs the right to
 * capture.
 *
 * A message that both ends have traced stands there once, with the octets of its sender. Names of the elements are in a name
 * resolution block; a comment at each packet says from whom to whom it went. Decisions (notes) are no packets. Written
 * little-endian on every machine: the same trace gives the same octets.
 */
#ifndef OOBSIM_PCAPNG_H
#define OOBSIM_PCAPNG_H

#include <stdint.h>
#include <stdio.h>

#include "sim/oobsim/events/events.h"

/**
 * @param evs     Sorted
 * @param epoch_us  Added to the times of the trace, which count from the start of the machine: microseconds since 1970 at
 *                which that was. 0: it is not known, and packets are of 1970
 *
 * @return 0, ENOMEM, EIO
 */
int pcapng_write(FILE *f, const struct events *evs, uint64_t epoch_us);

/** The same of several traces of one machine, their messages in the order of time */
int pcapng_write_all(FILE *f, const struct events *const *evs, size_t n, uint64_t epoch_us);

#endif
