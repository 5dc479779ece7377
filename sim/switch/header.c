#include <string.h>
#include <strings.h>

#include "sim/switch/header.h"

static const char *const verstat_names[] = {
	[SW_VERSTAT_NONE] = "",
	[SW_VERSTAT_PASSED] = "TN-Validation-Passed",
	[SW_VERSTAT_FAILED] = "TN-Validation-Failed",
	[SW_VERSTAT_NOT] = "No-TN-Validation",
};

/* What else of an INVITE goes on unchanged. Not: what belongs to the hop or the dialog, what the switch
 * asserts itself, and what negotiates extensions, of which it has none */
static const char *const kept[] = {"Privacy",   "Diversion",   "P-Charge-Info",
				   "Subject",   "Priority",    "Resource-Priority",
				   "Call-Info", "User-to-User"};

const char *sw_verstat_name(enum sw_verstat v)
{
	return verstat_names[v];
}

enum sw_verstat sw_verstat_of(struct sv name)
{
	for (enum sw_verstat v = SW_VERSTAT_PASSED; v <= SW_VERSTAT_NOT; v++)
		if (sv_ieqz(name, verstat_names[v]))
			return v;
	return SW_VERSTAT_NONE;
}

static bool is_one_of(char c, const char *set)
{
	return c && strchr(set, c);
}

/* Length of ";verstat=…" at the front of v; 0 when something else stands there */
static size_t verstat_len(struct sv v)
{
	static const char name[] = ";verstat";
	size_t l = sizeof(name) - 1;

	if (v.l < l || strncasecmp(v.p, name, l) != 0)
		return 0;
	if (l < v.l && !is_one_of(v.p[l], "=;@>,? \t"))
		return 0; /* a longer name */
	while (l < v.l && !is_one_of(v.p[l], ";@>,? \t\""))
		l++;
	return l;
}

void sw_add_without_verstat(struct buf *b, struct sv value)
{
	while (value.l) {
		size_t skip = verstat_len(value), take = 0;

		value = (struct sv){value.p + skip, value.l - skip};
		while (take < value.l && (take == 0 || value.p[take] != ';') &&
		       !is_one_of(value.p[take], "\r\n"))
			take++;
		(void)buf_add(b, value.p, take);
		value = (struct sv){value.p + take, value.l - take};
		if (value.l && value.p[0] != ';') { /* a folded line is made whole again */
			(void)buf_add(b, " ", 1);
			value = (struct sv){value.p + 1, value.l - 1};
		}
	}
}

/* Where the URI ends and the parameters of the header begin. Without angle brackets every parameter is
 * the header's (RFC 3261 §20) */
static size_t address_len(struct sv value)
{
	bool quoted = false;

	for (size_t i = 0; i < value.l; i++) {
		if (quoted && value.p[i] == '\\')
			i++;
		else if (value.p[i] == '"')
			quoted = !quoted;
		else if (!quoted && value.p[i] == '<')
			return i + sv_find((struct sv){value.p + i, value.l - i}, '>') + 1;
		else if (!quoted && value.p[i] == ';')
			return i;
	}
	return value.l;
}

static void add_parameter(struct buf *b, struct sv param)
{
	(void)buf_add(b, ";", 1);
	sw_add_without_verstat(b, param);
}

void sw_add_address(struct buf *b, struct sv value)
{
	size_t l = address_len(value);
	struct sv params;

	if (l > value.l)
		l = value.l;   /* no ">" */
	(void)buf_addz(b, ""); /* a string, whatever comes */
	params = (struct sv){value.p + l, value.l - l};
	sw_add_without_verstat(b, sv_trim((struct sv){value.p, l}));
	(void)sv_cut(&params, ';');
	while (params.l) {
		struct sv param = sv_trim(sv_cut(&params, ';'));
		struct sv name = param;

		name = sv_trim(sv_cut(&name, '='));
		if (!sv_ieqz(name, "tag") && !sv_ieqz(name, "verstat"))
			add_parameter(b, param);
	}
}

