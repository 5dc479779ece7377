#include <errno.h>

#include "lib/stir/passport.h"
#include "lib/trace/trace.h"
#include "ref-vs/note.h"

void note_gathered(const struct question *q)
{
	const struct gathered *got = &q->got;
	size_t in_band = got->in_band.n + got->unreadable_count;

	trace_note("vs.gathered", &q->orig, &q->dest,
		   json_pack("{s:I, s:I, s:s*, s:I, s:s*}", "in_band", (json_int_t)in_band,
			     "out_of_band", (json_int_t)got->out_of_band.n, "by", got->via,
			     "waited_ms", (json_int_t)got->waited_ms, "error",
			     got->error.s[0] ? got->error.s : NULL));
}

static struct sv ppt_of(const struct checked *c)
{
	return c->pp && c->pp->ppt.p ? c->pp->ppt : SV("");
}

static const char *reason_word(int err, const struct fault *fault)
{
	if (err == EBADMSG)
		return reason_info(fault->reason)->name;
	return reason_info(err ? REASON_INTERNAL : REASON_OK)->name;
}

static const char *check_word(int err, const struct fault *fault)
{
	return err == EBADMSG && fault->check ? fault->check : "";
}

void note_checked(const struct question *q, const struct checked *c)
{
	struct sv ppt = ppt_of(c);
	char text[FAULT_TEXT_MAX] = "";

	if (c->err == EBADMSG)
		fault_text(&c->fault, text);
	trace_note("vs.checked", &q->orig, &q->dest,
		   json_pack("{s:s, s:s%, s:b, s:s, s:s, s:s, s:s}", "via", choose_via_word(c->via),
			     "ppt", ppt.p, ppt.l, "ok", c->err == 0, "reason",
			     reason_word(c->err, &c->fault), "check", check_word(c->err, &c->fault),
			     "text", text, "spc", c->spc));
}

static json_t *types_of(const struct question *q, const struct chain *chain)
{
	json_t *types = json_array();

	for (size_t i = 0; i < chain->n; i++) {
		struct sv ppt = ppt_of(&q->v[chain->item[i]]);

		(void)json_array_append_new(types, json_stringn(ppt.p, ppt.l));
	}
	return types;
}

/* For whom the call was, one after another */
static json_t *numbers_of(const struct question *q, const struct chain *chain)
{
	json_t *numbers = json_array();

	for (size_t i = 0; i < chain->n; i++) {
		const struct passport *pp = q->v[chain->item[i]].pp;
		struct sv tn = pp && passport_dest_count(pp) ? passport_dest(pp, 0) : SV("");

		(void)json_array_append_new(numbers, json_stringn(tn.p, tn.l));
	}
	return numbers;
}

/* What vs.checked has said already: one PASSporT, which holds or does not */
static bool is_plain(const struct chain *chain)
{
	return chain->n == 1 && !chain->divs &&
	       (chain->state != CHAIN_SPARE || chain->fault.reason == REASON_OK);
}

void note_chains(const struct question *q, const struct verdict *verdict)
{
	for (size_t i = 0; i < verdict->chains.n; i++) {
		const struct chain *chain = &verdict->chains.v[i];
		char text[FAULT_TEXT_MAX] = "";
		enum reason reason =
			chain->err && chain->err != EBADMSG ? REASON_INTERNAL : chain->fault.reason;

		if (is_plain(chain))
			continue;
		if (reason != REASON_OK && reason != REASON_INTERNAL)
			fault_text(&chain->fault, text);
		trace_note("vs.chain", &q->orig, &q->dest,
			   json_pack("{s:s, s:o, s:o, s:s, s:s, s:s, s:I}", "state",
				     chain_state_word(chain->state), "types", types_of(q, chain),
				     "numbers", numbers_of(q, chain), "reason",
				     reason_info(reason)->name, "check",
				     chain->fault.check ? chain->fault.check : "", "text", text,
				     "right_unknown", (json_int_t)chain->right_unknown));
	}
}

void note_result(const struct question *q, const struct verdict *verdict, unsigned status)
{
	const struct checked *by = verdict->by;
	struct sv attest = by && by->pp && by->pp->attest.l == 1 ? by->pp->attest : SV("");

	trace_note("vs.result", &q->orig, &q->dest,
		   json_pack("{s:s, s:s, s:s, s:s%, s:s, s:s, s:s, s:o*}", "front", q->front,
			     "verstat", verdict->verstat, "used", verdict->used, "attest", attest.p,
			     attest.l, "spc", by ? by->spc : "", "reason",
			     reason_info(verdict->reason)->name, "why", verdict->why, "status",
			     status ? json_integer((json_int_t)status) : NULL));
}

void note_refused(const struct question *q, unsigned status, const char *why)
{
	trace_note("vs.result", q->orig.s[0] ? &q->orig : NULL, q->dest.s[0] ? &q->dest : NULL,
		   json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o*}", "front", q->front,
			     "verstat", "No-TN-Validation", "used", "none", "attest", "", "spc", "",
			     "reason", "", "why", why, "status",
			     status ? json_integer((json_int_t)status) : NULL));
}
