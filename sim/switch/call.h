/** @file call.h  Calls through the switch: an INVITE comes, the services are asked, an INVITE goes on; then both legs follow one
 * another until the call ends. */
#ifndef SWITCH_CALL_H
#define SWITCH_CALL_H

#include <jansson.h>

#include "lib/net/sip_leg.h"
#include "sim/switch/conf.h"
#include "sim/switch/header.h"
#include "sim/switch/table.h"

struct sw_call;

struct sw {
	const struct sw_conf *conf;
	struct sw_table *table;
	struct sip_ep *ep;
	struct sw_call *calls;
	int64_t n_calls;
};

/** sip_call_h; arg: struct sw */
void sw_call_arrived(struct sip_leg *leg, struct sip_rx *invite, void *arg);

/** End every call: whom a connection is open to gets BYE or CANCEL, the others find out */
void sw_calls_end(struct sw *sw);

/* --- for the parts of call alone --- */

/** Most octets of header lines that go on */
#define SW_LINES_MAX 49152

struct sw_call {
	struct sw_call *prev, *next;
	struct sw *sw;
	struct sip_leg *in, *out;
	struct sip_query *query;
	struct sip_rx *invite; /**< held until the INVITE has gone on */
	struct sw_plan plan;
	bool has_orig, has_dest, answered;
	struct tn orig, dest;
	unsigned hops; /**< Max-Forwards of what goes on */
	uint64_t asked_us;
	enum sw_verstat verstat;
	unsigned n_identities;
	struct buf identities; /**< lines */
	struct buf date;       /**< line, or empty */
	struct buf reason;     /**< Reason lines of the STI-VS, for the caller (RFC 9410 §3) */
};

/** Note about a call; data is taken */
void sw_note(const struct sw_call *call, const char *what, json_t *data);

/** Ask STI-AS and STI-VS as planned, one after the other, then sw_call_dial(), or sw_call_refuse() */
void sw_ask(struct sw_call *call);

void sw_call_dial(struct sw_call *call);
/** Final answer to the caller, by the switch itself: "switch" */
void sw_call_refuse(struct sw_call *call, unsigned status, const char *phrase, const char *headers,
		    const char *by);

/** Lines that questions and the INVITE that goes on have in common */
void sw_common_lines(struct buf *b, const struct sw_call *call);

#endif
