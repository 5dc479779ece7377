#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "lib/base/env.h"
#include "ref-as/gate.h"

/** CPSs that pause at once; of further ones the pause is forgotten, their own answer says it again */
#define GATES_MAX 4096

struct gate {
	char *url;
	uint64_t until_us; /* of mono_us() */
	UT_hash_handle hh;
};

struct gates {
	struct gate *table;
};

int gates_alloc(struct gates **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : ENOMEM;
}

static void gate_free(struct gate *g)
{
	free(g->url);
	free(g);
}

void gates_free(struct gates *gates)
{
	struct gate *g, *next;

	if (!gates)
		return;
	g = gates->table;
	HASH_CLEAR(hh, gates->table); /* the table; its elements stay linked */
	for (; g; g = next) {
		next = g->hh.next;
		gate_free(g);
	}
	free(gates);
}

static struct gate *find(const struct gates *gates, const char *url)
{
	struct gate *g;

	HASH_FIND_STR(gates->table, url, g);
	return g;
}

static struct gate *add(struct gates *gates, const char *url)
{
	struct gate *g = HASH_COUNT(gates->table) < GATES_MAX ? calloc(1, sizeof(*g)) : NULL;

	if (!g)
		return NULL;
	g->url = strdup(url);
	if (g->url)
		HASH_ADD_KEYPTR(hh, gates->table, g->url, strlen(g->url), g);
	if (g->url && g->hh.tbl)
		return g;
	gate_free(g);
	return NULL;
}

void gate_close(struct gates *gates, const char *url, uint64_t ms)
{
	uint64_t until = mono_us() + ms * 1000;
	struct gate *g = find(gates, url);

	if (!g)
		g = add(gates, url);
	if (g && g->until_us < until)
		g->until_us = until;
}

uint64_t gate_wait_ms(struct gates *gates, const char *url)
{
	struct gate *g = find(gates, url);
	uint64_t now = mono_us();

	if (!g)
		return 0;
	if (g->until_us > now)
		return (g->until_us - now + 999) / 1000;
	HASH_DEL(gates->table, g);
	gate_free(g);
	return 0;
}
