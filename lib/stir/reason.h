/** @file reason.h  Why a PASSporT (or what carried it) was refused: one table for everybody.
 *
 * The name of a reason is stable: it is the key in reports, in problem bodies and in a vendor's
 * reason map. From the same row come SIP status and phrase (RFC 8224 §6.2.2), the HTTP status that
 * our CPS answers with (the specification leaves it open), the clause and the text.
 */
#ifndef STIR_REASON_H
#define STIR_REASON_H

#include <stdbool.h>

#include "lib/base/sv.h"

/* name, SIP status, SIP phrase, HTTP status, clause, text */
#define REASON_LIST(X)                                                                             \
	X(OK, "ok", 0, "", 201, "", "accepted")                                                    \
	/* carriage */                                                                             \
	X(IDENTITY_FORM, "identity-form", 438, "Invalid Identity Header", 400, "RFC 8224 §4",      \
	  "Identity header cannot be read")                                                        \
	X(INFO_MISSING, "info-missing", 436, "Bad Identity Info", 400, "RFC 8224 §4",              \
	  "Identity header has no info parameter with a URI")                                      \
	X(INFO_MISMATCH, "info-mismatch", 436, "Bad Identity Info", 400, "RFC 8224 §4.1",          \
	  "info parameter differs from the x5u member")                                            \
	X(PARAM_MISMATCH, "param-mismatch", 438, "Invalid Identity Header", 400, "RFC 8224 §4.1",  \
	  "alg or ppt parameter differs from the PASSporT's header")                               \
	X(NO_IDENTITY, "no-identity", 428, "Use Identity Header", 0, "RFC 8224 §6.2.2",            \
	  "there is no PASSporT for the call")                                                     \
	X(BODY_EMPTY, "body-empty", 0, "", 400, "5.4", "request body holds no PASSporT")           \
	X(TOO_MANY, "too-many", 0, "", 400, "5.1", "more PASSporTs in one request than the limit") \
	/* form */                                                                                 \
	X(FORM, "form", 438, "Invalid Identity Header", 400, "RFC 8225 §6",                        \
	  "token is not three base64url parts of JSON, JSON and signature")                        \
	X(COMPACT_FORM, "compact-form", 438, "Invalid Identity Header", 400,                       \
	  "RFC 8225 §7, RFC 8588 §3", "compact form is not used in SHAKEN")                        \
	X(TOO_LONG, "too-long", 438, "Invalid Identity Header", 400, "RFC 8225 §6",                \
	  "token is longer than the limit")                                                        \
	X(HEADER_MEMBER, "header-member", 438, "Invalid PASSporT", 400, "RFC 8225 §4",             \
	  "header member is missing or of a wrong type")                                           \
	X(TYP, "typ", 437, "Unsupported Credential", 400, "RFC 8225 §4.1",                         \
	  "typ is not \"passport\"")                                                               \
	X(ALG, "alg", 437, "Unsupported Credential", 400, "RFC 8225 §4, RFC 8588 §3",              \
	  "alg is not \"ES256\"")                                                                  \
	X(PPT, "ppt", 438, "Invalid PASSporT", 400, "RFC 8225 §8.1",                               \
	  "PASSporT type is not supported")                                                        \
	X(X5U, "x5u", 436, "Bad Identity Info", 400, "RFC 8225 §4.3",                              \
	  "x5u is not an https URI that may be fetched")                                           \
	X(CLAIM, "claim", 438, "Invalid PASSporT", 400, "RFC 8225 §5",                             \
	  "claim is missing or of a wrong type")                                                   \
	X(ATTEST, "attest", 438, "Invalid PASSporT", 400, "RFC 8588 §4",                           \
	  "attest is not \"A\", \"B\" or \"C\"")                                                   \
	X(ORIGID, "origid", 438, "Invalid PASSporT", 400, "RFC 8588 §5", "origid is not a UUID")   \
	/* against the call */                                                                     \
	X(ORIG_MISMATCH, "orig-mismatch", 438, "Invalid Identity Header", 0, "RFC 8224 §6.2",      \
	  "orig tn differs from the caller of the INVITE")                                         \
	X(DEST_MISMATCH, "dest-mismatch", 438, "Invalid Identity Header", 0, "RFC 8224 §6.2",      \
	  "dest tn does not hold the called number of the INVITE")                                 \
	/* chain */                                                                                \
	X(DIV_BROKEN, "div-broken", 438, "Invalid Identity Header", 0, "RFC 8946 §4.2",            \
	  "no PASSporT leads to this div: a link of the chain is missing")                         \
	X(DIV_LOOP, "div-loop", 438, "Invalid Identity Header", 0, "RFC 8946 §4.2",                \
	  "div PASSporTs follow each other in a ring that no original begins")                     \
	X(DIV_ORIG, "div-orig", 438, "Invalid Identity Header", 0, "RFC 8946 §4.2",                \
	  "orig changes within the chain")                                                         \
	X(DIV_RIGHT, "div-right", 438, "Invalid Identity Header", 0, "RFC 8946 §4.2",              \
	  "signer has no right to the number that it says was retargeted")                         \
	X(DIV_LONG, "div-long", 438, "Invalid Identity Header", 0, "RFC 8946 §4.2",                \
	  "call was retargeted more often than the limit")                                         \
	X(DIV_DEST, "div-dest", 438, "Invalid Identity Header", 0, "RFC 8946 §4.2",                \
	  "chain does not end at the called number of the INVITE")                                 \
	X(DIV_FORK, "div-fork", 438, "Invalid Identity Header", 0, "RFC 8946 §4.2",                \
	  "div leads away from the chain that counts")                                             \
	/* credential */                                                                           \
	X(CERT_FETCH, "cert-fetch", 436, "Bad Identity Info", 403, "RFC 8224 §6.2 step 3",         \
	  "certificate at x5u could not be fetched")                                               \
	X(CERT_FORM, "cert-form", 437, "Unsupported Credential", 403, "RFC 8226 §4",               \
	  "what x5u gives is not a certificate chain in PEM")                                      \
	X(CERT_KEY, "cert-key", 437, "Unsupported Credential", 403, "ATIS-1000080 §6.4.1",         \
	  "certificate's key is not EC P-256")                                                     \
	X(CERT_PROFILE, "cert-profile", 437, "Unsupported Credential", 403, "ATIS-1000080 §6.4.1", \
	  "certificate breaks the SHAKEN certificate profile")                                     \
	X(CERT_DATE, "cert-date", 437, "Unsupported Credential", 403, "RFC 8224 §6.2 step 4",      \
	  "certificate is expired or not yet valid")                                               \
	X(CERT_CHAIN, "cert-chain", 437, "Unsupported Credential", 403, "RFC 5280 §6",             \
	  "no valid certification path")                                                           \
	X(CERT_UNTRUSTED, "cert-untrusted", 437, "Unsupported Credential", 403, "5, ATIS-1000084", \
	  "chain does not end at an STI-CA that the STI-PA has approved")                          \
	X(CERT_SPC, "cert-spc", 437, "Unsupported Credential", 403, "RFC 8226 §9, ATIS-1000080",   \
	  "TNAuthList does not hold exactly one Service Provider Code")                            \
	X(CERT_REVOKED, "cert-revoked", 437, "Unsupported Credential", 403, "ATIS-1000080 §6.3",   \
	  "certificate is revoked by the STI-PA's CRL")                                            \
	X(CRL_UNUSABLE, "crl-unusable", 437, "Unsupported Credential", 403, "ATIS-1000080 §6.3",   \
	  "no current CRL of the STI-PA: revocation cannot be told")                               \
	X(CA_LIST_UNUSABLE, "ca-list-unusable", 437, "Unsupported Credential", 403,                \
	  "ATIS-1000084", "no current list of approved STI-CAs")                                   \
	/* token */                                                                                \
	X(SIGNATURE, "signature", 438, "Invalid Identity Header", 403, "RFC 8224 §6.2 step 5",     \
	  "signature does not verify")                                                             \
	X(STALE, "stale", 403, "Stale Date", 403, "RFC 8224 §6.2 step 4",                          \
	  "iat is too far from now")                                                               \
	X(IAT_OUTSIDE_CERT, "iat-outside-cert", 403, "Stale Date", 403, "RFC 8224 §6.2 step 4",    \
	  "iat lies outside the certificate's validity")                                           \
	/* HTTP side of the CPS */                                                                 \
	X(WRONG_COMPANY, "wrong-company", 0, "", 404, "5.4",                                       \
	  "this CPS does not serve that company")                                                  \
	X(METHOD, "method", 0, "", 405, "5, RFC 9110 §15.5.6", "method is not allowed here")       \
	X(MEDIA_TYPE, "media-type", 0, "", 415, "5.4, RFC 9110 §15.5.16",                          \
	  "media type is not application/passport")                                                \
	X(TOO_LARGE, "too-large", 0, "", 413, "RFC 9110 §15.5.14",                                 \
	  "request body is larger than the limit")                                                 \
	X(LENGTH, "length", 0, "", 411, "RFC 9110 §15.5.12", "request has no Content-Length")      \
	X(CLIENT_CERT, "client-cert", 0, "", 403, "5.2",                                           \
	  "private interface wants a client certificate of its provider")                          \
	X(OVERLOAD, "overload", 503, "Service Unavailable", 503, "5.2, RFC 9110 §15.6.4",          \
	  "at the limit of what it may keep")                                                      \
	/* published lists: CPS mappings, approved STI-CAs */                                      \
	X(LIST_FORM, "list-form", 0, "", 400, "6.1.1, ATIS-1000084",                               \
	  "list is not a signed JWT of the form asked for")                                        \
	X(LIST_ALG, "list-alg", 0, "", 400, "6.1.1", "alg of the list is not \"ES256\"")           \
	X(LIST_TYP, "list-typ", 0, "", 400, "6.1.1", "typ of the list is not \"JWT\"")             \
	X(LIST_VERSION, "list-version", 0, "", 400, "6.1.1", "version of the list is not \"1.0\"") \
	X(LIST_SIGNER, "list-signer", 0, "", 403, "6.1.2",                                         \
	  "signer's certificate is not one that may sign lists")                                   \
	X(LIST_SIGNATURE, "list-signature", 0, "", 403, "6.1.2",                                   \
	  "signature of the list does not verify")                                                 \
	X(LIST_EXPIRED, "list-expired", 0, "", 403, "6.1.1", "list has run out")                   \
	X(LIST_ROLLBACK, "list-rollback", 0, "", 403, "6.1.1",                                     \
	  "sequence of the list is lower than one that was taken")                                 \
	X(LIST_CHANGED, "list-changed", 0, "", 403, "6.1.1",                                       \
	  "list has other content under a sequence that was taken")                                \
	X(MAP_KEY, "map-key", 0, "", 400, "6.1.1", "mapping's key is no OCN or CIC")               \
	X(MAP_URL, "map-url", 0, "", 400, "5.1, 6.1.1", "CPS URL is not an https URL")             \
	/* provisioning of a CPS URL */                                                            \
	X(NOT_OWN_OCN, "not-own-ocn", 0, "", 403, "6.1.1, RFC 8226 §9",                            \
	  "signer's certificate is not one of that OCN")                                           \
	X(NOT_OWN_CA, "not-own-ca", 0, "", 403, "6.1.2",                                           \
	  "signer's certificate is not one of that STI-CA")                                        \
	X(REPLAY, "replay", 0, "", 409, "6.1.1", "request was used already, or a newer one was")   \
	X(INTERNAL, "internal", 500, "Server Internal Error", 500, "", "internal trouble")

