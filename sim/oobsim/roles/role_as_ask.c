/* Role as: asking over SIP, as a CSCF does (docs/interfaces.md 3), and which interface it is. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/base/env.h"
#include "lib/net/history.h"
#include "lib/net/loop.h"
#include "lib/stir/identity.h"
#include "lib/stir/passport.h"
#include "sim/oobsim/roles/role_as.h"

DEFINE_AUTO(struct passport, passport_unref)

#define URI_MAX  512
#define SLICE_MS 20

/* --- the question --- */

static void add_line(struct as_bench *a, struct buf *ret, const char *name, const char *text,
		     struct err *e)
{
	(void)buf_printf(ret, "%s: ", name);
	if (as_expand(a, ret, text, e))
		ret->err = EINVAL;
	(void)buf_addz(ret, "\r\n");
}

/* A time as SIP writes it; what is none as it stands */
static void add_date(struct as_bench *a, struct buf *ret, const char *text, struct err *e)
{
	BUF_AUTO struct buf v = BUF(256);
	char line[64];
	unsigned long long s;

	if (as_expand(a, &v, text, e))
		ret->err = EINVAL;
	else if (sv_u64(buf_sv(&v), 1ull << 40, &s) &&
		 sip_date_print(line, sizeof(line), (int64_t)s) > 0)
		(void)buf_addz(ret, line);
	else
		(void)buf_printf(ret, "Date: %s\r\n", v.p ? v.p : "");
}

/* As its own signer would have written it */
static void add_identity(const struct as_bench *a, struct buf *ret, const char *name)
{
	struct sv token = play_token(a->p, name);
	AUTO(passport_unref) struct passport *pp = NULL;
	const bool is_one = passport_parse(&pp, token, NULL) == 0;

	(void)buf_addz(ret, "Identity: ");
	(void)identity_print(ret, token, is_one ? pp->x5u : SV(AS_X5U),
			     is_one ? pp->ppt : SV("shaken"));
	(void)buf_addz(ret, "\r\n");
}

/* The way of the call: its targets one after the other (RFC 7044) */
static void add_history(struct as_bench *a, struct buf *ret, const struct as_step *s, struct err *e)
{
	char *const *before = s->before.v;
	char index[HISTORY_INDEX_MAX] = "1", mp[HISTORY_INDEX_MAX] = "";

	for (size_t i = 0; i <= s->before.n && s->before.n; i++) {
		BUF_AUTO struct buf uri = BUF(URI_MAX);

		(void)buf_addz(&uri, "sip:+");
		if (as_expand(a, &uri, i < s->before.n ? before[i] : s->called, e))
			ret->err = EINVAL;
		(void)buf_addz(&uri, "@tsp.example;user=phone");
		history_print(ret, buf_sv(&uri), i ? HISTORY_UNCONDITIONAL : 0, index, mp);
		memcpy(mp, index, sizeof(mp));
		if (strlen(index) + 2 < sizeof(index))
			memcpy(index + strlen(index), ".1", 3);
	}
}

static int make_headers(struct as_bench *a, struct buf *ret, const struct as_step *s, struct err *e)
{
	char *const *brings = s->brings.v;

	if (s->pai)
		add_line(a, ret, "P-Asserted-Identity", s->pai, e);
	if (s->date)
		add_date(a, ret, s->date, e);
	for (size_t i = 0; i < s->brings.n; i++)
		add_identity(a, ret, brings[i]);
	add_history(a, ret, s, e);
	if (s->attest)
		add_line(a, ret, "Attestation-Info", s->attest, e);
	if (s->origid)
		add_line(a, ret, "Origination-Id", s->origid, e);
	if (s->headers && as_expand(a, ret, s->headers, e))
		ret->err = EINVAL;
	return ret->err;
}

static int make_uri(struct as_bench *a, struct buf *ret, const struct as_step *s, struct err *e)
{
	if (s->uri)
		return as_expand(a, ret, s->uri, e);
	(void)buf_addz(ret, "sip:+");
	if (as_expand(a, ret, s->called, e))
		return EINVAL;
	if (s->rn) {
		(void)buf_addz(ret, ";npdi;rn=");
		if (as_expand(a, ret, s->rn, e))
			return EINVAL;
	}
	if (s->cic)
		(void)buf_printf(ret, ";cic=%s", s->cic);
	return buf_addz(ret, "@tsp.example;user=phone");
}

