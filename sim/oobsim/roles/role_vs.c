/* Role vs: what a STI-VS must say of a call, asked by its CSCF, with PASSporTs in-band and from its CPS (docs/interfaces.md). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/oobsim/roles/role_vs.h"

#define URL_MAX 512

/* --- steps --- */

#define MEMBER(member_, kind_, ...)                                                        \
	{                                                                                  \
		.name = #member_, .off = offsetof(struct vs_step, member_), .type = kind_, \
		__VA_ARGS__                                                                \
	}

static const char *const kinds[] = {[VS_CALL] = "call", [VS_PUSH] = "push", NULL};
static const char *const answers[] = {[VS_PASSED] = "passed",
				      [VS_REFUSED] = "refused",
				      [VS_REJECTED] = "rejected",
				      [VS_NONE] = "none",
				      NULL};
static const char *const cps_words[] = {
	[VS_CPS_ANSWERS] = "answers", [VS_CPS_MUTE] = "mute", [VS_CPS_GONE] = "gone", NULL};
static const char *const client_words[] = {
	[CLIENT_PEER] = "cps", [CLIENT_NONE] = "none", [CLIENT_FOREIGN] = "foreign", NULL};

static const struct conf_member step_members[] = {
	{.name = "do",
	 .off = offsetof(struct vs_step, kind),
	 .type = CONF_ENUM,
	 .required = true,
	 .words = kinds,
	 .doc = "call: a call comes, as its CSCF asks; push: its CPS pushes PASSporTs"},
	MEMBER(empty, CONF_BOOL, .doc = "a call that brings no PASSporT"),
	MEMBER(in_band, CONF_STRS, .max = 20,
	       .doc = "values of its Identity headers: texts with names of tokens, `$a`, or "
		      "`$id_a` "
		      "with its usual parameters. With neither this nor out_of_band all come on "
		      "the "
		      "way that the interface is"),
	MEMBER(out_of_band, CONF_STR,
	       .doc = "what the CPS hands over, or pushes: text with names of tokens"),
	MEMBER(caller, CONF_STR, .def = "\"<sip:+$orig@" VS_DOMAIN ";user=phone>\"",
	       .doc = "From of the INVITE"),
	MEMBER(pai, CONF_STR,
	       .doc = "P-Asserted-Identity of the INVITE; empty: none; absent: as caller"),
	MEMBER(called, CONF_STR, .def = "\"sip:+$dest@" VS_DOMAIN ";user=phone\"",
	       .doc = "Request-URI of the INVITE"),
	MEMBER(headers, CONF_STRS, .max = 16, .doc = "further header lines of the INVITE"),
	MEMBER(body, CONF_STR, .doc = "whole body of the question over HTTP"),
	MEMBER(cps, CONF_ENUM, .words = cps_words,
	       .doc = "the CPS: answers, never does, or is not there"),
	MEMBER(cps_after_ms, CONF_INT, .max = 10000, .def = "0", .doc = "the CPS answers then"),
	MEMBER(cps_status, CONF_INT, .max = 599, .def = "0",
	       .doc = "with this status; 0: 200, or 204 when it has nothing"),
	MEMBER(cps_asked, CONF_INT, .min = -1, .max = 16, .def = "-1",
	       .doc = "so often it must have been asked about the call; -1: not looked at"),
	MEMBER(push_after_ms, CONF_INT, .max = 10000, .def = "0",
	       .doc = "the CPS pushes what is out_of_band so long after the question; 0: it hands "
		      "it over when it is asked"),
	MEMBER(path, CONF_STR, .def = "\"/passports\"", .doc = "of a push"),
	MEMBER(method, CONF_STR, .def = "\"POST\"", .doc = "of a push"),
	MEMBER(type, CONF_STR, .def = "\"application/passport\"", .doc = "media type of a push"),
	MEMBER(client, CONF_ENUM, .words = client_words,
	       .doc = "certificate that a push shows: of the provider's CPS, none, of a stranger"),
	MEMBER(answer, CONF_ENUM, .words = answers,
	       .doc = "passed: TN-Validation-Passed, a push is taken; refused: not verified, a "
		      "push "
		      "is not taken; rejected: the call does not go on; none: No-TN-Validation"),
	MEMBER(verstat, CONF_STR, .doc = "refused: with this verstat"),
	MEMBER(status, CONF_INT, .max = 599, .def = "0",
	       .doc = "over HTTP: this one; 0: 200 or 201"),
	MEMBER(reasons, CONF_STRS, .max = 16,
	       .doc = "why it is not verified: one of these; empty: whatever it is"),
	MEMBER(told, CONF_BOOL, .doc = "the reason must be there to be read"),
	MEMBER(brings, CONF_STRS, .max = 16,
	       .doc = "tokens that are handed on to the CSCF, exactly; empty: not looked at"),
	MEMBER(within_ms, CONF_INT, .max = 60000, .def = "0",
	       .doc = "the answer comes within; 0: answer_ms of sut.json"),
	{0},
};
static const struct conf_table step_table = {"step of a case", sizeof(struct vs_step),
					     step_members};

