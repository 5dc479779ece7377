#include "lib/stir/verify_checks.h"

#define BY_CPS  VERIFY_CPS
#define BY_VS   VERIFY_VS
#define BY_BOTH (VERIFY_CPS | VERIFY_VS)

/* The whole difference between CPS and STI-VS is the column `by`: 5.2 takes from the CPS what would
 * need an INVITE. The order is RFC 8224 6.2's, but for the signature before the freshness: the time
 * in a token that nobody signed says nothing. */
static const struct verify_row rows[] = {
	{"form", "RFC 8225 §6", NULL, BY_BOTH, STAGE_PARSE, LEAVES_NONE},
	{"typ", "RFC 8225 §4.1", verify_check_typ, BY_BOTH, STAGE_TOKEN, LEAVES_NONE},
	{"alg", "RFC 8225 §4, RFC 8588 §3", verify_check_alg, BY_BOTH, STAGE_TOKEN, LEAVES_NONE},
	{"ppt", "RFC 8225 §8.1", verify_check_ppt, BY_BOTH, STAGE_TOKEN, LEAVES_NONE},
	{"x5u", "RFC 8225 §4.3", verify_check_x5u, BY_BOTH, STAGE_TOKEN, LEAVES_NONE},
	{"info", "RFC 8224 §4.1", verify_check_info, BY_BOTH, STAGE_TOKEN, LEAVES_NONE},
	{"claims", "RFC 8225 §5", verify_check_claims, BY_BOTH, STAGE_TOKEN, LEAVES_NONE},
	{"attest", "RFC 8588 §4", verify_check_attest, BY_BOTH, STAGE_TOKEN, LEAVES_NONE},
	{"origid", "RFC 8588 §5", verify_check_origid, BY_BOTH, STAGE_TOKEN, LEAVES_NONE},
	{"div", "RFC 8946 §3", verify_check_div, BY_BOTH, STAGE_TOKEN, LEAVES_NONE},
	{"orig", "RFC 8224 §6.2", verify_check_orig, BY_VS, STAGE_TOKEN, LEAVES_DIV},
	{"dest", "RFC 8224 §6.2", verify_check_dest, BY_VS, STAGE_TOKEN, LEAVES_ALL},
	{"fetch", "RFC 8224 §6.2 step 3", verify_check_fetch, BY_BOTH, STAGE_CRED, LEAVES_NONE},
	{"profile", "ATIS-1000080 §6.4.1", verify_check_profile, BY_BOTH, STAGE_CRED, LEAVES_NONE},
	{"path", "RFC 8224 §6.2 step 3", verify_check_path, BY_BOTH, STAGE_CRED, LEAVES_NONE},
	{"revoked", "ATIS-1000080 §6.3", verify_check_revoked, BY_BOTH, STAGE_CRED, LEAVES_NONE},
	{"signature", "RFC 8224 §6.2 step 5", verify_check_signature, BY_BOTH, STAGE_CRED,
	 LEAVES_NONE},
	{"fresh", "RFC 8224 §6.2 step 4", verify_check_fresh, BY_BOTH, STAGE_CRED, LEAVES_ALL},
	{"validity", "RFC 8224 §6.2 step 4", verify_check_validity, BY_BOTH, STAGE_CRED,
	 LEAVES_NONE},
	{"div-link", "RFC 8946 §4.2", NULL, BY_VS, STAGE_CHAIN, LEAVES_NONE},
	{"div-orig", "RFC 8946 §4.2", NULL, BY_VS, STAGE_CHAIN, LEAVES_NONE},
	{"div-right", "RFC 8946 §4.2", NULL, BY_VS, STAGE_CHAIN, LEAVES_NONE},
	{"div-length", "RFC 8946 §4.2", NULL, BY_VS, STAGE_CHAIN, LEAVES_NONE},
	{"div-dest", "RFC 8946 §4.2", NULL, BY_VS, STAGE_CHAIN, LEAVES_NONE},
	{"div-fresh", "RFC 8946 §4.2", NULL, BY_VS, STAGE_CHAIN, LEAVES_NONE},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

size_t verify_rows(const struct verify_row **ret)
{
	*ret = rows;
	return ROWS;
}

const char *verify_check_name(size_t i, const char **clause)
{
	if (i >= ROWS)
		return NULL;
	if (clause)
		*clause = rows[i].clause;
	return rows[i].name;
}

uint64_t verify_check_bit(struct sv name)
{
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].stage != STAGE_PARSE && sv_eqz(name, rows[i].name))
			return UINT64_C(1) << i;
	return 0;
}

unsigned verify_cred_skip(uint64_t skip)
{
	return (skip & verify_check_bit(SV("profile")) ? CRED_SKIP_PROFILE : 0) |
	       (skip & verify_check_bit(SV("path")) ? CRED_SKIP_PATH : 0) |
	       (skip & verify_check_bit(SV("revoked")) ? CRED_SKIP_REVOKED : 0);
}
