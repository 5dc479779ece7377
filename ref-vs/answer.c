#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "lib/net/https_client.h"
#include "lib/net/redirect.h"
#include "lib/stir/identity.h"
#include "lib/stir/passport.h"
#include "ref-vs/answer.h"

#define HEADERS_MAX  ((size_t)(BUNDLE_MAX + 1) * (PASSPORT_MAX_LEN + 4096))
#define IDENTITY_MAX ((size_t)PASSPORT_MAX_LEN * 2 + 128)

/* Both come out of JSON, where any octet can be written: nothing that ends a URI or a header may
 * pass */
static bool is_plain(struct sv v, const char *foreign)
{
	for (size_t i = 0; i < v.l; i++)
		if (!isgraph((unsigned char)v.p[i]) || strchr(foreign, v.p[i]))
			return false;
	return true;
}

char *answer_identity(const struct passport *pp)
{
	BUF_AUTO struct buf value = BUF(IDENTITY_MAX);

	if (check_https_url(pp->x5u) || !is_plain(pp->x5u, "<>\"") || !is_plain(pp->ppt, "\"\\;,"))
		return NULL;
	if (identity_print(&value, pp->token, pp->x5u, pp->ppt))
		return NULL;
	return buf_take(&value);
}

/* A number with its country code gets its "+" back; a service code (911) never had one. Canonical
 * NANP numbers have eleven digits, other global ones are at least as long as eight */
static const char *plus(const struct tn *tn)
{
	return strlen(tn->s) >= 8 && !strpbrk(tn->s, "*#") ? "+" : "";
}

static void add_identities(struct buf *lines, const struct answer *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->v[i].identity)
			(void)buf_printf(lines, "Identity: %s\r\n", a->v[i].identity);
}

/* RFC 9410 §4: what would have been the 4xx. Trouble of our own, or nothing at all, is no failure
 */
static void add_reason(struct buf *lines, const struct verdict *verdict)
{
	const struct reason_info *why = reason_info(verdict->reason);

	if (verdict->by && verdict->by->err == EBADMSG && why->sip_status)
		(void)buf_printf(lines, "Reason: STIR;cause=%u;text=\"%s\"\r\n", why->sip_status,
				 why->sip_phrase);
}

int answer_send(struct sip_ep *ep, struct sip_rx *rx, const struct answer *a, unsigned *ret_status)
{
	const struct reason_info *why = reason_info(a->verdict->reason);
	BUF_AUTO struct buf lines = BUF(HEADERS_MAX);

	if (a->verdict->refuse) {
		*ret_status = why->sip_status;
		return sip_reply_to(ep, rx, why->sip_status, why->sip_phrase, "");
	}
	*ret_status = 302;
	(void)buf_printf(&lines, "P-Asserted-Identity: <sip:%s%s;verstat=%s@%s;user=phone>\r\n",
			 plus(&a->call->orig), a->call->orig.s, a->verdict->verstat, a->domain);
	add_identities(&lines, a);
	add_reason(&lines, a->verdict);
	return lines.err ? lines.err : redirect_answer(ep, rx, lines.p);
}
