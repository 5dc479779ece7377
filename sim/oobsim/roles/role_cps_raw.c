/* Step `raw` of a CPS's case: octets over a connection of its own. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/net/http_split.h"
#include "lib/net/loop.h"
#include "sim/oobsim/roles/role_cps.h"

/* An answer to octets comes at once, or not at all */
#define WITHIN_MS 1000
/* What "$less" and "$more" are off the length by */
#define LESS 100
#define MORE 100

/* --- octets --- */

#define LENGTHS 8
#define TEXTS   8

/* Names that texts of a step may have in them */
struct names {
	struct vector_var v[CASE_TOKENS + TEXTS + LENGTHS];
	size_t n;
	char lengths[LENGTHS][24];
	size_t nlengths;
};

static void add_text(struct names *names, const char *name, struct sv value)
{
	names->v[names->n++] = (struct vector_var){name, value};
}

static void add_length(struct names *names, const char *name, bool hex, size_t value)
{
	char *text = names->lengths[names->nlengths++];

	if (hex)
		(void)snprintf(text, sizeof(names->lengths[0]), "%zx", value);
	else
		(void)snprintf(text, sizeof(names->lengths[0]), "%zu", value);
	add_text(names, name, sv_from(text));
}

static void add_body(struct names *names, struct sv body)
{
	struct sv half = {body.p, body.l / 2}, rest = {body.p + half.l, body.l - half.l};

	add_text(names, "body", body);
	add_text(names, "half", half);
	add_text(names, "rest", rest);
	add_length(names, "len", false, body.l);
	add_length(names, "hex", true, body.l);
	add_length(names, "hex_half", true, half.l);
	add_length(names, "hex_rest", true, rest.l);
	add_length(names, "less", false, body.l > LESS ? body.l - LESS : 0);
	add_length(names, "more", false, body.l + MORE);
}

static void add_tokens(const struct play *p, struct names *names)
{
	const struct case_token *t = p->c->tokens.v;

	for (size_t i = 0; i < p->c->tokens.n && i < CASE_TOKENS; i++)
		add_text(names, t[i].name, play_token(p, t[i].name));
	if (!p->c->tokens.n)
		add_text(names, "a", play_token(p, "a"));
	add_text(names, "orig", sv_from(p->orig));
	add_text(names, "dest", sv_from(p->dest));
}

/* What is sent first, and what follows the first answer */
struct octets {
	struct buf first, then;
};

static int expand(struct cps_ask *ask, const char *host, struct octets *ret, struct err *e)
{
	const struct cps_step *s = ask->step;
	BUF_AUTO struct buf body = BUF(VECTOR_TEXT_MAX), post = BUF(1024), calls = BUF(1024);
	struct names names = {.n = 0};
	struct vector_vars vars = {names.v, 0, NULL};
	int err = play_sign(ask->p, e);

	if (!err)
		err = play_expand(ask->p, &body, s->body, e);
	if (!err)
		err = cps_calls_path(ask->p, s, &calls, e);
	if (err)
		return err;
	(void)buf_printf(&post,
			 "POST /cps/company/" CPS_COMPANY " HTTP/1.1\r\nHost: %s\r\n"
			 "Content-Type: application/passport\r\n",
			 host);
	add_tokens(ask->p, &names);
	add_body(&names, buf_sv(&body));
	add_text(&names, "post", buf_sv(&post));
	add_text(&names, "calls", buf_sv(&calls));
	add_text(&names, "host", sv_from(host));
	vars.n = names.n;
	err = vector_expand(&ret->first, s->octets, &vars, e);
	return err || !s->then ? err : vector_expand(&ret->then, s->then, &vars, e);
}

/* --- what came --- */

/* Final answers that are wanted, at the most; *closed: whether the end of the connection is */
static size_t wanted(const struct cps_step *s, bool *closed)
{
	const struct cps_ending *v = s->answers.v;
	size_t most = 0;

	*closed = false;
	for (size_t i = 0; i < s->answers.n; i++) {
		struct sv rest = sv_from(v[i].is);
		size_t n = 0;

		while (rest.l) {
			struct sv word = sv_cut(&rest, ' ');

			n += word.l == 3 && word.p[0] != '1';
			*closed |= sv_eqz(word, "closed");
		}
		most = n > most ? n : most;
	}
	return s->answers.n ? most : 1;
}

static bool take_answer(const struct cps_ask *ask, struct http_message *ret, struct sv got,
			bool ended)
{
	int err = http_split(ret, got, ended);

	if (err == EAGAIN && ended && ret->start.l &&
	    sv_starts(sv_from(ask->step->octets), "HEAD ")) {
		/* the length is that of the body that a GET would have had (RFC 9112 §6.3) */
		ret->whole = got;
		err = 0;
	}
	return !err && ret->status;
}

