#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/net/sip_in.h"
#include "lib/net/sip_proxy.h"

#include <utlist.h>

/** RFC 3261 §16.6 step 11 (timer C): more than three minutes without a word of the next hop */
#define SILENCE_MS 190000
/** §9.1: a cancelled INVITE that gets no final response within this is over */
#define CANCELLED_MS (64ull * SIP_T1)
#define NO_BODY      "Content-Length: 0\r\n\r\n"
#define HOPS_DEFAULT 70
#define ROUTES_MAX   8192

struct sip_hop {
	struct sip_ep *ep;
	const struct sip_msg *invite; /* a reference */
	struct sip_strans *st;        /* NULL after its final response */
	struct sip_request *req;      /* NULL before it is sent on, and when it is over */
	struct timer *timer;
	bool cancelled;
	sip_hop_gone_h *gone;
	void *arg;
	struct sip_hop *prev, *next;
};

/* --- the Route --- */

static bool is_ours(const struct sip_ep *ep, struct pl route)
{
	struct sip_addr addr;
	struct sa own, named;

	if (sip_addr_decode(&addr, &route) || sa_decode(&own, ep->addr, strlen(ep->addr)))
		return false;
	if (sa_set(&named, &addr.uri.host, addr.uri.port ? addr.uri.port : SIP_PORT))
		return true;
	return sa_cmp(&own, &named, SA_ALL);
}

static bool is_route(const struct sip_hdr *hdr)
{
	return hdr->id == SIP_HDR_ROUTE;
}

/* The Route to send to: the first, or the second when the first names us. ret_own: ours, or NULL */
static const struct sip_hdr *next_route(const struct sip_ep *ep, const struct sip_msg *msg,
					const struct sip_hdr **ret_own)
{
	*ret_own = NULL;
	for (struct le *le = msg->hdrl.head; le; le = le->next) {
		const struct sip_hdr *hdr = le->data;

		if (!is_route(hdr))
			continue;
		if (*ret_own || !is_ours(ep, hdr->val))
			return hdr;
		*ret_own = hdr;
	}
	return NULL;
}

bool sip_proxy_wanted(const struct sip_ep *ep, const struct sip_rx *rx)
{
	const struct sip_hdr *own;

	return next_route(ep, rx_msg(rx), &own) != NULL;
}

/* --- life --- */

static void hop_free(struct sip_hop *hop)
{
	DL_DELETE(hop->ep->hops, hop);
	timer_free(hop->timer);
	mem_deref(hop->req); /* what is under way is cancelled, and ends by itself */
	mem_deref(hop->st);
	mem_deref((void *)(uintptr_t)hop->invite);
	free(hop);
}

void sip_hop_drop(struct sip_hop *hop)
{
	if (hop)
		hop_free(hop);
}

void hops_flush(struct sip_ep *ep)
{
	while (ep->hops)
		hop_free(ep->hops); /* NOLINT(clang-analyzer-unix.Malloc): moves the head on */
}

static void reply(struct sip_hop *hop, unsigned status, const char *phrase, const char *headers)
{
	(void)sip_treplyf(&hop->st, NULL, hop->ep->sip, hop->invite, false, (uint16_t)status,
			  phrase, "%s" NO_BODY, headers);
}

void sip_hop_refuse(struct sip_hop *hop, unsigned status, const char *phrase, const char *headers)
{
	if (hop->st)
		reply(hop, status, phrase, headers);
	hop_free(hop);
}

static void on_cancel(void *arg)
{
	struct sip_hop *hop = arg;

	hop->cancelled = true;
	if (hop->req) { /* its 487 is ours */
		sip_request_cancel(hop->req);
		timer_start(hop->timer, CANCELLED_MS);
		return;
	}
	hop->gone(hop->arg);
	sip_hop_refuse(hop, 487, "Request Terminated", "");
}

static void on_silence(void *arg)
{
	struct sip_hop *hop = arg;

	if (hop->cancelled)
		sip_hop_refuse(hop, 487, "Request Terminated", "");
	else
		sip_hop_refuse(hop, 408, "Request Timeout", "");
}

int sip_hop_take(struct sip_hop **ret, struct sip_ep *ep, struct sip_rx *rx, sip_hop_gone_h *gone,
		 void *arg)
{
	struct sip_hop *hop = calloc(1, sizeof(*hop));
	int err;

	if (!hop)
		return ENOMEM;
	*hop = (struct sip_hop){
		.ep = ep, .invite = rx_msg(sip_rx_ref(rx)), .gone = gone, .arg = arg};
	DL_APPEND(ep->hops, hop);
	err = timer_alloc(&hop->timer, on_silence, hop);
	if (!err)
		err = sip_strans_alloc(&hop->st, ep->sip, hop->invite, on_cancel, hop);
	if (!err)
		err = sip_treply(&hop->st, ep->sip, hop->invite, 100, "Trying");
	if (err) {
		hop_free(hop);
		return err;
	}
	*ret = hop;
	return 0;
}