static int check_step(const struct case_place *at, const struct conform_case *c, size_t i)
{
	const struct vs_step *s = (const struct vs_step *)c->steps.v + i;
	int err = case_check_tokens(at, c, i, "brings", &s->brings);

	return err ? err : case_check_reasons(at, i, "reasons", &s->reasons);
}

/* ATIS-1000082 has one identity in a question. That there may be none or several is ours */
static bool has_one_identity(const struct conform_case *c, const struct vs_step *s)
{
	if (s->kind != VS_CALL || s->body)
		return true;
	if (s->in_band.n)
		return s->in_band.n == 1;
	return !s->empty && !s->out_of_band && c->tokens.n <= 1;
}

static int begin(struct play *p, struct err *e)
{
	const struct vs_step *steps = p->c->steps.v;

	for (size_t i = 0; vs_over_http(p) && i < p->c->steps.n; i++) {
		if (has_one_identity(p->c, &steps[i]) || sut_can(p->b->sut, "identities"))
			continue;
		p->ret->verdict = CONFORM_UNSUPPORTED;
		play_expects(p, "capability identities");
		(void)snprintf(p->ret->actual, sizeof(p->ret->actual), "%s does not declare it",
			       p->b->sut->name);
		return 0;
	}
	return play_sign(p, e);
}

static void end(struct play *p)
{
	struct vs_around *vs = vs_around(p->b);

	vs->p = NULL;
	vs->step = NULL;
}

static int push(struct play *p, const struct vs_step *s, struct err *e)
{
	struct answer answer = {.err = 0};
	int err = vs_push(p, s, &answer, e);

	if (!err)
		err = vs_judge_push(p, s, &answer);
	p->cut_off = answer.err && answer.err != ETIMEDOUT;
	buf_free(&answer.body);
	return err;
}

static int call(struct play *p, const struct vs_step *s, struct err *e)
{
	struct vs_said said;
	int err;

	if (s->push_after_ms)
		vs_push_later(p, s);
	err = vs_ask(p, s, &said, e);
	vs_push_forget(p->b);
	if (!err)
		err = vs_judge(p, s, &said);
	p->cut_off = said.err && said.err != ETIMEDOUT;
	buf_free(&said.passports);
	return err;
}

/* PASSporTs that are pushed come before their call. What the STI-VS does not even take is refused there */
static int push_first(struct play *p, const struct vs_step *s, bool *refused, struct err *e)
{
	struct answer answer = {.err = 0};
	int err = vs_push(p, s, &answer, e);

	*refused = !err && (answer.err || answer.status >= 400);
	if (*refused)
		err = vs_judge_push(p, s, &answer);
	p->cut_off = answer.err && answer.err != ETIMEDOUT;
	buf_free(&answer.body);
	return err;
}

static int step(struct play *p, const void *arg, struct err *e)
{
	const struct vs_step *s = arg;
	bool refused = false;
	int err = vs_cps_expect(p, s, e);

	vs_tell_expected(p, s);
	if (err)
		return err;
	if (s->kind == VS_PUSH)
		return push(p, s, e);
	if (p->over && strcmp(p->over, "push") == 0 && !s->empty)
		err = push_first(p, s, &refused, e);
	return err || refused ? err : call(p, s, e);
}

/* --- what surrounds it --- */

static int open_around(struct bench *b, struct err *e)
{
	b->role_state = calloc(1, sizeof(struct vs_around));
	if (!b->role_state)
		return err_set(e, ENOMEM, "out of memory");
	return vs_cps_open(b, e);
}

static void close_around(struct bench *b)
{
	struct vs_around *vs = vs_around(b);

	if (!vs)
		return;
	sip_ep_free(vs->cscf);
	vs_cps_close(b);
	free(vs);
	b->role_state = NULL;
}

/* Anew for each start: without connections to the implementation that ran before */
static int publish(struct bench *b, const char *published, struct err *e)
{
	struct vs_around *vs = vs_around(b);
	char addr[ADDR_MAX];
	int err = vs_peer_is_cps(b, e);

	(void)published;
	if (err)
		return err;
	bench_addr(b, addr, VS_NET, VS_CSCF_HOST);
	sip_ep_free(vs->cscf);
	vs->cscf = NULL;
	return sip_ep_alloc(
		&vs->cscf,
		&(struct sip_ep_opts){.addr = addr, .port = SIP_PORT, .software = "oobsim"}, e);
}

/* --- the implementation --- */

