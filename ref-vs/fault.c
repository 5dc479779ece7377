#include <stdlib.h>
#include <string.h>

#include "ref-vs/fault.h"

static bool has_word(const struct conf_list *list, const char *word)
{
	char *const *v = list->v;

	for (size_t i = 0; i < list->n; i++)
		if (strcmp(v[i], word) == 0)
			return true;
	return false;
}

/* --- what came --- */

static bool is_div(const struct bundle_item *item)
{
	struct passport *pp = NULL;
	bool is = passport_parse(&pp, item->id.token, NULL) == 0 && sv_eqz(pp->ppt, "div");

	passport_unref(pp);
	return is;
}

static void drop_divs(struct bundle *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++) {
		if (is_div(&b->v[i]))
			free(b->v[i].text);
		else
			b->v[n++] = b->v[i];
	}
	b->n = n;
}

void fault_gathered(const struct vs_faults *faults, struct gathered *got)
{
	if (has_word(&faults->ignore, "in-band")) {
		bundle_clear(&got->in_band);
		got->unreadable_count = 0;
	}
	if (has_word(&faults->ignore, "out-of-band"))
		bundle_clear(&got->out_of_band);
	if (has_word(&faults->ignore, "div")) {
		drop_divs(&got->in_band);
		drop_divs(&got->out_of_band);
	}
}

/* --- what is handed on --- */

/* Of the same length, and another token: the first letter of its signature */
static void change(struct checked *c)
{
	BUF_AUTO struct buf text = BUF(PASSPORT_MAX_LEN);
	struct passport *pp = NULL;
	char *letter;

	if (buf_addsv(&text, c->pp->token))
		return;
	letter = strrchr(text.p, '.') + 1;
	*letter = *letter == 'A' ? 'B' : 'A';
	if (passport_parse(&pp, buf_sv(&text), NULL))
		return;
	passport_unref(c->pp);
	c->pp = pp;
}

static void spoil_passports(int how, struct question *q)
{
	for (size_t i = 0; i < q->n; i++) {
		struct checked *c = &q->v[i];

		if (c->via != VIA_OUT_OF_BAND || !c->pp)
			continue;
		if (how == VS_PASSPORTS_CHANGED)
			change(c);
		else
			c->via = VIA_IN_BAND; /* these stay here */
	}
}

/* --- what is said --- */

static void say_reason(enum reason reason, struct question *q, struct verdict *verdict)
{
	verdict->reason = reason;
	verdict->fault.reason = reason;
	for (size_t i = 0; i < q->n; i++)
		q->v[i].fault.reason = reason;
}

static void accept(struct verdict *verdict)
{
	verdict->verstat = "TN-Validation-Passed";
	verdict->reason = REASON_OK;
	verdict->fault = (struct fault){.reason = REASON_OK};
	verdict->refuse = false;
}

void fault_verdict(const struct vs_faults *faults, struct question *q, struct verdict *verdict)
{
	enum reason reason;

	if (has_word(&faults->accept_reasons, reason_info(verdict->reason)->name))
		accept(verdict);
	if (faults->verstat)
		verdict->verstat = faults->verstat;
	if (faults->no_reason && !verdict->refuse)
		verdict->reason = REASON_OK;
	else if (faults->reason && verdict->reason != REASON_OK &&
		 reason_from_name(&reason, sv_from(faults->reason)))
		say_reason(reason, q, verdict);
	if (faults->passports != VS_PASSPORTS_ALL)
		spoil_passports(faults->passports, q);
}
