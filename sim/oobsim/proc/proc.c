/* The loop over children: a pidfd, a pipe for standard output and a pipe for the trace each. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utlist.h>

#include "lib/base/env.h"
#include "sim/oobsim/proc/proc_int.h"

/* The longest line that an element may write (lib/trace) */
#define LINE_MAX_LEN (65u << 20)
/* Octets that one read of a trace takes: with many elements and a busy world, large is cheap */
#define READ_SIZE (256u << 10)
/* A child that is told to end writes its last events at once; more time than this only a hang takes
 */
#define KILL_GRACE_MS 2000

int procs_alloc(struct procs **ret, proc_trace_h *h, void *arg, struct err *e)
{
	struct procs *ps = calloc(1, sizeof(*ps));
	sigset_t set;

	if (!ps)
		return err_set(e, ENOMEM, "out of memory");
	ps->h = h;
	ps->arg = arg;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &set, &ps->old_mask);
	ps->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	ps->chunk = malloc(READ_SIZE);
	if (ps->signal_fd < 0 || !ps->chunk) {
		int err = errno;

		procs_free(ps);
		return err_set(e, err, "cannot watch signals: %s", strerror(err));
	}
	*ret = ps;
	return 0;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static void proc_free(struct proc *p)
{
	close_fd(&p->pid_fd);
	close_fd(&p->out_fd);
	close_fd(&p->trace_fd);
	buf_free(&p->out);
	buf_free(&p->trace);
	free(p->name);
	free(p->log);
	free(p->ready);
	free(p);
}

void procs_free(struct procs *ps)
{
	struct proc *p, *tmp;

	if (!ps)
		return;
	LL_FOREACH (ps->list, p)
		if (!p->ended)
			(void)kill(-p->pid, SIGKILL);
	LL_FOREACH_SAFE (ps->list, p, tmp) {
		if (!p->ended)
			(void)waitpid(p->pid, NULL, 0);
		proc_free(p);
	}
	close_fd(&ps->signal_fd);
	(void)sigprocmask(SIG_SETMASK, &ps->old_mask, NULL);
	free(ps->chunk);
	free(ps);
}

/* READY is the one line that counts; others are a person's business */
static void out_line(struct sv line, void *arg)
{
	struct proc *p = arg;

	if (!p->ready && sv_starts(line, "READY "))
		p->ready = sv_dup((struct sv){line.p + 6, line.l - 6});
}

static void trace_line(struct sv line, void *arg)
{
	struct proc *p = arg;

	p->owner->h(line, p->owner->arg);
}

/* Hand over the whole lines of chunk, with what was left of the last one; what has no newline yet
 * stays */
static void split(struct buf *left, struct sv chunk, proc_trace_h *h, void *arg)
{
	while (chunk.l) {
		const char *nl = memchr(chunk.p, '\n', chunk.l);
		struct sv line = {chunk.p, nl ? (size_t)(nl - chunk.p) : chunk.l};

		if (!nl || left->l) {
			(void)buf_addsv(left, line);
			line = buf_sv(left);
		}
		if (!nl)
			return;
		if (line.l)
			h(line, arg);
		buf_reset(left);
		chunk.l -= (size_t)(nl + 1 - chunk.p);
		chunk.p = nl + 1;
	}
}

/* Read until there is no more now; at its end the descriptor is closed */
static void drain(struct proc *p, int *fd, struct buf *left, proc_trace_h *h)
{
	for (;;) {
		ssize_t n = read(*fd, p->owner->chunk, READ_SIZE);

		if (n > 0)
			split(left, (struct sv){p->owner->chunk, (size_t)n}, h, p);
		else if (n < 0 && errno == EINTR)
			continue;
		else if (n < 0 && errno == EAGAIN)
			return;
		else
			break;
		if ((size_t)n < READ_SIZE)
			return;
	}
	close_fd(fd);
}

static void reap(struct proc *p)
{
	siginfo_t info = {0};

	if (waitid(P_PIDFD, (id_t)p->pid_fd, &info, WEXITED | WNOHANG | WNOWAIT) ||
	    info.si_pid == 0)
		return;
	/* what it has started itself ends with it; while it is not reaped its group is nobody else's */
	(void)kill(-p->pid, SIGKILL);
	if (waitid(P_PIDFD, (id_t)p->pid_fd, &info, WEXITED | WNOHANG))
		return;
	p->ended = true;
	p->code = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
	close_fd(&p->pid_fd);
}

