/* What surrounds a CPS besides the repository: the STI-VS to which it pushes (5.3 step 9), and the CPS of another provider to
 * which a transit provider's sends on (6.3). Both are played by the bench: they keep what comes, and answer as a step says. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "lib/net/loop.h"
#include "sim/oobsim/roles/role_cps.h"

/* A request to a peer has so many PASSporTs at the most */
#define BODY_MAX (1u << 20)
/* Until something must have come to a peer, when a step does not say it */
#define GOT_MS 2000
/* Requests that are remembered */
#define ARRIVED_MAX 4096
/* Numbers that a transit provider's CPS sends on, and the carrier's code */
#define FORWARD_PREFIX "1903"
#define FORWARD_CIC    "0222"

/* A request that came */
struct arrived {
	uint64_t number; /* from 1 */
	struct buf body;
	char ctype[96], via[256], peer[64];
	struct arrived *prev, *next;
};

/* How the next requests are answered */
struct plan {
	unsigned status; /* 0: not at all */
	int64_t retry_after_s, count, delay_ms;
};

/* An answer that is held back */
struct held {
	struct peer *peer;
	struct https_req *req;
	struct timer *timer;
	struct plan plan;
	struct held *prev, *next;
};

struct peer {
	enum cps_peer as;
	struct tls_conf tls;
	struct https_server *server;
	struct plan plan;
	struct arrived *arrived;
	size_t kept;
	uint64_t count;
	struct held *held;
};

struct cps_peers {
	struct peer v[CPS_PEERS];
	const char *published; /* of the implementation that runs; borrowed */
};

static struct peer *peer_of(const struct play *p, enum cps_peer as)
{
	return &((struct cps_peers *)p->b->role_state)->v[as];
}

/* --- answers --- */

static void reply(struct https_req *req, const struct plan *plan)
{
	static const char problem[] = "{\"title\":\"turned away by the bench\"}\n";
	struct https_header headers[2] = {{NULL, NULL}};
	char seconds[24];
	bool good = plan->status < 400;

	(void)snprintf(seconds, sizeof(seconds), "%lld", (long long)plan->retry_after_s);
	if (plan->retry_after_s >= 0)
		headers[0] = (struct https_header){"Retry-After", seconds};
	https_reply(req, plan->status, good ? NULL : "application/problem+json",
		    good ? SV("") : SV(problem), headers);
}

static void held_free(struct held *h)
{
	DL_DELETE(h->peer->held, h);
	timer_free(h->timer);
	free(h);
}

static void held_due(void *arg)
{
	struct held *h = arg;

	reply(h->req, &h->plan);
	held_free(h);
}

static void held_gone(void *arg)
{
	held_free(arg);
}

/* Later, or never */
static void hold(struct peer *peer, struct https_req *req, const struct plan *plan)
{
	struct held *h = calloc(1, sizeof(*h));

	if (!h || timer_alloc(&h->timer, held_due, h)) {
		free(h);
		reply(req, plan);
		return;
	}
	h->peer = peer;
	h->req = req;
	h->plan = *plan;
	DL_APPEND(peer->held, h);
	https_req_on_gone(req, held_gone, h);
	if (plan->status)
		timer_start(h->timer, (uint64_t)plan->delay_ms);
}

/* --- requests --- */

static void forget(struct peer *peer, struct arrived *a)
{
	DL_DELETE(peer->arrived, a);
	peer->kept--;
	buf_free(&a->body);
	free(a);
}

static void keep(struct peer *peer, const struct https_req *req)
{
	struct arrived *a = calloc(1, sizeof(*a));

	if (!a)
		return;
	a->number = peer->count;
	a->body = BUF(BODY_MAX);
	(void)buf_addsv(&a->body, https_req_body(req));
	(void)snprintf(a->ctype, sizeof(a->ctype), "%.*s",
		       SV_ARG(https_req_header(req, "Content-Type")));
	(void)snprintf(a->via, sizeof(a->via), "%.*s", SV_ARG(https_req_header(req, "Via")));
	(void)snprintf(a->peer, sizeof(a->peer), "%s", https_req_peer(req));
	DL_APPEND(peer->arrived, a);
	if (++peer->kept > ARRIVED_MAX)
		forget(peer, peer->arrived);
}

