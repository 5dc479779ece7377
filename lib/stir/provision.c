#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/stir/provision.h"

DEFINE_AUTO(json_t, json_decref)

static int check_header(const struct passport *jws, struct fault *fault)
{
	if (!sv_eqz(jws->alg, "ES256"))
		return fault_set(fault, REASON_ALG, "\"ES256\"", "\"%.*s\"", SV_ARG(jws->alg));
	if (!sv_eqz(jws->typ, "JWT"))
		return fault_set(fault, REASON_LIST_TYP, "\"JWT\"", "\"%.*s\"", SV_ARG(jws->typ));
	if (map_check_url(jws->x5u))
		return fault_set(fault, REASON_X5U, "an https URL", "\"%.*s\"", SV_ARG(jws->x5u));
	/* RFC 7515 §4.1.11: what must be understood, and no such thing is */
	if (json_object_get(jws->header, "crit"))
		return fault_set(fault, REASON_HEADER_MEMBER, "no crit", "crit");
	return 0;
}

/* A string of a bounded size. @return 0; EBADMSG; ENOENT: there is none, which `required` forbids */
static int read_string(char *ret, size_t size, const struct passport *jws, const char *name,
		       bool required, struct fault *fault)
{
	const json_t *v = json_object_get(jws->claims, name);
	size_t l = json_string_length(v);

	if (!v && !required)
		return ENOENT;
	if (!json_is_string(v) || !l || l >= size || strlen(json_string_value(v)) != l)
		return fault_set(fault, REASON_CLAIM, "a string", "%s %s", name,
				 !v ? "missing" : "of another type, empty or too long");
	memcpy(ret, json_string_value(v), l + 1);
	return 0;
}

static int read_cic(struct provision *ret, const struct passport *jws, struct fault *fault)
{
	char text[2 * CIC_MAX];
	int err = read_string(text, sizeof(text), jws, "cic", false, fault);

	if (!err && cic_canonical(ret->cic, sv_from(text)))
		return fault_set(fault, REASON_MAP_KEY, "a CIC", "\"%s\"", text);
	return err == ENOENT ? 0 : err;
}

static int add_authority(struct provision *ret, const json_t *v, struct fault *fault)
{
	size_t l = json_string_length(v);

	if (!json_is_string(v) || !l || l > PROVISION_AUTHORITY_MAX ||
	    ret->authority_count == PROVISION_AUTHORITIES)
		return fault_set(fault, REASON_CLAIM, "names of authorities", "others");
	(void)snprintf(ret->authorities[ret->authority_count++], PROVISION_AUTHORITY_MAX + 1, "%s",
		       json_string_value(v));
	return 0;
}

static int read_authorities(struct provision *ret, const struct passport *jws, struct fault *fault)
{
	const json_t *v = json_object_get(jws->claims, "authority");
	size_t i;
	json_t *one;

	if (!json_is_array(v) && v)
		return add_authority(ret, v, fault);
	json_array_foreach (v, i, one)
		if (add_authority(ret, one, fault))
			return EBADMSG;
	if (!ret->authority_count)
		(void)snprintf(ret->authorities[ret->authority_count++],
			       PROVISION_AUTHORITY_MAX + 1, PROVISION_DEFAULT);
	return 0;
}

static int read_claims(struct provision *ret, const struct passport *jws, struct fault *fault)
{
	const char *want;
	int err;

	if (!jws->has_iat)
		return fault_set(fault, REASON_CLAIM, "iat as a number", "none");
	ret->iat_s = jws->iat_s;
	err = read_string(ret->jti, sizeof(ret->jti), jws, "jti", true, fault);
	if (!err)
		err = read_string(ret->ocn, sizeof(ret->ocn), jws, "ocn", true, fault);
	if (!err)
		err = read_string(ret->url, sizeof(ret->url), jws, "url", true, fault);
	if (!err)
		err = read_cic(ret, jws, fault);
	if (!err)
		err = read_authorities(ret, jws, fault);
	if (err)
		return err;
	want = map_check_ocn(sv_from(ret->ocn));
	if (want)
		return fault_set(fault, REASON_MAP_KEY, want, "\"%s\"", ret->ocn);
	want = map_check_url(sv_from(ret->url));
	return want ? fault_set(fault, REASON_MAP_URL, want, "\"%s\"", ret->url) : 0;
}

