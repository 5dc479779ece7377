#include <errno.h>
#include <string.h>

#include "lib/net/sip_in.h"

struct sip_rx *sip_rx_ref(struct sip_rx *rx)
{
	return mem_ref(rx);
}

void sip_rx_unref(struct sip_rx *rx)
{
	mem_deref(rx);
}

struct sv sip_rx_method(const struct sip_rx *rx)
{
	return pl_sv(rx_msg(rx)->met);
}

unsigned sip_rx_status(const struct sip_rx *rx)
{
	return rx_msg(rx)->scode;
}

struct sv sip_rx_phrase(const struct sip_rx *rx)
{
	return pl_sv(rx_msg(rx)->reason);
}

struct sv sip_rx_uri(const struct sip_rx *rx)
{
	return pl_sv(rx_msg(rx)->ruri);
}

struct sv sip_rx_call_id(const struct sip_rx *rx)
{
	return pl_sv(rx_msg(rx)->callid);
}

struct sv sip_rx_body(const struct sip_rx *rx)
{
	const struct sip_msg *msg = rx_msg(rx);
	size_t l = mbuf_get_left(msg->mb);

	/* a datagram may go on behind its body (RFC 3261 §18.3) */
	if (msg->clen.p && pl_u32(&msg->clen) < l)
		l = pl_u32(&msg->clen);
	return (struct sv){(const char *)mbuf_buf(msg->mb), l};
}

struct sv sip_rx_head(const struct sip_rx *rx)
{
	const struct sip_msg *msg = rx_msg(rx);
	const struct sip_hdr *first = list_ledata(msg->hdrl.head);
	const char *body = (const char *)mbuf_buf(msg->mb);

	/* all are views into one buffer: the lines stand before the body */
	return first ? (struct sv){first->name.p, (size_t)(body - first->name.p)}
		     : (struct sv){NULL, 0};
}

struct sv sip_rx_sent_by(const struct sip_rx *rx)
{
	struct sv host = pl_sv(rx_msg(rx)->via.sentby);

	if (host.l && host.p[0] == '[') {
		host = (struct sv){host.p + 1, host.l - 1};
		return (struct sv){host.p, sv_find(host, ']')};
	}
	return (struct sv){host.p, sv_find(host, ':')};
}

uint16_t sip_rx_sent_by_port(const struct sip_rx *rx)
{
	struct sv host = sip_rx_sent_by(rx), all = pl_sv(rx_msg(rx)->via.sentby);
	struct sv rest = {host.p + host.l, (size_t)(all.p + all.l - host.p) - host.l};
	unsigned long long port;

	(void)sv_cut(&rest, ':');
	return rest.p && sv_u64(rest, UINT16_MAX, &port) && port ? (uint16_t)port : SIP_PORT;
}

/* By its full name or by its compact one (RFC 3261 §7.3.3), whose id libre knows */
static bool is_named(const struct sip_hdr *hdr, struct pl name, unsigned id)
{
	return pl_casecmp(&hdr->name, &name) == 0 ||
	       (hdr->name.l == 1 && hdr->id != SIP_HDR_NONE && (unsigned)hdr->id == id);
}

struct sv sip_rx_header(const struct sip_rx *rx, const char *name, unsigned i)
{
	struct pl want = {name, strlen(name)};
	unsigned id = hash_joaat_ci(want.p, want.l) & 0xfff; /* as libre numbers headers */

	for (struct le *le = rx_msg(rx)->hdrl.head; le; le = le->next) {
		const struct sip_hdr *hdr = le->data;

		if (is_named(hdr, want, id) && i-- == 0)
			return (struct sv){hdr->val.p ? hdr->val.p : "", hdr->val.l};
	}
	return (struct sv){NULL, 0};
}

int sip_rx_caller(const struct sip_rx *rx, struct tn *ret)
{
	static const char pai[] = "P-Asserted-Identity";
	struct sv value;

	for (unsigned i = 0; (value = sip_rx_header(rx, pai, i)).p; i++)
		if (sip_tn(ret, value) == 0)
			return 0;
	return sip_tn(ret, sip_rx_header(rx, "From", 0));
}

int sip_rx_called(const struct sip_rx *rx, struct tn *ret)
{
	return sip_tn(ret, sip_rx_uri(rx));
}
