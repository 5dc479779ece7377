/* Role pki: checks of certificate chains and of the CRL. */
#include <errno.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/base/env.h"
#include "lib/stir/crl_look.h"
#include "sim/oobsim/roles/role_pki.h"

DEFINE_AUTO(struct cert_chain, cert_chain_unref)
DEFINE_AUTO(struct trust, trust_free)

static int refused(struct pki_look *look, const struct fault *fault)
{
	char text[FAULT_TEXT_MAX];

	fault_text(fault, text);
	return err_set(&look->why, EBADMSG, "%s", text);
}

/* --- chains --- */

static int parse(struct pki_look *look, struct cert_chain **ret)
{
	struct fault fault = {.check = "chain"};
	int err = cert_chain_parse(ret, buf_sv(&look->a->body), &fault);

	return err == EBADMSG ? refused(look, &fault) : err;
}

static int pem(struct pki_look *look)
{
	AUTO(cert_chain_unref) struct cert_chain *chain = NULL;

	return parse(look, &chain);
}

/* Each is issued by the next one; the first is nobody's issuer */
static int order(struct pki_look *look)
{
	AUTO(cert_chain_unref) struct cert_chain *chain = NULL;
	struct cert_info info, next;
	int err = parse(look, &chain);

	if (err)
		return err;
	(void)cert_chain_info(chain, 0, &info);
	if (info.is_ca)
		return err_set(&look->why, EBADMSG, "the first one is that of a CA: %.100s",
			       info.subject);
	for (size_t i = 1; i < cert_chain_count(chain); i++, info = next) {
		(void)cert_chain_info(chain, i, &next);
		if (strcmp(info.issuer, next.subject) != 0)
			return err_set(
				&look->why, EBADMSG,
				"certificate %zu is not the issuer of the one before: %.100s", i,
				next.subject);
	}
	return 0;
}

static int profile(struct pki_look *look)
{
	AUTO(cert_chain_unref) struct cert_chain *chain = NULL;
	struct fault fault = {.check = "profile"};
	int err = parse(look, &chain);

	if (!err)
		err = cert_chain_check_profile(chain, &fault);
	else
		return err;
	return err == EBADMSG ? refused(look, &fault) : err;
}

static int spc(struct pki_look *look)
{
	AUTO(cert_chain_unref) struct cert_chain *chain = NULL;
	BUF_AUTO struct buf ocn = BUF(PKI_TOLD_MAX);
	struct cert_info info;
	int err = parse(look, &chain);

	if (!err)
		err = pki_told(look->p, PKI_OCN, &ocn, &look->why);
	if (err)
		return err;
	(void)cert_chain_info(chain, 0, &info);
	if (info.tnauth_count == 0)
		return err_set(&look->why, EBADMSG, "no TNAuthList");
	if (strcmp(cert_chain_spc(chain), ocn.p) != 0)
		return err_set(&look->why, EBADMSG, "the SPC in its TNAuthList is \"%s\", not %s",
			       cert_chain_spc(chain), ocn.p);
	return 0;
}

static int path(struct pki_look *look)
{
	AUTO(cert_chain_unref) struct cert_chain *chain = NULL;
	AUTO(trust_free) struct trust *trust = NULL;
	struct fault fault = {.check = "path"};
	int err = parse(look, &chain);

	if (!err)
		err = pki_trust_get(look, PKI_TRUST_LIST, &trust);
	if (err)
		return err;
	err = trust_check_path(trust, chain, &fault);
	return err == EBADMSG ? refused(look, &fault) : err;
}

static int unrevoked(struct pki_look *look)
{
	AUTO(cert_chain_unref) struct cert_chain *chain = NULL;
	AUTO(trust_free) struct trust *trust = NULL;
	struct fault fault = {.check = "revoked"};
	int err = parse(look, &chain);

	if (!err)
		err = pki_trust_get(look, PKI_TRUST_CRL, &trust);
	if (err)
		return err;
	err = trust_check_revoked(trust, chain, &fault);
	return err == EBADMSG ? refused(look, &fault) : err;
}

