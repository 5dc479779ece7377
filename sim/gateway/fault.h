/** @file fault.h  A gateway that is wrong on purpose: by it a test case proves that it can fail. Without faults nothing here does
 * anything.
 */
#ifndef GATEWAY_FAULT_H
#define GATEWAY_FAULT_H

#include "lib/net/sip.h"
#include "lib/tdm/isup.h"
#include "sim/gateway/conf.h"

/** Make an IAM wrong that is made of this INVITE */
void fault_iam(const struct gw_faults *faults, struct isup_iam *iam, const struct sip_rx *invite);

/** Cause that is told in place of this one */
uint8_t fault_cause(const struct gw_faults *faults, unsigned cause);

#endif
