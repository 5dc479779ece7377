/** @file answer.h  The verdict as a SIP answer to the CSCF (5.3 step 10, VS-03). */
#ifndef REF_VS_ANSWER_H
#define REF_VS_ANSWER_H

#include "lib/base/buf.h"
#include "lib/net/sip.h"
#include "lib/stir/verify.h"
#include "ref-vs/choose.h"

/** A verdict and what it stands on; all borrowed */
struct answer {
	const char *domain; /**< host of the P-Asserted-Identity */
	const struct verify_call *call;
	const struct verdict *verdict;
	const struct checked *v;
	size_t n;
};

/**
 * Answer: 302 with P-Asserted-Identity (verstat), the PASSporTs received out-of-band as Identity
 * headers, and a Reason header when verification failed but the call goes on (RFC 9410 §4); or the
 * reason's status and phrase when policy refuses.
 *
 * @param ret_status  Status of the answer
 *
 * @return 0 or errno
 */
int answer_send(struct sip_ep *ep, struct sip_rx *rx, const struct answer *a, unsigned *ret_status);

/**
 * Identity value for a PASSporT that was received out-of-band: info is its x5u.
 *
 * @return New string; NULL when x5u or ppt hold what cannot stand in a header, or when out of
 * memory
 */
char *answer_identity(const struct passport *pp);

#endif
