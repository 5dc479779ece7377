/** @file conf.h  Configuration of oob-gateway: a SIP side towards the provider's own CSCF, and one
 * trunk. */
#ifndef GATEWAY_CONF_H
#define GATEWAY_CONF_H

#include "lib/base/conf.h"

enum trunk_kind { TRUNK_TDM };

struct gw_endpoint {
	char *addr; /**< IP address */
	int64_t port;
};

struct gw_conf_circuits {
	int64_t first; /**< lowest CIC of the trunk, 14 bits */
	int64_t count; /**< CICs follow one another */
};

struct gw_conf_trunk {
	int kind;                /**< enum trunk_kind */
	char *addr;              /**< own address of the M3UA link */
	int64_t port;            /**< where it listens, unless it connects */
	struct gw_endpoint peer; /**< the only address a link is taken from, or made to */
	bool connect;            /**< this side makes the connection */
	char *opc, *dpc;         /**< point codes "network-cluster-member" */
	int64_t sls;
	struct gw_conf_circuits circuits;
};

struct gw_conf {
	struct gw_endpoint sip;
	char *domain;     /**< host part of the URIs that it builds */
	char *switch_uri; /**< member "switch": the CSCF, where calls from the trunk go */
	struct gw_conf_trunk trunk;
	int64_t t7_ms;  /**< IAM without ACM: release 102 (RFC 3398 §7.2.2) */
	int64_t t9_ms;  /**< ACM without ANM: release 19 */
	int64_t t11_ms; /**< INVITE without an answer: early ACM (RFC 3398 §8.2.8) */
	int64_t t1_ms;  /**< REL without RLC: REL again (ITU-T Q.764 §2.3) */
};

extern const struct conf_table gw_conf_table;

#endif
