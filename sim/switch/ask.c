/* The questions to STI-AS and STI-VS (5.3 steps 2 and 8). Whatever becomes of them the call goes on; only an STI-VS whose policy
 * it is may refuse it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/env.h"
#include "lib/trace/trace.h"
#include "sim/switch/call.h"

#define WHY_MAX 512

/* What distinguishes the two */
struct service {
	const char *name;    /* as in the trace */
	const char *without; /* note: the call goes on without */
	const struct sw_service *(*conf)(const struct sw_conf *conf);
	bool *(*planned)(struct sw_call *call);
	/* @return NULL, or why its answer is of no use */
	const char *(*redirected)(struct sw_call *call, const struct sip_rx *rx);
	bool may_refuse;
};

static const struct sw_service *as_conf(const struct sw_conf *conf)
{
	return &conf->as;
}

static const struct sw_service *vs_conf(const struct sw_conf *conf)
{
	return &conf->vs;
}

static bool *as_planned(struct sw_call *call)
{
	return &call->plan.ask_as;
}

static bool *vs_planned(struct sw_call *call)
{
	return &call->plan.ask_vs;
}

/* AS-04: the PASSporTs come as Identity headers of the 302, with the Date that they were made for */
static const char *as_redirected(struct sw_call *call, const struct sip_rx *rx)
{
	unsigned added = sw_add_identities(&call->identities, rx);

	call->n_identities += added;
	if (!call->date.l)
		(void)sw_add_lines(&call->date, rx, "Date");
	return added ? NULL : "the answer has no Identity header";
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

/* VS-03 */
static const char *vs_redirected(struct sw_call *call, const struct sip_rx *rx)
{
	bool known = false;

	call->verstat = verstat_in(rx, "P-Asserted-Identity", &known);
	if (!known)
		call->verstat = verstat_in(rx, "Contact", &known);
	(void)sw_add_lines(&call->reason, rx, "Reason");
	if (call->verstat != SW_VERSTAT_NONE)
		return NULL;
	return known ? "the answer has a verstat that is not known" : "the answer has no verstat";
}

static const struct service services[] = {
	{"as", "switch.unsigned", as_conf, as_planned, as_redirected, false},
	{"vs", "switch.unvalidated", vs_conf, vs_planned, vs_redirected, true},
};

static void go_without(struct sw_call *call, const struct service *s, const char *why)
{
	sw_note(call, s->without, json_pack("{s:s}", "why", why));
	sw_ask(call);
}

static void refused(struct sw_call *call, const struct sip_rx *rx)
{
	BUF_AUTO struct buf headers = BUF(SW_LINES_MAX);
	char phrase[256];

	(void)snprintf(phrase, sizeof(phrase), "%.*s", SV_ARG(sip_rx_phrase(rx)));
	(void)sw_add_lines(&headers, rx, "Reason");
	sw_call_refuse(call, sip_rx_status(rx), phrase, headers.p ? headers.p : "", "switch");
}

/* The service that is being asked: the plan holds what is still to do, that one first */
static const struct service *asked(struct sw_call *call)
{
	for (size_t i = 0; i < 2; i++)
		if (*services[i].planned(call))
			return &services[i];
	return NULL;
}

static bool is_refusal(unsigned status)
{
	return (status >= 400 && status <= 499) || status >= 600;
}

static void answered(int err, struct sip_rx *rx, void *arg)
{
	struct sw_call *call = arg;
	const struct service *s = asked(call);
	const struct sw_service *conf = s->conf(call->sw->conf);
	unsigned status = rx ? sip_rx_status(rx) : 0;
	const char *useless;
	char why[WHY_MAX];

	call->query = NULL;
	*s->planned(call) = false;
	if (!rx) {
		if (err == ETIMEDOUT)
			(void)snprintf(why, sizeof(why), "no answer from %s within %lld ms",
				       conf->uri, (long long)conf->timeout_ms);
		else
			(void)snprintf(why, sizeof(why), "%s: %s", conf->uri, strerror(err));
		go_without(call, s, why);
		return;
	}
	sw_note(call, "switch.answered",
		json_pack("{s:s,s:i,s:f}", "service", s->name, "status", (int)status, "ms",
			  (double)(mono_us() - call->asked_us) / 1000.0));
	if (s->may_refuse && is_refusal(status)) {
		refused(call, rx);
		return;
	}
	if (status / 100 != 3) {
		(void)snprintf(why, sizeof(why), "%s answered %u %.*s", conf->uri, status,
			       SV_ARG(sip_rx_phrase(rx)));
		go_without(call, s, why);
		return;
	}
	useless = s->redirected(call, rx);
	if (useless)
		go_without(call, s, useless);
	else
		sw_ask(call);
}

/* The same Request-URI, From and To as the call, so that the service sees the call as it is */
static int ask(struct sw_call *call, const struct sw_service *conf)
{
	BUF_AUTO struct buf uri = BUF(4096);
	BUF_AUTO struct buf from = BUF(4096);
	BUF_AUTO struct buf to = BUF(4096);
	BUF_AUTO struct buf lines = BUF(SW_LINES_MAX);

	(void)buf_addsv(&uri, sip_rx_uri(call->invite));
	sw_add_address(&from, sip_rx_header(call->invite, "From", 0));
	sw_add_address(&to, sip_rx_header(call->invite, "To", 0));
	sw_common_lines(&lines, call);
	if (call->plan.side == SW_ORIGINATING && call->has_orig)
		sw_add_asserted(&lines, &call->orig, SW_VERSTAT_NONE, call->sw->conf->domain);
	else if (call->plan.side != SW_ORIGINATING)
		sw_add_lines_without_verstat(&lines, call->invite, "P-Asserted-Identity");
	if (uri.err || from.err || to.err || lines.err)
		return EMSGSIZE;
	return sip_query(&call->query, call->sw->ep,
			 &(struct sip_query_opts){.method = "INVITE",
						  .next_hop = conf->uri,
						  .uri = uri.p,
						  .from = from.p,
						  .to = to.p,
						  .headers = lines.p,
						  .timeout_ms = (uint64_t)conf->timeout_ms},
			 answered, call);
}

void sw_ask(struct sw_call *call)
{
	const struct service *s = asked(call);
	const struct sw_service *conf;
	int err;

	if (!s) {
		sw_call_dial(call);
		return;
	}
	conf = s->conf(call->sw->conf);
	if (!conf->uri) {
		*s->planned(call) = false;
		go_without(call, s, "none is configured");
		return;
	}
	call->asked_us = mono_us();
	sw_note(call, "switch.asked", json_pack("{s:s,s:s}", "service", s->name, "uri", conf->uri));
	err = ask(call, conf);
	if (err) {
		*s->planned(call) = false;
		go_without(call, s, strerror(err));
		return;
	}
}
