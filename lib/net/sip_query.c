#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/net/sip_in.h"

#include <utlist.h>

struct sip_query {
	struct sip_query *prev, *next;
	struct dlg dlg;
	struct sip_request *req;
	struct timer *timer;
	int err; /* what the timer reports */
	bool invite;
	uint32_t seq;
	sip_query_h *h;
	void *arg;
};

/* A request under way finishes by itself: libre sends CANCEL as soon as it may, and takes what
 * comes */
static void query_free(struct sip_query *q)
{
	DL_DELETE(q->dlg.ep->queries, q);
	mem_deref(q->req);
	timer_free(q->timer);
	dlg_free(&q->dlg);
	free(q);
}

static void query_end(struct sip_query *q, int err, struct sip_rx *rx)
{
	sip_query_h *h = q->h;
	void *arg = q->arg;

	query_free(q);
	h(err, rx, arg);
}

static void timed_out(void *arg)
{
	struct sip_query *q = arg;

	query_end(q, q->err, NULL);
}

/* Nobody wants a call with us: a 2xx is acknowledged, and the call ended (RFC 3261 §13.2.2.4) */
static void hang_up(struct sip_query *q, const struct sip_msg *ok)
{
	if (dlg_confirm(&q->dlg, ok))
		return;
	(void)dlg_send(NULL, &q->dlg, false,
		       &(struct dlg_request){.method = "ACK", .seq = q->seq, .headers = ""});
	dlg_bye(&q->dlg, "");
}

static void answered(int err, const struct sip_msg *msg, void *arg)
{
	struct sip_query *q = arg;

	if (msg)
		sip_no_delay(msg);
	if (msg && msg->scode < 200)
		return;
	if (msg && msg->scode < 300 && q->invite)
		hang_up(q, msg);
	query_end(q, err, msg ? msg_rx(msg) : NULL);
}

int sip_query(struct sip_query **ret, struct sip_ep *ep, const struct sip_query_opts *opts,
	      sip_query_h *h, void *arg)
{
	struct sip_query *q = calloc(1, sizeof(*q));
	int err;

	if (!q)
		return ENOMEM;
	q->h = h;
	q->arg = arg;
	q->err = ETIMEDOUT;
	q->invite = strcmp(opts->method, "INVITE") == 0;
	err = dlg_out(&q->dlg, ep, opts->uri, opts->next_hop, opts->from, opts->to);
	if (err) {
		free(q);
		return err;
	}
	DL_APPEND(ep->queries, q);
	err = timer_alloc(&q->timer, timed_out, q);
	if (err) {
		query_free(q);
		return err;
	}
	q->seq = q->dlg.lseq++;
	err = dlg_send(&q->req, &q->dlg, true,
		       &(struct dlg_request){.method = opts->method,
					     .seq = q->seq,
					     .headers = opts->headers,
					     .contact = q->invite,
					     .answered = answered,
					     .arg = q});
	/* a peer that refuses at once is told like one that refuses later: never from inside */
	if (err)
		q->err = err;
	timer_start(q->timer, err ? 0 : opts->timeout_ms);
	*ret = q;
	return 0;
}

void sip_query_cancel(struct sip_query *q)
{
	if (q)
		query_free(q);
}

void queries_flush(struct sip_ep *ep)
{
	while (ep->queries)
		query_free(ep->queries); /* NOLINT(clang-analyzer-unix.Malloc): moves the head on */
}
