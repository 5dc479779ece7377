#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"

/* Room for `more` octets and the NUL. */
static int buf_reserve(struct buf *b, size_t more)
{
	size_t cap = b->cap ? b->cap : 64;
	char *p;

	if (b->err)
		return b->err;
	if (more > b->max || b->l > b->max - more)
		return b->err = EMSGSIZE;
	if (b->l + more + 1 <= b->cap)
		return 0;
	while (cap < b->l + more + 1)
		cap *= 2;
	p = realloc(b->p, cap);
	if (!p)
		return b->err = ENOMEM;
	b->p = p;
	b->cap = cap;
	return 0;
}

int buf_add(struct buf *b, const void *p, size_t l)
{
	int err = buf_reserve(b, l);

	if (err)
		return err;
	if (l)
		memcpy(b->p + b->l, p, l);
	b->l += l;
	b->p[b->l] = '\0';
	return 0;
}

int buf_addsv(struct buf *b, struct sv v)
{
	return buf_add(b, v.p, v.l);
}

int buf_addz(struct buf *b, const char *z)
{
	return buf_add(b, z, strlen(z));
}

int buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	int n, err;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	err = n < 0 ? EINVAL : buf_reserve(b, (size_t)n);
	if (!err) {
		(void)vsnprintf(b->p + b->l, (size_t)n + 1, fmt, again);
		b->l += (size_t)n;
	}
	va_end(again);
	return err;
}

void buf_reset(struct buf *b)
{
	b->l = 0;
	b->err = 0;
	if (b->p)
		b->p[0] = '\0';
}

void buf_shift(struct buf *b, size_t n)
{
	if (n > b->l)
		n = b->l;
	if (!n)
		return;
	memmove(b->p, b->p + n, b->l - n);
	b->l -= n;
	b->p[b->l] = '\0';
}

struct sv buf_sv(const struct buf *b)
{
	return (struct sv){b->p, b->l};
}

char *buf_take(struct buf *b)
{
	char *p;

	if (buf_reserve(b, 0))
		return NULL;
	p = b->p;
	p[b->l] = '\0';
	*b = BUF(b->max);
	return p;
}

void buf_free(struct buf *b)
{
	free(b->p);
	*b = BUF(b->max);
}
