#include <errno.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/trace/trace.h"
#include "sim/gateway/act.h"
#include "sim/gateway/fault.h"
#include "sim/gateway/gateway.h"
#include "sim/gateway/refuse.h"

#define CAUSE_INCOMPLETE   28
#define CAUSE_NO_CIRCUIT   34
#define CAUSE_OUT_OF_ORDER 38

struct row {
	act_h *act;
	enum circuit_state next;
};

/* clang-format off */
static const struct row table[CIRCUIT_STATES][CIRCUIT_EVENTS] = {
	[CIRCUIT_IDLE] = {
		[EVENT_IAM]       = {act_iam,          CIRCUIT_IN_IAM},
		[EVENT_REL]       = {act_answer_rel,   CIRCUIT_IDLE}, /* Q.764 §2.3.1: always answered */
	},
	[CIRCUIT_OUT_IAM] = {
		[EVENT_IAM]       = {act_dual_seizure, CIRCUIT_OUT_IAM},
		[EVENT_ACM]       = {act_acm,          CIRCUIT_OUT_ACM},
		[EVENT_ANM]       = {act_anm,          CIRCUIT_OUT_UP},
		[EVENT_REL]       = {act_rel,          CIRCUIT_IDLE},
		[EVENT_RLC]       = {act_rlc_too_soon, CIRCUIT_RELEASE},
		[EVENT_CLOSED]    = {act_closed,       CIRCUIT_RELEASE},
		[EVENT_TIMER]     = {act_t7,           CIRCUIT_RELEASE},
		[EVENT_LINK_LOST] = {act_link_lost,    CIRCUIT_IDLE},
	},
	[CIRCUIT_OUT_ACM] = {
		[EVENT_CPG]       = {act_cpg,          CIRCUIT_OUT_ACM},
		[EVENT_ANM]       = {act_anm,          CIRCUIT_OUT_UP},
		[EVENT_REL]       = {act_rel,          CIRCUIT_IDLE},
		[EVENT_RLC]       = {act_rlc_too_soon, CIRCUIT_RELEASE},
		[EVENT_CLOSED]    = {act_closed,       CIRCUIT_RELEASE},
		[EVENT_TIMER]     = {act_t9,           CIRCUIT_RELEASE},
		[EVENT_LINK_LOST] = {act_link_lost,    CIRCUIT_IDLE},
	},
	[CIRCUIT_OUT_UP] = {
		[EVENT_CPG]       = {act_nothing,      CIRCUIT_OUT_UP},
		[EVENT_REL]       = {act_rel,          CIRCUIT_IDLE},
		[EVENT_RLC]       = {act_rlc_too_soon, CIRCUIT_RELEASE},
		[EVENT_CLOSED]    = {act_closed,       CIRCUIT_RELEASE},
		[EVENT_LINK_LOST] = {act_link_lost,    CIRCUIT_IDLE},
	},
	[CIRCUIT_IN_IAM] = {
		[EVENT_REL]       = {act_rel,          CIRCUIT_IDLE},
		[EVENT_RLC]       = {act_rlc_too_soon, CIRCUIT_RELEASE},
		[EVENT_PROGRESS]  = {act_send_acm,     CIRCUIT_IN_ACM},
		[EVENT_ANSWER]    = {act_send_acm_anm, CIRCUIT_IN_UP}, /* ANSI has no CON */
		[EVENT_CLOSED]    = {act_closed,       CIRCUIT_RELEASE},
		[EVENT_TIMER]     = {act_early_acm,    CIRCUIT_IN_ACM},
		[EVENT_LINK_LOST] = {act_link_lost,    CIRCUIT_IDLE},
	},
	[CIRCUIT_IN_ACM] = {
		[EVENT_REL]       = {act_rel,          CIRCUIT_IDLE},
		[EVENT_RLC]       = {act_rlc_too_soon, CIRCUIT_RELEASE},
		[EVENT_PROGRESS]  = {act_send_cpg,     CIRCUIT_IN_ACM},
		[EVENT_ANSWER]    = {act_send_anm,     CIRCUIT_IN_UP},
		[EVENT_CLOSED]    = {act_closed,       CIRCUIT_RELEASE},
		[EVENT_LINK_LOST] = {act_link_lost,    CIRCUIT_IDLE},
	},
	[CIRCUIT_IN_UP] = {
		[EVENT_REL]       = {act_rel,          CIRCUIT_IDLE},
		[EVENT_RLC]       = {act_rlc_too_soon, CIRCUIT_RELEASE},
		[EVENT_CLOSED]    = {act_closed,       CIRCUIT_RELEASE},
		[EVENT_LINK_LOST] = {act_link_lost,    CIRCUIT_IDLE},
	},
	[CIRCUIT_RELEASE] = { /* what crosses our REL is of no use any more */
		[EVENT_ACM]       = {act_nothing,      CIRCUIT_RELEASE},
		[EVENT_CPG]       = {act_nothing,      CIRCUIT_RELEASE},
		[EVENT_ANM]       = {act_nothing,      CIRCUIT_RELEASE},
		[EVENT_REL]       = {act_answer_rel,   CIRCUIT_RELEASE}, /* Q.764 §2.3.1: both release */
		[EVENT_RLC]       = {act_rlc,          CIRCUIT_IDLE},
		[EVENT_TIMER]     = {act_rel_again,    CIRCUIT_RELEASE},
		[EVENT_LINK_LOST] = {act_link_lost,    CIRCUIT_IDLE},
	},
};
/* clang-format on */

