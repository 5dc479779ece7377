#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/prefix_map.h"
#include "lib/net/sip_peers.h"
#include "sim/switch/table.h"

const char *const sw_side_names[] = {[SW_ORIGINATING] = "originating",
				     [SW_TERMINATING] = "terminating",
				     [SW_TRANSIT] = "transit"};

struct sw_table {
	struct sip_peers *peers;                 /* → struct sw_peer */
	struct prefix_map *subscribers, *trunks; /* → struct sw_route */
	struct prefix_map *retarget;             /* → struct sw_retarget */
	struct prefix_map *lnp;                  /* → struct sw_lnp */
	struct prefix_map *carriers;             /* → struct sw_carrier */
	bool sign_transit;
};

struct sv sw_prefix(struct sv written)
{
	return sv_starts(written, "+") ? (struct sv){written.p + 1, written.l - 1} : written;
}

static int add_peers(struct sw_table *t, const struct conf_list *list, struct err *e)
{
	const struct sw_peer *conf = list->v;
	int err = sip_peers_alloc(&t->peers);

	for (size_t i = 0; i < list->n && !err; i++) {
		err = sip_peers_add(t->peers, sv_from(conf[i].addr), (uint16_t)conf[i].port,
				    &conf[i]);
		if (err == EEXIST)
			return err_set(e, EINVAL, "/peers/%zu/addr: %s is there already", i,
				       conf[i].addr);
		if (err == ENAMETOOLONG)
			return err_set(e, EINVAL, "/peers/%zu/addr: the name is too long", i);
	}
	return err;
}

/* A list of the configuration, whose structs all begin with the prefix */
struct rows {
	const struct conf_list *list;
	size_t size;      /* of a struct */
	const char *name; /* of the list, and of its member that holds the prefix */
	const char *member;
};

static int add_rows(struct prefix_map **ret, const struct rows *rows, struct err *e)
{
	int err = prefix_map_alloc(ret);

	for (size_t i = 0; i < rows->list->n && !err; i++) {
		const char *row = (const char *)rows->list->v + i * rows->size;
		const char *prefix;

		memcpy(&prefix, row, sizeof(prefix));
		err = prefix_map_add(*ret, sw_prefix(sv_from(prefix)), row);
		if (err == EEXIST)
			return err_set(e, EINVAL, "/%s/%zu/%s: %s is there already", rows->name, i,
				       rows->member, prefix);
	}
	return err;
}

_Static_assert(offsetof(struct sw_route, prefix) == 0 &&
		       offsetof(struct sw_retarget, number) == 0 &&
		       offsetof(struct sw_lnp, number) == 0 &&
		       offsetof(struct sw_carrier, prefix) == 0,
	       "the prefix comes first");

static int add_lists(struct sw_table *t, const struct sw_conf *c, struct err *e)
{
	const struct {
		struct prefix_map **map;
		struct rows rows;
	} lists[] = {
		{&t->subscribers,
		 {&c->subscribers, sizeof(struct sw_route), "subscribers", "prefix"}},
		{&t->trunks, {&c->trunks, sizeof(struct sw_route), "trunks", "prefix"}},
		{&t->retarget, {&c->retarget, sizeof(struct sw_retarget), "retarget", "number"}},
		{&t->lnp, {&c->lnp, sizeof(struct sw_lnp), "lnp", "number"}},
		{&t->carriers, {&c->carriers, sizeof(struct sw_carrier), "carriers", "prefix"}},
	};
	int err = 0;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]) && !err; i++)
		err = add_rows(lists[i].map, &lists[i].rows, e);
	return err;
}

/* A phone must ring before it is busy or does not answer */
static int check_retarget(const struct sw_table *t, const struct conf_list *list, struct err *e)
{
	const struct sw_retarget *r = list->v;

	for (size_t i = 0; i < list->n; i++)
		if (r[i].reason != SW_UNCONDITIONAL &&
		    !prefix_map_find(t->subscribers, sw_prefix(sv_from(r[i].number)), NULL))
			return err_set(
				e, EINVAL,
				"/retarget/%zu/number: expected a subscriber's number, as its "
				"phone rings first, got %s",
				i, r[i].number);
	return 0;
}

int sw_table_alloc(struct sw_table **ret, const struct sw_conf *conf, struct err *e)
{
	struct sw_table *t = calloc(1, sizeof(*t));
	int err = t ? add_peers(t, &conf->peers, e) : ENOMEM;

	if (!err)
		err = add_lists(t, conf, e);
	if (!err)
		err = check_retarget(t, &conf->retarget, e);
	if (err) {
		sw_table_free(t);
		return err;
	}
	t->sign_transit = conf->sign_transit;
	*ret = t;
	return 0;
}

void sw_table_free(struct sw_table *t)
{
	if (!t)
		return;
	sip_peers_free(t->peers);
	prefix_map_free(t->subscribers);
	prefix_map_free(t->trunks);
	prefix_map_free(t->retarget);
	prefix_map_free(t->lnp);
	prefix_map_free(t->carriers);
	free(t);
}

int sw_table_sender(const struct sw_table *t, const struct sip_rx *rx, enum sw_kind *ret)
{
	const struct sw_peer *peer = sip_peers_find(t->peers, rx);

	if (!peer)
		return ENOENT;
	*ret = (enum sw_kind)peer->kind;
	return 0;
}

const char *sw_table_rn(const struct sw_table *t, const struct tn *called)
{
	const struct sw_lnp *lnp = prefix_map_find(t->lnp, tn_sv(called), NULL);

	return lnp ? lnp->rn : NULL;
}

const char *sw_table_cic(const struct sw_table *t, const struct tn *called)
{
	const struct sw_carrier *carrier = prefix_map_find(t->carriers, tn_sv(called), NULL);

	return carrier ? carrier->cic : NULL;
}

/* A number of ours that was ported away is not ours any more */
static void find_own(const struct sw_table *t, const struct tn *called,
		     const struct sw_route **ret_own, const struct sw_retarget **ret_retarget)
{
	size_t own_len = 0, retarget_len = 0;

	*ret_own = NULL;
	*ret_retarget = NULL;
	if (sw_table_rn(t, called))
		return;
	*ret_own = prefix_map_find(t->subscribers, tn_sv(called), &own_len);
	*ret_retarget = prefix_map_find(t->retarget, tn_sv(called), &retarget_len);
	if (*ret_own && *ret_retarget && own_len > retarget_len)
		*ret_retarget = NULL;
}

static const struct sw_route *find_trunk(const struct sw_table *t, const struct tn *called,
					 const struct tn *rn)
{
	const struct sw_route *route = rn ? prefix_map_find(t->trunks, tn_sv(rn), NULL) : NULL;

	return route ? route : prefix_map_find(t->trunks, tn_sv(called), NULL);
}

int sw_table_plan(const struct sw_table *t, enum sw_kind from, const struct tn *called,
		  const struct tn *rn, struct sw_plan *ret)
{
	const struct sw_retarget *retarget;
	const struct sw_route *own, *route;

	find_own(t, called, &own, &retarget);
	route = own ? own : find_trunk(t, called, rn);
	if (!route && !retarget)
		return ENOENT;
	*ret = (struct sw_plan){
		.own = own != NULL,
		.next_hop = route ? route->uri : NULL,
		.retarget = retarget,
		.side = from == SW_SUBSCRIBER ? SW_ORIGINATING
			: own || retarget     ? SW_TERMINATING
					      : SW_TRANSIT,
	};
	ret->ask_vs = own || retarget;
	ret->ask_as = from == SW_SUBSCRIBER || (t->sign_transit && !ret->ask_vs);
	return 0;
}
