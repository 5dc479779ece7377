/* INVITEs as questions. A redirect server's answer is 302 with Identity headers; a proxy adds them to
 * the INVITE and sends it back to the CSCF. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "lib/base/log.h"
#include "lib/net/app.h"
#include "lib/net/sip_proxy.h"
#include "lib/stir/passport.h"
#include "ref-as/front.h"

/** Identity and Date lines of one answer */
#define HEADERS_MAX ((size_t)(1 + AS_EXTRA_MAX) * (PASSPORT_MAX_LEN + 4096))

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

static const struct as_faults *faults_of(const struct sip_question *sq)
{
	return &core_conf(sq->front->core)->faults;
}

static void question_free(struct sip_question *sq)
{
	DL_DELETE(sq->front->questions, sq);
	core_forget(sq->front->core, &sq->q);
	bundle_clear(&sq->q.s.bundle);
	sip_rx_unref(sq->rx);
	free(sq);
}

/* --- reading --- */

static void refuse(struct question *q, unsigned status, const char *phrase, const char *why)
{
	q->refusal = (struct redirect_refusal){status, phrase, why};
}

/* MUST NOT sign when the Date is off by more than local policy allows (RFC 8224 §6.1 step 3); one
 * that cannot be read cannot be known to be fresh. Without one, the answer brings it */
static void check_date(struct sip_question *sq)
{
	const struct core *core = sq->front->core;
	struct sv value = sip_rx_header(sq->rx, "Date", 0);
	int64_t date_s = 0, now_s = env_now_s(core_signer(core)->env);

	if (!value.p)
		return;
	if (sip_date_parse(&date_s, value))
		refuse(&sq->q, 403, "Stale Date", "Date header cannot be read");
	else if (llabs(now_s - date_s) > core_conf(core)->freshness_s)
		refuse(&sq->q, 403, "Stale Date", "Date header is too far from now");
}

/* PASSporTs of other types or of earlier signers travel on as they are (AS-14): the CSCF keeps
 * their headers, the bundle takes their octets. One whose header cannot be read has no octets to
 * take */
static void read_identities(struct sip_question *sq)
{
	struct signing *s = &sq->q.s;
	struct sv value;

	for (unsigned i = 0; (value = sip_rx_header(sq->rx, "Identity", i)).p; i++) {
		char text[FAULT_TEXT_MAX];
		struct fault fault = {0};
		int err = bundle_add_identity(&s->bundle, value, &fault);

		if (err == ENOSPC)
			refuse(&sq->q, 400, "Bad Request", "too many Identity headers");
		else if (err == ENOMEM)
			refuse(&sq->q, 500, "Server Internal Error", "out of memory");
		if (err == ENOSPC || err == ENOMEM)
			return;
		if (!err)
			continue;
		fault_text(&fault, text);
		log_warn("identity-passed-over orig=%s dest=%s error=\"%s\"", s->orig.s, s->dest.s,
			 text);
	}
}

/* What History-Info says of the way of the call, as far as it can be read */
static void read_history(struct sip_question *sq)
{
	struct history_diversion v[HISTORY_MAX];
	struct signing *s = &sq->q.s;
	struct history history;
	unsigned n;

	if (history_read(&history, sq->rx))
		log_warn("history-cut orig=%s dest=%s entries=%u", s->orig.s, s->dest.s, history.n);
	n = history_diversions(&history, v);
	while (n-- > 0)
		if (v[n].from->tn.s[0])
			s->before[s->before_count++] = v[n].from->tn;
}

static void read_question(struct sip_question *sq)
{
	struct question *q = &sq->q;
	struct sv uri = sip_rx_uri(sq->rx);

	if (redirect_numbers(sq->rx, &q->s.orig, &q->s.dest, &q->refusal))
		return;
	check_date(sq);
	if (!q->refusal.status)
		read_identities(sq);
	if (q->refusal.status)
		return;
	read_history(sq);
	q->s.from = sip_rx_header(sq->rx, "From", 0);
	q->s.attestation_info = sip_rx_header(sq->rx, "Attestation-Info", 0);
	q->s.origination_id = sip_rx_header(sq->rx, "Origination-Id", 0);
	(void)sip_uri_param(uri, "rn", &q->rn);
	(void)sip_uri_param(uri, "cic", &q->cic);
}

/* --- answering --- */

