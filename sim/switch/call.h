/** @file call.h  Calls through the switch: an INVITE comes, the services are asked, the call may be retargeted, an
 * INVITE goes on; then both legs follow one another until the call ends. */
#ifndef SWITCH_CALL_H
#define SWITCH_CALL_H

#include <jansson.h>

#include "lib/base/env.h"
#include "lib/net/https_client.h"
#include "lib/net/sip_leg.h"
#include "sim/switch/conf.h"
#include "sim/switch/header.h"
#include "sim/switch/table.h"
#include "sim/switch/target.h"

struct sw_call;
struct sw_isc;

struct sw {
	const struct sw_conf *conf;
	const struct env *env;
	struct sw_table *table;
	struct sip_ep *ep;
	struct https_client *https; /**< NULL: no service is asked by HTTP */
	struct sw_isc *isc; /**< by odi: INVITEs that went through a service (ask_proxy.c) */
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
/** Longest reason phrase that is passed on */
#define SW_PHRASE_MAX 256

/** Who can be asked */
enum sw_role { SW_AS, SW_VS, SW_ROLES };

struct sw_call {
	struct sw_call *prev, *next;
	struct sw *sw;
	struct sip_leg *in, *out;
	struct sip_rx *invite; /**< held as long as another INVITE may be made of it */
	struct sw_plan plan;
	struct sw_target target; /**< Request-URI of questions and of the INVITE that goes on */
	bool has_orig, has_dest, answered;
	struct tn orig, dest; /**< dest: the number that the call is for now */
	bool diverted;
	struct tn diverted_from;          /**< dest before the last retargeting */
	unsigned hops;                    /**< Max-Forwards of what goes on */
	enum sw_role role;                /**< who is being asked, or was last */
	const struct sw_service *service; /**< it */
	uint64_t asked_us;
	int64_t asked_s;         /**< wall clock */
	struct sip_query *query; /**< ask_redirect.c */
	struct sw_isc *asked;    /**< ask_proxy.c: has not come back yet */
	struct sw_isc *iscs;     /**< ask_proxy.c: all of the call, that one among them */
	bool http;               /**< ask_http.c: a request is under way */
	enum sw_verstat verstat;
	unsigned n_identities;
	struct buf identities; /**< lines */
	struct buf date;       /**< line, or empty */
	struct buf history;    /**< History-Info lines */
	struct buf reason;     /**< Reason lines of the STI-VS, for the caller (RFC 9410 §3) */
};

/** Note about a call; data is taken */
void sw_note(const struct sw_call *call, const char *what, json_t *data);

/** Do what the plan says is next: ask, retarget, dial */
void sw_call_next(struct sw_call *call);

/** Final answer to the caller, by the switch itself: "switch" */
void sw_call_refuse(struct sw_call *call, unsigned status, const char *phrase, const char *headers,
		    const char *by);

/** The call goes on to the number that the plan's retargeting says (retarget.c). cause: 302, 486, 408 */
void sw_retarget(struct sw_call *call, unsigned cause);

#endif
