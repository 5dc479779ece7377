#include <errno.h>

#include "lib/trace/trace.h"
#include "ref-as/discover.h"

static int add_rows(struct discovery *d, const struct as_conf *conf, struct err *e)
{
	const struct as_number *numbers = conf->numbers.v;
	const struct conf_pair *cps = conf->cps.v;

	for (size_t i = 0; i < conf->numbers.n; i++) {
		int err = discovery_add_number(d, sv_from(numbers[i].prefix),
					       sv_from(numbers[i].ocn), e);

		if (err) {
			err_prefix(e, "/numbers/%zu: ", i);
			return err;
		}
	}
	for (size_t i = 0; i < conf->cps.n; i++) {
		int err = discovery_add_cps(d, sv_from(cps[i].name), sv_from(cps[i].value), e);

		if (err) {
			err_prefix(e, "/cps/%s: ", cps[i].name);
			return err;
		}
	}
	return 0;
}

int discover_alloc(struct discovery **ret, const struct as_conf *conf, struct err *e)
{
	struct discovery *d = NULL;
	int err = discovery_alloc(&d);

	if (err)
		return err;
	err = add_rows(d, conf, e);
	if (err) {
		discovery_free(d);
		return err;
	}
	*ret = d;
	return 0;
}

const char *discover_cps(const struct discovery *d, const struct tn *orig, const struct tn *dest)
{
	struct discovery_route route;
	struct err e = {""};

	if (discovery_find(d, &(struct discovery_query){.called = dest}, &route, &e)) {
		trace_note("as.no_cps", orig, dest, json_pack("{s:s}", "why", e.s));
		return NULL;
	}
	trace_note("as.discovered", orig, dest,
		   json_pack("{s:s, s:s}", "ocn", route.ocn, "url", route.url));
	return route.url;
}
