#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/err.h"

int err_set(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return code;
	va_start(ap, fmt);
	(void)vsnprintf(e->s, sizeof(e->s), fmt, ap);
	va_end(ap);
	return code;
}

void err_prefix(struct err *e, const char *fmt, ...)
{
	struct err tail;
	va_list ap;
	int n;

	if (!e)
		return;
	tail = *e;
	va_start(ap, fmt);
	n = vsnprintf(e->s, sizeof(e->s), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(e->s))
		(void)snprintf(e->s + n, sizeof(e->s) - (size_t)n, "%s", tail.s);
}
