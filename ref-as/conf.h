/** @file conf.h  Configuration of ref-as, the STI-AS: structs and the table that reads them. */
#ifndef REF_AS_CONF_H
#define REF_AS_CONF_H

#include "lib/base/conf.h"
#include "lib/net/atis82.h"
#include "lib/net/https_client.h"
#include "ref-as/discover_conf.h"
#include "ref-as/fault.h"

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
	int64_t max_queue;  /**< POSTs under way at the most, waiting ones included; more are not
				   made, and the trace says so */
	bool split;         /**< a request for each PASSporT (AS-13), else all in one (AS-12) */
	int64_t retries;    /**< of one POST, after 429, 503 or a lost connection (AS-15) */
	int64_t backoff_ms; /**< before the first one; doubled each time */
	int64_t backoff_max_ms; /**< never more, unless the CPS asks for it by Retry-After */
};

/** A PASSporT that is signed beside the shaken one: rph, or a type that nobody knows */
struct as_extra {
	char *ppt;
	json_t *claims; /**< object: its claims beyond dest, iat and orig */
};

struct as_conf {
	struct as_sip sip;
	struct atis82_conf http;
	char *spc; /**< SPC of our certificate, told in READY */
	char *x5u; /**< https URL of our certificate */
	char *key; /**< file of the private key that belongs to it, PEM */
	struct as_attestation attestation;
	char *origid;             /**< AS_ORIGID_PER_CALL, or one fixed UUID */
	int64_t freshness_s;      /**< a Date header further from now than this is not signed */
	struct conf_list numbers; /**< struct as_number */
	struct conf_list cps;     /**< struct conf_pair: OCN → https URL of its CPS */
	struct discover_conf discovery;
	struct https_client_conf https;
	struct as_publish publish;
	struct conf_list extra_passports; /**< struct as_extra */
	struct as_faults faults;          /**< wrong on purpose */
};

#define AS_ORIGID_PER_CALL "per-call"
/** Extra PASSporTs of a call at the most */
#define AS_EXTRA_MAX 8

extern const struct conf_table as_conf_table;

/** What the table cannot say. @return 0; EINVAL with text */
int as_conf_check(const struct as_conf *conf, struct err *e);

#endif
