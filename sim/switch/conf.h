/** @file conf.h  Configuration of oob-switch, the CSCF of one provider: structs and the table that
 * reads them. */
#ifndef SWITCH_CONF_H
#define SWITCH_CONF_H

#include "lib/base/conf.h"

struct sw_sip {
	char *addr;
	int64_t port;
};

/** STI-AS or STI-VS; uri NULL: the provider has none */
struct sw_service {
	char *uri;          /**< "sip:127.9.1.3:5060;transport=tcp" */
	int64_t timeout_ms; /**< the call goes on without its answer after this */
};

enum sw_kind { SW_SUBSCRIBER, SW_TRUNK };

/** Who a request comes from: told by the sent-by host of its top Via */
struct sw_peer {
	char *addr;
	int kind; /**< enum sw_kind */
};

/** Where numbers go */
struct sw_route {
	char *prefix; /**< digits, with or without "+" */
	char *uri;    /**< SIP URI of the phone, or of the next hop */
};

struct sw_conf {
	struct sw_sip sip;
	char *domain;
	struct sw_service as, vs;
	struct conf_list peers;       /**< struct sw_peer */
	struct conf_list subscribers; /**< struct sw_route */
	struct conf_list trunks;      /**< struct sw_route */
	int64_t no_answer_ms;         /**< an INVITE that goes on may ring this long */
	int64_t max_calls;            /**< calls at once; more are answered 503 */
};

extern const struct conf_table sw_conf_table;

#endif
