#include <errno.h>

#include "lib/trace/trace.h"
#include "ref-vs/note.h"

void note_gathered(const struct verify_call *call, const struct gathered *got)
{
	size_t in_band = got->in_band.n + got->unreadable_count;

	trace_note("vs.gathered", &call->orig, &call->dest,
		   json_pack("{s:I, s:I, s:I, s:s*}", "in_band", (json_int_t)in_band, "out_of_band",
			     (json_int_t)got->out_of_band.n, "waited_ms",
			     (json_int_t)got->waited_ms, "error",
			     got->error.s[0] ? got->error.s : NULL));
}

void note_checked(const struct verify_call *call, const struct checked *c, struct sv ppt)
{
	bool refused = c->err == EBADMSG;
	enum reason reason = refused ? c->fault.reason : c->err ? REASON_INTERNAL : REASON_OK;
	char text[FAULT_TEXT_MAX] = "";

	if (refused)
		fault_text(&c->fault, text);
	trace_note("vs.checked", &call->orig, &call->dest,
		   json_pack("{s:s, s:s%, s:b, s:s, s:s, s:s, s:s}", "via", choose_via_word(c->via),
			     "ppt", ppt.p ? ppt.p : "", ppt.l, "ok", c->err == 0, "reason",
			     reason_info(reason)->name, "check",
			     refused && c->fault.check ? c->fault.check : "", "text", text, "spc",
			     c->spc));
}

void note_result(const struct verify_call *call, const struct verdict *verdict, unsigned status)
{
	const struct checked *by = verdict->by;

	trace_note("vs.result", &call->orig, &call->dest,
		   json_pack("{s:s, s:s, s:s, s:s, s:s, s:i}", "verstat", verdict->verstat, "used",
			     by ? choose_via_word(by->via) : "none", "attest", by ? by->attest : "",
			     "spc", by ? by->spc : "", "reason", reason_info(verdict->reason)->name,
			     "status", (int)status));
}

void note_refused(const struct verify_call *call, const struct redirect_refusal *refusal)
{
	trace_note("vs.result", call->orig.s[0] ? &call->orig : NULL,
		   call->dest.s[0] ? &call->dest : NULL,
		   json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:s}", "verstat", "No-TN-Validation",
			     "used", "none", "attest", "", "spc", "", "reason", "", "status",
			     (int)refusal->status, "why", refusal->why));
}
