/* Starting a child, finding its program, telling how it ended. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utlist.h>

#include "sim/oobsim/proc/proc_int.h"

/* What a trace pipe holds while we are busy: an element that finds it full waits */
#define PIPE_SIZE (1 << 20)
/* Of a log as much is shown as a person reads */
#define TAIL_MAX 1200

/* Descriptors on their way from the parent to the child */
struct ends {
	int out[2], trace[2], exec[2]; /* exec: tells errno of a failed exec, or closes */
	int log_fd, out_file, null_fd;
};

static void close_ends(struct ends *s)
{
	int all[] = {s->out[0],  s->out[1], s->trace[0], s->trace[1], s->exec[0],
		     s->exec[1], s->log_fd, s->out_file, s->null_fd};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i] >= 0)
			(void)close(all[i]);
}

static int open_ends(struct ends *s, const struct proc_opts *opts, struct err *e)
{
	const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;

	*s = (struct ends){{-1, -1}, {-1, -1}, {-1, -1}, -1, -1, -1};
	s->log_fd = open(opts->log, flags, 0644);
	if (s->log_fd < 0)
		return err_set(e, errno, "cannot write %s: %s", opts->log, strerror(errno));
	if (opts->out)
		s->out_file = open(opts->out, flags, 0644);
	s->null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (s->null_fd < 0 || (opts->out && s->out_file < 0) || pipe2(s->exec, O_CLOEXEC) ||
	    (!opts->out && !opts->out_fd && pipe2(s->out, O_CLOEXEC)) ||
	    (opts->trace && pipe2(s->trace, O_CLOEXEC)))
		return err_set(e, errno, "cannot start %s: %s", opts->name, strerror(errno));
	if (opts->trace)
		(void)fcntl(s->trace[1], F_SETPIPE_SZ, PIPE_SIZE);
	return 0;
}

/* Put fd in place `to`, inherited */
static int place(int fd, int to)
{
	return fd == to ? fcntl(fd, F_SETFD, 0) : dup2(fd, to);
}

static int out_of(const struct ends *s, const struct proc_opts *opts)
{
	return opts->out_fd ? opts->out_fd : opts->out ? s->out_file : s->out[1];
}

static void fail_exec(int exec_fd)
{
	int err = errno;

	(void)!write(exec_fd, &err, sizeof(err));
	_exit(127);
}

/* Between fork and exec: nothing here may allocate. main() has made sure that 0, 1 and 2 are open,
 * so no end sits there */
static void be_child(const struct ends *s, const struct proc_opts *opts, pid_t parent)
{
	/* out of the way of the trace */
	int exec_fd = fcntl(s->exec[1], F_DUPFD_CLOEXEC, PROC_TRACE_FD + 1);
	sigset_t none;

	(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) /* it died before the line above */
		_exit(127);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL); /* what we ignore would be inherited */
	if (place(opts->in_fd ? opts->in_fd : s->null_fd, STDIN_FILENO) < 0 ||
	    place(s->log_fd, STDERR_FILENO) < 0 || place(out_of(s, opts), STDOUT_FILENO) < 0 ||
	    (opts->trace && place(s->trace[1], PROC_TRACE_FD) < 0))
		fail_exec(exec_fd);
	(void)execvp(opts->argv[0], (char *const *)(uintptr_t)opts->argv);
	fail_exec(exec_fd);
}

/* The child has become the program, or tells why it could not */
static int exec_result(struct ends *s)
{
	int err = 0;
	ssize_t n;

	(void)close(s->exec[1]);
	s->exec[1] = -1;
	do
		n = read(s->exec[0], &err, sizeof(err));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(err) ? err : 0;
}

static struct proc *proc_new(struct procs *ps, const struct proc_opts *opts)
{
	struct proc *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->owner = ps;
	p->pid_fd = p->out_fd = p->trace_fd = -1;
	proc_init_buffers(p);
	p->name = strdup(opts->name);
	p->log = strdup(opts->log);
	if (p->name && p->log)
		return p;
	free(p->name);
	free(p->log);
	free(p);
	return NULL;
}

