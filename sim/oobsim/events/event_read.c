/* One line of a trace into an event: only the few members that everybody needs are read, the rest
 * stays text. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "sim/oobsim/events/events_int.h"

/* Where a JSON value that begins at p ends: strings by their quotes, the others by nesting. NULL
 * when it never does */
static const char *value_end(const char *p, const char *end)
{
	int depth = 0;
	bool quoted = false;

	for (; p < end; p++) {
		if (quoted) {
			if (*p == '\\')
				p++;
			else if (*p == '"')
				quoted = false;
			if (quoted || depth)
				continue;
			return p < end ? p + 1 : NULL;
		}
		if (*p == '"')
			quoted = true;
		else if (*p == '{' || *p == '[')
			depth++;
		else if (*p == '}' || *p == ']') {
			if (depth == 0)
				return p;
			if (--depth == 0)
				return p + 1;
		} else if (*p == ',' && depth == 0)
			return p;
	}
	return NULL;
}

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && strchr(" \t\r\n", *p) && *p)
		p++;
	return p;
}

/* The next member off the front of an object's inside. @return 1, 0 at the end, -1 when it is
 * malformed */
static int next_member(const char **pp, const char *end, struct sv *name, struct sv *value)
{
	const char *p = skip_blanks(*pp, end), *stop;

	if (p < end && *p == ',')
		p = skip_blanks(p + 1, end);
	if (p < end && *p == '}')
		return 0;
	if (p >= end || *p != '"')
		return -1;
	stop = value_end(p, end);
	if (!stop)
		return -1;
	*name = (struct sv){p + 1, (size_t)(stop - p) - 2};
	p = skip_blanks(stop, end);
	if (p >= end || *p != ':')
		return -1;
	p = skip_blanks(p + 1, end);
	stop = value_end(p, end);
	if (!stop || stop == p)
		return -1;
	*value = sv_trim((struct sv){p, (size_t)(stop - p)});
	*pp = stop;
	return 1;
}

/* A string's inside; a value that is none gives the empty view */
static struct sv inside(struct sv v)
{
	if (v.l < 2 || v.p[0] != '"')
		return (struct sv){NULL, 0};
	return (struct sv){v.p + 1, v.l - 2};
}

/* What is read of a line before it is judged */
struct members {
	struct sv t, at, kind, dir, src, dst, what, orig, dest, conn, raw, hex, data;
};

static int read_members(struct members *m, struct sv line)
{
	const struct {
		const char *name;
		struct sv *to;
		bool text;
	} all[] = {
		{"t", &m->t, false},       {"at", &m->at, true},     {"kind", &m->kind, true},
		{"dir", &m->dir, true},    {"src", &m->src, true},   {"dst", &m->dst, true},
		{"what", &m->what, true},  {"orig", &m->orig, true}, {"dest", &m->dest, true},
		{"conn", &m->conn, false}, {"raw", &m->raw, true},   {"hex", &m->hex, true},
		{"data", &m->data, false},
	};
	const char *p = skip_blanks(line.p, line.p + line.l), *end = line.p + line.l;
	struct sv name, value;
	int more;

	if (p >= end || *p++ != '{')
		return EBADMSG;
	while ((more = next_member(&p, end, &name, &value)) == 1)
		for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
			if (sv_eqz(name, all[i].name))
				*all[i].to = all[i].text ? inside(value) : value;
	return more ? EBADMSG : 0;
}

static bool kind_from(struct sv v, enum event_kind *ret)
{
	static const char *const names[] = {[EVENT_SIP] = "sip",
					    [EVENT_HTTPS] = "https",
					    [EVENT_ISUP] = "isup",
					    [EVENT_NOTE] = "note"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!sv_eqz(v, names[i]))
			continue;
		*ret = (enum event_kind)i;
		return true;
	}
	return false;
}

static int read_note(struct events *evs, struct event *ev, const struct members *m, struct err *e)
{
	struct tn orig, dest;

	if (!m->what.l)
		return err_set(e, EBADMSG, "member \"what\" of a note: expected a string");
	ev->dir = EVENT_NONE;
	ev->what = evs_word(evs, m->what);
	ev->data_ = m->data;
	if (m->orig.l && m->dest.l && tn_canonical(&orig, m->orig) == 0 &&
	    tn_canonical(&dest, m->dest) == 0)
		ev->call = evs_call(evs, &orig, &dest);
	return ev->what ? 0 : ENOMEM;
}

static int read_message(struct events *evs, struct event *ev, const struct members *m,
			struct err *e)
{
	unsigned long long conn = 0;

	if (!sv_eqz(m->dir, "rx") && !sv_eqz(m->dir, "tx"))
		return err_set(e, EBADMSG,
			       "member \"dir\" of a message: expected \"rx\" or \"tx\"");
	if (!m->src.l || !m->dst.l || !(m->raw.p || m->hex.p))
		return err_set(
			e, EBADMSG,
			"a message: expected members \"src\", \"dst\" and \"raw\" or \"hex\"");
	ev->dir = sv_eqz(m->dir, "rx") ? EVENT_RX : EVENT_TX;
	ev->src = evs_word(evs, m->src);
	ev->dst = evs_word(evs, m->dst);
	if (!ev->src || !ev->dst)
		return ENOMEM;
	ev->octets_ = m->raw.p ? m->raw : m->hex;
	ev->hex_ = !m->raw.p;
	(void)sv_u64(m->conn, ULONG_MAX, &conn);
	ev->conn = conn;
	return event_resolve(evs, ev);
}

int event_read(struct events *evs, struct event *ev, struct err *e)
{
	struct members m = {0};
	unsigned long long t;
	int err;

	if (read_members(&m, ev->line))
		return err_set(e, EBADMSG, "expected a JSON object on one line");
	if (!sv_u64(m.t, UINT64_MAX, &t))
		return err_set(e, EBADMSG, "member \"t\": expected a number of microseconds");
	if (!m.at.l)
		return err_set(e, EBADMSG, "member \"at\": expected the name of an element");
	if (!kind_from(m.kind, &ev->kind))
		return err_set(e, EBADMSG,
			       "member \"kind\": expected sip, https, isup or note, got \"%.*s\"",
			       SV_ARG(m.kind));
	ev->t_us = t;
	ev->call = EVENT_NO_CALL;
	ev->twin = EVENT_NO_TWIN;
	ev->src = ev->dst = ev->from = ev->to = ev->what = "";
	ev->at = evs_word(evs, m.at);
	if (!ev->at)
		return ENOMEM;
	if (ev->kind == EVENT_NOTE)
		return read_note(evs, ev, &m, e);
	err = read_message(evs, ev, &m, e);
	if (!err)
		err = event_place(evs, ev);
	if (!err)
		event_guess(evs, ev);
	return err;
}
