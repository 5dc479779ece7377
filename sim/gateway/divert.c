#include <errno.h>

#include "lib/base/log.h"
#include "lib/net/history.h"
#include "sim/gateway/divert.h"
#include "sim/gateway/invite.h"

#define URI_MAX 512

/* "…?Privacy=history&Subject=x": headers that a request to this URI would get (RFC 7044 §10.1.2) */
static bool is_private(struct sv uri)
{
	(void)sv_cut(&uri, '?');
	while (uri.l) {
		struct sv value = sv_cut(&uri, '&'), name = sv_cut(&value, '=');

		if (sv_ieqz(name, "Privacy") && sv_ieqz(value, "history"))
			return true;
	}
	return false;
}

/* A change of the target's domain alone diverts nobody */
static bool is_diversion(const struct history_diversion *d)
{
	return !d->from->tn.s[0] || !tn_eq(&d->from->tn, &d->to->tn);
}

bool divert_read(struct call_setup *setup, const struct sip_rx *invite, bool all_private)
{
	struct history_diversion d[HISTORY_MAX];
	struct history h;
	unsigned n = 0, of;

	if (history_read(&h, invite))
		log_warn("History-Info: entry %u cannot be read, or is one too many: passed over",
			 h.n + 1);
	of = history_diversions(&h, d);
	for (unsigned i = 0; i < of; i++) {
		if (!is_diversion(&d[i]))
			continue;
		setup->last = (struct diversion){
			.from = d[i].from->tn,
			.reason = map_cause_to_divert(d[i].cause),
			.restricted = all_private || is_private(d[i].from->uri),
		};
		if (!n++)
			setup->first = setup->last;
	}
	setup->diversions = n;
	return n;
}

struct target {
	const struct tn *tn; /* "": not known */
	bool restricted;
	unsigned cause; /* 0: it was reached without diversion */
};

/* "1", "1.1", "1.1.1" … */
static void add_index(struct buf *b, unsigned depth)
{
	(void)buf_addz(b, "1");
	for (unsigned i = 0; i < depth; i++)
		(void)buf_addz(b, ".1");
}

static void add_target(struct buf *b, const struct target *t, const char *domain, unsigned depth)
{
	BUF_AUTO struct buf uri = BUF(URI_MAX);
	BUF_AUTO struct buf index = BUF(HISTORY_INDEX_MAX);
	BUF_AUTO struct buf mp = BUF(HISTORY_INDEX_MAX);

	if (t->tn->s[0])
		(void)buf_printf(&uri, "sip:%s%s@%s;user=phone", invite_plus(t->tn), t->tn->s,
				 domain);
	else
		(void)buf_addz(&uri, "sip:unknown@unknown.invalid"); /* 3GPP TS 23.003 §13.11 */
	if (t->cause)
		(void)buf_printf(&uri, ";cause=%u", t->cause);
	if (t->restricted)
		(void)buf_addz(&uri, "?Privacy=history");
	add_index(&index, depth);
	if (depth)
		add_index(&mp, depth - 1);
	if (uri.err || index.err || mp.err)
		b->err = uri.err ? uri.err : ENOMEM;
	else
		history_print(b, buf_sv(&uri), 0, index.p, depth ? mp.p : "");
}

/* Where the i-th diversion led; what it led to diverts next */
static struct target target_of(const struct call_setup *setup, unsigned i)
{
	static const struct tn unknown = {""};
	struct target t = {.tn = &unknown};
	unsigned reason = DIVERT_UNKNOWN, n = setup->diversions;

	if (i == n) {
		t.tn = &setup->called;
	} else if (i + 1 == n) {
		t.tn = &setup->last.from;
		t.restricted = setup->last.restricted;
	}
	if (i == 1)
		reason = setup->first.reason;
	else if (i == n)
		reason = setup->last.reason;
	t.cause = map_divert_to_cause(reason);
	return t;
}

void divert_write(struct buf *b, const struct call_setup *setup, const char *domain)
{
	struct target first = {.tn = &setup->first.from, .restricted = setup->first.restricted};

	if (!setup->diversions)
		return;
	add_target(b, &first, domain, 0);
	for (unsigned i = 1; i <= setup->diversions; i++) {
		struct target t = target_of(setup, i);

		add_target(b, &t, domain, i);
	}
}
