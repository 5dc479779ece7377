/** @file sip.h  SIP endpoint on libre: one address, TCP and UDP, every message a trace event.
 *
 * Three uses: answer requests one by one (STI-AS, STI-VS: redirect servers), ask one request (the
 * switch asks them), and calls with two legs (sip_leg.h: switch and gateway). TCP is the transport
 * between elements (RFC 3261 §18.1.1);
 * `;transport=udp` in a URI asks for UDP.
 */
#ifndef NET_SIP_H
#define NET_SIP_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/base/sv.h"
#include "lib/base/tn.h"

struct sip_ep;

struct sip_ep_opts {
	const char *addr; /**< IPv4 or IPv6 address */
	uint16_t port;
	const char *software; /**< Server and User-Agent header */
};

/** @return 0; EADDRINUSE, EADDRNOTAVAIL … with text that names address and port */
int sip_ep_alloc(struct sip_ep **ret, const struct sip_ep_opts *opts, struct err *e);
void sip_ep_free(struct sip_ep *ep);
/** "127.9.1.1:5060" */
const char *sip_ep_addr(const struct sip_ep *ep);

/** A received message, request or response; views into it live as long as a reference is held */
struct sip_rx;
struct sip_rx *sip_rx_ref(struct sip_rx *rx);
void sip_rx_unref(struct sip_rx *rx);

struct sv sip_rx_method(const struct sip_rx *rx);
unsigned sip_rx_status(const struct sip_rx *rx); /**< 0 for a request */
struct sv sip_rx_phrase(const struct sip_rx *rx);
struct sv sip_rx_uri(const struct sip_rx *rx); /**< Request-URI as it stands */
struct sv sip_rx_call_id(const struct sip_rx *rx);
struct sv sip_rx_body(const struct sip_rx *rx);
/** The header lines as they came, with their CRLF and the empty line behind them */
struct sv sip_rx_head(const struct sip_rx *rx);
/** Host of the top Via's sent-by, without port and brackets: who sent a request */
struct sv sip_rx_sent_by(const struct sip_rx *rx);
/** Its port: 5060 where it names none */
uint16_t sip_rx_sent_by_port(const struct sip_rx *rx);
/** The i-th header of a name (whole value); empty view with p == NULL past the last */
struct sv sip_rx_header(const struct sip_rx *rx, const char *name, unsigned i);

/** User part of a SIP or tel URI's text, with its parameters; from a header value with or without
 * display name and <> */
struct sv sip_user(struct sv header_or_uri);
/** A parameter ("verstat", "rn") of a SIP or tel URI: of the user part or behind the host; true
 * when it is there */
bool sip_uri_param(struct sv header_or_uri, const char *name, struct sv *ret);
/** Number that a URI stands for, canonical. @return 0; EBADMSG when it is none */
int sip_tn(struct tn *ret, struct sv header_or_uri);

/** Caller of a request: P-Asserted-Identity if there, else From (ATIS-1000074). Called: Request-URI
 * user, as for routing */
int sip_rx_caller(const struct sip_rx *rx, struct tn *ret);
int sip_rx_called(const struct sip_rx *rx, struct tn *ret);

/** Requests outside of calls. rx is borrowed for the call: take a reference to answer later */
typedef void(sip_request_h)(struct sip_rx *rx, void *arg);
/** Who gets INVITE and other requests that no dialog claims. ACK is never handed over. A
 * retransmission (same branch) of a request that was answered is answered again by the endpoint
 * from memory, one still unanswered is dropped: the handler sees each request once, over UDP too.
 * The endpoint itself answers CANCEL of what is no call (481), requests inside dialogs that are not
 * there (481), and requests that lack a header they must have (400) */
void sip_ep_on_request(struct sip_ep *ep, sip_request_h *h, void *arg);

/** Answer statelessly. headers: complete lines "Name: value\r\n", or "" */
int sip_reply_to(struct sip_ep *ep, struct sip_rx *rx, unsigned status, const char *phrase,
		 const char *headers);

struct sip_query; /**< a request that waits for its final response */
/** @param rx  final response, borrowed; NULL when err is not 0 (ETIMEDOUT, ECONNREFUSED …). Called
 * exactly once, not from inside */
typedef void(sip_query_h)(int err, struct sip_rx *rx, void *arg);

struct sip_query_opts {
	const char *method;   /**< "INVITE", "OPTIONS" */
	const char *next_hop; /**< sip:addr:port;transport=tcp: where to send it */
	const char *uri;      /**< Request-URI */
	const char *from; /**< From value without tag, e.g. "<sip:+1…@osp.example;user=phone>" */
	const char *to;   /**< To value */
	const char *headers; /**< further complete lines, or "" */
	uint64_t timeout_ms; /**< then ETIMEDOUT */
};
/** Ask: own Call-ID; a final response to INVITE is acknowledged. @return 0; EINVAL, ENOMEM …
 * (handler not called) */
int sip_query(struct sip_query **ret, struct sip_ep *ep, const struct sip_query_opts *opts,
	      sip_query_h *h, void *arg);
/** Forget it (CANCEL is sent for an INVITE); handler not called. Accepts NULL */
void sip_query_cancel(struct sip_query *q);

/** RFC 3261 Date header line ("Date: Fri, 25 Sep 2015 19:12:25 GMT\r\n") and back. @return length /
 * 0 or EBADMSG */
int sip_date_print(char *ret, size_t size, int64_t time_s);
int sip_date_parse(int64_t *ret_s, struct sv value);

#endif
