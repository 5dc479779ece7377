/* oob-switch: the CSCF of one provider. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/net/app.h"
#include "sim/switch/call.h"

/* Requests outside of calls: somebody asks whether we are there */
static void on_request(struct sip_rx *rx, void *arg)
{
	static const char allow[] = "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS\r\n";
	struct sw *sw = arg;

	if (sv_eqz(sip_rx_method(rx), "OPTIONS"))
		(void)sip_reply_to(sw->ep, rx, 200, "OK", allow);
	else
		(void)sip_reply_to(sw->ep, rx, 405, "Method Not Allowed", allow);
}

static void stop(void *app)
{
	struct sw *sw = app;

	sw_calls_end(sw);
	https_client_free(sw->https);
	sip_ep_free(sw->ep);
	sw_table_free(sw->table);
	free(sw);
}

static int open_endpoint(struct sw *sw, struct err *e)
{
	int err = sip_ep_alloc(&sw->ep,
			       &(struct sip_ep_opts){.addr = sw->conf->sip.addr,
						     .port = (uint16_t)sw->conf->sip.port,
						     .software = "oob-switch/" OOB_VERSION},
			       e);

	if (err)
		return err;
	sip_ep_on_request(sw->ep, on_request, sw);
	return sip_leg_listen(sw->ep, sw_call_arrived, sw);
}

/* Only when it is needed: it wants a CA */
static int open_client(struct sw *sw, struct err *e)
{
	const struct sw_conf *conf = sw->conf;
	bool needed = (conf->as.uri && conf->as.interface == SW_HTTP) ||
		      (conf->vs.uri && conf->vs.interface == SW_HTTP);

	return needed ? https_client_alloc(&sw->https, &conf->https, conf->sip.addr, e) : 0;
}

static int reload(void *app, struct err *e)
{
	struct sw *sw = app;

	return sw->https ? https_client_reload(sw->https, e) : 0;
}

static int start(void **ret_app, const void *conf, const struct env *env, json_t *ready,
		 struct err *e)
{
	struct sw *sw = calloc(1, sizeof(*sw));
	int err;

	if (!sw)
		return ENOMEM;
	sw->conf = conf;
	sw->env = env;
	err = sw_conf_check(conf, e);
	if (!err)
		err = sw_table_alloc(&sw->table, conf, e);
	if (!err)
		err = open_client(sw, e);
	if (!err)
		err = open_endpoint(sw, e);
	if (!err && json_object_set_new(ready, "sip", json_string(sip_ep_addr(sw->ep))))
		err = ENOMEM;
	if (err)
		stop(sw);
	else
		*ret_app = sw;
	return err;
}

int main(int argc, char **argv)
{
	static const struct app_def def = {
		.program = "oob-switch",
		.summary = "CSCF of one provider: routes calls, has them signed by the STI-AS and "
			   "verified by the STI-VS",
		.conf = &sw_conf_table,
		.start = start,
		.reload = reload,
		.stop = stop,
	};

	return app_main(&def, argc, argv);
}