void sw_add_address_verstat(struct buf *b, struct sv value, const struct tn *tn, enum sw_verstat v)
{
	BUF_AUTO struct buf clean = BUF(b->max);
	struct sv text, user;
	struct tn is;
	size_t front;

	sw_add_address(&clean, value);
	text = buf_sv(&clean);
	if (clean.err)
		b->err = clean.err;
	if (v == SW_VERSTAT_NONE || sip_tn(&is, text) || !tn_eq(&is, tn)) {
		(void)buf_addsv(b, text);
		return;
	}
	user = sip_user(text);
	front = (size_t)(user.p + user.l - text.p);
	(void)buf_add(b, text.p, front);
	(void)buf_printf(b, ";verstat=%s", verstat_names[v]);
	(void)buf_add(b, text.p + front, text.l - front);
}

/* A service code (911) has no country code that a "+" could stand before */
static const char *plus(const struct tn *tn)
{
	return strlen(tn->s) > 6 && strspn(tn->s, "0123456789") == strlen(tn->s) ? "+" : "";
}

void sw_add_asserted(struct buf *b, const struct tn *tn, enum sw_verstat v, const char *domain)
{
	(void)buf_printf(b, "P-Asserted-Identity: <sip:%s%s%s%s@%s;user=phone>\r\n", plus(tn),
			 tn->s, v == SW_VERSTAT_NONE ? "" : ";verstat=", verstat_names[v], domain);
}

unsigned sw_add_lines(struct buf *b, const struct sip_rx *rx, const char *name)
{
	struct sv value;
	unsigned n = 0;

	for (; (value = sip_rx_header(rx, name, n)).p; n++) {
		(void)buf_printf(b, "%s: ", name);
		(void)buf_addsv(b, value);
		(void)buf_addz(b, "\r\n");
	}
	return n;
}

void sw_add_lines_without_verstat(struct buf *b, const struct sip_rx *rx, const char *name)
{
	struct sv value;

	for (unsigned n = 0; (value = sip_rx_header(rx, name, n)).p; n++) {
		(void)buf_printf(b, "%s: ", name);
		sw_add_without_verstat(b, value);
		(void)buf_addz(b, "\r\n");
	}
}

/* A line goes on in the next one when that begins with a blank (RFC 3261 §7.3.1) */
static struct sv cut_line(struct sv *lines)
{
	struct sv line = *lines;
	size_t l = 0;

	do
		l += sv_find((struct sv){line.p + l, line.l - l}, '\n') + 1;
	while (l < line.l && is_one_of(line.p[l], " \t"));
	if (l >= line.l)
		l = line.l;
	*lines = (struct sv){line.p + l, line.l - l};
	return (struct sv){line.p, l};
}

struct sv sw_next_value(struct sv *lines)
{
	struct sv line;

	if (!lines->l)
		return (struct sv){NULL, 0};
	line = cut_line(lines);
	(void)sv_cut(&line, ':');
	return sv_trim(line);
}

static bool has_identity(const struct buf *b, struct sv value)
{
	struct sv rest = buf_sv(b), one;

	while ((one = sw_next_value(&rest)).p)
		if (sv_eq(one, value))
			return true;
	return false;
}

bool sw_add_identity(struct buf *b, struct sv value)
{
	if (has_identity(b, value))
		return false;
	(void)buf_addz(b, "Identity: ");
	(void)buf_addsv(b, value);
	(void)buf_addz(b, "\r\n");
	return true;
}

unsigned sw_add_identities(struct buf *b, const struct sip_rx *rx)
{
	struct sv value;
	unsigned added = 0;

	for (unsigned i = 0; (value = sip_rx_header(rx, "Identity", i)).p; i++)
		added += sw_add_identity(b, value);
	return added;
}

unsigned sw_add_identity_lines(struct buf *b, struct sv lines)
{
	struct sv value;
	unsigned added = 0;

	while ((value = sw_next_value(&lines)).p)
		added += sw_add_identity(b, value);
	return added;
}

void sw_add_kept(struct buf *b, const struct sip_rx *invite)
{
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		(void)sw_add_lines(b, invite, kept[i]);
}

void sw_add_phone_uri(struct buf *b, const char *phone, const struct tn *called)
{
	struct sv user = sip_user(sv_from(phone));

	if (user.l)
		(void)buf_addz(b, phone);
	else
		(void)buf_printf(b, "sip:%s%s@%s", plus(called), called->s, phone + strlen("sip:"));
}

bool sw_wants_privacy(const struct sip_rx *invite)
{
	struct sv value;

	for (unsigned i = 0; (value = sip_rx_header(invite, "Privacy", i)).p; i++)
		while (value.l)
			if (sv_ieqz(sv_trim(sv_cut(&value, ';')), "id"))
				return true;
	return false;
}
