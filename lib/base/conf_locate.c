#include <errno.h>
#include <string.h>

#include "lib/base/conf_in.h"

/* A walk over text that jansson has accepted: no form is checked here, only the end is respected.
 */
struct scan {
	const char *p, *end;
};

static void skip_blank(struct scan *s)
{
	while (s->p < s->end && strchr(" \t\r\n", *s->p) && *s->p)
		s->p++;
}

/* The string that begins here, quotes included */
static struct sv take_string(struct scan *s)
{
	const char *start = s->p++;

	while (s->p < s->end && *s->p != '"')
		s->p += *s->p == '\\' && s->p + 1 < s->end ? 2 : 1;
	if (s->p < s->end)
		s->p++;
	return (struct sv){start, (size_t)(s->p - start)};
}

/* Behind the value that begins here */
static void skip_value(struct scan *s)
{
	size_t depth = 0;

	while (s->p < s->end) {
		char c = *s->p;

		if (c == '"') {
			(void)take_string(s);
			if (!depth)
				return;
			continue;
		}
		if (c == '{' || c == '[')
			depth++;
		if (!depth && (c == ',' || c == '}' || c == ']'))
			return;
		s->p++;
		if ((c == '}' || c == ']') && --depth == 0)
			return;
	}
}

/* Is the quoted JSON string that name? */
static bool string_is(struct sv quoted, struct sv name)
{
	AUTO(json_decref) json_t *v = NULL;

	if (sv_find(quoted, '\\') == quoted.l)
		return quoted.l >= 2 && sv_eq((struct sv){quoted.p + 1, quoted.l - 2}, name);
	v = json_loadb(quoted.p, quoted.l, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	return v && sv_eq((struct sv){json_string_value(v), json_string_length(v)}, name);
}

/* From the `{` to the value of a member; *at is where its name stands */
static bool enter_member(struct scan *s, struct sv name, const char **at)
{
	s->p++;
	for (;;) {
		struct sv key;

		skip_blank(s);
		if (s->p >= s->end || *s->p != '"')
			return false;
		*at = s->p;
		key = take_string(s);
		skip_blank(s);
		s->p += s->p < s->end; /* the colon */
		skip_blank(s);
		if (string_is(key, name))
			return true;
		skip_value(s);
		skip_blank(s);
		if (s->p >= s->end || *s->p != ',')
			return false;
		s->p++;
	}
}

/* From the `[` to the element of that number */
static bool enter_element(struct scan *s, struct sv index, const char **at)
{
	unsigned long long i;

	if (!sv_u64(index, SIZE_MAX, &i) || (index.l > 1 && index.p[0] == '0'))
		return false;
	s->p++;
	skip_blank(s);
	for (; i; i--) {
		if (s->p >= s->end || *s->p == ']')
			return false;
		skip_value(s);
		skip_blank(s);
		if (s->p >= s->end || *s->p != ',')
			return false;
		s->p++;
		skip_blank(s);
	}
	*at = s->p;
	return s->p < s->end && *s->p != ']';
}

/* RFC 6901 4: ~1 is a slash, ~0 a tilde */
static int unescape(struct buf *ret, struct sv token)
{
	for (size_t i = 0; i < token.l; i++) {
		char c = token.p[i];

		if (c == '~' && i + 1 < token.l && (token.p[i + 1] == '0' || token.p[i + 1] == '1'))
			c = token.p[++i] == '0' ? '~' : '/';
		(void)buf_add(ret, &c, 1);
	}
	return ret->err;
}

/* Columns are counted in characters, as jansson and editors do */
static void count(struct sv text, const char *at, unsigned *line, unsigned *column)
{
	unsigned l = 1, c = 1;

	for (const char *p = text.p; p < at; p++) {
		if (*p == '\n') {
			l++;
			c = 1;
		} else if (((unsigned char)*p & 0xc0) != 0x80) {
			c++;
		}
	}
	*line = l;
	*column = c;
}

int conf_locate(struct sv text, const char *pointer, unsigned *line, unsigned *column)
{
	struct scan s = {text.p, text.p + text.l};
	struct sv rest = sv_from(pointer);
	const char *at;

	skip_blank(&s);
	at = s.p;
	if (s.p >= s.end || (rest.l && rest.p[0] != '/'))
		return ENOENT;
	(void)sv_cut(&rest, '/');
	while (rest.p) {
		BUF_AUTO struct buf token = BUF(text.l + 1);
		bool there = false;

		if (unescape(&token, sv_cut(&rest, '/')))
			return ENOENT;
		if (*s.p == '{')
			there = enter_member(&s, buf_sv(&token), &at);
		else if (*s.p == '[')
			there = enter_element(&s, buf_sv(&token), &at);
		if (!there || s.p >= s.end)
			return ENOENT;
	}
	count(text, at, line, column);
	return 0;
}
