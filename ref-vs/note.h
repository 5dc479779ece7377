/** @file note.h  Decisions of the STI-VS as trace events (docs/trace.md). */
#ifndef REF_VS_NOTE_H
#define REF_VS_NOTE_H

#include "ref-vs/core.h"

/** vs.gathered: what there is to verify */
void note_gathered(const struct question *q);

/** vs.checked: one PASSporT; ppt is empty when it has none or cannot be read */
void note_checked(const struct question *q, const struct checked *c);

/** vs.chain: each chain of several PASSporTs, and what is part of none */
void note_chains(const struct question *q, const struct verdict *verdict);

/** vs.result: the answer to the CSCF. status 0: the INVITE was sent on */
void note_result(const struct question *q, const struct verdict *verdict, unsigned status);

/** vs.result of a question that cannot be judged */
void note_refused(const struct question *q, unsigned status, const char *why);

#endif
