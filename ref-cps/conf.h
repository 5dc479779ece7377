/** @file conf.h  Configuration of ref-cps, the Call Placement Service: docs/examples/ref-cps.json.
 */
#ifndef REF_CPS_CONF_H
#define REF_CPS_CONF_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/conf.h"
#include "lib/net/https_client.h"
#include "lib/net/https_server.h"
#include "lib/net/trust_feed.h"
#include "ref-cps/fault.h"

/** Where STI-ASs publish (5.1, 5.4) */
struct cps_public_conf {
	char *addr;
	int64_t port;
	struct tls_conf tls;
	int64_t max_body;  /**< octets of a request body; more is 413 */
	int64_t max_conns; /**< connections at once; more wait in the listen queue (CPS-12) */
	int64_t idle_timeout_s;
};

/** Where the provider's own STI-VS fetches (5.2: private, so authenticated and apart) */
struct cps_private_conf {
	char *addr;
	int64_t port;
	struct tls_conf tls;      /**< client_ca must be set */
	struct conf_list clients; /**< char *: names that a client certificate may carry */
	int64_t max_conns;
	int64_t idle_timeout_s;
};

struct cps_store_conf {
	int64_t max;         /**< PASSporTs kept at once; more are refused with 503 */
	int64_t freshness_s; /**< a PASSporT is deleted when iat is older (CPS-10) */
	int64_t settle_ms; /**< an STI-VS that waits is answered when nothing more came for so long */
};

/** Answers kept so that a repeated request for the same call gets the same one */
struct cps_calls_conf {
	int64_t max;
	int64_t keep_s;
};

/** S2: verified PASSporTs are posted to the provider's own STI-VS as they come (5.3 step 9); url NULL:
 * the STI-VS asks for them */
struct cps_push_conf {
	char *url;                      /**< POST goes there, e.g. https://…:8444/passports */
	struct https_client_conf https; /**< its own connection; cert and key must be set */
	int64_t timeout_ms;             /**< for one try */
	int64_t retries;                /**< further tries when one fails */
	int64_t retry_ms; /**< pause before the first of them; doubled each time, Retry-After counts
			     when it is longer */
	int64_t max;      /**< requests that wait to be pushed at the most */
};

/** A range of numbers that another CPS serves, by the carrier (6.2, 6.3) */
struct cps_forward_number {
	char *prefix; /**< canonical digits */
	char *cic;
};

/** T2: the CPS of a transit provider sends on what is for another's numbers (6.3); without numbers it
 * does not */
struct cps_forward_conf {
	char *name;               /**< of this CPS, in Via; must be set */
	struct conf_list numbers; /**< struct cps_forward_number */
	struct conf_list cps;     /**< struct conf_pair: CIC → URL of the POST */
	int64_t timeout_ms;       /**< until the other CPS must have answered */
};

struct cps_conf {
	struct cps_public_conf public;
	struct cps_private_conf private;
	struct conf_list companies; /**< char *: OCNs served */
	struct trust_conf trust;
	struct https_client_conf https; /**< for x5u, the list of STI-CAs and the CRL */
	struct cps_store_conf store;
	struct cps_calls_conf calls;
	int64_t max_wait_ms;   /**< bound of the wait that the STI-VS may ask for */
	int64_t max_passports; /**< in one request; more is 400 */
	struct cps_push_conf push;
	struct cps_forward_conf forward;
	bool accept_unknown_ppt; /**< keep types that we do not know, once verified (5.1) */
	struct cps_faults_conf faults;
};

extern const struct conf_table cps_conf_table;

/**
 * What the table cannot say: the private interface is of no use without a CA for its clients, a push
 * not without a client certificate, a carrier not without its CPS.
 *
 * @return 0; EINVAL with text
 */
int cps_conf_check(const struct cps_conf *conf, struct err *e);

/** @return NULL when no CPS of the carrier is known */
const char *cps_forward_url(const struct cps_forward_conf *conf, struct sv cic);

#endif
