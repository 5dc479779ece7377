#include <ctype.h>
#include <string.h>

#include "lib/net/sip_text.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct sv skip(struct sv v, size_t n)
{
	return (struct sv){v.p + n, v.l - n};
}

static size_t blanks(struct sv v)
{
	size_t n = 0;

	while (n < v.l && is_blank(v.p[n]))
		n++;
	return n;
}

/* Length of ";verstat=…" at the front; 0 when something else stands there. A parameter ends where the
 * next one, the URI, the user part or the value begins to be another thing */
static size_t verstat_len(struct sv v)
{
	static const char end[] = ";@>,?\"";
	struct sv rest;
	size_t name = 0;

	if (!v.l || v.p[0] != ';')
		return 0;
	rest = skip(v, 1);
	rest = skip(rest, blanks(rest));
	while (name < rest.l && (isalnum((unsigned char)rest.p[name]) || rest.p[name] == '-'))
		name++;
	if (!sv_ieqz((struct sv){rest.p, name}, "verstat"))
		return 0;
	rest = skip(rest, name);
	while (rest.l && !memchr(end, rest.p[0], sizeof(end) - 1))
		rest = skip(rest, 1);
	return v.l - rest.l;
}

void sip_text_clean(struct buf *b, struct sv value)
{
	while (value.l) {
		size_t fold = value.p[0] == '\r' || value.p[0] == '\n' ? blanks(value) : 0;
		size_t verstat = verstat_len(value);

		if (fold)
			(void)buf_add(b, " ", 1);
		else if (!verstat)
			(void)buf_add(b, value.p, 1);
		value = skip(value, fold ? fold : verstat ? verstat : 1);
	}
}

/* Where the URI ends and the parameters of the header begin. Without angle brackets every parameter
 * is the header's (RFC 3261 §20) */
static size_t address_len(struct sv value)
{
	bool quoted = false;

	for (size_t i = 0; i < value.l; i++) {
		char c = value.p[i];
		size_t close;

		if (quoted && c == '\\') {
			i++;
		} else if (c == '"') {
			quoted = !quoted;
		} else if (!quoted && c == '<') {
			close = i + sv_find(skip(value, i), '>');
			return close < value.l ? close + 1 : value.l;
		} else if (!quoted && c == ';') {
			return i;
		}
	}
	return value.l;
}

void sip_text_address(struct buf *b, struct sv value)
{
	size_t l = address_len(value);
	struct sv params = skip(value, l);

	sip_text_clean(b, sv_trim((struct sv){value.p, l}));
	(void)sv_cut(&params, ';');
	while (params.l) {
		struct sv param = sv_trim(sv_cut(&params, ';')), rest = param;
		struct sv name = sv_trim(sv_cut(&rest, '='));

		if (sv_ieqz(name, "tag") || sv_ieqz(name, "verstat"))
			continue;
		(void)buf_addz(b, ";");
		sip_text_clean(b, param);
	}
}

/* Compact names (RFC 3261 §7.3.3 and what was registered since) */
static const struct {
	char compact;
	const char *name;
} compacts[] = {
	{'a', "Accept-Contact"},
	{'b', "Referred-By"},
	{'c', "Content-Type"},
	{'d', "Request-Disposition"},
	{'e', "Content-Encoding"},
	{'f', "From"},
	{'i', "Call-ID"},
	{'j', "Reject-Contact"},
	{'k', "Supported"},
	{'l', "Content-Length"},
	{'m', "Contact"},
	{'o', "Event"},
	{'r', "Refer-To"},
	{'s', "Subject"},
	{'t', "To"},
	{'u', "Allow-Events"},
	{'v', "Via"},
	{'x', "Session-Expires"},
	{'y', "Identity"},
};

static struct sv full_name(struct sv name)
{
	if (name.l != 1)
		return name;
	for (size_t i = 0; i < sizeof(compacts) / sizeof(compacts[0]); i++)
		if (compacts[i].compact == tolower((unsigned char)name.p[0]))
			return sv_from(compacts[i].name);
	return name;
}

bool sip_text_line(struct sv *lines, struct sv *ret_name, struct sv *ret_value)
{
	struct sv line = sv_cut(lines, '\n'), all = line;

	if (!sv_trim(line).l)
		return false;
	while (lines->l &&
	       (lines->p[0] == ' ' || lines->p[0] == '\t')) { /* a folded line goes on */
		struct sv more = sv_cut(lines, '\n');

		all.l = (size_t)(more.p + more.l - all.p);
	}
	*ret_name = full_name(sv_trim(sv_cut(&all, ':')));
	*ret_value = sv_trim(all);
	return true;
}
