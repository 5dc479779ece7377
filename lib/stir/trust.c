#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/x509_vfy.h>

#include "lib/stir/crl_ossl.h"
#include "lib/stir/list.h"
#include "lib/stir/path.h"
#include "lib/stir/trust.h"

#define LIST_MEMBER "trustList"

DEFINE_AUTO(struct cert_chain, cert_chain_unref)

struct trust {
	const struct env *env;
	struct cert_chain *pa_root;
	X509_STORE *pa; /* with the one root */
	uint64_t generation;

	struct signed_list list; /* token NULL: never had one */
	X509_STORE *roots;       /* of the list */

	struct crl crl; /* x NULL: never had one */
};

/* One certificate that may be an anchor: alone in its PEM, signed by itself, a CA. */
static int read_root(struct cert_chain **ret, struct sv pem, struct err *e)
{
	AUTO(cert_chain_unref) struct cert_chain *chain = NULL;
	struct fault fault = {0};
	char name[256];
	X509 *x;
	int err = cert_chain_parse(&chain, pem, &fault);

	if (err == EBADMSG)
		return err_set(e, err, "expected a root certificate in PEM, got %s", fault.got);
	if (err)
		return err;
	x = cert_chain_x509(chain, 0);
	ossl_name(X509_get_subject_name(x), name, sizeof(name));
	if (cert_chain_count(chain) != 1)
		return err_set(e, EBADMSG, "expected one root certificate, got %zu certificates",
			       cert_chain_count(chain));
	if (X509_check_ca(x) != 1 || !cert_is_self_signed(x))
		return err_set(e, EBADMSG, "expected a root (a CA that signed itself), got %s",
			       name);
	*ret = chain;
	chain = NULL;
	return 0;
}

static int store_add(X509_STORE *store, const struct cert_chain *root)
{
	/* the same certificate twice is no error of this call */
	return X509_STORE_add_cert(store, cert_chain_x509(root, 0)) == 1 ? 0 : ENOMEM;
}

static int set_anchor(struct trust *trust, struct sv pem, struct err *e)
{
	int err;

	trust->pa = X509_STORE_new();
	if (!trust->pa)
		return ENOMEM;
	err = read_root(&trust->pa_root, pem, e);
	if (err == EBADMSG)
		err_prefix(e, "root of the STI-PA: ");
	return err ? err : store_add(trust->pa, trust->pa_root);
}

int trust_alloc(struct trust **ret, struct sv pa_root_pem, const struct env *env, struct err *e)
{
	struct trust *trust = calloc(1, sizeof(*trust));
	int err;

	err_set(e, 0, "out of memory");
	if (!trust)
		return ENOMEM;
	trust->env = env;
	err = set_anchor(trust, pa_root_pem, e);
	if (err)
		trust_free(trust);
	else
		*ret = trust;
	return err;
}

void trust_free(struct trust *trust)
{
	if (!trust)
		return;
	cert_chain_unref(trust->pa_root);
	X509_STORE_free(trust->pa);
	signed_list_clear(&trust->list);
	X509_STORE_free(trust->roots);
	crl_clear(&trust->crl);
	free(trust);
}

/* May the i-th certificate sign for the STI-PA? Path to its pinned root, and the key usage. */
static int check_signer(const struct trust *trust, const struct cert_chain *chain, size_t i,
			uint32_t usage, const char *what, struct err *e)
{
	X509 *x = cert_chain_x509(chain, i);
	struct fault fault = {0};
	char name[256];
	int err = path_check(chain, i, trust->pa, NULL, env_now_s(trust->env), &fault);

	ossl_name(X509_get_subject_name(x), name, sizeof(name));
	if (err == EBADMSG)
		return err_set(e, err,
			       "%s: signer %s: expected a path to the pinned root of the STI-PA, "
			       "got %s: %s",
			       what, name, reason_info(fault.reason)->name, fault.got);
	if (err)
		return err;
	/* all bits are set when there is no key usage at all */
	if (X509_get_key_usage(x) & usage)
		return 0;
	return err_set(e, EBADMSG, "%s: signer %s has no key usage for it", what, name);
}

static int parse_signer(struct cert_chain **ret, struct sv pem, const char *what, struct err *e)
{
	struct fault fault = {0};
	int err = cert_chain_parse(ret, pem, &fault);

	return err == EBADMSG
		       ? err_set(e, err, "%s: expected the chain of its signer in PEM, got %s",
				 what, fault.got)
		       : err;
}

