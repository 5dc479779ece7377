#include <errno.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/trace/trace.h"
#include "sim/gateway/act.h"
#include "sim/gateway/fault.h"
#include "sim/gateway/gateway.h"
#include "sim/gateway/invite.h"
#include "sim/gateway/refuse.h"

#define CAUSE_NORMAL       16
#define CAUSE_NO_ANSWER    19
#define CAUSE_INCOMPLETE   28
#define CAUSE_NO_CIRCUIT   34
#define CAUSE_OUT_OF_ORDER 38
#define CAUSE_TEMPORARY    41
#define CAUSE_TIMER        102
#define CAUSE_PROTOCOL     111

static const struct tn *known(const struct tn *tn)
{
	return tn->s[0] ? tn : NULL;
}

static void send_msg(struct circuit *c, const struct isup_msg *msg)
{
	struct err e;

	/* lost like any message on a broken link: the timers at both ends see to it */
	if (link_send(c->trunk->link, msg, &e))
		log_warn("%s", e.s);
}

static void send_plain(struct circuit *c, enum isup_type type)
{
	send_msg(c, &(struct isup_msg){.cic = c->cic, .type = type});
}

static void note_iam(const struct circuit *c, const char *dir)
{
	json_t *data = json_pack("{ss,ss,si,ss,ss}", "trunk", c->trunk->conf->name, "dir", dir,
				 "cic", (int)c->cic, "called", c->iam.called.digits, "calling",
				 c->iam.calling.digits);

	if (c->iam.original_called.present)
		(void)json_object_set_new(data, "original_called",
					  json_string(c->iam.original_called.digits));
	if (c->iam.redirecting.present)
		(void)json_object_set_new(data, "redirecting",
					  json_string(c->iam.redirecting.digits));
	if (c->lost)
		(void)json_object_set(data, "lost", c->lost);
	trace_note("gw.iam", known(&c->orig), known(&c->dest), data);
}

int act_send_iam(struct circuit *c, struct err *e)
{
	struct isup_msg msg = {.cic = c->cic, .type = ISUP_IAM, .iam = c->iam};
	int err = link_send(c->trunk->link, &msg, e);

	if (err)
		return err;
	c->state = CIRCUIT_OUT_IAM;
	timer_start(c->timer, (uint64_t)c->trunk->gw->conf->t7_ms);
	note_iam(c, "tx");
	return 0;
}

/* End the SIP side, if there is still one */
static void end_leg(struct circuit *c, const struct isup_rel *why)
{
	struct sip_leg *leg = c->leg;
	char reason[REASON_MAX];
	const char *phrase;
	unsigned status;

	c->leg = NULL;
	if (!leg)
		return;
	reason_line(reason, why->cause);
	if (c->incoming_leg && !c->answered) {
		status = map_cause_to_status(why->cause, why->location == LOCATION_USER, &phrase);
		sip_leg_refuse(leg, status, phrase, reason);
	} else {
		sip_leg_end(leg, reason);
	}
}

static void send_rel(struct circuit *c)
{
	if (c->trunk->gw->conf->faults.no_rel)
		return;
	send_msg(c, &(struct isup_msg){.cic = c->cic, .type = ISUP_REL, .rel = c->rel});
	timer_start(c->timer, (uint64_t)c->trunk->gw->conf->t1_ms);
}

/* Remember why, and end both sides; the circuit waits for RLC */
static void release(struct circuit *c, const char *by, unsigned location, unsigned cause)
{
	c->by = by;
	c->rel = (struct isup_rel){(uint8_t)location,
				   fault_cause(&c->trunk->gw->conf->faults, cause)};
	end_leg(c, &c->rel);
	send_rel(c);
}

static void become_idle(struct circuit *c)
{
	log_info("circuit %u of %s released cause=%u by=%s", c->cic, c->trunk->conf->name,
		 c->rel.cause, c->by);
	trace_note("gw.released", known(&c->orig), known(&c->dest),
		   json_pack("{ss,si,si,ss}", "trunk", c->trunk->conf->name, "cic", (int)c->cic,
			     "cause", (int)c->rel.cause, "by", c->by));
	circuits_release(c->trunk->circuits, c);
}

/* --- calls from the trunk --- */

