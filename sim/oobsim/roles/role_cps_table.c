/* Steps of a CPS's cases: what they are made of, and what their table cannot say. */
#include <string.h>

#include "sim/oobsim/roles/role_cps.h"

#define MEMBER(type_, member_, kind_, ...)                                               \
	{                                                                                \
		.name = #member_, .off = offsetof(struct type_, member_), .type = kind_, \
		__VA_ARGS__                                                              \
	}

const char *const cps_do_words[] = {
	[CPS_POST] = "post", [CPS_PULL] = "pull",   [CPS_RAW] = "raw",
	[CPS_WAIT] = "wait", [CPS_AWAIT] = "await", [CPS_NEVER] = "never",
	[CPS_PEER] = "peer", [CPS_GOT] = "got",     NULL,
};
static const char *const answers[] = {[CPS_ACCEPTED] = "accepted", [CPS_REFUSED] = "refused", NULL};
static const char *const interfaces[] = {[CPS_PUBLIC] = "public", [CPS_PRIVATE] = "private", NULL};
static const char *const versions[] = {
	[CPS_TLS_USUAL] = "usual",
	[CPS_TLS_10] = "1.0",
	[CPS_TLS_11] = "1.1",
	[CPS_TLS_12] = "1.2",
	[CPS_TLS_13] = "1.3",
	[CPS_PLAIN] = "plain",
	NULL,
};
static const char *const ends[] = {
	[RAW_STAY] = "stay",
	[RAW_HALF] = "half",
	[RAW_CLOSE] = "close",
	[RAW_RESET] = "reset",
	NULL,
};
static const char *const peers[] = {[CPS_PEER_VS] = "vs", [CPS_PEER_NEXT] = "next", NULL};

static bool is_status(struct sv v)
{
	if (v.l != 3 || v.p[0] < '1' || v.p[0] > '5')
		return false;
	return (v.p[1] == 'x' && v.p[2] == 'x') ||
	       (v.p[1] >= '0' && v.p[1] <= '9' && v.p[2] >= '0' && v.p[2] <= '9');
}

static const char *check_ending(struct sv v)
{
	while (v.l) {
		struct sv word = sv_cut(&v, ' ');

		if (!is_status(word) && !sv_eqz(word, "closed") && !sv_eqz(word, "tls") &&
		    !sv_eqz(word, "none"))
			return "statuses (201, 4xx), closed, tls, none, a blank between them";
	}
	return NULL;
}

static const struct conf_member ending_members[] = {
	MEMBER(cps_ending, is, CONF_STR, .required = true, .check = check_ending,
	       .doc = "statuses in their order, 4xx for any of a hundred; closed: then the "
		      "connection "
		      "ends; tls: the handshake is refused; none: no answer comes in time"),
	MEMBER(cps_ending, merely, CONF_BOOL,
	       .doc = "merely allowed, where another ending is preferred: the result says so"),
	{0},
};
static const struct conf_table ending_table = {"ending of a step", sizeof(struct cps_ending),
					       ending_members};

