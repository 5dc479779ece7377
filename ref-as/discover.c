#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/conf.h"
#include "lib/base/log.h"
#include "lib/net/app.h"
#include "lib/net/map_feed.h"
#include "lib/net/trust_feed.h"
#include "lib/trace/trace.h"
#include "ref-as/discover.h"

struct discover {
	const struct as_conf *conf;
	struct discovery *tables;
	struct trust_feed *trust; /* NULL without lists */
	struct map_feed *maps;
	struct fault_lists *believed; /* NULL: without that fault */
	uint64_t generation;          /* of the trust data that the lists were judged by */
	bool pending;                 /* the first round of lists has not ended */
	bool wanted; /* a round of lists is wanted, whether the trust data has changed or not */
};

/* --- tables --- */

static int add_numbers(struct discovery *d, const struct as_conf *conf, struct err *e)
{
	const struct as_number *numbers = conf->numbers.v;

	for (size_t i = 0; i < conf->numbers.n; i++) {
		int err = discovery_add_number(d, sv_from(numbers[i].prefix),
					       sv_from(numbers[i].ocn), e);

		if (err) {
			err_prefix(e, "/numbers/%zu: ", i);
			return err;
		}
	}
	return 0;
}

static int add_cps(struct discovery *d, const struct as_conf *conf, struct err *e)
{
	const struct conf_pair *cps = conf->cps.v;

	for (size_t i = 0; i < conf->cps.n; i++) {
		int err = discovery_add_rule(d, RULE_OCN, sv_from(cps[i].name),
					     sv_from(cps[i].value), e);

		if (err) {
			err_prefix(e, "/cps/%s: ", cps[i].name);
			return err;
		}
	}
	return 0;
}

static int add_rule(struct discovery *d, const struct discover_rule *rule, struct err *e)
{
	struct sv url = sv_from(rule->url);

	if (rule->prefix)
		return discovery_add_rule(d, RULE_NUMBER, sv_from(rule->prefix), url, e);
	if (rule->cic)
		return discovery_add_rule(d, RULE_CIC, sv_from(rule->cic), url, e);
	if (rule->ocn)
		return discovery_add_rule(d, RULE_OCN, sv_from(rule->ocn), url, e);
	return discovery_add_rule(d, RULE_DEFAULT, SV(""), url, e);
}

static int add_rules(struct discovery *d, const struct as_conf *conf, struct err *e)
{
	const struct discover_rule *rules = conf->discovery.rules.v;

	for (size_t i = 0; i < conf->discovery.rules.n; i++) {
		int err = add_rule(d, &rules[i], e);

		if (err) {
			err_prefix(e, "/discovery/rules/%zu: ", i);
			return err;
		}
	}
	return 0;
}

static int add_file(struct discovery *d, const char *path, struct err *e)
{
	char *text;
	size_t len;
	int err = file_read(&text, &len, path, DISCOVERY_CSV_MAX, e);

	if (err)
		return err;
	err = discovery_add_numbers(d, (struct sv){text, len}, path, e);
	free(text);
	return err;
}

static struct discovery_opts opts_of(const struct discover_conf *conf)
{
	char *const *order = conf->order.v;
	struct discovery_opts opts = {.order_count = conf->order.n,
				      .conflict = (enum discovery_conflict)conf->conflict};

	for (size_t i = 0; i < conf->order.n; i++)
		while (strcmp(discovery_source_words[opts.order[i]], order[i]) != 0)
			opts.order[i]++;
	return opts;
}

static int make_tables(struct discovery **ret, const struct as_conf *conf, struct err *e)
{
	struct discovery_opts opts = opts_of(&conf->discovery);
	struct discovery *d = NULL;
	int err = discovery_alloc(&d, &opts);

	if (err)
		return err;
	err = add_numbers(d, conf, e);
	if (!err && conf->discovery.numbers_file)
		err = add_file(d, conf->discovery.numbers_file, e);
	if (!err)
		err = add_cps(d, conf, e);
	if (!err)
		err = add_rules(d, conf, e);
	if (err) {
		discovery_free(d);
		return err;
	}
	*ret = d;
	return 0;
}

/* --- lists --- */

/* First of all whom to believe, then what they say: a list that came before its signer was approved
 * would be refused */
static void trust_round(void *arg)
{
	struct discover *d = arg;
	uint64_t generation = trust_generation(trust_feed_trust(d->trust));

	if (!d->wanted && generation == d->generation)
		return;
	d->wanted = false;
	d->generation = generation;
	map_feed_run(d->maps);
}

static void maps_ready(void *arg)
{
	struct discover *d = arg;

	d->pending = false;
	app_ready();
}

