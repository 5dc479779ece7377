/* Dialogs (RFC 3261 §12). libre's own cannot pass Max-Forwards on, nor send to another place than
 * the URI names. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/net/sip_in.h"

#define ROUTES_MAX 8192

static char *pl_dupz(struct pl v)
{
	return sv_dup(pl_sv(v));
}

/* Replace a string of the dialog */
static int set(char **field, char *value)
{
	if (!value)
		return ENOMEM;
	free(*field);
	*field = value;
	return 0;
}

bool sip_can_reach(struct uri *ret, const char *uri, enum sip_transp tp)
{
	struct pl pl = {uri, strlen(uri)}, value;
	struct sa sa;

	if (uri_decode(ret, &pl) || pl_strcasecmp(&ret->scheme, "sip") ||
	    sa_set(&sa, &ret->host, ret->port))
		return false;
	if (msg_param_decode(&ret->params, "transport", &value) == 0)
		return pl_strcasecmp(&value, "udp") == 0 || pl_strcasecmp(&value, "tcp") == 0;
	pl_set_str(&ret->params, tp == SIP_TRANSP_UDP ? ";transport=udp" : ";transport=tcp");
	return true;
}

static enum sip_transp transport_of(const struct uri *uri)
{
	struct pl value;

	if (msg_param_decode(&uri->params, "transport", &value) == 0 &&
	    pl_strcasecmp(&value, "udp") == 0)
		return SIP_TRANSP_UDP;
	return SIP_TRANSP_TCP;
}

/* The first Route, else the target; a name, which nobody resolves for us, leaves the hop as it was:
 * the peer is there */
static int choose_hop(struct dlg *d)
{
	struct sv route = sv_from(d->routes);
	struct uri uri;
	char *hop;

	if (route.l) {
		(void)sv_cut(&route, '<');
		hop = sv_dup((struct sv){route.p, sv_find(route, '>')});
	} else {
		hop = strdup(d->target);
	}
	if (!hop)
		return ENOMEM;
	if (d->hop && !sip_can_reach(&uri, hop, d->tp)) {
		free(hop);
		return 0;
	}
	return set(&d->hop, hop);
}

static void begin(struct dlg *d, struct sip_ep *ep)
{
	*d = (struct dlg){.ep = ep, .tp = SIP_TRANSP_TCP, .lseq = rand_u16() + 1u};
}

int dlg_out(struct dlg *d, struct sip_ep *ep, const char *uri, const char *next_hop,
	    const char *from, const char *to)
{
	BUF_AUTO struct buf local = BUF(ROUTES_MAX);
	struct uri hop;
	char id[64];
	int err = 0;

	begin(d, ep);
	if (!sip_is_one_line(uri) || !sip_is_one_line(from) || !sip_is_one_line(to) ||
	    !sip_can_reach(&hop, next_hop ? next_hop : uri, SIP_TRANSP_TCP))
		return EINVAL;
	d->tp = transport_of(&hop);
	(void)re_snprintf(d->ltag, sizeof(d->ltag), "%016llx", rand_u64());
	(void)re_snprintf(id, sizeof(id), "%016llx%016llx", rand_u64(), rand_u64());
	(void)buf_printf(&local, "%s;tag=%s", from, d->ltag);
	err |= set(&d->call_id, strdup(id));
	err |= set(&d->local, buf_take(&local));
	err |= set(&d->remote, strdup(to));
	err |= set(&d->target, strdup(uri));
	err |= set(&d->hop, strdup(next_hop ? next_hop : uri));
	if (err)
		dlg_free(d);
	return err ? ENOMEM : 0;
}

static bool add_route(const struct sip_hdr *hdr, const struct sip_msg *msg, void *arg)
{
	(void)msg;
	return buf_printf(arg, "Route: %.*s\r\n", (int)hdr->val.l, hdr->val.p) != 0;
}

/* Remote target and route set, from a message that makes the dialog. in_order: a request's
 * Record-Route, else a response's (RFC 3261 §12.1.1, §12.1.2) */
static int learn(struct dlg *d, const struct sip_msg *msg, bool in_order)
{
	const struct sip_hdr *contact = sip_msg_hdr(msg, SIP_HDR_CONTACT);
	BUF_AUTO struct buf routes = BUF(ROUTES_MAX);
	struct sip_addr addr;

	if (!contact || sip_addr_decode(&addr, &contact->val))
		return EBADMSG;
	if (set(&d->target, pl_dupz(addr.auri)))
		return ENOMEM;
	(void)sip_msg_hdr_apply(msg, in_order, SIP_HDR_RECORD_ROUTE, add_route, &routes);
	if (routes.err)
		return routes.err == EMSGSIZE ? EBADMSG : routes.err;
	free(d->routes); /* the way of the INVITE itself is none for what follows (RFC 3261 §12.1.2) */
	d->routes = NULL;
	if (routes.l && set(&d->routes, buf_take(&routes)))
		return ENOMEM;
	return choose_hop(d);
}