static const struct conf_member members[] = {
	{.name = "do",
	 .off = offsetof(struct cps_step, kind),
	 .type = CONF_ENUM,
	 .required = true,
	 .words = cps_do_words,
	 .doc = "post: as an STI-AS publishes; pull: as the STI-VS retrieves; raw: octets; wait; "
		"await: the answers of what was begun with later, in either order; never: none of "
		"these comes; peer: how the bench answers a push, or what is sent on, from here "
		"on; got: what "
		"came to it since"},
	MEMBER(cps_step, method, CONF_STR, .def = "\"POST\"", .doc = "of a post"),
	MEMBER(cps_step, path, CONF_STR, .def = "\"/cps/company/5678\"", .doc = "of a post"),
	MEMBER(cps_step, type, CONF_STR, .def = "\"application/passport\"",
	       .doc = "media type of a post; empty: none"),
	MEMBER(cps_step, body, CONF_STR, .def = "\"$a\"",
	       .doc = "body of a post: text with names of tokens; of a raw what $body stands for"),
	MEMBER(cps_step, client, CONF_ENUM, .words = bench_client_words,
	       .doc = "certificate that a pull or a raw shows: of the provider's STI-VS, none, of "
		      "another provider's"),
	MEMBER(cps_step, again, CONF_BOOL, .doc = "a pull that repeats the last one"),
	MEMBER(cps_step, wait_ms, CONF_INT, .max = 10000, .def = "0",
	       .doc = "how long a pull waits for what is not there"),
	MEMBER(cps_step, orig, CONF_STR, .def = "\"$orig\"", .doc = "calling number of a pull"),
	MEMBER(cps_step, dest, CONF_STR, .def = "\"$dest\"", .doc = "called number of a pull"),
	MEMBER(cps_step, brings, CONF_STRS, .max = 16,
	       .doc = "tokens that a pull or a got must bring, in any order; none: nothing may "
		      "come"),
	MEMBER(cps_step, some, CONF_STRS, .max = 16,
	       .doc = "tokens of which a pull must bring one at least, and nothing else"),
	MEMBER(cps_step, maybe, CONF_BOOL, .doc = "of some none need come"),
	MEMBER(cps_step, rest, CONF_BOOL,
	       .doc = "of brings those that no pull of this case has brought before"),
	MEMBER(cps_step, answer, CONF_ENUM, .words = answers,
	       .doc = "accepted: 201 for a post, tokens or nothing for a pull; refused: 4xx or "
		      "5xx"),
	MEMBER(cps_step, reasons, CONF_STRS, .max = 16,
	       .doc = "why it is refused: one of these; empty: whatever it is"),
	MEMBER(cps_step, answers, CONF_LIST, .max = 8, .sub = &ending_table,
	       .doc = "instead of answer: one of these endings"),
	MEMBER(cps_step, within_ms, CONF_INT, .max = 10000, .def = "0",
	       .doc = "the answer comes within so long; 0: answer_ms of sut.json"),
	MEMBER(cps_step, retry_after, CONF_BOOL, .doc = "a refusal of a post has a Retry-After"),
	MEMBER(cps_step, later, CONF_STR, .doc = "a name: it is only begun; await judges it"),
	MEMBER(cps_step, times, CONF_INT, .max = 16, .def = "0",
	       .doc = "post: so many at once; got: so many requests, 0: however many"),
	MEMBER(cps_step, to, CONF_ENUM, .words = interfaces, .doc = "where octets go"),
	MEMBER(cps_step, tls, CONF_ENUM, .words = versions,
	       .doc = "usual: 1.2 or 1.3; one version alone; plain: no TLS"),
	MEMBER(cps_step, octets, CONF_STR,
	       .doc = "text with names: $post (request line and headers of a POST but its length), "
		      "$calls (path and query of a pull), $host, $body, $half and $rest of the "
		      "body; $len of the body, $hex, $hex_half, $hex_rest; $less, $more: $len by "
		      "100 less, more"),
	MEMBER(cps_step, then, CONF_STR, .doc = "sent when the first answer has come"),
	MEMBER(cps_step, pieces, CONF_INT, .max = 4096, .def = "1",
	       .doc = "pieces in which the octets are sent"),
	MEMBER(cps_step, pause_ms, CONF_INT, .max = 1000, .def = "0", .doc = "between two pieces"),
	MEMBER(cps_step, end, CONF_ENUM, .words = ends,
	       .doc = "behind the last octet: stay; half: nothing more will be sent; close; reset"),
	MEMBER(cps_step, headers, CONF_STRS, .max = 8,
	       .doc = "names of headers that the last answer of a raw has"),
	MEMBER(cps_step, without, CONF_STRS, .max = 16,
	       .doc = "tokens that must not stand in what came of a raw"),
	MEMBER(cps_step, ms, CONF_INT, .max = 5000, .def = "0", .doc = "of wait and never"),
	MEMBER(cps_step, second, CONF_BOOL,
	       .doc = "wait: until the next second of the clock has begun, and then for ms"),
	MEMBER(cps_step, of, CONF_STRS, .max = 16,
	       .doc = "of await: names; of never: names, push, forward"),
	MEMBER(cps_step, as, CONF_ENUM, .words = peers,
	       .doc = "whom the bench plays: the STI-VS to which it pushes, the CPS to which it "
		      "sends on"),
	MEMBER(cps_step, status, CONF_INT, .min = 0, .max = 599, .def = "201",
	       .doc = "what a peer answers from here on; 0: nothing"),
	MEMBER(cps_step, retry_after_s, CONF_INT, .min = -1, .max = 3600, .def = "-1",
	       .doc = "Retry-After of a peer's answer; -1: none"),
	MEMBER(cps_step, count, CONF_INT, .max = 100, .def = "0",
	       .doc = "so many requests are answered like that, then with 201; 0: all"),
	MEMBER(cps_step, delay_ms, CONF_INT, .max = 5000, .def = "0",
	       .doc = "how late a peer answers"),
	MEMBER(cps_step, same_connection, CONF_BOOL,
	       .doc = "got: all requests came over one connection"),
	MEMBER(cps_step, via, CONF_STR, .doc = "got: a word of the Via header"),
	{0},
};
const struct conf_table cps_step_table = {"step of a case", sizeof(struct cps_step), members};

/* Is there a step before this one that began it? */
static bool was_begun(const struct conform_case *c, size_t before, const char *name)
{
	const struct cps_step *s = c->steps.v;

	for (size_t i = 0; i < before; i++)
		if (s[i].later && strcmp(s[i].later, name) == 0)
			return true;
	return false;
}

static int check_of(const struct case_place *at, const struct conform_case *c, size_t i)
{
	const struct cps_step *s = (const struct cps_step *)c->steps.v + i;
	char *const *names = s->of.v;
	char member[64];

	for (size_t k = 0; k < s->of.n; k++) {
		bool peer = s->kind == CPS_NEVER &&
			    (strcmp(names[k], "push") == 0 || strcmp(names[k], "forward") == 0);

		(void)snprintf(member, sizeof(member), "/steps/%zu/of/%zu", i, k);
		if (!peer && !was_begun(c, i, names[k]))
			return case_refuse(at, member, "the name of a step that was begun before",
					   names[k]);
	}
	return 0;
}

int cps_check_step(const struct case_place *at, const struct conform_case *c, size_t i)
{
	const struct cps_step *s = (const struct cps_step *)c->steps.v + i;
	char member[64];
	int err = case_check_tokens(at, c, i, "brings", &s->brings);

	if (!err)
		err = case_check_tokens(at, c, i, "some", &s->some);
	if (!err)
		err = case_check_tokens(at, c, i, "without", &s->without);
	if (!err)
		err = check_of(at, c, i);
	(void)snprintf(member, sizeof(member), "/steps/%zu/octets", i);
	if (!err && s->kind == CPS_RAW && !s->octets)
		err = case_refuse(at, member, "octets of a raw", "nothing");
	return err ? err : case_check_reasons(at, i, "reasons", &s->reasons);
}
