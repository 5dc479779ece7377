/* Role cps: what a CPS must do for STI-ASs (public interface), for its STI-VS (private interface, push), and as a transit
 * provider's for the next CPS (docs/interfaces.md). Steps: role_cps_table.c; requests: role_cps_ask.c, role_cps_raw.c; peers: role_cps_peer.c. */
#include <errno.h>
#include <stdlib.h>

#include <utlist.h>

#include "lib/base/env.h"
#include "sim/oobsim/conform/retrieval.h"
#include "sim/oobsim/roles/role_cps.h"

/* So often the processes are looked at while something is waited for */
#define SLICE_MS 20

const char *cps_word(const struct cps_ask *ask)
{
	return cps_do_words[ask->step->kind];
}

int cps_run_until(struct bench *b, bool (*there)(const void *arg), const void *arg, uint64_t ms)
{
	uint64_t now = mono_us(), until = now + ms * 1000;

	for (; !there(arg) && now < until && !bench_died(b); now = mono_us()) {
		uint64_t left = (until - now + 999) / 1000;

		bench_wait(b, left < SLICE_MS ? left : SLICE_MS);
		if (procs_poll(b->ps, 0))
			return EINTR;
	}
	return 0;
}

/* --- what is asked --- */

static int request(struct play *p, const struct cps_step *s, struct err *e)
{
	struct cps_play *cp = p->state;
	struct cps_ask *ask, *next;
	int err = 0;

	for (int64_t i = 0; i < (s->times ? s->times : 1) && !err; i++)
		err = cps_ask_begin(p, s, &ask, e);
	if (err || s->later)
		return err;
	for (ask = cp->asks; ask && !err && p->ret->verdict == CONFORM_PASS; ask = next) {
		next = ask->next;
		if (ask->step == s)
			err = cps_ask_end(ask);
	}
	return err;
}

static int await(struct play *p, const struct cps_step *s)
{
	struct cps_play *cp = p->state;
	struct cps_ask *ask, *next;
	int err = 0;

	for (ask = cp->asks; ask && !err && p->ret->verdict == CONFORM_PASS; ask = next) {
		next = ask->next;
		if (!play_has_word(&s->of, ask->step->later))
			continue;
		cps_tell_expected(p, ask->step);
		err = cps_ask_end(ask);
	}
	return err;
}

/* --- never --- */

struct silence {
	struct play *p;
	const struct cps_step *s;
	uint64_t until_us;
};

/* By the clock: a busy machine may see late what came in time, and early what was waited for long enough */
static bool came_in(const struct cps_ask *ask, uint64_t until_us)
{
	const bool waited = ask->step->wait_ms && ask->took_ms >= (uint64_t)ask->step->wait_ms;

	return ask->done && !waited && ask->since_us + ask->took_ms * 1000 < until_us;
}

/* What came although it must not; NULL: nothing */
static const char *broken_by(const struct silence *silence)
{
	const struct conf_list *of = &silence->s->of;
	struct cps_play *cp = silence->p->state;
	const struct cps_ask *ask;

	DL_FOREACH (cp->asks, ask)
		if (came_in(ask, silence->until_us) && play_has_word(of, ask->step->later))
			return ask->step->later;
	if (play_has_word(of, "push") && cps_peer_count(silence->p, CPS_PEER_VS))
		return "push";
	if (play_has_word(of, "forward") && cps_peer_count(silence->p, CPS_PEER_NEXT))
		return "forward";
	return NULL;
}

static bool is_broken(const void *arg)
{
	return broken_by(arg) != NULL;
}

static int never(struct play *p, const struct cps_step *s)
{
	const struct silence silence = {p, s, mono_us() + (uint64_t)s->ms * 1000};
	int err = cps_run_until(p->b, is_broken, &silence, (uint64_t)s->ms);
	const char *what = broken_by(&silence);

	if (!err && what)
		return play_fails(p, cps_do_words[CPS_NEVER], "%s came", what);
	return err;
}

static bool not_yet(const void *arg)
{
	(void)arg;
	return false;
}

static int wait_for(struct play *p, const struct cps_step *s)
{
	struct env_shift shift = {0};
	struct env env = env_system(&shift);
	uint64_t ms = (uint64_t)s->ms;

	if (s->second)
		ms += 1000 - env_now_ms(&env) % 1000;
	return cps_run_until(p->b, not_yet, NULL, ms);
}

/* --- a case --- */

static int step(struct play *p, const void *arg, struct err *e)
{
	const struct cps_step *s = arg;

	cps_tell_expected(p, s);
	switch (s->kind) {
	case CPS_WAIT:
		return wait_for(p, s);
	case CPS_AWAIT:
		return await(p, s);
	case CPS_NEVER:
		return never(p, s);
	case CPS_PEER:
		return cps_peer_set(p, s);
	case CPS_GOT:
		return cps_peer_got(p, s);
	default:
		return request(p, s, e);
	}
}

