/* Our own verdict on a vector, from what stands in it alone. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/stir/chain.h"
#include "lib/stir/cred.h"
#include "lib/stir/mapping.h"
#include "lib/stir/trust.h"
#include "sim/oobsim/vector/vector.h"

DEFINE_AUTO(struct cert_chain, cert_chain_unref)

/* One vector being judged */
struct judge {
	const json_t *vector, *input;
	struct env_fixed fixed;
	struct env env;
	struct trust *trust;
	struct cred_cache *creds;
	struct verifier *verifier;
	/* the fetch that the cache has asked for and not got yet */
	char *url;
	fetch_done_h *done;
	void *arg;
};

/* --- a vector's members --- */

static struct sv text_of(const json_t *object, const char *name)
{
	const json_t *v = json_object_get(object, name);

	return (struct sv){json_string_value(v), json_string_length(v)};
}

/* A string, or the octets that its hex digits stand for */
static int octets_of(struct buf *ret, const json_t *object, const char *name, struct err *e)
{
	char hex_name[64];
	struct sv v = text_of(object, name), hex;

	if (v.p)
		return buf_addsv(ret, v);
	(void)snprintf(hex_name, sizeof(hex_name), "%s_hex", name);
	hex = text_of(object, hex_name);
	if (!hex.p || hex.l % 2)
		return err_set(e, EINVAL, "expected %s as a string, or %s as hex digits", name,
			       hex_name);
	for (size_t i = 0; i < hex.l; i += 2) {
		char two[3] = {hex.p[i], hex.p[i + 1], '\0'};
		uint8_t octet = (uint8_t)strtoul(two, NULL, 16);

		(void)buf_add(ret, &octet, 1);
	}
	return ret->err;
}

static int call_of(struct verify_call *ret, const json_t *input, struct err *e)
{
	const json_t *call = json_object_get(input, "call");

	if (tn_canonical(&ret->orig, text_of(call, "orig")) ||
	    tn_canonical(&ret->dest, text_of(call, "dest")))
		return err_set(e, EINVAL, "call: expected the numbers orig and dest");
	return 0;
}

/* --- fetching: given after verify_run() has returned --- */

static int start_fetch(void *ctx, const char *url, size_t max_len, fetch_done_h *done, void *arg)
{
	struct judge *j = ctx;

	(void)max_len;
	j->url = strdup(url);
	j->done = done;
	j->arg = arg;
	return j->url ? 0 : ENOMEM;
}

static void cancel_fetch(void *ctx, void *arg)
{
	struct judge *j = ctx;

	(void)arg;
	free(j->url);
	j->url = NULL;
}

static void answer_fetch(struct judge *j)
{
	char *url = j->url;
	struct sv text = text_of(json_object_get(j->vector, "fetch"), url);

	j->url = NULL;
	j->done(text.p ? 0 : ENOENT, text, -1, text.p ? NULL : "nothing is there", j->arg);
	free(url);
}

/* --- trust: what cannot be taken is not there --- */

static int ignore_bad(int err)
{
	return err == EBADMSG ? 0 : err;
}

static int load_trust(struct judge *j, struct err *e)
{
	const json_t *trust = json_object_get(j->vector, "trust");
	const json_t *list = json_object_get(trust, "ca_list");
	const json_t *crl = json_object_get(trust, "crl");
	int err = trust_alloc(&j->trust, text_of(trust, "pa_root"), &j->env, e);

	if (err)
		return err == EBADMSG ? EINVAL : err;
	if (list)
		err = ignore_bad(trust_set_ca_list(j->trust, text_of(list, "jwt"),
						   text_of(list, "chain"), e));
	if (!err && crl)
		err = ignore_bad(
			trust_set_crl(j->trust, text_of(crl, "pem"), text_of(crl, "chain"), e));
	return err;
}

static int judge_open(struct judge *j, const json_t *vector, const char *by, struct err *e)
{
	static const struct cred_opts cred_opts = {
		.max_entries = BUNDLE_MAX, .max_age_s = 60, .fail_age_s = 0};
	const struct verify_opts how = {
		.role = strcmp(by, "vs") == 0 ? VERIFY_VS : VERIFY_CPS,
		.freshness_s = FRESHNESS_S,
	};
	const json_t *now = json_object_get(vector, "now");
	struct fetcher fetcher = {.get = start_fetch, .ctx = j, .cancel = cancel_fetch};
	int err;

	if (!json_is_integer(now) || json_integer_value(now) < 0)
		return err_set(e, EINVAL, "expected now as seconds since 1970");
	*j = (struct judge){.vector = vector,
			    .input = json_object_get(vector, "input"),
			    .fixed = {.now_ms = (uint64_t)json_integer_value(now) * 1000}};
	j->env = env_fixed(&j->fixed);
	err = load_trust(j, e);
	if (!err)
		err = cred_cache_alloc(&j->creds, &cred_opts, j->trust, &fetcher, &j->env);
	if (!err)
		err = verifier_alloc(&j->verifier, &how, j->creds, &j->env);
	return err;
}

