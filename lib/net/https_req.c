#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include <utlist.h>

#include "lib/base/env.h"
#include "lib/net/https_in.h"
#include "lib/net/https_trace.h"

/* So much of a body that is too large is read and thrown away, so that its sender comes to read the
 * answer. Beyond it the connection is closed: it is our time, too */
#define DISCARD_MAX (1u << 20)
/* Head of a message in a trace */
#define RAW_HEAD_MAX (64u << 10)

/* --- request-target --- */

static char hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (char)(c - '0');
	c = (char)(c | 0x20);
	return (char)(c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1);
}

/* Percent-decode in place; a broken escape stands for itself. `+` is a plus: telephone numbers
 * begin with it */
static struct sv decode(char *p, size_t l)
{
	size_t n = 0;

	for (size_t i = 0; i < l; i++, n++) {
		p[n] = p[i];
		if (p[i] == '%' && i + 2 < l && hex_digit(p[i + 1]) >= 0 &&
		    hex_digit(p[i + 2]) >= 0) {
			p[n] = (char)(hex_digit(p[i + 1]) * 16 + hex_digit(p[i + 2]));
			i += 2;
		}
	}
	return (struct sv){p, n};
}

static void parse_query(struct https_req *req)
{
	struct sv rest = sv_from(req->query);

	while (rest.l && req->nargs < QUERY_ARGS_MAX) {
		struct sv value = sv_cut(&rest, '&');
		struct sv name = sv_cut(&value, '=');
		struct query_arg *arg = &req->args[req->nargs++];

		arg->name = decode(req->query + (name.p - req->query), name.l);
		arg->value =
			value.p ? decode(req->query + (value.p - req->query), value.l) : SV("");
	}
}

/* Path and query of a target in origin-form or, as proxies send it, absolute-form (RFC 9112 §3.2)
 */
static int parse_target(struct https_req *req)
{
	const char *p = req->target, *mark;

	if (strncasecmp(p, "https://", 8) == 0)
		p += 8 + strcspn(p + 8, "/?");
	mark = strchr(p, '?');
	req->path = mark ? (struct sv){p, (size_t)(mark - p)} : sv_from(p);
	if (!mark)
		return 0;
	req->query = strdup(mark + 1);
	if (!req->query)
		return ENOMEM;
	parse_query(req);
	return 0;
}

void *https_req_new(void *cls, const char *uri, struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	const struct https_server *srv = cls;
	struct https_req *req;

	if (!info || !info->socket_context)
		return NULL;
	req = calloc(1, sizeof(*req));
	if (!req)
		return NULL;
	req->conn = info->socket_context;
	req->conn->any = true;
	req->conn->coming_us = mono_us();
	req->body = BUF(srv->opts.max_body);
	req->target = strdup(uri);
	if (req->target && parse_target(req) == 0)
		return req;
	free(req->target);
	free(req);
	return NULL;
}

void https_req_completed(void *cls, struct MHD_Connection *mhd, void **ctx,
			 enum MHD_RequestTerminationCode why)
{
	struct https_req *req = *ctx;

	(void)cls;
	(void)mhd;
	(void)why;
	if (!req)
		return;
	https_fault_completed(req);
	req->conn->since_us = mono_us();
	req->conn->coming_us = 0;
	if (req->res)
		MHD_destroy_response(req->res);
	buf_free(&req->body);
	free(req->query);
	free(req->target);
	free(req);
	*ctx = NULL;
}

/* --- what it says --- */

struct sv https_req_method(const struct https_req *req)
{
	return sv_from(req->method);
}

struct sv https_req_path(const struct https_req *req)
{
	return req->path;
}

struct sv https_req_query(const struct https_req *req, const char *name)
{
	for (size_t i = 0; i < req->nargs; i++)
		if (sv_eqz(req->args[i].name, name))
			return req->args[i].value;
	return (struct sv){NULL, 0};
}

struct sv https_req_header(const struct https_req *req, const char *name)
{
	return sv_from(MHD_lookup_connection_value(req->conn->mhd, MHD_HEADER_KIND, name));
}

struct sv https_req_body(const struct https_req *req)
{
	return buf_sv(&req->body);
}

bool https_req_too_large(const struct https_req *req)
{
	return req->too_large;
}

const char *https_req_peer(const struct https_req *req)
{
	return req->conn->peer;
}

