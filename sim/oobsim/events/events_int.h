/** @file events_int.h  Inside of events: shared by events.c (array), event_read.c (a line),
 * event_ends.c (between whom), event_call.c (whose call it is) and event_msg.c (what a message holds). Nobody else includes it.
 */
#ifndef OOBSIM_EVENTS_INT_H
#define OOBSIM_EVENTS_INT_H

#include <uthash.h>

#include "sim/oobsim/events/events.h"

/** A string that is kept once: names of elements, addresses, methods */
struct word {
	UT_hash_handle hh;
	char s[];
};

/** A key of many kinds ("C<Call-ID>", "A<addr>") to a number or a string */
struct link {
	UT_hash_handle hh;
	size_t call;
	const char *text;
	char key[];
};

struct chunk {
	struct chunk *next;
	size_t used, size;
	char p[];
};

/** An event and where its decoded octets are; the event comes first: a pointer to it is one to this
 */
struct entry {
	struct event ev;
	struct events *owner;
	struct sv octets; /**< decoded, p NULL before */
	size_t order;     /**< of arrival: makes the sort stable */
};

/** Providers on the path at the most */
#define HOPS_MAX 16

/** Elements that are not ours at the most */
#define FOREIGN_MAX 64

struct events {
	struct entry *v;
	size_t n, cap;
	size_t *next; /**< next event of the same call, n elements; by events_sort() */
	size_t next_n;
	struct event_call *calls;
	size_t ncalls, calls_cap;
	struct {
		const char *name;
		bool transit;
	} hops[HOPS_MAX];
	size_t nhops;
	bool shared; /**< elements have an address in common, and are told apart by ports */
	const char *foreign[FOREIGN_MAX]; /**< names of elements that are not ours */
	size_t nforeign;
	const char *rest; /**< element to which addresses belong that nobody has; NULL */
	struct word *words;
	struct link *links;
	struct chunk *chunks;
	size_t octets; /**< held in chunks */
};

/** Memory that lives as long as the events. @return NULL when out of memory or over
 * EVENTS_MAX_OCTETS */
char *evs_alloc(struct events *evs, size_t size);
/** The one copy of a string; NULL when out of memory */
const char *evs_word(struct events *evs, struct sv v);
/** Remember by key; a key that is there is overwritten. @return 0, ENOMEM */
int evs_link(struct events *evs, const char *key, size_t call, const char *text);
/** NULL when there is none */
const struct link *evs_linked(const struct events *evs, const char *key);
/** Index of the call of these two, made when it is new; EVENT_NO_CALL when out of memory */
size_t evs_call(struct events *evs, const struct tn *orig, const struct tn *dest);

/** event_read.c: fill ev from its line. @return 0, EBADMSG with text, ENOMEM */
int event_read(struct events *evs, struct event *ev, struct err *e);
/** event_ends.c: an element that the world has told of: its address, which is another element's too when ports are told */
int event_learn_element(struct events *evs, const struct event *ev);
/** event_ends.c: from, to by the names known now; again once all is known */
int event_resolve(struct events *evs, struct event *ev);
/** event_foreign.c: name the end of a message that is not ours and has an address that the world does not know, or one of the same
 * provider that cannot be meant: a program may connect from wherever it likes. */
void event_guess(const struct events *evs, struct event *ev);
/** event_call.c: what message it is (what, status) and whose call; octets are decoded into a buffer
 * of its own */
int event_place(struct events *evs, struct event *ev);

/** event_msg.c: a view's JSON escapes undone into ret (v.l octets suffice). @return octets written
 */
size_t msg_unescape(char *ret, struct sv v);
/** event_msg.c: hex digits to octets (v.l / 2 suffice) */
size_t msg_unhex(char *ret, struct sv v);
/** event_msg.c: the i-th header of a SIP or HTTP message's text */
bool msg_header(struct sv text, const char *name, unsigned i, struct sv *ret);
/** event_msg.c: what follows the empty line */
struct sv msg_body(struct sv text);
/** event_msg.c: ISUP octets of an M3UA DATA message, empty when it is none */
struct sv msg_isup(struct sv m3ua);
/** event_msg.c: the i-th PASSporT */
bool msg_token(struct sv text, unsigned i, struct sv *ret);

#endif
