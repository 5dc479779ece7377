/* The implementation under test as a process: its configuration, its start, its end (docs/plug-in.md). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/auto.h"
#include "lib/base/env.h"
#include "sim/oobsim/conform/role.h"

DEFINE_AUTO(char, free)

#define SLICE_MS 5
/* Numbers of one run of an implementation that stays up, and how many runs pass until they come again */
#define CALLS_EACH 1000
#define RUNS       9000

static void set_members(json_t *conf, const json_t *members)
{
	const char *path;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)members, path, value) {
		bench_conf_set(conf, path, value);
	}
}

/* The root as a file: what an operator is given by hand */
static int write_root(const struct bench *b, struct err *e)
{
	const json_t *root = json_object_get(b->trust, "pa_root");
	char path[PATH_MAX];

	world_path(&b->w, path, "config/pa-root.pem");
	return file_write(path, (struct sv){json_string_value(root), json_string_length(root)}, e);
}

static int make_conf(struct bench *b, const struct surroundings *in, struct err *e)
{
	int err = write_root(b, e);

	if (err)
		return err;
	json_decref(b->conf);
	b->conf = b->role->conf(b, e);
	if (!b->conf)
		return EINVAL;
	set_members(b->conf, in->config);
	set_members(b->conf, in->fault);
	return 0;
}

int bench_write_conf(struct bench *b, const char *path, const struct surroundings *in,
		     struct err *e)
{
	AUTO(free) char *text = NULL;
	int err = make_conf(b, in, e);

	if (err)
		return err;
	text = json_dumps(b->conf, JSON_INDENT(2));
	return text ? file_write(path, sv_from(text), e) : err_set(e, ENOMEM, "out of memory");
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

static bool serves(const struct bench *b, struct err *e)
{
	return b->sut->process.ready == SUT_READY_PORTS ? bench_reachable(b, false, e) == 0
							: proc_ready(b->proc) != NULL;
}

static int not_ready(const struct bench *b, const struct err *last, struct err *e)
{
	const long long ms = (long long)b->sut->process.start_ms;

	if (b->sut->process.ready == SUT_READY_PORTS)
		return err_set(e, ETIMEDOUT, "%s did not serve within %lld ms after its start: %s",
			       b->sut->name, ms, last->s);
	return err_set(e, ETIMEDOUT, "%s printed no line READY {…} within %lld ms after its start",
		       b->sut->name, ms);
}

static int wait_ready(struct bench *b, struct err *e)
{
	uint64_t until = mono_us() + (uint64_t)b->sut->process.start_ms * 1000;
	struct err last = {""};

	while (!serves(b, &last)) {
		if (procs_poll(b->ps, 0))
			return err_set(e, EINTR, "interrupted");
		if (proc_ended(b->proc))
			return ended(b, e);
		if (mono_us() > until)
			return not_ready(b, &last, e);
		bench_wait(b, SLICE_MS); /* it may fetch what it needs from us */
	}
	return 0;
}

static int start(struct bench *b, const char *conf, const char *log, struct err *e)
{
	char program[PATH_MAX];
	const char *argv[64 + 2] = {NULL};
	struct proc_opts opts = {.name = b->sut->name, .argv = argv, .log = log};
	size_t n = b->sut->process.command.n;
	int err;

	err = sut_argv(&b->sut->process.command, program, argv, e);
	argv[n] = conf;
	if (!err)
		err = procs_start(b->ps, &b->proc, &opts, e);
	if (!err)
		proc_may_end(b->proc);
	return err;
}

static int start_process(struct bench *b, const struct surroundings *in, struct err *e)
{
	char conf[PATH_MAX], log[PATH_MAX];
	struct err there = {""};
	int err;

	if (bench_reachable(b, true, &there) == 0)
		return err_set(e, EADDRINUSE,
			       "%s is in use by another program: \"ss -lntp\" shows which; end it",
			       there.s);
	world_path(&b->w, conf, "config/sut-%u.json", ++b->started);
	world_path(&b->w, log, "log/sut-%u.log", b->started);
	err = bench_write_conf(b, conf, in, e);
	if (!err)
		err = start(b, conf, log, e);
	return err ? err : wait_ready(b, e);
}

/* It runs: with what it was provisioned, which the role may want to know. It may still hold what the last run gave it: that
 * one's numbers are not used again */
static int find_address(struct bench *b, const struct surroundings *in, struct err *e)
{
	struct env_shift shift = {0};
	struct env env = env_system(&shift);
	int err = make_conf(b, in, e);

	if (!b->calls)
		b->calls = (unsigned)(env_now_s(&env) % RUNS) * CALLS_EACH;

	return err ? err : bench_reachable(b, false, e);
}

int bench_publish(struct bench *b, const struct sut *sut, const struct surroundings *in,
		  struct err *e)
{
	int err = bench_scene(b, e);

	if (err)
		return err;
	b->sut = sut;
	b->trust = vector_trust(b->scene, in->trust);
	err = bench_connect(b, e);
	return !err && b->role->publish ? b->role->publish(b, in->published, e) : err;
}

int bench_start(struct bench *b, const struct sut *sut, const struct surroundings *in,
		struct err *e)
{
	int err = bench_publish(b, sut, in, e);

	if (!err && sut->kind == SUT_PROCESS)
		err = start_process(b, in, e);
	else if (!err)
		err = find_address(b, in, e);
	if (err)
		(void)bench_stop(b, NULL);
	return err;
}

bool bench_died(const struct bench *b)
{
	return b->proc && proc_ended(b->proc);
}

static int end_process(struct bench *b, struct err *e)
{
	uint64_t until = mono_us() + (uint64_t)b->sut->process.stop_ms * 1000;
	int err = 0;

	if (!proc_ended(b->proc))
		proc_stop(b->proc, false);
	while (!proc_ended(b->proc)) {
		(void)procs_poll(b->ps, SLICE_MS);
		if (mono_us() < until)
			continue;
		err = err_set(e, EIO, "%s did not end within %lld ms after SIGTERM", b->sut->name,
			      (long long)b->sut->process.stop_ms);
		proc_stop(b->proc, true);
		until += 1000000;
	}
	if (!err && proc_code(b->proc) != 0)
		err = ended(b, e);
	procs_forget(b->ps, b->proc);
	b->proc = NULL;
	return err;
}

int bench_stop(struct bench *b, struct err *e)
{
	int err = 0;

	bench_disconnect(b);
	json_decref(b->conf);
	b->conf = NULL;
	if (b->proc)
		err = end_process(b, e);
	b->sut = NULL;
	return err;
}
