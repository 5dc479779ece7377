#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/net/addr.h"
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

/* OPTIONS asks whether we are there; nothing else makes sense outside of a call */
static void on_request(struct sip_rx *rx, void *arg)
{
	struct gw *gw = arg;

	if (sv_eqz(sip_rx_method(rx), "OPTIONS"))
		(void)sip_reply_to(gw->ep, rx, 200, "OK", "");
	else
		(void)sip_reply_to(gw->ep, rx, 405, "Method Not Allowed",
				   "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS\r\n");
}

static void write_sdp(struct gw *gw)
{
	const char *addr = gw->conf->sip.addr, *family = strchr(addr, ':') ? "IP6" : "IP4";

	/* port 9 (discard): a stream is described, as it must be, but no media flows */
	(void)snprintf(
		gw->sdp, sizeof(gw->sdp),
		"v=0\r\no=- 1 1 IN %s %s\r\ns=-\r\nc=IN %s %s\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n",
		family, addr, family, addr);
}

static int open_sip(struct gw *gw, struct err *e)
{
	struct sip_ep_opts opts = {.addr = gw->conf->sip.addr,
				   .port = (uint16_t)gw->conf->sip.port,
				   .software = "oob-gateway/" OOB_VERSION};
	int err = sip_ep_alloc(&gw->ep, &opts, e);

	if (err)
		return err;
	sip_ep_on_request(gw->ep, on_request, gw);
	err = sip_leg_listen(gw->ep, call_invite, gw);
	return err ? err_set(e, err, "cannot take calls: %s", strerror(err)) : 0;
}

static int open_trunk(struct gw *gw, struct err *e)
{
	const struct gw_conf_trunk *trunk = &gw->conf->trunk;
	uint32_t opc = 0, dpc = 0;
	int err;

	(void)m3ua_pc_parse(&opc, sv_from(trunk->opc));
	(void)m3ua_pc_parse(&dpc, sv_from(trunk->dpc));
	if (opc == dpc)
		return err_set(e, EINVAL,
			       "/trunk/dpc: expected the peer's point code, got the own one, %s",
			       trunk->dpc);
	if (trunk->circuits.first + trunk->circuits.count > 0x4000)
		return err_set(e, EINVAL,
			       "/trunk/circuits: expected first + count to be 16384 at the most");
	err = circuits_alloc(&gw->circuits, gw, (unsigned)trunk->circuits.first,
			     (unsigned)trunk->circuits.count, opc > dpc, call_timer);
	if (err)
		return err_set(e, err, "out of memory");
	return link_start(&gw->link, trunk, &link_handlers, gw, e);
}

static void say_ready(const struct gw *gw, json_t *ready)
{
	const struct gw_conf_trunk *trunk = &gw->conf->trunk;
	char m3ua[ADDR_TEXT_MAX];

	(void)json_object_set_new(ready, "sip", json_string(sip_ep_addr(gw->ep)));
	if (trunk->connect)
		return; /* nothing to connect to */
	addr_join(trunk->addr, (uint16_t)trunk->port, m3ua);
	(void)json_object_set_new(ready, "m3ua", json_string(m3ua));
}

int gw_start(void **ret, const void *conf, const struct env *env, json_t *ready, struct err *e)
{
	struct gw *gw = calloc(1, sizeof(*gw));
	int err;

	(void)env;
	if (!gw)
		return err_set(e, ENOMEM, "out of memory");
	gw->conf = conf;
	write_sdp(gw);
	err = open_sip(gw, e);
	if (!err)
		err = open_trunk(gw, e);
	if (err) {
		gw_stop(gw);
		return err;
	}
	say_ready(gw, ready);
	*ret = gw;
	return 0;
}

void gw_stop(void *app)
{
	struct gw *gw = app;

	link_free(gw->link);
	sip_ep_free(gw->ep);
	circuits_free(gw->circuits);
	free(gw);
}
