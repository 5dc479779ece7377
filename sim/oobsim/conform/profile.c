#include <string.h>

#include "sim/oobsim/conform/profile.h"

const char *const profile_words[PROFILES + 1] = {[PROFILE_RFC8224] = "rfc8224",
						 [PROFILE_ATIS_1000074] = "atis-1000074",
						 [PROFILE_LENIENT] = "lenient",
						 NULL};

#define STATUSES 4

struct row {
	unsigned short status[PROFILES][STATUSES]; /* ended by 0 */
	const char *clause;
};

#define ROW(name, rfc, atis, lenient, where)                 \
	[REASON_##name] = {{[PROFILE_RFC8224] = {rfc},       \
			    [PROFILE_ATIS_1000074] = {atis}, \
			    [PROFILE_LENIENT] = {lenient}},  \
			   where}
#define OR ,

/* 436: the credential cannot be had. 437: it is had, and cannot be used. 438: all else about the PASSporT */
static const struct row rows[REASON_MAX] = {
	/* the header: RFC 8224 has no code for one that cannot be read; libstirshaken gives 436 */
	ROW(IDENTITY_FORM, 438, 436 OR 438, 436 OR 438, "RFC 8224 §4, §6.2.2"),
	ROW(INFO_MISSING, 436 OR 438, 436, 436 OR 438, "RFC 8224 §4, §6.2.2"),
	ROW(INFO_MISMATCH, 436 OR 438, 436, 436 OR 437 OR 438, "RFC 8224 §4.1, §6.2.2"),
	ROW(PARAM_MISMATCH, 438, 436 OR 438, 436 OR 437 OR 438, "RFC 8224 §4.1, §6.2.2"),
	ROW(NO_IDENTITY, 428, 428, 428, "RFC 8224 §6.2.2"),
	/* the token */
	ROW(FORM, 438, 436 OR 438, 436 OR 438, "RFC 8225 §6, RFC 8224 §6.2.2"),
	ROW(COMPACT_FORM, 438, 438, 436 OR 438, "RFC 8225 §7, RFC 8588 §3"),
	ROW(TOO_LONG, 438, 438, 436 OR 438, "RFC 8224 §6.2.2"),
	ROW(HEADER_MEMBER, 438, 436, 436 OR 437 OR 438, "RFC 8225 §4, RFC 8224 §6.2.2"),
	ROW(TYP, 437 OR 438, 437, 437 OR 438, "RFC 8225 §4.1, RFC 8224 §6.2.2"),
	ROW(ALG, 437 OR 438, 437, 437 OR 438, "RFC 8225 §4, RFC 8224 §6.2.2"),
	/* ignored, so nothing is left: 428 */
	ROW(PPT, 428 OR 438, 438, 428 OR 438, "RFC 8225 §8.1, RFC 8224 §6.2 step 1"),
	ROW(X5U, 436 OR 438, 436, 436 OR 437 OR 438, "RFC 8225 §4.3, RFC 8224 §6.2.2"),
	ROW(CLAIM, 438, 438, 438, "RFC 8225 §5, RFC 8224 §6.2.2"),
	ROW(ATTEST, 438, 438, 438, "RFC 8588 §4, RFC 8224 §6.2.2"),
	ROW(ORIGID, 438, 438, 438, "RFC 8588 §5, RFC 8224 §6.2.2"),
	ROW(ORIG_MISMATCH, 438, 438, 438, "RFC 8224 §6.2, §6.2.2"),
	ROW(DEST_MISMATCH, 438, 438, 438, "RFC 8224 §6.2, §6.2.2"),
	/* chains: RFC 8946 names no code */
	ROW(DIV_BROKEN, 438, 438, 438, "RFC 8946 §4.2, RFC 8224 §6.2.2"),
	ROW(DIV_LOOP, 438, 438, 438, "RFC 8946 §4.2, RFC 8224 §6.2.2"),
	ROW(DIV_ORIG, 438, 438, 438, "RFC 8946 §4.2, RFC 8224 §6.2.2"),
	ROW(DIV_RIGHT, 438, 438, 437 OR 438, "RFC 8946 §4.2, RFC 8224 §6.2.2"),
	ROW(DIV_LONG, 438, 438, 438, "RFC 8946 §4.2, RFC 8224 §6.2.2"),
	ROW(DIV_DEST, 438, 438, 438, "RFC 8946 §4.2, RFC 8224 §6.2.2"),
	ROW(DIV_FORK, 438, 438, 438, "RFC 8946 §4.2, RFC 8224 §6.2.2"),
	/* the credential */
	ROW(CERT_FETCH, 436, 436, 436, "RFC 8224 §6.2 step 3, §6.2.2"),
	ROW(CERT_FORM, 436 OR 437, 436 OR 437, 436 OR 437, "RFC 8226 §4, RFC 8224 §6.2.2"),
	ROW(CERT_KEY, 437, 437, 437 OR 438, "ATIS-1000080 §6.4.1, RFC 8224 §6.2.2"),
	ROW(CERT_PROFILE, 437, 437, 437, "ATIS-1000080 §6.4.1, RFC 8224 §6.2.2"),
	ROW(CERT_DATE, 437, 437, 437 OR 438, "RFC 8224 §6.2 step 4, §6.2.2"),
	ROW(CERT_CHAIN, 437, 437, 437, "RFC 5280 §6, RFC 8224 §6.2.2"),
	ROW(CERT_UNTRUSTED, 437, 437, 437, "RFC 8224 §6.2 step 3, §6.2.2"),
	ROW(CERT_SPC, 437, 437, 437, "RFC 8226 §9, RFC 8224 §6.2.2"),
	ROW(CERT_REVOKED, 437, 437, 437, "ATIS-1000080 §6.3, RFC 8224 §6.2.2"),
	ROW(CRL_UNUSABLE, 437, 437, 436 OR 437, "ATIS-1000080 §6.3, RFC 8224 §6.2.2"),
	ROW(CA_LIST_UNUSABLE, 437, 437, 436 OR 437, "ATIS-1000084, RFC 8224 §6.2.2"),
	/* what was signed */
	ROW(SIGNATURE, 438, 438, 438, "RFC 8224 §6.2 step 5, §6.2.2"),
	ROW(STALE, 403, 403, 403, "RFC 8224 §6.2 step 4, §6.2.2"),
	ROW(IAT_OUTSIDE_CERT, 403 OR 437 OR 438, 403 OR 437, 403 OR 437 OR 438,
	    "RFC 8224 §6.2 step 4"),
};

bool profile_from_name(enum profile *ret, struct sv name)
{
	for (unsigned i = 0; i < PROFILES; i++) {
		if (!sv_eqz(name, profile_words[i]))
			continue;
		*ret = (enum profile)i;
		return true;
	}
	return false;
}

static const unsigned short *statuses(enum profile profile, enum reason reason)
{
	static const unsigned short none[STATUSES];

	return (unsigned)reason < REASON_MAX ? rows[reason].status[profile] : none;
}

bool profile_allows(enum profile profile, enum reason reason, unsigned status)
{
	const unsigned short *v = statuses(profile, reason);

	for (size_t i = 0; i < STATUSES && v[i]; i++)
		if (v[i] == status)
			return true;
	return false;
}

void profile_print(struct buf *ret, enum profile profile, enum reason reason)
{
	const unsigned short *v = statuses(profile, reason);

	for (size_t i = 0; i < STATUSES && v[i]; i++)
		(void)buf_printf(ret, "%s%u", i ? " or " : "", v[i]);
}

const char *profile_clause(enum reason reason)
{
	return (unsigned)reason < REASON_MAX && rows[reason].clause ? rows[reason].clause : "";
}