static int begin(struct play *p, struct err *e)
{
	p->state = calloc(1, sizeof(struct cps_play));
	if (!p->state)
		return err_set(e, ENOMEM, "out of memory");
	cps_peers_begin(p);
	return 0;
}

static void end(struct play *p)
{
	struct cps_play *cp = p->state;
	struct cps_ask *ask, *tmp;

	if (!cp)
		return;
	DL_FOREACH_SAFE (cp->asks, ask, tmp) {
		cps_ask_free(ask);
	}
	free(cp);
	p->state = NULL;
}

/* --- the implementation --- */

static json_t *conf(struct bench *b, struct err *e)
{
	json_t *v = json_pack("{s:{s:s, s:i, s:o}, s:{s:s, s:i, s:o, s:[s]}, s:[s], s:o, s:o}",
			      "public", "addr", b->sut_addr, "port", HTTPS_PORT, "tls",
			      bench_conf_tls(b, role_cps.self.name, false), "private", "addr",
			      b->sut_addr, "port", PRIVATE_PORT, "tls",
			      bench_conf_tls(b, role_cps.self.name, true), "clients", BENCH_PEER,
			      "companies", CPS_COMPANY, "trust", bench_conf_trust(b), "https",
			      bench_conf_https(b, NULL));

	if (v && cps_peers_conf(b, v) == 0)
		return v;
	json_decref(v);
	(void)err_set(e, ENOMEM, "out of memory");
	return NULL;
}

/* Any answer will do: what it says is for the cases to judge */
static int any_answer(struct bench *b, const char *interface, enum bench_client client,
		      const char *method, const char *path, struct err *e)
{
	char base[CPS_URL_MAX / 2], url[CPS_URL_MAX];
	struct answer answer;
	const struct https_request req = {
		.method = method,
		.url = url,
		.timeout_ms = (uint64_t)b->sut->answer_ms,
		.max_response = VECTOR_TEXT_MAX - 1,
	};
	int err = bench_at(b, interface, base, sizeof(base), e);

	if (err)
		return err;
	(void)snprintf(url, sizeof(url), "%s%s", base, path);
	err = bench_ask(b, client, &req, &answer);
	if (!err && answer.err)
		err = err_set(e, EIO, "%s interface: no answer: %s", interface, answer.text);
	else if (!err)
		(void)printf("%s interface: answers (%u)\n", interface, answer.status);
	buf_free(&answer.body);
	return err;
}

static int check(struct bench *b, struct err *e)
{
	int err = any_answer(b, "public", CLIENT_NONE, "GET", "/cps/company/" CPS_COMPANY, e);

	if (err || !sut_can(b->sut, "retrieval"))
		return err;
	if (retrieval_own(b->sut))
		return retrieval_check(b, e);
	return any_answer(b, "private", CLIENT_PEER, "PUT",
			  "/calls/8a6e2c40-1b9d-4f3e-9c57-0d1e2f3a4b5c?orig=12010000000&dest="
			  "19030000000&wait_ms=0",
			  e);
}

static const char *const capabilities[] = {"retrieval", "retrieval-put", "limits",
					   "push",      "forward",       NULL};
static const char *const published[] = {"push", "forward", NULL};
static const struct role_host hosts[] = {{BENCH_PEER, 0, 1}, {CPS_NEXT, 2, 1}, {NULL, 0, 0}};
static const struct role_interface at[] = {{"public", "https://cps.tsp.example:8443"},
					   {"private", "https://cps.tsp.example:8444"},
					   {NULL, NULL}};

static const struct role_option options[] = {{"private", "retrieval-put"}, {NULL, NULL}};

const struct role role_cps = {
	.name = "cps",
	.what = "a CPS",
	.reference = "{\"name\":\"ref-cps\",\"roles\":[\"cps\"],"
		     "\"process\":{\"command\":[\"ref-cps\",\"--config\"]},"
		     "\"capabilities\":[\"retrieval\",\"retrieval-put\",\"limits\",\"push\","
		     "\"forward\"]}",
	.step_table = &cps_step_table,
	.check_step = cps_check_step,
	.published = published,
	.capabilities = capabilities,
	.self = {"cps.tsp.example", 1, 1},
	.hosts = hosts,
	.at = at,
	.options = options,
	.open = cps_peers_open,
	.close = cps_peers_close,
	.publish = cps_peers_publish,
	.conf = conf,
	.check = check,
	.begin = begin,
	.end = end,
	.step = step,
};
