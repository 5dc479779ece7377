/** @file steps.h  The eleven steps of the general call ladder (5.3), recognised from who says what
 * to whom.
 */
#ifndef OOBSIM_STEPS_H
#define OOBSIM_STEPS_H

#include "sim/oobsim/events/events.h"

#define STEP_LAST 11

/** The call setup between the providers: what is in between belongs to it as a whole (A) */
#define STEP_SETUP 6

/** What kind of element a name is: "osp.switch" is a "switch"; the name itself when it has no dot
 */
const char *element_kind(const char *name);

/** Which step a message is, 1 to STEP_LAST; 0 for a note and for a message that is none (ringing,
 * answer …). Step 3 is two messages (the POST and the answer to the CSCF), step 9 is the exchange
 * of request and response, whoever begins it (pull, push). Questions to STI-AS and STI-VS and their
 * answers are the same steps over each interface: redirect, proxy, HTTP */
unsigned event_step(const struct event *ev);

/** What kind of element the other end of a message of its `at` must be, if it is one of the steps: the sender of what `at` receives, the
 * receiver of what it sends. NULL: it is none */
const char *event_step_peer(const struct event *ev);

/** A question to a STI-AS or STI-VS (steps 2, 8)? Its answer (3, 10)? */
bool event_asks(const struct event *ev);
bool event_answers(const struct event *ev);

#endif
