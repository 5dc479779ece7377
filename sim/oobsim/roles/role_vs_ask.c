/* Asking a STI-VS as its CSCF does: over SIP as of a redirect server (5.3 step 8), over HTTP as of ATIS-1000082. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/base/env.h"
#include "lib/net/loop.h"
#include "sim/oobsim/roles/role_vs.h"

DEFINE_AUTO(json_t, json_decref)
DEFINE_AUTO(char, free)

#define SLICE_MS   20
#define ANSWER_MAX (1u << 20)
#define URL_MAX    512
#define TEXT_MAX   4096

bool vs_over_http(const struct play *p)
{
	return p->over && strcmp(p->over, "http") == 0;
}

static void add_word(struct vs_said *said, struct sv word)
{
	size_t at = strlen(said->why);

	(void)snprintf(said->why + at, sizeof(said->why) - at, "%s%.*s", at ? ", " : "",
		       SV_ARG(word));
}

static void add_cause(struct vs_said *said, unsigned cause)
{
	if (said->ncauses < VS_CAUSES_MAX)
		said->cause[said->ncauses++] = cause;
}

static void add_passport(struct vs_said *said, struct sv token)
{
	(void)buf_printf(&said->passports, "%.*s\n", SV_ARG(token));
}

/* --- SIP: what it says --- */

/* Of the user part or behind the host, of P-Asserted-Identity or of Contact: all are met */
static void read_verstat(struct vs_said *said, const struct sip_rx *rx)
{
	static const char *const headers[] = {"P-Asserted-Identity", "Contact"};
	struct sv value, word;

	for (size_t h = 0; h < sizeof(headers) / sizeof(headers[0]); h++)
		for (unsigned i = 0; (value = sip_rx_header(rx, headers[h], i)).p; i++) {
			if (!sip_uri_param(value, "verstat", &word))
				continue;
			(void)snprintf(said->verstat, sizeof(said->verstat), "%.*s", SV_ARG(word));
			return;
		}
}

/* `STIR;cause=436;text="Bad Identity Info"` (RFC 9410); before that it was `SIP;cause=436`. The text may hold a semicolon: it is
 * for people and for the map alone */
static void read_reason(struct vs_said *said, struct sv value)
{
	struct sv protocol = sv_trim(sv_cut(&value, ';'));

	if (!sv_ieqz(protocol, "STIR") && !sv_ieqz(protocol, "SIP"))
		return;
	while (value.l) {
		struct sv rest = sv_trim(sv_cut(&value, ';')), name = sv_trim(sv_cut(&rest, '='));
		unsigned long long cause;

		if (sv_ieqz(name, "cause") && sv_u64(sv_trim(rest), 999, &cause))
			add_cause(said, (unsigned)cause);
		else if (sv_ieqz(name, "text"))
			add_word(said, sv_trim(rest));
	}
}

static void read_sip(struct vs_said *said, const struct sip_rx *rx)
{
	struct sv value;

	said->status = sip_rx_status(rx);
	said->goes_on = said->status >= 300 && said->status <= 399;
	read_verstat(said, rx);
	for (unsigned i = 0; (value = sip_rx_header(rx, "Reason", i)).p; i++)
		read_reason(said, value);
	for (unsigned i = 0; (value = sip_rx_header(rx, "Identity", i)).p; i++)
		add_passport(said, sv_trim(sv_cut(&value, ';')));
	if (said->goes_on)
		return;
	add_cause(said, said->status);
	add_word(said, sip_rx_phrase(rx));
}

/* --- SIP: asking --- */

struct sip_waiting {
	struct vs_said *ret;
	bool done;
};

static void on_sip_answer(int err, struct sip_rx *rx, void *arg)
{
	struct sip_waiting *w = arg;

	w->done = true;
	w->ret->err = err;
	if (err == ETIMEDOUT)
		(void)snprintf(w->ret->text, sizeof(w->ret->text), "nothing within its time");
	else if (err)
		(void)snprintf(w->ret->text, sizeof(w->ret->text), "%s", strerror(err));
	else
		read_sip(w->ret, rx);
	loop_stop();
}

/* Request-URI, caller, and the header lines */
struct sip_texts {
	struct buf uri, from, to, headers;
};

static void texts_free(struct sip_texts *t)
{
	buf_free(&t->uri);
	buf_free(&t->from);
	buf_free(&t->to);
	buf_free(&t->headers);
}

static int add_line(const struct play *p, struct buf *ret, const char *name, const char *text,
		    struct err *e)
{
	int err;

	(void)buf_addz(ret, name);
	err = vs_expand(p, ret, text, e);
	return err ? err : buf_addz(ret, "\r\n");
}

static int make_texts(const struct play *p, const struct vs_step *s, struct sip_texts *t,
		      struct err *e)
{
	char *const *lines = s->headers.v;
	const char *pai = s->pai ? s->pai : s->caller;
	int err = vs_expand(p, &t->uri, s->called, e);

	if (!err)
		err = vs_expand(p, &t->from, s->caller, e);
	if (!err)
		err = buf_printf(&t->to, "<%.*s>", SV_ARG(buf_sv(&t->uri)));
	if (!err && *pai)
		err = add_line(p, &t->headers, "P-Asserted-Identity: ", pai, e);
	for (size_t i = 0; i < s->headers.n && !err; i++)
		err = add_line(p, &t->headers, "", lines[i], e);
	return err ? err : vs_identities_lines(p, s, &t->headers, e);
}

