#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/switch/ask.h"

/* --- answers --- */

void sw_answer_begin(struct sw_answer *a)
{
	*a = (struct sw_answer){
		.identities = BUF(SW_LINES_MAX), .date = BUF(256), .reason = BUF(4096)};
}

void sw_answer_free(struct sw_answer *a)
{
	buf_free(&a->identities);
	buf_free(&a->date);
	buf_free(&a->reason);
}

void sw_answer_useless(struct sw_answer *a, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(a->why, sizeof(a->why), fmt, ap);
	va_end(ap);
}

void sw_answer_none(struct sw_answer *a, const struct sw_call *call, int err)
{
	if (err == ETIMEDOUT)
		sw_answer_useless(a, "no answer from %s within %lld ms", call->service->uri,
				  (long long)call->service->timeout_ms);
	else
		sw_answer_useless(a, "%s: %s", call->service->uri, strerror(err));
}

static enum sw_verstat verstat_in(const struct sip_rx *rx, const char *header, bool *known)
{
	enum sw_verstat v = SW_VERSTAT_NONE;
	struct sv value, name;

	for (unsigned i = 0; v == SW_VERSTAT_NONE && (value = sip_rx_header(rx, header, i)).p; i++)
		if (sip_uri_param(value, "verstat", &name)) {
			*known = true;
			v = sw_verstat_of(name);
		}
	return v;
}

/* AS-04: the PASSporTs come as Identity headers, with the Date that they were made for. VS-03: verstat */
void sw_answer_take(struct sw_answer *a, const struct sip_rx *rx)
{
	a->came = true;
	a->status = sip_rx_status(rx);
	(void)sw_add_identities(&a->identities, rx);
	(void)sw_add_lines(&a->date, rx, "Date");
	(void)sw_add_lines(&a->reason, rx, "Reason");
	a->verstat = verstat_in(rx, "P-Asserted-Identity", &a->has_verstat);
	if (!a->has_verstat)
		a->verstat = verstat_in(rx, "Contact", &a->has_verstat);
}

static bool is_refusal(unsigned status)
{
	return (status >= 400 && status <= 499) || status >= 600;
}

void sw_answer_failed(struct sw_answer *a, const struct sw_call *call, const struct sip_rx *rx)
{
	sw_answer_take(a, rx);
	a->refused = call->role == SW_VS && is_refusal(a->status) ? a->status : 0;
	(void)snprintf(a->phrase, sizeof(a->phrase), "%.*s", SV_ARG(sip_rx_phrase(rx)));
	sw_answer_useless(a, "%s answered %u %s", call->service->uri, a->status, a->phrase);
}

/* --- the services --- */

/* What distinguishes the two */
struct service {
	const char *name;    /* as in the trace */
	const char *without; /* note: the call goes on without */
	/* @return NULL, or why the answer is of no use */
	const char *(*take)(struct sw_call *call, const struct sw_answer *answer);
};

static const char *take_from_as(struct sw_call *call, const struct sw_answer *a)
{
	unsigned added = sw_add_identity_lines(&call->identities, buf_sv(&a->identities));

	call->n_identities += added;
	if (!call->date.l)
		(void)buf_addsv(&call->date, buf_sv(&a->date));
	return added ? NULL : "the answer has no Identity that the call had not";
}

/* PASSporTs that it brings go on with the call where that goes on to another provider */
static const char *take_from_vs(struct sw_call *call, const struct sw_answer *a)
{
	if (call->plan.retarget)
		call->n_identities +=
			sw_add_identity_lines(&call->identities, buf_sv(&a->identities));
	(void)buf_addsv(&call->reason, buf_sv(&a->reason));
	call->verstat = a->verstat;
	if (call->verstat != SW_VERSTAT_NONE)
		return NULL;
	return a->has_verstat ? "the answer has a verstat that is not known"
			      : "the answer has no verstat";
}

static const struct service services[SW_ROLES] = {
	[SW_AS] = {"as", "switch.unsigned", take_from_as},
	[SW_VS] = {"vs", "switch.unvalidated", take_from_vs},
};

static const struct sw_interface_def *const interfaces[SW_INTERFACES] = {
	[SW_REDIRECT] = &sw_redirect, [SW_PROXY] = &sw_proxy, [SW_HTTP] = &sw_http};

static bool *planned(struct sw_call *call, enum sw_role role)
{
	return role == SW_AS ? &call->plan.ask_as : &call->plan.ask_vs;
}

/* The plan holds what is still to do, this one first. SW_ROLES: nothing */
static enum sw_role asked(struct sw_call *call)
{
	return call->plan.ask_as ? SW_AS : call->plan.ask_vs ? SW_VS : SW_ROLES;
}

static void go_without(struct sw_call *call, enum sw_role role, const char *why)
{
	sw_note(call, services[role].without, json_pack("{s:s}", "why", why));
}

static void note_answer(struct sw_call *call, enum sw_role role, const struct sw_answer *a)
{
	json_t *data = json_pack("{s:s,s:f}", "service", services[role].name, "ms",
				 (double)(mono_us() - call->asked_us) / 1000.0);

	if (a->status)
		(void)json_object_set_new(data, "status", json_integer(a->status));
	sw_note(call, "switch.answered", data);
}

void sw_answered(struct sw_call *call, const struct sw_answer *answer)
{
	enum sw_role role = call->role;
	const char *useless;

	*planned(call, role) = false;
	if (answer->came)
		note_answer(call, role, answer);
	if (answer->refused) {
		sw_call_refuse(call, answer->refused, answer->phrase,
			       answer->reason.p ? answer->reason.p : "", "switch");
		return;
	}
	useless = answer->why[0] ? answer->why : services[role].take(call, answer);
	if (useless)
		go_without(call, role, useless);
	sw_call_next(call);
}

/* @return 0 when an answer will come */
static int ask(struct sw_call *call, enum sw_role role)
{
	const struct sw_conf *conf = call->sw->conf;
	int err;

	call->role = role;
	call->service = role == SW_AS ? &conf->as : &conf->vs;
	call->asked_us = mono_us();
	call->asked_s = env_now_s(call->sw->env);
	if (!call->service->uri) {
		go_without(call, role, "none is configured");
		return ENOENT;
	}
	sw_note(call, "switch.asked",
		json_pack("{s:s,s:s,s:s}", "service", services[role].name, "interface",
			  sw_interface_names[call->service->interface], "uri", call->service->uri));
	err = interfaces[call->service->interface]->ask(call);
	if (err)
		go_without(call, role,
			   err == EDESTADDRREQ ? "the caller has no number" : strerror(err));
	return err;
}

bool sw_ask(struct sw_call *call)
{
	enum sw_role role;

	while ((role = asked(call)) != SW_ROLES) {
		if (ask(call, role) == 0)
			return true;
		*planned(call, role) = false;
	}
	return false;
}

void sw_ask_forget(struct sw_call *call)
{
	for (size_t i = 0; i < SW_INTERFACES; i++)
		interfaces[i]->forget(call);
}
