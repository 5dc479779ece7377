#include <errno.h>
#include <string.h>

#include "lib/net/sip.h"

/* Longest user part that can stand for a number: fifteen digits, each percent-encoded, with
 * separators */
#define NUMBER_MAX 64

/* Skip a quoted display name: a "<" inside it opens nothing */
static struct sv skip_quoted(struct sv v)
{
	size_t i = 1;

	while (i < v.l && v.p[i] != '"')
		i += v.p[i] == '\\' ? 2 : 1;
	return i < v.l ? (struct sv){v.p + i + 1, v.l - i - 1} : (struct sv){NULL, 0};
}

/* The URI inside a header value, or the value itself when it is a bare one */
static struct sv bare_uri(struct sv v)
{
	size_t open;

	v = sv_trim(v);
	if (v.l && v.p[0] == '"')
		v = skip_quoted(v);
	open = sv_find(v, '<');
	if (open == v.l)
		return sv_trim(v);
	v = (struct sv){v.p + open + 1, v.l - open - 1};
	return (struct sv){v.p, sv_find(v, '>')};
}

struct parts {
	struct sv user;        /* with parameters, without password */
	struct sv host_params; /* from behind the first ";" after the host */
};

static void split_sip(struct parts *ret, struct sv rest)
{
	size_t at;

	rest.l = sv_find(rest, '?'); /* headers */
	at = sv_find(rest, '@');
	if (at < rest.l) {
		ret->user = (struct sv){rest.p, at};
		ret->user.l = sv_find(ret->user, ':'); /* password */
		rest = (struct sv){rest.p + at + 1, rest.l - at - 1};
	}
	(void)sv_cut(&rest, ';');
	ret->host_params = rest;
}

static struct parts split(struct sv header_or_uri)
{
	struct sv rest = bare_uri(header_or_uri);
	struct parts ret = {{NULL, 0}, {NULL, 0}};
	struct sv scheme = sv_cut(&rest, ':');

	if (sv_ieqz(scheme, "sip") || sv_ieqz(scheme, "sips"))
		split_sip(&ret, rest);
	else if (sv_ieqz(scheme, "tel"))
		ret.user = rest;
	return ret;
}

struct sv sip_user(struct sv header_or_uri)
{
	return split(header_or_uri).user;
}

static bool find_param(struct sv params, const char *name, struct sv *ret)
{
	while (params.l) {
		struct sv value = sv_cut(&params, ';');
		struct sv key = sv_trim(sv_cut(&value, '='));

		if (!sv_ieqz(key, name))
			continue;
		*ret = value.p ? sv_trim(value) : (struct sv){key.p + key.l, 0};
		return true;
	}
	return false;
}

bool sip_uri_param(struct sv header_or_uri, const char *name, struct sv *ret)
{
	struct parts parts = split(header_or_uri);
	struct sv in_user = parts.user;

	(void)sv_cut(&in_user, ';');
	return find_param(in_user, name, ret) || find_param(parts.host_params, name, ret);
}

/* Value of a hexadecimal digit, or -1 */
static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
		return (c | 0x20) - 'a' + 10;
	return -1;
}

/* "%2B1201" is "+1201" (RFC 3261 §19.1.4) */
static int unescape(char ret[NUMBER_MAX], size_t *ret_len, struct sv v)
{
	size_t n = 0;

	for (size_t i = 0; i < v.l; i++) {
		char c = v.p[i];

		if (n == NUMBER_MAX)
			return EBADMSG;
		if (c == '%') {
			int hi = i + 2 < v.l ? hex(v.p[i + 1]) : -1;
			int lo = i + 2 < v.l ? hex(v.p[i + 2]) : -1;

			if (hi < 0 || lo < 0)
				return EBADMSG;
			c = (char)(hi * 16 + lo);
			i += 2;
		}
		ret[n++] = c;
	}
	*ret_len = n;
	return 0;
}

int sip_tn(struct tn *ret, struct sv header_or_uri)
{
	struct sv user = sip_user(header_or_uri);
	char text[NUMBER_MAX];
	size_t len;

	if (!user.p || unescape(text, &len, (struct sv){user.p, sv_find(user, ';')}))
		return EBADMSG;
	return tn_canonical(ret, (struct sv){text, len});
}