static void take_signal(struct procs *ps)
{
	struct signalfd_siginfo info;

	while (read(ps->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		ps->sig = (int)info.ssi_signo;
}

/* What a poll entry stands for */
struct source {
	struct proc *p;
	const int *fd;
};

/* What is polled; as many as PROCS_MAX children have */
struct poll_set {
	struct pollfd fds[1 + 3 * PROCS_MAX];
	struct source sources[1 + 3 * PROCS_MAX];
	size_t n;
};

static void poll_add(struct poll_set *set, struct proc *p, const int *fd)
{
	if (*fd < 0)
		return;
	set->fds[set->n] = (struct pollfd){.fd = *fd, .events = POLLIN};
	set->sources[set->n++] = (struct source){p, fd};
}

static void gather(struct procs *ps, struct poll_set *set)
{
	set->n = 0;
	poll_add(set, NULL, &ps->signal_fd);
	for (struct proc *p = ps->list; p; p = p->next) {
		poll_add(set, p, &p->trace_fd);
		poll_add(set, p, &p->out_fd);
		poll_add(set, p, &p->pid_fd);
	}
}

static void take_in(struct procs *ps, const struct source *s)
{
	struct proc *p = s->p;

	if (!p)
		take_signal(ps);
	else if (s->fd == &p->trace_fd)
		drain(p, &p->trace_fd, &p->trace, trace_line);
	else if (s->fd == &p->out_fd)
		drain(p, &p->out_fd, &p->out, out_line);
	else
		reap(p);
}

int procs_poll(struct procs *ps, uint64_t timeout_ms)
{
	struct poll_set set;

	gather(ps, &set);
	if (poll(set.fds, (nfds_t)set.n, (int)timeout_ms) > 0)
		for (size_t i = 0; i < set.n; i++)
			if (set.fds[i].revents)
				take_in(ps, &set.sources[i]);
	return ps->sig ? EINTR : 0;
}

int procs_signal(const struct procs *ps)
{
	return ps->sig;
}

struct proc *procs_died(const struct procs *ps)
{
	struct proc *p;

	LL_FOREACH (ps->list, p)
		if (p->ended && !p->may_end)
			return p;
	return NULL;
}

void proc_stop(struct proc *p, bool kill_it)
{
	p->may_end = true;
	p->told = p->told || !p->ended;
	if (!p->ended)
		(void)kill(p->pid, kill_it ? SIGKILL : SIGTERM);
}

void procs_forget(struct procs *ps, struct proc *p)
{
	LL_DELETE(ps->list, p);
	ps->n--;
	proc_free(p);
}

static bool all_over(const struct procs *ps)
{
	struct proc *p;

	LL_FOREACH (ps->list, p)
		if (!p->ended || p->trace_fd >= 0 || p->out_fd >= 0)
			return false;
	return true;
}

void proc_stop_within(struct proc *p, uint64_t ms)
{
	p->stop_ms = ms;
}

/* Those whose time is over are killed. @return false: there is nothing left to wait for */
static bool still_in_time(struct procs *ps, uint64_t passed_ms, uint64_t timeout_ms)
{
	uint64_t longest = timeout_ms;
	struct proc *p;

	LL_FOREACH (ps->list, p) {
		uint64_t ms = p->stop_ms ? p->stop_ms : timeout_ms;

		longest = ms > longest ? ms : longest;
		if (p->ended || p->hung || passed_ms < ms)
			continue;
		p->hung = true;
		proc_stop(p, true);
	}
	return passed_ms < longest + KILL_GRACE_MS;
}

struct proc *procs_stop(struct procs *ps, uint64_t timeout_ms)
{
	uint64_t begin = mono_us();
	struct proc *p, *bad = NULL;

	LL_FOREACH (ps->list, p)
		if (!p->ended)
			proc_stop(p, false);
	while (!all_over(ps) && still_in_time(ps, (mono_us() - begin) / 1000, timeout_ms))
		(void)procs_poll(ps, 50);
	LL_FOREACH (ps->list, p)
		if (!bad && !p->any_code && (p->hung || p->code))
			bad = p;
	return bad;
}

const char *proc_ready(const struct proc *p)
{
	return p->ready;
}

bool proc_ended(const struct proc *p)
{
	return p->ended;
}

bool proc_early(const struct proc *p)
{
	return p->ended && !p->told;
}

int proc_code(const struct proc *p)
{
	return p->code;
}

const char *proc_name(const struct proc *p)
{
	return p->name;
}

void proc_may_end(struct proc *p)
{
	p->may_end = true;
	p->any_code = true;
}

void proc_init_buffers(struct proc *p)
{
	p->out = BUF(LINE_MAX_LEN);
	p->trace = BUF(LINE_MAX_LEN);
}
