/* Role pki: checks of signed lists: that of the approved STI-CAs, and what they have in common with CPS mappings (6.1.1). */
#include <errno.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/base/b64url.h"
#include "lib/base/env.h"
#include "lib/net/https_client.h"
#include "lib/stir/list.h"
#include "sim/oobsim/roles/role_pki.h"

DEFINE_AUTO(json_t, json_decref)
DEFINE_AUTO(struct cert_chain, cert_chain_unref)
DEFINE_AUTO(struct trust, trust_free)

/* --- taken apart --- */

static json_t *object_of(struct pki_look *look, struct sv text, const char *name)
{
	json_error_t je;
	json_t *v = json_loadb(text.l ? text.p : "", text.l, 0, &je);

	if (json_is_object(v))
		return v;
	json_decref(v);
	(void)err_set(&look->why, EBADMSG, "its %s is no JSON object: %s", name, je.text);
	return NULL;
}

int pki_list_split(struct pki_look *look, struct sv jwt, struct pki_list *ret)
{
	BUF_AUTO struct buf header = BUF(LIST_MAX_LEN);
	struct sv rest = sv_trim(jwt), first, second;

	*ret = (struct pki_list){
		.jwt = rest, .payload = BUF(LIST_MAX_LEN), .sig = BUF(LIST_MAX_LEN)};
	first = sv_cut(&rest, '.');
	second = sv_cut(&rest, '.');
	ret->signed_part = (struct sv){first.p, first.l + 1 + second.l};
	if (!first.l || !second.l || !rest.p || memchr(rest.p, '.', rest.l))
		return err_set(&look->why, EBADMSG, "not three parts joined by dots, %zu octets",
			       jwt.l);
	if (b64url_decode(&header, first) || b64url_decode(&ret->payload, second) ||
	    b64url_decode(&ret->sig, rest))
		return err_set(&look->why, EBADMSG,
			       "a part of it is not base64url without padding");
	ret->header = object_of(look, buf_sv(&header), "header");
	ret->claims = ret->header ? object_of(look, buf_sv(&ret->payload), "payload") : NULL;
	return ret->claims ? 0 : EBADMSG;
}

void pki_list_clear(struct pki_list *l)
{
	json_decref(l->header);
	json_decref(l->claims);
	buf_free(&l->payload);
	buf_free(&l->sig);
}

static int with_list(struct pki_look *look, struct sv jwt,
		     int (*h)(struct pki_look *look, const struct pki_list *l))
{
	struct pki_list l;
	int err = pki_list_split(look, jwt, &l);

	if (!err)
		err = h(look, &l);
	pki_list_clear(&l);
	return err;
}

int pki_list_each(struct pki_look *look, int (*h)(struct pki_look *look, const struct pki_list *l))
{
	AUTO(json_decref) json_t *lists = NULL;
	const struct buf *body = &look->a->body;
	size_t i;
	json_t *one;

	if (look->what != PKI_MASTER)
		return with_list(look, buf_sv(body), h);
	lists = json_loadb(body->l ? body->p : "", body->l, 0, NULL);
	if (!json_is_array(lists) || !json_array_size(lists))
		return err_set(&look->why, EBADMSG, "it is no JSON array that holds lists");
	json_array_foreach (lists, i, one) {
		int err = with_list(look, sv_from(json_string_value(one)), h);

		if (err) {
			err_prefix(&look->why, "list %zu: ", i);
			return err;
		}
	}
	return 0;
}

/* --- header and payload --- */

static int want_text(struct pki_look *look, const json_t *object, const char *name,
		     const char *want)
{
	const char *got = json_string_value(json_object_get(object, name));

	if (got && strcmp(got, want) == 0)
		return 0;
	return err_set(&look->why, EBADMSG, "%s is %s%.60s", name,
		       got ? "" : "not there, or no text", got ? got : "");
}

static int form(struct pki_look *look, const struct pki_list *l)
{
	(void)look;
	(void)l;
	return 0; /* pki_list_split() has seen to it */
}

static int alg(struct pki_look *look, const struct pki_list *l)
{
	return want_text(look, l->header, "alg", "ES256");
}

static int typ(struct pki_look *look, const struct pki_list *l)
{
	return want_text(look, l->header, "typ", "JWT");
}

static int version(struct pki_look *look, const struct pki_list *l)
{
	return want_text(look, l->claims, "version", LIST_VERSION);
}

