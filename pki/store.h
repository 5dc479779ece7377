/** @file store.h  The PKI's directory on disk. Other programs rely on these names:
 *
 *     pki.json               what is not in the other files: base URL, counters, what is revoked
 *     pa/root.pem            root of the STI-PA: the one anchor that a verifier is given
 *     pa/signer.pem          chain of the STI-PA's signer (without the root)
 *     pa/ca-list.jwt         signed list of approved STI-CAs
 *     pa/crl.pem, crl.der    the STI-PA's indirect CRL
 *     ca1/root.pem           root of the first STI-CA; ca2/ … likewise
 *     ca1/intermediate.pem   its intermediate, which signs end entities
 *     ca1/signer.pem         chain of the signer of its lists (without the root)
 *     map/                   CPS mappings, see maps.h
 *     tls/root.pem           root of the web CA, for HTTPS in the world
 *     tls/<name>.pem         TLS certificate for a name
 *     certs/<id>.pem         certificate chain of a provider, leaf first; id is its serial number
 * in lower case hex
 *
 * The private key of x.pem is x-key.pem beside it, mode 0600. A file appears whole or not at all
 * (written under another name, then renamed), and commands that change the directory take turns
 * (flock on .lock).
 */
#ifndef PKI_STORE_H
#define PKI_STORE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/base/conf.h"
#include "lib/base/env.h"
#include "lib/base/err.h"
#include "lib/base/sv.h"
#include "lib/stir/certgen.h"

#define DEFAULT_BASE_URL "https://cr.pki.example:8443"
#define CAS_MAX          16

/** Beginning of each validity, before now: an element whose clock is set back for a test finds it
 * valid */
#define BACKDATE_S 86400

/** A revoked certificate, in pki.json */
struct revoked {
	char *serial; /**< lower case hex */
	char *pem;
	int64_t at_s;
};

struct pki_state {
	char *base_url;   /**< without a slash at its end */
	int64_t cas;      /**< number of STI-CAs */
	int64_t sequence; /**< of the list made last */
	int64_t crl_number;
	struct conf_list revoked; /**< struct revoked */
};

extern const struct conf_table pki_state_table;

struct pki {
	const char *dir; /**< borrowed */
	int lock;
	struct pki_state state;
	struct env env;
	struct env_shift shift;
};

enum pki_use {
	PKI_READ,
	PKI_CHANGE, /**< wait for other changes to end */
	PKI_TRY,    /**< change, but do not wait: EWOULDBLOCK */
};

/**
 * Open an existing PKI.
 *
 * @return 0; ENOENT with text (no PKI there); EBADMSG, EACCES … with text
 */
int pki_open(struct pki *ret, const char *dir, enum pki_use use, struct err *e);

/**
 * Make the directory and its folders for a new PKI of `cas` STI-CAs, and hold its lock. The PKI
 * exists once pki_save() wrote pki.json.
 *
 * @param force  Delete the PKI that is there
 * @return 0; EEXIST with text (there is one); EACCES … with text
 */
int pki_create(struct pki *ret, const char *dir, int64_t cas, bool force, struct err *e);

/** Write pki.json */
int pki_save(const struct pki *pki, struct err *e);

void pki_close(struct pki *pki);

/** Path of a file in the directory. @return 0; ENAMETOOLONG with text */
int pki_path(const struct pki *pki, char ret[PATH_MAX], struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/** file_write() into the directory */
int pki_write(const struct pki *pki, const char *name, struct sv text, struct err *e);

/** Append a file of the directory, a certificate chain */
int pki_append(struct buf *ret, const struct pki *pki, const char *name, struct err *e);

/** A certificate with its private key */
struct holder {
	struct cert_chain *chain;
	struct stir_key *key;
};

/** Read `<name>.pem` and `<name>-key.pem`, e.g. "ca1/intermediate" */
int holder_load(struct holder *ret, const struct pki *pki, const char *name, struct err *e);
/** Safe on a zeroed struct */
void holder_clear(struct holder *h);
/** For AUTO-like use: `HOLDER_AUTO struct holder h = {0};` */
#define HOLDER_AUTO __attribute__((cleanup(holder_clear)))
/** As issuer for certgen.h; borrowed */
struct cert_issuer holder_issuer(const struct holder *h);

#endif
