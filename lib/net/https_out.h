/** @file https_out.h  What the files of the HTTPS client share; nobody else includes it.
 *
 * https_client.c: queue, loop. https_xfer.c: one exchange. https_outcome.c: what came of it. https_client_conf.c: files and names. */
#ifndef NET_HTTPS_OUT_H
#define NET_HTTPS_OUT_H

#include <curl/curl.h>
#include <uthash.h>

#include "lib/base/buf.h"
#include "lib/net/https_client.h"
#include "lib/net/loop.h"

#define HOST_MAX 255

/** A name of the resolve table */
struct resolved {
	char host[HOST_MAX + 1];       /* lower case: key */
	const char *addr;              /* borrowed from the configuration */
	struct curl_slist *connect_to; /* the same, as curl wants it */
	UT_hash_handle hh;
};

/** What TLS needs, as octets of the files: so all exchanges of one reload use the same */
struct tls_pem {
	struct curl_blob ca, cert, key; /* empty: not configured */
};

struct https_client {
	const struct https_client_conf *conf;
	char self[64];
	struct resolved *resolved;
	struct tls_pem pem;
	CURLM *multi;
	struct timer *timer;
	struct https_xfer *active, *queue; /* lists, oldest first */
	int64_t nactive, nqueue;
	CURL **idle; /* easy handles for reuse, max_in_flight at the most */
	int64_t nidle;
};

/** One exchange, from https_request() to its handler */
struct https_xfer {
	struct https_client *client;
	https_done_h *done;
	fetch_done_h *fetch_done; /* instead of done when it was asked for by the fetcher */
	void *arg;

	CURLU *url;
	char host[HOST_MAX + 1];
	unsigned port;
	char *method, *body, *ctype, *accept;
	size_t body_len;
	uint64_t timeout_ms;

	struct timer *deadline; /* of the whole exchange, queueing included */
	bool running;           /* in client->active, else in client->queue */
	CURL *easy;
	struct curl_slist *more;    /* header lines that the caller adds */
	struct curl_slist *headers; /* all that are sent */
	char errbuf[CURL_ERROR_SIZE];
	struct buf in; /* body that came */
	size_t max_response;
	bool too_large;
	struct buf raw_out, raw_in; /* octets for the trace */
	long local_port;            /* of the connection that the request went over */
	size_t body_sent;
	struct https_xfer *next, *prev;
};

/** What came of it: res and the text it points to */
struct https_outcome {
	struct https_response res;
	struct err text;
};

/** @return 0; EPROTONOSUPPORT, EMSGSIZE (name too long), ENOMEM */
int xfer_alloc(struct https_xfer **ret, struct https_client *c, const struct https_request *req);
/** Its easy handle must be out of the multi handle */
void xfer_free(struct https_xfer *x);

/** Set up x->easy for the exchange. @return 0 or ENOMEM */
int xfer_prepare(struct https_xfer *x);
/** Event of the request (or else response) octets so far, unless there are none */
void xfer_trace(struct https_xfer *x, bool request);
/** It is over: make events and response */
void xfer_outcome(struct https_xfer *x, CURLcode code, struct https_outcome *ret);
/** It ran out of time */
void xfer_outcome_late(struct https_xfer *x, struct https_outcome *ret);

/** The resolve table of c->conf. @return 0; EINVAL with text; ENOMEM */
int names_load(struct https_client *c, struct err *e);
void names_free(struct https_client *c);
/** Entry of the resolve table, NULL when the name (lower case) is not in it */
const struct resolved *name_find(const struct https_client *c, const char *host);

/** Read the files. @return 0; ENOENT, EBADMSG, EINVAL … with text; ENOMEM. Nothing to free on failure */
int tls_pem_load(struct tls_pem *pem, const struct https_client_conf *conf, struct err *e);
void tls_pem_free(struct tls_pem *pem);

#endif
