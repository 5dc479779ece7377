#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "lib/base/env.h"

static uint64_t system_now_ms(void *ctx)
{
	const struct env_shift *shift = ctx;
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)((int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000 + shift->offset_ms);
}

static void system_random(void *ctx, uint8_t *buf, size_t len)
{
	(void)ctx;
	while (len) {
		ssize_t n = getrandom(buf, len, 0);

		if (n <= 0)
			continue; /* EINTR only: the pool is ready long before we run */
		buf += n;
		len -= (size_t)n;
	}
}

struct env env_system(struct env_shift *shift)
{
	return (struct env){system_now_ms, system_random, shift};
}

static uint64_t fixed_now_ms(void *ctx)
{
	return ((struct env_fixed *)ctx)->now_ms;
}

/* splitmix64: not secret, but the same octets from the same seed on every machine */
static void fixed_random(void *ctx, uint8_t *buf, size_t len)
{
	struct env_fixed *f = ctx;

	for (size_t i = 0; i < len; i++) {
		uint64_t z = f->seed += 0x9e3779b97f4a7c15u;

		z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
		z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
		buf[i] = (uint8_t)(z ^ (z >> 31));
	}
}

struct env env_fixed(struct env_fixed *fixed)
{
	return (struct env){fixed_now_ms, fixed_random, fixed};
}

uint64_t env_now_ms(const struct env *env)
{
	return env->now_ms(env->ctx);
}

int64_t env_now_s(const struct env *env)
{
	return (int64_t)(env->now_ms(env->ctx) / 1000);
}

uint64_t mono_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000u;
}

void env_uuid(const struct env *env, char ret[UUID_LEN + 1])
{
	uint8_t b[16];
	char *p = ret;

	env->random(env->ctx, b, sizeof(b));
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	for (size_t i = 0; i < sizeof(b); i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*p++ = '-';
		(void)snprintf(p, 3, "%02x", b[i]);
		p += 2;
	}
}
