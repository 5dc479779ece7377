#include "lib/base/log.h"
#include "lib/net/sip_history.h"
#include "sim/gateway/history.h"
#include "sim/gateway/invite.h"

/* A change of the target's domain alone diverts nobody */
static bool diverts(const struct sip_history_entry *from, const struct sip_history_entry *to)
{
	return to->diverted && !(from && from->tn.s[0] && tn_eq(&from->tn, &to->tn));
}

bool history_read(struct call_setup *setup, const struct sip_rx *invite, bool all_private)
{
	struct sip_history h;
	unsigned n = 0;

	sip_history_read(&h, invite);
	if (h.cut)
		log_warn("History-Info: more than %d entries; the rest is passed over",
			 SIP_HISTORY_MAX);
	for (size_t i = 0; i < h.n; i++) {
		const struct sip_history_entry *to = &h.v[i], *from = sip_history_from(&h, i);

		if (!diverts(from, to))
			continue;
		setup->last = (struct diversion){.reason = map_cause_to_divert(to->cause),
						 .restricted = all_private};
		if (from) {
			setup->last.from = from->tn;
			setup->last.restricted |= from->restricted;
		}
		if (!n++)
			setup->first = setup->last;
	}
	setup->diversions = n;
	return n;
}

/* cause 0: it was reached without diversion */
static void add_entry(struct buf *b, const struct tn *tn, const char *domain, unsigned cause,
		      bool restricted)
{
	if (tn->s[0])
		(void)buf_printf(b, "<sip:%s%s@%s;user=phone", invite_plus(tn), tn->s, domain);
	else
		(void)buf_addz(b, "<sip:unknown@unknown.invalid"); /* 3GPP TS 23.003 §13.11 */
	if (cause)
		(void)buf_printf(b, ";cause=%u", cause);
	(void)buf_addz(b, restricted ? "?Privacy=history>" : ">");
}

/* "1" has depth 0, "1.1" depth 1 */
static void add_index(struct buf *b, const char *name, unsigned depth)
{
	(void)buf_printf(b, ";%s=1", name);
	for (unsigned i = 0; i < depth; i++)
		(void)buf_addz(b, ".1");
}

/* Where the i-th diversion led; what it led to diverts next */
static void add_target(struct buf *b, const struct call_setup *setup, unsigned i,
		       const char *domain)
{
	static const struct tn unknown = {""};
	const struct tn *tn = &unknown;
	unsigned reason = DIVERT_UNKNOWN, n = setup->diversions;
	bool restricted = false;

	if (i == n) {
		tn = &setup->called;
	} else if (i + 1 == n) {
		tn = &setup->last.from;
		restricted = setup->last.restricted;
	}
	if (i == 1)
		reason = setup->first.reason;
	else if (i == n)
		reason = setup->last.reason;
	add_entry(b, tn, domain, map_divert_to_cause(reason), restricted);
	add_index(b, "index", i);
	add_index(b, "mp", i - 1);
}

void history_write(struct buf *b, const struct call_setup *setup, const char *domain)
{
	if (!setup->diversions)
		return;
	(void)buf_addz(b, "History-Info: ");
	add_entry(b, &setup->first.from, domain, 0, setup->first.restricted);
	add_index(b, "index", 0);
	for (unsigned i = 1; i <= setup->diversions; i++) {
		(void)buf_addz(b, ", ");
		add_target(b, setup, i, domain);
	}
	(void)buf_addz(b, "\r\n");
}
