/* Chains for Python: one JSON object a line in, one out. The outcome of each PASSporT's own verification is given, so
 * that a test needs neither keys nor certificates.
 *
 *   {"orig": …, "called": …, "now": …, "freshness": …, "original_freshness": …, "ways": …,
 *    "owners": {"<number>": "<OCN>", …} or null,
 *    "items": [{"ppt": … or null, "claims": {…}, "spc": …, "via": 0|1, "reason": … or absent}, …]}
 *   → [{"state", "reason", "check", "at", "items", "divs", "to_called", "right_unknown"}, …]
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/stir/chain.h"
#include "tests/unit/token.h"

static void die(const char *what)
{
	(void)fprintf(stderr, "chain_tool: %s\n", what);
	exit(2);
}

static void item_read(struct chain_item *ret, const json_t *v)
{
	const json_t *ppt = json_object_get(v, "ppt");
	const char *reason = json_string_value(json_object_get(v, "reason"));
	json_t *header = json_pack("{s:s, s:s, s:s, s:s*}", "alg", "ES256", "typ", "passport",
				   "x5u", "https://a/c", "ppt", json_string_value(ppt));
	char *h = json_dumps(header, 0), *c = json_dumps(json_object_get(v, "claims"), 0);
	char *token = h && c ? token_unsigned(h, c) : NULL;
	struct passport *pp = NULL;
	struct fault fault;

	if (!token || passport_parse(&pp, sv_from(token), &fault))
		die("a token cannot be made of this");
	*ret = (struct chain_item){.pp = pp,
				   .spc = json_string_value(json_object_get(v, "spc")),
				   .via = json_integer_value(json_object_get(v, "via"))
						  ? VIA_OUT_OF_BAND
						  : VIA_IN_BAND};
	if (reason) {
		ret->err = EBADMSG;
		ret->fault.check = "own";
		if (!reason_from_name(&ret->fault.reason, sv_from(reason)))
			die(reason);
	}
	json_decref(header);
	free(h);
	free(c);
	free(token);
}

static json_t *chain_json(const struct chain *c)
{
	json_t *items = json_array();

	for (size_t i = 0; i < c->n; i++)
		(void)json_array_append_new(items, json_integer((json_int_t)c->item[i]));
	return json_pack("{s:s, s:s, s:s, s:I, s:o, s:I, s:b, s:I}", "state",
			 chain_state_word(c->state), "reason",
			 c->err == EBADMSG ? reason_info(c->fault.reason)->name : "ok", "check",
			 c->err ? c->fault.check : "", "at", (json_int_t)c->at, "items", items,
			 "divs", (json_int_t)c->divs, "to_called", c->to_called, "right_unknown",
			 (json_int_t)c->right_unknown);
}

static const char *owner(const struct tn *number, void *arg)
{
	return json_string_value(json_object_get(arg, number->s));
}

static int64_t integer(const json_t *v, const char *name)
{
	return json_integer_value(json_object_get(v, name));
}

static void number_read(struct tn *ret, const json_t *v, const char *name)
{
	const json_t *s = json_object_get(v, name);

	if (!json_is_string(s) || tn_canonical(ret, sv_from(json_string_value(s))))
		die(name);
}

static json_t *judge(const json_t *v)
{
	static struct chains chains;
	struct chain_item items[CHAIN_ITEMS_MAX] = {0};
	json_t *owners = json_object_get(v, "owners"), *ret = json_array();
	const json_t *list = json_object_get(v, "items");
	size_t n = json_array_size(list);
	struct chain_opts opts = {.freshness_s = integer(v, "freshness"),
				  .original_freshness_s = integer(v, "original_freshness"),
				  .owner = json_is_object(owners) ? owner : NULL,
				  .owner_arg = owners};
	struct chain_call call = {.now_s = integer(v, "now"), .ways = (unsigned)integer(v, "ways")};

	number_read(&call.orig, v, "orig");
	number_read(&call.called, v, "called");
	if (n > CHAIN_ITEMS_MAX)
		die("too many items");
	for (size_t i = 0; i < n; i++)
		item_read(&items[i], json_array_get(list, i));
	if (chain_judge(&chains, &opts, &call, items, n))
		die("chain_judge failed");
	for (size_t i = 0; i < chains.n; i++)
		(void)json_array_append_new(ret, chain_json(&chains.v[i]));
	for (size_t i = 0; i < n; i++)
		passport_unref((struct passport *)(uintptr_t)items[i].pp);
	return ret;
}

int main(void)
{
	static char line[1 << 20];

	while (fgets(line, sizeof(line), stdin)) {
		json_t *v = json_loads(line, 0, NULL), *chains;

		if (!v)
			die("expected a JSON object a line");
		chains = judge(v);
		if (json_dumpf(chains, stdout, JSON_COMPACT) || puts("") == EOF)
			die("cannot write");
		json_decref(chains);
		json_decref(v);
	}
	return 0;
}