static const char *x5u_of(const struct pki_list *l)
{
	return json_string_value(json_object_get(l->header, "x5u"));
}

static int x5u(struct pki_look *look, const struct pki_list *l)
{
	const char *url = x5u_of(l);

	if (url && !check_https_url(sv_from(url)))
		return 0;
	return err_set(&look->why, EBADMSG, "x5u is %.200s", url ? url : "not there");
}

static int sequence(struct pki_look *look, const struct pki_list *l)
{
	const json_t *v = json_object_get(l->claims, "sequence");
	struct pki_case *c = look->p->state;

	if (!json_is_integer(v) || json_integer_value(v) < 0)
		return err_set(&look->why, EBADMSG, "sequence is %s",
			       v ? "no number from 0 on" : "not there");
	c->sequence[look->what] = json_integer_value(v);
	return 0;
}

/* Since the list that this case saw before */
static int rises(struct pki_look *look, const struct pki_list *l)
{
	struct pki_case *c = look->p->state;
	int64_t before = c->sequence[look->what];
	int err = sequence(look, l);

	if (err || c->sequence[look->what] > before)
		return err;
	err = err_set(&look->why, EBADMSG, "sequence %lld after %lld",
		      (long long)c->sequence[look->what], (long long)before);
	c->sequence[look->what] = before;
	return err;
}

static int64_t now_s(void)
{
	struct env_shift shift = {0};
	struct env env = env_system(&shift);

	return env_now_s(&env);
}

static int exp_ahead(struct pki_look *look, const struct pki_list *l)
{
	const json_t *v = json_object_get(l->claims, "exp");

	if (!json_is_integer(v))
		return err_set(&look->why, EBADMSG, "exp is %s", v ? "no integer" : "not there");
	if (json_integer_value(v) > now_s())
		return 0;
	return err_set(&look->why, EBADMSG, "exp was %lld s ago",
		       (long long)(now_s() - json_integer_value(v)));
}

/* --- who signs --- */

static int signer_chain(struct pki_look *look, const struct pki_list *l, struct cert_chain **ret)
{
	int err = x5u(look, l);

	return err ? err : pki_chain_at(look, x5u_of(l), ret);
}

static int signature(struct pki_look *look, const struct pki_list *l)
{
	AUTO(cert_chain_unref) struct cert_chain *chain = NULL;
	const struct stir_key *key;
	int err = signer_chain(look, l, &chain);

	if (err)
		return err;
	key = cert_chain_key(chain);
	if (!key)
		return err_set(&look->why, EBADMSG, "its signer has no key on EC P-256");
	if (l->sig.l != ES256_SIG_LEN)
		return err_set(&look->why, EBADMSG, "a signature of %zu octets", l->sig.l);
	err = key_verify(key, l->signed_part, (const uint8_t *)l->sig.p);
	return err ? err_set(&look->why, err, "the signature does not verify with the key at x5u")
		   : 0;
}

static int signer(struct pki_look *look, const struct pki_list *l)
{
	AUTO(cert_chain_unref) struct cert_chain *chain = NULL;
	AUTO(trust_free) struct trust *trust = NULL;
	bool is_pa = look->what == PKI_CA_LIST || look->what == PKI_MAP_PA;
	struct trust_anchor anchor;
	struct fault fault = {.check = "signer"};
	char text[FAULT_TEXT_MAX];
	int err = signer_chain(look, l, &chain);

	if (!err)
		err = pki_trust_get(look, is_pa ? PKI_TRUST_ROOT : PKI_TRUST_CRL, &trust);
	if (err)
		return err;
	err = trust_check_lister(trust, is_pa ? TRUST_STI_PA : TRUST_STI_CA, chain, &anchor,
				 &fault);
	if (err != EBADMSG)
		return err;
	fault_text(&fault, text);
	return err_set(&look->why, EBADMSG, "%s", text);
}

/* --- the list of approved STI-CAs --- */

