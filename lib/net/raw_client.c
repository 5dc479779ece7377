#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/env.h"
#include "lib/net/addr.h"
#include "lib/net/http_split.h"
#include "lib/net/https_trace.h"
#include "lib/net/loop.h"
#include "lib/net/raw_client.h"
#include "lib/net/raw_tls.h"

#define READ_SIZE 16384
/* Octets of one raw_send: more than any server under test should take */
#define SEND_MAX (32u << 20)

enum state { CONNECTING, SHAKING, OPEN, OVER };

struct raw_client {
	struct raw_client_opts opts;
	raw_got_h *got_h;
	raw_done_h *done;
	void *arg;
	enum state state;
	int fd;
	struct raw_tls *tls; /* NULL: plain */
	struct timer *deadline, *pause;
	uint64_t since_us;

	struct buf out; /* what is being sent: all of it */
	size_t sent, piece, pieces;
	uint64_t pause_ms;
	enum raw_end end;
	bool sending, pausing, want_write;

	struct buf in;
	bool closed, reset;
	struct err err;
	char self[ADDR_TEXT_MAX], peer[ADDR_TEXT_MAX];
	uint64_t conn;
	size_t traced_out, traced_in;
};

/* --- trace --- */

static void trace_one(const struct raw_client *c, bool request, struct sv raw)
{
	char host[300];

	if (!raw.l)
		return;
	(void)snprintf(host, sizeof(host), "%.255s:%u", c->opts.host, c->opts.port);
	https_trace(&(struct https_event){.dir = request ? TRACE_TX : TRACE_RX,
					  .request = request,
					  .conn = c->conn,
					  .src = request ? c->self : c->peer,
					  .dst = request ? c->peer : c->self,
					  .host = sv_from(host),
					  .raw = raw});
}

/* Whole messages as they are, and at the end what is left */
static void trace_stream(struct raw_client *c, bool request, bool ended)
{
	struct sv all = request ? (struct sv){c->out.p, c->sent} : buf_sv(&c->in);
	size_t *at = request ? &c->traced_out : &c->traced_in;
	struct http_message msg;

	while (*at < all.l) {
		struct sv rest = {all.p + *at, all.l - *at};
		int err = http_split(&msg, rest, ended);

		if (err == EAGAIN && !ended)
			return;
		rest.l = err ? rest.l : msg.whole.l;
		trace_one(c, request, rest);
		*at += rest.l;
	}
}

static void learn_names(struct raw_client *c)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	addr_join(c->opts.addr, c->opts.port, c->peer);
	if (getsockname(c->fd, (struct sockaddr *)&ss, &len) == 0)
		addr_text((struct sockaddr *)&ss, c->self);
}

/* --- the end --- */

static void drop_socket(struct raw_client *c, bool reset)
{
	struct linger rst = {.l_onoff = 1, .l_linger = 0};

	if (c->fd < 0)
		return;
	loop_unwatch(c->fd);
	if (reset)
		(void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &rst, sizeof(rst));
	(void)close(c->fd);
	c->fd = -1;
	timer_stop(c->deadline);
	timer_stop(c->pause);
}

/* The client may be gone afterwards */
static void over(struct raw_client *c, int err)
{
	struct raw_result res = {
		.err = err,
		.text = err ? c->err.s : "",
		.version = c->tls ? raw_tls_version(c->tls) : NULL,
		.closed = c->closed,
		.reset = c->reset,
		.got = buf_sv(&c->in),
		.took_ms = (mono_us() - c->since_us) / 1000,
	};

	c->state = OVER;
	trace_stream(c, true, true);
	trace_stream(c, false, true);
	drop_socket(c, false);
	c->done(&res, c->arg);
}

static void failed(struct raw_client *c, int err)
{
	if (!*c->err.s)
		(void)err_set(&c->err, err, "%s: %s", c->peer, strerror(err));
	over(c, err);
}

static void too_late(void *arg)
{
	struct raw_client *c = arg;

	failed(c, ETIMEDOUT);
}

/* The peer has ended it, cleanly or not */
static void peer_ended(struct raw_client *c, long n)
{
	c->closed = true;
	c->reset = n == -ECONNRESET || n == -EPIPE;
	if (n && !c->reset)
		failed(c, (int)-n);
	else
		over(c, 0);
}