int https_req_client(const struct https_req *req, char *ret, size_t size, struct err *e)
{
	struct https_conn *conn = req->conn;

	if (!conn->session)
		return err_set(e, ENOENT, "no TLS");
	/* a connection has one certificate for all its requests: it is judged once */
	if (!conn->client_known) {
		conn->client_err = tls_client_name(conn->session, conn->client_name,
						   sizeof(conn->client_name), &conn->client_text);
		conn->client_known = true;
	}
	if (conn->client_err)
		return err_set(e, conn->client_err, "%s", conn->client_text.s);
	if (strlen(conn->client_name) >= size)
		return err_set(e, EACCES, "client certificate: its name is too long");
	memcpy(ret, conn->client_name, strlen(conn->client_name) + 1);
	return 0;
}

void https_req_on_gone(struct https_req *req, void (*h)(void *arg), void *arg)
{
	req->gone = h;
	req->gone_arg = arg;
}

/* --- its trace --- */

/* Has an answer of this status a body (RFC 9112 §6.3)? */
static bool has_body(unsigned status)
{
	return status >= 200 && status != MHD_HTTP_NO_CONTENT && status != MHD_HTTP_NOT_MODIFIED;
}

static enum MHD_Result add_header(void *cls, enum MHD_ValueKind kind, const char *name,
				  const char *value)
{
	struct buf *raw = cls;

	(void)kind;
	return buf_printf(raw, "%s: %s\r\n", name, value ? value : "") ? MHD_NO : MHD_YES;
}

static void trace_request(struct https_req *req)
{
	const struct https_conn *conn = req->conn;
	BUF_AUTO struct buf raw = BUF(RAW_HEAD_MAX + req->body.max);

	if (!trace_on())
		return;
	(void)buf_printf(&raw, "%s %s %s\r\n", req->method, req->target, req->version);
	(void)MHD_get_connection_values(conn->mhd, MHD_HEADER_KIND, add_header, &raw);
	(void)buf_addz(&raw, "\r\n");
	(void)buf_addsv(&raw, buf_sv(&req->body));
	https_trace(&(struct https_event){.dir = TRACE_RX,
					  .request = true,
					  .conn = conn->id,
					  .src = conn->peer,
					  .dst = conn->srv->addr,
					  .host = https_req_header(req, "Host"),
					  .raw = buf_sv(&raw)});
}

static void trace_response(const struct https_req *req, struct sv body)
{
	const struct https_conn *conn = req->conn;
	BUF_AUTO struct buf raw = BUF(RAW_HEAD_MAX + body.l);

	(void)buf_printf(&raw, "HTTP/1.1 %u %s\r\n", req->status,
			 MHD_get_reason_phrase_for(req->status));
	(void)MHD_get_response_headers(req->res, add_header, &raw);
	if (has_body(req->status))
		(void)buf_printf(&raw, "Content-Length: %zu\r\n", body.l);
	(void)buf_addz(&raw, "\r\n");
	if (strcmp(req->method, "HEAD") != 0)
		(void)buf_addsv(&raw, body);
	https_trace(&(struct https_event){.dir = TRACE_TX,
					  .request = false,
					  .conn = conn->id,
					  .src = conn->srv->addr,
					  .dst = conn->peer,
					  .host = https_req_header(req, "Host"),
					  .raw = buf_sv(&raw)});
}

/* --- its life --- */

void https_req_deliver(struct https_req *req)
{
	struct https_server *srv = req->conn->srv;

	req->delivered = true;
	req->conn->since_us = req->conn->coming_us = 0;
	trace_request(req);
	if (!https_fault_holds(req))
		srv->h(req, srv->arg);
}

static enum MHD_Result answer(struct https_req *req)
{
	if (req->dropped || !req->res)
		return MHD_NO;
	return MHD_queue_response(req->conn->mhd, req->status, req->res);
}

/* The answer comes later: take the connection out of the daemon's hands, but notice when the peer
 * leaves */
static enum MHD_Result wait_for_answer(struct https_req *req)
{
	struct https_conn *conn = req->conn;
	struct epoll_event ev = {.events = EPOLLRDHUP, .data.ptr = req};

	MHD_suspend_connection(conn->mhd);
	req->waiting = true;
	DL_APPEND(conn->srv->waiting, req);
	(void)epoll_ctl(conn->srv->gone_fd, EPOLL_CTL_ADD, conn->fd, &ev);
	return MHD_YES;
}

static enum MHD_Result answer_or_wait(struct https_req *req)
{
	return req->dropped || req->res ? answer(req) : wait_for_answer(req);
}

