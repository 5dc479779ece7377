#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/env.h"
#include "lib/net/loop.h"
#include "tests/unit/test.h"

static char g_log[64];
static size_t g_len;

static void put(char c)
{
	if (g_len + 1 < sizeof(g_log))
		g_log[g_len++] = c;
	g_log[g_len] = '\0';
}

static void letter(void *arg)
{
	put(*(const char *)arg);
}

static void stop(void *arg)
{
	(void)arg;
	loop_stop();
}

static void begin(void)
{
	g_len = 0;
	g_log[0] = '\0';
	CHECK_INT(0, loop_init());
}

static struct timer *make(timer_h *h, void *arg)
{
	struct timer *t = NULL;

	CHECK_INT(0, timer_alloc(&t, h, arg));
	return t;
}

TEST(timers_in_order)
{
	struct timer *t[4];
	struct timer *end;

	begin();
	for (size_t i = 0; i < 4; i++)
		t[i] = make(letter, &"dbca"[i]);
	end = make(stop, NULL);
	timer_start(t[0], 80);
	timer_start(t[1], 40);
	timer_start(t[2], 60);
	timer_start(t[3], 20);
	timer_start(end, 100);
	CHECK_INT(0, loop_run());
	CHECK_STR("abcd", g_log);
	for (size_t i = 0; i < 4; i++)
		timer_free(t[i]);
	timer_free(end);
	loop_close();
}

/* Many, started and stopped at random: what is left comes in order. The heap is tested against a plain sort by time */
/* When each is due lies between two readings of the clock, one on each side of its start, whoever else has the processor meanwhile */
static struct due {
	uint64_t from_us, to_us;
	bool stopped;
} g_due[2000];
static uint64_t g_last_us; /* the latest of those that have fired was not due before */
static int g_fired, g_wrong;

static void in_order(void *arg)
{
	const struct due *due = arg;

	g_wrong += due->to_us + 1000 < g_last_us; /* the loop counts milliseconds */
	if (due->from_us > g_last_us)
		g_last_us = due->from_us;
	g_fired++;
}

TEST(many_timers)
{
	enum { N = 2000 };
	static struct timer *t[N];
	struct timer *end;
	int want = 0;

	begin();
	g_fired = g_wrong = 0;
	g_last_us = 0;
	srandom(1);
	for (int i = 0; i < N; i++)
		t[i] = make(in_order, &g_due[i]);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < N; i++) {
			uint64_t ms = (uint64_t)random() % 30 + 20;

			g_due[i].from_us = mono_us() + ms * 1000;
			timer_start(t[i], ms);
			g_due[i].to_us = mono_us() + ms * 1000;
			g_due[i].stopped = random() % 3 == 0;
			if (g_due[i].stopped)
				timer_stop(t[i]);
		}
	}
	for (int i = 0; i < N; i++)
		want += !g_due[i].stopped;
	end = make(stop, NULL);
	timer_start(end, 200);
	CHECK_INT(0, loop_run());
	CHECK_INT(want, g_fired);
	CHECK_INT(0, g_wrong);
	for (int i = 0; i < N; i++)
		timer_free(t[i]);
	timer_free(end);
	loop_close();
}

TEST(stopped_timer_is_silent)
{
	struct timer *a, *end;

	begin();
	a = make(letter, "a");
	end = make(stop, NULL);
	timer_start(a, 1);
	timer_start(end, 5);
	timer_stop(a);
	timer_stop(a);
	CHECK_INT(0, loop_run());
	CHECK_STR("", g_log);
	timer_free(a);
	timer_free(end);
	loop_close();
}

TEST(restarted_timer_fires_once)
{
	struct timer *a, *end;

	begin();
	a = make(letter, "a");
	end = make(stop, NULL);
	timer_start(a, 1);
	timer_start(a, 3);
	timer_start(end, 8);
	CHECK_INT(0, loop_run());
	CHECK_STR("a", g_log);
	timer_free(a);
	timer_free(end);
	loop_close();
}

TEST(timer_keeps_its_time)
{
	struct timer *end;
	uint64_t before, took;

	begin();
	end = make(stop, NULL);
	before = mono_us();
	timer_start(end, 20);
	CHECK_INT(0, loop_run());
	took = mono_us() - before;
	CHECK(took >= 20000 && took < 500000);
	timer_free(end);
	loop_close();
}

static struct timer *g_self;

static void free_self(void *arg)
{
	(void)arg;
	timer_free(g_self);
	g_self = NULL;
	loop_stop();
}

TEST(timer_frees_itself)
{
	begin();
	g_self = make(free_self, NULL);
	timer_start(g_self, 0);
	CHECK_INT(0, loop_run());
	CHECK(!g_self);
	timer_free(NULL);
	loop_close();
}

static void defer_two(void *arg)
{
	(void)arg;
	put('1');
	CHECK_INT(0, loop_defer(letter, "3"));
	CHECK_INT(0, loop_defer(stop, NULL));
	put('2'); /* not called from inside */
}

TEST(deferred_call_comes_after_the_handler)
{
	begin();
	CHECK_INT(0, loop_defer(defer_two, NULL));
	CHECK_INT(0, loop_run());
	CHECK_STR("123", g_log);
	loop_close();
}

TEST(deferred_call_without_run_is_freed)
{
	begin();
	CHECK_INT(0, loop_defer(letter, "x"));
	loop_close();
	CHECK_STR("", g_log);
}

static void readable(int fd, void *arg)
{
	char c;

	CHECK_INT(1, read(fd, &c, 1));
	put(c);
	put(*(const char *)arg);
	loop_unwatch(fd);
	CHECK_INT(0, loop_defer(stop, NULL));
}

TEST(watched_descriptor)
{
	int fd[2];

	begin();
	CHECK_INT(0, pipe(fd));
	CHECK_INT(0, loop_watch(fd[0], readable, "!"));
	CHECK_INT(2, write(fd[1], "xy", 2));
	CHECK_INT(0, loop_run());
	CHECK_STR("x!", g_log); /* y was there, but nobody watched any more */
	(void)close(fd[0]);
	(void)close(fd[1]);
	loop_close();
}

TEST(bad_descriptor)
{
	begin();
	CHECK_INT(EBADF, loop_watch(-1, readable, NULL));
	CHECK_INT(EMFILE, loop_watch(1 << 24, readable, NULL));
	loop_close();
}

TEST(stop_before_run)
{
	begin();
	loop_stop();
	CHECK_INT(0, loop_run());
	loop_close();
}

TEST(twice_in_one_process)
{
	for (int i = 0; i < 2; i++) {
		begin();
		CHECK_INT(0, loop_defer(stop, NULL));
		CHECK_INT(0, loop_run());
		loop_close();
	}
}

TEST_MAIN(CASE(timers_in_order), CASE(many_timers), CASE(stopped_timer_is_silent),
	  CASE(restarted_timer_fires_once), CASE(timer_keeps_its_time), CASE(timer_frees_itself),
	  CASE(deferred_call_comes_after_the_handler), CASE(deferred_call_without_run_is_freed),
	  CASE(watched_descriptor), CASE(bad_descriptor), CASE(stop_before_run),
	  CASE(twice_in_one_process))