static int points(struct pki_look *look)
{
	AUTO(cert_chain_unref) struct cert_chain *chain = NULL;
	BUF_AUTO struct buf url = BUF(PKI_TOLD_MAX);
	struct cert_info info;
	int err = parse(look, &chain);

	if (!err)
		err = pki_told(look->p, pki_what_words[PKI_CRL], &url, &look->why);
	if (err)
		return err;
	(void)cert_chain_info(chain, 0, &info);
	if (strcmp(info.crl_url, url.p) == 0)
		return 0;
	return err_set(&look->why, EBADMSG, "its CRL distribution point is \"%.200s\"",
		       info.crl_url);
}

/* --- the CRL --- */

static int facts_of(struct pki_look *look, struct crl_facts *ret)
{
	return crl_look(ret, buf_sv(&look->a->body), &look->why);
}

static int crl_form(struct pki_look *look)
{
	struct crl_facts facts;

	return facts_of(look, &facts);
}

static int current(struct pki_look *look)
{
	struct env_shift shift = {0};
	struct env env = env_system(&shift);
	int64_t now_s = env_now_s(&env);
	struct crl_facts facts;
	int err = facts_of(look, &facts);

	if (err)
		return err;
	if (facts.this_update_s > now_s)
		return err_set(&look->why, EBADMSG, "thisUpdate is %lld s ahead",
			       (long long)(facts.this_update_s - now_s));
	if (facts.next_update_s <= now_s)
		return err_set(&look->why, EBADMSG, "nextUpdate was %lld s ago",
			       (long long)(now_s - facts.next_update_s));
	return 0;
}

static int crl_signer(struct pki_look *look)
{
	AUTO(cert_chain_unref) struct cert_chain *chain = NULL;
	BUF_AUTO struct buf url = BUF(PKI_TOLD_MAX);
	int err = pki_told(look->p, pki_what_words[PKI_CRL_CHAIN], &url, &look->why);

	if (!err)
		err = pki_chain_at(look, url.p, &chain);
	return err ? err : crl_look_signer(buf_sv(&look->a->body), chain, &look->why);
}

/* Does it list the end entity that is published there? */
static int is_listed(struct pki_look *look, enum pki_what what, bool *ret)
{
	AUTO(cert_chain_unref) struct cert_chain *chain = NULL;
	BUF_AUTO struct buf url = BUF(PKI_TOLD_MAX);
	int err = pki_told(look->p, pki_what_words[what], &url, &look->why);

	if (!err)
		err = pki_chain_at(look, url.p, &chain);
	return err ? err : crl_look_up(ret, buf_sv(&look->a->body), chain, 0, &look->why);
}

static int lists(struct pki_look *look)
{
	bool is = false;
	int err = is_listed(look, PKI_REVOKED, &is);

	return err || is ? err
			 : err_set(&look->why, EBADMSG,
				   "the certificate that is revoked is not in it, by issuer and "
				   "serial number");
}

static int spares(struct pki_look *look)
{
	bool is = false;
	int err = is_listed(look, PKI_CERTIFICATE, &is);

	return err || !is
		       ? err
		       : err_set(&look->why, EBADMSG, "a certificate that is not revoked is in it");
}

static int crl_usable(struct pki_look *look)
{
	AUTO(trust_free) struct trust *trust = NULL;

	return pki_trust_get(look, PKI_TRUST_CRL, &trust);
}

#define CERTS (PKI_IS(PKI_CERTIFICATE) | PKI_IS(PKI_REVOKED))
#define CRL   PKI_IS(PKI_CRL)

const struct pki_check pki_cert_checks[] = {
	{"pem", PKI_IS_CHAIN, "certificates in PEM", pem},
	{"order", PKI_IS_CHAIN, "leaf first, then the issuer of each", order},
	{"profile", CERTS, "of the SHAKEN profile", profile},
	{"spc", CERTS, "with a TNAuthList that holds the provider's SPC", spc},
	{"path", CERTS, "with all certificates up to an approved root", path},
	{"unrevoked", CERTS, "not revoked", unrevoked},
	{"points", CERTS, "with a CRL distribution point that is the CRL's URL", points},
	{"indirect", CRL, "an indirect CRL, complete", crl_form},
	{"current", CRL, "thisUpdate behind, nextUpdate ahead", current},
	{"crl-signer", CRL, "signed by its issuer, who may", crl_signer},
	{"lists", CRL, "with the certificate that is revoked", lists},
	{"spares", CRL, "without those that are not", spares},
	{"crl-usable", CRL, "taken by a verifier", crl_usable},
	{0},
};
