#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/net/addr.h"
#include "lib/net/framed.h"
#include "lib/tdm/m3ua.h"
#include "lib/trace/trace.h"
#include "sim/gateway/link.h"

#define NI_NATIONAL 2

struct link {
	const struct gw_conf_trunk *conf;
	const struct link_handlers *h;
	void *arg;
	uint32_t opc, dpc;
	char local[ADDR_TEXT_MAX],
		remote[ADDR_TEXT_MAX]; /* where the elements listen: for the trace */
	struct framed_listener *listener;
	struct framed_conn *out;  /* when this side connects */
	struct framed_conn *conn; /* NULL: the link is down */
	bool complained;          /* that it cannot be made: once is enough */
};

static void note(const struct link *l, const char *state)
{
	log_info("link %s trunk=%s peer=%s", state, l->conf->name, l->remote);
	trace_note(
		"gw.link", NULL, NULL,
		json_pack("{ss,ss,ss}", "trunk", l->conf->name, "state", state, "peer", l->remote));
}

static void lost(struct link *l, int err)
{
	l->conn = NULL;
	log_warn("link lost: %s", err ? strerror(err) : "closed by the peer");
	note(l, "down");
	l->h->down(l->arg);
}

/* Is it from the address that the configuration names? */
static bool from_peer(const struct link *l, const struct framed_conn *c)
{
	const char *text = framed_peer(c), *port = strrchr(text, ':');
	char want[ADDR_TEXT_MAX];

	addr_join(l->conf->peer.addr, 0, want);
	return port && strncmp(text, want, (size_t)(port - text) + 1) == 0;
}

static void on_up(struct framed_conn *c, void *arg)
{
	struct link *l = arg;
	struct framed_conn *old = l->conn;

	if (!l->out && !from_peer(l, c)) {
		log_warn("connection from %s refused: the peer is %s", framed_peer(c),
			 l->conf->peer.addr);
		framed_conn_free(c);
		return;
	}
	if (old) { /* a peer that was restarted: its new connection counts */
		lost(l, ECONNRESET);
		framed_conn_free(old);
	}
	l->conn = c;
	l->complained = false;
	note(l, "up");
	l->h->up(l->arg);
}

static void on_down(struct framed_conn *c, int err, void *arg)
{
	struct link *l = arg;

	if (c == l->conn) {
		lost(l, err);
		return;
	}
	if (c == l->out && !l->complained)
		log_warn("no link to %s yet: %s; trying again", l->remote, strerror(err));
	else if (c != l->out)
		log_warn("connection from %s: %s", framed_peer(c),
			 err == EBADMSG ? "what came is no M3UA message" : strerror(err));
	l->complained = true;
}

/* @return 0; EBADMSG, ENOTSUP with text */
static int read_message(const struct link *l, struct isup_msg *ret, struct sv octets, struct err *e)
{
	struct m3ua_data data;
	char opc[16], dpc[16];
	int err = m3ua_decode(&data, octets, e);

	if (err)
		return err;
	m3ua_pc_text(data.opc, opc);
	m3ua_pc_text(data.dpc, dpc);
	if (data.opc != l->dpc || data.dpc != l->opc || data.si != MTP_SI_ISUP)
		return err_set(
			e, EBADMSG,
			"M3UA DATA: expected ISUP from %s to %s, got service %u from %s to %s",
			l->conf->dpc, l->conf->opc, data.si, opc, dpc);
	return isup_decode(ret, data.user, e);
}

static void on_message(struct framed_conn *c, struct sv octets, void *arg)
{
	struct link *l = arg;
	struct isup_msg msg;
	struct err e;

	if (c != l->conn)
		return;
	trace_message("isup", TRACE_RX, l->remote, l->local, octets, NULL);
	if (read_message(l, &msg, octets, &e))
		log_warn("message passed over: %s", e.s);
	else
		l->h->message(&msg, l->arg);
}

static const struct framed_handlers framed = {
	.len = m3ua_len,
	.max_len = M3UA_MAX_LEN,
	.up = on_up,
	.message = on_message,
	.down = on_down,
};

int link_start(struct link **ret, const struct gw_conf_trunk *conf, const struct link_handlers *h,
	       void *arg, struct err *e)
{
	struct link *l = calloc(1, sizeof(*l));
	uint16_t port = (uint16_t)conf->port, peer_port = gw_peer_port(conf);
	int err;

	if (!l)
		return err_set(e, ENOMEM, "out of memory");
	l->conf = conf;
	l->h = h;
	l->arg = arg;
	(void)m3ua_pc_parse(&l->opc, sv_from(conf->opc));
	(void)m3ua_pc_parse(&l->dpc, sv_from(conf->dpc));
	addr_join(conf->addr, port, l->local);
	addr_join(conf->peer.addr, peer_port, l->remote);
	if (conf->connect)
		err = framed_connect(&l->out, conf->addr, conf->peer.addr, peer_port, &framed, l,
				     e);
	else
		err = framed_listen(&l->listener, conf->addr, port, &framed, l, e);
	if (err) {
		link_free(l);
		return err;
	}
	*ret = l;
	return 0;
}

void link_free(struct link *l)
{
	if (!l)
		return;
	framed_conn_free(l->out);
	framed_listener_free(l->listener);
	free(l);
}

bool link_is_up(const struct link *l)
{
	return l->conn;
}

int link_send(struct link *l, const struct isup_msg *msg, struct err *e)
{
	struct m3ua_data data = {
		l->opc, l->dpc, MTP_SI_ISUP, NI_NATIONAL, 0, (uint8_t)l->conf->sls, {NULL, 0}};
	BUF_AUTO struct buf user = BUF(M3UA_MAX_LEN);
	BUF_AUTO struct buf all = BUF(M3UA_MAX_LEN);
	int err = isup_encode(&user, msg, e);

	if (err)
		return err;
	data.user = buf_sv(&user);
	err = m3ua_encode(&all, &data);
	if (!err && !l->conn)
		err = ENOTCONN;
	if (!err) {
		/* before it leaves: the peer may be faster than our trace, and its answer is not to come first */
		trace_message("isup", TRACE_TX, l->local, l->remote, buf_sv(&all), NULL);
		err = framed_send(l->conn, buf_sv(&all));
	}
	if (err)
		return err_set(e, err, "%s of circuit %u cannot be sent: %s",
			       isup_type_name(msg->type), msg->cic,
			       err == ENOTCONN ? "the link is down" : strerror(err));
	return 0;
}
