#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/gateway/arrive.h"
#include "sim/gateway/gateway.h"

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
	err = sip_leg_listen(gw->ep, arrive, gw);
	return err ? err_set(e, err, "cannot take calls: %s", strerror(err)) : 0;
}

static void say_ready(const struct gw *gw, json_t *ready)
{
	json_t *m3ua = json_array();
	char addr[ADDR_TEXT_MAX];

	(void)json_object_set_new(ready, "sip", json_string(sip_ep_addr(gw->ep)));
	for (size_t i = 0; i < gw->trunks->n; i++) {
		const struct gw_conf_trunk *trunk = gw->trunks->v[i].conf;

		if (trunk->kind != TRUNK_TDM || trunk->connect)
			continue; /* nothing to connect to */
		addr_join(trunk->addr, (uint16_t)trunk->port, addr);
		(void)json_array_append_new(m3ua, json_string(addr));
	}
	if (json_array_size(m3ua))
		(void)json_object_set(ready, "m3ua", m3ua);
	json_decref(m3ua);
}

static int open_all(struct gw *gw, struct err *e)
{
	int err = gw_conf_check(gw->conf, e);

	if (!err)
		err = open_sip(gw, e);
	if (!err)
		err = trunks_open(&gw->trunks, gw, gw->conf, e);
	return err ? err : routes_alloc(&gw->routes, gw->conf, gw->trunks, e);
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
	err = open_all(gw, e);
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

	sip_ep_free(gw->ep);
	ibcf_stop(&gw->ibcf);
	trunks_free(gw->trunks);
	routes_free(gw->routes);
	free(gw);
}
