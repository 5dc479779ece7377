/** @file problem.h  Refusals as application/problem+json (RFC 9457): what a person needs to find
 * the mistake.
 *
 * {"type":"urn:oob-shaken:reason:cert-revoked","title":…,"status":403,"detail":…,"reason":"cert-revoked",
 *  "check":"revoked","clause":…,"index":0}: reason, check and clause are those of
 * lib/stir/reason.h, index says which PASSporT of the body it was, from 0, where it was one of
 * them.
 */
#ifndef REF_CPS_PROBLEM_H
#define REF_CPS_PROBLEM_H

#include "lib/net/https_server.h"
#include "lib/stir/reason.h"

#define PROBLEM_TYPE "application/problem+json"

/** index: the refusal is not about one PASSporT */
#define PROBLEM_WHOLE (-1)

struct problem {
	unsigned status;
	const char *reason; /**< static strings */
	const char *title;
	const char *check;
	const char *clause;
	int index;
	const char *allow;     /**< Allow header (405), or NULL */
	int64_t retry_after_s; /**< Retry-After header (429, 503), -1: none */
	char detail[FAULT_TEXT_MAX];
};

/** The refusal that a fault stands for; PROBLEM_WHOLE or the index of a PASSporT */
void problem_fault(struct problem *ret, const struct fault *fault, int index);

/**
 * A refusal for which the table of reasons, being about PASSporTs, has no row: a request that cannot be
 * understood (400, 404), a fault on purpose (429), a failure of the CPS to which it is sent on (502, 503,
 * 504, 508).
 *
 * @param reason  Stable key, a static string
 */
void problem_request(struct problem *ret, unsigned status, const char *reason, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/** Its JSON text, for free(); NULL when out of memory */
char *problem_text(const struct problem *p);

/** Answer with it, and with the headers that it asks for */
void problem_reply(struct https_req *req, const struct problem *p);

#endif
