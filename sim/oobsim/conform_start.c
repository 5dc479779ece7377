/* The implementation under test as a process: its configuration, its start, its end (docs/plug-in.md). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/base/env.h"
#include "sim/oobsim/conform.h"

DEFINE_AUTO(json_t, json_decref)

#define COMPANY  "5678"
#define SLICE_MS 5

static json_t *listener(const struct bench *b, int port, bool private)
{
	json_t *v = json_pack("{s:s, s:i, s:{s:o, s:o}}", "addr", b->sut_addr, "port", port, "tls",
			      "cert", json_sprintf("%s/pki/tls/" SUT_HOST ".pem", b->w.dir), "key",
			      json_sprintf("%s/pki/tls/" SUT_HOST "-key.pem", b->w.dir));

	if (private) {
		(void)json_object_set_new(json_object_get(v, "tls"), "client_ca",
					  json_sprintf("%s/pki/tls/root.pem", b->w.dir));
		(void)json_object_set_new(v, "clients", json_pack("[s]", SUT_CLIENT));
	}
	return v;
}

/* The root as a file: what an operator is given by hand */
static int write_root(const struct bench *b, char path[PATH_MAX], struct err *e)
{
	const json_t *root = json_object_get(b->trust, "pa_root");

	world_path(&b->w, path, "config/pa-root.pem");
	return file_write(path, (struct sv){json_string_value(root), json_string_length(root)}, e);
}

static json_t *make_conf(const struct bench *b, const char *root)
{
	const json_t *chain = json_object_get(json_object_get(b->trust, "crl"), "chain");
	json_t *trust = json_pack("{s:s, s:s, s:s}", "pa_root", root, "ca_list",
				  "https://cr." WORLD_PKI_DOMAIN ":8443/ca-list", "crl",
				  "https://cr." WORLD_PKI_DOMAIN ":8443/crl");

	if (json_string_length(chain))
		(void)json_object_set_new(
			trust, "crl_chain",
			json_string("https://cr." WORLD_PKI_DOMAIN ":8443/crl-chain.pem"));
	return json_pack("{s:o, s:o, s:[s], s:o, s:{s:o, s:{s:s}}}", "public",
			 listener(b, HTTPS_PORT, false), "private", listener(b, PRIVATE_PORT, true),
			 "companies", COMPANY, "trust", trust, "https", "ca",
			 json_sprintf("%s/pki/tls/root.pem", b->w.dir), "resolve",
			 "cr." WORLD_PKI_DOMAIN, b->pki_addr);
}

/* Set the member that a path with dots names */
static void set_member(json_t *conf, const char *path, json_t *value)
{
	struct sv rest = sv_from(path);

	for (;;) {
		struct sv word = sv_cut(&rest, '.');
		char name[64];
		json_t *inner;

		(void)snprintf(name, sizeof(name), "%.*s", SV_ARG(word));
		if (!rest.l) {
			(void)json_object_set(conf, name, value);
			return;
		}
		inner = json_object_get(conf, name);
		if (!inner) {
			inner = json_object();
			(void)json_object_set_new(conf, name, inner);
		}
		conf = inner;
	}
}

static int write_conf(const struct bench *b, const char *path, const json_t *fault, struct err *e)
{
	char root[PATH_MAX];
	AUTO(json_decref) json_t *conf = NULL;
	const char *name;
	json_t *value;
	char *text;
	int err = write_root(b, root, e);

	if (err)
		return err;
	conf = make_conf(b, root);
	json_object_foreach ((json_t *)(uintptr_t)fault, name, value) {
		set_member(conf, name, value);
	}
	text = conf ? json_dumps(conf, JSON_INDENT(2)) : NULL;
	err = text ? file_write(path, sv_from(text), e) : err_set(e, ENOMEM, "out of memory");
	free(text);
	return err;
}

static int ended(const struct bench *b, struct err *e)
{
	BUF_AUTO struct buf why = BUF(ERR_MAX);

	if (proc_code(b->proc) == SUT_CANNOT)
		return err_set(e, ENOTSUP, "%s ended with %d: it cannot do this", b->sut->name,
			       SUT_CANNOT);
	proc_text(b->proc, &why);
	return err_set(e, EIO, "%s", why.p ? why.p : "it ended");
}

static int wait_ready(struct bench *b, struct err *e)
{
	uint64_t until = mono_us() + (uint64_t)b->sut->start_ms * 1000;

	while (!proc_ready(b->proc)) {
		if (procs_poll(b->ps, 0))
			return err_set(e, EINTR, "interrupted");
		if (proc_ended(b->proc))
			return ended(b, e);
		if (mono_us() > until)
			return err_set(
				e, ETIMEDOUT,
				"%s printed no line READY {…} within %lld ms after its start",
				b->sut->name, (long long)b->sut->start_ms);
		bench_wait(b, SLICE_MS); /* it may fetch what it needs from us */
	}
	return 0;
}

static int start(struct bench *b, const char *conf, const char *log, struct err *e)
{
	char *const *command = b->sut->command.v;
	char program[PATH_MAX];
	const char *argv[64 + 2] = {program};
	struct proc_opts opts = {.name = b->sut->name, .argv = argv, .log = log};
	size_t n = b->sut->command.n;
	int err = 0;

	if (strchr(command[0], '/'))
		(void)snprintf(program, sizeof(program), "%s", command[0]);
	else
		err = proc_find(program, sizeof(program), command[0], e);
	for (size_t i = 1; i < n; i++)
		argv[i] = command[i];
	argv[n] = conf;
	if (!err)
		err = procs_start(b->ps, &b->proc, &opts, e);
	if (!err)
		proc_may_end(b->proc);
	return err;
}

int bench_start(struct bench *b, const struct sut *sut, const char *trust, const json_t *fault,
		struct err *e)
{
	char conf[PATH_MAX], log[PATH_MAX];
	int err;

	b->sut = sut;
	err = bench_scene(b, e);
	if (err)
		return err;
	b->trust = vector_trust(b->scene, trust);
	world_path(&b->w, conf, "config/sut-%u.json", ++b->started);
	world_path(&b->w, log, "log/sut-%u.log", b->started);
	err = bench_connect(b, e);
	if (!err)
		err = write_conf(b, conf, fault, e);
	if (!err)
		err = start(b, conf, log, e);
	if (!err)
		err = wait_ready(b, e);
	if (err && b->proc)
		(void)bench_stop(b, NULL);
	return err;
}

int bench_stop(struct bench *b, struct err *e)
{
	uint64_t until = mono_us() + (uint64_t)b->sut->stop_ms * 1000;
	int err = 0;

	bench_disconnect(b);
	if (!b->proc)
		return 0;
	if (!proc_ended(b->proc))
		proc_stop(b->proc, false);
	while (!proc_ended(b->proc)) {
		(void)procs_poll(b->ps, SLICE_MS);
		if (mono_us() < until)
			continue;
		err = err_set(e, EIO, "%s did not end within %lld ms after SIGTERM", b->sut->name,
			      (long long)b->sut->stop_ms);
		proc_stop(b->proc, true);
		until += 1000000;
	}
	if (!err && proc_code(b->proc) != 0)
		err = ended(b, e);
	procs_forget(b->ps, b->proc);
	b->proc = NULL;
	return err;
}
