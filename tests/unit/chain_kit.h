/** @file chain_kit.h  PASSporTs of a call for tests of chains: parsed, with the outcome of their own
 * verification said by the test. Numbers are short, as they are canonical all the same. */
#ifndef UNIT_CHAIN_KIT_H
#define UNIT_CHAIN_KIT_H

#include <errno.h>
#include <stdlib.h>

#include "lib/stir/chain.h"
#include "tests/unit/test.h"
#include "tests/unit/token.h"

#define KIT_NOW    1584983402
#define KIT_CALLER "1"
#define KIT_SPC    "1234"

struct kit {
	struct chain_opts opts;
	struct chain_call call;
	struct chain_item items[CHAIN_ITEMS_MAX + 1];
	size_t n;
	struct chains chains;
};

/** A call from KIT_CALLER to this number */
static inline struct kit kit(const char *called)
{
	struct kit k = {
		.opts = {.freshness_s = FRESHNESS_S, .original_freshness_s = FRESHNESS_S},
		.call = {.orig = {KIT_CALLER}, .now_s = KIT_NOW},
	};

	(void)snprintf(k.call.called.s, sizeof(k.call.called.s), "%s", called);
	return k;
}

static inline void kit_free(struct kit *k)
{
	for (size_t i = 0; i < k->n; i++)
		passport_unref((struct passport *)(uintptr_t)k->items[i].pp);
	k->n = 0;
}

/** A verified PASSporT of any claims, signed by KIT_SPC, out-of-band */
static inline struct chain_item *kit_token(struct kit *k, const char *token)
{
	struct chain_item *item = &k->items[k->n++];
	struct passport *pp = NULL;
	struct fault fault;

	if (passport_parse(&pp, sv_from(token), &fault))
		abort();
	*item = (struct chain_item){.pp = pp, .spc = KIT_SPC, .via = VIA_OUT_OF_BAND};
	return item;
}

static inline struct chain_item *kit_claims(struct kit *k, const char *ppt, const char *claims)
{
	struct chain_item *item;
	char header[200], *token;

	(void)snprintf(header, sizeof(header),
		       "{\"alg\":\"ES256\"%s%s%s,\"typ\":\"passport\",\"x5u\":\"https://a/c\"}",
		       ppt ? ",\"ppt\":\"" : "", ppt ? ppt : "", ppt ? "\"" : "");
	token = token_unsigned(header, claims);
	item = kit_token(k, token);
	free(token);
	return item;
}

/** dest: what stands in the array, such as "\"2\",\"3\"", or one bare number */
static inline struct chain_item *kit_make(struct kit *k, const char *ppt, const char *orig,
					  const char *dest, const char *div, int64_t iat_s)
{
	const char *quote = dest[0] == '"' ? "" : "\"";
	char claims[400];

	(void)snprintf(claims, sizeof(claims),
		       "{\"dest\":{\"tn\":[%s%s%s]}%s%s%s,\"iat\":%lld,\"orig\":{\"tn\":\"%s\"}}",
		       quote, dest, quote, div ? ",\"div\":{\"tn\":\"" : "", div ? div : "",
		       div ? "\"}" : "", (long long)iat_s, orig);
	return kit_claims(k, ppt, claims);
}

static inline struct chain_item *kit_shaken(struct kit *k, const char *dest)
{
	return kit_make(k, "shaken", KIT_CALLER, dest, NULL, KIT_NOW);
}

static inline struct chain_item *kit_div(struct kit *k, const char *from, const char *to)
{
	return kit_make(k, "div", KIT_CALLER, to, from, KIT_NOW);
}

/** This PASSporT did not verify */
static inline struct chain_item *kit_bad(struct chain_item *item, enum reason reason,
					 const char *check)
{
	item->err = fault_set(&item->fault, reason, NULL, NULL);
	item->fault.check = check;
	return item;
}

/** The chain that decides */
static inline const struct chain *kit_judge(struct kit *k)
{
	CHECK_INT(0, chain_judge(&k->chains, &k->opts, &k->call, k->items, k->n));
	return chain_best(&k->chains);
}

/** As the indices of its items: "0 2 1" */
static inline const char *kit_way(const struct chain *c)
{
	static char way[200];

	way[0] = '\0';
	for (size_t i = 0; c && i < c->n; i++)
		(void)snprintf(way + strlen(way), sizeof(way) - strlen(way), "%s%zu", i ? " " : "",
			       c->item[i]);
	return way;
}

/** The call verifies, by this chain */
static inline void kit_holds(struct kit *k, const char *way)
{
	const struct chain *c = kit_judge(k);
	char text[FAULT_TEXT_MAX];

	CHECK(c && c->state == CHAIN_HOLDS && !c->err);
	CHECK_STR(way, kit_way(c));
	if (c && c->err) {
		fault_text(&c->fault, text);
		(void)printf("  %s\n", text);
	}
}

/** It does not, for this reason, found at this item */
static inline const struct chain *kit_fails(struct kit *k, enum reason reason, const char *check,
					    size_t at)
{
	const struct chain *c = kit_judge(k);

	CHECK(c && c->state == CHAIN_FAILS);
	if (!c)
		return NULL;
	CHECK_INT(EBADMSG, c->err);
	CHECK_STR(reason_info(reason)->name, reason_info(c->fault.reason)->name);
	CHECK_STR(check, c->fault.check);
	CHECK_INT((long long)at, c->at);
	return c;
}

/** Nothing speaks of the caller */
static inline void kit_says_nothing(struct kit *k)
{
	CHECK(!kit_judge(k));
}

#endif
