#include <stdlib.h>
#include <unistd.h>

#include "sim/oobsim/proc/terminal.h"

bool terminal_colour(FILE *f)
{
	const char *no = getenv("NO_COLOR");

	return isatty(fileno(f)) && (!no || !*no);
}

void terminal_progress(FILE *f, const char *text)
{
	if (!isatty(fileno(f)))
		return;
	(void)fprintf(f, "\r\033[K%s", text ? text : "");
	(void)fflush(f);
}