int provision_parse(struct provision *ret, struct sv jws, struct fault *fault)
{
	int err;

	*ret = (struct provision){0};
	err = passport_parse(&ret->jws, sv_trim(jws), fault);
	if (!err)
		err = check_header(ret->jws, fault);
	if (!err)
		err = read_claims(ret, ret->jws, fault);
	fault->check = "form";
	if (err)
		provision_clear(ret);
	return err;
}

void provision_clear(struct provision *p)
{
	passport_unref(p->jws);
	*p = (struct provision){0};
}

static int check_signer(const struct cert_chain *chain, const struct trust *trust,
			struct trust_anchor *anchor, struct fault *fault)
{
	int err = cert_chain_check_profile(chain, fault);

	fault->check = "profile";
	if (err)
		return err;
	err = trust_check_anchor(trust, chain, anchor, fault);
	fault->check = "path";
	if (err)
		return err;
	err = trust_check_revoked(trust, chain, fault);
	fault->check = "revoked";
	return err;
}

static int check_signature(const struct provision *p, const struct cert_chain *chain,
			   struct fault *fault)
{
	int err = key_verify(cert_chain_key(chain), p->jws->signing_input, p->jws->sig);

	if (err == EBADMSG)
		fault_set(fault, REASON_SIGNATURE, NULL, NULL);
	fault->check = "signature";
	return err;
}

static int check_fresh(const struct provision *p, int64_t now_s, struct fault *fault)
{
	if (llabs(now_s - p->iat_s) <= PROVISION_FRESH_S)
		return 0;
	fault_set(fault, REASON_STALE,
		  "an iat that is at most " TEXT_OF(PROVISION_FRESH_S) " s off the clock",
		  "%lld s %s", (long long)llabs(now_s - p->iat_s),
		  p->iat_s < now_s ? "ago" : "ahead");
	fault->check = "fresh";
	return EBADMSG;
}

int provision_check(const struct provision *p, const struct cert_chain *chain,
		    const struct trust *trust, int64_t now_s, struct trust_anchor *anchor,
		    struct fault *fault)
{
	int err = check_signer(chain, trust, anchor, fault);

	if (!err)
		err = check_signature(p, chain, fault);
	if (!err)
		err = check_fresh(p, now_s, fault);
	if (err || strcmp(cert_chain_spc(chain), p->ocn) == 0)
		return err;
	fault_set(fault, REASON_NOT_OWN_OCN, p->ocn, "a certificate of SPC %s",
		  cert_chain_spc(chain));
	fault->check = "ocn";
	return EBADMSG;
}

int provision_sign(struct buf *ret, const struct provision *p, const char *x5u,
		   const struct stir_key *key)
{
	AUTO(json_decref)
	json_t *header = json_pack("{s:s, s:s, s:s}", "alg", "ES256", "typ", "JWT", "x5u", x5u);
	AUTO(json_decref)
	json_t *claims =
		json_pack("{s:I, s:s, s:s, s:s, s:s*}", "iat", (json_int_t)p->iat_s, "jti", p->jti,
			  "ocn", p->ocn, "url", p->url, "cic", p->cic[0] ? p->cic : NULL);
	json_t *authorities = json_array();
	int err = 0;

	for (size_t i = 0; i < p->authority_count; i++)
		err |= json_array_append_new(authorities, json_string(p->authorities[i]));
	if (!p->authority_count)
		json_decref(authorities);
	else
		err |= json_object_set_new(claims, "authority", authorities);
	if (err || !header || !claims)
		return ENOMEM;
	return jws_sign(ret, header, claims, key);
}
