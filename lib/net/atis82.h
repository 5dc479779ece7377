/** @file atis82.h  The HTTP interface of STI-AS and STI-VS, server side (ATIS-1000082): one POST, one
 * JSON object in, one JSON object out.
 *
 * The names of request and answer differ between the two services, the frame does not: it is here.
 * What cannot be a question is answered here too, as ATIS-1000082 says:
 * {"requestError":{"serviceException":{"messageId":"SVC4001","text":"… '%1' …","variables":["iat"]}}}
 * The request's X-RequestID comes back in the answer.
 */
#ifndef NET_ATIS82_H
#define NET_ATIS82_H

#include <jansson.h>

#include "lib/base/conf.h"
#include "lib/base/tn.h"
#include "lib/net/https_server.h"

/** Where questions are taken; addr NULL: nowhere */
struct atis82_conf {
	char *addr;
	int64_t port;
	struct tls_conf tls;   /**< with client_ca, a client certificate must be shown */
	int64_t answer_status; /**< of a question that is answered: 201 (5.3 steps 3, 10), or 200
				  (ATIS-1000082) */
	int64_t max_conns;
	int64_t idle_timeout_s;
};
extern const struct conf_table atis82_conf_table;

struct atis82;
/** A question; ended by exactly one of the functions below, now or later */
struct atis82_req;

/** @param body  Value of the request's member: an object. Borrowed for the call; take a reference to
 * keep it */
typedef void(atis82_h)(struct atis82_req *req, const json_t *body, void *arg);

struct atis82_opts {
	const struct atis82_conf *conf; /**< borrowed */
	const char *path;               /**< "/stir/v1/signing" */
	const char *request;            /**< "signingRequest" */
	const char *response;           /**< "signingResponse" */
	atis82_h *h;
	void *arg;
};

/** @return 0 (also when conf has no addr: *ret is NULL then); EADDRINUSE, ENOENT (a TLS
 * file) … with text; ENOMEM */
int atis82_alloc(struct atis82 **ret, const struct atis82_opts *opts, struct err *e);
/** Questions under way are still to be ended, by atis82_drop(). Accepts NULL */
void atis82_free(struct atis82 *srv);
/** Reread the TLS files. Accepts NULL */
int atis82_reload(struct atis82 *srv, struct err *e);
/** "https://a.b.c.d:port" for READY; NULL when it listens nowhere. New string */
char *atis82_url(const struct atis82 *srv);

/** Errors of ATIS-1000082 that a service itself can find */
enum atis82_error {
	ATIS82_MISSING, /**< SVC4001, 400: a member that must be there is not; name it */
	ATIS82_INVALID, /**< SVC4005, 400: a member's value cannot be used; name it */
	ATIS82_BUSY,    /**< POL5030, 503: no more questions at once. Our own number */
	ATIS82_TROUBLE, /**< POL5000, 500: our own trouble */
};

/** Answer with what was found out; the reference to response is taken (stolen) */
void atis82_answer(struct atis82_req *req, json_t *response);
/** Answer with an error; `variable` is what the text is about, NULL for none */
void atis82_fail(struct atis82_req *req, enum atis82_error error, const char *variable);
/** No answer: for questions that are under way when the service ends */
void atis82_drop(struct atis82_req *req);

/** Number under `member`, as {"tn":"1201…"} or {"tn":["1201…"]}: both are met.
 * @return 0; ENOENT: the member is not there; EBADMSG: it holds no number */
int atis82_tn(struct tn *ret, const json_t *body, const char *member);

#endif
