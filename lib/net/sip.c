#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/net/sip_in.h"

#define TABLE_SIZE       4096
#define CONNECTION_TABLE 256
#define HIGHEST_EARLY_FD 1024 /* nothing has opened more when the endpoint is made */

void sip_no_delay(const struct sip_msg *msg)
{
	struct tcp_conn *conn = sip_msg_tcpconn(msg);
	int one = 1;

	if (conn)
		(void)setsockopt(tcp_conn_fd(conn), IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

void sip_answer_addr(struct sa *ret, const struct sip_msg *msg)
{
	struct pl value;

	/* RFC 3581 §4: with rport, back to the port that it came from */
	sip_reply_addr(ret, msg, msg_param_exists(&msg->via.params, "rport", &value) == 0);
}

int sip_contact_line(struct mbuf *mb, const struct sip_ep *ep, enum sip_transp tp)
{
	return mbuf_printf(mb, "Contact: <sip:%s%s>\r\n", ep->addr, sip_transp_param(tp));
}

bool sip_is_one_line(const char *value)
{
	return !strpbrk(value, "\r\n");
}

/* libre knows headers by twelve bits of a hash, so it may have taken another one for the header */
static bool has(const struct sip_msg *msg, const char *name, struct pl parsed)
{
	return pl_isset(&parsed) && sip_rx_header(msg_rx(msg), name, 0).l;
}

/* What a request must have to be answered at all (RFC 3261 §8.1.1), beyond what libre's parser insists on */
static const char *flaw(const struct sip_msg *msg)
{
	if (!has(msg, "Call-ID", msg->callid))
		return "Missing Call-ID";
	if (!has(msg, "From", msg->from.auri))
		return "Missing From";
	if (!has(msg, "To", msg->to.auri))
		return "Missing To";
	if (!has(msg, "CSeq", msg->cseq.met))
		return "Missing CSeq";
	if (pl_cmp(&msg->cseq.met, &msg->met))
		return "CSeq Names Another Method";
	return NULL;
}

/* Over UDP: was it here before? Then its answer goes out again, if there is one already. INVITEs with a
 * server transaction come here only when that is gone */
static bool again(struct sip_ep *ep, const struct sip_msg *msg)
{
	struct mbuf *answer = NULL;
	struct sa dst;

	if (msg->tp != SIP_TRANSP_UDP || sip_memory_see(ep->memory, msg, &answer) == 0)
		return false;
	if (answer) {
		sip_answer_addr(&dst, msg);
		mbuf_set_pos(answer, 0);
		(void)sip_send(ep->sip, msg->sock, msg->tp, &dst, answer);
	}
	return true;
}

static void hand_over(struct sip_ep *ep, const struct sip_msg *msg)
{
	if (again(ep, msg))
		return;
	if (pl_isset(&msg->to.tag))
		legs_request(ep, msg);
	else if (ep->call_h && pl_strcmp(&msg->met, "INVITE") == 0)
		leg_in_invite(ep, msg);
	else if (ep->request_h)
		ep->request_h(msg_rx(msg), ep->request_arg);
	else
		(void)sip_reply_to(ep, msg_rx(msg), 501, "Not Implemented", "");
}

static void dispatch(struct sip_ep *ep, const struct sip_msg *msg)
{
	const char *wrong = flaw(msg);
	bool ack = pl_strcmp(&msg->met, "ACK") == 0;

	if (wrong && !ack)
		(void)sip_reply(ep->sip, msg, 400, wrong);
	else if (wrong)
		return;
	else if (ack)
		legs_ack(ep, msg);
	else if (pl_strcmp(&msg->met, "CANCEL") == 0)
		(void)sip_reply(ep->sip, msg, 481, "Call/Transaction Does Not Exist");
	else
		hand_over(ep, msg);
}

static bool on_request(const struct sip_msg *msg, void *arg)
{
	sip_no_delay(msg);
	dispatch(arg, msg);
	return true;
}

/* Of no transaction (any more) */
static bool on_response(const struct sip_msg *msg, void *arg)
{
	if (!hop_stray_response(arg, msg))
		legs_response(arg, msg);
	return true;
}

static bool is_listener(int fd, const struct sa *sa)
{
	struct sa own = {.len = sizeof(own.u)};
	socklen_t l = sizeof(int);
	int on = 0;

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &l) == 0 && on &&
	       getsockname(fd, &own.u.sa, &own.len) == 0 && sa_cmp(&own, sa, SA_ALL);
}

/* libre lets five connections wait to be accepted: one more in a burst stands for a second, until its SYN comes
 * again. Its socket is not shown, so look for it */
static void widen_backlog(const struct sa *sa)
{
	for (int fd = 3; fd < HIGHEST_EARLY_FD; fd++)
		if (is_listener(fd, sa)) {
			(void)listen(fd, SOMAXCONN);
			return;
		}
}

static int listen_on(struct sip_ep *ep, enum sip_transp tp, const struct sa *sa, struct err *e)
{
	int err = sip_transp_add(ep->sip, tp, sa);

	return err ? err_set(e, err, "sip: cannot listen on %s over %s: %s", ep->addr,
			     sip_transp_name(tp), strerror(err))
		   : 0;
}

static int ep_open(struct sip_ep *ep, const struct sip_ep_opts *opts, struct err *e)
{
	struct sa sa;
	int err;

	if (sa_set_str(&sa, opts->addr, opts->port))
		return err_set(e, EINVAL, "sip: expected an IP address to listen on, got \"%s\"",
			       opts->addr);
	(void)re_snprintf(ep->addr, sizeof(ep->addr), "%J", &sa);
	err = sip_memory_alloc(&ep->memory);
	if (!err)
		err = hash_alloc(&ep->legs, TABLE_SIZE);
	if (!err)
		err = sip_alloc(&ep->sip, NULL, TABLE_SIZE, TABLE_SIZE, CONNECTION_TABLE,
				opts->software, NULL, ep);
	if (err)
		return err_set(e, err, "sip: %s", strerror(err));
	sip_set_trace_handler(ep->sip, sip_on_message);
	/* TCP first: only there an occupied address shows while it is shared by SO_REUSEADDR */
	err = listen_on(ep, SIP_TRANSP_TCP, &sa, e);
	if (!err)
		err = listen_on(ep, SIP_TRANSP_UDP, &sa, e);
	if (err)
		return err;
	widen_backlog(&sa);
	err = sip_listen(&ep->requests, ep->sip, true, on_request, ep);
	if (!err)
		err = sip_listen(&ep->responses, ep->sip, false, on_response, ep);
	return err ? err_set(e, err, "sip: %s", strerror(err)) : 0;
}

int sip_ep_alloc(struct sip_ep **ret, const struct sip_ep_opts *opts, struct err *e)
{
	struct sip_ep *ep = calloc(1, sizeof(*ep));
	int err;

	if (!ep)
		return err_set(e, ENOMEM, "sip: out of memory");
	ep->software = strdup(opts->software ? opts->software : "oob");
	err = ep->software ? ep_open(ep, opts, e) : ENOMEM;
	if (err)
		sip_ep_free(ep);
	else
		*ret = ep;
	return err;
}

void sip_ep_free(struct sip_ep *ep)
{
	if (!ep)
		return;
	if (ep->sip) {
		queries_flush(ep);
		hops_flush(ep);
		legs_flush(ep);
	}
	mem_deref(ep->requests);
	mem_deref(ep->responses);
	sip_close(ep->sip, true);
	mem_deref(ep->sip);
	mem_deref(ep->legs);
	sip_memory_free(ep->memory);
	free(ep->software);
	free(ep);
}

const char *sip_ep_addr(const struct sip_ep *ep)
{
	return ep->addr;
}

void sip_ep_on_request(struct sip_ep *ep, sip_request_h *h, void *arg)
{
	ep->request_h = h;
	ep->request_arg = arg;
}

int sip_reply_to(struct sip_ep *ep, struct sip_rx *rx, unsigned status, const char *phrase,
		 const char *headers)
{
	const struct sip_msg *msg = rx_msg(rx);
	int err;

	if (msg->tp == SIP_TRANSP_UDP)
		ep->capture = sip_memory_answer(ep->memory, msg);
	err = sip_replyf(ep->sip, msg, (uint16_t)status, phrase, "%sContent-Length: 0\r\n\r\n",
			 headers);
	ep->capture = NULL;
	return err;
}
