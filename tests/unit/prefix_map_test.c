/* Longest prefixes, against a search that looks at every row. */
#include <errno.h>

#include "lib/base/auto.h"
#include "lib/base/env.h"
#include "lib/base/prefix_map.h"
#include "lib/base/tn.h"
#include "tests/unit/test.h"

DEFINE_AUTO(struct prefix_map, prefix_map_free)

static struct prefix_map *new_map(void)
{
	struct prefix_map *map = NULL;

	CHECK_INT(0, prefix_map_alloc(&map));
	return map;
}

TEST(empty_map_holds_nothing)
{
	AUTO(prefix_map_free) struct prefix_map *map = new_map();

	CHECK(prefix_map_find(map, SV("19032469103"), NULL) == NULL);
	CHECK(prefix_map_find(map, SV(""), NULL) == NULL);
}

TEST(what_may_be_a_prefix)
{
	CHECK(prefix_map_key_ok(SV("0")));
	CHECK(prefix_map_key_ok(SV("123456789012345")));
	CHECK(!prefix_map_key_ok(SV("")));
	CHECK(!prefix_map_key_ok(SV("1234567890123456")));
	CHECK(!prefix_map_key_ok(SV("+1")));
	CHECK(!prefix_map_key_ok(SV("1#")));
}

TEST(every_length_beside_every_other)
{
	AUTO(prefix_map_free) struct prefix_map *map = new_map();
	static const char digits[] = "123456789012345";
	static char values[TN_MAX + 1];
	size_t l;

	for (size_t i = TN_MAX; i >= 1; i--) {
		CHECK_INT(0, prefix_map_add(map, (struct sv){digits, i}, &values[i]));
		for (size_t n = 1; n <= TN_MAX; n++) {
			const void *want = n >= i ? &values[n] : NULL;

			CHECK(prefix_map_find(map, (struct sv){digits, n}, &l) == want);
			CHECK(!want || l == n);
		}
	}
}

TEST(row_that_is_there_stays)
{
	AUTO(prefix_map_free) struct prefix_map *map = new_map();
	static const char a = 'a', b = 'b';

	CHECK_INT(0, prefix_map_add(map, SV("1903"), &a));
	CHECK_INT(EEXIST, prefix_map_add(map, SV("1903"), &b));
	CHECK(prefix_map_find(map, SV("19032469103"), NULL) == &a);
	CHECK_INT(EINVAL, prefix_map_add(map, SV("1904"), NULL));
	CHECK_INT(EINVAL, prefix_map_add(map, SV("x"), &a));
}

TEST(characters_that_are_no_digits_end_the_number)
{
	AUTO(prefix_map_free) struct prefix_map *map = new_map();
	static const char a = 'a', b = 'b';

	CHECK_INT(0, prefix_map_add(map, SV("12"), &a));
	CHECK_INT(0, prefix_map_add(map, SV("123"), &b));
	CHECK(prefix_map_find(map, SV("12*3"), NULL) == &a);
	CHECK(prefix_map_find(map, SV("123#"), NULL) == &b);
	CHECK(prefix_map_find(map, SV("#12"), NULL) == NULL);
}

/* --- against every row --- */

#define ROWS 3000

struct model {
	char prefix[ROWS][TN_MAX + 1];
	size_t n;
};

static size_t model_find(const struct model *m, const char *number)
{
	size_t best = ROWS, best_len = 0;

	for (size_t i = 0; i < m->n; i++) {
		size_t l = strlen(m->prefix[i]);

		if (l > best_len && strncmp(m->prefix[i], number, l) == 0) {
			best = i;
			best_len = l;
		}
	}
	return best;
}

static void random_digits(const struct env *env, char ret[TN_MAX + 1], size_t max)
{
	uint8_t octets[TN_MAX + 1];
	size_t l;

	env->random(env->ctx, octets, sizeof(octets));
	l = 1 + octets[TN_MAX] % max;
	for (size_t i = 0; i < l; i++)
		ret[i] = (char)('0' + octets[i] % 3); /* few digits: much that nearly fits */
	ret[l] = '\0';
}

TEST(random_rows_and_numbers)
{
	AUTO(prefix_map_free) struct prefix_map *map = new_map();
	static struct model m;
	struct env_shift none = {0};
	struct env env = env_system(&none);
	int wrong = 0;

	for (m.n = 0; m.n < ROWS; m.n++) {
		int err;

		random_digits(&env, m.prefix[m.n], TN_MAX);
		err = prefix_map_add(map, sv_from(m.prefix[m.n]), m.prefix[m.n]);
		if (err)
			m.prefix[m.n][0] = '\0'; /* it was there already */
	}
	for (int i = 0; i < 2000; i++) {
		char number[TN_MAX + 1];
		size_t want, len = 0;
		const char *got;

		random_digits(&env, number, TN_MAX);
		got = prefix_map_find(map, sv_from(number), &len);
		want = model_find(&m, number);
		if (want == ROWS ? got != NULL
				 : !got || got != m.prefix[want] || len != strlen(got))
			wrong++;
	}
	CHECK_INT(0, wrong);
}

TEST_MAIN(CASE(empty_map_holds_nothing), CASE(what_may_be_a_prefix),
	  CASE(every_length_beside_every_other), CASE(row_that_is_there_stays),
	  CASE(characters_that_are_no_digits_end_the_number), CASE(random_rows_and_numbers))
