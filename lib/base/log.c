#include <stdarg.h>
#include <stdio.h>

#include "lib/base/log.h"

static const char *g_program = "oob";
static enum log_level g_level = LOG_LVL_INFO;

static const char *const level_word[] = {"error: ", "warning: ", "", "debug: "};

void log_init(const char *program, enum log_level level)
{
	g_program = program;
	g_level = level;
}

void log_at(enum log_level level, const char *fmt, ...)
{
	char line[2048];
	va_list ap;

	if (level > g_level)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	(void)fprintf(stderr, "%s: %s%s\n", g_program, level_word[level], line);
}
