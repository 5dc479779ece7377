/** @file ask_json.h  Questions and answers of the interface http: the members of ATIS-1000082, and ours. Pure text.
 *
 * signingRequest: beyond `orig`, `dest`, `iat` also `div`: {"tn": …}, the number that the call was for before it was
 * retargeted; `passports`: the PASSporTs of the call so far; `rn`, `cic`: as in the Request-URI. `attest` and `origid` are
 * left to the STI-AS. signingResponse: `identity`, or several `identities`; `reasondesc`: why there is none.
 *
 * verificationRequest: `from`, `to`, `time`, and `identity`: a string, or an array of them, or absent.
 * verificationResponse: `verstat`, `reasoncode`, `reasontext`, `reasondesc`; `passports`: those that came out-of-band;
 * `refuse`: true when the call is to be refused.
 */
#ifndef SWITCH_ASK_JSON_H
#define SWITCH_ASK_JSON_H

#include <jansson.h>

#include "sim/switch/ask.h"

struct sw_json_role {
	const char *path;     /**< "/stir/v1/signing" */
	const char *request;  /**< name of the question's only member */
	const char *response; /**< name of the answer's only member */
	/** Value of the question's member. @return New reference; NULL when out of memory */
	json_t *(*ask)(const struct sw_call *call);
	/** Read the value of the answer's member */
	void (*take)(struct sw_answer *a, const struct sw_call *call, const json_t *body);
};

extern const struct sw_json_role sw_json_roles[SW_ROLES];

/** Append what an error answer says (requestError of ATIS-1000082): " SVC4001: …"; nothing when it says nothing */
void sw_json_error(struct buf *b, const json_t *root);

#endif