static void on_request(struct https_req *req, void *arg)
{
	static const struct plan good = {.status = 201, .retry_after_s = -1};
	struct peer *peer = arg;
	struct plan plan = peer->plan;
	char client[256];

	/* 5.2: the STI-VS takes PASSporTs from its own CPS alone */
	if (peer->as == CPS_PEER_VS && (https_req_client(req, client, sizeof(client), NULL) ||
					strcmp(client, role_cps.self.name) != 0)) {
		plan = (struct plan){.status = 403, .retry_after_s = -1};
		reply(req, &plan);
		return;
	}
	peer->count++;
	keep(peer, req);
	if (plan.count && --peer->plan.count == 0)
		peer->plan = good;
	loop_stop();
	if (plan.status && !plan.delay_ms)
		reply(req, &plan);
	else
		hold(peer, req, &plan);
}

/* --- steps --- */

int cps_peer_set(struct play *p, const struct cps_step *s)
{
	struct cps_play *cp = p->state;

	cp->from[s->as] = peer_of(p, (enum cps_peer)s->as)->count;
	peer_of(p, (enum cps_peer)s->as)->plan = (struct plan){
		.status = (unsigned)s->status,
		.retry_after_s = s->retry_after_s,
		.count = s->count,
		.delay_ms = s->delay_ms,
	};
	return 0;
}

/* Has it a PASSporT of this case in it? Others may still be tried again */
static bool is_ours(const struct play *p, const struct arrived *a)
{
	const struct case_token *t = p->c->tokens.v;
	size_t n = p->c->tokens.n;

	for (size_t i = 0; i < (n ? n : 1); i++) {
		struct sv token = play_token(p, n ? t[i].name : "a");

		if (token.l && a->body.l && memmem(a->body.p, a->body.l, token.p, token.l))
			return true;
	}
	return false;
}

size_t cps_peer_count(const struct play *p, enum cps_peer as)
{
	const struct cps_play *cp = p->state;
	const struct arrived *a;
	size_t n = 0;

	DL_FOREACH (peer_of(p, as)->arrived, a)
		n += a->number > cp->from[as] && is_ours(p, a);
	return n;
}

/* What a step waits for */
struct want {
	const struct play *p;
	const struct cps_step *s;
	const char *missing; /* a token that has not come */
	const char *connection;
	size_t requests; /* that bring one of the tokens */
	const char *wrong;
};

/* One request: which tokens it brings. `seen` are those that came so far */
static void look_at(struct want *w, struct arrived *a, bool *seen)
{
	char *const *names = w->s->brings.v;
	BUF_AUTO struct buf left = BUF(BODY_MAX);
	bool any = false;

	(void)buf_addsv(&left, buf_sv(&a->body));
	for (size_t i = 0; i < w->s->brings.n; i++) {
		bool here = cps_take_line(&left, play_token(w->p, names[i]));

		any |= here;
		seen[i] |= here;
	}
	w->requests += any;
	if (!any)
		return;
	if (sv_trim(buf_sv(&left)).l)
		w->wrong = "something else came with it";
	if (strcasecmp(a->ctype, "application/passport") != 0)
		w->wrong = "Content-Type is not application/passport";
	if (w->s->via && !strstr(a->via, w->s->via))
		w->wrong = "Via does not say who sends it on";
	if (w->s->same_connection && w->connection && strcmp(w->connection, a->peer) != 0)
		w->wrong = "it came over another connection";
	w->connection = a->peer;
}

static void look(struct want *w)
{
	struct cps_play *cp = w->p->state;
	struct peer *peer = peer_of(w->p, (enum cps_peer)w->s->as);
	char *const *names = w->s->brings.v;
	bool seen[CASE_TOKENS] = {false};
	struct arrived *a;

	w->requests = 0;
	w->wrong = w->missing = w->connection = NULL;
	DL_FOREACH (peer->arrived, a)
		if (a->number > cp->from[w->s->as])
			look_at(w, a, seen);
	for (size_t i = 0; i < w->s->brings.n && !w->missing; i++)
		w->missing = seen[i] ? NULL : names[i];
}

static bool is_there(const void *arg)
{
	struct want w = *(const struct want *)arg;

	look(&w);
	return !w.missing && w.requests >= (size_t)w.s->times;
}

