/* A program that reads vectors a line and writes verdicts a line, in whatever order. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/env.h"
#include "sim/oobsim/conform/judge.h"

/* A line longer than this is no answer */
#define ANSWER_MAX   (64u << 10)
#define READ_SIZE    65536
#define SLICE_MS     20
#define END_SLICE_MS 2
#define FAULT_MAX    8

struct judge_proc {
	struct bench *b;
	const struct sut *sut;
	struct proc *proc;
	int in, out; /* what it reads, what it writes: our ends; -1: closed */
	const char *line;
	size_t len, at; /* of the line under way, with its newline */
	struct buf begun;
	bool skips; /* the rest of a line that is too long */
};

static void close_end(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

/* Options of the reference that make it wrong: {"accept": "stale"} */
static size_t add_fault(const char **argv, char names[FAULT_MAX][40], const json_t *fault)
{
	const char *name;
	json_t *value;
	size_t n = 0, k = 0;

	json_object_foreach ((json_t *)(uintptr_t)fault, name, value) {
		if (k == FAULT_MAX)
			break;
		(void)snprintf(names[k], sizeof(names[k]), "--%s", name);
		argv[n++] = names[k++];
		argv[n++] = json_string_value(value);
	}
	return n;
}

static int run(struct judge_proc *p, const json_t *fault, int in, int out, struct err *e)
{
	char program[PATH_MAX], log[PATH_MAX], names[FAULT_MAX][40];
	const char *argv[64 + 2 * FAULT_MAX + 1] = {NULL};
	const struct proc_opts opts = {
		.name = p->sut->name, .argv = argv, .log = log, .in_fd = in, .out_fd = out};
	size_t n = p->sut->judge.command.n;
	int err;

	world_path(&p->b->w, log, "log/sut-%u.log", ++p->b->started);
	err = sut_argv(&p->sut->judge.command, program, argv, e);
	n += add_fault(&argv[n], names, fault);
	argv[n] = NULL;
	if (!err)
		err = procs_start(p->b->ps, &p->proc, &opts, e);
	if (!err)
		proc_may_end(p->proc);
	return err;
}

int judge_start(struct judge_proc **ret, struct bench *b, const struct sut *sut,
		const json_t *fault, struct err *e)
{
	struct judge_proc *p = calloc(1, sizeof(*p));
	int in[2] = {-1, -1}, out[2] = {-1, -1}, err;

	if (!p)
		return err_set(e, ENOMEM, "out of memory");
	(void)signal(SIGPIPE, SIG_IGN); /* that it has ended is an error of write() */
	*p = (struct judge_proc){.b = b, .sut = sut, .in = -1, .out = -1, .begun = BUF(ANSWER_MAX)};
	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		err = err_set(e, errno, "pipe: %s", strerror(errno));
	else
		err = run(p, fault, in[0], out[1], e);
	p->in = in[1];
	p->out = out[0];
	close_end(&in[0]);
	close_end(&out[1]);
	if (err) {
		(void)judge_end(p, true, NULL);
		return err;
	}
	(void)fcntl(p->in, F_SETFL, O_NONBLOCK);
	(void)fcntl(p->out, F_SETFL, O_NONBLOCK);
	*ret = p;
	return 0;
}

void judge_give(struct judge_proc *p, const char *line, size_t len)
{
	p->line = line;
	p->len = len + 1;
	p->at = 0;
}

bool judge_taken(const struct judge_proc *p)
{
	return p->at == p->len;
}

/* @return 0; EPIPE */
static int write_some(struct judge_proc *p)
{
	while (!judge_taken(p)) {
		const bool text = p->at < p->len - 1;
		ssize_t n = text ? write(p->in, p->line + p->at, p->len - 1 - p->at)
				 : write(p->in, "\n", 1);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : EPIPE;
		p->at += (size_t)n;
	}
	return 0;
}

static void split(struct judge_proc *p, struct sv chunk, void (*line)(struct sv line, void *arg),
		  void *arg)
{
	while (chunk.l) {
		const char *nl = memchr(chunk.p, '\n', chunk.l);
		const size_t l = nl ? (size_t)(nl - chunk.p) : chunk.l;

		if (!p->skips && buf_addsv(&p->begun, (struct sv){chunk.p, l}))
			p->skips = true;
		chunk.p += l + (nl != NULL);
		chunk.l -= l + (nl != NULL);
		if (!nl)
			return;
		line(p->skips ? SV("a line without end") : buf_sv(&p->begun), arg);
		buf_free(&p->begun);
		p->begun = BUF(ANSWER_MAX);
		p->skips = false;
	}
}

/* @return 0; EPIPE */
static int read_some(struct judge_proc *p, void (*line)(struct sv line, void *arg), void *arg)
{
	char chunk[READ_SIZE];
	ssize_t n = read(p->out, chunk, sizeof(chunk));

	if (n > 0)
		split(p, (struct sv){chunk, (size_t)n}, line, arg);
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)) ? 0 : EPIPE;
}

int judge_go_on(struct judge_proc *p, void (*line)(struct sv line, void *arg), void *arg)
{
	struct pollfd fds[2] = {{.fd = p->out, .events = POLLIN},
				{.fd = judge_taken(p) ? -1 : p->in, .events = POLLOUT}};
	int err = 0;

	if (poll(fds, 2, SLICE_MS) > 0) {
		if (fds[1].revents)
			err = write_some(p);
		if (fds[0].revents)
			err = read_some(p, line, arg); /* what it said before its end counts */
	}
	return procs_poll(p->b->ps, 0) ? EINTR : err;
}

/* What it says at the end is nobody's business, but it must not wait for a reader */
static void drain(struct judge_proc *p)
{
	char chunk[READ_SIZE];
	ssize_t n = 1;

	while (n > 0)
		n = read(p->out, chunk, sizeof(chunk));
}

static int wait_end(struct judge_proc *p, bool kill_it, struct err *e)
{
	uint64_t until = mono_us() + (uint64_t)p->sut->judge.stop_ms * 1000;
	BUF_AUTO struct buf why = BUF(ERR_MAX);
	int err = 0;

	if (kill_it && !proc_ended(p->proc))
		proc_stop(p->proc, true);
	while (!proc_ended(p->proc)) {
		(void)procs_poll(p->b->ps, END_SLICE_MS);
		drain(p);
		if (kill_it || mono_us() < until)
			continue;
		err = err_set(e, EIO, "%s did not end within %lld ms after the end of its input",
			      p->sut->name, (long long)p->sut->judge.stop_ms);
		kill_it = true;
		proc_stop(p->proc, true);
	}
	if (err || proc_code(p->proc) == 0)
		return err;
	proc_text(p->proc, &why);
	return err_set(e, proc_code(p->proc) == SUT_CANNOT ? ENOTSUP : EIO, "%s",
		       why.p ? why.p : "it ended");
}

int judge_end(struct judge_proc *p, bool kill_it, struct err *e)
{
	int err = 0;

	close_end(&p->in);
	if (p->proc) {
		err = wait_end(p, kill_it, e);
		procs_forget(p->b->ps, p->proc);
	}
	close_end(&p->out);
	buf_free(&p->begun);
	free(p);
	return err;
}
