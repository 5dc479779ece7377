/** @file ladder_int.h  Inside of ladders: labels and order. Nobody else includes it. */
#ifndef OOBSIM_LADDER_INT_H
#define OOBSIM_LADDER_INT_H

#include "sim/oobsim/report/ladder.h"

/** Words and tone of a message (ladder_label.c) */
void ladder_label(struct rung *r, const struct events *evs, const struct event *ev);
/** The same of a note. @return false: it is not shown */
bool ladder_label_note(struct rung *r, const struct event *ev);

/** Lanes from left to right: providers as the path has them, each with what is nearest to its neighbours outside
 * (ladder_order.c) */
void ladder_order_lanes(struct ladder *l, const struct events *evs);
/** What happens beside the call (publishing) behind the answer with which it begins, so that the picture
 * does not depend on who is faster. @return 0, ENOMEM */
int ladder_order_rungs(struct ladder *l, const struct events *evs);

#endif
