/** @file conf.h  Configuration of ref-vs, the STI-VS: structs and the table that reads them. */
#ifndef REF_VS_CONF_H
#define REF_VS_CONF_H

#include "lib/base/conf.h"
#include "lib/net/atis82.h"
#include "lib/net/https_client.h"
#include "lib/net/trust_feed.h"

struct vs_sip {
	char *addr;
	int64_t port;
};

/** The provider's own CPS; url NULL: there is none, in-band only */
struct vs_cps {
	char *url;               /**< https base URL of the private interface */
	int64_t wait_ms;         /**< how long the CPS may wait for a PASSporT that is on its way */
	int64_t wait_in_band_ms; /**< the same when a shaken one came in-band; negative: 0, but for
				    the policies that want both: wait_ms */
	int64_t grace_ms;        /**< how much longer than that we wait for its answer */
};

/** Where the provider's own CPS pushes verified PASSporTs to (5.3 step 9); addr NULL: it does not */
struct vs_push {
	char *addr;
	int64_t port;
	struct tls_conf tls;      /**< client_ca must be set */
	struct conf_list clients; /**< char *: names that a client certificate may carry */
	int64_t max;              /**< PASSporTs kept at once; more are refused with 503 */
	int64_t settle_ms;        /**< a call is served when nothing more came for so long */
	int64_t max_conns;
	int64_t idle_timeout_s;
};

/** A range of numbers, and the OCN of the provider that has the right to them */
struct vs_number {
	char *prefix; /**< canonical digits */
	char *ocn;
};

enum vs_act { VS_MARK, VS_REFUSE };
enum vs_passports { VS_PASSPORTS_ALL, VS_PASSPORTS_NONE, VS_PASSPORTS_CHANGED };
enum vs_failed { VS_FAILED_SIGNATURE, VS_FAILED_ANY };

struct vs_policy {
	int choose;       /**< index of a row of choose.h's table */
	int on_failure;   /**< enum vs_act */
	int on_missing;   /**< enum vs_act */
	int failed_means; /**< enum vs_failed: which failures give TN-Validation-Failed */
	int64_t original_freshness_s; /**< of the original of a div chain; negative: not judged */
};

/** Wrong on purpose, by which a test case proves that it can fail */
struct vs_faults {
	struct conf_list skip_checks; /**< char *: names of checks left out */
	struct conf_list
		accept_reasons;  /**< char *: what is not verified for one of these is passed */
	struct conf_list ignore; /**< char *: "in-band", "out-of-band", "div" */
	char *verstat;           /**< the result, always; NULL: as it is */
	char *reason;            /**< name of the reason that is given; NULL: as it is */
	bool no_reason;          /**< none is given while the call goes on */
	int passports;           /**< enum vs_passports */
	bool answer_anything;    /**< questions without a number, and pushes that must be refused */
};

struct vs_conf {
	struct vs_sip sip;
	struct atis82_conf http;
	char *domain; /**< host part of the P-Asserted-Identity that we answer with */
	struct vs_cps cps;
	struct vs_push push;
	struct conf_list
		numbers; /**< struct vs_number: a div for a number that is in none of them is
				     not judged by who signed it */
	struct https_client_conf https;
	struct trust_conf trust;
	struct vs_policy policy;
	int64_t max_calls; /**< calls being verified at once */
	struct vs_faults faults;
};

extern const struct conf_table vs_conf_table;

/** What the table cannot say. @return 0; EINVAL with text */
int vs_conf_check(const struct vs_conf *conf, struct err *e);

#endif
