/* Role as: a STI-AS, asked by a CSCF over SIP or HTTP (5.3 steps 2 to 5), posting to a CPS, reading published mappings. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/env.h"
#include "lib/net/loop.h"
#include "sim/oobsim/roles/role_as.h"

#define SLICE_MS   5
#define USUAL_MS   1000
#define FROM_DIGIT 4 /* of a number of the case: behind it are digits of its own */
#define SIP_PORT   5060

/* --- texts --- */

int as_expand(struct as_bench *a, struct buf *ret, const char *text, struct err *e)
{
	const struct play *p = a->p;
	const struct case_token *t = p->c->tokens.v;
	struct env_shift shift = {0};
	struct env env = env_system(&shift);
	struct vector_var v[CASE_TOKENS + 6];
	char now[24];
	size_t n = 0;

	(void)snprintf(now, sizeof(now), "%" PRId64, env_now_s(&env));
	v[n++] = (struct vector_var){"orig", sv_from(p->orig)};
	v[n++] = (struct vector_var){"dest", sv_from(p->dest)};
	v[n++] = (struct vector_var){"n", sv_from(a->digits)};
	v[n++] = (struct vector_var){"now", sv_from(now)};
	v[n++] = (struct vector_var){"x5u", SV(AS_X5U)};
	if (!p->c->tokens.n)
		v[n++] = (struct vector_var){"a", play_token(p, "a")};
	for (size_t i = 0; i < p->c->tokens.n && i < CASE_TOKENS; i++)
		v[n++] = (struct vector_var){t[i].name, play_token(p, t[i].name)};
	return vector_expand(ret, text, &(struct vector_vars){v, n, NULL}, e);
}

int as_wait(struct as_bench *a, bool (*done)(struct as_bench *a), uint64_t ms)
{
	uint64_t until = mono_us() + ms * 1000;
	int err = 0;

	while (!err && !(done && done(a)) && mono_us() < until) {
		uint64_t left_ms = (until - mono_us() + 999) / 1000;

		bench_wait(a->b, left_ms < SLICE_MS ? left_ms : SLICE_MS);
		err = procs_poll(a->b->ps, 0);
	}
	return err;
}

/* --- life --- */

static int open_sip(struct as_bench *a, struct err *e)
{
	char addr[ADDR_MAX];
	const struct sip_ep_opts opts = {.addr = addr, .port = SIP_PORT, .software = "oobsim"};
	int err;

	bench_addr(a->b, addr, 2, 2);
	err = sip_ep_alloc(&a->ep, &opts, e);
	if (!err)
		sip_ep_on_request(a->ep, as_came_back, a);
	return err;
}

static int open_key(struct as_bench *a, struct err *e)
{
	world_path(&a->b->w, a->key_path, "config/as.key");
	if (access(a->key_path, F_OK) == 0) /* it was given: the seed makes the same one */
		return 0;
	return key_save_private(vector_key(a->b->scene, AS_CRED), a->key_path, e);
}

static void as_close(struct bench *b)
{
	struct as_bench *a = b->role_state;

	if (!a)
		return;
	as_cps_close(a);
	sip_ep_free(a->ep);
	json_decref(a->files);
	json_decref(a->counts);
	for (size_t i = 0; i < AS_TOKENS; i++)
		buf_free(&a->tokens[i]);
	free(a);
	b->role_state = NULL;
}

static int as_open(struct bench *b, struct err *e)
{
	struct as_bench *a = calloc(1, sizeof(*a));
	int err;

	if (!a)
		return err_set(e, ENOMEM, "out of memory");
	a->b = b;
	b->role_state = a;
	for (size_t i = 0; i < AS_TOKENS; i++)
		a->tokens[i] = BUF(VECTOR_TEXT_MAX);
	err = open_key(a, e);
	if (!err)
		err = open_sip(a, e);
	return err ? err : as_cps_open(a, e);
}

static int as_publish(struct bench *b, const char *published, struct err *e)
{
	return as_lists_make(b->role_state, published, false, e);
}

