/** @file trust_feed.h  Keeps the trust data of an element current, and makes the verifier that uses it.
 *
 * Fetches the STI-PA's list of approved STI-CAs and its CRL over HTTPS (or reads files) at start, routinely, before they run
 * out and on SIGHUP; hands them to lib/stir/trust.h, which decides. What was in force stays until it expires; without current
 * data verification refuses (ca-list-unusable, crl-unusable): fail closed.
 */
#ifndef NET_TRUST_FEED_H
#define NET_TRUST_FEED_H

#include "lib/base/conf.h"
#include "lib/base/env.h"
#include "lib/net/https_client.h"
#include "lib/stir/verify.h"

struct trust_conf {
	char *pa_root; /**< PEM file: the STI-PA's root, the one pinned anchor */
	char *ca_list; /**< https URL or file of the signed list of approved STI-CAs */
	char *crl;     /**< https URL or file of the STI-PA's CRL (PEM or DER) */
	char *crl_chain; /**< PEM file or https URL with the chain of the CRL's signer; NULL: the list signer's chain */
	int64_t refresh_s; /**< how often both are fetched again */
	int64_t freshness_s;
	int64_t cert_cache_entries;
	int64_t cert_cache_age_s;
};
extern const struct conf_table trust_conf_table;

struct trust_feed;

/**
 * @param skip   Names of checks to leave out (conf_list of char *), faults on purpose; unknown names are EINVAL with text
 * @param ready  Called once from the loop when the first round of fetches has ended, well or badly
 */
int trust_feed_alloc(struct trust_feed **ret, const struct trust_conf *conf, enum verify_role role,
		     bool accept_unknown_ppt, const struct conf_list *skip,
		     struct https_client *client, const struct env *env, void (*ready)(void *arg),
		     void *arg, struct err *e);
void trust_feed_free(struct trust_feed *feed);
/** The verifier over this trust data; belongs to the feed */
struct verifier *trust_feed_verifier(struct trust_feed *feed);
/** The trust data itself; belongs to the feed */
const struct trust *trust_feed_trust(const struct trust_feed *feed);
/** Call h at the end of every round of fetches, well or badly: for who has more that hangs on the trust data */
void trust_feed_on_round(struct trust_feed *feed, void (*h)(void *arg), void *arg);
/** SIGHUP: fetch both again now, forget cached certificates */
void trust_feed_reload(struct trust_feed *feed);

#endif
