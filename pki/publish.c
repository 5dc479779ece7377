#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/stir/list.h"
#include "pki/publish.h"

DEFINE_AUTO(json_t, json_decref)
DEFINE_AUTO(struct cert_chain, cert_chain_unref)

int crl_url(struct buf *ret, const struct pki *pki)
{
	return buf_printf(ret, "%s/crl", pki->state.base_url);
}

/* The roots as PEM strings (ATIS-1000084). */
static int roots_json(json_t *list, const struct pki *pki, struct err *e)
{
	for (int64_t i = 1; i <= pki->state.cas; i++) {
		char path[PATH_MAX];
		char *pem;
		int err = pki_path(pki, path, e, "ca%lld/root.pem", (long long)i);

		if (!err)
			err = file_read(&pem, NULL, path, CERT_CHAIN_MAX_LEN, e);
		if (err)
			return err;
		err = json_array_append_new(list, json_string(pem)) ? ENOMEM : 0;
		free(pem);
		if (err)
			return err;
	}
	return 0;
}

int publish_list(struct pki *pki, int64_t exp_s, struct err *e)
{
	HOLDER_AUTO struct holder signer = {0};
	AUTO(json_decref) json_t *list = json_array();
	BUF_AUTO struct buf x5u = BUF(4096);
	BUF_AUTO struct buf jwt = BUF(LIST_MAX_LEN);
	int err = list ? holder_load(&signer, pki, "pa/signer", e) : ENOMEM;

	if (!err)
		err = roots_json(list, pki, e);
	if (!err)
		err = buf_printf(&x5u, "%s/pa/signer.pem", pki->state.base_url);
	if (err)
		return err;
	err = list_sign(&jwt, x5u.p, pki->state.sequence + 1, exp_s, "trustList", list, signer.key);
	if (err)
		return err_set(e, err, "the list of approved STI-CAs cannot be signed: %s",
			       strerror(err));
	err = pki_write(pki, "pa/ca-list.jwt", buf_sv(&jwt), e);
	if (!err)
		pki->state.sequence++;
	return err;
}

void publish_revoked_clear(struct crl_entry *entries, size_t n)
{
	for (size_t i = 0; entries && i < n; i++)
		cert_chain_unref((struct cert_chain *)entries[i].chain);
}

struct crl_entry *publish_revoked(const struct pki *pki, struct err *e)
{
	const struct revoked *revoked = pki->state.revoked.v;
	size_t n = pki->state.revoked.n;
	struct crl_entry *entries = calloc(n + 1, sizeof(*entries));

	for (size_t i = 0; entries && i < n; i++) {
		struct fault fault;
		struct cert_chain *chain;

		if (cert_chain_parse(&chain, sv_from(revoked[i].pem), &fault)) {
			publish_revoked_clear(entries, i);
			free(entries);
			err_set(e, EBADMSG, "%s/pki.json: /revoked/%zu/pem: expected a certificate",
				pki->dir, i);
			return NULL;
		}
		entries[i] = (struct crl_entry){chain, revoked[i].at_s};
	}
	return entries;
}

int publish_crl(struct pki *pki, int64_t this_update_s, int64_t next_update_s, struct err *e)
{
	HOLDER_AUTO struct holder signer = {0};
	BUF_AUTO struct buf pem = BUF(CRL_TEXT_MAX);
	BUF_AUTO struct buf der = BUF(CRL_TEXT_MAX);
	struct crl_entry *entries;
	struct cert_issuer issuer;
	int err = holder_load(&signer, pki, "pa/signer", e);

	if (err)
		return err;
	entries = publish_revoked(pki, e);
	if (!entries)
		return EBADMSG;
	issuer = holder_issuer(&signer);
	err = crl_make(&pem, &issuer, entries, pki->state.revoked.n, pki->state.crl_number + 1,
		       this_update_s, next_update_s, e);
	publish_revoked_clear(entries, pki->state.revoked.n);
	free(entries);
	if (!err)
		err = crl_der(&der, buf_sv(&pem), e);
	if (!err)
		err = pki_write(pki, "pa/crl.pem", buf_sv(&pem), e);
	if (!err)
		err = pki_write(pki, "pa/crl.der", buf_sv(&der), e);
	if (!err)
		pki->state.crl_number++;
	return err;
}

