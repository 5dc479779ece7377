/* The surroundings of an implementation under test. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/env.h"
#include "lib/net/loop.h"
#include "lib/trace/trace.h"
#include "sim/oobsim/conform/given.h"
#include "sim/oobsim/conform/role.h"

#define CERTIFICATES "/certificates/"
#define CONNECT_MS   2000
/* Some certificates are valid for seconds before or behind the moment in which they are made */
#define SCENE_MAX_S 10

/* --- the repository: certificates by their credential, the lists that are in force --- */

static struct sv published(const struct bench *b, const char *list, const char *member)
{
	const json_t *v = json_object_get(json_object_get(b->trust, list), member);

	return (struct sv){json_string_value(v), json_string_length(v)};
}

/* <id>.pem, in a folder of whatever name or in none */
static int certificate(const struct bench *b, struct sv path, struct buf *ret)
{
	const struct vector_cred_row *row;
	struct sv name = path;
	char id[64];

	if (!sv_starts(path, CERTIFICATES))
		return ENOENT;
	while (sv_find(name, '/') < name.l)
		(void)sv_cut(&name, '/');
	if (name.l < sizeof(".pem"))
		return ENOENT;
	(void)snprintf(id, sizeof(id), "%.*s", (int)(name.l - sizeof(".pem") + 1), name.p);
	row = vector_cred_find(id);
	if (!row || !row->chain)
		return ENOENT;
	return vector_expand(ret, row->chain, vector_scene_vars(b->scene), NULL);
}

static void on_request(struct https_req *req, void *arg)
{
	static const struct {
		const char *path, *list, *member, *ctype;
	} lists[] = {
		{"/ca-list", "ca_list", "jwt", "application/jwt"},
		{"/pa/signer.pem", "ca_list", "chain", "application/pem-certificate-chain"},
		{"/crl", "crl", "pem", "application/x-pem-file"},
		{"/crl-chain.pem", "crl", "chain", "application/pem-certificate-chain"},
	};
	BUF_AUTO struct buf text = BUF(VECTOR_TEXT_MAX);
	struct bench *b = arg;
	struct sv path = https_req_path(req);

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct sv body = published(b, lists[i].list, lists[i].member);

		if (!sv_eqz(path, lists[i].path) || !body.p)
			continue;
		https_reply(req, 200, lists[i].ctype, body, NULL);
		return;
	}
	if (b->role->serve && b->role->serve(b, req))
		return;
	if (certificate(b, path, &text) == 0)
		https_reply(req, 200, "application/pem-certificate-chain", buf_sv(&text), NULL);
	else
		https_reply(req, 404, NULL, (struct sv){0}, NULL);
}

/* --- TLS --- */

static const char repository_host[] = "cr." WORLD_PKI_DOMAIN;

static size_t add_name(const char **argv, const char *name, const char *addr)
{
	const char *words[] = {"--name", name, "--ip", addr};

	memcpy(argv, words, sizeof(words));
	return sizeof(words) / sizeof(words[0]);
}

void bench_addr(const struct bench *b, char ret[ADDR_MAX], unsigned of, unsigned element)
{
	if (b->provision)
		given_addr(b->provision, b->role, of, element, ret);
	else
		(void)snprintf(ret, ADDR_MAX, "127.%d.%u.%u", b->w.number, of, element);
}

