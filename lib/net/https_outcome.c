#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/env.h"
#include "lib/net/https_out.h"

static struct sv header(const struct https_xfer *x, const char *name)
{
	struct curl_header *h;

	/* the last response, when a 1xx went before it */
	if (curl_easy_header(x->easy, name, 0, CURLH_HEADER, -1, &h) != CURLHE_OK)
		return (struct sv){NULL, 0};
	return sv_from(h->value);
}

/* Retry-After: seconds, or a date (RFC 9110 §10.2.3), which is taken against the server's own clock
 * where it tells it */
static int64_t retry_after(const struct https_xfer *x)
{
	struct sv v = header(x, "Retry-After");
	unsigned long long n;
	time_t at, now;

	if (!v.p)
		return -1;
	if (sv_u64(v, INT32_MAX, &n))
		return (int64_t)n;
	at = curl_getdate(v.p, NULL);
	if (at < 0)
		return -1;
	now = curl_getdate(header(x, "Date").p ? header(x, "Date").p : "", NULL);
	if (now < 0) {
		struct env_shift none = {0};
		struct env env = env_system(&none);

		now = (time_t)env_now_s(&env);
	}
	return at > now ? (int64_t)(at - now) : 0;
}

/* RFC 9111 §5.2.2 */
static int64_t max_age(const struct https_xfer *x)
{
	struct sv rest = header(x, "Cache-Control");
	int64_t age = -1;

	while (rest.l) {
		struct sv value = sv_trim(sv_cut(&rest, ','));
		struct sv name = sv_cut(&value, '=');
		unsigned long long n;

		if (sv_ieqz(name, "no-store") || sv_ieqz(name, "no-cache"))
			return 0;
		if (sv_ieqz(name, "max-age") && sv_u64(value, INT32_MAX, &n))
			age = (int64_t)n;
	}
	return age;
}

static const char *failed_addr(const struct https_xfer *x)
{
	const struct resolved *r = name_find(x->client, x->host);

	return r ? r->addr : NULL;
}

/* "cps.tsp.example:8443 (127.9.2.5)" */
static void peer_text(const struct https_xfer *x, char *ret, size_t size)
{
	const char *addr = failed_addr(x);

	if (addr)
		(void)snprintf(ret, size, "%s:%u (%s)", x->host, x->port, addr);
	else
		(void)snprintf(ret, size, "%s:%u", x->host, x->port);
}

static int connect_failed(const struct https_xfer *x, const char *peer, struct err *e)
{
	long os = 0;

	(void)curl_easy_getinfo(x->easy, CURLINFO_OS_ERRNO, &os);
	if (os == ECONNREFUSED || os == 0)
		(void)err_set(e, 0, "connection to %s refused: nothing listens there", peer);
	else
		(void)err_set(e, 0, "connection to %s failed: %s", peer, strerror((int)os));
	return os ? (int)os : ECONNREFUSED;
}

/* errno and text of a failure */
static int explain(const struct https_xfer *x, CURLcode code, struct err *e)
{
	const char *why = x->errbuf[0] ? x->errbuf : curl_easy_strerror(code);
	char peer[HOST_MAX + 80];

	peer_text(x, peer, sizeof(peer));
	if (x->too_large)
		return err_set(e, EMSGSIZE, "response of %s is larger than %zu octets", peer,
			       x->max_response);
	switch (code) {
	case CURLE_COULDNT_CONNECT:
		return connect_failed(x, peer, e);
	case CURLE_COULDNT_RESOLVE_HOST:
		return err_set(e, EHOSTUNREACH, "host %s is not known: add it to \"resolve\"",
			       x->host);
	case CURLE_OPERATION_TIMEDOUT:
		return err_set(e, ETIMEDOUT, "connection to %s was not made within %" PRId64 " ms",
			       peer, x->client->conf->connect_timeout_ms);
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
		return err_set(e, EPROTO, "TLS with %s: %s", peer, why);
	case CURLE_OUT_OF_MEMORY:
		return err_set(e, ENOMEM, "out of memory");
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE:
		return err_set(e, ECONNRESET,
			       "%s closed the connection before its answer was whole: %s", peer,
			       why);
	default:
		return err_set(e, EBADMSG, "exchange with %s: %s", peer, why);
	}
}

static void begin_outcome(struct https_outcome *out)
{
	*out = (struct https_outcome){.res.text = out->text.s};
	out->res.retry_after_s = -1;
	out->res.max_age_s = -1;
}

void xfer_outcome(struct https_xfer *x, CURLcode code, struct https_outcome *ret)
{
	long status = 0;

	xfer_trace(x, true); /* what was sent of a request that never came to its end */
	xfer_trace(x, false);
	begin_outcome(ret);
	if (code != CURLE_OK) {
		ret->res.err = explain(x, code, &ret->text);
		return;
	}
	(void)curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
	ret->res.status = (unsigned)status;
	ret->res.body = buf_sv(&x->in);
	ret->res.content_type = header(x, "Content-Type");
	ret->res.retry_after_s = retry_after(x);
	ret->res.max_age_s = max_age(x);
	ret->res.etag = header(x, "ETag");
}

void xfer_outcome_late(struct https_xfer *x, struct https_outcome *ret)
{
	char peer[HOST_MAX + 80];

	if (x->running) {
		xfer_trace(x, true);
		xfer_trace(x, false);
	}
	peer_text(x, peer, sizeof(peer));
	begin_outcome(ret);
	ret->res.err = err_set(&ret->text, ETIMEDOUT,
			       x->running ? "no answer from %s within %" PRIu64 " ms"
					  : "request to %s waited in the queue for %" PRIu64 " ms",
			       peer, x->timeout_ms);
}
