#include <errno.h>
#include <limits.h>
#include <string.h>

#include "lib/net/http_split.h"

#define PREFIX "HTTP/1."
/* "HTTP/1.1 200" */
#define STATUS_AT  (sizeof(PREFIX) + 1)
#define STATUS_LEN 3

static struct sv from(struct sv v, size_t at)
{
	return (struct sv){v.p + at, v.l - at};
}

/* A line without its end, LF alone or CR LF. @return false when its end is not there */
static bool take_line(struct sv *rest, struct sv *line)
{
	size_t n = sv_find(*rest, '\n');

	if (n == rest->l)
		return false;
	*line = (struct sv){rest->p, n && rest->p[n - 1] == '\r' ? n - 1 : n};
	*rest = from(*rest, n + 1);
	return true;
}

/* --- head --- */

static int read_start(struct http_message *m)
{
	unsigned long long status;

	if (!sv_starts(m->start, PREFIX)) {
		/* method, target, version: two blanks at least */
		const char *blank = memchr(m->start.p, ' ', m->start.l);

		return blank && memchr(blank + 1, ' ',
				       (size_t)(m->start.p + m->start.l - blank - 1))
			       ? 0
			       : EBADMSG;
	}
	if (m->start.l < STATUS_AT + STATUS_LEN ||
	    !sv_u64((struct sv){m->start.p + STATUS_AT, STATUS_LEN}, 999, &status) || status < 100)
		return EBADMSG;
	m->status = (unsigned)status;
	return 0;
}

/* Start line and fields. @return 0, EAGAIN, EBADMSG */
static int read_head(struct http_message *m, struct sv *rest)
{
	const char *fields;
	struct sv line;
	int err;

	if (!take_line(rest, &m->start))
		return EAGAIN;
	err = read_start(m);
	fields = rest->p;
	for (;;) {
		const char *begin = rest->p;

		if (err || !take_line(rest, &line)) {
			m->start.l = 0;
			return err ? err : EAGAIN;
		}
		if (line.l)
			continue;
		m->fields = (struct sv){fields, (size_t)(begin - fields)};
		return 0;
	}
}

struct sv http_header(const struct http_message *msg, const char *name)
{
	struct sv rest = msg->fields;

	while (rest.l) {
		struct sv value = sv_cut(&rest, '\n');

		if (sv_ieqz(sv_trim(sv_cut(&value, ':')), name) && value.p)
			return sv_trim(value);
	}
	return (struct sv){NULL, 0};
}

/* --- body --- */

static bool read_hex(struct sv v, size_t *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < v.l; i++) {
		char c = v.p[i];
		int digit = c >= '0' && c <= '9'                     ? c - '0'
			    : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
								     : -1;

		if (digit < 0 || n > INT_MAX / 16)
			return false;
		n = n * 16 + (size_t)digit;
	}
	*ret = n;
	return v.l > 0;
}

/* Chunks, and trailer fields behind the last one. Octets that they take; 0: not all is there */
static int chunks_end(struct sv body, size_t *ret)
{
	struct sv rest = body, line;
	size_t n;

	for (;;) {
		if (!take_line(&rest, &line))
			return EAGAIN;
		if (!read_hex(sv_trim(sv_cut(&line, ';')), &n))
			return EBADMSG;
		if (!n)
			break;
		if (rest.l < n)
			return EAGAIN;
		rest = from(rest, n);
		if (!take_line(&rest, &line))
			return EAGAIN;
		if (line.l)
			return EBADMSG;
	}
	do {
		if (!take_line(&rest, &line))
			return EAGAIN;
	} while (line.l);
	*ret = body.l - rest.l;
	return 0;
}

static bool has_no_body(unsigned status)
{
	return status && (status < 200 || status == 204 || status == 304);
}

static int body_end(const struct http_message *m, struct sv rest, bool ended, size_t *ret)
{
	struct sv length = http_header(m, "Content-Length");
	unsigned long long n = 0;

	if (has_no_body(m->status))
		return 0;
	if (sv_ieqz(http_header(m, "Transfer-Encoding"), "chunked"))
		return chunks_end(rest, ret);
	if (!length.p && m->status && !ended)
		return EAGAIN;
	if (!length.p) {
		*ret = m->status ? rest.l : 0;
		return 0;
	}
	if (!sv_u64(length, ULLONG_MAX, &n))
		return EBADMSG;
	if (rest.l < n)
		return EAGAIN;
	*ret = (size_t)n;
	return 0;
}

int http_split(struct http_message *ret, struct sv octets, bool ended)
{
	struct sv rest = octets;
	size_t body = 0;
	int err;

	*ret = (struct http_message){.status = 0};
	err = read_head(ret, &rest);
	if (!err)
		err = body_end(ret, rest, ended, &body);
	if (err)
		return err;
	ret->body = (struct sv){rest.p, body};
	ret->whole = (struct sv){octets.p, octets.l - rest.l + body};
	return 0;
}
