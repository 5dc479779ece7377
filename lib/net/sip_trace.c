/* Messages as trace events. Addresses are those that the elements listen on: libre's connections
 * leave from an ephemeral port, which would tell the reader of a ladder nothing. */
#include <stdio.h>
#include <string.h>

#include "lib/net/sip_in.h"
#include "lib/trace/trace.h"

/* Line breaks may stand before a message on a connection: keep-alives (RFC 5626 §4.4.1) */
static struct sv without_keepalives(struct sv v)
{
	while (v.l && (v.p[0] == '\r' || v.p[0] == '\n'))
		v = (struct sv){v.p + 1, v.l - 1};
	return v;
}

/* "SIP/2.0/TCP 127.9.1.1:5060;branch=…" → "127.9.1.1:5060" */
static struct sv sent_by(struct sv via)
{
	size_t l = 0;

	for (int part = 0; part < 3;
	     part++) { /* protocol, version, transport: blanks may be between */
		via = sv_trim(via);
		(void)sv_cut(&via, part < 2 ? '/' : ' ');
	}
	via = sv_trim(via);
	while (l < via.l && via.p[l] && !strchr(";, \t\r\n", via.p[l]))
		l++;
	return (struct sv){via.p, l};
}

static struct sv top_via(struct sv message)
{
	(void)sv_cut(&message, '\n');
	while (message.l) {
		struct sv line = sv_cut(&message, '\n');
		struct sv name = sv_trim(sv_cut(&line, ':'));

		if (!name.l)
			break;
		if (sv_ieqz(name, "Via") || sv_ieqz(name, "v"))
			return sent_by(line);
	}
	return (struct sv){NULL, 0};
}

static bool has_port(struct sv host)
{
	return host.l && host.p[host.l - 1] != ']' && sv_find(host, ':') < host.l;
}

static void print_peer(char *ret, size_t size, struct sv message, bool tx, const struct sa *peer)
{
	bool response = sv_starts(message, "SIP/2.0 ");
	/* who sent the request that is received or answered */
	struct sv via = response == tx ? top_via(message) : (struct sv){NULL, 0};

	if (via.l)
		(void)snprintf(ret, size, "%.*s%s", SV_ARG(via), has_port(via) ? "" : ":5060");
	else
		(void)re_snprintf(ret, size, "%J", peer);
}

static void keep(struct sip_ep *ep, struct sv message)
{
	struct mbuf *mb = mbuf_alloc(message.l);

	/* without it, a retransmission goes unanswered as if the answer were lost */
	if (mb && mbuf_write_mem(mb, (const uint8_t *)message.p, message.l) == 0)
		mbuf_set_pos(mb, 0);
	else
		mb = mem_deref(mb);
	mem_deref(*ep->capture);
	*ep->capture = mb;
}

void sip_on_message(bool tx, enum sip_transp tp, const struct sa *src, const struct sa *dst,
		    const uint8_t *octets, size_t len, void *arg)
{
	struct sip_ep *ep = arg;
	struct sv message = without_keepalives((struct sv){(const char *)octets, len});
	char peer[128];

	(void)tp;
	if (!tx)
		ep->rx = message;
	else if (ep->capture)
		keep(ep, message);
	if (!trace_on())
		return;
	print_peer(peer, sizeof(peer), message, tx, tx ? dst : src);
	trace_message("sip", tx ? TRACE_TX : TRACE_RX, tx ? ep->addr : peer, tx ? peer : ep->addr,
		      message, NULL);
}
