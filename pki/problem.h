/** @file problem.h  Refusals of `sti-pki serve` as application/problem+json (RFC 9457), in the form of
 * those of the CPS: type, title, status, detail, reason, check, clause. */
#ifndef PKI_PROBLEM_H
#define PKI_PROBLEM_H

#include "lib/net/https_server.h"
#include "lib/stir/reason.h"

/** The refusal that a fault stands for */
void problem_fault(struct https_req *req, const struct fault *fault);

/** A request that no reason is about. @param headers  Further ones, ended by a NULL name; or NULL */
void problem_status(struct https_req *req, unsigned status, const char *title, const char *detail,
		    const struct https_header *headers);

#endif
