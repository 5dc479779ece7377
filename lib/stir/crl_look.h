/** @file crl_look.h  A CRL looked at thing by thing, for who wants to know what is wrong with one. Who trusts one asks trust.h. */
#ifndef STIR_CRL_LOOK_H
#define STIR_CRL_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/sv.h"
#include "lib/stir/cert.h"

struct crl_facts {
	int64_t this_update_s, next_update_s;
	bool has_number; /**< RFC 5280 §5.2.3 */
	size_t entries;
};

/** Read one (PEM or DER) of the STI-PA's form: indirect, complete, nothing critical that is not known. @return 0; EBADMSG with
 * text; ENOMEM */
int crl_look(struct crl_facts *ret, struct sv crl, struct err *e);

/** Is its issuer the leaf of the chain, and did that sign it, and may it (cRLSign)? @return 0; EBADMSG with text; ENOMEM */
int crl_look_signer(struct sv crl, const struct cert_chain *chain, struct err *e);

/** Does it list the i-th certificate of the chain, by issuer and serial number? @return 0; EBADMSG with text; ENOMEM */
int crl_look_up(bool *ret, struct sv crl, const struct cert_chain *chain, size_t i, struct err *e);

#endif
