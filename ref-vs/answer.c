#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "lib/net/https_client.h"
#include "lib/stir/identity.h"
#include "ref-vs/answer.h"

/* Both come out of JSON, where any octet can be written: nothing that ends a URI or a header may
 * pass */
static bool is_plain(struct sv v, const char *foreign)
{
	for (size_t i = 0; i < v.l; i++)
		if (!isgraph((unsigned char)v.p[i]) || strchr(foreign, v.p[i]))
			return false;
	return true;
}

/* One whose x5u or type cannot stand in a header stays here */
static void add_identity(struct buf *lines, const struct passport *pp)
{
	if (check_https_url(pp->x5u) || !is_plain(pp->x5u, "<>\"") || !is_plain(pp->ppt, "\"\\;,"))
		return;
	(void)buf_addz(lines, "Identity: ");
	(void)identity_print(lines, pp->token, pp->x5u, pp->ppt);
	(void)buf_addz(lines, "\r\n");
}

/* A number with its country code gets its "+" back; a service code (911) never had one. Canonical
 * NANP numbers have eleven digits, other global ones are at least as long as eight */
static const char *plus(const struct tn *tn)
{
	return strlen(tn->s) >= 8 && !strpbrk(tn->s, "*#") ? "+" : "";
}

/* Trouble of our own, or nothing at all, is no failure */
bool answer_has_reason(const struct verdict *verdict)
{
	return verdict->by && verdict->reason != REASON_OK && verdict->reason != REASON_INTERNAL &&
	       reason_info(verdict->reason)->sip_status;
}

static void add_reason(struct buf *lines, enum reason reason, struct sv token)
{
	const struct reason_info *why = reason_info(reason);

	(void)buf_printf(lines, "Reason: STIR;cause=%u;text=\"%s\"", why->sip_status,
			 why->sip_phrase);
	if (token.l) { /* compact form: its signature (RFC 9410 §6) */
		for (int part = 0; part < 2; part++)
			(void)sv_cut(&token, '.');
		(void)buf_printf(lines, ";ppi=\"..%.*s\"", SV_ARG(token));
	}
	(void)buf_addz(lines, "\r\n");
}

/* What would have been the 4xx */
static void add_reasons(struct buf *lines, const struct question *q, const struct verdict *verdict)
{
	size_t said = 0;

	if (!answer_has_reason(verdict))
		return;
	for (size_t i = 0; q->n > 1 && i < q->n; i++) {
		const struct checked *c = &q->v[i];

		if (c->err != EBADMSG || c->ignored || !c->pp ||
		    !reason_info(c->fault.reason)->sip_status)
			continue;
		add_reason(lines, c->fault.reason, c->pp->token);
		said++;
	}
	if (!said)
		add_reason(lines, verdict->reason, (struct sv){NULL, 0});
}

void answer_lines(struct buf *ret, const struct question *q, const struct verdict *verdict,
		  const char *domain)
{
	(void)buf_printf(ret, "P-Asserted-Identity: <sip:%s%s;verstat=%s@%s;user=phone>\r\n",
			 plus(&q->orig), q->orig.s, verdict->verstat, domain);
	for (size_t i = 0; i < q->n; i++)
		if (q->v[i].via == VIA_OUT_OF_BAND && q->v[i].pp)
			add_identity(ret, q->v[i].pp);
	add_reasons(ret, q, verdict);
}