static int open_lists(struct discover *d, struct https_client *client, const struct env *env,
		      struct err *e)
{
	static const struct conf_list no_faults;
	const struct discover_conf *conf = &d->conf->discovery;
	int err;

	if (d->conf->faults.any_list)
		return fault_lists_alloc(&d->believed, &conf->maps, conf->interval_s, client,
					 maps_ready, d);
	err = trust_feed_alloc(&d->trust, &conf->trust, VERIFY_CPS, false, &no_faults, client, env,
			       NULL, NULL, e);

	if (err)
		return err;
	d->wanted = true;
	trust_feed_on_round(d->trust, trust_round, d);
	return map_feed_alloc(&d->maps,
			      &(struct map_feed_opts){.sources = conf->maps.v,
						      .count = conf->maps.n,
						      .interval_s = conf->interval_s,
						      .state_dir = conf->state_dir,
						      .client = client,
						      .trust = trust_feed_trust(d->trust),
						      .env = env,
						      .ready = maps_ready,
						      .arg = d},
			      e);
}

/* --- life --- */

int discover_alloc(struct discover **ret, const struct as_conf *conf, struct https_client *client,
		   const struct env *env, struct err *e)
{
	struct discover *d;
	int err = discover_conf_check(&conf->discovery, e);

	if (err)
		return err;
	d = calloc(1, sizeof(*d));
	if (!d)
		return ENOMEM;
	d->conf = conf;
	err = make_tables(&d->tables, conf, e);
	if (!err && conf->discovery.maps.n)
		err = open_lists(d, client, env, e);
	if (err) {
		discover_free(d);
		return err;
	}
	d->pending = d->maps || d->believed;
	discovery_set_maps(d->tables, d->maps ? map_feed_set(d->maps) : NULL);
	*ret = d;
	return 0;
}

bool discover_pending(const struct discover *d)
{
	return d->pending;
}

void discover_free(struct discover *d)
{
	if (!d)
		return;
	map_feed_free(d->maps);
	fault_lists_free(d->believed);
	trust_feed_free(d->trust);
	discovery_free(d->tables);
	free(d);
}

int discover_reload(struct discover *d, struct err *e)
{
	struct discovery *tables;
	int err = make_tables(&tables, d->conf, e);

	if (err)
		return err;
	discovery_free(d->tables);
	d->tables = tables;
	if (!d->maps)
		return 0;
	discovery_set_maps(d->tables, map_feed_set(d->maps));
	d->wanted = true;
	trust_feed_reload(d->trust);
	return 0;
}

/* --- asking --- */

/* What is the same in each note: what was looked up */
static json_t *keys(const struct discovery_query *query, const struct discovery_route *route)
{
	return json_pack("{s:s*, s:s*, s:s*}", "ocn", route->ocn, "rn",
			 query->rn.l ? route->number.s : NULL, "cic",
			 route->cic[0] ? route->cic : NULL);
}

static void note(const char *what, const struct discovery_query *query, const struct tn *orig,
		 json_t *data, json_t *more)
{
	if (data && more)
		(void)json_object_update(data, more);
	json_decref(more);
	trace_note(what, orig, query->called, data);
}

static void note_conflict(const struct discovery_query *query, const struct discovery_route *route,
			  const struct tn *orig)
{
	log_warn("conflict dest=%s key=\"%s\": %s says %s, %s says %s", query->called->s,
		 route->rule, route->authority, route->first_url, route->other_authority,
		 route->other_url);
	trace_note("as.conflict", orig, query->called,
		   json_pack("{s:s, s:s, s:s, s:s, s:s, s:s*}", "rule", route->rule, "authority",
			     route->authority, "url", route->first_url, "other_authority",
			     route->other_authority, "other_url", route->other_url, "used",
			     route->url));
}

const char *discover_cps(const struct discover *d, const struct discovery_query *query,
			 const struct tn *orig)
{
	struct discovery_route route;
	struct err e = {""};
	int err = discovery_find(d->tables, query, &route, &e);

	if (d->believed && fault_lists_find(d->believed, route.cic, route.ocn))
		return fault_lists_find(d->believed, route.cic, route.ocn);
	if (route.other_url)
		note_conflict(query, &route, orig);
	if (err) {
		note("as.no_cps", query, orig, keys(query, &route), json_pack("{s:s}", "why", e.s));
		return NULL;
	}
	note("as.discovered", query, orig, keys(query, &route),
	     json_pack("{s:s, s:s, s:s, s:s}", "url", route.url, "source", route.source,
		       "authority", route.authority, "rule", route.rule));
	return route.url;
}
