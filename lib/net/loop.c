#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <re.h>
#include <utlist.h>

#include "lib/base/env.h"
#include "lib/net/loop.h"

/* libre keeps a table by descriptor number; nothing above this is asked for */
#define MAX_FDS 65536
/* Nobody waits longer; keeps the microseconds within their type */
#define TIMER_MAX_MS (1000ull * 3600 * 24 * 366)

/* Rounds of deferred calls and due timers behind one handler */
#define ROUNDS 8

struct deferred {
	timer_h *h;
	void *arg;
	struct deferred *next, *prev;
};

struct watch {
	loop_event_h *h;
	void *arg;
	void (*read_h)(int fd, void *arg); /* of loop_watch() */
	void *read_arg;
};

/*
 * Timers are a heap of our own behind one timerfd: libre's are a list that is searched linearly,
 * run on the wall clock and wait a millisecond even when they are due at once. Both facts matter
 * with thousands of calls under way.
 */
struct timer {
	timer_h *h;
	void *arg;
	uint64_t at_us; /* CLOCK_MONOTONIC */
	size_t slot;    /* place in the heap, from 1; 0: stopped */
};

static struct {
	int timer_fd, defer_fd;
	struct timer **heap; /* heap[1] is due first; heap[0] unused */
	size_t n, cap;
	size_t timers;     /* allocated ones */
	uint64_t armed_us; /* what timer_fd is set to; 0: nothing */
	struct deferred *deferred;
	struct watch *watches; /* by descriptor */
	int max_fds;
	bool stopped;
	bool inside; /* a handler of ours runs: leave() will look at timers and deferred calls */
} g = {.timer_fd = -1, .defer_fd = -1};

/* --- heap --- */

static void heap_put(size_t slot, struct timer *t)
{
	g.heap[slot] = t;
	t->slot = slot;
}

static void heap_up(size_t slot, struct timer *t)
{
	for (; slot > 1 && g.heap[slot / 2]->at_us > t->at_us; slot /= 2)
		heap_put(slot, g.heap[slot / 2]);
	heap_put(slot, t);
}

static void heap_down(size_t slot, struct timer *t)
{
	size_t kid;

	for (; (kid = slot * 2) <= g.n; slot = kid) {
		if (kid < g.n && g.heap[kid + 1]->at_us < g.heap[kid]->at_us)
			kid++;
		if (g.heap[kid]->at_us >= t->at_us)
			break;
		heap_put(slot, g.heap[kid]);
	}
	heap_put(slot, t);
}

static void heap_remove(struct timer *t)
{
	struct timer *last = g.heap[g.n--];
	size_t slot = t->slot;

	t->slot = 0;
	if (last == t)
		return;
	if (slot > 1 && g.heap[slot / 2]->at_us > last->at_us)
		heap_up(slot, last);
	else
		heap_down(slot, last);
}

/* Each timer brings its place in the heap with it when it is allocated, so that timer_start()
 * cannot fail */
static int heap_reserve(void)
{
	struct timer **heap;
	size_t cap;

	if (g.timers + 1 < g.cap)
		return 0;
	cap = g.cap ? g.cap * 2 : 64;
	heap = reallocarray(g.heap, cap, sizeof(struct timer *));
	if (!heap)
		return ENOMEM;
	g.heap = heap;
	g.cap = cap;
	return 0;
}

