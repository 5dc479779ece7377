/** @file provision.h  PUT /cps/<OCN>: a provider tells its CPS URL over HTTPS (DISC-02, DISC-04). */
#ifndef PKI_PROVISION_H
#define PKI_PROVISION_H

#include "lib/base/env.h"
#include "lib/net/https_server.h"
#include "pki/conf.h"

/** Octets of a request at the most: one JWS */
#define PROVISION_MAX_BODY 16384

/** Path of an OCN: "/cps/5678" */
#define PROVISION_PATH "/cps/"

/** Answer a request: 201 when the mapping is new, 200 when it replaces another one or says the same, with
 * what each authority publishes now; else a problem document */
void provision_request(struct https_req *req, const struct pki_conf *conf, const struct env *env);

#endif