static int dial(struct circuit *c, const struct call_setup *setup)
{
	const struct gw_conf *conf = c->trunk->gw->conf;
	struct invite inv;
	int err = invite_write(&inv, setup, conf->domain);

	if (!err)
		err = sip_leg_dial(&c->leg, c->trunk->gw->ep,
				   &(struct sip_dial_opts){.next_hop = conf->switch_uri,
							   .uri = inv.uri.p,
							   .to = inv.to.p,
							   .from = inv.from.p,
							   .headers = inv.headers.p,
							   .ctype = "application/sdp",
							   .body = sv_from(c->trunk->gw->sdp)},
				   &call_leg_out, c);
	invite_free(&inv);
	return err;
}

static void begin_incoming(struct circuit *c, const struct isup_iam *iam)
{
	struct call_setup setup;
	struct err e;
	int err = map_from_iam(&setup, iam, &e);

	c->iam = *iam;
	if (err) {
		log_warn("IAM on circuit %u refused: %s", c->cic, e.s);
		note_iam(c, "rx");
		c->state = CIRCUIT_RELEASE;
		release(c, "gateway", LOCATION_LOCAL, CAUSE_INCOMPLETE);
		return;
	}
	c->orig = setup.calling;
	c->dest = setup.called;
	note_iam(c, "rx");
	timer_start(c->timer, (uint64_t)c->trunk->gw->conf->t11_ms);
	err = dial(c, &setup);
	if (err) {
		log_warn("call from circuit %u to %s failed: %s", c->cic,
			 c->trunk->gw->conf->switch_uri, strerror(err));
		c->state = CIRCUIT_RELEASE;
		release(c, "gateway", LOCATION_LOCAL, CAUSE_TEMPORARY);
		return;
	}
	trace_note("gw.setup", known(&c->orig), known(&c->dest),
		   json_pack("{ss,ss%,si}", "trunk", c->trunk->conf->name, "call_id",
			     sip_leg_call_id(c->leg).p, sip_leg_call_id(c->leg).l, "cic",
			     (int)c->cic));
}

void act_iam(struct circuit *c, const struct cue *cue)
{
	circuits_take(c->trunk->circuits, c);
	begin_incoming(c, &cue->msg->iam);
}

/* Our call goes on with another circuit (automatic repeat attempt, Q.764 §2.9.1.4) */
static void move_call(struct circuit *c)
{
	struct circuit *to = circuits_seize(c->trunk->circuits);
	struct err e;

	if (to) {
		to->iam = c->iam;
		to->lost = json_incref(c->lost);
		to->orig = c->orig;
		to->dest = c->dest;
		if (act_send_iam(to, &e)) {
			circuits_release(c->trunk->circuits, to);
			to = NULL;
		}
	}
	if (!to) {
		end_leg(c, &(struct isup_rel){LOCATION_LOCAL, CAUSE_NO_CIRCUIT});
		return;
	}
	to->leg = c->leg;
	to->incoming_leg = true;
	sip_leg_set(to->leg, &call_leg_in, to);
}

void act_dual_seizure(struct circuit *c, const struct cue *cue)
{
	if (c->own)
		return; /* the other end gives way */
	move_call(c);
	circuits_release(c->trunk->circuits, c);
	c->state = CIRCUIT_IN_IAM;
	act_iam(c, cue);
}

static unsigned told_by(const struct cue *cue)
{
	return sip_rx_status(cue->rx) == 180 ? 180 : 183;
}

static void send_acm(struct circuit *c, unsigned status)
{
	struct isup_msg msg = {.cic = c->cic, .type = ISUP_ACM};

	timer_stop(c->timer);
	map_status_to_acm(&msg.acm, status);
	c->told = status;
	send_msg(c, &msg);
}

void act_send_acm(struct circuit *c, const struct cue *cue)
{
	send_acm(c, told_by(cue));
}

void act_early_acm(struct circuit *c, const struct cue *cue)
{
	(void)cue;
	send_acm(c, 183);
}

void act_send_cpg(struct circuit *c, const struct cue *cue)
{
	struct isup_msg msg = {.cic = c->cic, .type = ISUP_CPG};

	if (c->told == told_by(cue))
		return; /* a repeated response is no news */
	c->told = told_by(cue);
	map_status_to_cpg(&msg.acm, c->told);
	send_msg(c, &msg);
}

void act_send_anm(struct circuit *c, const struct cue *cue)
{
	(void)cue;
	timer_stop(c->timer);
	c->answered = true;
	send_plain(c, ISUP_ANM);
}

