#include <errno.h>
#include <stdlib.h>

#include "ref-as/as.h"
#include "ref-as/front.h"

struct as {
	struct core *core;
	struct sip_front *sip;
	struct http_front *http;
};

void as_stop(void *arg)
{
	struct as *as = arg;

	sip_front_free(as->sip);
	http_front_free(as->http);
	core_free(as->core);
	free(as);
}

static void tell_addresses(const struct as *as, json_t *ready)
{
	char *url = http_front_url(as->http);

	(void)json_object_set_new(ready, "sip", json_string(sip_front_addr(as->sip)));
	if (url)
		(void)json_object_set_new(ready, "http", json_string(url));
	(void)json_object_set_new(ready, "spc", json_string(core_conf(as->core)->spc));
	free(url);
}

int as_start(void **ret_as, const void *conf, const struct env *env, json_t *ready, struct err *e)
{
	struct as *as = calloc(1, sizeof(*as));
	int err;

	if (!as)
		return ENOMEM;
	err = core_alloc(&as->core, conf, env, e);
	if (!err)
		err = sip_front_alloc(&as->sip, as->core, e);
	if (!err)
		err = http_front_alloc(&as->http, as->core, e);
	if (err) {
		as_stop(as);
		return err;
	}
	tell_addresses(as, ready);
	*ret_as = as;
	return core_pending(as->core) ? EINPROGRESS : 0;
}

int as_reload(void *arg, struct err *e)
{
	struct as *as = arg;
	struct err last;
	int err = core_reload(as->core, e);
	int http_err = http_front_reload(as->http, err ? &last : e);

	return err ? err : http_err;
}
