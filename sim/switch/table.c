#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "lib/base/prefix_map.h"
#include "sim/switch/table.h"

const char *const sw_side_names[] = {[SW_ORIGINATING] = "originating",
				     [SW_TERMINATING] = "terminating",
				     [SW_TRANSIT] = "transit"};

struct peer {
	UT_hash_handle hh; /* by address */
	const struct sw_peer *conf;
};

struct sw_table {
	struct peer *peers;
	struct prefix_map *subscribers, *trunks; /* → struct sw_route */
};

struct sv sw_prefix(struct sv written)
{
	return sv_starts(written, "+") ? (struct sv){written.p + 1, written.l - 1} : written;
}

static struct peer *find_peer(const struct sw_table *t, struct sv addr)
{
	struct peer *hit = NULL;

	HASH_FIND(hh, t->peers, addr.p, addr.l, hit);
	return hit;
}

static int add_peers(struct sw_table *t, const struct conf_list *list, struct err *e)
{
	const struct sw_peer *conf = list->v;

	for (size_t i = 0; i < list->n; i++) {
		struct peer *peer;

		if (find_peer(t, sv_from(conf[i].addr)))
			return err_set(e, EINVAL, "/peers/%zu/addr: %s is there already", i,
				       conf[i].addr);
		peer = calloc(1, sizeof(*peer));
		if (!peer)
			return ENOMEM;
		peer->conf = &conf[i];
		HASH_ADD_KEYPTR(hh, t->peers, conf[i].addr, strlen(conf[i].addr), peer);
	}
	return 0;
}

static int add_routes(struct prefix_map **ret, const struct conf_list *list, const char *name,
		      struct err *e)
{
	const struct sw_route *conf = list->v;
	int err = prefix_map_alloc(ret);

	for (size_t i = 0; i < list->n && !err; i++) {
		err = prefix_map_add(*ret, sw_prefix(sv_from(conf[i].prefix)), &conf[i]);
		if (err == EEXIST)
			return err_set(e, EINVAL, "/%s/%zu/prefix: %s is there already", name, i,
				       conf[i].prefix);
	}
	return err;
}

int sw_table_alloc(struct sw_table **ret, const struct sw_conf *conf, struct err *e)
{
	struct sw_table *t = calloc(1, sizeof(*t));
	int err = t ? add_peers(t, &conf->peers, e) : ENOMEM;

	if (!err)
		err = add_routes(&t->subscribers, &conf->subscribers, "subscribers", e);
	if (!err)
		err = add_routes(&t->trunks, &conf->trunks, "trunks", e);
	if (err)
		sw_table_free(t);
	else
		*ret = t;
	return err;
}

void sw_table_free(struct sw_table *t)
{
	struct peer *peer, *next;

	if (!t)
		return;
	HASH_ITER (hh, t->peers, peer, next) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): HASH_DEL moved the head on */
		HASH_DEL(t->peers, peer);
		free(peer);
	}
	prefix_map_free(t->subscribers);
	prefix_map_free(t->trunks);
	free(t);
}

int sw_table_sender(const struct sw_table *t, const struct sip_rx *rx, enum sw_kind *ret)
{
	const struct peer *peer = find_peer(t, sip_rx_sent_by(rx));

	if (!peer)
		return ENOENT;
	*ret = (enum sw_kind)peer->conf->kind;
	return 0;
}

int sw_table_plan(const struct sw_table *t, enum sw_kind from, const struct tn *called,
		  struct sw_plan *ret)
{
	const struct sw_route *own = prefix_map_find(t->subscribers, tn_sv(called), NULL);
	const struct sw_route *route = own ? own : prefix_map_find(t->trunks, tn_sv(called), NULL);

	if (!route)
		return ENOENT;
	ret->own = own != NULL;
	ret->next_hop = route->uri;
	ret->side = from == SW_SUBSCRIBER ? SW_ORIGINATING : own ? SW_TERMINATING : SW_TRANSIT;
	ret->ask_as = from == SW_SUBSCRIBER;
	ret->ask_vs = own != NULL;
	return 0;
}
