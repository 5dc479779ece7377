#include <ctype.h>
#include <errno.h>

#include "lib/base/buf.h"
#include "lib/net/redirect.h"

/** Identity headers of BUNDLE_MAX tokens and a little */
#define ANSWER_MAX 262144

bool redirect_not_invite(struct sip_ep *ep, struct sip_rx *rx)
{
	static const char allow[] = "Allow: INVITE, OPTIONS\r\n";
	struct sv method = sip_rx_method(rx);

	if (sv_eqz(method, "INVITE"))
		return false;
	if (sv_eqz(method, "OPTIONS"))
		(void)sip_reply_to(ep, rx, 200, "OK", allow);
	else
		(void)sip_reply_to(ep, rx, 405, "Method Not Allowed", allow);
	return true;
}

int redirect_numbers(const struct sip_rx *rx, struct tn *orig, struct tn *dest,
		     struct redirect_refusal *ret)
{
	if (sip_rx_called(rx, dest)) {
		*ret = (struct redirect_refusal){484, "Address Incomplete",
						 "no number in the Request-URI"};
		return EBADMSG;
	}
	if (sip_rx_caller(rx, orig)) {
		*ret = (struct redirect_refusal){400, "Bad Request",
						 "no number in P-Asserted-Identity or From"};
		return EBADMSG;
	}
	return 0;
}

int redirect_answer(struct sip_ep *ep, struct sip_rx *rx, const char *headers)
{
	BUF_AUTO struct buf lines = BUF(ANSWER_MAX);

	(void)buf_printf(&lines, "Contact: <%.*s>\r\n", SV_ARG(sip_rx_uri(rx)));
	(void)buf_addz(&lines, headers);
	return lines.err ? lines.err : sip_reply_to(ep, rx, 302, "Moved Temporarily", lines.p);
}

int redirect_refuse(struct sip_ep *ep, struct sip_rx *rx, const struct redirect_refusal *refusal)
{
	BUF_AUTO struct buf lines = BUF(1024);

	(void)buf_printf(&lines, "Reason: SIP;cause=%u;text=\"%s\"\r\n", refusal->status,
			 refusal->why);
	return lines.err ? lines.err
			 : sip_reply_to(ep, rx, refusal->status, refusal->phrase, lines.p);
}

static bool is_host_char(char c)
{
	return isalnum((unsigned char)c) || c == '.' || c == '-' || c == ':' || c == '[' ||
	       c == ']';
}

/* Nothing that would end the host part may be in it */
const char *check_sip_host(struct sv host)
{
	static const char want[] = "a host name or an IP address";

	for (size_t i = 0; i < host.l; i++)
		if (!is_host_char(host.p[i]))
			return want;
	return host.l && host.l <= SIP_HOST_MAX ? NULL : want;
}