/* Reads the answers in what came. @return Final ones */
static size_t read_answers(struct cps_ask *ask, struct sv got, bool ended)
{
	struct http_message msg;
	size_t final = 0, n = 0;

	ask->outcome[0] = '\0';
	ask->answer.status = 0;
	while (got.l && take_answer(ask, &msg, got, ended)) {
		got = (struct sv){got.p + msg.whole.l, got.l - msg.whole.l};
		final += msg.status >= 200;
		n += (size_t)snprintf(ask->outcome + n, sizeof(ask->outcome) - n, "%s%u",
				      n ? " " : "", msg.status);
		ask->answer.status = msg.status;
		ask->fields = msg.fields;
		buf_reset(&ask->answer.body);
		(void)buf_addsv(&ask->answer.body, msg.body);
		if (n > sizeof(ask->outcome) - 16)
			break;
	}
	return final;
}

static void add_word(struct cps_ask *ask, const char *word)
{
	size_t n = strlen(ask->outcome);

	(void)snprintf(ask->outcome + n, sizeof(ask->outcome) - n, "%s%s", n ? " " : "", word);
}

static bool on_got(struct sv got, void *arg)
{
	struct cps_ask *ask = arg;
	bool closed, merely;
	size_t want = wanted(ask->step, &closed), have = read_answers(ask, got, false);

	if (ask->answer.status && ask->got.l && !ask->then_sent) {
		const struct raw_send more = {.octets = buf_sv(&ask->got)};

		ask->then_sent = raw_client_send(ask->raw, &more) == 0;
	}
	if (cps_ends_well(&ask->step->answers, ask->outcome, &merely))
		return true;
	return have >= want && !closed;
}

static void on_done(const struct raw_result *res, void *arg)
{
	struct cps_ask *ask = arg;

	buf_reset(&ask->got);
	(void)buf_addsv(&ask->got, res->got);
	(void)read_answers(ask, buf_sv(&ask->got), res->closed);
	ask->done = true;
	ask->took_ms = res->took_ms;
	ask->answer.err = ask->answer.status ? 0 : res->err;
	if (res->err == EPROTO)
		add_word(ask, "tls");
	else if (res->closed || (res->err && res->err != ETIMEDOUT))
		add_word(ask, "closed");
	else if (!*ask->outcome)
		add_word(ask, "none");
	if (!ask->answer.status && !res->err)
		ask->answer.err = res->closed ? ECONNRESET : ENODATA;
	(void)snprintf(ask->answer.text, sizeof(ask->answer.text), "%s",
		       ask->answer.status ? ""
		       : res->err         ? res->text
					  : "the connection ended");
	loop_stop();
}

/* --- the connection --- */

static void set_tls(const struct cps_step *s, struct raw_client_opts *opts)
{
	static const struct {
		int min, max;
	} versions[] = {
		[CPS_TLS_USUAL] = {12, 13}, [CPS_TLS_10] = {10, 10}, [CPS_TLS_11] = {11, 11},
		[CPS_TLS_12] = {12, 12},    [CPS_TLS_13] = {13, 13}, [CPS_PLAIN] = {12, 13},
	};

	opts->plain = s->tls == CPS_PLAIN;
	opts->tls_min = versions[s->tls].min;
	opts->tls_max = versions[s->tls].max;
}

static int connect_and_send(struct cps_ask *ask, struct raw_client_opts *opts,
			    const struct octets *octets, struct err *e)
{
	const struct cps_step *s = ask->step;
	const struct raw_send send = {
		.octets = buf_sv(&octets->first),
		.pieces = s->pieces ? (size_t)s->pieces : octets->first.l,
		.pause_ms = (uint64_t)s->pause_ms,
		.end = (enum raw_end)s->end,
	};
	const struct https_client_conf *who = &ask->p->b->client_confs[s->client];

	set_tls(s, opts);
	opts->ca = who->ca;
	opts->cert = s->to == CPS_PRIVATE ? who->cert : NULL;
	opts->key = s->to == CPS_PRIVATE ? who->key : NULL;
	ask->got = BUF(CPS_ANSWER_MAX);
	(void)buf_addsv(&ask->got, buf_sv(&octets->then)); /* until it is sent */
	return raw_client_alloc(&ask->raw, opts, &send, on_got, on_done, ask, e);
}

int cps_raw_begin(struct cps_ask *ask, struct err *e)
{
	const struct cps_step *s = ask->step;
	struct bench *b = ask->p->b;
	struct octets octets = {BUF(VECTOR_TEXT_MAX), BUF(VECTOR_TEXT_MAX)};
	struct raw_client_opts opts = {
		.host = ask->host,
		.addr = ask->addr,
		.self = strncmp(b->pki_addr, "127.", 4) == 0 ? b->pki_addr : NULL,
		.max = CPS_ANSWER_MAX,
		.timeout_ms = s->within_ms ? (uint64_t)s->within_ms : WITHIN_MS,
	};
	char host[CPS_HOST_MAX + 8];
	int err = cps_where(b, (enum cps_to)s->to, ask->host, ask->addr, &opts.port, e);

	(void)snprintf(host, sizeof(host), "%s:%u", ask->host, opts.port);
	if (!err)
		err = expand(ask, host, &octets, e);
	if (!err)
		err = connect_and_send(ask, &opts, &octets, e);
	buf_free(&octets.first);
	buf_free(&octets.then);
	return err;
}
