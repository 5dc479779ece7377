/* Chains out of any PASSporTs: what is said to hold must hold, link by link; each PASSporT is accounted for.
 *
 * Three octets of the call (called number, ways, options), then five a PASSporT: type and outcome, dest, second
 * dest, div, orig and age. Numbers are one digit, so that forks and rings are usual.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/stir/chain.h"
#include "tests/unit/token.h"

#define NOW     1584983402
#define PER_ONE 5

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void want(bool holds)
{
	if (!holds)
		abort();
}

static const char *owner(const struct tn *number, void *arg)
{
	(void)arg;
	return number->s[0] < '3' ? "1234" : number->s[0] < '6' ? "5678" : NULL;
}

static struct passport *make(const char *ppt, const uint8_t d[PER_ONE])
{
	char header[100], claims[200], div[40] = "", *token;
	struct passport *pp = NULL;
	struct fault fault;

	if (d[3] % 11 != 10)
		(void)snprintf(div, sizeof(div), ",\"div\":{\"tn\":\"%d\"}", d[3] % 11);
	(void)snprintf(header, sizeof(header), "{\"alg\":\"ES256\",\"typ\":\"passport\"%s%s%s}",
		       ppt ? ",\"ppt\":\"" : "", ppt ? ppt : "", ppt ? "\"" : "");
	(void)snprintf(claims, sizeof(claims),
		       "{\"dest\":{\"tn\":[\"%d\",\"%d\"]}%s,\"iat\":%d,\"orig\":{\"tn\":\"%d\"}}",
		       d[1] % 10, d[2] % 10, div, NOW - (d[4] >> 1) % 70, d[4] % 8 ? 1 : 2);
	token = token_unsigned(header, claims);
	want(passport_parse(&pp, sv_from(token), &fault) == 0);
	free(token);
	return pp;
}

static struct chain_item item(const uint8_t d[PER_ONE])
{
	static const char *const ppts[] = {"div", "div", "div", "shaken", NULL, "rph", "x-new"};
	static const enum reason reasons[] = {REASON_SIGNATURE, REASON_CERT_REVOKED};
	const char *ppt = ppts[d[0] % 7];
	struct chain_item ret = {.via = d[0] & 64 ? VIA_IN_BAND : VIA_OUT_OF_BAND,
				 .spc = d[0] & 128 ? "1234" : "5678"};

	if (d[0] == 63) { /* no PASSporT at all */
		ret.err = fault_set(&ret.fault, REASON_FORM, NULL, NULL);
		return ret;
	}
	ret.pp = make(ppt, d);
	if (sv_eqz(ret.pp->ppt, "x-new"))
		ret.err = fault_set(&ret.fault, REASON_PPT, NULL, NULL);
	else if ((d[0] & 0x38) == 0x38 || (!ret.pp->div_tn.l && sv_eqz(ret.pp->ppt, "div")))
		ret.err = fault_set(&ret.fault, reasons[d[4] & 1], NULL, NULL);
	return ret;
}

static void check_holds(const struct chain *c, const struct chain_call *call,
			const struct chain_opts *opts, const struct chain_item *items)
{
	want(!c->err && c->to_called && c->n <= CHAIN_DIVS_MAX + 1 && c->divs == c->n - 1);
	for (size_t k = 0; k < c->n; k++) {
		const struct chain_item *i = &items[c->item[k]];
		struct tn number;

		want(i->pp && !i->err && sv_eq(i->pp->orig_tn, tn_sv(&call->orig)));
		if (!k)
			continue;
		want(passport_leads_to(items[c->item[k - 1]].pp, i->pp));
		want(tn_canonical(&number, i->pp->div_tn) == 0);
		if (opts->owner && owner(&number, NULL))
			want(strcmp(owner(&number, NULL), i->spc) == 0);
	}
	want(passport_dest_has(items[c->item[c->n - 1]].pp, &call->called));
	want(call->now_s - items[c->item[c->n - 1]].pp->iat_s <= opts->freshness_s);
}

static void check(const struct chains *chains, const struct chain_call *call,
		  const struct chain_opts *opts, const struct chain_item *items, size_t n)
{
	bool seen[CHAIN_ITEMS_MAX] = {false};

	for (size_t i = 0; i < chains->n; i++) {
		const struct chain *c = &chains->v[i];
		bool twice[CHAIN_ITEMS_MAX] = {false};

		want(c->n >= 1 && (i == 0 || chains->v[i - 1].state <= c->state));
		for (size_t k = 0; k < c->n; k++) {
			want(c->item[k] < n && !twice[c->item[k]]);
			twice[c->item[k]] = seen[c->item[k]] = true;
		}
		want(twice[c->at] && (c->err || !c->fault.got[0]));
		if (c->state == CHAIN_HOLDS)
			check_holds(c, call, opts, items);
	}
	for (size_t i = 0; i < n; i++)
		want(seen[i] == (!call->ways || call->ways >> items[i].via & 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct chains chains;
	struct chain_item items[CHAIN_ITEMS_MAX];
	struct chain_opts opts = {.freshness_s = FRESHNESS_S};
	struct chain_call call = {.orig = {"1"}, .now_s = NOW};
	size_t n = 0;

	if (size < 3)
		return 0;
	(void)snprintf(call.called.s, sizeof(call.called.s), "%d", data[0] % 10);
	call.ways = data[1] % 4;
	opts.owner = data[2] & 1 ? owner : NULL;
	opts.original_freshness_s = data[2] & 2 ? -1 : FRESHNESS_S;
	for (size_t at = 3; at + PER_ONE <= size && n < CHAIN_ITEMS_MAX; at += PER_ONE)
		items[n++] = item(data + at);
	want(chain_judge(&chains, &opts, &call, items, n) == 0);
	check(&chains, &call, &opts, items, n);
	for (size_t i = 0; i < n; i++)
		passport_unref((struct passport *)(uintptr_t)items[i].pp);
	return 0;
}