void act_send_acm_anm(struct circuit *c, const struct cue *cue)
{
	send_acm(c, 180);
	act_send_anm(c, cue);
}

/* --- calls to the trunk --- */

static void progress(struct circuit *c, unsigned status)
{
	struct sv early = status == 183 ? sv_from(c->trunk->gw->sdp) : SV("");

	c->told = status;
	if (sip_leg_progress(c->leg, status, status == 180 ? "Ringing" : "Session Progress", early,
			     ""))
		log_warn("%u on circuit %u could not be sent", status, c->cic);
}

void act_acm(struct circuit *c, const struct cue *cue)
{
	timer_start(c->timer, (uint64_t)c->trunk->gw->conf->t9_ms);
	progress(c, map_acm_to_status(&cue->msg->acm));
}

void act_cpg(struct circuit *c, const struct cue *cue)
{
	unsigned status = map_cpg_to_status(&cue->msg->acm);

	if (status)
		progress(c, status);
}

void act_anm(struct circuit *c, const struct cue *cue)
{
	(void)cue;
	timer_stop(c->timer);
	c->answered = true;
	if (!sip_leg_answer(c->leg, sv_from(c->trunk->gw->sdp), ""))
		return;
	log_warn("200 on circuit %u could not be sent", c->cic);
	c->state = CIRCUIT_RELEASE;
	release(c, "gateway", LOCATION_LOCAL, CAUSE_TEMPORARY);
}

void act_t7(struct circuit *c, const struct cue *cue)
{
	(void)cue;
	release(c, "t7", LOCATION_LOCAL, CAUSE_TIMER);
}

void act_t9(struct circuit *c, const struct cue *cue)
{
	(void)cue;
	release(c, "t9", LOCATION_LOCAL, CAUSE_NO_ANSWER);
}

/* --- the end of a call --- */

/* Cause of BYE, CANCEL, a final response or no response at all; a Reason header knows it best (RFC 3398 §7.2.3) */
static struct isup_rel rel_of(const struct cue *cue)
{
	unsigned status = cue->rx ? sip_rx_status(cue->rx) : cue->err == ETIMEDOUT ? 408 : 503;
	struct isup_rel rel = {LOCATION_USER, CAUSE_NORMAL};
	struct sv reason;
	unsigned cause;

	if (status)
		rel = (struct isup_rel){(uint8_t)map_status_to_location(status),
					(uint8_t)map_status_to_cause(status)};
	for (unsigned i = 0; cue->rx && (reason = sip_rx_header(cue->rx, "Reason", i)).p; i++) {
		if (map_reason_cause(reason, &cause))
			continue;
		rel.cause = (uint8_t)cause;
		break;
	}
	return rel;
}

void act_closed(struct circuit *c, const struct cue *cue)
{
	struct isup_rel rel = rel_of(cue);

	release(c, "sip", rel.location, rel.cause);
}

void act_rel(struct circuit *c, const struct cue *cue)
{
	c->rel = cue->msg->rel;
	c->rel.cause = fault_cause(&c->trunk->gw->conf->faults, c->rel.cause);
	c->by = "trunk";
	send_plain(c, ISUP_RLC);
	end_leg(c, &c->rel);
	become_idle(c);
}

void act_rlc(struct circuit *c, const struct cue *cue)
{
	(void)cue;
	become_idle(c);
}

void act_answer_rel(struct circuit *c, const struct cue *cue)
{
	(void)cue;
	send_plain(c, ISUP_RLC);
}

/* RLC on a circuit that we have not released: the peer has lost the call (Q.764 §2.9.5.1) */
void act_rlc_too_soon(struct circuit *c, const struct cue *cue)
{
	(void)cue;
	release(c, "gateway", LOCATION_LOCAL, CAUSE_PROTOCOL);
}

void act_rel_again(struct circuit *c, const struct cue *cue)
{
	(void)cue;
	log_warn("no RLC on circuit %u: REL again", c->cic);
	send_rel(c);
}

void act_link_lost(struct circuit *c, const struct cue *cue)
{
	(void)cue;
	if (!c->by) {
		c->by = "link";
		c->rel = (struct isup_rel){LOCATION_LOCAL, CAUSE_TEMPORARY};
	}
	end_leg(c, &c->rel);
	become_idle(c);
}

void act_nothing(struct circuit *c, const struct cue *cue)
{
	(void)c;
	(void)cue;
}
