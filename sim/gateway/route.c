#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/prefix_map.h"
#include "lib/net/sip_peers.h"
#include "sim/gateway/route.h"

struct routes {
	struct sip_peers *peers; /* → struct trunk, or these routes: the switch */
	struct prefix_map *map;  /* → struct trunk */
	struct trunk *others;    /* of prefix "" */
};

/* "127.9.1.2" of "sip:user@127.9.1.2:5060;transport=tcp", "::1" of "sip:[::1]:5060"; and its port */
static struct sv host_of(struct sv uri, uint16_t *ret_port)
{
	unsigned long long port;
	struct sv host;
	size_t at;

	(void)sv_cut(&uri, ':'); /* scheme */
	at = sv_find(uri, '@');
	if (at < uri.l)
		uri = (struct sv){uri.p + at + 1, uri.l - at - 1};
	uri.l = sv_find(uri, ';');
	if (uri.l && uri.p[0] == '[') {
		uri = (struct sv){uri.p + 1, uri.l - 1};
		host = sv_cut(&uri, ']');
		(void)sv_cut(&uri, ':');
	} else {
		host = sv_cut(&uri, ':');
	}
	*ret_port = sv_u64(uri, UINT16_MAX, &port) && port ? (uint16_t)port : SIP_PORT;
	return host;
}

static int add_switch(struct routes *r, const char *uri, struct err *e)
{
	uint16_t port;
	struct sv host = host_of(sv_from(uri), &port);
	int err = sip_peers_add(r->peers, host, port, r);

	return err ? err_set(e, err, "/switch: %s", strerror(err)) : 0;
}

static int add_peer(struct routes *r, struct trunk *t, size_t i, const char *switch_uri,
		    struct err *e)
{
	const char *addr = t->conf->peer.addr;
	uint16_t port = gw_peer_port(t->conf), switch_port;
	struct sv switch_host = host_of(sv_from(switch_uri), &switch_port);
	int err = sip_peers_add(r->peers, sv_from(addr), port, t);

	if (err == EEXIST && sv_eqz(switch_host, addr) && port == switch_port)
		return err_set(e, EINVAL, "/trunks/%zu/peer/addr: %s is the switch", i, addr);
	if (err == EEXIST)
		return err_set(e, EINVAL, "/trunks/%zu/peer/addr: %s has a sip trunk already", i,
			       addr);
	return err ? err_set(e, err, "/trunks/%zu/peer/addr: %s", i, strerror(err)) : 0;
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

static int add_trunk(struct routes *r, struct trunk *t, size_t i, const char *switch_uri,
		     struct err *e)
{
	char *const *prefixes = t->conf->prefixes.v;
	int err = t->conf->kind == TRUNK_SIP ? add_peer(r, t, i, switch_uri, e) : 0;

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

	if (!r || prefix_map_alloc(&r->map) || sip_peers_alloc(&r->peers)) {
		routes_free(r);
		return err_set(e, ENOMEM, "out of memory");
	}
	err = add_switch(r, conf->switch_uri, e);
	for (size_t i = 0; i < trunks->n && !err; i++)
		err = add_trunk(r, &trunks->v[i], i, conf->switch_uri, e);
	if (err)
		routes_free(r);
	else
		*ret = r;
	return err;
}

void routes_free(struct routes *r)
{
	if (!r)
		return;
	sip_peers_free(r->peers);
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
	const void *who = sip_peers_find(r->peers, rx);

	if (who == r)
		return SENDER_SWITCH;
	if (!who)
		return SENDER_STRANGER;
	*ret = (struct trunk *)(uintptr_t)who;
	return SENDER_TRUNK;
}
