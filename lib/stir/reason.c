#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/stir/reason.h"

static const struct reason_info table[REASON_MAX] = {
#define X(id, name, sip, phrase, http, clause, text) \
	[REASON_##id] = {name, sip, phrase, http, clause, text},
	REASON_LIST(X)
#undef X
};

const struct reason_info *reason_info(enum reason reason)
{
	if ((unsigned)reason >= REASON_MAX)
		return &table[REASON_INTERNAL];
	return &table[reason];
}

bool reason_from_name(enum reason *ret, struct sv name)
{
	for (unsigned i = 0; i < REASON_MAX; i++) {
		if (!sv_eqz(name, table[i].name))
			continue;
		*ret = (enum reason)i;
		return true;
	}
	return false;
}

/* What came is a stranger's text, and it goes into logs, JSON and SIP headers: printable ASCII
 * only. */
static void make_printable(char *z)
{
	for (; *z; z++)
		if ((unsigned char)*z < 0x20 || (unsigned char)*z > 0x7e)
			*z = '?';
}

int fault_set(struct fault *fault, enum reason reason, const char *want, const char *gotf, ...)
{
	va_list ap;

	if (!fault)
		return EBADMSG;
	*fault = (struct fault){.reason = reason, .check = ""};
	if (want)
		(void)snprintf(fault->want, sizeof(fault->want), "%s", want);
	if (gotf) {
		va_start(ap, gotf);
		(void)vsnprintf(fault->got, sizeof(fault->got), gotf, ap);
		va_end(ap);
	}
	make_printable(fault->want);
	make_printable(fault->got);
	return EBADMSG;
}

void fault_text(const struct fault *fault, char ret[FAULT_TEXT_MAX])
{
	const struct reason_info *info = reason_info(fault->reason);
	const char *check = fault->check ? fault->check : "";

	(void)snprintf(ret, FAULT_TEXT_MAX, "%s%s%s%s%s%s%s%s%s%s", check, *check ? ": " : "",
		       info->text, *info->clause ? " (" : "", info->clause,
		       *info->clause ? ")" : "", *fault->want ? ": expected " : "", fault->want,
		       *fault->got ? (*fault->want ? ", got " : ": got ") : "", fault->got);
}
