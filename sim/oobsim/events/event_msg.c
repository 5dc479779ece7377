/* What a message of the trace holds: escapes undone, headers, body, PASSporTs, ISUP octets. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "lib/tdm/m3ua.h"
#include "sim/oobsim/events/events_int.h"

static unsigned hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	return ((unsigned)tolower((unsigned char)c) - 'a' + 10u) & 0xfu;
}

static unsigned hex4(const char *p)
{
	return hex_digit(p[0]) << 12 | hex_digit(p[1]) << 8 | hex_digit(p[2]) << 4 |
	       hex_digit(p[3]);
}

/* One code point as UTF-8; at most as long as the escape it came from */
static size_t put_utf8(char *p, unsigned c)
{
	if (c < 0x80) {
		p[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		p[0] = (char)(0xc0 | c >> 6);
		p[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		p[0] = (char)(0xe0 | c >> 12);
		p[1] = (char)(0x80 | (c >> 6 & 0x3f));
		p[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	p[0] = (char)(0xf0 | c >> 18);
	p[1] = (char)(0x80 | (c >> 12 & 0x3f));
	p[2] = (char)(0x80 | (c >> 6 & 0x3f));
	p[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* \uXXXX, with its low surrogate when it has one; *n: characters taken, from the u on */
static unsigned take_unicode(const char *p, const char *end, size_t *n)
{
	unsigned c, low;

	*n = end - p < 5 ? (size_t)(end - p) : 5;
	if (*n < 5)
		return '?';
	c = hex4(p + 1);
	if (c < 0xd800 || c > 0xdbff || end - p < 11 || p[5] != '\\' || p[6] != 'u')
		return c;
	low = hex4(p + 7);
	*n = 11;
	return 0x10000 + ((c - 0xd800) << 10) + ((low - 0xdc00) & 0x3ff);
}

size_t msg_unescape(char *ret, struct sv v)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *p = v.p, *end = v.p + v.l;
	char *o = ret;

	while (p < end) {
		const char *esc = memchr(p, '\\', (size_t)(end - p)), *letter;
		size_t run = (size_t)((esc ? esc : end) - p), n = 1;

		memcpy(o, p, run);
		o += run;
		p += run + 1;
		if (!esc || p >= end)
			break;
		letter = memchr(from, *p, sizeof(from) - 1);
		if (letter)
			*o++ = to[letter - from];
		else if (*p == 'u')
			o += put_utf8(o, take_unicode(p, end, &n));
		else
			*o++ = *p;
		p += n;
	}
	return (size_t)(o - ret);
}

size_t msg_unhex(char *ret, struct sv v)
{
	for (size_t i = 0; i + 1 < v.l; i += 2)
		ret[i / 2] = (char)(hex_digit(v.p[i]) << 4 | hex_digit(v.p[i + 1]));
	return v.l / 2;
}

/* One letter forms of RFC 3261 §7.3.3 and RFC 8224 */
static const char *long_name(struct sv name)
{
	static const struct {
		char letter;
		const char *name;
	} compact[] = {{'i', "Call-ID"},        {'f', "From"},    {'t', "To"},
		       {'m', "Contact"},        {'v', "Via"},     {'c', "Content-Type"},
		       {'l', "Content-Length"}, {'y', "Identity"}};

	for (size_t i = 0; name.l == 1 && i < sizeof(compact) / sizeof(compact[0]); i++)
		if (tolower((unsigned char)name.p[0]) == compact[i].letter)
			return compact[i].name;
	return NULL;
}

static bool is_name(struct sv name, const char *want)
{
	const char *full = long_name(name);

	return sv_ieqz(name, want) || (full && strcasecmp(full, want) == 0);
}

bool msg_header(struct sv text, const char *name, unsigned i, struct sv *ret)
{
	struct sv rest = text;

	(void)sv_cut(&rest, '\n');
	while (rest.p && rest.l) {
		struct sv line = sv_cut(&rest, '\n'), value = line, field;

		if (sv_trim(line).l == 0)
			return false;
		/* a folded line belongs to the value (RFC 3261 §7.3.1) */
		while (rest.l && (rest.p[0] == ' ' || rest.p[0] == '\t')) {
			struct sv more = sv_cut(&rest, '\n');

			line.l = (size_t)(more.p + more.l - line.p);
		}
		value = line;
		field = sv_trim(sv_cut(&value, ':'));
		if (!value.p || !is_name(field, name) || i--)
			continue;
		*ret = sv_trim(value);
		return true;
	}
	return false;
}

struct sv msg_body(struct sv text)
{
	const char *gap = text.l ? memmem(text.p, text.l, "\r\n\r\n", 4) : NULL;

	if (!gap)
		return (struct sv){NULL, 0};
	gap += 4;
	return (struct sv){gap, (size_t)(text.p + text.l - gap)};
}

struct sv msg_isup(struct sv m3ua)
{
	struct m3ua_data data;

	if (m3ua_decode(&data, m3ua, NULL) || data.si != MTP_SI_ISUP)
		return (struct sv){NULL, 0};
	return data.user;
}

static bool is_token_char(char c)
{
	return isalnum((unsigned char)c) || c == '-' || c == '_' || c == '.';
}

/* The i-th string of a JSON text that begins with a PASSporT: a header that is an object, and two more
 * parts. Its characters need no escapes */
static bool json_token(struct sv body, unsigned i, struct sv *ret)
{
	static const char begin[] = "\"eyJ";
	const char *p = body.p, *end = body.p + body.l;

	while (p && p < end && (p = memmem(p, (size_t)(end - p), begin, strlen(begin)))) {
		struct sv token = {++p, 0};
		unsigned dots = 0;

		while (p < end && is_token_char(*p))
			dots += *p++ == '.';
		token.l = (size_t)(p - token.p);
		/* an answer may name one twice: as its Identity, and among all of the call */
		if (dots != 2 || memmem(body.p, (size_t)(token.p - body.p), token.p, token.l) ||
		    i--)
			continue;
		*ret = token;
		return true;
	}
	return false;
}

bool msg_token(struct sv text, unsigned i, struct sv *ret)
{
	struct sv v, body;

	if (msg_header(text, "Identity", i, &v)) {
		*ret = sv_trim(sv_cut(&v, ';'));
		return true;
	}
	if (!msg_header(text, "Content-Type", 0, &v))
		return false;
	body = msg_body(text);
	if (sv_starts(v, "application/json"))
		return json_token(body, i, ret);
	if (!sv_ieqz(v, "application/passport"))
		return false;
	while (body.p && body.l) {
		v = sv_trim(sv_cut(&body, '\n'));
		if (v.l == 0 || i--)
			continue;
		*ret = v;
		return true;
	}
	return false;
}

struct sv event_octets(const struct event *ev)
{
	/* an event is always inside its entry; what is decoded once is kept there */
	struct entry *entry = (struct entry *)(uintptr_t)ev;
	char *p;

	if (ev->decoded_ || ev->kind == EVENT_NOTE)
		return entry->octets;
	p = evs_alloc(entry->owner, ev->octets_.l + 1);
	if (!p)
		return (struct sv){NULL, 0};
	entry->octets.p = p;
	entry->octets.l = ev->hex_ ? msg_unhex(p, ev->octets_) : msg_unescape(p, ev->octets_);
	entry->ev.decoded_ = true;
	return entry->octets;
}

json_t *event_data(const struct event *ev)
{
	return ev->data_.l ? json_loadb(ev->data_.p, ev->data_.l, JSON_DECODE_ANY, NULL) : NULL;
}

bool event_fact(const struct event *ev, const char *member, char *ret, size_t size)
{
	json_t *data = event_data(ev), *v = json_object_get(data, member);
	bool there = true;

	if (json_is_string(v))
		(void)snprintf(ret, size, "%s", json_string_value(v));
	else if (json_is_integer(v))
		(void)snprintf(ret, size, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	else if (json_is_boolean(v))
		(void)snprintf(ret, size, "%s", json_is_true(v) ? "true" : "false");
	else
		there = false;
	json_decref(data);
	return there;
}

bool event_header(const struct event *ev, const char *name, unsigned i, struct sv *ret)
{
	return (ev->kind == EVENT_SIP || ev->kind == EVENT_HTTPS) &&
	       msg_header(event_octets(ev), name, i, ret);
}

unsigned event_headers(const struct event *ev, const char *name)
{
	struct sv v;
	unsigned n = 0;

	while (event_header(ev, name, n, &v))
		n++;
	return n;
}

struct sv event_body(const struct event *ev)
{
	if (ev->kind != EVENT_SIP && ev->kind != EVENT_HTTPS)
		return (struct sv){NULL, 0};
	return msg_body(event_octets(ev));
}

bool event_token(const struct event *ev, unsigned i, struct sv *ret)
{
	return (ev->kind == EVENT_SIP || ev->kind == EVENT_HTTPS) &&
	       msg_token(event_octets(ev), i, ret);
}

struct sv event_isup(const struct event *ev)
{
	return ev->kind == EVENT_ISUP ? msg_isup(event_octets(ev)) : (struct sv){NULL, 0};
}
