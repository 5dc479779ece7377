/** @file fault.h  Wrong on purpose: by these a test case proves that it can fail. Nothing happens where no fault is
 * configured. What is left out of the verification itself is verify_opts.skip (faults.skip_checks).
 */
#ifndef REF_VS_FAULT_H
#define REF_VS_FAULT_H

#include "ref-vs/core.h"

/** Drop what is ignored, before the verification */
void fault_gathered(const struct vs_faults *faults, struct gathered *got);

/** Change the verdict and what is handed on, behind all the work and its notes */
void fault_verdict(const struct vs_faults *faults, struct question *q, struct verdict *verdict);

#endif