/* The list's roots as a store. */
static int read_roots(X509_STORE **ret, const json_t *content, struct err *e)
{
	AUTO(X509_STORE_free) X509_STORE *roots = X509_STORE_new();
	size_t i;
	json_t *entry;

	if (!roots)
		return ENOMEM;
	if (!json_is_array(content))
		return err_set(e, EBADMSG, "list: expected an array as member \"" LIST_MEMBER "\"");
	json_array_foreach (content, i, entry) {
		AUTO(cert_chain_unref) struct cert_chain *root = NULL;
		struct sv pem = {json_string_value(entry), json_string_length(entry)};
		int err = read_root(&root, pem, e);

		if (err == EBADMSG)
			err_prefix(e, "list: " LIST_MEMBER "[%zu]: ", i);
		if (!err)
			err = store_add(roots, root);
		if (err)
			return err;
	}
	*ret = roots;
	roots = NULL;
	return 0;
}

/* Against what is held. A list that is signed anew with the same content lives longer; nothing else
 * may happen under the same sequence number. */
static int check_sequence(const struct signed_list *held, const struct signed_list *list,
			  struct err *e)
{
	if (!held->token || list->sequence > held->sequence)
		return 0;
	if (list->sequence < held->sequence)
		return err_set(e, EBADMSG, "list: sequence %lld is lower than %lld, which is held",
			       (long long)list->sequence, (long long)held->sequence);
	if (!json_equal(list->content, held->content))
		return err_set(e, EBADMSG, "list: other content under the same sequence %lld",
			       (long long)list->sequence);
	return list->exp_s > held->exp_s
		       ? 0
		       : err_set(e, EALREADY, "list: sequence %lld is held already",
				 (long long)list->sequence);
}

static int take_list(struct trust *trust, struct signed_list *list, struct sv chain_pem,
		     struct err *e)
{
	AUTO(cert_chain_unref) struct cert_chain *signer = NULL;
	X509_STORE *roots = NULL;
	int err = parse_signer(&signer, chain_pem, "list", e);

	if (!err)
		err = check_signer(trust, signer, 0, X509v3_KU_DIGITAL_SIGNATURE, "list", e);
	if (!err)
		err = list_verify(list, signer, env_now_s(trust->env), e);
	if (!err)
		err = check_sequence(&trust->list, list, e);
	if (!err)
		err = read_roots(&roots, list->content, e);
	if (err)
		return err;
	X509_STORE_free(trust->roots);
	trust->roots = roots;
	signed_list_clear(&trust->list);
	trust->list = *list;
	trust->generation++;
	return 0;
}

int trust_set_ca_list(struct trust *trust, struct sv jwt, struct sv chain_pem, struct err *e)
{
	struct signed_list list;
	int err = list_parse(&list, jwt, LIST_MEMBER, e);

	if (err)
		return err;
	err_set(e, 0, "list: out of memory");
	err = take_list(trust, &list, chain_pem, e);
	if (err)
		signed_list_clear(&list);
	return err;
}

char *trust_list_x5u(struct sv jwt)
{
	struct signed_list list;
	char *x5u;

	if (list_parse(&list, jwt, LIST_MEMBER, NULL))
		return NULL;
	x5u = list.x5u;
	list.x5u = NULL;
	signed_list_clear(&list);
	return x5u;
}

static bool names(X509 *x, const struct crl *crl)
{
	return X509_NAME_cmp(X509_get_subject_name(x), X509_CRL_get_issuer(crl->x)) == 0;
}

/* Signature by the certificate that the CRL names as its issuer: one of the signer's chain, or the
 * root itself. */
static int check_crl_signer(const struct trust *trust, const struct crl *crl,
			    const struct cert_chain *chain, struct err *e)
{
	char name[256];
	EVP_PKEY *pkey;
	size_t i = 0;
	int err;

	while (chain && i < cert_chain_count(chain) && !names(cert_chain_x509(chain, i), crl))
		i++;
	if (!chain || i == cert_chain_count(chain)) {
		chain = trust->pa_root;
		i = 0;
	}
	if (!names(cert_chain_x509(chain, i), crl))
		return err_set(e, EBADMSG,
			       "CRL: expected an issuer of the chain given or the root of the "
			       "STI-PA, got %s",
			       ossl_name(X509_CRL_get_issuer(crl->x), name, sizeof(name)));
	err = check_signer(trust, chain, i, X509v3_KU_CRL_SIGN, "CRL", e);
	if (err)
		return err;
	pkey = X509_get0_pubkey(cert_chain_x509(chain, i));
	if (!pkey || X509_CRL_verify(crl->x, pkey) != 1) {
		ERR_clear_error();
		return err_set(e, EBADMSG, "CRL: signature does not verify");
	}
	return 0;
}