static void stop_waiting(struct https_req *req)
{
	struct https_conn *conn = req->conn;

	if (!req->waiting)
		return;
	req->waiting = false;
	DL_DELETE(conn->srv->waiting, req);
	(void)epoll_ctl(conn->srv->gone_fd, EPOLL_CTL_DEL, conn->fd, NULL);
	MHD_resume_connection(conn->mhd); /* the daemon will call https_req_access() again */
	https_server_kick(conn->srv);
}

void https_req_drop(struct https_req *req)
{
	req->dropped = true;
	stop_waiting(req);
}

void https_req_gone(struct https_req *req)
{
	struct https_conn *conn = req->conn;

	if (!req->waiting)
		return;
	if (req->gone) {
		req->gone(req->gone_arg);
		https_req_drop(req);
		return;
	}
	/* nobody minds: the answer will be made and come to nothing. Until then this would be told
	 * again and again */
	(void)epoll_ctl(conn->srv->gone_fd, EPOLL_CTL_DEL, conn->fd, NULL);
}

/* The daemon closes the connection afterwards, since the body is not read */
static enum MHD_Result refuse_framing(struct https_req *req, unsigned status, const char *text)
{
	req->delivered = true;
	req->conn->coming_us = 0;
	trace_request(req);
	https_reply(req, status, "text/plain", sv_from(text), NULL);
	return answer(req);
}

static enum MHD_Result begin(struct https_req *req, const char *method, const char *version)
{
	struct sv len;
	unsigned long long n = 0;
	const char *text;
	unsigned status;

	req->begun = true;
	req->method = method;
	req->version = version;
	status = https_req_framing(req, &text);
	if (status)
		return refuse_framing(req, status, text);
	len = https_req_header(req, "Content-Length");
	if (!len.p || (sv_u64(len, ULLONG_MAX, &n) && n <= req->body.max + DISCARD_MAX))
		return MHD_YES;
	/* refused before it is sent: the daemon closes the connection after the answer */
	req->too_large = true;
	https_req_deliver(req);
	return answer_or_wait(req);
}

static enum MHD_Result take_body(struct https_req *req, const char *data, size_t *size)
{
	req->seen += *size;
	if (req->seen > req->body.max) {
		req->too_large = true;
		buf_free(&req->body);
	} else if (buf_add(&req->body, data, *size)) {
		return MHD_NO;
	}
	*size = 0;
	return req->seen > req->body.max + DISCARD_MAX ? MHD_NO : MHD_YES;
}

enum MHD_Result https_req_access(void *cls, struct MHD_Connection *mhd, const char *url,
				 const char *method, const char *version, const char *data,
				 size_t *size, void **ctx)
{
	struct https_req *req = *ctx;

	(void)cls;
	(void)mhd;
	(void)url;
	if (!req)
		return MHD_NO;
	if (!req->begun)
		return begin(req, method, version);
	if (*size)
		return take_body(req, data, size);
	if (!req->delivered)
		https_req_deliver(req);
	return answer_or_wait(req);
}

/* --- the answer --- */

/* Date of RFC 9110 §6.6.1, by the system's clock: it is about the connection, not about the call */
static const char *http_date(void)
{
	static char text[32];
	static int64_t made_s;
	struct env_shift none = {0};
	struct env env = env_system(&none);
	int64_t now = env_now_s(&env);
	time_t t = (time_t)now;
	struct tm tm;

	if (now != made_s && gmtime_r(&t, &tm)) {
		(void)strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &tm);
		made_s = now;
	}
	return text;
}

static struct MHD_Response *make_response(const char *ctype, struct sv body,
					  const struct https_header *headers)
{
	struct MHD_Response *res = MHD_create_response_from_buffer(
		body.l, (void *)(uintptr_t)body.p, MHD_RESPMEM_MUST_COPY);
	bool ok = res && MHD_add_response_header(res, "Date", http_date()) == MHD_YES;

	if (ok && ctype)
		ok = MHD_add_response_header(res, "Content-Type", ctype) == MHD_YES;
	for (; ok && headers && headers->name; headers++)
		ok = MHD_add_response_header(res, headers->name, headers->value) == MHD_YES;
	if (ok)
		return res;
	if (res)
		MHD_destroy_response(res);
	return NULL;
}

void https_reply(struct https_req *req, unsigned status, const char *ctype, struct sv body,
		 const struct https_header *headers)
{
	if (!has_body(status))
		body = SV("");
	req->status = status;
	req->res = make_response(ctype, body, headers);
	if (req->res && trace_on())
		trace_response(req, body);
	if (!req->res)
		req->dropped = true; /* out of memory, or a header that cannot be sent */
	stop_waiting(req);
}
