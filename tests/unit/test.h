/** @file test.h  Checks for unit programs: each prints expression, place, what was expected and what came.
 *
 *   TEST(name) { … }   defines a case      TEST_MAIN(…)   lists and runs them
 *
 * A program given a word runs only the cases whose name holds it, given `=NAME` just that one. Exit 0 only when every check of every case held.
 * Prints one line a case, `ok NAME` or `FAIL NAME`, so that pytest can show each case by itself (`--list` lists them).
 */
#ifndef UNIT_TEST_H
#define UNIT_TEST_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/sv.h"

static int test_failed_;

#define TEST(name) static void test_##name(void)

#define CHECK(expr)                                                                           \
	do {                                                                                  \
		if (!(expr)) {                                                                \
			(void)printf("%s:%d: %s does not hold\n", __FILE__, __LINE__, #expr); \
			test_failed_++;                                                       \
		}                                                                             \
	} while (0)

#define CHECK_INT(want, got)                                                                     \
	do {                                                                                     \
		long long want_ = (long long)(want), got_ = (long long)(got);                    \
		if (want_ != got_) {                                                             \
			(void)printf("%s:%d: %s: expected %lld, got %lld\n", __FILE__, __LINE__, \
				     #got, want_, got_);                                         \
			test_failed_++;                                                          \
		}                                                                                \
	} while (0)

/** want: NUL terminated; got: NUL terminated or NULL */
#define CHECK_STR(want, got) check_sv_(__FILE__, __LINE__, #got, sv_from(want), sv_from(got))
/** want: NUL terminated; got: struct sv */
#define CHECK_SV(want, got) check_sv_(__FILE__, __LINE__, #got, sv_from(want), (got))
/** Octets */
#define CHECK_MEM(want, wantlen, got, gotlen) \
	check_mem_(__FILE__, __LINE__, #got, (want), (wantlen), (got), (gotlen))

static inline void check_sv_(const char *file, int line, const char *expr, struct sv want,
			     struct sv got)
{
	if (sv_eq(want, got))
		return;
	(void)printf("%s:%d: %s: expected \"%.*s\", got \"%.*s\"\n", file, line, expr, SV_ARG(want),
		     SV_ARG(got));
	test_failed_++;
}

static inline void dump_(const char *what, const void *p, size_t l)
{
	(void)printf("  %s (%zu):", what, l);
	for (size_t i = 0; i < l; i++)
		(void)printf(" %02x", ((const unsigned char *)p)[i]);
	(void)printf("\n");
}

static inline void check_mem_(const char *file, int line, const char *expr, const void *want,
			      size_t wl, const void *got, size_t gl)
{
	if (wl == gl && (wl == 0 || memcmp(want, got, wl) == 0))
		return;
	(void)printf("%s:%d: %s differs\n", file, line, expr);
	dump_("expected", want, wl);
	dump_("got     ", got, gl);
	test_failed_++;
}

struct test_case {
	const char *name;
	void (*run)(void);
};

#define CASE(name)                 \
	{                          \
#name, test_##name \
	}

#define TEST_MAIN(...)                                                                 \
	int main(int argc, char **argv)                                                \
	{                                                                              \
		static const struct test_case cases[] = {__VA_ARGS__};                 \
		return test_run_(cases, sizeof(cases) / sizeof(cases[0]), argc, argv); \
	}

static inline int test_run_(const struct test_case *cases, size_t n, int argc, char **argv)
{
	const char *only = argc > 1 ? argv[1] : "";
	int bad = 0;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(only, "--list") == 0) {
			(void)printf("%s\n", cases[i].name);
			continue;
		}
		if (only[0] == '=' ? strcmp(cases[i].name, only + 1) != 0
				   : !strstr(cases[i].name, only))
			continue;
		test_failed_ = 0;
		cases[i].run();
		(void)printf("%s %s\n", test_failed_ ? "FAIL" : "ok", cases[i].name);
		(void)fflush(stdout);
		bad += test_failed_ != 0;
	}
	return bad != 0;
}

#endif