/* --- messages: octets as they came, line by line --- */

static int add_line(struct mbuf *mb, const struct sip_hdr *hdr)
{
	return mbuf_printf(mb, "%r: %r\r\n", &hdr->name, &hdr->val);
}

static int add_body(struct mbuf *mb, const struct sip_msg *msg)
{
	struct sv body = sip_rx_body(msg_rx(msg));
	int err = mbuf_printf(mb, "Content-Length: %zu\r\n\r\n", body.l);

	if (body.l)
		err |= mbuf_write_mem(mb, (const uint8_t *)body.p, body.l);
	mbuf_set_pos(mb, 0);
	return err;
}

/* RFC 3261 §18.2.1, RFC 3581 §4: the Via of who sent it to us tells where it came from */
static int add_sender(struct mbuf *mb, const struct sip_msg *msg, const struct sip_hdr *via)
{
	struct pl rport;
	bool wanted = msg_param_exists(&msg->via.params, "rport", &rport) == 0;
	int err = mbuf_printf(mb, "%r: ", &via->name);

	if (wanted) {
		err |= mbuf_write_pl_skip(mb, &via->val, &rport);
		err |= mbuf_printf(mb, ";rport=%u", sa_port(&msg->src));
	} else {
		err |= mbuf_write_pl(mb, &via->val);
	}
	if (wanted || !sa_cmp(&msg->src, &msg->via.addr, SA_ADDR))
		err |= mbuf_printf(mb, ";received=%j", &msg->src);
	return err | mbuf_write_str(mb, "\r\n");
}

static bool is_named(const struct sip_hdr *hdr, const char *name)
{
	return name && pl_strcasecmp(&hdr->name, name) == 0;
}

/* The INVITE from behind our Via on (§16.6 steps 3, 4) */
static int add_request(struct mbuf *mb, const struct sip_msg *msg, const struct sip_hdr *own,
		       unsigned hops, const struct sip_hop_edit *edit)
{
	bool first_via = true;
	int err = mbuf_printf(mb, "Max-Forwards: %u\r\n", hops);

	for (struct le *le = msg->hdrl.head; le && !err; le = le->next) {
		const struct sip_hdr *hdr = le->data;

		if (hdr == own || hdr->id == SIP_HDR_MAX_FORWARDS ||
		    hdr->id == SIP_HDR_CONTENT_LENGTH || is_named(hdr, edit->remove))
			continue;
		if (hdr->id == SIP_HDR_VIA && first_via)
			err = add_sender(mb, msg, hdr);
		else
			err = add_line(mb, hdr);
		first_via = first_via && hdr->id != SIP_HDR_VIA;
	}
	err |= mbuf_write_str(mb, edit->add);
	return err ? err : add_body(mb, msg);
}

/* A response without our Via, which is the first (§16.7 step 3) */
static struct mbuf *response_without_us(const struct sip_msg *msg)
{
	struct mbuf *mb = mbuf_alloc(1024);
	bool via_gone = false;
	int err;

	if (!mb)
		return NULL;
	err = mbuf_printf(mb, "SIP/2.0 %u %r\r\n", msg->scode, &msg->reason);
	for (struct le *le = msg->hdrl.head; le && !err; le = le->next) {
		const struct sip_hdr *hdr = le->data;

		if (hdr->id == SIP_HDR_VIA && !via_gone)
			via_gone = true;
		else if (hdr->id != SIP_HDR_CONTENT_LENGTH)
			err = add_line(mb, hdr);
	}
	if (err || add_body(mb, msg))
		mb = mem_deref(mb);
	return mb;
}

/* --- responses --- */

/* libre keeps the server transaction for 64*T1 after a 2xx, to absorb retransmissions of the INVITE:
 * the endpoint's memory does that too, and holds less */
static void forget_transaction(struct sip_strans *st)
{
	if (mem_nrefs(st) > 1)
		mem_deref(st);
	mem_deref(st);
}

static void pass_back(struct sip_hop *hop, const struct sip_msg *msg)
{
	struct mbuf *mb = response_without_us(msg);
	struct sip_strans *st = mem_ref(hop->st);
	struct sa dst;

	sip_answer_addr(&dst, hop->invite);
	if (mb)
		(void)sip_strans_reply(&hop->st, hop->ep->sip, hop->invite, &dst, msg->scode, mb);
	mem_deref(mb);
	if (msg->scode / 100 == 2)
		forget_transaction(st);
	else
		mem_deref(st);
}

