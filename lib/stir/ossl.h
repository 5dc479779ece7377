/** @file ossl.h  What our own files that call OpenSSL share: clean-up, errors, text, times. For
 * lib/stir only.
 *
 * OpenSSL keeps errors in a queue of the thread, and libcurl works on the same thread: who lets an
 * OpenSSL call fail takes its errors off that queue, by ossl_error() or ERR_clear_error().
 */
#ifndef STIR_OSSL_H
#define STIR_OSSL_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "lib/base/auto.h"
#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/sv.h"

static inline void ossl_free_mem_auto(unsigned char **p)
{
	OPENSSL_free(*p);
}

DEFINE_AUTO(BIO, BIO_free_all)
DEFINE_AUTO(BIGNUM, BN_free)
DEFINE_AUTO(EVP_PKEY, EVP_PKEY_free)
DEFINE_AUTO(X509, X509_free)
DEFINE_AUTO(X509_REQ, X509_REQ_free)
DEFINE_AUTO(X509_CRL, X509_CRL_free)
DEFINE_AUTO(X509_REVOKED, X509_REVOKED_free)
DEFINE_AUTO(X509_NAME, X509_NAME_free)
DEFINE_AUTO(X509_EXTENSION, X509_EXTENSION_free)
DEFINE_AUTO(X509_STORE, X509_STORE_free)
DEFINE_AUTO(X509_STORE_CTX, X509_STORE_CTX_free)
DEFINE_AUTO(ASN1_OBJECT, ASN1_OBJECT_free)
DEFINE_AUTO(ASN1_INTEGER, ASN1_INTEGER_free)
DEFINE_AUTO(ASN1_OCTET_STRING, ASN1_OCTET_STRING_free)
DEFINE_AUTO(ASN1_TIME, ASN1_TIME_free)
DEFINE_AUTO(CERTIFICATEPOLICIES, CERTIFICATEPOLICIES_free)
DEFINE_AUTO(CRL_DIST_POINTS, CRL_DIST_POINTS_free)
DEFINE_AUTO(GENERAL_NAMES, GENERAL_NAMES_free)
DEFINE_AUTO(ISSUING_DIST_POINT, ISSUING_DIST_POINT_free)

/** Largest text that OpenSSL is given to parse; a view longer than this is no view of ours */
#define OSSL_IN_MAX (64u << 20)

/** A BIO that reads the view. @return NULL when out of memory or longer than OSSL_IN_MAX */
BIO *ossl_reader(struct sv v);

/** Append all that was written to a memory BIO */
int ossl_take(struct buf *ret, BIO *bio);

/** Set the text to `what: <OpenSSL's reason>`, empty the queue. @return code */
int ossl_error(struct err *e, int code, const char *what);

/** A distinguished name as RFC 2253 text, cut to fit, always terminated. @return ret */
const char *ossl_name(const X509_NAME *name, char *ret, size_t size);

/** Seconds since 1970. @return false for a time that is no time */
bool ossl_time(const ASN1_TIME *t, int64_t *ret_s);

#endif