static bool as_serve(struct bench *b, struct https_req *req)
{
	return as_lists_serve(b->role_state, req);
}

/* --- the implementation --- */

/* Object or array of pairs out of a table that ends with NULL */
struct pair {
	const char *name, *value;
};

static json_t *numbers(void)
{
	static const struct pair v[] = {{"1903", "5678"}, {"1904", "9012"}, {"1905", "7777"},
					{"1907", "6001"}, {"1908", "6002"}, {AS_CONTROL, "0000"},
					{"191", "9012"},  {"1910", "5678"}, {NULL, NULL}};
	json_t *ret = json_array();

	for (const struct pair *p = v; p->name; p++)
		(void)json_array_append_new(
			ret, json_pack("{s:s, s:s}", "prefix", p->name, "ocn", p->value));
	return ret;
}

static json_t *cps(void)
{
	static const struct pair v[] = {{"5678", AS_CPS},       {"9012", AS_CPS},
					{"6001", AS_CPS_OTHER}, {"6002", AS_CPS_DOWN},
					{"0000", AS_CPS},       {NULL, NULL}};
	json_t *ret = json_object();

	for (const struct pair *p = v; p->name; p++)
		(void)json_object_set_new(
			ret, p->name,
			json_sprintf("https://%s:8443/cps/company/%s", p->value, p->name));
	return ret;
}

/* Repetitions come soon, so that cases are short */
static json_t *publish(void)
{
	return json_pack("{s:i, s:i}", "backoff_ms", 10, "backoff_max_ms", 50);
}

static json_t *as_conf(struct bench *b, struct err *e)
{
	struct as_bench *a = b->role_state;
	json_t *v =
		json_pack("{s:{s:s, s:i}, s:{s:s, s:i, s:o}, s:s, s:s, s:s, s:{s:[s], s:[s]}, s:o, "
			  "s:o, s:o, s:o}",
			  "sip", "addr", b->sut_addr, "port", SIP_PORT, "http", "addr", b->sut_addr,
			  "port", HTTPS_PORT, "tls", bench_conf_tls(b, b->role->self.name, false),
			  "spc", "1234", "x5u", AS_X5U, "key", a->key_path, "attestation", "own",
			  "1201", "customers", "pbx.customer.example", "numbers", numbers(), "cps",
			  cps(), "publish", publish(), "https", bench_conf_https(b, NULL));

	if (v)
		as_lists_conf(a, v);
	else
		(void)err_set(e, ENOMEM, "out of memory");
	return v;
}

static int answers_over(struct bench *b, const char *interface, struct err *e)
{
	struct as_bench *a = b->role_state;
	const struct conform_case none = {.id = NULL};
	struct play p = {.b = b, .c = &none, .over = interface};
	struct as_step step = {.caller = (char[]){"12010000000"},
			       .called = (char[]){"19050000000"},
			       .host = (char[]){"osp.example"}};
	struct as_said said;
	int err;

	a->p = &p;
	err = as_ask(a, &step, &said, e);
	a->p = NULL;
	if (!err && said.err)
		err = err_set(e, EIO, "%s interface: no answer: %s", interface, said.text);
	else if (!err && said.forwarded)
		(void)printf("%s interface: sends the INVITE on\n", interface);
	else if (!err)
		(void)printf("%s interface: answers (%u)\n", interface, said.status);
	as_said_free(&said);
	return err;
}

static int as_check(struct bench *b, struct err *e)
{
	const char *const *over = b->role->interfaces;
	int err = 0;

	for (; *over && !err; over++)
		if (sut_can(b->sut, *over))
			err = answers_over(b, *over, e);
	return err;
}

/* --- cases --- */

static int as_begin(struct play *p, struct err *e)
{
	struct as_bench *a = p->b->role_state;

	p->state = a;
	a->p = p;
	(void)snprintf(a->digits, sizeof(a->digits), "%s", p->orig + FROM_DIGIT);
	a->ntokens = 0;
	a->origid[0] = '\0';
	as_cps_reset(a);
	return play_sign(p, e);
}

