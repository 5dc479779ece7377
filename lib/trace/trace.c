#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/env.h"
#include "lib/base/log.h"
#include "lib/trace/trace.h"

/* Longest line: a list of LIST_MAX_LEN, every octet of it escaped, still fits */
#define LINE_MAX_LEN (64u << 20)
/* A line buffer that one large event has blown up beyond this is not kept */
#define LINE_KEEP_LEN (1u << 20)

/* One trace a process, as there is one log and one loop: events come from every layer above base */
static struct {
	int fd;
	bool on;
	bool own_fd;   /* opened here, so closed here */
	struct buf at; /* `"at":"osp.as"`, escaped once */
	struct buf line;
} g = {.fd = -1, .at = {.max = 1024}, .line = {.max = LINE_MAX_LEN}};

/* Length of the well-formed UTF-8 sequence at p (RFC 3629 §4), 0 when there is none */
static size_t utf8_len(const unsigned char *p, size_t left)
{
	unsigned lo = 0x80, hi = 0xbf; /* bounds of the second octet */
	size_t n;

	if (p[0] >= 0xc2 && p[0] <= 0xdf) {
		n = 2;
	} else if ((p[0] & 0xf0) == 0xe0) {
		n = 3;
		lo = p[0] == 0xe0 ? 0xa0 : lo; /* no overlong forms */
		hi = p[0] == 0xed ? 0x9f : hi; /* no surrogates */
	} else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
		n = 4;
		lo = p[0] == 0xf0 ? 0x90 : lo;
		hi = p[0] == 0xf4 ? 0x8f : hi; /* nothing past U+10FFFF */
	} else {
		return 0;
	}
	if (left < n || p[1] < lo || p[1] > hi)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

static void add_escape(struct buf *b, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	char esc[6] = {'\\', (char)c};
	size_t n = 2;

	switch (c) {
	case '"':
	case '\\':
		break;
	case '\r':
		esc[1] = 'r';
		break;
	case '\n':
		esc[1] = 'n';
		break;
	case '\t':
		esc[1] = 't';
		break;
	default:
		esc[1] = 'u';
		esc[2] = esc[3] = '0';
		esc[4] = hex[c >> 4];
		esc[5] = hex[c & 0xf];
		n = 6;
	}
	(void)buf_add(b, esc, n);
}

/*
 * Append v as a JSON string with its quotes. @return false, and b as it was, when v is not text:
 * not UTF-8, or with a NUL, which many JSON readers refuse.
 */
static bool add_string(struct buf *b, struct sv v)
{
	const unsigned char *p = (const unsigned char *)(v.p ? v.p : ""), *end = p + v.l, *run = p;
	size_t before = b->l;

	(void)buf_add(b, "\"", 1);
	while (p < end) {
		size_t n;

		if (*p >= 0x20 && *p < 0x7f && *p != '"' && *p != '\\') {
			p++;
			continue;
		}
		if (*p >= 0x80) {
			n = utf8_len(p, (size_t)(end - p));
			if (n == 0)
				break;
			p += n;
			continue;
		}
		if (*p == 0)
			break;
		(void)buf_add(b, run, (size_t)(p - run));
		add_escape(b, *p++);
		run = p;
	}
	if (p < end) {
		b->l = before;
		return false;
	}
	(void)buf_add(b, run, (size_t)(p - run));
	(void)buf_add(b, "\"", 1);
	return true;
}

static void add_hex(struct buf *b, struct sv v)
{
	static const char hex[] = "0123456789abcdef";
	char part[256];
	size_t n = 0;

	(void)buf_add(b, "\"", 1);
	for (size_t i = 0; i < v.l; i++) {
		unsigned char c = (unsigned char)v.p[i];

		part[n++] = hex[c >> 4];
		part[n++] = hex[c & 0xf];
		if (n == sizeof(part)) {
			(void)buf_add(b, part, n);
			n = 0;
		}
	}
	(void)buf_add(b, part, n);
	(void)buf_add(b, "\"", 1);
}

/* `,"name":"value"` of a value that we made ourselves; one that is no text is shown in hex all the
 * same */
static void add_member(struct buf *b, const char *name, struct sv v)
{
	(void)buf_addz(b, ",\"");
	(void)buf_addz(b, name);
	(void)buf_addz(b, "\":");
	if (!add_string(b, v))
		add_hex(b, v);
}

static int add_json(const char *p, size_t l, void *arg)
{
	return buf_add(arg, p, l) ? -1 : 0;
}

static void line_begin(const char *kind)
{
	buf_reset(&g.line);
	(void)buf_printf(&g.line, "{\"t\":%" PRIu64 ",", mono_us());
	(void)buf_addsv(&g.line, buf_sv(&g.at));
	add_member(&g.line, "kind", sv_from(kind));
}

