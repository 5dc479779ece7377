/** @file publish.h  What the STI-PA and the STI-CAs put into the directory. */
#ifndef PKI_PUBLISH_H
#define PKI_PUBLISH_H

#include <jansson.h>

#include "pki/store.h"

/** How long CRL and list are good unless told otherwise, and certificates of providers, days */
#define LIST_DAYS 30
#define CERT_DAYS 365
#define CA_DAYS   7300
#define DAY_S     86400

/** Make the signed list of approved STI-CAs anew, with the next sequence number. The caller saves the state */
int publish_list(struct pki *pki, int64_t exp_s, struct err *e);

/** Make the CRL anew, with the next number. The caller saves the state */
int publish_crl(struct pki *pki, int64_t this_update_s, int64_t next_update_s, struct err *e);

/** Octets of a CRL as text */
#define CRL_TEXT_MAX (16u << 20)

/** What the state says is revoked, for crl_make(): pki->state.revoked.n of them; NULL with text. publish_revoked_clear() and
 * free() it */
struct crl_entry *publish_revoked(const struct pki *pki, struct err *e);
void publish_revoked_clear(struct crl_entry *entries, size_t n);

/** Append `<base URL>/crl`, which certificates point to */
int crl_url(struct buf *ret, const struct pki *pki);

/** What to issue for a provider */
struct order {
	int64_t ca; /**< from 1 */
	const char *spc;
	const char *organization; /**< NULL: "Example Provider <SPC>" */
	int64_t not_before_s, not_after_s;
};

/** What was issued */
struct issued {
	char id[64]; /**< serial number in lower case hex: certs/<id>.pem */
	char chain[PATH_MAX];
	struct buf pem; /**< the chain; buf_free() */
};

/**
 * Issue a provider's certificate for a key and publish its chain under a new URL.
 *
 * @return 0; EINVAL with text (no such STI-CA, SPC not of the form …); EIO …
 */
int publish_cert(struct issued *ret, const struct pki *pki, const struct order *order,
		 const struct stir_key *key, struct err *e);

/** Print one JSON object on one line of standard output; takes the reference, NULL is ENOMEM */
int print_json(json_t *object, struct err *e);

/** The object that issue and sign-csr print. @param key_path  NULL: the key is somebody else's */
json_t *issued_json(const struct issued *issued, const struct pki *pki, const struct order *order,
		    const char *key_path);

#endif