static const char *const state_names[CIRCUIT_STATES] = {
	[CIRCUIT_IDLE] = "idle",
	[CIRCUIT_OUT_IAM] = "waits for ACM",
	[CIRCUIT_OUT_ACM] = "waits for ANM",
	[CIRCUIT_OUT_UP] = "answered, outgoing",
	[CIRCUIT_IN_IAM] = "waits for the switch",
	[CIRCUIT_IN_ACM] = "waits for the answer",
	[CIRCUIT_IN_UP] = "answered, incoming",
	[CIRCUIT_RELEASE] = "waits for RLC",
};

static void unexpected(const struct trunk *t, unsigned cic, const char *what, const char *state)
{
	log_warn("unexpected %s on circuit %u of %s, which is %s: passed over", what, cic,
		 t->conf->name, state);
	trace_note("gw.unexpected", NULL, NULL,
		   json_pack("{ss,si,ss,ss}", "trunk", t->conf->name, "cic", (int)cic, "what", what,
			     "state", state));
}

void circuit_event(struct circuit *c, enum circuit_event ev, const struct cue *cue)
{
	const struct row *row = &table[c->state][ev];

	if (!row->act) {
		if (cue->msg)
			unexpected(c->trunk, c->cic, isup_type_name(cue->msg->type),
				   state_names[c->state]);
		return;
	}
	c->state = row->next;
	row->act(c, cue);
}

void call_timer(void *circuit)
{
	circuit_event(circuit, EVENT_TIMER, &(struct cue){0});
}

void call_message(struct trunk *t, const struct isup_msg *msg)
{
	struct circuit *c = circuits_find(t->circuits, msg->cic);
	enum circuit_event ev = CIRCUIT_EVENTS;

	if (msg->type == ISUP_REL && t->gw->conf->faults.deaf_to_rel)
		return;
	switch (msg->type) {
	case ISUP_IAM:
		ev = EVENT_IAM;
		break;
	case ISUP_ACM:
		ev = EVENT_ACM;
		break;
	case ISUP_CPG:
		ev = EVENT_CPG;
		break;
	case ISUP_ANM:
		ev = EVENT_ANM;
		break;
	case ISUP_REL:
		ev = EVENT_REL;
		break;
	case ISUP_RLC:
		ev = EVENT_RLC;
		break;
	}
	if (c && ev < CIRCUIT_EVENTS)
		circuit_event(c, ev, &(struct cue){.msg = msg});
	else
		unexpected(t, msg->cic, isup_type_name(msg->type), "not of this trunk");
}

void call_link_lost(struct trunk *t)
{
	for (unsigned i = 0; i < circuits_count(t->circuits); i++)
		circuit_event(circuits_at(t->circuits, i), EVENT_LINK_LOST, &(struct cue){0});
}

static void leg_progress(struct sip_leg *leg, struct sip_rx *rx, void *arg)
{
	(void)leg;
	circuit_event(arg, EVENT_PROGRESS, &(struct cue){.rx = rx});
}

static void leg_answered(struct sip_leg *leg, struct sip_rx *rx, void *arg)
{
	(void)leg;
	circuit_event(arg, EVENT_ANSWER, &(struct cue){.rx = rx});
}

static void leg_closed(struct sip_leg *leg, int err, struct sip_rx *rx, void *arg)
{
	struct circuit *c = arg;

	(void)leg;
	c->leg = NULL;
	circuit_event(c, EVENT_CLOSED, &(struct cue){.rx = rx, .err = err});
}

/* the ACK to our 200 tells the trunk nothing */
const struct sip_leg_handlers call_leg_in = {.closed = leg_closed};
const struct sip_leg_handlers call_leg_out = {
	.progress = leg_progress,
	.answered = leg_answered,
	.closed = leg_closed,
};

/* Make the IAM, find a circuit. @return The circuit, seized; NULL and cause with text */
static struct circuit *seize(struct trunk *t, const struct call_setup *setup,
			     const struct sip_rx *invite, unsigned *ret_cause, struct err *e)
{
	struct isup_iam iam;
	struct circuit *c;

	if (map_to_iam(&iam, setup, e)) {
		*ret_cause = CAUSE_INCOMPLETE;
		return NULL;
	}
	fault_iam(&t->gw->conf->faults, &iam, invite);
	c = circuits_seize(t->circuits);
	if (!c) {
		(void)err_set(e, ENOSPC, "all %u circuits are busy", circuits_count(t->circuits));
		*ret_cause = CAUSE_NO_CIRCUIT;
		return NULL;
	}
	c->iam = iam;
	c->orig = setup->calling;
	c->dest = setup->called;
	return c;
}

void call_start(struct trunk *t, struct sip_leg *leg, const struct call_setup *setup, json_t *lost,
		const struct sip_rx *invite)
{
	unsigned cause = CAUSE_OUT_OF_ORDER;
	struct circuit *c = NULL;
	struct err e;

	if (link_is_up(t->link))
		c = seize(t, setup, invite, &cause, &e);
	else
		(void)err_set(&e, ENOTCONN, "the link to %s is down", t->conf->peer.addr);
	if (c)
		c->lost = json_incref(lost);
	if (c && act_send_iam(c, &e)) {
		circuits_release(t->circuits, c);
		c = NULL;
		cause = CAUSE_OUT_OF_ORDER;
	}
	if (!c) {
		refuse_cause(leg, &setup->calling, &setup->called, cause, e.s);
		return;
	}
	c->leg = leg;
	c->incoming_leg = true;
	sip_leg_set(leg, &call_leg_in, c);
}
