#include <errno.h>
#include <stdlib.h>

#include "lib/net/app.h"
#include "lib/net/https_client.h"
#include "lib/net/redirect.h"
#include "lib/net/trust_feed.h"
#include "ref-vs/call.h"
#include "ref-vs/vs.h"

struct vs {
	const struct vs_conf *conf;
	struct https_client *client;
	struct trust_feed *feed;
	struct sip_ep *ep;
	struct call_table *calls;
};

static void vs_request(struct sip_rx *rx, void *arg)
{
	struct vs *vs = arg;

	if (!redirect_not_invite(vs->ep, rx))
		call_start(vs->calls, rx);
}

static void vs_ready(void *arg)
{
	(void)arg;
	app_ready();
}

void vs_stop(void *arg)
{
	struct vs *vs = arg;

	call_table_free(vs->calls);
	sip_ep_free(vs->ep);
	trust_feed_free(vs->feed);
	https_client_free(vs->client);
	free(vs);
}

static int vs_open(struct vs *vs, const struct env *env, struct err *e)
{
	const struct vs_conf *conf = vs->conf;
	int err = vs_conf_check(conf, e);

	if (!err)
		err = https_client_alloc(&vs->client, &conf->https, conf->sip.addr, e);
	if (!err)
		err = trust_feed_alloc(&vs->feed, &conf->trust, VERIFY_VS, false,
				       &conf->faults.skip_checks, vs->client, env, vs_ready, vs, e);
	if (!err)
		err = sip_ep_alloc(&vs->ep,
				   &(struct sip_ep_opts){.addr = conf->sip.addr,
							 .port = (uint16_t)conf->sip.port,
							 .software = "ref-vs/" OOB_VERSION},
				   e);
	if (!err)
		err = call_table_alloc(&vs->calls,
				       &(struct call_env){.conf = conf,
							  .ep = vs->ep,
							  .verifier = trust_feed_verifier(vs->feed),
							  .source = {&conf->cps, vs->client, env}});
	if (err)
		return err;
	sip_ep_on_request(vs->ep, vs_request, vs);
	return 0;
}

int vs_start(void **ret_vs, const void *conf, const struct env *env, json_t *ready, struct err *e)
{
	struct vs *vs = calloc(1, sizeof(*vs));
	int err;

	if (!vs)
		return ENOMEM;
	vs->conf = conf;
	err = vs_open(vs, env, e);
	if (err) {
		vs_stop(vs);
		return err;
	}
	(void)json_object_set_new(ready, "sip", json_string(sip_ep_addr(vs->ep)));
	*ret_vs = vs;
	return EINPROGRESS;
}

int vs_reload(void *arg, struct err *e)
{
	struct vs *vs = arg;
	int err = https_client_reload(vs->client, e);

	trust_feed_reload(vs->feed);
	return err;
}