enum reason {
#define X(id, name, sip, phrase, http, clause, text) REASON_##id,
	REASON_LIST(X)
#undef X
		REASON_MAX
};

struct reason_info {
	const char *name;    /**< stable key, e.g. "cert-untrusted" */
	unsigned sip_status; /**< 0: not answered over SIP */
	const char *sip_phrase;
	unsigned http_status; /**< 0: not answered over HTTP */
	const char *clause; /**< where it is said; bare numbers are clauses of the specification */
	const char *text;   /**< what is wrong, a sentence without a full stop */
};

/** The row of a reason; never NULL (REASON_INTERNAL for a number out of range) */
const struct reason_info *reason_info(enum reason reason);

/** @return true and the reason of a name; false when there is none */
bool reason_from_name(enum reason *ret, struct sv name);

/** Which check refused, and why: what a person needs to find the mistake */
struct fault {
	enum reason reason;
	const char *check; /**< name of the check, a static string; "" before any ran */
	char want[120];    /**< expected; cut to fit */
	char got[160];     /**< actual; cut to fit */
};

/**
 * Fill a fault and return EBADMSG, so that a check can write `return fault_set(f, …)`.
 *
 * @param fault  May be NULL
 * @param want   What was expected, or NULL for nothing to say
 * @param gotf   printf format of what came, or NULL
 */
int fault_set(struct fault *fault, enum reason reason, const char *want, const char *gotf, ...)
	__attribute__((format(printf, 4, 5)));

/** A named limit inside a string literal: `"at most " TEXT_OF(BUNDLE_MAX) " PASSporTs"` */
#define TEXT_OF(x)  TEXT_OF_(x)
#define TEXT_OF_(x) #x

#define FAULT_TEXT_MAX 512

/** One line: `trust: chain does not end at … (5, ATIS-1000084): expected …, got …` */
void fault_text(const struct fault *fault, char ret[FAULT_TEXT_MAX]);

#endif
