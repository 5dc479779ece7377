#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <re.h>
#include <utlist.h>

#include "lib/base/buf.h"
#include "lib/net/addr.h"
#include "lib/net/framed.h"
#include "lib/net/loop.h"

/* A peer that is just being started is there soon; another one is not to be pestered */
#define RETRY_FIRST_MS 16
#define RETRY_LAST_MS  1000
#define CHUNK_MAX      8192 /* largest read of libre's TCP */
#define BACKLOG        16

struct framed_conn {
	struct tcp_conn *tcp; /* NULL between two attempts */
	bool up, freed;
	const struct framed_handlers *h;
	void *arg;
	struct buf in;
	char peer[ADDR_TEXT_MAX];
	struct sa local, remote;         /* of an outgoing connection */
	struct timer *retry;             /* only an outgoing one has it */
	unsigned retry_ms;               /* the next wait; doubled until the peer says something */
	struct framed_listener *owner;   /* of an accepted one */
	struct framed_conn *next, *prev; /* of the owner's list */
};

struct framed_listener {
	struct tcp_sock *sock;
	const struct framed_handlers *h;
	void *arg;
	struct framed_conn *conns;
	size_t n;
};

static void conn_destroy(void *data)
{
	struct framed_conn *c = data;

	c->tcp = mem_deref(c->tcp);
	timer_free(c->retry);
	buf_free(&c->in);
}

static struct framed_conn *conn_new(const struct framed_handlers *h, void *arg)
{
	struct framed_conn *c = mem_zalloc(sizeof(*c), conn_destroy);

	if (!c)
		return NULL;
	c->h = h;
	c->arg = arg;
	c->in = BUF(h->max_len + CHUNK_MAX);
	c->retry_ms = RETRY_FIRST_MS;
	return c;
}

/* The last word on a connection: whoever still holds a reference sees `freed`. */
static void conn_drop(struct framed_conn *c)
{
	if (c->freed)
		return;
	c->freed = true;
	c->up = false;
	c->tcp = mem_deref(c->tcp);
	if (c->retry)
		timer_stop(c->retry);
	if (c->owner) {
		DL_DELETE(c->owner->conns, c);
		c->owner->n--;
	}
	mem_deref(c);
}

static void conn_lost(struct framed_conn *c, int err)
{
	mem_ref(c);
	c->up = false;
	c->tcp = mem_deref(c->tcp);
	buf_reset(&c->in);
	c->h->down(c, err, c->arg);
	if (!c->freed && c->retry) {
		timer_start(c->retry, c->retry_ms);
		c->retry_ms = c->retry_ms * 2 < RETRY_LAST_MS ? c->retry_ms * 2 : RETRY_LAST_MS;
	} else {
		conn_drop(c);
	}
	mem_deref(c);
}

static void on_closed(int err, void *arg)
{
	conn_lost(arg, err);
}

static void on_established(void *arg)
{
	struct framed_conn *c = arg;
	int on = 1, fd = tcp_conn_fd(c->tcp);

	/* signalling is small messages that wait for each other: no delay by Nagle; a peer that is
	 * gone without a word is found by keep-alive */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	tcp_conn_txqsz_set(c->tcp, FRAMED_QUEUE_MAX);
	c->up = true;
	c->h->up(c, c->arg);
}

/* Hand over the whole messages at the front. @return 0, EBADMSG, EMSGSIZE */
static int take_messages(struct framed_conn *c)
{
	size_t at = 0;

	while (!c->freed && c->tcp && at < c->in.l) {
		size_t left = c->in.l - at;
		long len = c->h->len((const uint8_t *)c->in.p + at, left);

		if (len < 0)
			return EBADMSG;
		if ((size_t)len > c->h->max_len || (!len && left >= c->h->max_len))
			return EMSGSIZE;
		if (!len || (size_t)len > left)
			break;
		c->retry_ms = RETRY_FIRST_MS;
		c->h->message(c, (struct sv){c->in.p + at, (size_t)len}, c->arg);
		at += (size_t)len;
	}
	buf_shift(&c->in, at);
	return 0;
}

