#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "lib/base/prefix_map.h"
#include "sim/gateway/route.h"

struct peer {
	UT_hash_handle hh; /* by address */
	struct trunk *trunk;
};

struct routes {
	struct sv switch_host; /* in the configuration */
	struct peer *peers;
	struct prefix_map *map; /* → struct trunk */
	struct trunk *others;   /* of prefix "" */
};

/* "127.9.1.2" of "sip:user@127.9.1.2:5060;transport=tcp", "::1" of "sip:[::1]:5060" */
static struct sv host_of(struct sv uri)
{
	size_t at;

	(void)sv_cut(&uri, ':'); /* scheme */
	at = sv_find(uri, '@');
	if (at < uri.l)
		uri = (struct sv){uri.p + at + 1, uri.l - at - 1};
	uri.l = sv_find(uri, ';');
	if (uri.l && uri.p[0] == '[') {
		uri = (struct sv){uri.p + 1, uri.l - 1};
		uri.l = sv_find(uri, ']');
	} else {
		uri.l = sv_find(uri, ':');
	}
	return uri;
}

static struct peer *find_peer(const struct routes *r, struct sv addr)
{
	struct peer *hit = NULL;

	HASH_FIND(hh, r->peers, addr.p, addr.l, hit);
	return hit;
}

static int add_peer(struct routes *r, struct trunk *t, size_t i, struct err *e)
{
	const char *addr = t->conf->peer.addr;
	struct peer *peer;

	if (sv_eqz(r->switch_host, addr))
		return err_set(e, EINVAL, "/trunks/%zu/peer/addr: %s is the switch", i, addr);
	if (find_peer(r, sv_from(addr)))
		return err_set(e, EINVAL, "/trunks/%zu/peer/addr: %s has a sip trunk already", i,
			       addr);
	peer = calloc(1, sizeof(*peer));
	if (!peer)
		return err_set(e, ENOMEM, "out of memory");
	peer->trunk = t;
	HASH_ADD_KEYPTR(hh, r->peers, addr, strlen(addr), peer);
	return 0;
}

static int add_prefix(struct routes *r, struct trunk *t, const char *prefix)
{
	if (*prefix)
		return prefix_map_add(r->map, sv_from(prefix), t);
	if (r->others)
		return EEXIST;
	r->others = t;
	return 0;
}

static int add_trunk(struct routes *r, struct trunk *t, size_t i, struct err *e)
{
	char *const *prefixes = t->conf->prefixes.v;
	int err = t->conf->kind == TRUNK_SIP ? add_peer(r, t, i, e) : 0;

	for (size_t k = 0; k < t->conf->prefixes.n && !err; k++) {
		err = add_prefix(r, t, prefixes[k]);
		if (err == EEXIST)
			return err_set(e, EINVAL,
				       "/trunks/%zu/prefixes/%zu: \"%s\" is there already", i, k,
				       prefixes[k]);
		if (err)
			return err_set(e, err, "out of memory");
	}
	return err;
}

int routes_alloc(struct routes **ret, const struct gw_conf *conf, struct trunks *trunks,
		 struct err *e)
{
	struct routes *r = calloc(1, sizeof(*r));
	int err = 0;

	if (!r || prefix_map_alloc(&r->map)) {
		routes_free(r);
		return err_set(e, ENOMEM, "out of memory");
	}
	r->switch_host = host_of(sv_from(conf->switch_uri));
	for (size_t i = 0; i < trunks->n && !err; i++)
		err = add_trunk(r, &trunks->v[i], i, e);
	if (err)
		routes_free(r);
	else
		*ret = r;
	return err;
}

void routes_free(struct routes *r)
{
	struct peer *peer, *next;

	if (!r)
		return;
	HASH_ITER (hh, r->peers, peer, next) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): HASH_DEL moved the head on */
		HASH_DEL(r->peers, peer);
		free(peer);
	}
	prefix_map_free(r->map);
	free(r);
}

struct trunk *routes_find(const struct routes *r, const struct tn *number)
{
	/* the map keeps what it is given untouched, but promises so for const values only */
	struct trunk *t = (struct trunk *)(uintptr_t)prefix_map_find(r->map, tn_sv(number), NULL);

	return t ? t : r->others;
}

enum sender routes_sender(const struct routes *r, const struct sip_rx *rx, struct trunk **ret)
{
	struct sv by = sip_rx_sent_by(rx);
	const struct peer *peer;

	if (sv_eq(by, r->switch_host))
		return SENDER_SWITCH;
	peer = find_peer(r, by);
	if (!peer)
		return SENDER_STRANGER;
	*ret = peer->trunk;
	return SENDER_TRUNK;
}
