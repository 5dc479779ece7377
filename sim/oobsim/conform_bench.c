/* The surroundings of an implementation under test. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/env.h"
#include "lib/net/loop.h"
#include "sim/oobsim/conform.h"

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

static int certificate(const struct bench *b, struct sv path, struct buf *ret)
{
	const struct vector_cred_row *row;
	char id[64];

	if (!sv_starts(path, CERTIFICATES) || path.l < sizeof(CERTIFICATES) + sizeof(".pem") - 1)
		return ENOENT;
	(void)snprintf(id, sizeof(id), "%.*s",
		       (int)(path.l - sizeof(CERTIFICATES) - sizeof(".pem") + 2),
		       path.p + sizeof(CERTIFICATES) - 1);
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
	const struct bench *b = arg;
	struct sv path = https_req_path(req);

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct sv body = published(b, lists[i].list, lists[i].member);

		if (!sv_eqz(path, lists[i].path) || !body.p)
			continue;
		https_reply(req, 200, lists[i].ctype, body, NULL);
		return;
	}
	if (certificate(b, path, &text) == 0)
		https_reply(req, 200, "application/pem-certificate-chain", buf_sv(&text), NULL);
	else
		https_reply(req, 404, NULL, (struct sv){0}, NULL);
}

/* --- TLS --- */

static const char repository_host[] = "cr." WORLD_PKI_DOMAIN;

static int make_tls(struct bench *b, struct err *e)
{
	char pki[PATH_MAX];
	const char *init[] = {"init", pki, NULL};
	const char *tls[] = {"tls",  pki,         "--name", repository_host,
			     "--ip", b->pki_addr, "--name", SUT_HOST,
			     "--ip", b->sut_addr, "--name", SUT_CLIENT,
			     "--ip", b->pki_addr, "--name", SUT_STRANGER,
			     "--ip", b->pki_addr, NULL};
	int err;

	world_path(&b->w, pki, "pki");
	err = world_sti_pki(&b->w, b->ps, init, NULL, e);
	return err ? err : world_sti_pki(&b->w, b->ps, tls, NULL, e);
}

static char *tls_file(const struct bench *b, const char *name, const char *suffix)
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

	b->tls.cert = tls_file(b, repository_host, "");
	b->tls.key = tls_file(b, repository_host, "-key");
	if (!b->tls.cert || !b->tls.key)
		return err_set(e, ENOMEM, "out of memory");
	return https_server_alloc(&b->repository, &opts, on_request, b, e);
}

static int open_client(struct bench *b, enum case_client which, const char *name, struct err *e)
{
	struct https_client_conf *conf = &b->client_confs[which];

	*conf = (struct https_client_conf){
		.ca = tls_file(b, "root", ""),
		.cert = name ? tls_file(b, name, "") : NULL,
		.key = name ? tls_file(b, name, "-key") : NULL,
		.resolve = {&b->sut_name, 1},
		.max_in_flight = 16,
		.max_queue = 16,
		.connect_timeout_ms = CONNECT_MS,
	};
	return https_client_alloc(&b->clients[which], conf, b->pki_addr, e);
}

/* --- life --- */

static int make_dirs(const struct bench *b, struct err *e)
{
	static const char *const names[] = {"log", "config"};
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

int bench_scene(struct bench *b, struct err *e)
{
	struct env_shift shift = {0};
	struct env env = env_system(&shift);
	int64_t now_s = env_now_s(&env);

	if (b->scene && now_s - b->scene_s < SCENE_MAX_S)
		return 0;
	vector_scene_free(b->scene);
	b->scene = NULL;
	b->trust = NULL;
	b->scene_s = now_s;
	return vector_scene_alloc(&b->scene, b->seed, now_s, e);
}

int bench_open(struct bench *b, const char *dir, uint64_t seed, struct err *e)
{
	int err;

	*b = (struct bench){.seed = seed, .w.lock_fd = -1};
	(void)snprintf(b->w.dir, sizeof(b->w.dir), "%s", dir);
	err = procs_alloc(&b->ps, no_trace, NULL, e);
	if (!err)
		err = world_claim(&b->w, 0, e);
	if (err)
		return err;
	(void)snprintf(b->pki_addr, sizeof(b->pki_addr), "127.%d.0.1", b->w.number);
	(void)snprintf(b->sut_addr, sizeof(b->sut_addr), "127.%d.1.1", b->w.number);
	b->sut_name = (struct conf_pair){(char *)(uintptr_t)SUT_HOST, b->sut_addr};
	err = make_dirs(b, e);
	if (!err)
		err = make_tls(b, e);
	if (!err)
		err = bench_scene(b, e);
	if (!err && (loop_init() || timer_alloc(&b->tick, stop_waiting, NULL)))
		err = err_set(e, ENOMEM, "out of memory");
	if (!err)
		err = open_repository(b, e);
	return err;
}

int bench_connect(struct bench *b, struct err *e)
{
	int err = open_client(b, CASE_CLIENT_NONE, NULL, e);

	if (!err)
		err = open_client(b, CASE_CLIENT_VS, SUT_CLIENT, e);
	return err ? err : open_client(b, CASE_CLIENT_FOREIGN, SUT_STRANGER, e);
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
	https_server_free(b->repository);
	timer_free(b->tick);
	loop_close();
	vector_scene_free(b->scene);
	procs_free(b->ps);
	free(b->tls.cert);
	free(b->tls.key);
	if (b->w.lock_fd >= 0)
		(void)close(b->w.lock_fd);
}