/* An Identity line for each of our PASSporTs, and a Date when there is none (RFC 8224 §6.1) */
static int print_headers(const struct sip_question *sq, bool date, struct buf *ret)
{
	const struct signing *s = &sq->q.s;
	bool wrong = fault_skips(faults_of(sq), "identity");
	char line[64];

	for (size_t i = s->first; i < s->bundle.n && !wrong; i++) {
		(void)buf_addz(ret, "Identity: ");
		(void)sign_identity(core_signer(sq->front->core), s, i, ret);
		(void)buf_addz(ret, "\r\n");
	}
	if (date && sip_date_print(line, sizeof(line), s->iat_s) > 0)
		(void)buf_addz(ret, line);
	return ret->err;
}

static void log_failed(const struct sip_question *sq, int err)
{
	log_error("answer-failed orig=%s dest=%s error=\"%s\"", sq->q.s.orig.s, sq->q.s.dest.s,
		  strerror(err));
}

static void answer_redirect(struct question *q)
{
	struct sip_question *sq = (struct sip_question *)q;
	const struct as_faults *faults = faults_of(sq);
	BUF_AUTO struct buf lines = BUF(HEADERS_MAX);
	unsigned status = q->refusal.status ? q->refusal.status : 302;
	int err;

	if (q->refusal.status && fault_skips(faults, "reason")) {
		err = sip_reply_to(sq->front->ep, sq->rx, status, q->refusal.phrase, "");
	} else if (q->refusal.status) {
		err = redirect_refuse(sq->front->ep, sq->rx, &q->refusal);
	} else {
		err = print_headers(sq, !fault_skips(faults, "answer-date"), &lines);
		if (!err && faults->redirect_status) {
			status = (unsigned)faults->redirect_status;
			err = sip_reply_to(sq->front->ep, sq->rx, status, "Wrong",
					   lines.p ? lines.p : "");
		} else if (!err) {
			err = redirect_answer(sq->front->ep, sq->rx, lines.p ? lines.p : "");
		}
	}
	if (err)
		log_failed(sq, err);
	else
		core_note_answered(q, status,
				   q->refusal.status ? q->refusal.why : q->s.unsigned_why);
	question_free(sq);
}

/* What cannot be signed goes back unsigned: the call is the CSCF's, and it goes on */
static void answer_proxy(struct question *q)
{
	struct sip_question *sq = (struct sip_question *)q;
	BUF_AUTO struct buf lines = BUF(HEADERS_MAX);
	bool date =
		!sip_rx_header(sq->rx, "Date", 0).p && !fault_skips(faults_of(sq), "answer-date");
	const char *why = q->refusal.status ? q->refusal.why : q->s.unsigned_why;
	int err = q->refusal.status ? 0 : print_headers(sq, date, &lines);

	if (err) {
		log_failed(sq, err);
		buf_reset(&lines);
	}
	core_note_answered(q, 0, err ? "headers are too long" : why);
	sip_hop_forward(sq->hop, &(struct sip_hop_edit){.add = lines.l ? lines.p : ""});
	question_free(sq);
}

static void on_cancelled(void *arg)
{
	question_free(arg); /* it was held back: faults.wait_for_cps */
}

/* --- requests --- */

static int question_new(struct sip_question **ret, struct sip_front *front, struct sip_rx *rx)
{
	struct sip_question *sq = calloc(1, sizeof(*sq));
	int err = 0;

	if (!sq)
		return ENOMEM;
	*sq = (struct sip_question){.q = {.front = "redirect", .answer = answer_redirect},
				    .front = front,
				    .rx = sip_rx_ref(rx)};
	DL_APPEND(front->questions, sq);
	if (sip_proxy_wanted(front->ep, rx)) {
		sq->q.front = "proxy";
		sq->q.answer = answer_proxy;
		err = sip_hop_take(&sq->hop, front->ep, rx, on_cancelled, sq);
	}
	if (err)
		question_free(sq);
	else
		*ret = sq;
	return err;
}

static void on_request(struct sip_rx *rx, void *arg)
{
	static const struct redirect_refusal no_memory = {500, "Server Internal Error",
							  "out of memory"};
	struct sip_front *front = arg;
	struct sip_question *sq;

	if (redirect_not_invite(front->ep, rx))
		return;
	if (question_new(&sq, front, rx)) {
		(void)redirect_refuse(front->ep, rx, &no_memory);
		return;
	}
	read_question(sq);
	core_ask(front->core, &sq->q);
}

/* --- life --- */

int sip_front_alloc(struct sip_front **ret, struct core *core, struct err *e)
{
	const struct as_sip *conf = &core_conf(core)->sip;
	struct sip_front *front = calloc(1, sizeof(*front));
	int err;

	if (!front)
		return ENOMEM;
	front->core = core;
	err = sip_ep_alloc(&front->ep,
			   &(struct sip_ep_opts){.addr = conf->addr,
						 .port = (uint16_t)conf->port,
						 .software = "ref-as/" OOB_VERSION},
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
