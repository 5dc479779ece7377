/** @file conf.h  Configuration of ref-as, the STI-AS: structs and the table that reads them. */
#ifndef REF_AS_CONF_H
#define REF_AS_CONF_H

#include "lib/base/conf.h"
#include "lib/net/https_client.h"

struct as_sip {
	char *addr;
	int64_t port;
};

/** Which level a caller gets: own number A, known customer B, else C (ATIS-1000074) */
struct as_attestation {
	struct conf_list own;       /**< char *: prefixes of the numbers that are ours */
	struct conf_list customers; /**< char *: host part of the From URI of a known customer */
};

/** A range of called numbers, and the OCN of the provider that serves it */
struct as_number {
	char *prefix; /**< canonical digits */
	char *ocn;
};

struct as_publish {
	int64_t timeout_ms; /**< of one POST, queueing included */
	int64_t max_queue;  /**< POSTs under way at the most; more are not made, and the trace says
			       so */
};

/** Wrong on purpose, by which a test case proves that it can fail */
struct as_faults {
	bool wait_for_cps; /**< answer only after the CPS has: breaks AS-06 */
};

struct as_conf {
	struct as_sip sip;
	char *spc; /**< SPC of our certificate, told in READY */
	char *x5u; /**< https URL of our certificate */
	char *key; /**< file of the private key that belongs to it, PEM */
	struct as_attestation attestation;
	char *origid;             /**< AS_ORIGID_PER_CALL, or one fixed UUID */
	int64_t freshness_s;      /**< a Date header further from now than this is not signed */
	struct conf_list numbers; /**< struct as_number */
	struct conf_list cps;     /**< struct conf_pair: OCN → https URL of its CPS */
	struct https_client_conf https;
	struct as_publish publish;
	struct as_faults faults;
};

#define AS_ORIGID_PER_CALL "per-call"

extern const struct conf_table as_conf_table;

#endif