/* Against the clock and what is held: a CRL never goes back. */
static int check_crl_order(const struct trust *trust, const struct crl *crl, struct err *e)
{
	const struct crl *held = &trust->crl;
	int64_t now_s = env_now_s(trust->env);

	if (crl->this_update_s > now_s)
		return err_set(e, EBADMSG, "CRL: thisUpdate is %lld s ahead of the clock",
			       (long long)(crl->this_update_s - now_s));
	if (crl->next_update_s < now_s)
		return err_set(e, EBADMSG, "CRL: out of date: nextUpdate was %lld s ago",
			       (long long)(now_s - crl->next_update_s));
	if (!held->x)
		return 0;
	if (X509_CRL_match(held->x, crl->x) == 0)
		return err_set(e, EALREADY, "CRL: held already");
	if (held->number && (!crl->number || BN_cmp(crl->number, held->number) < 0))
		return err_set(e, EBADMSG, "CRL: its number is lower than that of the CRL held");
	if (crl->this_update_s < held->this_update_s)
		return err_set(e, EBADMSG, "CRL: thisUpdate is %lld s before that of the CRL held",
			       (long long)(held->this_update_s - crl->this_update_s));
	return 0;
}

int trust_set_crl(struct trust *trust, struct sv in, struct sv chain_pem, struct err *e)
{
	AUTO(cert_chain_unref) struct cert_chain *signer = NULL;
	struct crl crl;
	int err = sv_trim(chain_pem).l ? parse_signer(&signer, chain_pem, "CRL", e) : 0;

	if (!err)
		err = crl_read(&crl, in, e);
	if (err)
		return err;
	err_set(e, 0, "CRL: out of memory");
	err = check_crl_signer(trust, &crl, signer, e);
	if (!err)
		err = check_crl_order(trust, &crl, e);
	if (err) {
		crl_clear(&crl);
		return err;
	}
	crl_clear(&trust->crl);
	trust->crl = crl;
	trust->generation++;
	return 0;
}

uint64_t trust_generation(const struct trust *trust)
{
	return trust->generation;
}

int64_t trust_list_expires_s(const struct trust *trust)
{
	return trust->list.token ? trust->list.exp_s : 0;
}

int64_t trust_crl_expires_s(const struct trust *trust)
{
	return trust->crl.x ? trust->crl.next_update_s : 0;
}

static int check_path(const struct trust *trust, const struct cert_chain *chain, X509 **ret_anchor,
		      struct fault *fault)
{
	int64_t now_s = env_now_s(trust->env);
	char want[80];
	int err = path_check_dates(cert_chain_x509(chain, 0), now_s, fault);

	if (err)
		return err;
	if (!trust->list.token)
		return fault_set(fault, REASON_CA_LIST_UNUSABLE, "a current list", "none so far");
	if (trust->list.exp_s <= now_s)
		return fault_set(fault, REASON_CA_LIST_UNUSABLE, "a current list",
				 "list %lld, expired %lld s ago", (long long)trust->list.sequence,
				 (long long)(now_s - trust->list.exp_s));
	(void)snprintf(want, sizeof(want), "one of the %zu roots of list %lld",
		       json_array_size(trust->list.content), (long long)trust->list.sequence);
	return path_check_anchor(chain, 0, trust->roots, want, now_s, ret_anchor, fault);
}

int trust_check_path(const struct trust *trust, const struct cert_chain *chain, struct fault *fault)
{
	return check_path(trust, chain, NULL, fault);
}

int trust_check_revoked(const struct trust *trust, const struct cert_chain *chain,
			struct fault *fault)
{
	const struct crl *crl = &trust->crl;
	int64_t now_s = env_now_s(trust->env);
	struct cert_info info;

