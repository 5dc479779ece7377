/* Role pki: the implementation's root, list and CRL, as somebody takes them who has only the root by hand. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/base/env.h"
#include "sim/oobsim/roles/role_pki.h"

DEFINE_AUTO(struct trust, trust_free)
DEFINE_AUTO(char, free)

/* For the life of a trust */
static const struct env *clock_env(void)
{
	static struct env_shift shift;
	static struct env env;

	env = env_system(&shift);
	return &env;
}

/* Append what a URL gives */
int pki_fetch(struct pki_look *look, const char *url, struct buf *ret)
{
	struct answer a = {.body = BUF(0)};
	int err = pki_get(look->p, url, &a);

	if (!err && a.err)
		err = err_set(&look->why, EBADMSG, "%.200s: no answer: %s", url, a.text);
	else if (!err && a.status != 200)
		err = err_set(&look->why, EBADMSG, "%.200s: status %u", url, a.status);
	else if (!err)
		err = buf_addsv(ret, buf_sv(&a.body));
	buf_free(&a.body);
	return err;
}

static int fetch_told(struct pki_look *look, enum pki_what what, struct buf *ret)
{
	BUF_AUTO struct buf url = BUF(PKI_TOLD_MAX);
	int err = pki_told(look->p, pki_what_words[what], &url, &look->why);

	return err ? err : pki_fetch(look, url.p, ret);
}

int pki_chain_at(struct pki_look *look, const char *url, struct cert_chain **ret)
{
	BUF_AUTO struct buf pem = BUF(CERT_CHAIN_MAX_LEN);
	char text[FAULT_TEXT_MAX];
	struct fault fault = {.check = "chain"};
	int err = pki_fetch(look, url, &pem);

	if (!err)
		err = cert_chain_parse(ret, buf_sv(&pem), &fault);
	else
		return err;
	if (err != EBADMSG)
		return err;
	fault_text(&fault, text);
	return err_set(&look->why, EBADMSG, "%.200s: %s", url, text);
}

static int add_list(struct pki_look *look, struct trust *trust)
{
	BUF_AUTO struct buf jwt = BUF(1u << 20);
	BUF_AUTO struct buf chain = BUF(CERT_CHAIN_MAX_LEN);
	AUTO(free) char *x5u = NULL;
	struct err e = {""};
	int err = fetch_told(look, PKI_CA_LIST, &jwt);

	if (err)
		return err;
	x5u = trust_list_x5u(buf_sv(&jwt));
	if (!x5u)
		return err_set(&look->why, EBADMSG, "the list of STI-CAs has no x5u");
	err = pki_fetch(look, x5u, &chain);
	if (err)
		return err;
	err = trust_set_ca_list(trust, buf_sv(&jwt), buf_sv(&chain), &e);
	return err ? err_set(&look->why, err, "the list of STI-CAs: %s", e.s) : 0;
}

static int add_crl(struct pki_look *look, struct trust *trust)
{
	BUF_AUTO struct buf crl = BUF(1u << 20);
	BUF_AUTO struct buf chain = BUF(CERT_CHAIN_MAX_LEN);
	struct err e = {""};
	int err = fetch_told(look, PKI_CRL, &crl);

	if (!err)
		err = fetch_told(look, PKI_CRL_CHAIN, &chain);
	if (err)
		return err;
	err = trust_set_crl(trust, buf_sv(&crl), buf_sv(&chain), &e);
	return err ? err_set(&look->why, err, "the CRL: %s", e.s) : 0;
}

int pki_trust_get(struct pki_look *look, enum pki_trust upto, struct trust **ret)
{
	AUTO(trust_free) struct trust *trust = NULL;
	BUF_AUTO struct buf root = BUF(CERT_CHAIN_MAX_LEN);
	int err = pki_told_pem(look->p, PKI_ROOT, &root, &look->why);

	if (!err)
		err = trust_alloc(&trust, buf_sv(&root), clock_env(), &look->why);
	if (!err && upto >= PKI_TRUST_LIST)
		err = add_list(look, trust);
	if (!err && upto >= PKI_TRUST_CRL)
		err = add_crl(look, trust);
	if (err)
		return err;
	*ret = trust;
	trust = NULL;
	return 0;
}