static void as_end(struct play *p)
{
	struct as_bench *a = p->state;

	as_cps_reset(a);
	a->p = NULL;
}

static int ask(struct as_bench *a, const struct as_step *s, struct err *e)
{
	struct as_said said;
	int err;

	as_tell_ask(a->p, s);
	err = as_ask(a, s, &said, e);
	if (!err)
		err = as_judge(a, s, &said, e);
	a->p->cut_off = said.err && said.err != ETIMEDOUT;
	as_said_free(&said);
	return err;
}

static bool is_fetched(struct as_bench *a)
{
	return as_lists_fetched(a) >= a->awaited;
}

static int fetched(struct as_bench *a, const struct as_step *s)
{
	uint64_t ms = s->within_ms ? (uint64_t)s->within_ms : USUAL_MS;
	int err;

	play_expects(a->p, "the mapping is fetched %" PRId64 " times within %" PRIu64 " ms",
		     s->times, ms);
	a->awaited = s->times;
	err = as_wait(a, is_fetched, ms);
	if (err || is_fetched(a))
		return err;
	return play_fails(a->p, "fetched", "%" PRId64 " times within %" PRIu64 " ms",
			  as_lists_fetched(a), ms);
}

static int as_step(struct play *p, const void *step, struct err *e)
{
	const struct as_step *s = step;
	struct as_bench *a = p->state;

	switch ((enum as_do)s->kind) {
	case AS_ASK:
		return ask(a, s, e);
	case AS_POSTED:
		as_tell_posted(p, s);
		return as_posted(a, s, e);
	case AS_CPS_DOES:
		a->does = s;
		return 0;
	case AS_CPS_CUTS:
		return as_cps_cut(a, e);
	case AS_PUBLISH:
		return as_lists_make(a, s->lists, true, e);
	case AS_FETCHED:
		return fetched(a, s);
	}
	return EINVAL;
}

static const char *const interfaces[] = {"sip-tcp", "sip-udp", "http", "proxy", NULL};
static const char *const capabilities[] = {"sip-tcp",   "proxy",    "sip-udp", "http",  "told",
					   "customers", "existing", "div",     "types", "split",
					   "mapping",   "policy",   "retry",   NULL};
static const struct role_interface at[] = {{"sip-tcp", "sip:%s:5060;transport=tcp"},
					   {"sip-udp", "sip:%s:5060;transport=udp"},
					   {"http", "https://as.osp.example:8443"},
					   {"proxy", "sip:%s:5060;transport=tcp"},
					   {NULL, NULL}};
static const struct role_host hosts[] = {
	{AS_CPS, 2, 1}, {AS_CPS_OTHER, 2, 1}, {AS_CPS_DOWN, 2, 9}, {NULL, 0, 0}};

static const struct role_option options[] = {{"sip-tcp", "sip-tcp"},
					     {"sip-udp", "sip-udp"},
					     {"http", "http"},
					     {"proxy", "proxy"},
					     {NULL, NULL}};

const struct role role_as = {
	.name = "as",
	.what = "a STI-AS",
	.reference = "{\"name\":\"ref-as\",\"roles\":[\"as\"],"
		     "\"process\":{\"command\":[\"ref-as\",\"--config\"]},"
		     "\"capabilities\":[\"sip-tcp\",\"sip-udp\",\"http\",\"proxy\",\"told\","
		     "\"customers\","
		     "\"existing\",\"div\",\"types\",\"split\",\"mapping\",\"policy\",\"retry\"]}",
	.step_table = &as_step_table,
	.check_step = as_check_step,
	.interfaces = interfaces,
	.published = as_published,
	.capabilities = capabilities,
	.self = {"as.osp.example", 1, 1},
	.hosts = hosts,
	.at = at,
	.options = options,
	.open = as_open,
	.close = as_close,
	.publish = as_publish,
	.serve = as_serve,
	.conf = as_conf,
	.check = as_check,
	.begin = as_begin,
	.end = as_end,
	.step = as_step,
};
