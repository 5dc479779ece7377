#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "lib/net/addr.h"
#include "lib/net/app.h"
#include "lib/net/https_out.h"
#include "lib/net/https_trace.h"

/* Heads of messages that are kept for the trace; curl itself takes no larger ones */
#define RAW_HEAD_MAX (300u << 10)
/* Request body that a caller may hand in: lists and bundles are far smaller */
#define BODY_MAX (16u << 20)

/* --- making and freeing --- */

static int parse_url(struct https_xfer *x, const char *text)
{
	char *host = NULL, *port = NULL;
	unsigned long long n = 0;
	int err = EPROTONOSUPPORT;

	if (check_https_url(sv_from(text)))
		return err;
	x->url = curl_url();
	if (!x->url)
		return ENOMEM;
	if (curl_url_set(x->url, CURLUPART_URL, text, 0) == CURLUE_OK &&
	    curl_url_get(x->url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
	    curl_url_get(x->url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
	    strlen(host) <= HOST_MAX && sv_u64(sv_from(port), 65535, &n)) {
		for (size_t i = 0; host[i]; i++)
			x->host[i] = (char)tolower((unsigned char)host[i]);
		x->port = (unsigned)n;
		err = 0;
	}
	curl_free(host);
	curl_free(port);
	return err;
}

static int copy_text(char **ret, const char *text)
{
	*ret = text ? strdup(text) : NULL;
	return text && !*ret ? ENOMEM : 0;
}

static int append(struct curl_slist **list, const char *line)
{
	struct curl_slist *more = curl_slist_append(*list, line);

	if (!more)
		return ENOMEM;
	*list = more;
	return 0;
}

/* A line end in a header line would begin another header, or the body */
static int copy_headers(struct https_xfer *x, const char *const *lines)
{
	for (; lines && *lines; lines++) {
		for (const char *z = *lines; *z; z++)
			if ((unsigned char)*z < 0x20 || *z == 0x7f)
				return EINVAL;
		if (append(&x->more, *lines))
			return ENOMEM;
	}
	return 0;
}

static int copy_request(struct https_xfer *x, const struct https_request *req)
{
	if (req->body.l > BODY_MAX)
		return EMSGSIZE;
	x->body = sv_dup(req->body);
	x->body_len = req->body.l;
	x->timeout_ms = req->timeout_ms;
	x->max_response = req->max_response;
	x->in = BUF(req->max_response);
	x->raw_out = BUF(RAW_HEAD_MAX + req->body.l);
	x->raw_in = BUF(RAW_HEAD_MAX + req->max_response);
	if (!x->body || copy_text(&x->method, req->method) || copy_text(&x->ctype, req->ctype) ||
	    copy_text(&x->accept, req->accept) || copy_headers(x, req->headers))
		return ENOMEM;
	return 0;
}

int xfer_alloc(struct https_xfer **ret, struct https_client *c, const struct https_request *req)
{
	struct https_xfer *x = calloc(1, sizeof(*x));
	int err;

	if (!x)
		return ENOMEM;
	x->client = c;
	err = parse_url(x, req->url);
	if (!err)
		err = copy_request(x, req);
	if (err) {
		xfer_free(x);
		return err;
	}
	*ret = x;
	return 0;
}

void xfer_free(struct https_xfer *x)
{
	timer_free(x->deadline);
	curl_slist_free_all(x->headers);
	curl_slist_free_all(x->more);
	curl_url_cleanup(x->url);
	buf_free(&x->in);
	buf_free(&x->raw_in);
	buf_free(&x->raw_out);
	free(x->method);
	free(x->body);
	free(x->ctype);
	free(x->accept);
	free(x);
}

/* --- trace --- */

/* curl may use a connection again before it tells that the exchange before is over: in the trace a response
 * stands before the next request of its connection all the same */
static void trace_response_before(const struct https_xfer *x)
{
	struct https_xfer *other;

	if (!trace_on())
		return;
	DL_FOREACH (x->client->active, other)
		if (other != x && other->raw_in.l && other->local_port == x->local_port)
			xfer_trace(other, false);
}

void xfer_trace(struct https_xfer *x, bool request)
{
	struct buf *raw = request ? &x->raw_out : &x->raw_in;
	char src[ADDR_TEXT_MAX], dst[ADDR_TEXT_MAX], host[HOST_MAX + 8], *ip = NULL;
	long local = 0, port = 0;

	if (!raw->l)
		return;
	(void)curl_easy_getinfo(x->easy, CURLINFO_LOCAL_PORT, &local);
	x->local_port = local;
	if (request)
		trace_response_before(x);
	(void)curl_easy_getinfo(x->easy, CURLINFO_PRIMARY_PORT, &port);
	(void)curl_easy_getinfo(x->easy, CURLINFO_PRIMARY_IP, &ip);
	addr_join(x->client->self, (uint16_t)local, src);
	addr_join(ip ? ip : "?", (uint16_t)port, dst);
	(void)snprintf(host, sizeof(host), x->port == 443 ? "%s" : "%s:%u", x->host, x->port);
	/* the local port tells connections apart, as it does on the wire */
	https_trace(&(struct https_event){.dir = request ? TRACE_TX : TRACE_RX,
					  .request = request,
					  .conn = (uint64_t)local,
					  .src = request ? src : dst,
					  .dst = request ? dst : src,
					  .host = sv_from(host),
					  .raw = buf_sv(raw)});
	buf_reset(raw);
}

/* The octets themselves, as they go into TLS and come out of it */
static int seen(CURL *easy, curl_infotype type, char *data, size_t size, void *arg)
{
	struct https_xfer *x = arg;

	(void)easy;
	switch (type) {
	case CURLINFO_HEADER_OUT:
		buf_reset(&x->raw_out); /* begins anew on a fresh connection when the old one had
					   died */
		x->body_sent = 0;
		(void)buf_add(&x->raw_out, data, size);
		break;
	case CURLINFO_DATA_OUT:
		(void)buf_add(&x->raw_out, data, size);
		x->body_sent += size;
		break;
	case CURLINFO_HEADER_IN:
	case CURLINFO_DATA_IN:
		(void)buf_add(&x->raw_in, data, size);
		return 0;
	default:
		return 0;
	}
	if (x->body_sent == x->body_len)
		xfer_trace(x, true);
	return 0;
}

/* --- setting up --- */

static size_t got_body(char *data, size_t one, size_t size, void *arg)
{
	struct https_xfer *x = arg;

	(void)one;
	if (buf_add(&x->in, data, size) == 0)
		return size;
	x->too_large = x->in.err == EMSGSIZE;
	return CURL_WRITEFUNC_ERROR;
}

static int add_header(struct https_xfer *x, const char *name, const char *value)
{
	BUF_AUTO struct buf line = BUF(1024);

	/* "Name:" makes curl leave out the one it would send by itself */
	if (buf_printf(&line, value ? "%s: %s" : "%s:", name, value))
		return ENOMEM;
	return append(&x->headers, line.p);
}

static int set_headers(struct https_xfer *x)
{
	curl_slist_free_all(x->headers);
	x->headers = NULL;
	if (add_header(x, "Accept", x->accept) || add_header(x, "Content-Type", x->ctype) ||
	    add_header(x, "Expect", NULL))
		return ENOMEM;
	for (const struct curl_slist *l = x->more; l; l = l->next)
		if (append(&x->headers, l->data))
			return ENOMEM;
	return curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->headers) ? ENOMEM : 0;
}

static CURLcode set_method(struct https_xfer *x)
{
	bool post = strcmp(x->method, "POST") == 0, put = strcmp(x->method, "PUT") == 0;
	CURLcode rc = CURLE_OK;

	if (strcmp(x->method, "GET") == 0)
		return curl_easy_setopt(x->easy, CURLOPT_HTTPGET, 1L);
	if (strcmp(x->method, "HEAD") == 0)
		return curl_easy_setopt(x->easy, CURLOPT_NOBODY, 1L);
	if (post || put || x->body_len) {
		rc = curl_easy_setopt(x->easy, CURLOPT_POSTFIELDS, x->body);
		if (!rc)
			rc = curl_easy_setopt(x->easy, CURLOPT_POSTFIELDSIZE_LARGE,
					      (curl_off_t)x->body_len);
	}
	if (!rc && !post)
		rc = curl_easy_setopt(x->easy, CURLOPT_CUSTOMREQUEST, x->method);
	return rc;
}

static CURLcode set_tls(struct https_xfer *x)
{
	struct tls_pem *pem = &x->client->pem;
	CURLcode rc = curl_easy_setopt(x->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);

	if (!rc && pem->ca.data)
		rc = curl_easy_setopt(x->easy, CURLOPT_CAINFO_BLOB, &pem->ca);
	if (!rc && pem->cert.data)
		rc = curl_easy_setopt(x->easy, CURLOPT_SSLCERT_BLOB, &pem->cert);
	if (!rc && pem->key.data)
		rc = curl_easy_setopt(x->easy, CURLOPT_SSLKEY_BLOB, &pem->key);
	return rc;
}

/* Leave from the element's own address, so that captures and the peer's trace say who it was. It is
 * given for loopback only: elsewhere the routing table knows better */
static CURLcode set_route(struct https_xfer *x)
{
	const struct resolved *r = name_find(x->client, x->host);
	const char *self = x->client->self, *to = r ? r->addr : x->host;
	char from[80];
	CURLcode rc = CURLE_OK;

	if (r)
		rc = curl_easy_setopt(x->easy, CURLOPT_CONNECT_TO, r->connect_to);
	if (rc || strncmp(self, "127.", 4) != 0 || strncmp(to, "127.", 4) != 0)
		return rc;
	(void)snprintf(from, sizeof(from), "host!%s", self);
	return curl_easy_setopt(x->easy, CURLOPT_INTERFACE, from);
}

static CURLcode set_plain(struct https_xfer *x)
{
	const struct {
		CURLoption opt;
		long value;
	} longs[] = {
		{CURLOPT_HTTP_VERSION,
		 CURL_HTTP_VERSION_1_1}, /* bytes read as in the specification */
		{CURLOPT_NOSIGNAL, 1},
		{CURLOPT_CONNECTTIMEOUT_MS, (long)x->client->conf->connect_timeout_ms},
		{CURLOPT_VERBOSE, trace_on()},
	};
	CURLcode rc = curl_easy_setopt(x->easy, CURLOPT_CURLU, x->url);

	for (size_t i = 0; i < sizeof(longs) / sizeof(longs[0]) && !rc; i++)
		rc = curl_easy_setopt(x->easy, longs[i].opt, longs[i].value);
	if (!rc)
		rc = curl_easy_setopt(x->easy, CURLOPT_PROTOCOLS_STR, "https");
	if (!rc) /* no environment variable changes where we connect to */
		rc = curl_easy_setopt(x->easy, CURLOPT_PROXY, "");
	if (!rc)
		rc = curl_easy_setopt(x->easy, CURLOPT_USERAGENT, "oob-shaken/" OOB_VERSION);
	return rc;
}

int xfer_prepare(struct https_xfer *x)
{
	CURLcode rc = set_plain(x);

	(void)curl_easy_setopt(x->easy, CURLOPT_PRIVATE, x);
	(void)curl_easy_setopt(x->easy, CURLOPT_ERRORBUFFER, x->errbuf);
	(void)curl_easy_setopt(x->easy, CURLOPT_WRITEFUNCTION, got_body);
	(void)curl_easy_setopt(x->easy, CURLOPT_WRITEDATA, x);
	(void)curl_easy_setopt(x->easy, CURLOPT_DEBUGFUNCTION, seen);
	(void)curl_easy_setopt(x->easy, CURLOPT_DEBUGDATA, x);
	if (!rc)
		rc = set_method(x);
	if (!rc)
		rc = set_tls(x);
	if (!rc)
		rc = set_route(x);
	return rc ? ENOMEM : set_headers(x);
}
