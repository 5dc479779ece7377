#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/tdm/m3ua.h"
#include "sim/gateway/call.h"

static void on_link_up(void *arg)
{
	(void)arg; /* the circuits are idle since it was lost */
}

static void on_link_message(const struct isup_msg *msg, void *arg)
{
	call_message(arg, msg);
}

static void on_link_down(void *arg)
{
	call_link_lost(arg);
}

static const struct link_handlers link_handlers = {
	.up = on_link_up,
	.message = on_link_message,
	.down = on_link_down,
};

static int open_tdm(struct trunk *t, struct err *e)
{
	const struct gw_conf_trunk *conf = t->conf;
	uint32_t opc = 0, dpc = 0;

	(void)m3ua_pc_parse(&opc, sv_from(conf->opc));
	(void)m3ua_pc_parse(&dpc, sv_from(conf->dpc));
	if (circuits_alloc(&t->circuits, t, (unsigned)conf->circuits.first,
			   (unsigned)conf->circuits.count, opc > dpc, call_timer))
		return err_set(e, ENOMEM, "out of memory");
	return link_start(&t->link, conf, &link_handlers, t, e);
}

static void open_sip(struct trunk *t)
{
	char peer[ADDR_TEXT_MAX];

	addr_join(t->conf->peer.addr, gw_peer_port(t->conf), peer);
	(void)snprintf(t->next_hop, sizeof(t->next_hop), "sip:%s;transport=%s", peer,
		       t->conf->transport == TRUNK_UDP ? "udp" : "tcp");
}

int trunks_open(struct trunks **ret, struct gw *gw, const struct gw_conf *conf, struct err *e)
{
	const struct gw_conf_trunk *c = conf->trunks.v;
	struct trunks *t = calloc(1, sizeof(*t) + conf->trunks.n * sizeof(t->v[0]));
	int err = 0;

	if (!t)
		return err_set(e, ENOMEM, "out of memory");
	for (; t->n < conf->trunks.n && !err; t->n++) {
		t->v[t->n].gw = gw;
		t->v[t->n].conf = &c[t->n];
		if (c[t->n].kind == TRUNK_TDM)
			err = open_tdm(&t->v[t->n], e);
		else
			open_sip(&t->v[t->n]);
	}
	if (err)
		trunks_free(t);
	else
		*ret = t;
	return err;
}

void trunks_free(struct trunks *t)
{
	for (size_t i = 0; t && i < t->n; i++) {
		link_free(t->v[i].link);
		circuits_free(t->v[i].circuits);
	}
	free(t);
}