int cps_peer_got(struct play *p, const struct cps_step *s)
{
	struct want w = {.p = p, .s = s};
	const char *word = cps_do_words[CPS_GOT];
	int err = cps_run_until(p->b, is_there, &w, s->within_ms ? (uint64_t)s->within_ms : GOT_MS);

	look(&w);
	if (err)
		return err;
	if (w.missing)
		return play_fails(p, word, "PASSporT %s did not come; requests: %zu", w.missing,
				  cps_peer_count(p, (enum cps_peer)s->as));
	if (w.wrong)
		return play_fails(p, word, "%s", w.wrong);
	if (s->times && w.requests != (size_t)s->times)
		return play_fails(p, word, "%zu requests, not %lld", w.requests,
				  (long long)s->times);
	return 0;
}

/* --- life --- */

static int open_peer(struct bench *b, struct peer *peer, enum cps_peer as, const char *name,
		     unsigned of, uint16_t port, struct err *e)
{
	char addr[ADDR_MAX];
	struct https_server_opts opts = {.addr = addr,
					 .port = port,
					 .tls = &peer->tls,
					 .max_body = BODY_MAX,
					 .max_conns = 64,
					 .idle_timeout_s = 60};

	peer->as = as;
	bench_addr(b, addr, of, 1);
	peer->tls = (struct tls_conf){bench_tls_file(b, name, ""), bench_tls_file(b, name, "-key"),
				      as == CPS_PEER_VS ? bench_tls_file(b, "root", "") : NULL};
	if (!peer->tls.cert || !peer->tls.key)
		return err_set(e, ENOMEM, "out of memory");
	return https_server_alloc(&peer->server, &opts, on_request, peer, e);
}

int cps_peers_open(struct bench *b, struct err *e)
{
	struct cps_peers *peers = calloc(1, sizeof(*peers));
	int err;

	if (!peers)
		return err_set(e, ENOMEM, "out of memory");
	b->role_state = peers;
	err = open_peer(b, &peers->v[CPS_PEER_VS], CPS_PEER_VS, BENCH_PEER, 0, PRIVATE_PORT, e);
	return err ? err
		   : open_peer(b, &peers->v[CPS_PEER_NEXT], CPS_PEER_NEXT, CPS_NEXT, 2, HTTPS_PORT,
			       e);
}

void cps_peers_close(struct bench *b)
{
	struct cps_peers *peers = b->role_state;
	struct arrived *a, *a_tmp;
	struct held *h, *h_tmp;

	for (size_t i = 0; peers && i < CPS_PEERS; i++) {
		struct peer *peer = &peers->v[i];

		https_server_free(peer->server);
		DL_FOREACH_SAFE (peer->held, h, h_tmp) {
			held_free(h);
		}
		DL_FOREACH_SAFE (peer->arrived, a, a_tmp) {
			forget(peer, a);
		}
		free(peer->tls.cert);
		free(peer->tls.key);
		free(peer->tls.client_ca);
	}
	free(peers);
	b->role_state = NULL;
}

void cps_peers_begin(struct play *p)
{
	struct cps_play *cp = p->state;

	for (size_t i = 0; i < CPS_PEERS; i++) {
		struct peer *peer = peer_of(p, (enum cps_peer)i);

		cp->from[i] = peer->count;
		peer->plan = (struct plan){.status = 201, .retry_after_s = -1};
	}
}

int cps_peers_publish(struct bench *b, const char *published, struct err *e)
{
	(void)e;
	((struct cps_peers *)b->role_state)->published = published;
	return 0;
}

int cps_peers_conf(struct bench *b, json_t *conf)
{
	const char *published = ((struct cps_peers *)b->role_state)->published;
	json_t *v = NULL;

	if (strcmp(published, "push") == 0) {
		v = json_pack("{s:s, s:o, s:i}", "url", "https://" BENCH_PEER ":8444/passports",
			      "https", bench_conf_https(b, role_cps.self.name), "retry_ms", 10);
		return json_object_set_new(conf, "push", v) ? ENOMEM : 0;
	}
	if (strcmp(published, "forward") != 0)
		return 0;
	v = json_pack("{s:s, s:[{s:s, s:s}], s:{s:s}, s:i}", "name", role_cps.self.name, "numbers",
		      "prefix", FORWARD_PREFIX, "cic", FORWARD_CIC, "cps", FORWARD_CIC,
		      "https://" CPS_NEXT ":8443/cps/company/9012", "timeout_ms", 300);
	return json_object_set_new(conf, "forward", v) ? ENOMEM : 0;
}