static json_t *listener(const struct bench *b, int port, bool client_ca)
{
	return json_pack("{s:s, s:i, s:o}", "addr", b->sut_addr, "port", port, "tls",
			 bench_conf_tls(b, VS_SELF, client_ca));
}

/* All retargeted numbers of the cases belong to 5678: who signs a div as another one has no right */
static json_t *numbers(void)
{
	static const char *const prefixes[] = {"1202555", "1303555", "1404555"};
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		(void)json_array_append_new(
			list, json_pack("{s:s, s:s}", "prefix", prefixes[i], "ocn", "5678"));
	return list;
}

/* The CPS answers at once, so there is nothing to wait for; a case that makes it wait says so */
static json_t *conf(struct bench *b, struct err *e)
{
	json_t *v = json_pack("{s:{s:s, s:i}, s:s, s:o, s:o, s:o}", "sip", "addr", b->sut_addr,
			      "port", SIP_PORT, "domain", VS_DOMAIN, "numbers", numbers(), "trust",
			      bench_conf_trust(b), "https", bench_conf_https(b, VS_SELF));

	if (!v) {
		(void)err_set(e, ENOMEM, "out of memory");
		return NULL;
	}
	if (sut_can(b->sut, "out-of-band") || sut_can(b->sut, "push"))
		(void)json_object_set_new(
			v, "cps",
			json_pack("{s:s, s:i}", "url", "https://" VS_CPS ":8444", "wait_ms", 0));
	if (sut_can(b->sut, "http"))
		(void)json_object_set_new(v, "http", listener(b, HTTPS_PORT, false));
	if (sut_can(b->sut, "push")) {
		json_t *listen = listener(b, PRIVATE_PORT, true);

		(void)json_object_set_new(listen, "clients", json_pack("[s]", VS_CPS));
		(void)json_object_set_new(v, "push", listen);
	}
	return v;
}

/* --- is it attached rightly? --- */

/* Any answer will do: what it says is for the cases to judge */
static int answers_over(struct bench *b, const char *over, struct err *e)
{
	const struct conform_case nothing = {.id = NULL};
	const struct vs_step any = {.empty = true,
				    .caller = (char[]){"<sip:+$orig@" VS_DOMAIN ">"},
				    .called = (char[]){"sip:+$dest@" VS_DOMAIN}};
	struct play p = {
		.b = b, .c = &nothing, .over = over, .orig = "12010000000", .dest = "19030000000"};
	struct vs_said said = {.err = 0};
	int err = vs_cps_expect(&p, &any, e);

	if (!err)
		err = vs_ask(&p, &any, &said, e);
	end(&p);
	if (!err && said.err)
		err = err_set(e, EIO, "%s interface: no answer: %s", over, said.text);
	else if (!err)
		(void)printf("%s interface: answers (%u)\n", over, said.status);
	buf_free(&said.passports);
	return err;
}

static int check(struct bench *b, struct err *e)
{
	int err = answers_over(b, "sip", e);

	if (!err && sut_can(b->sut, "udp"))
		err = answers_over(b, "udp", e);
	if (!err && sut_can(b->sut, "http"))
		err = answers_over(b, "http", e);
	return err;
}

static const char *const interfaces[] = {"in-band", "udp", "http", "out-of-band", "push", NULL};
static const char *const capabilities[] = {"udp",    "http", "out-of-band", "push",
					   "policy", "div",  NULL};
static const struct role_host hosts[] = {{VS_CPS, VS_NET, VS_CPS_HOST}, {NULL, 0, 0}};
static const struct role_interface at[] = {{"sip", "sip:%s:5060;transport=tcp"},
					   {"udp", "sip:%s:5060;transport=udp"},
					   {"http", "https://" VS_SELF ":8443"},
					   {"push", "https://" VS_SELF ":8444"},
					   {NULL, NULL}};

static const struct role_option options[] = {
	{"udp", "udp"}, {"http", "http"}, {"push", "push"}, {NULL, NULL}};

const struct role role_vs = {
	.name = "vs",
	.what = "an STI-VS",
	.reference = "{\"name\":\"ref-vs\",\"roles\":[\"vs\"],"
		     "\"process\":{\"command\":[\"ref-vs\",\"--config\"]},"
		     "\"capabilities\":[\"udp\",\"http\",\"out-of-band\",\"push\",\"policy\","
		     "\"div\",\"identities\"]}",
	.step_table = &step_table,
	.check_step = check_step,
	.interfaces = interfaces,
	.capabilities = capabilities,
	.self = {VS_SELF, VS_NET, 1},
	.hosts = hosts,
	.at = at,
	.options = options,
	.open = open_around,
	.close = close_around,
	.publish = publish,
	.conf = conf,
	.check = check,
	.begin = begin,
	.end = end,
	.step = step,
};
