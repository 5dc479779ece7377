#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/x509_vfy.h>

#include "lib/stir/path.h"

/* 112 bits of security or more: no SHA-1 signatures, no short keys */
#define AUTH_LEVEL 2

/* "2026-01-01T00:00:00Z", and any other number of seconds */
#define TIME_TEXT 32

static const char *time_text(char ret[TIME_TEXT], int64_t t_s)
{
	time_t t = (time_t)t_s;
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(ret, TIME_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm))
		(void)snprintf(ret, TIME_TEXT, "%lld", (long long)t_s);
	return ret;
}

int path_check_dates(X509 *x, int64_t now_s, struct fault *fault)
{
	char begin[TIME_TEXT], end[TIME_TEXT], now[TIME_TEXT], want[2 * TIME_TEXT + 64];
	int64_t begin_s, end_s;

	if (!ossl_time(X509_get0_notBefore(x), &begin_s) ||
	    !ossl_time(X509_get0_notAfter(x), &end_s))
		return fault_set(fault, REASON_CERT_DATE, "dates", "octets that are no date");
	if (begin_s <= now_s && now_s <= end_s)
		return 0;
	(void)snprintf(want, sizeof(want), "a time from %s to %s", time_text(begin, begin_s),
		       time_text(end, end_s));
	return fault_set(fault, REASON_CERT_DATE, want, "%s", time_text(now, now_s));
}

/* What OpenSSL says, in our words. */
static int explain(X509_STORE_CTX *ctx, const char *anchors_text, int64_t now_s,
		   struct fault *fault)
{
	int code = X509_STORE_CTX_get_error(ctx);
	X509 *x = X509_STORE_CTX_get_current_cert(ctx);
	char name[256] = "";

	switch (code) {
	case X509_V_ERR_OUT_OF_MEM:
		return ENOMEM;
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		if (x && path_check_dates(x, now_s, fault))
			return EBADMSG;
		return fault_set(fault, REASON_CERT_DATE, NULL, "%s",
				 X509_verify_cert_error_string(code));
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		return fault_set(fault, REASON_CERT_UNTRUSTED, anchors_text, "issuer %s",
				 x ? ossl_name(X509_get_issuer_name(x), name, sizeof(name)) : "?");
	default:
		return fault_set(fault, REASON_CERT_CHAIN, NULL, "%s (certificate %d, %s)",
				 X509_verify_cert_error_string(code),
				 X509_STORE_CTX_get_error_depth(ctx),
				 x ? ossl_name(X509_get_subject_name(x), name, sizeof(name)) : "?");
	}
}

/* P-384 in a CA's certificate is allowed by the certificate policy, by the profile it is not: of others we take both. */
static int check_ca_key(X509 *x, struct fault *fault)
{
	char group[64] = "", name[256];
	size_t l;
	EVP_PKEY *pkey = X509_get0_pubkey(x);

	if (!pkey || EVP_PKEY_get_group_name(pkey, group, sizeof(group), &l) != 1)
		ERR_clear_error();
	if (strcmp(group, "prime256v1") == 0 || strcmp(group, "secp384r1") == 0)
		return 0;
	return fault_set(fault, REASON_CERT_KEY, "CAs with keys on EC P-256", "%s: %s",
			 ossl_name(X509_get_subject_name(x), name, sizeof(name)),
			 *group ? group : "another kind of key");
}

static int check_ca_keys(X509_STORE_CTX *ctx, struct fault *fault)
{
	const STACK_OF(X509) *path = X509_STORE_CTX_get0_chain(ctx);

	for (int i = 1; i < sk_X509_num(path); i++)
		if (check_ca_key(sk_X509_value(path, i), fault))
			return EBADMSG;
	return 0;
}

/* Borrowed certificates. A root among them is no anchor: X509_verify_cert() knows those of the store alone. */
static STACK_OF(X509) * others(const struct cert_chain *chain, size_t but)
{
	STACK_OF(X509) *ret = sk_X509_new_null();

	for (size_t i = 0; ret && i < cert_chain_count(chain); i++) {
		if (i == but || sk_X509_push(ret, cert_chain_x509(chain, i)))
			continue;
		sk_X509_free(ret);
		return NULL;
	}
	return ret;
}

/* RFC 5280 §4.1.2.5: the validity includes notAfter; OpenSSL leaves its last second out. */
static int on_step(int ok, X509_STORE_CTX *ctx)
{
	int64_t now_s = X509_VERIFY_PARAM_get_time(X509_STORE_CTX_get0_param(ctx));

	if (!ok && X509_STORE_CTX_get_error(ctx) == X509_V_ERR_CERT_HAS_EXPIRED)
		return path_check_dates(X509_STORE_CTX_get_current_cert(ctx), now_s, NULL) == 0;
	return ok;
}

static int verify(X509_STORE_CTX *ctx, const char *anchors_text, int64_t now_s, struct fault *fault)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);

	X509_VERIFY_PARAM_set_time(param, (time_t)now_s);
	X509_VERIFY_PARAM_set_depth(param, CERT_CHAIN_MAX);
	X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
	X509_STORE_CTX_set_verify_cb(ctx, on_step);
	if (X509_verify_cert(ctx) != 1)
		return explain(ctx, anchors_text, now_s, fault);
	return check_ca_keys(ctx, fault);
}

/* The last of the path that was found */
static int take_anchor(X509_STORE_CTX *ctx, X509 **ret)
{
	const STACK_OF(X509) *path = X509_STORE_CTX_get0_chain(ctx);
	X509 *anchor = sk_X509_value(path, sk_X509_num(path) - 1);

	if (!anchor || !X509_up_ref(anchor))
		return ENOMEM;
	*ret = anchor;
	return 0;
}

int path_check_anchor(const struct cert_chain *chain, size_t i, X509_STORE *anchors,
		      const char *anchors_text, int64_t now_s, X509 **ret_anchor,
		      struct fault *fault)
{
	AUTO(X509_STORE_CTX_free) X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *untrusted = others(chain, i);
	int err = ENOMEM;

	if (ctx && untrusted &&
	    X509_STORE_CTX_init(ctx, anchors, cert_chain_x509(chain, i), untrusted) == 1)
		err = verify(ctx, anchors_text, now_s, fault);
	if (!err && ret_anchor)
		err = take_anchor(ctx, ret_anchor);
	ERR_clear_error();
	sk_X509_free(untrusted);
	return err;
}

int path_check(const struct cert_chain *chain, size_t i, X509_STORE *anchors,
	       const char *anchors_text, int64_t now_s, struct fault *fault)
{
	return path_check_anchor(chain, i, anchors, anchors_text, now_s, NULL, fault);
}
