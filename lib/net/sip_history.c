#include <string.h>

#include "lib/net/sip_history.h"

/* What stands before the next comma outside of <> and "" */
static struct sv cut_entry(struct sv *rest)
{
	bool quoted = false, in_uri = false;
	struct sv ret = *rest;

	for (size_t i = 0; i < ret.l; i++) {
		char c = ret.p[i];

		if (quoted) {
			i += c == '\\';
			quoted = c != '"';
		} else if (c == '"') {
			quoted = true;
		} else if (c == '<' || c == '>') {
			in_uri = c == '<';
		} else if (c == ',' && !in_uri) {
			*rest = (struct sv){ret.p + i + 1, ret.l - i - 1};
			ret.l = i;
			return ret;
		}
	}
	*rest = (struct sv){NULL, 0};
	return ret;
}

static void read_params(struct sip_history_entry *ret, struct sv params)
{
	while (params.l) {
		struct sv value = sv_cut(&params, ';');
		struct sv name = sv_trim(sv_cut(&value, '='));
		bool mp = sv_ieqz(name, "mp");

		if (sv_ieqz(name, "index"))
			ret->index = sv_trim(value);
		else if (mp || sv_ieqz(name, "rc"))
			ret->from = sv_trim(value);
		ret->diverted |= mp;
	}
}

/* Headers that a request to this URI would get: "Privacy=history&Reason=…" (RFC 3261 §19.1.1) */
static void read_headers(struct sip_history_entry *ret, struct sv headers)
{
	while (headers.l) {
		struct sv value = sv_cut(&headers, '&'), name = sv_cut(&value, '=');

		if (sv_ieqz(name, "Privacy") && sv_ieqz(value, "history"))
			ret->restricted = true;
	}
}

static void read_entry(struct sip_history_entry *ret, struct sv text)
{
	struct sv rest = text, uri = sv_cut(&rest, '>'), value;
	unsigned long long cause;

	*ret = (struct sip_history_entry){.tn = {""}};
	if (sip_tn(&ret->tn, text))
		ret->tn.s[0] = '\0';
	if (sip_uri_param(text, "cause", &value) && sv_u64(value, 699, &cause)) {
		ret->cause = (unsigned)cause;
		ret->diverted = true;
	}
	(void)sv_cut(&uri, '?');
	read_headers(ret, uri);
	read_params(ret, rest);
}

void sip_history_add(struct sip_history *h, struct sv value)
{
	while (value.l) {
		struct sv text = sv_trim(cut_entry(&value));

		if (!text.l)
			continue;
		if (h->n == SIP_HISTORY_MAX) {
			h->cut = true;
			return;
		}
		read_entry(&h->v[h->n++], text);
	}
}

void sip_history_read(struct sip_history *ret, const struct sip_rx *rx)
{
	struct sv value;

	memset(ret, 0, sizeof(*ret));
	for (unsigned i = 0; (value = sip_rx_header(rx, "History-Info", i)).p; i++)
		sip_history_add(ret, value);
}

const struct sip_history_entry *sip_history_from(const struct sip_history *h, size_t i)
{
	for (size_t k = 0; h->v[i].from.l && k < h->n; k++)
		if (k != i && sv_eq(h->v[k].index, h->v[i].from))
			return &h->v[k];
	return i ? &h->v[i - 1] : NULL;
}
