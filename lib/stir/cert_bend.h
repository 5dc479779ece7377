/** @file cert_bend.h  Certificates and CRLs that are wrong on purpose: one that is right, changed, and signed again by whom
 * it was signed by. The changes are data, so that a table of wrong certificates is a table. The only callers make test
 * vectors and worlds for tests.
 */
#ifndef STIR_CERT_BEND_H
#define STIR_CERT_BEND_H

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/sv.h"
#include "lib/stir/key.h"

enum bend_what {
	BEND_END,     /**< ends a list of changes */
	BEND_DROP,    /**< the extension `name` goes */
	BEND_ADD,     /**< an extension `name` with `value` comes, behind the others */
	BEND_ENTRY,   /**< CRL: it comes to its first entry */
	BEND_VERSION, /**< `value`: "1", "2", "3" */
	BEND_BREAK,   /**< the last bit of the signature is turned over */
};

struct bend {
	enum bend_what what;
	const char *name; /**< in OpenSSL's words ("basicConstraints"), or an OID */
	const char *
		value; /**< in the words of OpenSSL's configuration files: "critical,CA:TRUE", "DER:30:00" */
};

/**
 * Change a certificate.
 *
 * @param ret_pem  The changed one is appended as PEM
 * @param pem      One certificate
 * @param bends    In this order; ends with BEND_END
 * @param signer   Key of its issuer
 *
 * @return 0; EINVAL with text (a change that cannot be made, no certificate); EIO (signing); ENOMEM
 */
int cert_bend(struct buf *ret_pem, struct sv pem, const struct bend *bends,
	      const struct stir_key *signer, struct err *e);

/** The same for a CRL */
int crl_bend(struct buf *ret_pem, struct sv pem, const struct bend *bends,
	     const struct stir_key *signer, struct err *e);

#endif
