/** @file conf.h  Configuration of oob-gateway: a SIP side towards the provider's own CSCF, and
 * trunks to other providers. */
#ifndef GATEWAY_CONF_H
#define GATEWAY_CONF_H

#include "lib/base/conf.h"
#include "lib/base/err.h"

#define SIP_PORT 5060

enum trunk_kind { TRUNK_TDM, TRUNK_SIP };
enum trunk_transport { TRUNK_TCP, TRUNK_UDP };

struct gw_endpoint {
	char *addr; /**< IP address */
	int64_t port;
};

struct gw_conf_circuits {
	int64_t first; /**< lowest CIC of the trunk, 14 bits */
	int64_t count; /**< CICs follow one another */
};

struct gw_conf_trunk {
	char *name; /**< unique; in notes and log lines */
	int kind;   /**< enum trunk_kind */
	struct conf_list
		prefixes; /**< char *: numbers that go there, canonical digits; "" all others */
	struct gw_endpoint peer; /**< the gateway at the other end; port 0: see gw_peer_port() */

	int transport; /**< sip: enum trunk_transport */

	char *addr;                       /**< tdm: own address of the M3UA link */
	int64_t port;                     /**< tdm: where it listens, unless it connects */
	bool connect;                     /**< tdm: this side makes the connection */
	char *opc, *dpc;                  /**< tdm: point codes "network-cluster-member" */
	int64_t sls;                      /**< tdm */
	struct gw_conf_circuits circuits; /**< tdm */
};

/** Wrong on purpose, to prove that a test case can fail (fault.h) */
struct gw_faults {
	bool leak_identity; /**< the IAM has the beginning of the PASSporT as calling name */
	char *calling;      /**< calling number of every IAM, digits; NULL: the right one */
	bool drop_identity; /**< INVITEs over sip trunks go without Identity */
	bool no_rel;        /**< REL is not sent */
	bool deaf_to_rel;   /**< REL is passed over */
	int64_t cause;      /**< Q.850 cause that is told whatever the cause is; 0: the right one */
};

struct gw_conf {
	struct gw_endpoint sip;
	char *domain;            /**< host part of the URIs that it builds */
	char *switch_uri;        /**< member "switch": the CSCF, where calls from the trunks go */
	struct conf_list trunks; /**< struct gw_conf_trunk, one at least */
	int64_t max_calls;       /**< calls over sip trunks at once */
	int64_t t7_ms;           /**< IAM without ACM: release 102 (RFC 3398 §7.2.2) */
	int64_t t9_ms;           /**< ACM without ANM: release 19 */
	int64_t t11_ms;          /**< INVITE without an answer: early ACM (RFC 3398 §8.2.8) */
	struct gw_faults faults;
	int64_t t1_ms; /**< REL without RLC: REL again (ITU-T Q.764 §2.3) */
};

extern const struct conf_table gw_conf_table;

/**
 * What the table cannot say: what a trunk needs depends on its kind.
 *
 * @return 0; EINVAL with text (the member, what was expected, what came)
 */
int gw_conf_check(const struct gw_conf *conf, struct err *e);

/** Port of a trunk's peer: as configured, else 2905 (M3UA) or 5060 (SIP) by its kind */
uint16_t gw_peer_port(const struct gw_conf_trunk *trunk);

#endif
