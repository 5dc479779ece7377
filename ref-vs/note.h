/** @file note.h  Decisions of the STI-VS as trace events (docs/trace.md). */
#ifndef REF_VS_NOTE_H
#define REF_VS_NOTE_H

#include "lib/net/redirect.h"
#include "lib/stir/verify.h"
#include "ref-vs/choose.h"
#include "ref-vs/gather.h"

/** vs.gathered: what there is to verify */
void note_gathered(const struct verify_call *call, const struct gathered *got);

/** vs.checked: one PASSporT; ppt is empty when it has none or cannot be read */
void note_checked(const struct verify_call *call, const struct checked *c, struct sv ppt);

/** vs.result: the answer to the CSCF */
void note_result(const struct verify_call *call, const struct verdict *verdict, unsigned status);

/** vs.result of a question that cannot be judged */
void note_refused(const struct verify_call *call, const struct redirect_refusal *refusal);

#endif
