#include <errno.h>
#include <string.h>

#include "lib/base/tn.h"

/* NANP: a national number has ten digits and the country code is 1 */
#define NANP_DIGITS 10

static bool is_tn_char(char c)
{
	return (c >= '0' && c <= '9') || c == '#' || c == '*';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Visual separators that RFC 8224 8.3 has us drop, and blanks */
static bool is_separator(char c)
{
	return c && strchr("-.() \t", c);
}

int tn_canonical(struct tn *ret, struct sv in)
{
	struct sv v = sv_trim((struct sv){in.p, sv_find(in, ';')});
	struct tn tn = {{0}};
	bool digits_only = true, global = false;
	size_t n = 0;

	for (size_t i = 0; i < v.l; i++) {
		char c = v.p[i];

		if (is_separator(c))
			continue;
		if (c == '+' && n == 0 && !global) {
			global = true;
			continue;
		}
		if (!is_tn_char(c) || n == TN_MAX)
			return EBADMSG;
		digits_only = digits_only && is_digit(c);
		tn.s[n++] = c;
	}
	if (n == 0)
		return EBADMSG;
	if (n == NANP_DIGITS && digits_only && !global) {
		memmove(tn.s + 1, tn.s, n);
		tn.s[0] = '1';
	}
	*ret = tn;
	return 0;
}

bool tn_is_canonical(struct sv v)
{
	if (v.l == 0 || v.l > TN_MAX)
		return false;
	for (size_t i = 0; i < v.l; i++)
		if (!is_tn_char(v.p[i]))
			return false;
	return true;
}

struct sv tn_sv(const struct tn *tn)
{
	return (struct sv){tn->s, strnlen(tn->s, TN_MAX)};
}

bool tn_eq(const struct tn *a, const struct tn *b)
{
	return sv_eq(tn_sv(a), tn_sv(b));
}
