/** @file https_client.h  HTTPS client (libcurl, OpenSSL) on the event loop: https only, persistent connections, bounded
 * queue, names from a table. Every request and response is a trace event. */
#ifndef NET_HTTPS_CLIENT_H
#define NET_HTTPS_CLIENT_H

#include <stdint.h>

#include "lib/base/conf.h"
#include "lib/base/err.h"
#include "lib/base/sv.h"
#include "lib/stir/cred.h"

struct https_client;

struct https_client_conf {
	char *ca;         /**< PEM file of web CAs; NULL: the system's */
	char *cert, *key; /**< client certificate for mutual authentication; NULL without */
	struct conf_list
		resolve; /**< struct conf_pair: host name → address; a name not in it is resolved as usual */
	int64_t max_in_flight; /**< requests under way at once; more are queued */
	int64_t max_queue;     /**< queued at the most; more are refused with ENOSPC */
	int64_t connect_timeout_ms;
};
extern const struct conf_table
	https_client_conf_table; /**< "ca", "cert", "key", "resolve", "max_in_flight", … */

/** @param self  the element's own address for trace events, "a.b.c.d" */
int https_client_alloc(struct https_client **ret, const struct https_client_conf *conf,
		       const char *self, struct err *e);
/** Requests under way are dropped, their handlers not called. Accepts NULL */
void https_client_free(struct https_client *c);
/** Reread CA and client certificate: new connections use them */
int https_client_reload(struct https_client *c, struct err *e);

struct https_response {
	int err; /**< 0; else errno: ECONNREFUSED, ETIMEDOUT, ECONNRESET, EPROTO (TLS), EMSGSIZE … */
	const char *text; /**< what went wrong, for people; "" when err is 0 */
	unsigned status;
	struct sv body;
	struct sv content_type;
	int64_t retry_after_s; /**< Retry-After (seconds or date), -1 when absent */
	int64_t max_age_s;     /**< Cache-Control max-age, -1 when absent */
	struct sv etag;
};

/** Called exactly once, on the loop, never from inside https_request(). Views die with the call */
typedef void(https_done_h)(const struct https_response *res, void *arg);

struct https_request {
	const char *method; /**< "GET", "POST" */
	const char *url;    /**< https:// only, else EPROTONOSUPPORT */
	const char *ctype;  /**< of the body, or NULL */
	struct sv body;     /**< copied */
	const char *accept; /**< Accept header, or NULL */
	/** Further header lines, "Via: 1.1 cps.example", ended by NULL; or NULL. Copied */
	const char *const *headers;
	uint64_t timeout_ms; /**< for the whole exchange, queueing included */
	size_t max_response; /**< octets of body accepted; more is EMSGSIZE */
};

/** @return 0; EPROTONOSUPPORT (not an https URL), EINVAL (control characters in a header line), ENOSPC (queue full), ENOMEM: done is
 * then not called */
int https_request(struct https_client *c, const struct https_request *req, https_done_h *done,
		  void *arg);

/** Forget a request: its handler is not called */
void https_cancel(struct https_client *c, void *arg);

/** The client as the fetch function of cred.h: GET, status 200 wanted, no redirects */
struct fetcher https_fetcher(struct https_client *c);

/** What is wrong with a URL that must be https ("an https URL"), or NULL: check function for conf tables. Host must be
 * there; no user info, no fragment */
const char *check_https_url(struct sv url);

#endif