/* One certificate for each name: of the repository, of those who ask, of the implementation, of its peers */
static int make_tls(struct bench *b, struct err *e)
{
	static const char *const askers[] = {repository_host, BENCH_PEER, BENCH_FOREIGN};
	char pki[PATH_MAX], addrs[16][ADDR_MAX];
	const char *init[] = {"init", pki, NULL}, *tls[4 * 16 + 3] = {"tls", pki};
	const struct role_host *h = b->role->hosts;
	size_t n = 2, k = 0;
	int err;

	for (size_t i = 0; i < sizeof(askers) / sizeof(askers[0]); i++)
		n += add_name(&tls[n], askers[i], b->pki_addr);
	if (b->role->self.name)
		n += add_name(&tls[n], b->role->self.name, b->sut_addr);
	for (; h && h->name && k < sizeof(addrs) / sizeof(addrs[0]); h++, k++) {
		if (strcmp(h->name, BENCH_PEER) == 0 || strcmp(h->name, BENCH_FOREIGN) == 0)
			continue; /* it has one */
		bench_addr(b, addrs[k], h->of, h->element);
		n += add_name(&tls[n], h->name, addrs[k]);
	}
	world_path(&b->w, pki, "pki");
	if (access(pki, F_OK) == 0) /* it was given */
		return 0;
	err = world_sti_pki(&b->w, b->ps, init, NULL, e);
	return err ? err : world_sti_pki(&b->w, b->ps, tls, NULL, e);
}

char *bench_tls_file(const struct bench *b, const char *name, const char *suffix)
{
	char path[PATH_MAX];

	world_path(&b->w, path, "pki/tls/%s%s.pem", name, suffix);
	return strdup(path);
}

static int open_repository(struct bench *b, struct err *e)
{
	struct https_server_opts opts = {.addr = b->pki_addr,
					 .port = HTTPS_PORT,
					 .tls = &b->tls,
					 .max_body = 1024,
					 .max_conns = 64,
					 .idle_timeout_s = 60};

	b->tls.cert = bench_tls_file(b, repository_host, "");
	b->tls.key = bench_tls_file(b, repository_host, "-key");
	if (!b->tls.cert || !b->tls.key)
		return err_set(e, ENOMEM, "out of memory");
	return https_server_alloc(&b->repository, &opts, on_request, b, e);
}

const char *const bench_client_words[BENCH_CLIENTS + 1] = {
	[CLIENT_PEER] = "vs", [CLIENT_NONE] = "none", [CLIENT_FOREIGN] = "foreign"};

static int open_client(struct bench *b, enum bench_client which, const char *name, struct err *e)
{
	struct https_client_conf *conf = &b->client_confs[which];

	*conf = (struct https_client_conf){
		.ca = b->sut->address.ca ? strdup(b->sut->address.ca)
					 : bench_tls_file(b, "root", ""),
		.cert = name ? bench_tls_file(b, name, "") : NULL,
		.key = name ? bench_tls_file(b, name, "-key") : NULL,
		.resolve = b->resolve,
		.max_in_flight = 16,
		.max_queue = 16,
		.connect_timeout_ms = CONNECT_MS,
	};
	return https_client_alloc(&b->clients[which], conf, b->pki_addr, e);
}

/* --- life --- */

static int make_dirs(const struct bench *b, struct err *e)
{
	static const char *const names[] = {"", "log", "config"};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		world_path(&b->w, path, "%s", names[i]);
		if (mkdir(path, 0755) && errno != EEXIST)
			return err_set(e, errno, "%s: %s", path, strerror(errno));
	}
	return 0;
}

static void stop_waiting(void *arg)
{
	(void)arg;
	loop_stop();
}

static void no_trace(struct sv line, void *arg)
{
	(void)line;
	(void)arg;
}

/* Certificates that the implementation was given stay those that they are */
static int take_provisioned(const struct bench *b, struct err *e)
{
	char pki[PATH_MAX], to[PATH_MAX];

	if (!b->provision || b->home)
		return 0;
	(void)snprintf(pki, sizeof(pki), "%s/pki", b->provision->dir);
	world_path(&b->w, to, "pki");
	return symlink(pki, to) ? err_set(e, errno, "%s: %s", to, strerror(errno)) : 0;
}

static void take_addresses(struct bench *b)
{
	bench_addr(b, b->pki_addr, 0, 1);
	if (b->provision && b->provision->at)
		(void)snprintf(b->sut_addr, sizeof(b->sut_addr), "%s", b->provision->at);
	else
		bench_addr(b, b->sut_addr, b->role->self.of, b->role->self.element);
}

