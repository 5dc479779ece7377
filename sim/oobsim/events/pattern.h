/** @file pattern.h  How a scenario names an event of a call:
 *
 *   "osp.as -> tsp.cps POST"      a message, by sender, receiver and method (SIP, HTTP) or ISUP
 *                                 name ("IAM")
 *   "tsp.cps -> osp.as 201"       a response, by status; with a method behind it where that matters:
 *                                 "200 BYE"
 *   "osp.switch -> osp.as ASK"    the question to a STI-AS or STI-VS, over whatever interface
 *   "osp.as -> osp.switch ANSWER" its answer
 *   "osp.as as.answered"          a note that the element makes (docs/trace.md)
 */
#ifndef OOBSIM_PATTERN_H
#define OOBSIM_PATTERN_H

#include "lib/base/sv.h"
#include "sim/oobsim/events/events.h"

struct pattern {
	char from[48];   /**< sender, or who makes the note */
	char to[48];     /**< receiver; "" for a note */
	char what[48];   /**< method, ASK, ANSWER, or the note's name; "" for any */
	unsigned status; /**< of a response, else 0 */
};

/** @return NULL, or what was expected */
const char *pattern_read(struct pattern *ret, struct sv text);

bool pattern_fits(const struct pattern *p, const struct event *ev);

/** Can nobody of ours tell of such an event: a note of an element that is not ours, a message between two such? */
bool pattern_unseen(const struct pattern *p, const struct events *evs);

/** Where a message was seen: by who sent it, by who got it */
struct seen {
	size_t tx, rx; /**< events, or SIZE_MAX */
};

/** First events of the call that fit. @return false when there are none */
bool pattern_find(const struct pattern *p, const struct events *evs, size_t call, struct seen *ret);

/** When it left: the sender's event, or the receiver's where the sender is not traced or was slower to tell */
size_t seen_sent(const struct events *evs, const struct seen *s);
uint64_t seen_time(const struct events *evs, const struct seen *s);
/** As it arrived: the receiver's event, or the sender's where the receiver is not traced */
size_t seen_got(const struct seen *s);

#endif
