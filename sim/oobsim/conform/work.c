#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/oobsim/conform/work.h"

#define JOBS_MAX 64

/* What the processes share: the next batch to take, and how each has ended */
struct shared {
	atomic_size_t next;
	int errs[JOBS_MAX];
	struct err texts[JOBS_MAX];
};

/* Whom a signal to us is handed on to */
static volatile sig_atomic_t children[JOBS_MAX];

void *work_shared(size_t n, size_t size)
{
	void *p = mmap(NULL, n * size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

void work_shared_free(void *p, size_t n, size_t size)
{
	if (p)
		(void)munmap(p, n * size);
}

bool work_alike(const struct case_item *a, const struct case_item *b)
{
	const struct conform_case *x = a->c, *y = b->c;

	return a->role == b->role && strcmp(x->trust, y->trust) == 0 &&
	       strcmp(x->published, y->published) == 0 &&
	       strcmp(x->apart ? x->apart : "", y->apart ? y->apart : "") == 0 &&
	       (x->config == y->config || json_equal(x->config, y->config));
}

/* --- one process --- */

static int reopen(struct bench **b, const struct work *work, const struct work_opts *o,
		  unsigned part, struct err *e)
{
	if (*b)
		bench_close(*b);
	else
		*b = malloc(sizeof(**b));
	if (!*b)
		return err_set(e, ENOMEM, "out of memory");
	**b = (struct bench){.part = part, .profile = o->profile, .provision = work->given};
	return bench_open(*b, work->role, o->dir, o->seed, e);
}

static int take_all(struct shared *s, const struct work *work, size_t n, const struct work_opts *o,
		    unsigned part, struct err *e)
{
	struct bench *b = NULL;
	size_t i;
	int err = 0;

	while (!err && (i = atomic_fetch_add(&s->next, 1)) < n) {
		if (!b || b->role != work[i].role)
			err = reopen(&b, &work[i], o, part, e);
		if (!err)
			err = conform_run(b, work[i].sut, work[i].fault, work[i].r, work[i].n, e);
	}
	if (b)
		bench_close(b);
	free(b);
	return err;
}

/* --- all of them --- */

static void hand_on(int sig)
{
	for (size_t i = 0; i < JOBS_MAX; i++)
		if (children[i] > 0)
			(void)kill((pid_t)children[i], sig);
}

static int wait_all(unsigned jobs, struct err *e)
{
	int err = 0;

	for (unsigned i = 0; i < jobs; i++) {
		int status = 0;

		if (children[i] <= 0)
			continue;
		while (waitpid((pid_t)children[i], &status, 0) < 0 && errno == EINTR)
			;
		children[i] = 0;
		if (WIFSIGNALED(status))
			err = err_set(e, EIO, "a process of the bench ended with signal %d",
				      WTERMSIG(status));
	}
	return err;
}

static int start_all(struct shared *s, const struct work *work, size_t n, const struct work_opts *o,
		     struct err *e)
{
	for (unsigned i = 0; i < o->jobs; i++) {
		pid_t pid;

		(void)fflush(NULL);
		pid = fork();
		if (pid == 0) {
			s->errs[i] = take_all(s, work, n, o, i, &s->texts[i]);
			(void)fflush(NULL);
			_exit(0);
		}
		if (pid < 0)
			return i ? 0 : err_set(e, errno, "fork: %s", strerror(errno));
		children[i] = pid;
	}
	return 0;
}

int work_run(const struct work *work, size_t n, const struct work_opts *opts, struct err *e)
{
	struct shared *s = work_shared(1, sizeof(*s));
	const struct sigaction pass_on = {.sa_handler = hand_on};
	struct sigaction old_int, old_term;
	struct work_opts o = *opts;
	int err;

	if (!s)
		return err_set(e, ENOMEM, "out of memory");
	o.jobs = o.jobs > JOBS_MAX ? JOBS_MAX : o.jobs > n ? (unsigned)n : o.jobs;
	(void)sigaction(SIGINT, &pass_on, &old_int);
	(void)sigaction(SIGTERM, &pass_on, &old_term);
	err = start_all(s, work, n, &o, e);
	if (!err)
		err = wait_all(o.jobs, e);
	for (unsigned i = 0; i < o.jobs && !err; i++)
		if (s->errs[i])
			err = err_set(e, s->errs[i], "%s", s->texts[i].s);
	(void)sigaction(SIGINT, &old_int, NULL);
	(void)sigaction(SIGTERM, &old_term, NULL);
	work_shared_free(s, 1, sizeof(*s));
	return err;
}