static void on_received(struct mbuf *mb, void *arg)
{
	struct framed_conn *c = mem_ref(arg);
	int err = buf_add(&c->in, mbuf_buf(mb), mbuf_get_left(mb));

	if (!err)
		err = take_messages(c);
	if (err && !c->freed)
		conn_lost(c, err);
	mem_deref(c);
}

static void on_incoming(const struct sa *peer, void *arg)
{
	struct framed_listener *l = arg;
	struct framed_conn *c = l->n < FRAMED_CONNS_MAX ? conn_new(l->h, l->arg) : NULL;

	if (!c) {
		tcp_reject(l->sock);
		return;
	}
	addr_text(&peer->u.sa, c->peer);
	if (tcp_accept(&c->tcp, l->sock, on_established, on_received, on_closed, c)) {
		tcp_reject(l->sock);
		mem_deref(c);
		return;
	}
	c->owner = l;
	DL_APPEND(l->conns, c);
	l->n++;
}

int framed_listen(struct framed_listener **ret, const char *addr, uint16_t port,
		  const struct framed_handlers *h, void *arg, struct err *e)
{
	struct framed_listener *l;
	struct sa sa;
	int fd, err;

	/* libre shares the port with any other program that allows it (SO_REUSEPORT), so that a
	 * second element would silently take half of the connections: ask first whether it is free
	 */
	err = addr_listen_tcp(&fd, addr, port, BACKLOG, e);
	if (err)
		return err;
	(void)close(fd);
	l = calloc(1, sizeof(*l));
	if (!l)
		return err_set(e, ENOMEM, "out of memory");
	l->h = h;
	l->arg = arg;
	err = sa_set_str(&sa, addr, port);
	if (!err)
		err = tcp_listen(&l->sock, &sa, on_incoming, l);
	if (err) {
		free(l);
		return err_set(e, err, "cannot listen on %s port %u: %s", addr, port,
			       strerror(err));
	}
	*ret = l;
	return 0;
}

void framed_listener_free(struct framed_listener *l)
{
	if (!l)
		return;
	while (l->conns)
		conn_drop(l->conns);
	mem_deref(l->sock);
	free(l);
}

static int try_connect(struct framed_conn *c)
{
	return tcp_connect_bind(&c->tcp, &c->remote, on_established, on_received, on_closed,
				&c->local, c);
}

static void on_retry(void *arg)
{
	struct framed_conn *c = arg;
	int err = try_connect(c);

	if (err)
		conn_lost(c, err);
}

int framed_connect(struct framed_conn **ret, const char *from, const char *addr, uint16_t port,
		   const struct framed_handlers *h, void *arg, struct err *e)
{
	struct framed_conn *c = conn_new(h, arg);
	int err = c ? timer_alloc(&c->retry, on_retry, c) : ENOMEM;

	if (err) {
		mem_deref(c);
		return err_set(e, err, "out of memory");
	}
	if (sa_set_str(&c->local, from, 0) || sa_set_str(&c->remote, addr, port)) {
		mem_deref(c);
		return err_set(e, EINVAL, "cannot connect from %s to %s: expected two IP addresses",
			       from, addr);
	}
	addr_join(addr, port, c->peer);
	/* from the loop, so that no handler is called from in here */
	timer_start(c->retry, 0);
	*ret = c;
	return 0;
}

const char *framed_peer(const struct framed_conn *c)
{
	return c->peer;
}

int framed_send(struct framed_conn *c, struct sv msg)
{
	struct mbuf mb;
	int err;

	if (!c->up || !c->tcp)
		return ENOTCONN;
	mbuf_init(&mb);
	mb.buf = (uint8_t *)(uintptr_t)msg.p; /* only read */
	mb.size = mb.end = msg.l;
	err = tcp_send(c->tcp, &mb);
	/* the socket's own error comes to on_closed by itself */
	return err && err != ENOSPC && err != ENOMEM ? ENOTCONN : err;
}

void framed_conn_free(struct framed_conn *c)
{
	if (c)
		conn_drop(c);
}
