#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "lib/net/sip_peers.h"

#define KEY_MAX 300 /* a host name of 255, a port */
/* In place of a port: whoever is at a host alone */
#define SOLE 0x10000u

struct peer {
	UT_hash_handle hh;
	const void *who; /* NULL: nobody is alone there */
	char key[];
};

struct sip_peers {
	struct peer *all;
};

int sip_peers_alloc(struct sip_peers **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : ENOMEM;
}

void sip_peers_free(struct sip_peers *p)
{
	struct peer *peer, *next;

	if (!p)
		return;
	HASH_ITER (hh, p->all, peer, next) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): HASH_DEL moved the head on */
		HASH_DEL(p->all, peer);
		free(peer);
	}
	free(p);
}

static int make_key(char ret[KEY_MAX], struct sv host, unsigned port)
{
	return snprintf(ret, KEY_MAX, "%u %.*s", port, SV_ARG(host)) < KEY_MAX ? 0 : ENAMETOOLONG;
}

static struct peer *find(const struct sip_peers *p, struct sv host, unsigned port)
{
	struct peer *hit = NULL;
	char key[KEY_MAX];

	if (make_key(key, host, port) == 0)
		HASH_FIND_STR(p->all, key, hit);
	return hit;
}

static int add(struct sip_peers *p, struct sv host, unsigned port, const void *who)
{
	struct peer *peer;
	char key[KEY_MAX];
	int err = make_key(key, host, port);

	if (err)
		return err;
	peer = calloc(1, sizeof(*peer) + strlen(key) + 1);
	if (!peer)
		return ENOMEM;
	peer->who = who;
	memcpy(peer->key, key, strlen(key));
	HASH_ADD_STR(p->all, key, peer);
	return 0;
}

int sip_peers_add(struct sip_peers *p, struct sv host, uint16_t port, const void *who)
{
	struct peer *sole = find(p, host, SOLE);
	int err;

	if (find(p, host, port))
		return EEXIST;
	err = add(p, host, port, who);
	if (!err && sole)
		sole->who = NULL;
	else if (!err)
		err = add(p, host, SOLE, who);
	return err;
}

const void *sip_peers_find(const struct sip_peers *p, const struct sip_rx *rx)
{
	struct sv host = sip_rx_sent_by(rx);
	const unsigned ports[] = {sip_rx_sent_by_port(rx), 0, SOLE};

	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		const struct peer *peer = find(p, host, ports[i]);

		if (peer)
			return peer->who;
	}
	return NULL;
}
