#include <errno.h>
#include <string.h>

#include "lib/stir/identity.h"

/* Length up to the first `stop` that stands neither in a quoted string nor in <…>; v.l when there
 * is none */
static size_t find_bare(struct sv v, char stop)
{
	bool quoted = false, angled = false;

	for (size_t i = 0; i < v.l; i++) {
		char c = v.p[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"' && !angled)
			quoted = !quoted;
		else if (quoted)
			continue;
		else if (c == '<' || c == '>')
			angled = c == '<';
		else if (c == stop && !angled)
			return i;
	}
	return v.l;
}

/* As sv_cut(), but blind to quoted strings and <…> */
static struct sv cut_bare(struct sv *rest, char sep)
{
	size_t at = find_bare(*rest, sep);
	struct sv head = {rest->p, at};

	*rest = at < rest->l ? (struct sv){rest->p + at + 1, rest->l - at - 1}
			     : (struct sv){NULL, 0};
	return head;
}

/* RFC 3261 25.1: token */
static bool is_token(struct sv v)
{
	for (size_t i = 0; i < v.l; i++) {
		char c = v.p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		      (c && strchr("-.!%*_+`'~", c))))
			return false;
	}
	return v.l > 0;
}

/* The digest: base64url and dots; what stands there exactly is judged by passport_parse() */
static bool is_digest(struct sv v)
{
	for (size_t i = 0; i < v.l; i++)
		if (v.p[i] <= ' ' || v.p[i] > '~' || strchr("\"<>,", v.p[i]))
			return false;
	return v.l > 0;
}

/* An absolute URI in angle brackets; the brackets go */
static bool take_uri(struct sv *ret, struct sv v)
{
	size_t colon;

	if (v.l < 2 || v.p[0] != '<' || v.p[v.l - 1] != '>')
		return false;
	v = (struct sv){v.p + 1, v.l - 2};
	colon = sv_find(v, ':');
	if (colon == 0 || colon + 1 >= v.l || !is_token((struct sv){v.p, colon}))
		return false;
	for (size_t i = 0; i < v.l; i++)
		if (v.p[i] <= ' ' || v.p[i] > '~' || strchr("<>\"", v.p[i]))
			return false;
	*ret = v;
	return true;
}

/* A token, or a quoted string; the quotes go (RFC 8224 4: token; 4.1 and 8946 quote it) */
static bool take_word(struct sv *ret, struct sv v)
{
	bool is_quoted = v.l >= 2 && v.p[0] == '"' && v.p[v.l - 1] == '"';

	if (is_quoted)
		v = (struct sv){v.p + 1, v.l - 2};
	if (!is_token(v))
		return false;
	*ret = v;
	return true;
}

static int read_param(struct identity *id, struct sv param, struct fault *fault)
{
	size_t equal = find_bare(param, '=');
	struct sv name = sv_trim((struct sv){param.p, equal}), value = {NULL, 0};
	struct sv *word = sv_ieqz(name, "alg") ? &id->alg : sv_ieqz(name, "ppt") ? &id->ppt : NULL;

	if (!is_token(name))
		return fault_set(fault, REASON_IDENTITY_FORM, "name=value after each semicolon",
				 "%.*s", SV_ARG(param));
	if (equal < param.l)
		value = sv_trim((struct sv){param.p + equal + 1, param.l - equal - 1});
	if (sv_ieqz(name, "info")) {
		if (id->info.p)
			return fault_set(fault, REASON_IDENTITY_FORM, "info once", "it twice");
		if (!take_uri(&id->info, value))
			return fault_set(fault, REASON_INFO_MISSING, "info=<absolute URI>", "%.*s",
					 SV_ARG(param));
		return 0;
	}
	if (!word)
		return 0;
	if (word->p)
		return fault_set(fault, REASON_IDENTITY_FORM, "alg and ppt once at the most",
				 "%.*s twice", SV_ARG(name));
	if (!take_word(word, value))
		return fault_set(fault, REASON_IDENTITY_FORM, "a token, quoted or not", "%.*s",
				 SV_ARG(param));
	return 0;
}

int identity_next(struct sv *rest, struct identity *ret, struct fault *fault)
{
	struct identity id = {0};
	struct sv value, params;
	int err;

	*rest = sv_trim(*rest);
	if (!rest->l)
		return ENOENT;
	value = cut_bare(rest, ',');
	params = value;
	id.token = sv_trim(cut_bare(&params, ';'));
	if (!is_digest(id.token))
		return fault_set(fault, REASON_IDENTITY_FORM,
				 "a PASSporT before the first semicolon", "%.*s", SV_ARG(id.token));
	while (params.p) {
		err = read_param(&id, cut_bare(&params, ';'), fault);
		if (err)
			return err;
	}
	if (!id.info.p)
		return fault_set(fault, REASON_INFO_MISSING, "info=<absolute URI>", "no info");
	*ret = id;
	return 0;
}

int identity_print(struct buf *ret, struct sv token, struct sv info, struct sv ppt)
{
	(void)buf_addsv(ret, token);
	(void)buf_addz(ret, ";info=<");
	(void)buf_addsv(ret, info);
	(void)buf_addz(ret, ">;alg=ES256");
	if (!ppt.l)
		return ret->err;
	(void)buf_addz(ret, ";ppt=\"");
	(void)buf_addsv(ret, ppt);
	return buf_addz(ret, "\"");
}