static void judge_close(struct judge *j)
{
	verifier_free(j->verifier);
	cred_cache_free(j->creds);
	trust_free(j->trust);
}

/* --- verdicts --- */

/* What became of one PASSporT */
struct outcome {
	struct passport *pp; /* reference, or NULL */
	struct fault fault;
	int err;
	bool done;
	char spc[SPC_MAX + 1];
};

static void verified(const struct verify_result *res, void *arg)
{
	struct outcome *o = arg;

	o->done = true;
	o->err = res->err;
	o->fault = res->fault;
	o->pp = res->pp ? passport_ref(res->pp) : NULL;
	(void)snprintf(o->spc, sizeof(o->spc), "%s", res->spc);
}

/* @return 0 when there is a verdict, good or bad */
static int run_one(struct judge *j, const struct bundle_item *item, const struct verify_call *call,
		   struct outcome *ret)
{
	int err;

	*ret = (struct outcome){.fault = {.check = ""}};
	err = verify_run(j->verifier, item, call, verified, ret);
	if (!err && j->url)
		answer_fetch(j);
	if (err)
		return err;
	return ret->done && (!ret->err || ret->err == EBADMSG) ? 0 : ret->err ? ret->err : EPROTO;
}

/* Each of a bundle, up to the first that is refused */
static int run_all(struct judge *j, const struct bundle *b, const struct verify_call *call,
		   struct vector_verdict *ret)
{
	for (size_t i = 0; i < b->n; i++) {
		struct outcome o;
		int err = run_one(j, &b->v[i], call, &o);

		passport_unref(o.pp);
		if (err)
			return err;
		if (!o.err)
			continue;
		ret->fault = o.fault;
		ret->index = (int)i;
		return 0;
	}
	return 0;
}

static int judge_passport(struct judge *j, struct vector_verdict *ret, struct err *e)
{
	BUF_AUTO struct buf token = BUF(VECTOR_TEXT_MAX);
	struct bundle_item item = {.via = VIA_OUT_OF_BAND};
	struct verify_call call = {0};
	struct outcome o = {.pp = NULL};
	int err = octets_of(&token, j->input, "token", e);

	if (!err)
		err = call_of(&call, j->input, e);
	item.id.token = buf_sv(&token);
	if (!err)
		err = run_one(j, &item, &call, &o);
	ret->fault = o.fault;
	passport_unref(o.pp);
	return err;
}

static int judge_identity(struct judge *j, struct vector_verdict *ret, struct err *e)
{
	BUF_AUTO struct buf header = BUF(VECTOR_TEXT_MAX);
	struct bundle b = {.n = 0};
	struct verify_call call = {0};
	int err = octets_of(&header, j->input, "header", e);

	if (!err)
		err = call_of(&call, j->input, e);
	if (!err)
		err = bundle_add_identity(&b, buf_sv(&header), &ret->fault);
	if (!err)
		err = run_all(j, &b, &call, ret);
	bundle_clear(&b);
	ret->index = -1;
	return ignore_bad(err);
}

static int judge_body(struct judge *j, struct vector_verdict *ret, struct err *e)
{
	BUF_AUTO struct buf body = BUF(VECTOR_TEXT_MAX);
	struct bundle b = {.n = 0};
	int err = octets_of(&body, j->input, "body", e);

	if (!err)
		err = bundle_add_body(&b, buf_sv(&body), VIA_OUT_OF_BAND, &ret->fault);
	if (!err)
		err = run_all(j, &b, NULL, ret);
	bundle_clear(&b);
	return ignore_bad(err);
}

static int judge_certificate(struct judge *j, struct vector_verdict *ret, struct err *e)
{
	AUTO(cert_chain_unref) struct cert_chain *chain = NULL;
	struct sv pem = text_of(j->input, "chain");
	int err;

	if (!pem.p)
		return err_set(e, EINVAL, "expected a chain");
	err = cert_chain_parse(&chain, pem, &ret->fault);
	if (!err)
		err = cert_chain_check_profile(chain, &ret->fault);
	if (!err)
		err = trust_check_path(j->trust, chain, &ret->fault);
	if (!err)
		err = trust_check_revoked(j->trust, chain, &ret->fault);
	return ignore_bad(err);
}

static struct map_offer offer_of(const json_t *list)
{
	return (struct map_offer){
		.kind = sv_eqz(text_of(list, "of"), "sti-ca") ? MAP_STI_CA : MAP_STI_PA,
		.jwt = text_of(list, "jwt"),
		.chain_pem = text_of(list, "chain"),
	};
}

