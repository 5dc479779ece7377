/* The end entity's row of the SHAKEN certificate profile (ATIS-1000080 §6.4.1). Of others'
 * certificates only that is asked for on which trust rests; what certgen.c writes keeps the whole
 * profile. */
#include <ctype.h>
#include <errno.h>

#include "lib/stir/cert_ossl.h"
#include "lib/stir/ossl.h"

static bool has_extension(const X509 *x, const char *oid)
{
	AUTO(ASN1_OBJECT_free) ASN1_OBJECT *obj = OBJ_txt2obj(oid, 1);

	/* out of memory counts as there: the caller refuses */
	return !obj || X509_get_ext_by_OBJ(x, obj, -1) >= 0;
}

static int check_key(const struct cert_chain *chain, struct fault *fault)
{
	EVP_PKEY *pkey = X509_get0_pubkey(cert_chain_x509(chain, 0));
	char group[64] = "";
	size_t l = 0;

	if (cert_chain_key(chain))
		return 0;
	if (pkey && EVP_PKEY_get_group_name(pkey, group, sizeof(group), &l) == 1)
		return fault_set(fault, REASON_CERT_KEY, "EC P-256", "EC %s", group);
	ERR_clear_error();
	return fault_set(fault, REASON_CERT_KEY, "EC P-256", "%s",
			 pkey ? EVP_PKEY_get0_type_name(pkey) : "a key that cannot be read");
}

static int check_usage(X509 *x, struct fault *fault)
{
	uint32_t flags = X509_get_extension_flags(x);
	uint32_t usage = X509_get_key_usage(x);

	if (X509_get_version(x) != X509_VERSION_3)
		return fault_set(fault, REASON_CERT_PROFILE, "version 3", "version %ld",
				 X509_get_version(x) + 1);
	if (flags & EXFLAG_INVALID)
		return fault_set(fault, REASON_CERT_PROFILE, "extensions that can be read",
				 "one that cannot");
	if (flags & EXFLAG_CA)
		return fault_set(fault, REASON_CERT_PROFILE, "an end entity",
				 "a CA (BasicConstraints cA)");
	if (!(flags & EXFLAG_KUSAGE))
		return fault_set(fault, REASON_CERT_PROFILE, "key usage digitalSignature only",
				 "no key usage");
	if (usage != X509v3_KU_DIGITAL_SIGNATURE)
		return fault_set(fault, REASON_CERT_PROFILE, "key usage digitalSignature only",
				 "key usage bits %#x", usage);
	/* RFC 8226 §8: who sees claim constraints must enforce them. We do not, so such a
	 * certificate must not pass */
	if (has_extension(x, OID_CLAIM_CONSTRAINTS) || has_extension(x, OID_ECLAIM_CONSTRAINTS))
		return fault_set(fault, REASON_CERT_PROFILE, "no JWTClaimConstraints",
				 "JWTClaimConstraints");
	return 0;
}

static int check_spc(const struct cert_chain *chain, struct fault *fault)
{
	static const char want[] = "a TNAuthList of exactly one Service Provider Code";
	struct cert_info info;
	const char *spc = cert_chain_spc(chain);

	for (const char *p = spc; *p; p++)
		if (!isalnum((unsigned char)*p))
			return fault_set(fault, REASON_CERT_SPC, "an SPC of letters and digits",
					 "\"%s\"", spc);
	if (*spc)
		return 0;
	(void)cert_chain_info(chain, 0, &info);
	if (info.tnauth_count == 0)
		return fault_set(fault, REASON_CERT_SPC, want, "no TNAuthList");
	if (info.tnauth_count < 0)
		return fault_set(fault, REASON_CERT_SPC, want, "a TNAuthList that cannot be read");
	if (info.tnauth_count > 1)
		return fault_set(fault, REASON_CERT_SPC, want, "%d entries", info.tnauth_count);
	return fault_set(fault, REASON_CERT_SPC, want, "telephone number%s %s",
			 info.tnauth[0].kind == TNAUTH_RANGE ? "s from" : "", info.tnauth[0].value);
}

int cert_chain_check_profile(const struct cert_chain *chain, struct fault *fault)
{
	int err = check_key(chain, fault);

	if (!err)
		err = check_usage(cert_chain_x509(chain, 0), fault);
	return err ? err : check_spc(chain, fault);
}