	if (!crl->x)
		return fault_set(fault, REASON_CRL_UNUSABLE, "a current CRL", "none so far");
	if (now_s < crl->this_update_s || now_s > crl->next_update_s)
		return fault_set(fault, REASON_CRL_UNUSABLE, "a current CRL",
				 now_s > crl->next_update_s ? "one that ended %lld s ago"
							    : "one that begins in %lld s",
				 (long long)(now_s > crl->next_update_s
						     ? now_s - crl->next_update_s
						     : crl->this_update_s - now_s));
	for (size_t i = 0; i < cert_chain_count(chain); i++) {
		if (!crl_lists(crl, cert_chain_x509(chain, i)))
			continue;
		(void)cert_chain_info(chain, i, &info);
		return fault_set(fault, REASON_CERT_REVOKED, NULL, "serial number %s of %s",
				 info.serial, info.issuer);
	}
	return 0;
}

/* CN as UTF-8, which goes into logs, JSON and terminals: without control characters */
static bool common_name(char *ret, size_t size, const X509_NAME *name)
{
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	AUTO(ossl_free_mem) unsigned char *text = NULL;
	int l;

	if (at < 0)
		return false;
	l = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
	if (l <= 0 || (size_t)l >= size)
		return false;
	memcpy(ret, text, (size_t)l);
	ret[l] = '\0';
	for (char *z = ret; *z; z++)
		if ((unsigned char)*z < 0x20 || *z == 0x7f)
			*z = '?';
	return true;
}

static void describe_anchor(struct trust_anchor *ret, X509 *root)
{
	const X509_NAME *name = X509_get_subject_name(root);
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	*ret = (struct trust_anchor){0};
	if (!common_name(ret->name, sizeof(ret->name), name))
		(void)ossl_name(name, ret->name, sizeof(ret->name));
	(void)X509_digest(root, EVP_sha256(), digest, &len);
	for (unsigned i = 0; i < len && 2 * i + 2 < sizeof(ret->id); i++)
		(void)snprintf(ret->id + 2ul * i, 3, "%02x", digest[i]);
	ERR_clear_error();
}

void trust_anchor_of(struct trust_anchor *ret, const struct cert_chain *chain, size_t i)
{
	describe_anchor(ret, cert_chain_x509(chain, i));
}

int trust_check_anchor(const struct trust *trust, const struct cert_chain *chain,
		       struct trust_anchor *ret, struct fault *fault)
{
	AUTO(X509_free) X509 *anchor = NULL;
	int err = check_path(trust, chain, &anchor, fault);

	if (!err)
		describe_anchor(ret, anchor);
	return err;
}

/* Any certificate of an STI-CA's customers chains to its root as well */
static int check_lister_profile(const struct cert_chain *chain, struct fault *fault)
{
	struct cert_info info;

	(void)cert_chain_info(chain, 0, &info);
	if (info.tnauth_count != 0)
		return fault_set(fault, REASON_LIST_SIGNER, "a signer of the authority",
				 "the certificate of a provider (TNAuthList): %s", info.subject);
	if (!(X509_get_key_usage(cert_chain_x509(chain, 0)) & X509v3_KU_DIGITAL_SIGNATURE))
		return fault_set(fault, REASON_LIST_SIGNER, "key usage digitalSignature",
				 "none in %s", info.subject);
	return 0;
}

int trust_check_lister(const struct trust *trust, enum trust_lister who,
		       const struct cert_chain *chain, struct trust_anchor *ret,
		       struct fault *fault)
{
	AUTO(X509_free) X509 *anchor = NULL;
	int err;

	if (who == TRUST_STI_PA)
		err = path_check_anchor(chain, 0, trust->pa, "the pinned root of the STI-PA",
					env_now_s(trust->env), &anchor, fault);
	else
		err = check_path(trust, chain, &anchor, fault);
	if (!err)
		err = check_lister_profile(chain, fault);
	if (!err && who == TRUST_STI_CA)
		err = trust_check_revoked(trust, chain, fault);
	if (!err)
		describe_anchor(ret, anchor);
	return err;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t trust_lister_until_s(const struct trust *trust, enum trust_lister who,
			     const struct cert_chain *chain)
{
	int64_t end_s = cert_chain_earliest_end(chain);

	if (who == TRUST_STI_PA)
		return end_s;
	return earlier(end_s, earlier(trust_list_expires_s(trust), trust_crl_expires_s(trust)));
}
