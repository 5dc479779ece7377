#include <errno.h>
#include <string.h>

#include <arpa/inet.h>

#include "lib/stir/certgen_ossl.h"

#define SPC_ALPHABET "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DNS_ALPHABET "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.*"

DEFINE_AUTO(GENERAL_NAME, GENERAL_NAME_free)
DEFINE_AUTO(ASN1_IA5STRING, ASN1_IA5STRING_free)

int dn_fill(X509_NAME *ret, const char *organization, const char *common_name, struct err *e)
{
	static const char *const fields[] = {"C", "O", "CN"};
	const char *values[] = {"US", organization, common_name};

	for (size_t i = 0; i < 3; i++) {
		/* OpenSSL holds the bounds of RFC 5280 App. A: 64 characters */
		if (!values[i] ||
		    X509_NAME_add_entry_by_txt(ret, fields[i], MBSTRING_UTF8,
					       (const unsigned char *)values[i], -1, -1, 0))
			continue;
		ERR_clear_error();
		return err_set(e, EINVAL,
			       "%s of the subject: expected 1 to 64 characters, got \"%s\"",
			       fields[i], values[i]);
	}
	return 0;
}

/* Names with one member, which takes `value` over. */
static GENERAL_NAMES *one_name(int type, void *value)
{
	AUTO(GENERAL_NAMES_free) GENERAL_NAMES *names = GENERAL_NAMES_new();
	AUTO(GENERAL_NAME_free) GENERAL_NAME *name = GENERAL_NAME_new();
	GENERAL_NAMES *ret = names;

	if (!names || !name || !sk_GENERAL_NAME_push(names, name))
		return NULL;
	GENERAL_NAME_set0_value(name, type, value);
	name = NULL;
	names = NULL;
	return ret;
}

GENERAL_NAMES *dn_general_names(const X509_NAME *dn)
{
	AUTO(X509_NAME_free) X509_NAME *copy = X509_NAME_dup(dn);
	GENERAL_NAMES *ret = copy ? one_name(GEN_DIRNAME, copy) : NULL;

	if (ret)
		copy = NULL;
	return ret;
}

static GENERAL_NAMES *uri_general_names(const char *uri)
{
	AUTO(ASN1_IA5STRING_free) ASN1_IA5STRING *text = ASN1_IA5STRING_new();
	GENERAL_NAMES *ret = NULL;

	if (text && ASN1_STRING_set(text, uri, -1))
		ret = one_name(GEN_URI, text);
	if (ret)
		text = NULL;
	return ret;
}

CRL_DIST_POINTS *ext_crl_points(const char *url, const X509_NAME *crl_issuer)
{
	AUTO(CRL_DIST_POINTS_free) CRL_DIST_POINTS *points = CRL_DIST_POINTS_new();
	DIST_POINT *point = DIST_POINT_new();
	CRL_DIST_POINTS *ret = points;

	if (!points || !point || !sk_DIST_POINT_push(points, point)) {
		DIST_POINT_free(point);
		return NULL;
	}
	point->distpoint = DIST_POINT_NAME_new();
	if (!point->distpoint)
		return NULL;
	point->distpoint->type = 0; /* fullName */
	point->distpoint->name.fullname = uri_general_names(url);
	point->CRLissuer = dn_general_names(crl_issuer);
	if (!point->distpoint->name.fullname || !point->CRLissuer)
		return NULL;
	points = NULL;
	return ret;
}

CERTIFICATEPOLICIES *ext_policies(void)
{
	AUTO(CERTIFICATEPOLICIES_free) CERTIFICATEPOLICIES *policies = CERTIFICATEPOLICIES_new();
	POLICYINFO *policy = POLICYINFO_new();
	CERTIFICATEPOLICIES *ret = policies;

	if (!policies || !policy || !sk_POLICYINFO_push(policies, policy)) {
		POLICYINFO_free(policy);
		return NULL;
	}
	policy->policyid = OBJ_txt2obj(OID_SHAKEN_POLICY, 1);
	if (!policy->policyid)
		return NULL;
	policies = NULL;
	return ret;
}

int spc_entry(struct tnauth *ret, const char *spc, struct err *e)
{
	size_t l = strlen(spc);

	if (l < 1 || l > SPC_MAX || strspn(spc, SPC_ALPHABET) != l)
		return err_set(e, EINVAL, "SPC: expected 1 to %d of 0-9 and A-Z, got \"%s\"",
			       SPC_MAX, spc);
	*ret = (struct tnauth){.kind = TNAUTH_SPC};
	memcpy(ret->value, spc, l);
	return 0;
}

int ext_tnauth(X509_EXTENSION **ret, const struct tnauth *v, size_t n, struct err *e)
{
	BUF_AUTO struct buf der = BUF(CERT_CHAIN_MAX_LEN);
	AUTO(ASN1_OBJECT_free) ASN1_OBJECT *oid = OBJ_txt2obj(OID_TNAUTHLIST, 1);
	AUTO(ASN1_OCTET_STRING_free) ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
	int err = tnauth_encode(&der, v, n);

	if (err == EINVAL)
		return err_set(e, EINVAL,
			       "TNAuthList: expected 1 to %d SPCs, numbers or ranges of 2 or more, "
			       "got %zu that are not all such",
			       TNAUTH_MAX, n);
	if (err || !oid || !value ||
	    !ASN1_OCTET_STRING_set(value, (const unsigned char *)der.p, (int)der.l))
		return ENOMEM;
	*ret = X509_EXTENSION_create_by_OBJ(NULL, oid, 0, value);
	return *ret ? 0 : ENOMEM;
}

static bool is_address(const char *text)
{
	uint8_t octets[16];

	return inet_pton(strchr(text, ':') ? AF_INET6 : AF_INET, text, octets) == 1;
}

int ext_san_text(struct buf *ret, const char *const *san, struct err *e)
{
	for (size_t i = 0; san[i]; i++) {
		bool address = is_address(san[i]);
		size_t l = strlen(san[i]);

		/* the text form separates by commas: nothing else than a name may come in here */
		if (!address && (!l || l > 253 || strspn(san[i], DNS_ALPHABET) != l))
			return err_set(
				e, EINVAL,
				"subjectAltName: expected a DNS name or an address, got \"%s\"",
				san[i]);
		(void)buf_printf(ret, "%s%s:%s", i ? "," : "", address ? "IP" : "DNS", san[i]);
	}
	return ret->err;
}