static int root(struct pki_look *look, const char *pem, size_t i)
{
	AUTO(cert_chain_unref) struct cert_chain *chain = NULL;
	struct fault fault = {.check = ""};
	struct cert_info info;

	if (!pem || cert_chain_parse(&chain, sv_from(pem), &fault) ||
	    cert_chain_info(chain, 0, &info))
		return err_set(&look->why, EBADMSG, "entry %zu is no certificate in PEM", i);
	if (cert_chain_count(chain) != 1)
		return err_set(&look->why, EBADMSG, "entry %zu holds %zu certificates", i,
			       cert_chain_count(chain));
	if (!info.is_ca || strcmp(info.subject, info.issuer) != 0)
		return err_set(&look->why, EBADMSG, "entry %zu is no root of a CA: %.100s", i,
			       info.subject);
	if (info.not_before_s > now_s() || info.not_after_s < now_s())
		return err_set(&look->why, EBADMSG, "entry %zu is not valid now: %.100s", i,
			       info.subject);
	return 0;
}

static int roots(struct pki_look *look, const struct pki_list *l)
{
	const json_t *list = json_object_get(l->claims, "trustList");
	size_t i;
	const json_t *one;

	if (!json_is_array(list) || !json_array_size(list))
		return err_set(&look->why, EBADMSG, "trustList is %s",
			       list ? "no array with something in it" : "not there");
	json_array_foreach ((json_t *)(uintptr_t)list, i, one) {
		int err = root(look, json_string_value(one), i);

		if (err)
			return err;
	}
	return 0;
}

/* Whole, as a verifier takes it */
static int usable(struct pki_look *look)
{
	AUTO(trust_free) struct trust *trust = NULL;

	return pki_trust_get(look, PKI_TRUST_LIST, &trust);
}

static int type(struct pki_look *look)
{
	static const struct {
		unsigned of;
		const char *type;
	} known[] = {
		{PKI_IS_LIST & ~PKI_IS(PKI_MASTER), "application/jose"},
		{PKI_IS_LIST & ~PKI_IS(PKI_MASTER), "application/jwt"},
		{PKI_IS(PKI_MASTER), "application/json"},
		{PKI_IS(PKI_CRL), "application/pkix-crl"},
		{PKI_IS_CHAIN, "application/pem-certificate-chain"},
		{PKI_IS(PKI_CRL) | PKI_IS_CHAIN, "application/x-pem-file"},
	};
	struct sv rest = sv_from(look->a->ctype);
	struct sv came = sv_trim(sv_cut(&rest, ';'));

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].of & PKI_IS(look->what) && sv_ieqz(came, known[i].type))
			return 0;
	return err_set(&look->why, EBADMSG, "media type \"%.60s\"", look->a->ctype);
}

static int fresh(struct pki_look *look)
{
	if (look->a->etag[0] || look->a->max_age_s >= 0)
		return 0;
	return err_set(&look->why, EBADMSG, "neither ETag nor Cache-Control with max-age");
}

static int nothing(struct pki_look *look)
{
	return look->a->body.l
		       ? err_set(&look->why, EBADMSG, "a body of %zu octets", look->a->body.l)
		       : 0;
}

#define EACH(name)                                    \
	static int each_##name(struct pki_look *look) \
	{                                             \
		return pki_list_each(look, name);     \
	}
EACH(form)
EACH(alg)
EACH(typ)
EACH(x5u)
EACH(version)
EACH(sequence)
EACH(rises)
EACH(exp_ahead)
EACH(signature)
EACH(signer)
EACH(roots)

#define LISTS PKI_IS_LIST

const struct pki_check pki_list_checks[] = {
	{"type", PKI_IS_ANY, "with its media type", type},
	{"fresh", PKI_IS_ANY, "with what tells how long it may be kept", fresh},
	{"no-body", PKI_IS_ANY, "without a body", nothing},
	{"form", LISTS, "a JWT in compact serialisation", each_form},
	{"alg", LISTS, "alg ES256", each_alg},
	{"typ", LISTS, "typ JWT", each_typ},
	{"x5u", LISTS, "x5u an https URL", each_x5u},
	{"version", LISTS, "version " LIST_VERSION, each_version},
	{"sequence", LISTS, "sequence a number", each_sequence},
	{"rises", LISTS, "sequence higher than before", each_rises},
	{"exp", LISTS, "exp ahead", each_exp_ahead},
	{"signature", LISTS, "signed with the key of the certificate at x5u", each_signature},
	{"signer", LISTS, "signed by its authority: chain, approved root, key usage, not revoked",
	 each_signer},
	{"roots", PKI_IS(PKI_CA_LIST), "trustList of root certificates in PEM", each_roots},
	{"usable", PKI_IS(PKI_CA_LIST), "taken by a verifier", usable},
	{0},
};
