#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/net/history.h"

/* --- reading --- */

/* Where c stands, outside of quoted strings and angle brackets; v.l when it does not */
static size_t find(struct sv v, char c)
{
	bool quoted = false, inside = false;

	for (size_t i = 0; i < v.l; i++) {
		if (!quoted && !inside && v.p[i] == c)
			return i;
		if (quoted && v.p[i] == '\\')
			i++;
		else if (v.p[i] == '"' && !inside)
			quoted = !quoted;
		else if (!quoted && (v.p[i] == '<' || v.p[i] == '>'))
			inside = v.p[i] == '<';
	}
	return v.l;
}

static struct sv cut(struct sv *rest, char sep)
{
	size_t at = find(*rest, sep);
	struct sv part = {rest->p, at};

	*rest = at < rest->l ? (struct sv){rest->p + at + 1, rest->l - at - 1}
			     : (struct sv){NULL, 0};
	return sv_trim(part);
}

/* 1*DIGIT *("." 1*DIGIT) */
static bool is_index(struct sv v)
{
	char last = '.';

	if (v.l >= HISTORY_INDEX_MAX)
		return false;
	for (size_t i = 0; i < v.l; i++) {
		if (v.p[i] == '.' ? last == '.' : !isdigit((unsigned char)v.p[i]))
			return false;
		last = v.p[i];
	}
	return last != '.';
}

static unsigned cause_of(struct sv uri)
{
	unsigned long long n = 0;
	struct sv text;

	return sip_uri_param(uri, "cause", &text) && sv_u64(text, 699, &n) ? (unsigned)n : 0;
}

/* name-addr *( SEMI param ): the angle brackets must be there */
static int read_entry(struct history_entry *ret, struct sv text)
{
	size_t open = find(text, '<'), close;
	struct sv params = {text.p + open, text.l - open};

	*ret = (struct history_entry){0};
	close = sv_find(params, '>');
	if (close < 2 || close == params.l)
		return EBADMSG;
	ret->uri = (struct sv){params.p + 1, close - 1};
	params = (struct sv){params.p + close + 1, params.l - close - 1};
	if (cut(&params, ';').l)
		return EBADMSG;
	while (params.l) {
		struct sv value = cut(&params, ';');
		struct sv name = cut(&value, '=');

		if (sv_ieqz(name, "index"))
			ret->index = sv_trim(value);
		else if (sv_ieqz(name, "mp"))
			ret->mp = sv_trim(value);
	}
	if (!is_index(ret->index) || (ret->mp.l && !is_index(ret->mp)))
		return EBADMSG;
	ret->cause = cause_of(ret->uri);
	(void)sip_tn(&ret->tn, ret->uri); /* or it has none */
	return 0;
}

int history_add(struct history *h, struct sv value)
{
	while (value.l) {
		struct sv text = cut(&value, ',');

		if (h->n == HISTORY_MAX)
			return E2BIG;
		if (read_entry(&h->v[h->n], text))
			return EBADMSG;
		h->n++;
	}
	return 0;
}

int history_read(struct history *ret, const struct sip_rx *rx)
{
	struct sv value;
	int err = 0;

	ret->n = 0;
	for (unsigned i = 0; !err && (value = sip_rx_header(rx, "History-Info", i)).p; i++)
		err = history_add(ret, value);
	return err;
}

/* --- what was diverted --- */

static const struct history_entry *find_index(const struct history *h, struct sv index)
{
	for (unsigned i = 0; i < h->n; i++)
		if (sv_eq(h->v[i].index, index))
			return &h->v[i];
	return NULL;
}

unsigned history_diversions(const struct history *h, struct history_diversion ret[HISTORY_MAX])
{
	unsigned n = 0;

	for (unsigned i = 0; i < h->n; i++) {
		const struct history_entry *to = &h->v[i], *from = NULL;

		if (to->mp.l)
			from = find_index(h, to->mp);
		else if (to->cause && i > 0)
			from = to - 1;
		if (from && from != to)
			ret[n++] = (struct history_diversion){from, to, to->cause};
	}
	return n;
}

/* --- writing --- */

static void print(struct buf *b, struct sv uri, unsigned cause, struct sv index, struct sv mp)
{
	(void)buf_addz(b, "History-Info: <");
	(void)buf_addsv(b, uri);
	if (cause)
		(void)buf_printf(b, ";cause=%u", cause);
	(void)buf_printf(b, ">;index=%.*s", SV_ARG(index));
	if (mp.l)
		(void)buf_printf(b, ";mp=%.*s", SV_ARG(mp));
	(void)buf_addz(b, "\r\n");
}

void history_print(struct buf *b, struct sv uri, unsigned cause, const char *index, const char *mp)
{
	print(b, uri, cause, sv_from(index), sv_from(mp));
}

static bool extend(char index[HISTORY_INDEX_MAX], const char *more)
{
	size_t l = strlen(index);

	if (l + strlen(more) >= HISTORY_INDEX_MAX)
		return false;
	(void)snprintf(index + l, HISTORY_INDEX_MAX - l, "%s", more);
	return true;
}

/* Is the last entry the one of this target? */
static bool is_last(const struct history *h, struct sv from)
{
	struct tn tn;

	return h->n && sip_tn(&tn, from) == 0 && tn_eq(&tn, &h->v[h->n - 1].tn);
}

int history_divert(struct buf *b, const struct history *h, struct sv from, struct sv to,
		   unsigned cause, char ret_index[HISTORY_INDEX_MAX])
{
	struct sv last = h->n ? h->v[h->n - 1].index : SV("1");
	char mp[HISTORY_INDEX_MAX];

	(void)snprintf(mp, sizeof(mp), "%.*s", SV_ARG(last));
	/* an entry is missing between the last one and our target: its place has a 0 */
	if (h->n && !is_last(h, from) && !extend(mp, ".0.1"))
		return EMSGSIZE;
	if (!is_last(h, from))
		print(b, from, 0, sv_from(mp), (struct sv){NULL, 0});
	(void)snprintf(ret_index, HISTORY_INDEX_MAX, "%s", mp);
	if (!extend(ret_index, ".1"))
		return EMSGSIZE;
	print(b, to, cause, sv_from(ret_index), sv_from(mp));
	return b->err;
}
