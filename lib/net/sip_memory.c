/* Requests that came over UDP, for as long as their sender may send them again: 64*T1 (RFC 3261
 * §17.2.2). Nothing but a hash table: a server transaction for each would cost timers.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/env.h"
#include "lib/net/sip_in.h"

#include <uthash.h>

#define KEEP_US (64ull * SIP_T1 * 1000)
#define MAX_SEEN \
	16384 /* the oldest make room for new ones: their retransmissions are then new requests */

struct seen {
	UT_hash_handle hh;
	struct mbuf *answer;
	uint64_t at_us;
	size_t key_len;
	char key[];
};

struct sip_memory {
	struct seen *table; /* in the order of arrival, as uthash keeps it: the oldest first */
};

int sip_memory_alloc(struct sip_memory **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : ENOMEM;
}

static void forget(struct sip_memory *m, struct seen *s)
{
	HASH_DEL(m->table, s);
	mem_deref(s->answer);
	free(s);
}

void sip_memory_free(struct sip_memory *m)
{
	if (!m)
		return;
	while (m->table)
		forget(m, m->table);
	free(m);
}

static char *add(char *p, struct pl v)
{
	if (v.l)
		memcpy(p, v.p, v.l);
	return p + v.l;
}

/* RFC 3261 §17.2.3: branch, sent-by and method of the top Via */
static struct seen *seen_alloc(const struct sip_msg *msg)
{
	size_t len = msg->via.branch.l + msg->via.sentby.l + msg->met.l + 2;
	struct seen *s = calloc(1, sizeof(*s) + len);
	char *p;

	if (!s)
		return NULL;
	s->key_len = len;
	p = add(s->key, msg->via.branch);
	*p++ = ' ';
	p = add(p, msg->via.sentby);
	*p++ = ' ';
	(void)add(p, msg->met);
	return s;
}

static struct seen *find(const struct sip_memory *m, const struct seen *like)
{
	struct seen *hit = NULL;

	HASH_FIND(hh, m->table, like->key, like->key_len, hit);
	return hit;
}

int sip_memory_see(struct sip_memory *m, const struct sip_msg *msg, struct mbuf **ret_answer)
{
	struct seen *s = seen_alloc(msg), *hit;
	uint64_t now = mono_us();

	if (!s)
		return ENOMEM;
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): HASH_DEL moves the head on */
	while (m->table && (HASH_COUNT(m->table) >= MAX_SEEN || m->table->at_us + KEEP_US < now))
		forget(m, m->table);
	hit = find(m, s);
	if (hit) {
		free(s);
		*ret_answer = hit->answer;
		return EALREADY;
	}
	s->at_us = now;
	HASH_ADD_KEYPTR(hh, m->table, s->key, s->key_len, s);
	return 0;
}

struct mbuf **sip_memory_answer(struct sip_memory *m, const struct sip_msg *msg)
{
	struct seen *like = seen_alloc(msg);
	struct seen *hit = like ? find(m, like) : NULL;

	free(like);
	return hit ? &hit->answer : NULL;
}