static void on_response(int err, const struct sip_msg *msg, void *arg)
{
	struct sip_hop *hop = arg;

	if (err && hop->cancelled)
		sip_hop_refuse(hop, 487, "Request Terminated", "");
	else if (err == ETIMEDOUT)
		sip_hop_refuse(hop, 408, "Request Timeout", "");
	else if (err) /* §16.9: as if it had answered 503, which is not passed on */
		sip_hop_refuse(hop, 500, "Server Internal Error",
			       "Reason: SIP;cause=503;text=\"next hop cannot be reached\"\r\n");
	if (err)
		return;
	sip_no_delay(msg);
	if (msg->scode == 100)
		return;
	if (hop->st)
		pass_back(hop, msg);
	if (msg->scode >= 200)
		hop_free(hop);
	else if (!hop->cancelled)
		timer_start(hop->timer, SILENCE_MS);
}

static bool is_second(const struct sip_hdr *hdr, const struct sip_msg *msg, void *seen)
{
	(void)hdr;
	(void)msg;
	return ++*(unsigned *)seen == 2;
}

/* §18.2.2: where a Via says that its sender is; rport counts over UDP */
static int way_back(struct sa *ret, const struct sip_via *via)
{
	struct pl value;
	uint16_t port = sa_port(&via->addr) ? sa_port(&via->addr) : SIP_PORT;

	*ret = via->addr;
	if (via->tp == SIP_TRANSP_UDP && msg_param_decode(&via->params, "rport", &value) == 0 &&
	    pl_isset(&value))
		port = (uint16_t)pl_u32(&value);
	if (msg_param_decode(&via->params, "received", &value) == 0)
		return sa_set(ret, &value, port);
	sa_set_port(ret, port);
	return sa_isset(ret, SA_ADDR) ? 0 : EINVAL;
}

/* A 2xx again, when the transaction that it answers is over: by the Via alone (§16.7) */
bool hop_stray_response(struct sip_ep *ep, const struct sip_msg *msg)
{
	const struct sip_hdr *via;
	unsigned seen = 0;
	struct sip_via back;
	struct mbuf *mb;
	struct sa dst;

	if (msg->scode / 100 != 2)
		return false;
	via = sip_msg_hdr_apply(msg, true, SIP_HDR_VIA, is_second, &seen);
	if (!via || sip_via_decode(&back, &via->val) || way_back(&dst, &back))
		return false;
	mb = response_without_us(msg);
	if (mb)
		(void)sip_send(ep->sip, NULL, back.tp, &dst, mb);
	mem_deref(mb);
	return true;
}

/* --- sending on --- */

static unsigned hops_of(const struct sip_msg *msg)
{
	uint32_t n = pl_isset(&msg->maxfwd) ? pl_u32(&msg->maxfwd) : HOPS_DEFAULT + 1;

	return n > 255 ? 255 : n;
}

static int send_on(struct sip_hop *hop, const struct sip_hop_edit *edit, unsigned hops)
{
	const struct sip_msg *msg = hop->invite;
	const struct sip_hdr *own, *next = next_route(hop->ep, msg, &own);
	struct sip_addr addr;
	char *uri = NULL;
	struct uri to;
	struct mbuf *mb;
	int err;

	if (!next || sip_addr_decode(&addr, &next->val))
		return EINVAL;
	uri = sv_dup(pl_sv(addr.auri));
	mb = mbuf_alloc(2048);
	err = uri && mb ? 0 : ENOMEM;
	if (!err && !sip_can_reach(&to, uri, msg->tp))
		err = EHOSTUNREACH;
	if (!err)
		err = add_request(mb, msg, own, hops, edit);
	if (!err)
		err = sip_request(&hop->req, hop->ep->sip, true, "INVITE", -1, msg->ruri.p,
				  (int)msg->ruri.l, &to, mb, 0, NULL, on_response, hop);
	mem_deref(mb);
	free(uri);
	return err;
}

void sip_hop_forward(struct sip_hop *hop, const struct sip_hop_edit *edit)
{
	unsigned hops = hops_of(hop->invite);

	if (!hops) {
		sip_hop_refuse(hop, 483, "Too Many Hops", "");
		return;
	}
	timer_start(hop->timer, SILENCE_MS);
	if (send_on(hop, edit, hops - 1))
		sip_hop_refuse(hop, 500, "Server Internal Error",
			       "Reason: SIP;cause=503;text=\"next hop cannot be reached\"\r\n");
}