static int ask_sip(struct play *p, const struct vs_step *s, struct vs_said *ret, struct err *e)
{
	__attribute__((cleanup(texts_free))) struct sip_texts t = {
		BUF(TEXT_MAX), BUF(TEXT_MAX), BUF(TEXT_MAX), BUF(VECTOR_TEXT_MAX)};
	struct sip_waiting w = {.ret = ret};
	struct sip_query *query;
	char hop[URL_MAX];
	const char *interface = p->over && strcmp(p->over, "udp") == 0 ? "udp" : "sip";
	int err = bench_at(p->b, interface, hop, sizeof(hop), e);

	if (!err)
		err = make_texts(p, s, &t, e);
	if (err)
		return err;
	err = sip_query(&query, vs_around(p->b)->cscf,
			&(struct sip_query_opts){.method = "INVITE",
						 .next_hop = hop,
						 .uri = t.uri.p,
						 .from = t.from.p,
						 .to = t.to.p,
						 .headers = t.headers.p ? t.headers.p : "",
						 .timeout_ms = (uint64_t)p->b->sut->answer_ms},
			on_sip_answer, &w);
	if (err)
		return err_set(e, err, "INVITE: %s", strerror(err));
	while (!w.done) {
		bench_wait(p->b, SLICE_MS);
		if (procs_poll(p->b->ps, 0)) {
			sip_query_cancel(query);
			return EINTR;
		}
	}
	return 0;
}

/* --- HTTP --- */

static const json_t *either(const json_t *o, const char *name, const char *other)
{
	const json_t *v = json_object_get(o, name);

	return v ? v : json_object_get(o, other);
}

static void read_response(struct vs_said *said, const json_t *r)
{
	const json_t *code = either(r, "reasoncode", "reasonCode"), *one;
	const char *words[] = {json_string_value(either(r, "reasontext", "reasonText")),
			       json_string_value(either(r, "reasondesc", "reasonDesc"))};
	const char *verstat = json_string_value(json_object_get(r, "verstat"));
	size_t i;

	said->goes_on = !json_is_true(json_object_get(r, "refuse"));
	(void)snprintf(said->verstat, sizeof(said->verstat), "%s", verstat ? verstat : "");
	if (json_is_integer(code))
		add_cause(said, (unsigned)json_integer_value(code));
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i])
			add_word(said, sv_from(words[i]));
	json_array_foreach (json_object_get(r, "passports"), i, one) {
		add_passport(said, sv_from(json_is_string(one) ? json_string_value(one) : ""));
	}
}

static void read_http(struct vs_said *said, const struct answer *a)
{
	AUTO(json_decref) json_t *root = json_loadb(a->body.l ? a->body.p : "", a->body.l, 0, NULL);
	const json_t *response = json_object_get(root, "verificationResponse");

	said->err = a->err;
	(void)snprintf(said->text, sizeof(said->text), "%s", a->text);
	said->status = a->status;
	if (json_is_object(response) && (a->status == 200 || a->status == 201))
		read_response(said, response);
}

static char *question(const struct play *p, const struct vs_step *s, struct err *e)
{
	BUF_AUTO struct buf text = BUF(VECTOR_TEXT_MAX);
	struct env_shift shift = {0};
	struct env env = env_system(&shift);
	AUTO(json_decref) json_t *root = NULL;
	json_t *list, *identity;

	if (s->body)
		return vs_expand(p, &text, s->body, e) ? NULL : buf_take(&text);
	list = vs_identities_json(p, s, e);
	if (!list)
		return NULL;
	/* one as ATIS-1000082 has it; several are ours (docs/interfaces.md) */
	identity = json_array_size(list) == 1 ? json_incref(json_array_get(list, 0))
		   : json_array_size(list)    ? json_incref(list)
					      : NULL;
	json_decref(list);
	root = json_pack("{s:{s:{s:s}, s:{s:[s]}, s:I, s:o*}}", "verificationRequest", "from", "tn",
			 p->orig, "to", "tn", p->dest, "time", (json_int_t)env_now_s(&env),
			 "identity", identity);
	return json_dumps(root, JSON_COMPACT);
}

static int ask_http(struct play *p, const struct vs_step *s, struct vs_said *ret, struct err *e)
{
	AUTO(free) char *body = NULL;
	char base[URL_MAX / 2], url[URL_MAX];
	const char *headers[] = {"X-RequestID: 8a6e2c40-1b9d-4f3e-9c57-0d1e2f3a4b5c", NULL};
	struct https_request req = {.method = "POST",
				    .url = url,
				    .ctype = "application/json",
				    .accept = "application/json",
				    .headers = headers,
				    .timeout_ms = (uint64_t)p->b->sut->answer_ms,
				    .max_response = ANSWER_MAX};
	struct answer answer = {.err = 0};
	int err = bench_at(p->b, "http", base, sizeof(base), e);

	if (err)
		return err;
	body = question(p, s, e);
	if (!body)
		return EINVAL;
	req.body = sv_from(body);
	(void)snprintf(url, sizeof(url), "%s/stir/v1/verification", base);
	err = bench_ask(p->b, CLIENT_NONE, &req, &answer);
	if (!err)
		read_http(ret, &answer);
	buf_free(&answer.body);
	return err;
}

int vs_ask(struct play *p, const struct vs_step *s, struct vs_said *ret, struct err *e)
{
	uint64_t from_us = mono_us();
	int err;

	*ret = (struct vs_said){.passports = BUF(VECTOR_TEXT_MAX)};
	err = vs_over_http(p) ? ask_http(p, s, ret, e) : ask_sip(p, s, ret, e);
	ret->ms = (mono_us() - from_us) / 1000;
	return err;
}
