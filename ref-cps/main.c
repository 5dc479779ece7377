/* ref-cps, the Call Placement Service of a terminating provider (clause 5). */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/net/addr.h"
#include "lib/net/app.h"
#include "lib/net/loop.h"
#include "ref-cps/cps.h"

/* A fault: nothing gets stale */
#define FOR_EVER_S 1000000000

struct app {
	struct cps cps;
	struct timer *sweep;
	struct https_client *client;
	struct cps_public *public;
};

/* --- the store's events --- */

static void on_arrived(const struct tn *orig, const struct tn *dest, void *arg)
{
	const struct cps *cps = &((struct app *)arg)->cps;

	if (!cps->conf->faults.no_wake)
		passport_room_arrived(cps->room, orig, dest);
}

static void on_stale(const struct passport *pp, size_t size, void *arg)
{
	(void)arg;
	cps_note("cps.deleted", pp,
		 json_pack("{ss si sI}", "why", "stale", "count", 1, "size", (json_int_t)size));
}

static void on_wake_in(uint64_t ms, void *arg)
{
	timer_start(((struct app *)arg)->sweep, ms);
}

static void on_sweep(void *arg)
{
	passport_store_sweep(((struct app *)arg)->cps.store);
}

static int store_open(struct app *app, struct err *e)
{
	const struct cps_store_conf *conf = &app->cps.conf->store;
	struct passport_store_opts opts = {
		.max = (size_t)conf->max,
		.freshness_s = app->cps.conf->faults.keep_stale ? FOR_EVER_S : conf->freshness_s,
		.arrived = on_arrived,
		.stale = on_stale,
		.wake_in = on_wake_in,
		.arg = app,
	};
	int err = timer_alloc(&app->sweep, on_sweep, app);

	if (!err)
		err = cps_memory_alloc(&app->cps.memory);
	if (!err)
		err = passport_store_alloc(&app->cps.store, &opts, app->cps.env);
	if (!err)
		err = passport_room_alloc(&app->cps.room, app->cps.store, conf->settle_ms);
	return err ? err_set(e, err, "out of memory") : 0;
}

/* --- life --- */

static void on_trust_ready(void *arg)
{
	(void)arg;
	app_ready();
}

static int trust_open(struct app *app, struct err *e)
{
	const struct cps_conf *conf = app->cps.conf;
	int err = https_client_alloc(&app->client, &conf->https, conf->public.addr, e);

	if (err)
		return err;
	return trust_feed_alloc(&app->cps.feed, &conf->trust, VERIFY_CPS, conf->accept_unknown_ppt,
				&conf->faults.skip_checks, app->client, app->cps.env,
				on_trust_ready, app, e);
}

static int add_url(json_t *ready, const char *name, const char *addr, int64_t port)
{
	char at[ADDR_TEXT_MAX], url[ADDR_TEXT_MAX + 8];

	addr_join(addr, (uint16_t)port, at);
	(void)snprintf(url, sizeof(url), "https://%s", at);
	return json_object_set_new(ready, name, json_string(url)) ? ENOMEM : 0;
}

static int open_all(struct app *app, json_t *ready, struct err *e)
{
	const struct cps_conf *conf = app->cps.conf;
	int err = cps_conf_check(conf, e);

	if (!err)
		err = store_open(app, e);
	if (!err)
		err = trust_open(app, e);
	if (!err)
		err = cps_push_alloc(&app->cps.push, &conf->push, &conf->faults, conf->private.addr,
				     app->cps.store, app->cps.env, e);
	if (!err)
		err = cps_forward_alloc(&app->cps.forward, &conf->forward, &conf->faults,
					&conf->https, conf->public.addr, e);
	if (!err)
		err = cps_private_alloc(&app->cps.private, &app->cps, e);
	if (!err)
		err = cps_public_alloc(&app->public, &app->cps, e);
	if (!err)
		err = add_url(ready, "public", conf->public.addr, conf->public.port);
	if (!err)
		err = add_url(ready, "private", conf->private.addr, conf->private.port);
	return err;
}

static void cps_stop(void *arg)
{
	struct app *app = arg;

	cps_public_free(app->public);
	cps_private_free(app->cps.private);
	cps_forward_free(app->cps.forward);
	cps_push_free(app->cps.push);
	trust_feed_free(app->cps.feed);
	https_client_free(app->client);
	passport_room_free(app->cps.room);
	passport_store_free(app->cps.store);
	cps_memory_free(app->cps.memory);
	timer_free(app->sweep);
	free(app);
}

static int cps_start(void **ret, const void *conf, const struct env *env, json_t *ready,
		     struct err *e)
{
	struct app *app = calloc(1, sizeof(*app));
	int err;

	if (!app)
		return err_set(e, ENOMEM, "out of memory");
	app->cps.conf = conf;
	app->cps.env = env;
	err = open_all(app, ready, e);
	if (err) {
		cps_stop(app);
		return err;
	}
	*ret = app;
	return EINPROGRESS; /* ready when list and CRL have been asked for */
}

/* All of them, also when one fails: each keeps what it had */
static int cps_reload(void *arg, struct err *e)
{
	struct app *app = arg;
	struct err errs[5];
	const int rc[] = {
		cps_public_reload(app->public, &errs[0]),
		cps_private_reload(app->cps.private, &errs[1]),
		https_client_reload(app->client, &errs[2]),
		cps_push_reload(app->cps.push, &errs[3]),
		cps_forward_reload(app->cps.forward, &errs[4]),
	};

	trust_feed_reload(app->cps.feed);
	for (size_t i = 0; i < sizeof(rc) / sizeof(rc[0]); i++) {
		if (rc[i]) {
			*e = errs[i];
			return rc[i];
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct app_def def = {
		.program = "ref-cps",
		.summary = "Call Placement Service: receives PASSporTs, verifies them, keeps them "
			   "for the STI-VS",
		.conf = &cps_conf_table,
		.start = cps_start,
		.reload = cps_reload,
		.stop = cps_stop,
	};

	return app_main(&def, argc, argv);
}
