/** @file provision.h  A provider tells an authority its CPS URL (6.1.1, 6.1.2; DISC-02, DISC-04). The
 * specification leaves the form open; ours is a JWS in compact serialisation, signed with the
 * provider's STI certificate, which says for which OCN it may speak:
 *
 *     header  {"alg":"ES256","typ":"JWT","x5u":"https://cr.pki.example:8443/certificates/….pem"}
 *     payload {"authority":["pa","ca1"],"cic":"0288","iat":1800000000,"jti":"<UUID>","ocn":"5678",
 *              "url":"https://cps.tsp.example:8443/cps/company/5678"}
 *
 * iat, jti, ocn and url are required. Without authority it is for the STI-PA.
 */
#ifndef STIR_PROVISION_H
#define STIR_PROVISION_H

#include "lib/stir/cert.h"
#include "lib/stir/mapping.h"
#include "lib/stir/passport.h"

/** Seconds that iat may be off the clock */
#define PROVISION_FRESH_S       60
#define PROVISION_JTI_MAX       64
#define PROVISION_AUTHORITY_MAX 16
#define PROVISION_AUTHORITIES   16
#define PROVISION_DEFAULT       "pa"

/** What is asked for */
struct provision {
	char ocn[SPC_MAX + 1];
	char cic[CIC_MAX + 1]; /**< "": none */
	char url[MAP_URL_MAX + 1];
	char jti[PROVISION_JTI_MAX + 1];
	int64_t iat_s;
	char authorities[PROVISION_AUTHORITIES][PROVISION_AUTHORITY_MAX + 1];
	size_t authority_count; /**< 1 or more */
	struct passport *jws;   /**< as it came; its x5u tells where the chain is */
};

/**
 * Read a request, form only.
 *
 * @param fault  REASON_FORM …, REASON_ALG, REASON_LIST_TYP, REASON_X5U, REASON_CLAIM, REASON_MAP_KEY,
 *               REASON_MAP_URL; check "form"
 * @return 0; EBADMSG; ENOMEM. provision_clear() it after 0
 */
int provision_parse(struct provision *ret, struct sv jws, struct fault *fault);
/** Safe on a zeroed struct */
void provision_clear(struct provision *p);

/**
 * May its signer ask that? Checks profile, path, revocation, signature, iat against the clock, and that
 * the certificate's SPC is the OCN.
 *
 * @param chain   What x5u gives
 * @param anchor  The STI-CA's root, for who takes its own customers only
 * @param fault   Reasons of cert.h and trust.h; REASON_SIGNATURE, REASON_STALE, REASON_NOT_OWN_OCN
 * @return 0; EBADMSG; ENOMEM
 */
int provision_check(const struct provision *p, const struct cert_chain *chain,
		    const struct trust *trust, int64_t now_s, struct trust_anchor *anchor,
		    struct fault *fault);

/**
 * Make a request.
 *
 * @param p  Without jws
 * @return 0; EINVAL; EIO; ENOMEM, EMSGSIZE
 */
int provision_sign(struct buf *ret, const struct provision *p, const char *x5u,
		   const struct stir_key *key);

#endif