/* Our ends, kept and not blocking */
static void keep_ends(struct proc *p, struct ends *s)
{
	p->out_fd = s->out[0];
	p->trace_fd = s->trace[0];
	s->out[0] = s->trace[0] = -1;
	if (p->out_fd >= 0)
		(void)fcntl(p->out_fd, F_SETFL, O_NONBLOCK);
	if (p->trace_fd >= 0)
		(void)fcntl(p->trace_fd, F_SETFL, O_NONBLOCK);
}

int procs_start(struct procs *ps, struct proc **ret, const struct proc_opts *opts, struct err *e)
{
	pid_t parent = getpid();
	struct proc *p;
	struct ends s;
	int err;

	if (ps->n >= PROCS_MAX)
		return err_set(e, ENOSPC, "cannot start %s: more than %d programs in one world",
			       opts->name, PROCS_MAX);
	err = open_ends(&s, opts, e);
	p = err ? NULL : proc_new(ps, opts);
	if (!p) {
		close_ends(&s);
		return err ? err : err_set(e, ENOMEM, "out of memory");
	}
	p->pid = fork();
	if (p->pid == 0)
		be_child(&s, opts, parent);
	LL_APPEND(ps->list, p); /* from here on procs_free() looks after it */
	ps->n++;
	if (p->pid < 0) {
		err = errno;
		p->ended = true;
	} else {
		p->pid_fd = pidfd_open(p->pid, 0);
		err = p->pid_fd < 0 ? errno : exec_result(&s);
	}
	keep_ends(p, &s);
	close_ends(&s);
	if (err) {
		proc_may_end(p);
		return err_set(e, err, "cannot start %s (%s): %s", opts->argv[0], opts->name,
			       strerror(err));
	}
	*ret = p;
	return 0;
}

/* The end of a log, from the beginning of a line on */
static void log_tail(const char *path, struct buf *ret)
{
	char text[TAIL_MAX];
	struct sv v = {text, 0};
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && st.st_size > TAIL_MAX) {
		(void)lseek(fd, -TAIL_MAX, SEEK_END);
		n = read(fd, text, sizeof(text));
		v.l = n > 0 ? (size_t)n : 0;
		(void)sv_cut(&v, '\n');
	} else {
		n = read(fd, text, sizeof(text));
		v.l = n > 0 ? (size_t)n : 0;
	}
	(void)close(fd);
	v = sv_trim(v);
	if (v.l)
		(void)buf_printf(ret, ": %.*s", SV_ARG(v));
}

void proc_text(const struct proc *p, struct buf *ret)
{
	const char *sig = p->code > 128 ? sigabbrev_np(p->code - 128) : NULL;

	if (p->hung)
		(void)buf_printf(ret, "%s did not end when told to", p->name);
	else if (sig)
		(void)buf_printf(ret, "%s was killed by SIG%s", p->name, sig);
	else
		(void)buf_printf(ret, "%s ended with exit code %d", p->name, p->code);
	log_tail(p->log, ret);
}

int proc_self_dir(char *ret, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", ret, size - 1);
	char *slash;

	if (n <= 0)
		return errno ? errno : ENOENT;
	ret[n] = '\0';
	slash = strrchr(ret, '/');
	if (slash)
		*slash = '\0';
	return 0;
}

/* Where Debian has what we do not build ourselves */
static const char *package_of(const char *program)
{
	return strcmp(program, "sipp") == 0 ? "sip-tester" : NULL;
}

int proc_find(char *ret, size_t size, const char *program, struct err *e)
{
	const char *path = getenv("PATH"), *package = package_of(program);
	struct sv rest = sv_from(path ? path : "/usr/bin:/bin");
	char dir[PATH_MAX];

	if (!package && proc_self_dir(dir, sizeof(dir)) == 0) {
		(void)snprintf(ret, size, "%s/%s", dir, program);
		if (access(ret, X_OK) == 0)
			return 0;
	}
	while (rest.p) {
		struct sv part = sv_cut(&rest, ':');

		(void)snprintf(ret, size, "%.*s/%s", SV_ARG(part), program);
		if (part.l && access(ret, X_OK) == 0)
			return 0;
	}
	if (package)
		return err_set(e, ENOENT,
			       "the program %s is missing: install it with \"apt-get install %s\"",
			       program, package);
	return err_set(
		e, ENOENT,
		"the program %s is missing (looked in %s and in PATH): build it with \"make\"",
		program, dir);
}
