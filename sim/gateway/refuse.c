#include <stdio.h>

#include "lib/base/log.h"
#include "lib/tdm/map.h"
#include "lib/trace/trace.h"
#include "sim/gateway/refuse.h"

void reason_line(char ret[REASON_MAX], unsigned cause)
{
	(void)snprintf(ret, REASON_MAX, "Reason: Q.850;cause=%u;text=\"%s\"\r\n", cause,
		       map_cause_text(cause));
}

static void refuse(struct sip_leg *leg, const struct tn *orig, const struct tn *dest,
		   unsigned status, const char *phrase, unsigned cause, const char *why)
{
	char reason[REASON_MAX];

	log_info("call refused: %s", why);
	trace_note("gw.refused", orig->s[0] ? orig : NULL, dest->s[0] ? dest : NULL,
		   json_pack("{si,si,ss}", "status", (int)status, "cause", (int)cause, "why", why));
	reason_line(reason, cause);
	sip_leg_refuse(leg, status, phrase, reason);
}

void refuse_cause(struct sip_leg *leg, const struct tn *orig, const struct tn *dest, unsigned cause,
		  const char *why)
{
	const char *phrase;
	unsigned status = map_cause_to_status(cause, false, &phrase);

	refuse(leg, orig, dest, status, phrase, cause, why);
}

void refuse_status(struct sip_leg *leg, const struct tn *orig, const struct tn *dest,
		   unsigned status, const char *phrase, const char *why)
{
	refuse(leg, orig, dest, status, phrase, map_status_to_cause(status), why);
}
