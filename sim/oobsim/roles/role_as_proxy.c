/* Role as: an STI-AS on the way of the INVITE. The CSCF names it in the Route and itself behind it, and gets its own INVITE back
 * (docs/interfaces.md 2, Proxy). */
#include <string.h>

#include "lib/net/loop.h"
#include "sim/oobsim/roles/role_as.h"

/* Which question an INVITE belongs to: a parameter of our Route, which comes back as it is */
static void print_mark(const struct as_bench *a, char *ret, size_t size)
{
	(void)snprintf(ret, size, "odi=%s-%u", a->digits, a->asked);
}

void as_add_route(const struct as_bench *a, struct buf *ret, const char *uri)
{
	char mark[32];

	print_mark(a, mark, sizeof(mark));
	(void)buf_printf(ret, "Route: <%s;lr>, <sip:%s;transport=tcp;lr;%s>\r\n", uri,
			 sip_ep_addr(a->ep), mark);
}

static bool is_coming(const struct as_bench *a, const struct sip_rx *rx)
{
	struct sv route = sip_rx_header(rx, "Route", 0);
	char mark[32], text[256];

	print_mark(a, mark, sizeof(mark));
	(void)snprintf(text, sizeof(text), "%.*s", SV_ARG(route));
	return a->coming && !a->coming->forwarded && sv_eqz(sip_rx_method(rx), "INVITE") &&
	       strstr(text, mark);
}

/* A PASSporT that the call had already stays where it is */
static bool had_already(const struct as_bench *a, struct sv identity)
{
	const struct case_token *t = a->p->c->tokens.v;
	struct sv token = sv_trim(sv_cut(&identity, ';'));

	if (sv_eq(token, play_token(a->p, "a")))
		return true;
	for (size_t i = 0; i < a->p->c->tokens.n; i++)
		if (sv_eq(token, play_token(a->p, t[i].name)))
			return true;
	return false;
}

void as_read_headers(const struct as_bench *a, struct as_said *said, const struct sip_rx *rx)
{
	const bool request = sip_rx_status(rx) == 0;
	struct sv v;

	for (unsigned i = 0; (v = sip_rx_header(rx, "Identity", i)).p; i++)
		if (!request || !had_already(a, v))
			as_said_add(said, v);
	v = sip_rx_header(rx, "Date", 0);
	said->has_date = v.p && sip_date_parse(&said->date_s, v) == 0;
}

void as_came_back(struct sip_rx *rx, void *arg)
{
	struct as_bench *a = arg;

	if (!is_coming(a, rx)) {
		(void)sip_reply_to(a->ep, rx, 481, "Call/Transaction Does Not Exist", "");
		return;
	}
	a->coming->forwarded = true;
	as_read_headers(a, a->coming, rx);
	/* the call ends here */
	(void)sip_reply_to(a->ep, rx, 486, "Busy Here", "");
}
