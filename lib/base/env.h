/** @file env.h  What a judging function may not fetch by itself: the time and random octets.
 *
 * Both are passed in, so that expiry and staleness are tested by stepping a clock, not by sleeping,
 * and so that vectors can be made from a seed.
 */
#ifndef BASE_ENV_H
#define BASE_ENV_H

#include <stddef.h>
#include <stdint.h>

struct env {
	/** Wall clock, milliseconds since 1970-01-01T00:00:00Z */
	uint64_t (*now_ms)(void *ctx);
	/** Fill buf with len random octets */
	void (*random)(void *ctx, uint8_t *buf, size_t len);
	void *ctx;
};

/** Clock of the system, shifted: ctx of env_system() */
struct env_shift {
	int64_t offset_ms;
};

/**
 * The system's wall clock plus an offset, and the kernel's random octets.
 *
 * @param shift  Offset; borrowed for the life of the env, may be changed while it runs
 */
struct env env_system(struct env_shift *shift);

/** A clock that stands still until it is set, and a counter as "random": for tests and vectors */
struct env_fixed {
	uint64_t now_ms;
	uint64_t seed;
};

struct env env_fixed(struct env_fixed *fixed);

/** Wall clock in whole seconds (NumericDate of RFC 7519 §2) */
int64_t env_now_s(const struct env *env);

/** Wall clock in milliseconds */
uint64_t env_now_ms(const struct env *env);

/** CLOCK_MONOTONIC in microseconds: for time-outs and for the order of trace events, never for trust */
uint64_t mono_us(void);

#define UUID_LEN 36

/** Write a version 4 UUID, lower case 8-4-4-4-12 (RFC 9562 §5.4), NUL terminated */
void env_uuid(const struct env *env, char ret[UUID_LEN + 1]);

#endif