static void arm(void)
{
	uint64_t at = g.n ? g.heap[1]->at_us : 0;
	struct itimerspec spec = {.it_value = {.tv_sec = (time_t)(at / 1000000),
					       .tv_nsec = (long)(at % 1000000 * 1000)}};

	/* Set too early it wakes us once for nothing; setting it anew costs a system call each time */
	if (g.inside || !at || (g.armed_us && g.armed_us <= at))
		return;
	g.armed_us = at;
	(void)timerfd_settime(g.timer_fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

int timer_alloc(struct timer **ret, timer_h *h, void *arg)
{
	struct timer *t;
	int err = heap_reserve();

	if (err)
		return err;
	t = calloc(1, sizeof(*t));
	if (!t)
		return ENOMEM;
	t->h = h;
	t->arg = arg;
	g.timers++;
	*ret = t;
	return 0;
}

void timer_start(struct timer *t, uint64_t ms)
{
	timer_stop(t);
	t->at_us = mono_us() + (ms < TIMER_MAX_MS ? ms : TIMER_MAX_MS) * 1000;
	heap_up(++g.n, t);
	arm();
}

void timer_stop(struct timer *t)
{
	if (t->slot)
		heap_remove(t);
}

void timer_free(struct timer *t)
{
	if (!t)
		return;
	timer_stop(t);
	g.timers--;
	free(t);
}

/* --- deferred calls --- */

static void wake(void)
{
	uint64_t one = 1;

	if (!g.inside && g.deferred)
		(void)!write(g.defer_fd, &one, sizeof(one));
}

int loop_defer(timer_h *h, void *arg)
{
	struct deferred *d = malloc(sizeof(*d));
	bool first = !g.deferred;

	if (!d)
		return ENOMEM;
	d->h = h;
	d->arg = arg;
	DL_APPEND(g.deferred, d);
	if (first)
		wake();
	return 0;
}

/* --- handlers --- */

static void run_deferred(void)
{
	struct deferred *next, *list = g.deferred;

	g.deferred = NULL; /* what is deferred meanwhile waits for the next round */
	for (struct deferred *d = list; d; d = next) {
		timer_h *h = d->h;
		void *arg = d->arg;

		next = d->next;
		free(d);
		h(arg);
	}
}

static void run_timers(uint64_t now)
{
	while (g.n && g.heap[1]->at_us <= now) {
		struct timer *t = g.heap[1];

		heap_remove(t);
		t->h(t->arg); /* may free t */
	}
}

/*
 * Behind each handler: what it deferred and what is due is run right here. Only what is left after ROUNDS, so that
 * other descriptors have their turn, takes the way through the kernel.
 */
static void leave(void)
{
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t now = mono_us();

		if (!g.deferred && !(g.n && g.heap[1]->at_us <= now))
			break;
		run_deferred();
		run_timers(now);
	}
	g.inside = false;
	arm();
	wake();
}

static void watched(int flags, void *arg)
{
	const struct watch *w = arg;

	g.inside = true;
	w->h((int)(w - g.watches),
	     (flags & FD_READ ? LOOP_READ : 0u) | (flags & FD_WRITE ? LOOP_WRITE : 0u) |
		     (flags & FD_EXCEPT ? LOOP_ERROR : 0u),
	     w->arg);
	leave();
}

int loop_watch_for(int fd, unsigned events, loop_event_h *h, void *arg)
{
	if (fd < 0 || fd >= g.max_fds)
		return fd < 0 ? EBADF : EMFILE;
	g.watches[fd].h = h;
	g.watches[fd].arg = arg;
	return fd_listen(fd,
			 (events & LOOP_READ ? FD_READ : 0) | (events & LOOP_WRITE ? FD_WRITE : 0),
			 watched, &g.watches[fd]);
}

static void readable(int fd, unsigned events, void *arg)
{
	const struct watch *w = &g.watches[fd];

	(void)events;
	(void)arg;
	w->read_h(fd, w->read_arg);
}

int loop_watch(int fd, void (*h)(int fd, void *arg), void *arg)
{
	if (fd >= 0 && fd < g.max_fds) {
		g.watches[fd].read_h = h;
		g.watches[fd].read_arg = arg;
	}
	return loop_watch_for(fd, LOOP_READ, readable, NULL);
}

void loop_unwatch(int fd)
{
	fd_close(fd);
}

/* Timers are due, or calls are deferred: leave() runs them */
static void woken(int fd, void *arg)
{
	uint64_t count;

	(void)!read(fd, &count, sizeof(count));
	if (arg)
		*(uint64_t *)arg = 0;
}

/* --- life --- */

/* As many descriptors as we may have: each connection is one */
static int raise_fd_limit(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim))
		return 1024;
	lim.rlim_cur = lim.rlim_max < MAX_FDS ? lim.rlim_max : MAX_FDS;
	(void)setrlimit(RLIMIT_NOFILE, &lim);
	return (int)lim.rlim_cur;
}

static int init_fds(void)
{
	int err;

	g.timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	g.defer_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (g.timer_fd < 0 || g.defer_fd < 0)
		return errno;
	err = loop_watch(g.timer_fd, woken, &g.armed_us);
	return err ? err : loop_watch(g.defer_fd, woken, NULL);
}

int loop_init(void)
{
	int err;

	(void)signal(SIGPIPE, SIG_IGN); /* a peer that has gone is an error of write() */
	g.max_fds = raise_fd_limit();
	g.watches = calloc((size_t)g.max_fds, sizeof(*g.watches));
	err = g.watches ? libre_init() : ENOMEM;
	if (!err)
		err = fd_setsize(g.max_fds);
	if (!err)
		err = poll_method_set(METHOD_EPOLL);
	if (!err)
		err = init_fds();
	if (err)
		loop_close();
	return err;
}

static void close_fd(int *fd)
{
	if (*fd < 0)
		return;
	loop_unwatch(*fd);
	(void)close(*fd);
	*fd = -1;
}

void loop_close(void)
{
	while (g.deferred) {
		struct deferred *d = g.deferred;

		DL_DELETE(g.deferred, d);
		free(d);
	}
	close_fd(&g.timer_fd);
	close_fd(&g.defer_fd);
	libre_close();
	free(g.heap);
	g.heap = NULL;
	g.n = g.cap = 0;
	g.armed_us = 0;
	g.stopped = g.inside = false;
	free(g.watches);
	g.watches = NULL;
}

int loop_run(void)
{
	int err = g.stopped ? 0 : re_main(NULL);

	g.stopped = false;
	return err;
}

void loop_stop(void)
{
	g.stopped = true; /* libre forgets a stop that comes before its loop runs */
	re_cancel();
}