int dlg_in(struct dlg *d, struct sip_ep *ep, const struct sip_msg *invite)
{
	BUF_AUTO struct buf local = BUF(ROUTES_MAX);
	BUF_AUTO struct buf hop = BUF(256);
	int err = 0;

	begin(d, ep);
	d->tp = invite->tp;
	d->rseq = invite->cseq.num;
	/* libre makes the tag of its responses of this */
	(void)re_snprintf(d->ltag, sizeof(d->ltag), "%016llx", invite->tag);
	(void)buf_printf(&local, "%.*s;tag=%s", (int)invite->to.val.l, invite->to.val.p, d->ltag);
	(void)buf_printf(&hop, "sip:%.*s", (int)invite->via.sentby.l, invite->via.sentby.p);
	err |= set(&d->call_id, pl_dupz(invite->callid));
	err |= set(&d->rtag, pl_dupz(invite->from.tag));
	err |= set(&d->local, buf_take(&local));
	err |= set(&d->remote, pl_dupz(invite->from.val));
	err |= set(&d->hop, buf_take(&hop));
	err = err ? ENOMEM : learn(d, invite, true);
	if (err)
		dlg_free(d);
	return err;
}

int dlg_confirm(struct dlg *d, const struct sip_msg *ok)
{
	if (set(&d->rtag, pl_dupz(ok->to.tag)) || set(&d->remote, pl_dupz(ok->to.val)))
		return ENOMEM;
	return learn(d, ok, false);
}

bool dlg_is(const struct dlg *d, const struct sip_msg *msg)
{
	const struct pl *local = msg->req ? &msg->to.tag : &msg->from.tag;
	const struct pl *remote = msg->req ? &msg->from.tag : &msg->to.tag;

	return d->rtag && pl_strcmp(&msg->callid, d->call_id) == 0 &&
	       pl_strcmp(local, d->ltag) == 0 && sv_eqz(pl_sv(*remote), d->rtag);
}

void dlg_free(struct dlg *d)
{
	free(d->call_id);
	free(d->rtag);
	free(d->local);
	free(d->remote);
	free(d->target);
	free(d->routes);
	free(d->hop);
	*d = (struct dlg){0};
}

/* Does a block of header lines hold one of this name? */
static bool has_line(const char *headers, const char *name)
{
	struct sv rest = sv_from(headers);

	while (rest.l) {
		struct sv line = sv_cut(&rest, '\n');

		if (sv_ieqz(sv_trim(sv_cut(&line, ':')), name))
			return true;
	}
	return false;
}

int dlg_lines(struct mbuf *mb, const struct dlg *d, const struct dlg_request *r)
{
	int err = 0;

	if (!has_line(r->headers, "Max-Forwards"))
		err |= mbuf_write_str(mb, "Max-Forwards: 70\r\n");
	if (d->routes)
		err |= mbuf_write_str(mb, d->routes);
	return err | mbuf_printf(mb,
				 "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %u %s\r\n"
				 "User-Agent: %s\r\n",
				 d->local, d->remote, d->call_id, r->seq, r->method,
				 d->ep->software);
}

int dlg_send(struct sip_request **ret, const struct dlg *d, bool stateful,
	     const struct dlg_request *r)
{
	struct mbuf *mb;
	struct uri hop;
	int err;

	if (!sip_can_reach(&hop, d->hop, d->tp))
		return EINVAL;
	mb = mbuf_alloc(1024);
	if (!mb)
		return ENOMEM;
	err = dlg_lines(mb, d, r);
	if (r->contact)
		err |= sip_contact_line(mb, d->ep, transport_of(&hop));
	err |= mbuf_write_str(mb, r->headers);
	if (r->body.l)
		err |= mbuf_printf(mb, "Content-Type: %s\r\n", r->ctype);
	err |= mbuf_printf(mb, "Content-Length: %zu\r\n\r\n", r->body.l);
	if (r->body.l)
		err |= mbuf_write_mem(mb, (const uint8_t *)r->body.p, r->body.l);
	mbuf_set_pos(mb, 0);
	if (!err)
		err = sip_request(ret, d->ep->sip, stateful, r->method, -1, d->target, -1, &hop, mb,
				  0, r->sent, r->answered, r->arg);
	mem_deref(mb);
	return err;
}

void dlg_bye(struct dlg *d, const char *headers)
{
	/* a peer that cannot be reached has nothing more to hear */
	(void)dlg_send(
		NULL, d, true,
		&(struct dlg_request){.method = "BYE", .seq = d->lseq++, .headers = headers});
}