static int make_from(struct as_bench *a, struct buf *ret, const struct as_step *s, struct err *e)
{
	if (s->from)
		return as_expand(a, ret, s->from, e);
	(void)buf_addz(ret, "<sip:+");
	if (as_expand(a, ret, s->caller, e))
		return EINVAL;
	return buf_printf(ret, "@%s;user=phone>", s->host);
}

/* --- the answer --- */

struct waiting {
	struct as_bench *a;
	struct as_said *said;
	bool done;
};

/* Reason: SIP;cause=403;text="Date header is too far from now" */
static void read_reason(struct as_said *said, const struct sip_rx *rx)
{
	struct sv v = sip_rx_header(rx, "Reason", 0);

	said->reason = v.p && sv_find(v, ';') < v.l;
	(void)snprintf(said->why, sizeof(said->why), "%.*s", SV_ARG(v));
}

static void on_answer(int err, struct sip_rx *rx, void *arg)
{
	struct waiting *w = arg;
	struct as_said *said = w->said;

	w->done = true;
	loop_stop();
	if (said->forwarded) /* what we answered to that */
		return;
	said->err = rx ? 0 : err;
	if (!rx) {
		(void)snprintf(said->text, sizeof(said->text), "%s", strerror(err));
		return;
	}
	said->status = sip_rx_status(rx);
	as_read_headers(w->a, said, rx);
	(void)snprintf(said->contact, sizeof(said->contact), "%.*s",
		       SV_ARG(sip_rx_header(rx, "Contact", 0)));
	read_reason(said, rx);
}

static int wait_answer(struct as_bench *a, struct waiting *w, struct sip_query *q)
{
	int err = 0;

	while (!w->done && !err) {
		bench_wait(a->b, SLICE_MS);
		err = procs_poll(a->b->ps, 0);
	}
	if (err)
		sip_query_cancel(q);
	return err;
}

static int ask_sip(struct as_bench *a, const struct as_step *s, struct as_said *said, struct err *e)
{
	BUF_AUTO struct buf lines = BUF(VECTOR_TEXT_MAX), uri = BUF(URI_MAX), from = BUF(URI_MAX),
			    to = BUF(URI_MAX);
	char hop[URI_MAX];
	struct sip_query_opts opts = {.method = "INVITE", .next_hop = hop};
	struct waiting w = {a, said, false};
	struct sip_query *q;
	int err = bench_at(a->b, as_over(a), hop, sizeof(hop), e);

	if (!err)
		err = make_headers(a, &lines, s, e);
	if (!err)
		err = make_uri(a, &uri, s, e);
	if (!err)
		err = make_from(a, &from, s, e);
	if (err)
		return err;
	(void)buf_printf(&to, "<%s>", uri.p);
	opts.uri = uri.p;
	opts.from = from.p;
	opts.to = to.p;
	if (strcmp(as_over(a), "proxy") == 0)
		as_add_route(a, &lines, hop);
	opts.headers = lines.p ? lines.p : "";
	opts.timeout_ms = (uint64_t)(s->within_ms ? s->within_ms : a->b->sut->answer_ms);
	a->coming = said;
	err = sip_query(&q, a->ep, &opts, on_answer, &w);
	err = err ? err_set(e, err, "INVITE to %s: %s", hop, strerror(err)) : wait_answer(a, &w, q);
	a->coming = NULL;
	return err;
}

/* --- both --- */

const char *as_over(const struct as_bench *a)
{
	const char *const *word = a->b->role->interfaces;

	if (a->p->over)
		return a->p->over;
	while (word[1] && !sut_can(a->b->sut, *word))
		word++;
	return *word;
}

int as_ask(struct as_bench *a, const struct as_step *s, struct as_said *ret, struct err *e)
{
	uint64_t start = mono_us();
	int err;

	a->asked++;
	*ret = (struct as_said){.err = 0};
	for (size_t i = 0; i < AS_TOKENS; i++)
		ret->identities[i] = BUF(VECTOR_TEXT_MAX);
	err = strcmp(as_over(a), "http") == 0 ? as_ask_http(a, s, ret, e) : ask_sip(a, s, ret, e);
	ret->after_ms = (mono_us() - start) / 1000;
	return err;
}

void as_said_add(struct as_said *said, struct sv identity)
{
	if (said->n < AS_TOKENS)
		(void)buf_addsv(&said->identities[said->n++], identity);
}

void as_said_free(struct as_said *said)
{
	for (size_t i = 0; i < AS_TOKENS; i++)
		buf_free(&said->identities[i]);
}
