/* INVITEs as questions. A redirect server's answer is 302 with the result; a proxy puts it into the
 * INVITE and sends that back to the CSCF. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "lib/base/log.h"
#include "lib/net/app.h"
#include "lib/net/redirect.h"
#include "lib/net/sip_proxy.h"
#include "ref-vs/answer.h"
#include "ref-vs/front.h"
#include "ref-vs/note.h"

struct sip_front {
	struct core *core;
	struct sip_ep *ep;
	struct sip_question *questions;
};

struct sip_question {
	struct question q;
	struct sip_front *front;
	struct sip_rx *rx;   /* a reference */
	struct sip_hop *hop; /* NULL: redirect */
	struct sip_question *prev, *next;
};

static void question_free(struct sip_question *sq)
{
	DL_DELETE(sq->front->questions, sq);
	question_clear(&sq->q);
	sip_rx_unref(sq->rx);
	free(sq);
}

/* --- answering --- */

static void log_failed(const struct sip_question *sq, int err)
{
	log_error("answer-failed orig=%s dest=%s error=\"%s\"", sq->q.orig.s, sq->q.dest.s,
		  strerror(err));
}

/* What could not be judged. The CSCF goes on with the call unvalidated; as a proxy we do that for it */
static void refuse(struct sip_question *sq, const struct redirect_refusal *refusal)
{
	log_info("refused orig=%s dest=%s status=%u why=\"%s\"", sq->q.orig.s, sq->q.dest.s,
		 refusal->status, refusal->why);
	if (sq->hop) {
		note_refused(&sq->q, 0, refusal->why);
		sip_hop_forward(sq->hop, &(struct sip_hop_edit){.add = ""});
	} else if (redirect_refuse(sq->front->ep, sq->rx, refusal) == 0) {
		note_refused(&sq->q, refusal->status, refusal->why);
	}
	question_free(sq);
}

static void fail(struct question *q, int err)
{
	static const struct redirect_refusal busy = {503, "Service Unavailable",
						     "too many calls are being verified"};
	static const struct redirect_refusal no_memory = {500, "Server Internal Error",
							  "out of memory"};

	refuse((struct sip_question *)q, err == EBUSY ? &busy : &no_memory);
}

static int answer_redirect(const struct sip_question *sq, const struct verdict *verdict,
			   const struct buf *lines, unsigned *ret_status)
{
	const struct reason_info *why = reason_info(verdict->reason);

	*ret_status = verdict->refuse ? why->sip_status : 302;
	if (verdict->refuse)
		return sip_reply_to(sq->front->ep, sq->rx, why->sip_status, why->sip_phrase, "");
	return redirect_answer(sq->front->ep, sq->rx, lines->p);
}

static void answer_proxy(const struct sip_question *sq, const struct verdict *verdict,
			 const struct buf *lines, unsigned *ret_status)
{
	const struct reason_info *why = reason_info(verdict->reason);

	*ret_status = verdict->refuse ? why->sip_status : 0;
	if (verdict->refuse)
		sip_hop_refuse(sq->hop, why->sip_status, why->sip_phrase, "");
	else
		sip_hop_forward(sq->hop, &(struct sip_hop_edit){.add = lines->p,
								.remove = "P-Asserted-Identity"});
}

static void answer(struct question *q, const struct verdict *verdict)
{
	struct sip_question *sq = (struct sip_question *)q;
	BUF_AUTO struct buf lines = BUF(ANSWER_LINES_MAX);
	unsigned status = 0;
	int err;

	answer_lines(&lines, q, verdict, core_conf(sq->front->core)->domain);
	err = lines.err;
	if (err) {
		fail(q, err);
		return;
	}
	if (sq->hop)
		answer_proxy(sq, verdict, &lines, &status);
	else
		err = answer_redirect(sq, verdict, &lines, &status);
	if (err)
		log_failed(sq, err);
	else
		note_result(q, verdict, status);
	question_free(sq);
}

static void on_cancelled(void *arg)
{
	struct sip_question *sq = arg;

	note_refused(&sq->q, 487, "the call is cancelled");
	question_free(sq);
}

/* --- requests --- */

static int question_new(struct sip_question **ret, struct sip_front *front, struct sip_rx *rx)
{
	struct sip_question *sq = calloc(1, sizeof(*sq));
	int err = 0;

	if (!sq)
		return ENOMEM;
	*sq = (struct sip_question){.q = {.front = "redirect", .answer = answer, .fail = fail},
				    .front = front,
				    .rx = sip_rx_ref(rx)};
	DL_APPEND(front->questions, sq);
	if (sip_proxy_wanted(front->ep, rx)) {
		sq->q.front = "proxy";
		err = sip_hop_take(&sq->hop, front->ep, rx, on_cancelled, sq);
	}
	if (err)
		question_free(sq);
	else
		*ret = sq;
	return err;
}

static int read_identities(struct sip_question *sq)
{
	struct sv value;
	int err = 0;

	for (unsigned i = 0; !err && (value = sip_rx_header(sq->rx, "Identity", i)).p; i++)
		err = gather_identity(&sq->q.got, value);
	return err;
}

static void on_request(struct sip_rx *rx, void *arg)
{
	static const struct redirect_refusal no_memory = {500, "Server Internal Error",
							  "out of memory"};
	struct sip_front *front = arg;
	struct redirect_refusal refusal;
	struct sip_question *sq;

	if (redirect_not_invite(front->ep, rx))
		return;
	if (question_new(&sq, front, rx)) {
		(void)redirect_refuse(front->ep, rx, &no_memory);
		return;
	}
	if (redirect_numbers(rx, &sq->q.orig, &sq->q.dest, &refusal) &&
	    !core_conf(front->core)->faults.answer_anything)
		refuse(sq, &refusal);
	else if (read_identities(sq))
		refuse(sq, &no_memory);
	else
		core_ask(front->core, &sq->q);
}

/* --- life --- */

int sip_front_alloc(struct sip_front **ret, struct core *core, struct err *e)
{
	const struct vs_sip *conf = &core_conf(core)->sip;
	struct sip_front *front = calloc(1, sizeof(*front));
	int err;

	if (!front)
		return ENOMEM;
	front->core = core;
	err = sip_ep_alloc(&front->ep,
			   &(struct sip_ep_opts){.addr = conf->addr,
						 .port = (uint16_t)conf->port,
						 .software = "ref-vs/" OOB_VERSION},
			   e);
	if (err) {
		free(front);
		return err;
	}
	sip_ep_on_request(front->ep, on_request, front);
	*ret = front;
	return 0;
}

void sip_front_free(struct sip_front *front)
{
	struct sip_question *sq, *next;

	if (!front)
		return;
	DL_FOREACH_SAFE (front->questions, sq, next) {
		sip_hop_drop(sq->hop);
		question_free(sq);
	}
	sip_ep_free(front->ep);
	free(front);
}

const char *sip_front_addr(const struct sip_front *front)
{
	return sip_ep_addr(front->ep);
}