static int issue(struct buf *ret, const struct pki *pki, const struct order *order,
		 const struct stir_key *key, struct err *e)
{
	HOLDER_AUTO struct holder ca = {0};
	AUTO(cert_chain_unref) struct cert_chain *pa = NULL;
	BUF_AUTO struct buf url = BUF(4096);
	char name[64], path[PATH_MAX], organization[64];
	struct cert_issuer issuer;
	struct cert_spec spec = {
		.kind = CERT_STI_LEAF,
		.organization = order->organization ? order->organization : organization,
		.spc = order->spc,
		.not_before_s = order->not_before_s,
		.not_after_s = order->not_after_s,
	};
	int err;

	(void)snprintf(name, sizeof(name), "ca%lld/intermediate", (long long)order->ca);
	(void)snprintf(organization, sizeof(organization), "Example Provider %s", order->spc);
	err = holder_load(&ca, pki, name, e);
	if (!err)
		err = pki_path(pki, path, e, "pa/signer.pem");
	if (!err)
		err = cert_chain_load(&pa, path, e);
	if (!err)
		err = crl_url(&url, pki);
	if (err)
		return err;
	spec.crl_url = url.p;
	issuer = holder_issuer(&ca);
	return cert_issue(ret, &spec, key, &issuer, pa, &pki->env, e);
}

/* Serial number of the leaf, lower case. */
static int leaf_id(char ret[64], struct sv pem, struct err *e)
{
	AUTO(cert_chain_unref) struct cert_chain *chain = NULL;
	struct fault fault;
	struct cert_info info;

	if (cert_chain_parse(&chain, pem, &fault) || cert_chain_info(chain, 0, &info))
		return err_set(e, EIO, "the certificate just made cannot be read");
	for (size_t i = 0; i < sizeof(info.serial); i++)
		ret[i] = (char)tolower((unsigned char)info.serial[i]);
	return 0;
}

int publish_cert(struct issued *ret, const struct pki *pki, const struct order *order,
		 const struct stir_key *key, struct err *e)
{
	BUF_AUTO struct buf pem = BUF(CERT_CHAIN_MAX_LEN);
	struct issued issued = {0};
	char name[64];
	int err;

	if (order->ca < 1 || order->ca > pki->state.cas)
		return err_set(e, EINVAL, "--ca: expected an STI-CA from 1 to %lld, got %lld",
			       (long long)pki->state.cas, (long long)order->ca);
	err = issue(&pem, pki, order, key, e);
	if (!err)
		err = leaf_id(issued.id, buf_sv(&pem), e);
	(void)snprintf(name, sizeof(name), "ca%lld/intermediate.pem", (long long)order->ca);
	if (!err)
		err = pki_append(&pem, pki, name, e);
	if (!err)
		err = pki_path(pki, issued.chain, e, "certs/%s.pem", issued.id);
	if (!err)
		err = file_write(issued.chain, buf_sv(&pem), e);
	if (err)
		return err;
	issued.pem = pem;
	pem = BUF(0);
	*ret = issued;
	return 0;
}

int print_json(json_t *object, struct err *e)
{
	int err = object ? json_dumpf(object, stdout, JSON_COMPACT) : -1;

	json_decref(object);
	if (err)
		return err_set(e, ENOMEM, "out of memory");
	return puts("") < 0 ? err_set(e, EIO, "standard output: %s", strerror(errno)) : 0;
}

json_t *issued_json(const struct issued *issued, const struct pki *pki, const struct order *order,
		    const char *key_path)
{
	BUF_AUTO struct buf x5u = BUF(4096);
	char ca[32];

	(void)snprintf(ca, sizeof(ca), "ca%lld", (long long)order->ca);
	if (buf_printf(&x5u, "%s/certificates/%s.pem", pki->state.base_url, issued->id))
		return NULL;
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s*}", "spc", order->spc, "ca", ca, "serial",
			 issued->id, "x5u", x5u.p, "chain", issued->chain, "key", key_path);
}