/* All of it, whatever the descriptor takes at a time: a cut line would spoil the next one too */
static int write_all(int fd, struct sv v)
{
	while (v.l) {
		ssize_t n = write(fd, v.p, v.l);

		if (n >= 0) {
			v.p += n;
			v.l -= (size_t)n;
			continue;
		}
		if (errno == EAGAIN) {
			struct pollfd pfd = {.fd = fd, .events = POLLOUT};

			(void)poll(&pfd, 1, -1);
			continue;
		}
		if (errno != EINTR)
			return errno;
	}
	return 0;
}

/* One write an event: what an element did before it was killed is in the file */
static void line_end(void)
{
	int err;

	(void)buf_add(&g.line, "}\n", 2);
	if (g.line.err) {
		log_warn("trace: an event is lost: %s", strerror(g.line.err));
		buf_free(&g.line);
		return;
	}
	err = write_all(g.fd, buf_sv(&g.line));
	if (err) {
		log_warn("trace: cannot write: %s; no further events are traced", strerror(err));
		g.on = false;
	}
	if (g.line.cap > LINE_KEEP_LEN)
		buf_free(&g.line);
}

static int parse_fd(const char *path, struct err *e)
{
	unsigned long long n;

	if (!sv_u64(sv_from(path + strlen("fd:")), 1u << 20, &n) || fcntl((int)n, F_GETFD) < 0)
		return err_set(e, EINVAL, "trace: %s is not an open descriptor", path);
	g.fd = (int)n;
	return 0;
}

static int open_path(const char *path, struct err *e)
{
	if (strcmp(path, "-") == 0) {
		g.fd = STDOUT_FILENO;
		return 0;
	}
	if (strncmp(path, "fd:", 3) == 0)
		return parse_fd(path, e);
	g.fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (g.fd < 0)
		return err_set(e, errno, "trace: cannot open %s: %s", path, strerror(errno));
	g.own_fd = true;
	return 0;
}

int trace_open(const char *path, const char *at, struct err *e)
{
	int err;

	trace_close();
	if (!path)
		return 0;
	err = open_path(path, e);
	if (err)
		return err;
	(void)buf_addz(&g.at, "\"at\":");
	if (!add_string(&g.at, sv_from(at)) || g.at.err) {
		trace_close();
		return err_set(e, EINVAL,
			       "trace: the name of the element is not a text of up to %zu octets",
			       g.at.max);
	}
	g.on = true;
	return 0;
}

void trace_close(void)
{
	if (g.own_fd)
		(void)close(g.fd);
	g.fd = -1;
	g.own_fd = false;
	g.on = false;
	buf_free(&g.at);
	buf_free(&g.line);
}

bool trace_on(void)
{
	return g.on;
}

void trace_message(const char *kind, enum trace_dir dir, const char *src, const char *dst,
		   struct sv octets, json_t *more)
{
	if (!g.on)
		return;
	line_begin(kind);
	(void)buf_addz(&g.line, dir == TRACE_RX ? ",\"dir\":\"rx\"" : ",\"dir\":\"tx\"");
	add_member(&g.line, "src", sv_from(src));
	add_member(&g.line, "dst", sv_from(dst));
	if (more && json_object_size(more)) {
		(void)buf_add(&g.line, ",", 1);
		if (json_dump_callback(more, add_json, &g.line, JSON_COMPACT | JSON_EMBED))
			g.line.err = g.line.err ? g.line.err : ENOMEM;
	}
	(void)buf_addz(&g.line, ",\"raw\":");
	/* ISUP is octets by nature, even where they happen to be letters */
	if (strcmp(kind, "isup") == 0 || !add_string(&g.line, octets)) {
		g.line.l -= strlen("\"raw\":");
		(void)buf_addz(&g.line, "\"hex\":");
		add_hex(&g.line, octets);
	}
	line_end();
}

void trace_note(const char *what, const struct tn *orig, const struct tn *dest, json_t *data)
{
	if (g.on) {
		line_begin("note");
		add_member(&g.line, "what", sv_from(what));
		if (orig)
			add_member(&g.line, "orig", sv_from(orig->s));
		if (dest)
			add_member(&g.line, "dest", sv_from(dest->s));
		if (data) {
			(void)buf_addz(&g.line, ",\"data\":");
			if (json_dump_callback(data, add_json, &g.line, JSON_COMPACT))
				g.line.err = g.line.err ? g.line.err : ENOMEM;
		}
		line_end();
	}
	json_decref(data);
}
