/** @file certgen_ossl.h  Parts that certificates, requests and CRLs are made of. For lib/stir only.
 */
#ifndef STIR_CERTGEN_OSSL_H
#define STIR_CERTGEN_OSSL_H

#include "lib/stir/cert_ossl.h"
#include "lib/stir/ossl.h"

/** Certificate policy of SHAKEN, version 1.4 */
#define OID_SHAKEN_POLICY "2.16.840.1.114569.1.1.4"

/** Fill a name with C=US, O and CN; NULL leaves one out. @return 0; EINVAL with text (empty, longer
 * than 64) */
int dn_fill(X509_NAME *ret, const char *organization, const char *common_name, struct err *e);

/** Names that hold this one directoryName. @return new, NULL when out of memory */
GENERAL_NAMES *dn_general_names(const X509_NAME *dn);

/** An entry for an SPC of the profile. @return 0; EINVAL with text: not 1 to SPC_MAX of 0-9 and A-Z
 */
int spc_entry(struct tnauth *ret, const char *spc, struct err *e);

/** The extension TNAuthList, not critical (RFC 8226 §9). @return 0; EINVAL with text; ENOMEM */
int ext_tnauth(X509_EXTENSION **ret, const struct tnauth *v, size_t n, struct err *e);

/** Value of CRLDistributionPoints: one point with fullName and cRLIssuer. @return new, NULL when
 * out of memory */
CRL_DIST_POINTS *ext_crl_points(const char *url, const X509_NAME *crl_issuer);

/** Value of CertificatePolicies: the one policy OID of SHAKEN. @return new, NULL when out of memory */
CERTIFICATEPOLICIES *ext_policies(void);

/** Append `DNS:…,IP:…` for subjectAltName. @return 0; EINVAL with text for what is neither name nor
 * address */
int ext_san_text(struct buf *ret, const char *const *san, struct err *e);

#endif
