#include "lib/stir/crl_look.h"

#include <errno.h>

#include "lib/stir/cert_ossl.h"
#include "lib/stir/crl_ossl.h"

int crl_look(struct crl_facts *ret, struct sv crl, struct err *e)
{
	struct crl read;
	int err = crl_read(&read, crl, e);

	if (err)
		return err;
	*ret = (struct crl_facts){
		.this_update_s = read.this_update_s,
		.next_update_s = read.next_update_s,
		.has_number = read.number != NULL,
	};
	/* -1: it has no list at all */
	if (X509_CRL_get_REVOKED(read.x))
		ret->entries = (size_t)sk_X509_REVOKED_num(X509_CRL_get_REVOKED(read.x));
	crl_clear(&read);
	return 0;
}

static int check_signer(const struct crl *crl, X509 *signer, struct err *e)
{
	if (X509_NAME_cmp(X509_CRL_get_issuer(crl->x), X509_get_subject_name(signer)) != 0)
		return err_set(e, EBADMSG, "CRL: its issuer is not the subject of its signer");
	if (!(X509_get_key_usage(signer) & KU_CRL_SIGN))
		return err_set(e, EBADMSG, "CRL: its signer may sign none (key usage cRLSign)");
	if (X509_CRL_verify(crl->x, X509_get0_pubkey(signer)) > 0)
		return 0;
	ERR_clear_error();
	return err_set(e, EBADMSG, "CRL: signature does not verify");
}

int crl_look_signer(struct sv crl, const struct cert_chain *chain, struct err *e)
{
	struct crl read;
	int err = crl_read(&read, crl, e);

	if (err)
		return err;
	err = check_signer(&read, cert_chain_x509(chain, 0), e);
	crl_clear(&read);
	return err;
}

int crl_look_up(bool *ret, struct sv crl, const struct cert_chain *chain, size_t i, struct err *e)
{
	struct crl read;
	int err = crl_read(&read, crl, e);

	if (err)
		return err;
	*ret = crl_lists(&read, cert_chain_x509(chain, i));
	crl_clear(&read);
	return 0;
}
