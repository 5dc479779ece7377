/** @file events.h  The trace of all elements of a run, read live or from a kept trace.jsonl: one
 * array sorted by time.
 *
 * Lines are kept as they came (a run's trace.jsonl is written from them, octet for octet); of each
 * only a few fields are read at once, so that a run of many calls stays cheap. The rest is decoded
 * when somebody asks (event_octets, event_data).
 *
 * Every event is given the call it belongs to: a call is the pair (caller, called) in canonical
 * form, which is all that is known on both sides of a TDM leg; a number that calls are retargeted to
 * (note `world.retarget`) stands for the one that was dialled. It is read from notes (orig, dest),
 * SIP (INVITE's numbers, then Call-ID), HTTPS (query of PUT /calls, claims of a posted PASSporT,
 * then the connection) and ISUP (IAM's numbers, then the circuit).
 *
 * All strings and views belong to the `struct events` and live as long as it does.
 */
#ifndef OOBSIM_EVENTS_H
#define OOBSIM_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "lib/base/err.h"
#include "lib/base/sv.h"
#include "lib/base/tn.h"

enum event_kind { EVENT_SIP, EVENT_HTTPS, EVENT_ISUP, EVENT_NOTE };

enum event_dir { EVENT_RX, EVENT_TX, EVENT_NONE /**< a note */ };

#define EVENT_NO_CALL SIZE_MAX
#define EVENT_NO_TWIN SIZE_MAX

struct event {
	uint64_t t_us; /**< CLOCK_MONOTONIC, microseconds */
	enum event_kind kind;
	enum event_dir dir;
	const char *at;  /**< element that saw it: "osp.as" */
	const char *src; /**< "127.9.1.2:5060"; "" for a note */
	const char *dst;
	const char
		*from; /**< element names of src and dst as the world knows them: "osp.phone"; the
			  address itself (without port) when no element has it; "" for a note */
	const char *to;
	/** SIP and HTTPS: method of the request, for a response that of the request it answers (""
	 * when not known). ISUP: "IAM", "REL" …, or "M3UA" when it carries no ISUP. Note: its
	 * `what` ("vs.result") */
	const char *what;
	unsigned status;    /**< SIP or HTTP status of a response, else 0 */
	unsigned long conn; /**< HTTPS: connection, a number of the element `at`'s own */
	size_t call;        /**< index for events_call(), or EVENT_NO_CALL */
	bool transit;       /**< between two elements of one transit provider */
	size_t twin;        /**< the same message seen at its other end, or EVENT_NO_TWIN; set by
			       events_sort() */
	struct sv line;     /**< the JSON line, without newline */
	struct sv octets_;  /**< raw or hex as it stands in the line: use event_octets() */
	struct sv data_;    /**< data of a note as JSON text: use event_data() */
	bool hex_, decoded_;
};

struct event_call {
	struct tn orig, dest;
	size_t first; /**< its first event, an index; set by events_sort() */
	size_t n;     /**< number of its events */
};

struct events;

/** An empty array. @return 0, ENOMEM */
int events_alloc(struct events **ret);
void events_free(struct events *evs);

/** This address, or this address with this port ("127.9.0.1:8443", which then counts first), is that element: for `from` and `to`.
 * Also learned from notes `world.element` */
int events_name(struct events *evs, const char *addr, const char *name);

/**
 * Take one line of a trace (copied).
 *
 * @return 0; EBADMSG with text (not a JSON object, a member is missing); ENOMEM; EMSGSIZE (the
 * whole is larger than EVENTS_MAX_OCTETS)
 */
int events_add(struct events *evs, struct sv line, struct err *e);

#define EVENTS_MAX_OCTETS (4ull << 30)

/** Sort by time (stable), find twins and the calls' first events. Indices change: ask for them
 * again afterwards */
int events_sort(struct events *evs);

/** Read a kept trace (a file, or a report directory with trace.jsonl in it), sorted. @return as
 * events_add(), ENOENT, EIO */
int events_load(struct events **ret, const char *path, struct err *e);

/** Write all lines in their present order. @return 0 or errno */
int events_write(const struct events *evs, FILE *f);

size_t events_count(const struct events *evs);
/** Do the elements share an address, each with ports of its own? */
bool events_shared(const struct events *evs);
/** i < events_count() */
const struct event *events_at(const struct events *evs, size_t i);

/** Providers on the path, first one first, as notes `world.provider` tell; 0 when there are none */
size_t events_hops(const struct events *evs);
const char *events_hop(const struct events *evs, size_t hop);
/** Is the one at that place a transit provider? */
bool events_hop_transit(const struct events *evs, size_t hop);

/** Is it an implementation of somebody else (note `world.element` says so)? It writes no trace: of what it does only its messages
 * are known, from those who receive or send them */
bool events_is_foreign(const struct events *evs, const char *element);
/** Is a message between these two seen by one of them? Phones write no trace either */
bool events_see(const struct events *evs, const char *from, const char *to);

size_t events_calls(const struct events *evs);
/** In the order in which they became known */
const struct event_call *events_call(const struct events *evs, size_t call);
/** Index of the call of these two numbers. @return EVENT_NO_CALL when no event has it */
size_t events_find_call(const struct events *evs, const struct tn *orig, const struct tn *dest);
/** Is event i still an answer or an ACK to what was asked before event `first`, in a call of which nothing was asked since? Valid after
 * events_sort() */
bool events_is_late(const struct events *evs, size_t i, size_t first);
/** The next event of the same call behind event i, or events_count(); begin with
 * events_call()->first. Valid after events_sort() */
size_t events_next(const struct events *evs, size_t i);

/** The message's octets: SIP and HTTP text with its escapes undone, ISUP's M3UA message. Empty for
 * a note. Decoded once and kept */
struct sv event_octets(const struct event *ev);

/** Data of a note. @return New reference; NULL when there is none */
json_t *event_data(const struct event *ev);

/** A string, number or boolean of a note's data as text ("TN-Validation-Passed", "0", "true").
 * @return false when absent */
bool event_fact(const struct event *ev, const char *member, char *ret, size_t size);

/** The i-th SIP or HTTP header of a name (any case), its value trimmed. @return false when there
 * are not so many */
bool event_header(const struct event *ev, const char *name, unsigned i, struct sv *ret);

/** Number of SIP headers of that name */
unsigned event_headers(const struct event *ev, const char *name);

/** Body of a SIP or HTTP message; empty when none */
struct sv event_body(const struct event *ev);

/** The i-th PASSporT that a message carries, in an Identity header, in a body of application/passport or
 * in one of JSON. @return false: no more */
bool event_token(const struct event *ev, unsigned i, struct sv *ret);

/** ISUP octets inside the M3UA DATA message (from the CIC on); empty when it is none */
struct sv event_isup(const struct event *ev);

#endif