/* What the bench itself sends and receives, for ladders and captures of what failed */
static int open_trace(struct bench *b, struct err *e)
{
	char path[PATH_MAX];

	int err;

	world_path(&b->w, path, "trace.jsonl");
	err = trace_open(path, "bench", e);
	if (!err)
		bench_tell(b);
	return err;
}

int bench_scene(struct bench *b, struct err *e)
{
	struct env_shift shift = {0};
	struct env env = env_system(&shift);
	int64_t now_s = env_now_s(&env);
	struct err why = {""};
	int err;

	if (b->scene && now_s - b->scene_s < SCENE_MAX_S)
		return 0;
	vector_scene_free(b->scene);
	b->scene = NULL;
	b->trust = NULL;
	b->scene_s = now_s;
	err = vector_scene_alloc(&b->scene, b->seed, now_s, &why);
	return err ? err_set(e, err, "%s", why.s) : 0;
}

static int open_services(struct bench *b, struct err *e)
{
	int err = bench_scene(b, e);

	if (!err && timer_alloc(&b->tick, stop_waiting, NULL))
		err = err_set(e, ENOMEM, "out of memory");
	if (!err)
		err = open_trace(b, e);
	if (!err)
		err = open_repository(b, e);
	return !err && b->role->open ? b->role->open(b, e) : err;
}

int bench_open(struct bench *b, const struct role *role, const char *dir, uint64_t seed,
	       struct err *e)
{
	int err;

	b->role = role;
	b->seed = b->provision ? (uint64_t)b->provision->seed : seed;
	b->w.lock_fd = -1;
	if (b->home)
		(void)snprintf(b->w.dir, sizeof(b->w.dir), "%s", b->home);
	else
		(void)snprintf(b->w.dir, sizeof(b->w.dir), "%s/%s-%u", dir, role->name, b->part);
	err = procs_alloc(&b->ps, no_trace, NULL, e);
	if (!err && role_alone(role))
		return role->batch ? make_dirs(b, e) : 0;
	if (!err && loop_init())
		err = err_set(e, ENOMEM, "out of memory");
	if (!err)
		err = b->provision ? given_claim(b->provision, &b->w.lock_fd, e)
				   : world_claim(&b->w, 0, e);
	if (!err)
		err = make_dirs(b, e);
	if (err)
		return err;
	take_addresses(b);
	err = take_provisioned(b, e);
	if (err)
		return err;
	err = make_tls(b, e);
	return err ? err : open_services(b, e);
}

int bench_connect(struct bench *b, struct err *e)
{
	const struct role *role = b->role;
	int err;

	b->self = (struct conf_pair){(char *)(uintptr_t)role->self.name, b->sut_addr};
	b->resolve = b->sut->kind == SUT_ADDRESS ? b->sut->address.resolve
						 : (struct conf_list){&b->self, 1};
	err = open_client(b, CLIENT_NONE, NULL, e);

	if (!err)
		err = open_client(b, CLIENT_PEER, BENCH_PEER, e);
	return err ? err : open_client(b, CLIENT_FOREIGN, BENCH_FOREIGN, e);
}

void bench_disconnect(struct bench *b)
{
	for (size_t i = 0; i < sizeof(b->clients) / sizeof(b->clients[0]); i++) {
		https_client_free(b->clients[i]);
		b->clients[i] = NULL;
		free(b->client_confs[i].ca);
		free(b->client_confs[i].cert);
		free(b->client_confs[i].key);
		b->client_confs[i] = (struct https_client_conf){0};
	}
}

void bench_close(struct bench *b)
{
	bench_disconnect(b);
	if (b->role->close)
		b->role->close(b);
	https_server_free(b->repository);
	timer_free(b->tick);
	loop_close();
	vector_scene_free(b->scene);
	procs_free(b->ps);
	trace_close();
	free(b->tls.cert);
	free(b->tls.key);
	if (b->w.lock_fd >= 0)
		(void)close(b->w.lock_fd);
}
