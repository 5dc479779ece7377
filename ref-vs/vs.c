#include <errno.h>
#include <stdlib.h>

#include "lib/net/app.h"
#include "ref-vs/front.h"
#include "ref-vs/vs.h"

struct vs {
	struct core *core;
	struct sip_front *sip;
	struct http_front *http;
};

static void on_ready(void *arg)
{
	(void)arg;
	app_ready();
}

void vs_stop(void *arg)
{
	struct vs *vs = arg;

	sip_front_free(vs->sip);
	http_front_free(vs->http);
	core_free(vs->core);
	free(vs);
}

static void tell(json_t *ready, const char *name, char *url)
{
	if (url)
		(void)json_object_set_new(ready, name, json_string(url));
	free(url);
}

int vs_start(void **ret_vs, const void *conf, const struct env *env, json_t *ready, struct err *e)
{
	struct vs *vs = calloc(1, sizeof(*vs));
	int err;

	if (!vs)
		return ENOMEM;
	err = core_alloc(&vs->core, conf, env, on_ready, vs, e);
	if (!err)
		err = sip_front_alloc(&vs->sip, vs->core, e);
	if (!err)
		err = http_front_alloc(&vs->http, vs->core, e);
	if (err) {
		vs_stop(vs);
		return err;
	}
	(void)json_object_set_new(ready, "sip", json_string(sip_front_addr(vs->sip)));
	tell(ready, "http", http_front_url(vs->http));
	tell(ready, "push", core_push_url(vs->core));
	*ret_vs = vs;
	return EINPROGRESS;
}

int vs_reload(void *arg, struct err *e)
{
	struct vs *vs = arg;
	struct err last;
	int err = core_reload(vs->core, e);
	int http_err = http_front_reload(vs->http, err ? &last : e);

	return err ? err : http_err;
}
