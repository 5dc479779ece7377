/** @file conf.h  Configuration of oob-switch, the CSCF of one provider: structs and the table that
 * reads them. */
#ifndef SWITCH_CONF_H
#define SWITCH_CONF_H

#include "lib/base/conf.h"
#include "lib/net/https_client.h"

struct sw_sip {
	char *addr;
	int64_t port;
};

/** How a service is asked */
enum sw_interface {
	SW_REDIRECT, /**< an INVITE that it answers with a 302 */
	SW_PROXY,    /**< the call's INVITE is routed through it and comes back (ISC, 3GPP TS 24.229
			§5.4.3) */
	SW_HTTP,     /**< JSON over HTTPS (ATIS-1000082) */
	SW_INTERFACES
};

/** "redirect", …; ends with NULL */
extern const char *const sw_interface_names[];

/** STI-AS or STI-VS; uri NULL: the provider has none */
struct sw_service {
	int interface; /**< enum sw_interface */
	char *uri;     /**< "sip:127.9.1.3:5060;transport=tcp"; http: "https://as.example:8443" */
	int64_t timeout_ms; /**< the call goes on without its answer after this */
};

enum sw_kind { SW_SUBSCRIBER, SW_TRUNK };

/** Who a request comes from: told by the sent-by of its top Via */
struct sw_peer {
	char *addr;
	int64_t port; /**< 0: not told */
	int kind;     /**< enum sw_kind */
};

/** Where numbers go */
struct sw_route {
	char *prefix; /**< digits, with or without "+" */
	char *uri;    /**< SIP URI of the phone, or of the next hop */
};

/** When a call to a number of ours goes on to another one */
enum sw_retarget_reason { SW_UNCONDITIONAL, SW_BUSY, SW_NO_ANSWER };

struct sw_retarget {
	char *number; /**< prefix of numbers of ours, or a whole one */
	char *to;     /**< "+1…" */
	int reason;   /**< enum sw_retarget_reason */
};

/** Numbers that were ported: what a number portability query gives */
struct sw_lnp {
	char *number; /**< prefix */
	char *rn;     /**< "+1…": location routing number */
};

/** Numbers whose calls a carrier takes: toll-free ones */
struct sw_carrier {
	char *prefix;
	char *cic; /**< "+10288": country code, then the carrier identification code */
};

struct sw_conf {
	struct sw_sip sip;
	char *domain;
	struct sw_service as, vs;
	struct conf_list peers;       /**< struct sw_peer */
	struct conf_list subscribers; /**< struct sw_route */
	struct conf_list trunks;      /**< struct sw_route */
	struct conf_list retarget;    /**< struct sw_retarget */
	struct conf_list lnp;         /**< struct sw_lnp */
	bool lnp_query;               /**< a query is done for every call: npdi, ported or not */
	struct conf_list carriers;    /**< struct sw_carrier */
	bool sign_transit;            /**< calls from trunk to trunk without Identity are signed */
	struct https_client_conf https;
	int64_t no_answer_ms; /**< an INVITE that goes on may ring this long */
	int64_t max_calls;    /**< calls at once; more are answered 503 */
};

extern const struct conf_table sw_conf_table;

/** What the table cannot say. @return 0; EINVAL with text */
int sw_conf_check(const struct sw_conf *conf, struct err *e);

#endif