/* --- sending --- */

static void watch(struct raw_client *c);

static long write_some(struct raw_client *c, const char *p, size_t l)
{
	ssize_t n;

	if (c->tls)
		return raw_tls_write(c->tls, p, l, &c->want_write, &c->err);
	n = send(c->fd, p, l, MSG_NOSIGNAL);
	c->want_write = n < 0 && errno == EAGAIN;
	return n < 0 ? -errno : n;
}

/* All is sent. @return false when it is over */
static bool sent_all(struct raw_client *c)
{
	c->sending = false;
	timer_start(c->deadline, c->opts.timeout_ms);
	switch (c->end) {
	case RAW_STAY:
		return true;
	case RAW_HALF:
		if (c->tls)
			raw_tls_bye(c->tls);
		(void)shutdown(c->fd, SHUT_WR);
		return true;
	case RAW_CLOSE:
	case RAW_RESET:
		trace_stream(c, true, true);
		drop_socket(c, c->end == RAW_RESET);
		over(c, 0);
		return false;
	}
	return true;
}

/* Up to the next pause. @return false when it is over */
static bool send_on(struct raw_client *c)
{
	while (c->sending && !c->pausing) {
		size_t stop = c->out.l * (c->piece + 1) / c->pieces;
		long n;

		if (c->piece == c->pieces)
			return sent_all(c);
		n = stop > c->sent ? write_some(c, c->out.p + c->sent, stop - c->sent) : 0;
		if (n == -EAGAIN)
			return true;
		if (n < 0) {
			/* it may have answered before it closed: what can be read says more */
			c->sending = false;
			return true;
		}
		c->sent += (size_t)n;
		if (c->sent < stop)
			continue;
		trace_stream(c, true, false);
		if (++c->piece == c->pieces && c->end == RAW_STAY)
			return sent_all(c);
		c->pausing = c->pause_ms > 0;
		if (c->pausing)
			timer_start(c->pause, c->pause_ms);
	}
	return true;
}

static void pause_over(void *arg)
{
	struct raw_client *c = arg;

	c->pausing = false;
	if (send_on(c))
		watch(c);
}

static int queue(struct raw_client *c, const struct raw_send *send)
{
	trace_stream(c, true, true);
	buf_reset(&c->out);
	c->sent = c->traced_out = c->piece = 0;
	c->pieces = send->pieces ? send->pieces : 1;
	c->pause_ms = send->pause_ms;
	c->end = send->end;
	c->sending = true;
	return buf_addsv(&c->out, send->octets);
}

int raw_client_send(struct raw_client *c, const struct raw_send *send)
{
	int err;

	if (c->state == OVER || c->fd < 0)
		return ENOTCONN;
	if (c->sending)
		return EALREADY;
	err = queue(c, send);
	if (!err) {
		c->pausing =
			true; /* from the loop, since this may be called by a handler of ours */
		timer_start(c->pause, 0);
	}
	return err;
}

/* --- reading --- */

static long read_some(struct raw_client *c, char *p, size_t size)
{
	ssize_t n;

	if (c->tls)
		return raw_tls_read(c->tls, p, size, &c->want_write, &c->err);
	n = recv(c->fd, p, size, 0);
	return n < 0 ? -errno : n;
}

/* @return false when it is over */
static bool read_all(struct raw_client *c)
{
	char some[READ_SIZE];
	bool any = false;
	long n;

	while ((n = read_some(c, some, sizeof(some))) > 0) {
		any = true;
		if (buf_add(&c->in, some, (size_t)n)) {
			failed(c, c->in.err);
			return false;
		}
	}
	if (any) {
		trace_stream(c, true, c->sent == c->out.l);
		trace_stream(c, false, false);
		if (c->got_h && c->got_h(buf_sv(&c->in), c->arg)) {
			over(c, 0);
			return false;
		}
	}
	if (n == -EAGAIN)
		return true;
	peer_ended(c, n);
	return false;
}

/* --- the beginning --- */