static int judge_list(struct judge *j, struct vector_verdict *ret, struct err *e)
{
	const json_t *held = json_object_get(j->input, "held");
	struct map_offer offer = offer_of(held);
	struct map_set *set = NULL;
	int err = map_set_alloc(&set, j->trust, &j->env);

	if (!err && held && map_set_take(set, &offer, NULL, &ret->fault))
		err = err_set(e, EINVAL, "the list that is held is refused: %s",
			      reason_info(ret->fault.reason)->name);
	offer = offer_of(j->input);
	if (!err)
		err = map_set_take(set, &offer, NULL, &ret->fault);
	map_set_free(set);
	return err == EALREADY ? 0 : ignore_bad(err);
}

/* --- calls --- */

static const char *owner_of(const struct tn *number, void *arg)
{
	return json_string_value(json_object_get(arg, number->s));
}

/* Headers that are none do not count (RFC 8224 6.2.1) */
static int gather(struct bundle *ret, const json_t *input)
{
	const json_t *v;
	size_t i;
	int err = 0;

	json_array_foreach (json_object_get(input, "headers"), i, v)
		if (!err)
			err = ignore_bad(bundle_add_identity(
				ret, (struct sv){json_string_value(v), json_string_length(v)},
				NULL));
	json_array_foreach (json_object_get(input, "tokens"), i, v)
		if (!err)
			err = bundle_add_token(
				ret, (struct sv){json_string_value(v), json_string_length(v)},
				VIA_OUT_OF_BAND);
	return err;
}

/* The chain that the verdict is about; NULL: none speaks of the caller */
static const struct chain *asked(const struct chains *chains, const json_t *about)
{
	if (!about)
		return chain_best(chains);
	for (size_t i = 0; i < chains->n; i++)
		for (size_t k = 0; k < chains->v[i].n; k++)
			if (chains->v[i].item[k] == (size_t)json_integer_value(about))
				return &chains->v[i];
	return NULL;
}

static int judge_chains(struct judge *j, const struct verify_call *call,
			const struct chain_item *items, size_t n, struct fault *fault)
{
	json_t *owners = json_object_get(j->input, "owners");
	const struct chain_opts opts = {
		.freshness_s = FRESHNESS_S,
		.original_freshness_s = -1,
		.owner = json_object_size(owners) ? owner_of : NULL,
		.owner_arg = owners,
	};
	const struct chain_call cc = {
		.orig = call->orig, .called = call->dest, .now_s = env_now_s(&j->env)};
	struct chains chains;
	const struct chain *c;
	int err = chain_judge(&chains, &opts, &cc, items, n);

	c = err ? NULL : asked(&chains, json_object_get(j->input, "about"));
	if (c)
		*fault = c->fault;
	else if (!err)
		(void)fault_set(fault, REASON_NO_IDENTITY, NULL, NULL);
	return err ? err : c ? ignore_bad(c->err) : 0;
}

static int judge_call(struct judge *j, struct vector_verdict *ret, struct err *e)
{
	struct outcome o[BUNDLE_MAX] = {{.pp = NULL}};
	struct chain_item items[BUNDLE_MAX];
	struct bundle b = {.n = 0};
	struct verify_call call = {.chained = true};
	int err = call_of(&call, j->input, e);

	if (!err)
		err = gather(&b, j->input);
	for (size_t i = 0; !err && i < b.n; i++) {
		err = run_one(j, &b.v[i], &call, &o[i]);
		items[i] = (struct chain_item){.pp = o[i].pp,
					       .spc = o[i].spc,
					       .err = o[i].err,
					       .fault = o[i].fault,
					       .via = b.v[i].via};
	}
	if (!err)
		err = judge_chains(j, &call, items, b.n, &ret->fault);
	for (size_t i = 0; i < BUNDLE_MAX; i++)
		passport_unref(o[i].pp);
	bundle_clear(&b);
	return err;
}

int vector_judge(const json_t *vector, const char *by, struct vector_verdict *ret, struct err *e)
{
	static const struct {
		const char *kind;
		int (*run)(struct judge *j, struct vector_verdict *ret, struct err *e);
	} kinds[] = {
		{"passport", judge_passport},
		{"identity", judge_identity},
		{"certificate", judge_certificate},
		{"list", judge_list},
		{"body", judge_body},
		{"call", judge_call},
	};
	struct sv kind = text_of(vector, "kind");
	struct judge j = {0};
	int err;

	*ret = (struct vector_verdict){.fault = {.check = ""}, .index = -1};
	err_set(e, 0, "out of memory");
	err = judge_open(&j, vector, by, e);
	for (size_t i = 0; !err && i <= sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (i == sizeof(kinds) / sizeof(kinds[0])) {
			err = err_set(e, EINVAL, "there is no kind \"%.*s\"", SV_ARG(kind));
		} else if (sv_eqz(kind, kinds[i].kind)) {
			err = kinds[i].run(&j, ret, e);
			break;
		}
	}
	judge_close(&j);
	return err;
}
