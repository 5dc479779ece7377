/* Check functions of the tables of a scenario file. */
#include <string.h>

#include "sim/oobsim/scenario/element.h"
#include "sim/oobsim/scenario/scenario_int.h"

/* E.164 numbers are at least so long with their country code; in the NANP they are exactly so long */
#define DIGITS_MIN  7
#define DIGITS_NANP 11

static const char *check_all(struct sv v, const char *more, size_t max, const char *want)
{
	for (size_t i = 0; i < v.l; i++) {
		char c = v.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		      (c && strchr(more, c))))
			return want;
	}
	return v.l && v.l <= max ? NULL : want;
}

const char *scenario_check_id(struct sv v)
{
	return check_all(v, "-_.", 64, "1 to 64 letters, digits, \"-\", \"_\" and \".\"");
}

/* "as" as the name of a provider would make "as.as" of its STI-AS, and "as.x" of two things */
const char *scenario_check_name(struct sv v)
{
	for (int i = 0; i < ELEMENT_KINDS; i++)
		if (sv_eqz(v, element_infos[i].name))
			return "a name that is no kind of element";
	return check_all(v, "-", 16, "1 to 16 letters, digits and \"-\"");
}

const char *scenario_check_host(struct sv v)
{
	return check_all(v, "-.", 100, "a host name");
}

const char *scenario_check_ocn(struct sv v)
{
	static const char want[] = "4 digits and upper case letters";

	for (size_t i = 0; i < v.l; i++)
		if (v.p[i] >= 'a' && v.p[i] <= 'z')
			return want;
	return v.l == 4 ? check_all(v, "", 4, want) : want;
}

/* Requirements are "AS-06", "FLOW-A1" */
const char *scenario_check_requirement(struct sv v)
{
	static const char want[] = "the id of a requirement, like \"AS-06\"";

	if (sv_find(v, '-') == 0 || sv_find(v, '-') >= v.l - 1)
		return want;
	return check_all(v, "-", 32, want);
}

static bool all_digits(struct sv v)
{
	for (size_t i = 0; i < v.l; i++)
		if (v.p[i] < '0' || v.p[i] > '9')
			return false;
	return true;
}

const char *scenario_check_cic(struct sv v)
{
	return v.l == 4 && all_digits(v) ? NULL
					 : "a carrier identification code of 4 digits, like "
					   "\"0288\"";
}

/* + and digits, of which the first is that of a country code */
static bool global_digits(struct sv v, size_t min)
{
	struct sv digits = {v.p + 1, v.l ? v.l - 1 : 0};

	return sv_starts(v, "+") && digits.l >= min && digits.l <= TN_MAX && digits.p[0] != '0' &&
	       all_digits(digits);
}

const char *scenario_check_prefix(struct sv v)
{
	return global_digits(v, 1)
		       ? NULL
		       : "the first digits of numbers with + and country code, like \"+1201377\"";
}

const char *scenario_check_number(struct sv v)
{
	if (global_digits(v, DIGITS_MIN) && (v.p[1] != '1' || v.l == 1 + DIGITS_NANP))
		return NULL;
	return "a telephone number with + and country code (E.164), like \"+12013776051\"";
}