/* @return 0: it is open; EAGAIN: it goes on later; else it is over */
static int shake(struct raw_client *c)
{
	long n = c->tls ? raw_tls_handshake(c->tls, &c->want_write, &c->err) : 0;

	if (n == 0)
		c->state = OPEN;
	if (n == 0 || n == -EAGAIN)
		return n ? EAGAIN : 0;
	/* TLS was begun, so whatever ends it refuses it */
	c->closed = true;
	if (n != -EPROTO)
		(void)err_set(&c->err, EPROTO, "TLS handshake: %s", strerror((int)-n));
	else
		err_prefix(&c->err, "TLS handshake: ");
	failed(c, EPROTO);
	return EPROTO;
}

static bool connected(struct raw_client *c)
{
	int err = 0, on = 1;
	socklen_t len = sizeof(err);

	(void)getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &len);
	if (err) {
		failed(c, err);
		return false;
	}
	/* pieces leave as they are, each at its time */
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	learn_names(c);
	c->state = SHAKING;
	return true;
}

static void on_event(int fd, unsigned events, void *arg)
{
	struct raw_client *c = arg;
	int err = 0;

	(void)fd;
	(void)events;
	c->want_write = false;
	if (c->state == CONNECTING && !connected(c))
		return;
	if (c->state == SHAKING)
		err = shake(c);
	if (err == EAGAIN || (!err && send_on(c) && read_all(c)))
		watch(c);
}

static void watch(struct raw_client *c)
{
	unsigned write = c->state == CONNECTING || c->want_write ? LOOP_WRITE : 0;

	if (c->fd >= 0)
		(void)loop_watch_for(c->fd, LOOP_READ | write, on_event, c);
}

static int bind_self(const struct raw_client *c, struct err *e)
{
	struct sockaddr_storage ss;
	socklen_t len;
	int err;

	/* elsewhere than on the loopback net the routing table knows better */
	if (!c->opts.self || strncmp(c->opts.self, "127.", 4) != 0 ||
	    strncmp(c->opts.addr, "127.", 4) != 0)
		return 0;
	err = addr_make(&ss, &len, c->opts.self, 0, e);
	if (!err && bind(c->fd, (struct sockaddr *)&ss, len))
		err = err_set(e, errno, "%s: %s", c->opts.self, strerror(errno));
	return err;
}

static int start(struct raw_client *c, struct err *e)
{
	struct sockaddr_storage ss;
	socklen_t len;
	int err = addr_make(&ss, &len, c->opts.addr, c->opts.port, e);

	if (err)
		return err;
	c->fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return err_set(e, errno, "socket: %s", strerror(errno));
	err = bind_self(c, e);
	if (!err && !c->opts.plain)
		err = raw_tls_alloc(&c->tls, &c->opts, c->fd, e);
	if (err)
		return err;
	learn_names(c);
	if (connect(c->fd, (struct sockaddr *)&ss, len) && errno != EINPROGRESS)
		return err_set(e, errno, "%s: %s", c->peer, strerror(errno));
	watch(c); /* what connect() has done already is told by the loop */
	timer_start(c->deadline, c->opts.timeout_ms);
	return 0;
}

int raw_client_alloc(struct raw_client **ret, const struct raw_client_opts *opts,
		     const struct raw_send *send, raw_got_h *got, raw_done_h *done, void *arg,
		     struct err *e)
{
	struct raw_client *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return err_set(e, ENOMEM, "out of memory");
	*c = (struct raw_client){.opts = *opts, .got_h = got, .done = done, .arg = arg, .fd = -1};
	c->out = BUF(SEND_MAX);
	c->in = BUF(opts->max);
	c->since_us = mono_us();
	c->conn = https_conn_id();
	err = timer_alloc(&c->deadline, too_late, c);
	if (!err)
		err = timer_alloc(&c->pause, pause_over, c);
	if (!err)
		err = queue(c, send);
	err = err ? err_set(e, err, "octets to be sent: %s", strerror(err)) : start(c, e);
	if (err) {
		raw_client_free(c);
		return err;
	}
	*ret = c;
	return 0;
}

void raw_client_free(struct raw_client *c)
{
	if (!c)
		return;
	drop_socket(c, false);
	raw_tls_free(c->tls);
	timer_free(c->deadline);
	timer_free(c->pause);
	buf_free(&c->out);
	buf_free(&c->in);
	free(c);
}
